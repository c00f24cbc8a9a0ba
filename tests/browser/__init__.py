"""The real browser at the real server, used by keyboard alone."""
