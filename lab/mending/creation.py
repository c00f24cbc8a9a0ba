"""Creating a session holds up nobody, leaves no half session, and answers to whoever asked.

Gap: a session is created in a thread beside the lock, on the one connection that everybody uses,
in four commits. Rows of others get lost, and sessions are cut off in the middle. The form's answer
goes to every browser that creates a session at the moment.

oTree 6.0.15: session.py:304, 318, 361, 439; channels/consumers.py:388 (create_session_in_thread),
560 (WSCreateSession.send_response_to_browser).
Test: tests/server/test_hard_times.py.
"""

from __future__ import annotations

from typing import Any

from lab.helper import HELPER


def install() -> None:
    from otree.channels import consumers

    consumers.BaseCreateSession.create_session_then_send_start_link = _create(
        consumers.BaseCreateSession.create_session_then_send_start_link
    )
    consumers.WSCreateSession.group_name = lambda self, **_: None
    consumers.WSCreateSession.send_response_to_browser = _answer
    consumers.WSCreateSession.send_progress_message = _progress


async def _answer(self: Any, event: dict[str, Any]) -> None:
    await self.send_json(event)


async def _progress(self: Any, message: str) -> None:
    await self.send_json({"progress": message})


def _create(in_this_process: Any) -> Any:
    async def create(self: Any, use_browser_bots: bool, **options: Any) -> None:
        if not HELPER.works:
            await in_this_process(self, use_browser_bots, **options)
            return
        from otree.asgi import reverse

        await self.send_progress_message("Creating the session")
        made = await HELPER.create(options)
        if made.error:
            said = f"Failed to create session: {made.error}"
            await self.send_response_to_browser({"error": said, "traceback": made.trace})
            return
        view = "MTurkCreateHIT" if made.is_mturk else "SessionStartLinks"
        await self.send_response_to_browser({"session_url": reverse(view, code=made.code)})

    return create
