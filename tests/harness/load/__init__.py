"""People, an experimenter and an oracle: what a server lives through, and what it lost.

wire.py          a browser over plain sockets: pages, cookies and WebSockets; lean, so that one
                 process can be thousands of people
figures.py       how long everybody waited
people.py        participants: they work on cards over the round's socket, or fill in pages, and
                 keep a record of all that the server said it had
experimenter.py  the experimenter: every button of the admin pages, pressed as the pages do
oracle.py        compares the record with the database behind the server's back, and with exports
scene.py         all of them at once on one server
hostile.py       clients that would hold up everybody, if they could
trials.py        kills in the middle of things, and monitors that open all the time

They know what pages and admin pages send, and nothing of the project's functions: whatever is
wrong there cannot be wrong here in the same way.
"""
