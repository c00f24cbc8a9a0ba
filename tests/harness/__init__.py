"""The real parts that tests and benchmarks are made with.

server.py       the real server process, on SQLite or on PostgreSQL
postgres.py     a PostgreSQL server of one's own
database.py     what stands in the database of a server, and moving its clocks
participant.py  somebody who goes through the pages over HTTP and the live socket
live.py         a live socket, and any frame one likes to send over it
proxy.py        a network that is slow, silent or cut
chromium.py     the real browser
keyboard.py     somebody who goes through the pages in it, by keyboard alone
locks.py        the files that name every version
parts.py        what happens if one of these is not installed
"""
