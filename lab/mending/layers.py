"""A layer of ASGI around oTree's application, outside of its lock and its error pages.

oTree builds its layers in `OTreeStarlette.build_middleware_stack` (otree/asgi.py:17) and looks up
the outermost, `middleware.CommitTransactionMiddleware`, only then.
"""

from __future__ import annotations

from typing import Any

from otree import middleware

from lab.helper import process


def put_around(layer: Any) -> None:
    """Let ``layer(app)`` be the outermost layer, around whatever is outermost now.

    Not in the helper process: what it answers goes through the server's layers.
    """
    if process.in_helper:
        return
    inner = middleware.CommitTransactionMiddleware
    middleware.CommitTransactionMiddleware = lambda app: layer(inner(app))
