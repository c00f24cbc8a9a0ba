"""The page `/Preview/…` of a session: what each arm reads, in every language, side by side.

The real pages, rendered for people in a database in memory: nothing is stored, no arm used up.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from otree.session import create_session
from otree.views import cbv

from lab.helper import creation
from lab.sessions import study_of
from study.randomization import COPIES
from study.step import Step
from study.study import Study

VERSIONS = 2 * COPIES
"""How many people of each arm are looked at: several may read different versions."""


@dataclass(frozen=True)
class Shown:
    """What an arm reads at a step: ``pages`` in the order of the languages, ready for a frame."""

    step: str
    arm: str
    about: str
    version: int
    pages: tuple[str, ...]


class Preview(cbv.AdminSessionPage):  # type: ignore[misc]
    def get_template_name(self) -> str:
        return "lab/preview.html"

    def vars_for_template(self) -> dict[str, Any]:
        config = dict(self.session.config)
        study = study_of(config)
        return {"languages": study.languages, "shown": list(shown(study, config))}


def shown(study: Study, config: dict[str, Any]) -> Iterator[Shown]:
    """All that differs between the arms of a session with these parameters."""
    steps = [step for step in study.path if step.needs_arm and step.page]
    read = {arm: _read(study, config, arm, steps) for arm in study.arms_in_use(config)}
    for number, step in enumerate(steps):
        versions = {arm: list(dict.fromkeys(pages[number])) for arm, pages in read.items()}
        if len({tuple(each) for each in versions.values()}) > 1:
            for arm, different in versions.items():
                for version, pages in enumerate(different, start=1):
                    yield Shown(step.page, arm, study.arm(arm).about, version, pages)


def _read(
    study: Study, config: dict[str, Any], arm: str, steps: list[Step]
) -> list[list[tuple[str, ...]]]:
    """By step and person of an arm: the page in each language."""
    parameters = {name: config[name] for name in study.parameters if name in config}
    with creation.in_memory():
        session = create_session(
            config["name"],
            num_participants=VERSIONS,
            modified_session_config_fields=parameters | {"force_arm": arm},
        )
        return [
            [
                tuple(_page(study, step, participant, language) for language in study.languages)
                for participant in session.get_participants()
            ]
            for step in steps
        ]


def _page(study: Study, step: Step, participant: Any, language: str) -> str:
    """A page as somebody reads it, without its scripts and without what only belongs to them."""
    participant.vars["language"] = language
    participant._index_in_pages = [each for each in study.path if each.page].index(step) + 1
    page = participant._get_page_instance()
    page.prepare()
    response = page.render_page(page.get_context_data(form=page.get_form_or_mockform()))
    text = re.sub(r"<script\b.*?</script>", "", response.body.decode("utf-8"), flags=re.DOTALL)
    return html.escape(text.replace(participant.code, "").replace(participant._session_code, ""))
