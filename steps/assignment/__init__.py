"""Assignment: the arm is drawn when somebody arrives here. It has no page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from steps.round import Round
from study.columns import OWNER, Column, Table
from study.parameters import Parameter, one_of
from study.step import Pageless
from study.study import Study

NOT_STRATIFIED = "none"


@dataclass(frozen=True, eq=False)
class Assignment(Pageless):
    """Draws the next place of the session's list of arms (`study.randomization`).

    A session may stratify by the score in a timed round that stands before.
    """

    assigns: ClassVar[bool] = True

    def columns(self, study: Study) -> Iterator[Column]:
        yield Column(
            "arm",
            "choice",
            "Treatment arm, drawn at the moment the page behind it would be shown. Empty: left "
            "before.",
            values={arm.name: arm.about for arm in study.arms},
            always=True,
        )
        yield Column(
            "stratum",
            "string",
            "Stratum of the assignment: all, or low / high against the median score of those "
            "assigned earlier in the session.",
        )
        yield Column(
            "block", "integer", "Number of the permuted block within session and stratum.", min=1
        )
        yield Column(
            "assignment_number",
            "integer",
            "Place in the assignment list of the session's stratum.",
            min=1,
        )
        yield Column(
            "arm_forced",
            "boolean",
            "1: the arm was set by the session parameter force_arm and not drawn; left out of the "
            "analysis.",
            always=True,
        )
        for factor in study.factors:
            about = f"Factor of the design: {'' if factor.values else '1 if '}{factor.about}."
            kind = "choice" if factor.values else "boolean"
            yield Column(factor.name, kind, about, values=factor.values)

    def tables(self, study: Study) -> Iterator[Table]:
        yield Table(
            "assignment",
            "One row per draw of an arm.",
            (
                *OWNER,
                Column("seed", "string", "Seed of the session."),
                Column("stratum", "string", "Stratum."),
                Column("block", "integer", "Block within session and stratum.", min=1),
                Column("assignment_number", "integer", "Place in the list of the stratum.", min=1),
                Column("arm", "string", "Arm drawn."),
                *(
                    Column(
                        f"{name}_correct",
                        "integer",
                        f"Score in the {name} round at the time of the draw.",
                        min=0,
                    )
                    for name in strata(study)
                ),
                Column("drawn_at", "timestamp", "When the server made the draw."),
            ),
        )

    def parameters(self, study: Study) -> Iterator[Parameter]:
        if names := strata(study):
            yield one_of(
                "stratify",
                NOT_STRATIFIED,
                "randomize within strata of the score in a round",
                (NOT_STRATIFIED, *names),
            )


def strata(study: Study) -> list[str]:
    """The timed rounds before assignment, by whose score a session may stratify."""
    before = study.before_assignment()
    return [s.name for s in before if isinstance(s, Round) and s.timed]
