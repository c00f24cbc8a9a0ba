"""Layers of ASGI around oTree's application, outside of its lock and its error pages.

oTree builds its layers in `OTreeStarlette.build_middleware_stack` (otree/asgi.py:17) and looks up
the outermost, `middleware.CommitTransactionMiddleware`, only then.
"""

from __future__ import annotations

from typing import Any

from otree import middleware

from lab.helper import process


class Layer:
    """Answers what is of its ``kinds``; everything else goes on to ``app``."""

    kinds: tuple[str, ...] = ("http",)

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        step = self.answer if scope["type"] in self.kinds else self.app
        await step(scope, receive, send)

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        raise NotImplementedError


def put_outside(layer: Any) -> None:
    """Let ``layer(app)`` be the outermost layer, around whatever is outermost now.

    Not in the helper process: what it answers goes through the server's layers.
    """
    if process.in_helper:
        return
    inner = middleware.CommitTransactionMiddleware
    middleware.CommitTransactionMiddleware = lambda app: layer(inner(app))
