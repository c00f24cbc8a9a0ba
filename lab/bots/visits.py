"""The way through the three apps, and what must be true after every page."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from otree.api import Submission, expect
from otree.common import get_models_module

from lab import wording
from lab.bots.bot import StudyBot
from lab.bots.clock import pass_time
from lab.bots.rounds import RoundBot
from study import content
from study.columns import family
from study.randomization import draw


def numbered(name: str, answers: list[Any]) -> dict[str, Any]:
    """``name_1``, ``name_2``, … for the answers to the items of a scale."""
    return {f"{name}_{number}": answer for number, answer in enumerate(answers, start=1)}


class IntakeBot(RoundBot):
    """Consent, instructions, practice, questions, motivation, baseline round."""

    def visit(self) -> Iterator[Submission]:
        app, who = get_models_module("intake"), self.who
        self.empty_app("intake")
        self.leave_unless_reaching("welcome")
        yield from self.fill(app.Welcome, consent=who.consents())
        expect(self.value("language"), self.config["language"])
        if not who.consents():
            self.empty_app("intake", but=("language", "consent"))
            return
        yield app.Instructions
        if self.config["practice_items"]:
            yield from self.work(app.Practice)
        self.leave_unless_reaching("comprehension")
        yield from self.comprehension(app.Comprehension)
        self.leave_unless_reaching("psm")
        yield from self.fill(app.AboutYou, **numbered("psm", who.psm()))
        yield from self.fill(app.Motivation, **numbered("motivation", who.motivation()))
        self.nothing_stored(["baseline_correct", "baseline_attempts", "baseline_seconds"])
        yield app.BaselineReady
        yield from self.work(app.BaselineRound)

    def comprehension(self, page: Any) -> Iterator[Submission]:
        """Every attempt at the questions, until all answers are right."""
        questions = self.words("comprehension")["questions"]
        solutions = [question["correct"] for question in questions]
        names = family("intake", "comprehension")
        attempts = self.who.comprehension(solutions)
        errors = 0
        for attempt in attempts[:-1]:
            answers = dict(zip(names, attempt, strict=True))
            wrong = [n for n, right in zip(names, solutions, strict=True) if answers[n] != right]
            errors += len(wrong)
            yield self.refused(page, answers, wrong)
            self.shows_error()
            for name, question in zip(names, questions, strict=True):
                if name in wrong:
                    self.shows(self.filled(question["explanations"][answers[name]]))
            expect(self.value("comprehension_errors"), errors)
            self.nothing_stored(names)
        yield from self.fill(page, **dict(zip(names, attempts[-1], strict=True)))
        expect(self.value("comprehension_errors"), errors)
        if not self.who.tries_to_cheat:
            log = [row[2:6] for row in self.comprehension_log()]
            expect(
                log,
                [
                    [number, question, answer, answer == solutions[question - 1]]
                    for number, attempt in enumerate(attempts, start=1)
                    for question, answer in enumerate(attempt, start=1)
                ],
            )

    def comprehension_log(self) -> list[list[Any]]:
        _, *rows = get_models_module("intake").custom_export_comprehension([self.player])
        return rows

    def filled(self, text: str) -> str:
        return content.fill(text, wording.session_values(self.config, self.language))


class ExperimentBot(RoundBot):
    """Treatment, willingness, main round, voluntary round."""

    def visit(self) -> Iterator[Submission]:
        app, who = get_models_module(self.app), self.who
        yield from self.information(app.Information)
        self.leave_unless_reaching("willingness")
        items = who.willingness(self.arm)
        yield from self.fill(app.Willingness, **numbered("willingness", items))
        expect(self.value("willingness"), sum(items) / len(items))
        yield from self.fill(app.Hours, hours_pledged=who.hours_pledged(self.arm))
        self.nothing_stored(["effort_correct", "effort_seconds", "stopped_early"])
        yield app.MainReady
        yield from self.work(app.MainRound)
        expect(self.participant.payoff, self.piece_pay())
        if self.config["voluntary_seconds"]:
            self.leave_unless_reaching("voluntary")
            accepts = who.accepts_voluntary(self.arm)
            yield from self.fill(app.VoluntaryOffer, voluntary_accepted=accepts)
            if accepts:
                yield from self.work(app.VoluntaryRound)
        if not self.value("voluntary_accepted"):
            self.nothing_stored(["voluntary_correct", "voluntary_attempts", "voluntary_seconds"])

    def information(self, page: Any) -> Iterator[Submission]:
        """Read the message of one's arm, which was drawn when the page was shown."""
        self.check_assignment()
        message = page.message(self.player)
        self.shows(message.sender)
        for text in message.paragraphs:
            self.shows(text)
        self.leave_unless_reaching("information")
        reading = self.who.reads(self.arm)
        pass_time(self.participant, reading.seconds + reading.hidden_seconds)
        times = {
            "information_seconds": reading.seconds,
            "information_hidden_seconds": reading.hidden_seconds,
        }
        if self.who.tries_to_cheat:
            # Nobody has looked at it for longer than it was open.
            yield Submission(page, {"information_seconds": 1e9, "information_hidden_seconds": "x"})
            self.nothing_stored(times)
        else:
            yield Submission(page, times)
            expect(self.stored(times), times)
        self.nothing_stored(["media_seconds"])

    def check_assignment(self) -> None:
        """The arm is the one that seed, stratum and place give; its factors say the same."""
        config, player = self.config, self.player
        arm = self.arm
        if config["force_arm"]:
            expect((arm, player.arm_forced), (config["force_arm"], True))
            self.nothing_stored(["stratum", "block", "assignment_number"])
        else:
            chosen = config["arms"].split(",") if config["arms"] else self.experiment.arms
            place = draw(config["seed"], player.stratum, list(chosen), player.assignment_number)
            expect((arm, player.block, player.arm_forced), (place.arm, place.block, False))
        for factor, arms in self.experiment.factors.items():
            expect(self.value(factor), arm in arms)

    def piece_pay(self) -> Decimal:
        rewarded = self.experiment.arms[self.arm].reward
        return _paid(self.config["piece_rate"], self.entered["main"] if rewarded else 0)


