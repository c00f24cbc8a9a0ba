"""Rounds of the effort task on oTree's side: the page, the socket, and what is stored.

    page.py      the page on which a round is worked
    socket.py    the WebSocket over which the page sends its answers
    desk.py      what a message does: the one way in which answers get into the data
    records.py   rounds and answers in the database
    contact.py   when the server last heard of a page
    writer.py    one connection that stores everybody's answers, many with one commit

None of them knows an app: tables and columns follow from the page's round and its player.
"""
