"""The real-effort task: items, scoring, and the protocol between page and server.

    tasks/       what a card shows and when an answer is right; one file per task
    journal.py   what a browser may say, checked before anything else sees it
    protocol.py  applying a journal to a round: each card once, in order, in time
    rhythm.py    median, spread and key strokes of a round's answers

It does not know oTree: `lab/` keeps rounds in its database and shows them on its pages.
"""
