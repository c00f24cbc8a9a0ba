"""The chapter of a survey experiment: the pattern first, and nothing that it does not have."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from analysis import load
from analysis.planned.plan import plans
from analysis.report import write_report
from analysis.simulation.simulate import simulate

SIZE = 420


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("survey")
    offer = {"offer_address": "https://example.org/help"}
    simulate("motivation", SIZE, target / "exports", seed="r", sessions=1, parameters=offer)
    write_report(target / "exports", target / "report", include_bots=True, draws=99)
    return target


@pytest.fixture(scope="module")
def page(folder) -> str:
    return (folder / "report" / "report.html").read_text(encoding="utf-8")


def words(page: str) -> str:
    return re.sub(r"<[^>]+>", " ", page.split("<main")[1])


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    path = folder / "report" / "tables" / f"motivation_{table}.csv"
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_the_pattern_comes_before_the_findings(page):
    said = page.index("The published pattern is")
    assert said < page.index('class="findings"')
    assert said < page.index("What “reward kind” varied") < page.index('class="findings"')


def test_it_is_a_study_of_the_same_question_and_replicates_nothing(page):
    assert "a study of the same question, of our own design" in words(page)
    assert "replicat" not in words(page).lower()


def test_what_the_study_cannot_show_is_said(page):
    assert "What this study cannot show" in page
    assert "Willingness is what people say, not what they do" in words(page)


def test_every_hypothesis_is_answered_and_every_part_of_the_pattern_shown(folder, page):
    for number in range(1, 13):
        assert f'<span class="id">M{number}</span>' in page
    asked = {(row["hypothesis"], row["asks"]) for row in rows(folder, "published_pattern")}
    assert {("M1", "exceeds"), ("M10", "none"), ("M5", "matters"), ("M1", "below")} <= asked


def test_nothing_is_said_of_pay_effort_or_a_laboratory(page):
    for word in ("piece rate", "cards", "effort", "laboratory", "beneficiary"):
        assert word not in words(page).split("References")[0].lower(), word


def test_checks_recall_sensitivity_and_what_is_missing_are_tables(folder):
    checks = {(row["factor"], row["kind"]) for row in rows(folder, "manipulation")}
    assert ("consulted", "moves") in checks
    assert ("consulted", "stays") in checks
    recalled = rows(folder, "recall_consulted")
    assert [row["arm"] for row in recalled][:2] == ["none_office", "none_residents"]
    assert all(float(row["right"]) > 0.4 for row in recalled)
    assert len(rows(folder, "sensitivity")) == 8
    missing = {row["variable"]: float(row["missing"]) for row in rows(folder, "missing")}
    assert 0.03 < missing["income_level"] < 0.30
    assert {row["hypothesis"] for row in rows(folder, "heterogeneity")} == {"M3", "M4", "M5"}


def test_how_many_hurried_over_the_vignette_is_shown_by_arm(folder, page):
    people = load(folder / "exports", include_bots=True).dropna(subset=["arm", "vignette_seconds"])
    half = people["vignette_seconds"].median() / 2
    shown = rows(folder, "speed")
    assert [row["arm"] for row in shown] == list(plans()["motivation"].arms)
    for row in shown:
        seconds = people.loc[people["arm"] == row["arm"], "vignette_seconds"]
        assert int(row["n"]) == len(seconds)
        assert float(row["fast"]) == pytest.approx(sum(seconds < half) / len(seconds))
    assert "nobody was left out for it" in words(page)
    assert sum(float(row["fast"]) for row in shown) > 0


def test_everybody_who_came_is_in_the_counts_of_the_panel(folder, page):
    counts = {row["status"]: int(row["participants"]) for row in rows(folder, "panel")}
    exports = [path for path in (folder / "exports").glob("all_apps_wide*.csv")]
    with exports[0].open(encoding="utf-8") as file:
        came = sum(row["participant.visited"] == "1" for row in csv.DictReader(file))
    assert sum(counts.values()) == came
    screened = counts["does not belong to those whom the study is about"]
    assert screened > 0
    left_out = re.search(r"Does not belong[^<]*</th><td class=\"number\">(\d+)", page)
    assert left_out is not None
    assert int(left_out[1]) == screened


def test_balance_lists_each_variable_once_and_no_part_of_a_scale(folder):
    names = [row["outcome"] for row in rows(folder, "balance") if row["term"] == "money_office"]
    assert len(names) == len(set(names))
    assert "psm" in names
    assert not any(name.startswith(("psm_", "panel_status", "candour_")) for name in names)


def test_the_opinion_with_slopes_by_arm_stands_beside_every_comparison(folder):
    shown = [
        r for r in rows(folder, "robustness_primary") if r["hypothesis"] in ("M3", "M4", "M8")
    ]
    assert len(shown) == 3
    assert all(row["by_arm_estimate"] for row in shown)


def test_associations_are_in_standard_deviations_and_exploratory_claims_have_no_size(folder, page):
    assert "Willingness to co-produce (1 to 7), standard deviations (background)" in page
    assert "Willingness to co-produce (1 to 7), points (background)" not in page
    exploratory = [r for r in rows(folder, "robustness_primary") if r["hypothesis"] in EXPLORATORY]
    assert [row["p_equivalence"] for row in exploratory] == ["", ""]


EXPLORATORY = ("M11", "M12")


def test_covariates_are_in_the_balance_test_and_everything_has_its_words(folder, page):
    names = {row["outcome"] for row in rows(folder, "balance")}
    assert names >= {"mock_right", "gender=woman", "age"}
    joint = page.split("Joint test of what was measured before treatment")[1].split("</p>")[0]
    assert "gender" not in joint
    assert "consulted: residents vs office" in page
    assert "education (association)" in page
    shown = page.split('id="table-motivation_balance"')[1].split("</table>")[0]
    assert "gender: woman" in shown
    assert "=" not in re.sub(r"<[^>]+>", "", shown)
