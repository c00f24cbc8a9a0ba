"""The way through a study on its real pages, and what must be true after every page.

What is paid, counted and averaged is worked out here by arithmetic of its own: the server, the
simulation and the checks of exports share one rule, which could be wrong everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from otree.api import Submission, expect
from otree.common import get_models_module

from lab import wording
from people.bots.clock import pass_time
from people.bots.rounds import RoundBot
from steps.comprehension import Comprehension
from steps.consent import Consent
from steps.earnings import Earnings
from steps.ending import STATUS
from steps.information import Information, version
from steps.round import Round
from study import words
from study.acts import Act, Cards, Form, Leave, Look
from study.columns import items
from study.journey import journey
from study.randomization import draw
from study.step import Step

PAY = ("earnings_fixed", "earnings_piece", "earnings_total", "donation")


class PlayerBot(RoundBot):
    """One participant, from the first page to the last or until they leave."""

    def play_round(self) -> Iterator[Submission]:
        self.nothing_known()
        if not self.who.shows_up():
            return
        for step, act in journey(self.study, self.who, self):
            if isinstance(act, Leave):
                return
            if step.page:
                yield from self.play(step, act)
        self.end()

    def page(self, step: Step) -> Any:
        """The page of a step; it is the one on which the participant is."""
        pages = get_models_module(self.study.app).page_sequence
        return next(page for page in pages if page.step is step)

    def play(self, step: Step, act: Act) -> Iterator[Submission]:
        page = self.page(step)
        if page.needs_arm:
            self.check_assignment()
        if isinstance(act, Look):
            yield from self.look(page, act)
        elif isinstance(act, Cards):
            yield from self.work(page, act)
            self.check_piece()
        elif isinstance(step, Comprehension):
            yield from self.comprehension(page, act)
        else:
            assert isinstance(act, Form)
            beside, before = {**act.also, **act.counts}, self.stored(act.counts)
            if act.answers:
                yield from self.fill(page, act.answers, beside)
            else:
                yield Submission(page, beside) if beside else page
            counted = {name: (before[name] or 0) + count for name, count in act.counts.items()}
            expect(self.stored(beside), {**act.also, **counted})
            self.check_means(act)
        if isinstance(step, Consent):
            expect(self.get("language"), self.config["language"])

    # ------------------------------------------------------------------------------- pages

    def comprehension(self, page: Any, act: Any) -> Iterator[Submission]:
        """Every attempt at the questions, until all answers are right."""
        asked = page.words(self.language)["items"]
        names, errors = items(page.step.name, len(asked)), 0
        for answers, wrong in act.wrong:
            errors += len(wrong)
            yield self.refused(page, answers, list(wrong))
            self.shows_error()
            for name, item in zip(names, asked, strict=True):
                if name in wrong:
                    self.shows(self.filled(item["explanations"][answers[name]]))
            expect(self.get(f"{page.step.name}_errors"), errors)
            self.nothing_stored(names)
        yield from self.fill(page, act.answers, {})
        expect(self.get(f"{page.step.name}_errors"), errors)
        if not self.who.tries_to_cheat:
            attempts = [*(answers for answers, _ in act.wrong), act.answers]
            solutions = page.step.solutions
            export = get_models_module(self.study.app).custom_export_comprehension
            _, *log = export([self.player])
            expect(
                [row[2:6] for row in log],
                [
                    [number, place, attempt[name], attempt[name] == solutions[place - 1]]
                    for number, attempt in enumerate(attempts, start=1)
                    for place, name in enumerate(names, start=1)
                ],
            )

    def look(self, page: Any, act: Look) -> Iterator[Submission]:
        """Read the treatment of one's arm, in the version that was drawn for one."""
        told = isinstance(page.step, Information)
        for text in self.told(page) if told else self.vignette(page):
            self.shows(text)
        pass_time(self.participant, act.seconds + act.hidden)
        name = page.step.name
        seen = {f"{name}_seconds": act.seconds, f"{name}_hidden_seconds": act.hidden}
        if self.who.tries_to_cheat:
            # Nobody has looked at it for longer than it was open.
            yield Submission(page, dict(zip(seen, (1e9, "x"), strict=True)))
            self.nothing_stored(seen)
        else:
            yield Submission(page, seen)
            expect(self.stored(seen), seen)
        if told:
            self.nothing_stored(["media_seconds"])
            expect(self.get("message_medium"), page.message(self.player).medium)

    def told(self, page: Any) -> list[str]:
        message = page.message(self.player)
        return [message.sender, *message.paragraphs]

    def vignette(self, page: Any) -> list[str]:
        """The sentences on the parts of one's arm, as the words have them."""
        assert self.arm is not None
        told = page.words(self.language)["sentences"]
        return [self.filled(told[factor][part]) for factor, part in self.arm.parts.items()]

    # ------------------------------------------------------------- what must be true then

    def check_assignment(self) -> None:
        """The arm is the one that seed, stratum and place give; its factors say the same."""
        config, player, arm = self.config, self.player, self.arm
        assert arm is not None
        if config["force_arm"]:
            expect((arm.name, player.arm_forced), (config["force_arm"], True))
            self.nothing_stored(["stratum", "block", "assignment_number"])
        else:
            chosen = config["arms"].split(",") if config["arms"] else self.study.names
            place = draw(config["seed"], player.stratum, list(chosen), player.assignment_number)
            expect((arm.name, player.block, player.arm_forced), (place.arm, place.block, False))
        for factor in self.study.factors:
            part = arm.parts.get(factor.name, "")
            value: bool | str = part if part else arm.name in factor.arms
            if factor.binary:
                value = list(factor.parts).index(part) == 1
            expect(self.get(factor.name), value)
        if self.study.of_type(Information) and self.get("message_version") is not None:
            numbers = range(1, self.session.num_participants + 1)
            possible = {version(self.study, config["seed"], arm.name, n) for n in numbers}
            expect(self.get("message_version"), "in", possible)

    def check_means(self, act: Form) -> None:
        """A column that is the mean of answers is their sum divided by their number."""
        for name in act.answers:
            family, _, number = name.rpartition("_")
            if number == "1" and family in self.study.columns:
                answers = [v for n, v in act.answers.items() if n.rpartition("_")[0] == family]
                expect(self.get(family), sum(answers) / len(answers))

    def check_piece(self) -> None:
        """Whoever leaves during a round is paid for what they did, and others as well."""
        if self.study.pay is not None and self.get("earnings_total") is None:
            rewarded = self.arm is not None and self.arm.piece_rate
            if not rewarded or self.study.pay.piece in self.entered:
                expect(Decimal(self.participant.payoff), self._piece(self.study.pay.piece))

    def _piece(self, round_: str) -> Decimal:
        """What the right cards of a round pay in one's arm."""
        rewarded = self.arm is not None and self.arm.piece_rate
        cards = self.entered.get(round_, 0) if rewarded else 0
        return _paid(self.config.get("piece_rate", 0), cards)

    def end(self) -> None:
        """The page, the data and oTree's payments say the same, to the cent."""
        pay = self.study.pay
        declined = any(isinstance(s, Consent) and not self.get(s.name) for s in self.study.path)
        if declined:
            self.nothing_known(but=("language", "consent", STATUS, *PAY))
        if pay is None or (not declined and self.get("earnings_total") is None):
            return
        fixed = _paid(self.config["participation_fee"], 1)
        piece = self._piece(pay.piece)
        donated = sum(self.entered.get(name, 0) for name in pay.donates)
        due = {
            "earnings_fixed": fixed,
            "earnings_piece": piece,
            "earnings_total": fixed + piece,
            "donation": _paid(self.config.get("donation_rate", 0), donated),
        }
        expect({name: Decimal(amount) for name, amount in self.stored(due).items()}, due)
        expect(Decimal(self.participant.payoff), piece)
        expect(Decimal(self.participant.payoff_plus_participation_fee()), fixed + piece)
        self.shows(self.shown(fixed + piece))
        if not declined and self.study.of_type(Earnings):
            expect(self.get("completed"), True)
            self.shows(self.shown(due["donation"]))
            self.shows(self.participant.code)
            self.nothing_left_out()

    def nothing_left_out(self) -> None:
        """Who has been everywhere has answered everything; what was refused is empty, never 0."""
        for step in self.study.path:
            columns = [column.name for column in step.columns(self.study)]
            if not self.study.reaches(step, self) and isinstance(step, Round):
                self.nothing_stored(columns)

    # ------------------------------------------------------------------------------- texts

    def shown(self, amount: Any) -> str:
        return wording.currency(Decimal(amount), self.language)

    def filled(self, text: str) -> str:
        return str(
            words.fill(text, wording.session_values(self.study, self.config, self.language))
        )


def _paid(rate: Any, count: int) -> Decimal:
    """Rate times count to the cent, worked out without `study.pay`, which this checks."""
    each = Decimal(rate) if isinstance(rate, Decimal) else Decimal(str(rate))
    return (each * count).quantize(Decimal("0.01"), ROUND_HALF_UP)
