"""The real server process, on SQLite and on PostgreSQL, over HTTP and its live sockets."""
