"""What follows from answers and cards, worked out anew in whole numbers and fractions.

App, simulation and checks share one rule for means, counts and pay. If it were wrong, it would be
wrong everywhere; here nothing of it is used.
"""

import csv
from collections import Counter
from fractions import Fraction

import pytest

from analysis.simulation.simulate import simulate
from steps.questions import Scale
from study.pay import Pay

ROUNDS = {
    "practice": "practice",
    "baseline": "baseline",
    "main": "effort",
    "voluntary": "voluntary",
}
REWARDED = {"info_source": set(), "incentive": {"reward", "reward_beneficiary"}}
PIECE_RATE, DONATION_RATE, FEE = Fraction("0.145"), Fraction("0.333"), Fraction(5)
PARAMETERS = {"piece_rate": 0.145, "donation_rate": 0.333}


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def to_the_cent(amount):
    """Half up."""
    return Fraction((amount * 100 + Fraction(1, 2)).__floor__(), 100)


def faults(folder, experiment):
    """What in an export is not what its answers and cards give."""
    app = f"{experiment}_experiment"
    given, right = Counter(), Counter()
    for row in rows(folder / f"{app}_custom_export.csv"):
        if row["correct"]:
            key = (row["participant_code"], ROUNDS[row["phase"]])
            given[key] += 1
            right[key] += row["response"].upper().split() == row["solution"].upper().split()
    wrong = Counter()
    for row in rows(folder / f"{app}_custom_export_comprehension.csv"):
        wrong[row["participant_code"]] += row["response"] != "bacb"[int(row["question"]) - 1]
    for row in rows(folder / "all_apps_wide.csv"):
        code = row["participant.code"]
        person = {
            name.removeprefix(f"{app}.1.player."): value
            for name, value in row.items()
            if name.startswith(f"{app}.1.player.") and value
        }
        for name, due in due_to(code, person, given, right, wrong, REWARDED[experiment]):
            stored = person.get(name)
            if stored is None or abs(Fraction(stored) - due) > Fraction(1, 10**9):
                yield f"{code} {name}: {stored}, not {due}"
        piece = Fraction(person.get("earnings_piece", row["participant.payoff"]))
        if Fraction(row["participant.payoff"]) != piece:
            yield f"{code} payoff"


def due_to(code, person, given, right, wrong, rewarded):
    items = [int(person[f"willingness_{n}"]) for n in (1, 2, 3, 4) if f"willingness_{n}" in person]
    if len(items) == 4:
        yield "willingness", Fraction(sum(items), 4)
    for name in ROUNDS.values():
        if f"{name}_started_at" in person:
            yield f"{name}_attempts", given[code, name]
            yield f"{name}_correct", right[code, name]
    if "comprehension_errors" in person:
        yield "comprehension_errors", wrong[code]
    if "completed" in person:
        cards = sum(right[code, name] for name in ("baseline", "effort", "voluntary"))
        paid = right[code, "effort"] if person["arm"] in rewarded else 0
        piece = to_the_cent(PIECE_RATE * paid)
        yield "earnings_fixed", FEE
        yield "earnings_piece", piece
        yield "earnings_total", FEE + piece
        yield "donation", to_the_cent(DONATION_RATE * cards)


@pytest.mark.parametrize("experiment", REWARDED)
def test_means_counts_and_pay_are_what_one_would_work_out(tmp_path, experiment):
    simulate(experiment, 48, tmp_path, parameters=PARAMETERS)
    assert list(faults(tmp_path, experiment)) == []


def test_a_wrong_mean_is_found(tmp_path, monkeypatch):
    rule = Scale.derived

    def wrong(step, seat):
        return {name: value + 1 / 4 for name, value in rule(step, seat).items()}

    monkeypatch.setattr(Scale, "derived", wrong)
    simulate("info_source", 12, tmp_path, parameters=PARAMETERS)
    found = list(faults(tmp_path, "info_source"))
    assert found
    assert all("willingness" in each for each in found)


def test_pay_for_a_round_that_does_not_pay_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(Pay, "pays_in", lambda pay, study, round, arm: arm is not None)
    simulate("incentive", 12, tmp_path, parameters=PARAMETERS)
    assert any("earnings_piece" in each for each in faults(tmp_path, "incentive"))
