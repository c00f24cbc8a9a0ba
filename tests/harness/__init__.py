"""The real parts that tests and benchmarks are made with.

server.py       the real server process, on SQLite or on PostgreSQL
participant.py  somebody who goes through the pages over HTTP and the live socket
postgres.py     a PostgreSQL server of one's own
"""
