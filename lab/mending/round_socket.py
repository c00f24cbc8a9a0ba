"""The rounds of the effort task have a socket of their own.

Gap: for every live message oTree loads the participant three times, player, group and the codes of
everyone in the group, with the lock; it replies before it commits, and replies to the browser
while everybody waits.

oTree 6.0.15: channels/routing.py:7 (websocket_routes), channels/consumers.py:284 (LiveConsumer),
live.py:36 (live_payload_function).
Test: tests/server/test_round_socket.py, benchmarks/live_messages.py.
"""

from __future__ import annotations

from starlette.routing import WebSocketRoute


def install() -> None:
    from otree.channels import routing

    from lab.rounds import socket

    routing.websocket_routes.append(WebSocketRoute(socket.PATH, socket.serve))
