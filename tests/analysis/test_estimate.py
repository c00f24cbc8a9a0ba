"""The planned table: one fit a row, judged as planned, empty where the data do not allow it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_plan import changed, extended

from analysis import AnalysisError, contrast, estimate, load
from analysis.exports.derived import BLOCK, add_derived
from analysis.planned.plan import Plan, parse_plan, plans
from analysis.planned.progress import progress
from analysis.simulation.simulate import simulate

STUDIES = ("incentive", "info_source")
PLANS = {name: replace(plans()[name], draws=199) for name in STUDIES}
PLAN = PLANS["info_source"]
SURVEY = replace(parse_plan(extended()), draws=199)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> pd.DataFrame:
    """Simulated participants of both experiments."""
    folder = tmp_path_factory.mktemp("planned")
    simulate("info_source", 96, folder / "a", effects={"beneficiary": 0.6}, seed="e1")
    simulate("incentive", 120, folder / "b", effects={"reward_beneficiary": 0.8}, seed="e2")
    return load([folder / "a", folder / "b"], include_bots=True)


@pytest.fixture(scope="module")
def table(data) -> pd.DataFrame:
    return estimate(data, PLANS)


def with_draws(draws: int) -> dict[str, Plan]:
    return {name: replace(plan, draws=draws) for name, plan in PLANS.items()}


def row(table: pd.DataFrame, hypothesis: str, outcome: str) -> pd.Series:
    found = table[(table["hypothesis"] == hypothesis) & (table["outcome"] == outcome)]
    return found.iloc[0]


def test_it_has_every_hypothesis_on_every_outcome_in_the_plans_order(table):
    expected = [
        (plan.name, family.name, outcome, each.id)
        for plan in PLANS.values()
        for family in plan.families
        for outcome in family.outcomes
        for each in plan.rows(family)
    ]
    names = ["experiment", "family", "outcome", "hypothesis"]
    assert list(table[names].itertuples(index=False, name=None)) == expected


def test_each_row_is_one_fit(data, table):
    """Estimate, error, interval, p, randomization p and equivalence: those of `contrast`."""
    rows = add_derived(data[data["experiment"] == "incentive"])
    for hypothesis, outcome, weights in (
        ("H7", "effort_correct", {"reward_beneficiary": 1, "beneficiary": -1}),
        ("H4", "willingness", {"reward": 1, "control": -1}),
        (
            "H8",
            "hours_pledged",
            {"reward_beneficiary": 1, "control": 1, "reward": -1, "beneficiary": -1},
        ),
    ):
        planned = row(table, hypothesis, outcome)
        alone = contrast(
            rows[rows["arm"].notna()],
            outcome,
            "arm",
            weights,
            covariates=["baseline_correct", "psm"],
            sessions="session_code",
            blocks=BLOCK,
            smallest_effect=planned["smallest_effect"],
            claim=planned["claim"],
            draws=199,
            seed=PLAN.seed,
        ).iloc[0]
        for name in (
            *("estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high"),
            *("n", "p_claim", "p_equivalence"),
        ):
            assert planned[name] == pytest.approx(alone[name], rel=1e-9), name
        # Other columns give the rows another order, so that the draws are others.
        assert planned["p_randomization"] == pytest.approx(alone["p_randomization"], abs=0.15)


def test_no_p_stands_beside_an_empty_estimate_and_none_is_below_its_own(table):
    empty = table["estimate"].isna()
    numbers = ["p_value", "p_randomization", "p_claim", "p_adjusted", "p_equivalence"]
    assert table.loc[empty, numbers].isna().all(axis=None)
    judged = table["p_adjusted"].notna()
    assert (table.loc[judged, "p_adjusted"] >= table.loc[judged, "p_claim"]).all()
    tested = ~empty & (table["claim"] != "all") & (table["verdict"] != "described")
    assert table.loc[tested, "p_adjusted"].notna().all()
    assert table.loc[~empty & (table["claim"] != "all"), "p_randomization"].between(0, 1).all()


def test_a_conjunction_shows_the_part_that_decides(table):
    whole = row(table, "H9", "effort_correct")
    parts = {name: row(table, name, "effort_correct") for name in ("H4", "H7", "H8")}
    largest = max(parts.values(), key=lambda part: part["p_claim"])
    assert whole["p_claim"] == largest["p_claim"]
    assert whole["term"] == f"decided by {largest['hypothesis']}"
    assert whole["estimate"] == largest["estimate"]


def test_a_conjunction_that_is_won_carries_its_parts(data):
    """With bounds so wide that all three parts hold, none is left unsettled."""
    text = changed("smallest_effect = 2.0", "smallest_effect = 5.5", "incentive")
    found = estimate(data, replace(parse_plan(text), draws=99))
    primary = found[found["family"] == "primary"].set_index("hypothesis")
    largest = primary.loc[["H4", "H7", "H8"], "p_claim"].max()
    expected = ("won", "carried") if largest < 0.05 else ("won", "open")
    assert (primary.loc["H9", "verdict"] == "won") == (largest < 0.05)
    assert primary.loc[["H4", "H7", "H8"], "verdict"].isin(expected).all()


def test_what_is_described_is_not_in_the_family(table):
    described = row(table, "H6", "effort_correct")
    assert described["verdict"] == "described"
    assert np.isnan(described["p_adjusted"])
    assert np.isfinite(described["p_value"])
    assert described["claim"] == ""


def test_a_reversed_outcome_reverses_claims(table):
    assert row(table, "H3", "stopped_early")["claim"] == "decrease"
    assert row(table, "H4", "stopped_early")["claim"] == "none"


def test_missing_covariates_are_counted_and_said(data):
    holes = add_derived(data[data["experiment"] == "info_source"])
    known = holes.index[holes["arm"].notna()][:6]
    holes.loc[known, "psm"] = np.nan
    found = estimate(holes, PLAN)
    first = row(found, "H3", "willingness")
    assert first["imputed"] == holes.loc[known, "willingness"].notna().sum() > 0
    assert first["n"] == row(estimate(data, PLAN), "H3", "willingness")["n"]
    assert any(note.startswith("psm was missing for 6 part") for note in found.attrs["notes"])


def test_a_covariate_that_nobody_has_is_done_without(data):
    found = estimate(add_derived(data).assign(psm=np.nan), PLAN)
    assert row(found, "H3", "willingness")["covariates"] == "baseline_correct"
    assert "Estimates do without the covariate psm, which is missing." in found.attrs["notes"]


def test_a_covariate_in_words_has_a_column_for_each_value_but_the_first(data):
    text = changed('"baseline_correct", "psm"]\nby', '"psm", "income"]\nby')
    plan = replace(parse_plan(text), draws=99)
    found = row(estimate(data, plan), "H3", "willingness")
    rows = data[(data["experiment"] == "info_source") & data["arm"].notna()]
    values = plan.study.columns["income"].values
    given = [value for value in values if (rows["income"] == value).sum() >= 5]
    names = [f"income={value}" for value in given[1:]]
    assert found["covariates"].split() == ["psm", *names]
    coded = {name: (rows["income"] == name[7:]).astype(float) for name in names}
    alone = contrast(
        add_derived(rows.assign(**coded)), "willingness", "arm",
        {"beneficiary": 1, "organisation": -1}, covariates=["psm", *names],
        sessions="session_code", draws=0,
    ).iloc[0]  # fmt: skip
    assert found["estimate"] == pytest.approx(alone["estimate"])
    assert found["std_error"] == pytest.approx(alone["std_error"])


def test_a_rare_event_is_not_estimated_and_has_no_p(data):
    rows = add_derived(data[data["experiment"] == "info_source"]).reset_index(drop=True)
    known = rows.index[rows["stopped_early"].notna() & (rows["arm"] == "control")]
    rows.loc[rows["stopped_early"].notna(), "stopped_early"] = 0
    rows.loc[known[:4], "stopped_early"] = 1
    found = estimate(rows, PLAN)
    assert row(found, "H1", "stopped_early")["verdict"] == "missing"
    assert np.isnan(row(found, "H1", "stopped_early")["p_randomization"])
    assert any("all but 4 of those compared" in note for note in found.attrs["notes"])
    rows.loc[known[:5], "stopped_early"] = 1
    assert row(estimate(rows, PLAN), "H1", "stopped_early")["n"] > 0


def test_an_arm_that_nobody_is_in_spoils_only_its_own_rows(data):
    rows = data[(data["experiment"] == "incentive") & (data["arm"] != "reward")]
    found = estimate(rows, PLANS)
    assert np.isnan(row(found, "H4", "effort_correct")["estimate"])
    assert np.isnan(row(found, "H8", "effort_correct")["p_value"])
    assert np.isnan(row(found, "H9", "effort_correct")["p_adjusted"])
    assert np.isfinite(row(found, "H7", "effort_correct")["p_adjusted"])


def test_forced_strange_and_unassigned_people_are_left_out_once(data):
    rows = data[data["experiment"] == "info_source"].reset_index(drop=True)
    drawn = rows.index[rows["arm"].notna() & rows["willingness"].notna()]
    changed = rows.copy()
    changed.loc[drawn[0], "arm_forced"] = 1
    changed.loc[drawn[1], "arm"] = "reward"
    found = estimate(changed, PLAN)
    plain = estimate(rows, PLAN)
    assert row(found, "H3", "willingness")["n"] == row(plain, "H3", "willingness")["n"] - 2
    assert any(note.startswith("No estimates for reward") for note in found.attrs["notes"])


def test_without_blocks_everybody_is_permuted_and_it_is_said(data):
    rows = add_derived(data[data["experiment"] == "info_source"])
    found = estimate(rows.assign(**{BLOCK: pd.NA}), PLAN)
    assert any(note.startswith("No blocks were exported") for note in found.attrs["notes"])
    some = rows.assign(
        **{BLOCK: rows[BLOCK].mask(rows.index == rows.index[rows["arm"].notna()][0])}
    )
    found = estimate(some, PLAN)
    assert any(note.startswith("1 participant without a block") for note in found.attrs["notes"])


def test_robustness_is_by_kind_of_outcome(table):
    assert row(table, "H3", "willingness")["robustness"].startswith("probability")
    assert 0 < row(table, "H3", "willingness")["robustness_estimate"] < 1
    assert row(table, "H3", "hours_pledged")["robustness"].startswith("ratio")
    assert row(table, "H3", "voluntary_accepted")["robustness"].startswith("odds")
    assert row(table, "H3", "effort_share_correct")["robustness"].startswith("share at")
    assert row(table, "H3", "effort_per_minute")["robustness"] == ""
    assert row(table, "H8", "hours_pledged")["robustness"] == ""
    shown = table["estimate"].notna() & (table["claim"] != "all")
    assert table.loc[shown, "by_arm_p"].between(0, 1).all()


def test_slopes_by_arm_can_be_the_plan(data):
    plan = replace(PLAN, by_arm=("baseline_correct", "psm"))
    found = row(estimate(data, plan), "H3", "willingness")
    planned = row(estimate(data, PLAN), "H3", "willingness")
    assert found["estimate"] == pytest.approx(planned["by_arm_estimate"])
    assert found["p_value"] == pytest.approx(planned["by_arm_p"])
    assert 0 < found["p_randomization"] <= 1
    assert np.isnan(found["by_arm_p"])


# -------------------------------------------------------------------- what later studies need


def test_associations_levels_joint_claims_and_moderation_are_estimated(data):
    found = estimate(data, SURVEY)
    found = found[found["family"] == "survey"]
    rows = add_derived(data[(data["experiment"] == "incentive") & data["arm"].notna()])
    rows = rows[rows["willingness"].notna() & rows["psm"].notna()]
    first = row(found, "M1", "willingness")
    alone = contrast(
        rows, "willingness", "arm", None, slope="psm", covariates="baseline_correct",
        sessions="session_code", draws=0,
    ).iloc[0]  # fmt: skip
    unit = rows["psm"].astype(float).std() / rows["willingness"].astype(float).std()
    assert first["estimate"] == pytest.approx(alone["estimate"] * unit)
    assert first["p_value"] == pytest.approx(alone["p_value"])
    assert np.isnan(first["p_randomization"])
    assert first["covariates"] == "psm baseline_correct"
    several = row(found, "M2", "willingness")
    assert several["statistic"] > 0
    assert 0 < several["p_randomization"] <= 1
    assert several["estimate"] > 0
    assert np.isnan(several["conf_low"])
    for name in ("M3", "M5", "M12"):
        assert 0 < row(found, name, "willingness")["p_randomization"] <= 1
    assert (
        row(found, "M3", "willingness")["p_claim"]
        == row(found, "M3", "willingness")["p_equivalence"]
    )
    tested = found[found["claim"] != ""]
    assert len(tested) == 5
    assert (tested["p_adjusted"] >= tested["p_claim"]).all()


# ------------------------------------------------------------------------------------- looks


def test_real_people_below_the_planned_size_are_not_shown(data):
    real = data.assign(simulated=0)
    with pytest.raises(AnalysisError, match=r"\d+ of 240 planned participants"):
        estimate(real, PLAN)
    shown = estimate(real, PLAN, interim=True)
    assert (shown["level"] == PLAN.alpha).all()


@pytest.mark.parametrize(
    ("count", "look", "complete"),
    [
        (59, 0, False),
        (60, 1, False),
        (80, 1, False),
        (90, 0, False),
        (150, 2, False),
        (174, 2, False),
        (175, 0, False),
        (240, 3, True),
        (300, 3, True),
    ],
)
def test_a_look_holds_from_its_number_for_the_rest_of_a_session(count, look, complete):
    planned = replace(PLAN, looks=(60, 150))
    known = {name: 1.0 for name in PLAN.primary.outcomes}
    people = pd.DataFrame({"simulated": [0] * count}).assign(**known)
    # Whoever was assigned and has no outcome does not count.
    people = pd.concat([people, pd.DataFrame({"simulated": [0] * 100})], ignore_index=True)
    reached = progress(people, planned)
    assert (reached.look, reached.complete) == (look, complete)
    assert reached.shown == (look > 0)
    if look:
        assert reached.level < 0.05
    assert progress(people.assign(simulated=1), planned).complete
    assert progress(people.assign(simulated=1), planned, as_real=True) == reached


def test_simulated_people_do_not_fill_up_the_planned_size():
    people = pd.DataFrame({"simulated": pd.array([1] * 300 + [0] * 3 + [None], dtype="Int64")})
    reached = progress(people.assign(**dict.fromkeys(PLAN.primary.outcomes, 1.0)), PLAN)
    assert (reached.analysed, reached.shown) == (4, False)


def test_the_level_of_a_look_decides(data):
    real = data[data["experiment"] == "info_source"].assign(simulated=0)
    count = int(real["arm"].notna().sum())
    found = estimate(real, replace(PLAN, size=200, looks=(count,)))
    assert found["level"].iloc[0] < 0.02
    tested = found[found["verdict"] != "missing"]
    won = tested["verdict"].isin(["won", "opposite", "difference"])
    assert (won == (tested["p_adjusted"] < found["level"].iloc[0])).all()


# ------------------------------------------------------------------------------ planted, or not

SEEDS = ("p", "q", "r", "s", "t", "u")


def test_planted_effects_are_found_and_lie_within_the_intervals(tmp_path):
    truth, covered, won = {"H1": 0.6, "H2": 0.0, "H3": 0.6}, [], 0
    for seed in SEEDS:
        effects = {"willingness.beneficiary": 0.6}
        simulate("info_source", 144, tmp_path / seed, effects=effects, seed=seed)
        found = estimate(load(tmp_path / seed, include_bots=True), with_draws(99))
        primary = found[found["family"] == "primary"].set_index("hypothesis")
        # Planted effects are in standard deviations of the control arm.
        spread = primary.loc["H1", "control_sd"]
        covered += [
            primary.loc[name, "conf_low"] <= size * spread <= primary.loc[name, "conf_high"]
            for name, size in truth.items()
        ]
        won += primary.loc["H1", "verdict"] == "won"
        assert primary.loc["H1", "estimate"] > 0
    # 18 intervals of 95%: more than 4 misses would happen once in 500 times.
    assert covered.count(False) <= 4
    assert won >= len(SEEDS) / 2


def test_without_effects_nothing_is_claimed_beyond_the_nominal_rate(tmp_path):
    wrong = []
    for seed in SEEDS:
        for experiment in PLANS:
            folder = tmp_path / experiment / seed
            simulate(experiment, 96, folder, effects={}, seed=f"null {seed}")
            frame = estimate(load(folder, include_bots=True), with_draws(99))
            differences = frame[~frame["claim"].isin(["none", "all", ""])]
            smallest = differences.groupby("family")["p_adjusted"].min()
            wrong += list(smallest < PLAN.alpha)
    # 24 families of tests at 5%: more than 4 with a false claim would happen once in 1,000 times.
    assert sum(wrong) <= 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"experiment": "other"}, "'other'.*incentive, info_source"),
        ({"plan": "nowhere.toml"}, "cannot be read"),
        ({"plan": 3}, "a Plan or a file, not int"),
    ],
)
def test_bad_arguments_are_named(data, change, message):
    with pytest.raises(AnalysisError, match=message):
        estimate(data, **change)


def test_data_without_arms_or_experiment_are_named(data):
    with pytest.raises(AnalysisError, match="'arm'"):
        estimate(data.drop(columns="arm"), PLAN)
    with pytest.raises(AnalysisError, match="experiment= must name one"):
        estimate(data.drop(columns="experiment"), PLAN)
    with pytest.raises(AnalysisError, match="a pandas DataFrame, not str"):
        estimate("exports", PLAN)
    with pytest.raises(AnalysisError, match="Nobody in these data"):
        estimate(data[data["arm"].isna()], PLANS)
