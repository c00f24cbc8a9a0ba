"""The pages on which a study ends."""

from __future__ import annotations

import pytest

from study.finding import studies


@pytest.mark.parametrize("language", studies()["motivation"].languages)
@pytest.mark.parametrize("withdraws", [False, True])
def test_the_end_names_the_code_under_which_answers_are_found(walk, language, withdraws):
    walk.join("motivation", "Debriefing" if withdraws else "PanelReturn", language=language)
    code = walk.code
    if withdraws:
        walk.server.database.store(code, panel_status="withdrew")
        walk.goto(f"/InitializeParticipant/{code}")
        assert walk.name == "Withdrawn"
    assert walk.page.locator("main strong").inner_text() == code