class ClosingBot(StudyBot):
    """Checks, questionnaire, debrief, earnings; or the end for those who decline."""

    def visit(self) -> Iterator[Submission]:
        app, who = get_models_module("closing"), self.who
        if not who.consents():
            self.declined()
            return
        self.empty_app("closing")
        self.leave_unless_reaching("checks")
        yield from self.fill(
            app.Checks,
            source_recalled=who.source_recalled(self.arm),
            **numbered("impact_perceived", who.impact_perceived(self.arm)),
        )
        yield from self.fill(
            app.Task,
            **numbered("intrinsic", who.intrinsic()),
            **numbered("prosocial", who.prosocial()),
        )
        self.leave_unless_reaching("questionnaire")
        yield from self.fill(
            app.Person,
            age=who.age(),
            gender=who.gender(),
            education=who.education(),
            income=who.income(),
            volunteered_before=who.volunteered_before(),
            comment=who.comment(),
        )
        yield app.Debrief
        self.earnings()

    def declined(self) -> None:
        """Who declines is paid for coming, and nothing else is known of them."""
        self.empty_app(self.experiment.app)
        pay = ("earnings_fixed", "earnings_piece", "earnings_total", "donation")
        self.empty_app("closing", but=pay)
        self.check_pay(fixed=_paid(self.config["participation_fee"], 1))
        self.shows(self.shown(self.value("earnings_total")))

    def earnings(self) -> None:
        """The page, the data and oTree's payments say the same, to the cent."""
        rewarded = self.experiment.arms[self.arm].reward
        cards = self.entered.get("main", 0)
        donated = sum(self.entered.get(p, 0) for p in ("baseline", "main", "voluntary"))
        self.check_pay(
            fixed=_paid(self.config["participation_fee"], 1),
            piece=_paid(self.config["piece_rate"], cards if rewarded else 0),
            donation=_paid(self.config["donation_rate"], donated),
        )
        expect(self.value("completed"), True)
        self.shows(self.shown(self.value("earnings_total")))
        self.shows(self.shown(self.value("donation")))
        self.shows(self.participant.code)

    def check_pay(
        self, *, fixed: Decimal, piece: Decimal = Decimal(0), donation: Decimal = Decimal(0)
    ) -> None:
        due = {
            "earnings_fixed": fixed,
            "earnings_piece": piece,
            "earnings_total": fixed + piece,
            "donation": donation,
        }
        expect({name: Decimal(amount) for name, amount in self.stored(due).items()}, due)
        expect(Decimal(self.participant.payoff), piece)
        expect(Decimal(self.participant.payoff_plus_participation_fee()), fixed + piece)

    def shown(self, amount: Any) -> str:
        return wording.currency(Decimal(amount), self.language)


def _paid(rate: Any, count: int) -> Decimal:
    """Rate times count to the cent, worked out without `study.pay`, which this checks."""
    each = Decimal(rate) if isinstance(rate, Decimal) else Decimal(str(rate))
    return (each * count).quantize(Decimal("0.01"), ROUND_HALF_UP)
