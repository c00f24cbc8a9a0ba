"""Numbers in print come out again, from the data printed with them."""

import pandas as pd
import pytest

from analysis.estimators import difference_in_means, rank_test, welch

# Fisher 1935, The Design of Experiments, ch. III, table 3: heights of Darwin's maize in inches.
CROSSED = [
    23.5,
    12,
    21,
    22,
    19.125,
    21.5,
    22.125,
    20.375,
    18.25,
    21.625,
    23.25,
    21,
    22.125,
    23,
    12,
]
SELFED = [
    17.375, 20.375, 20, 20, 18.375, 18.625, 18.625, 15.25, 16.5, 18, 16.25, 18, 12.75, 15.5, 18
]  # fmt: skip

# Student 1908, The probable error of a mean, Biometrika 6, 1-25 (10.1093/biomet/6.1.1), section
# IX: additional hours of sleep by two drugs, the same ten patients.
FIRST_DRUG = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND_DRUG = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]

# Hollander & Wolfe 1973, Nonparametric Statistical Methods, p. 115 f.: half-time of mucociliary
# clearance in normal subjects, with obstructive airway disease, and with asbestosis.
CLEARANCE = {
    "control": [2.9, 3.0, 2.5, 2.6, 3.2],
    "obstructive": [3.8, 2.7, 4.0, 2.4],
    "asbestosis": [2.8, 3.4, 3.7, 2.2, 2.0],
}


def long(groups: dict[str, list[float]]) -> pd.DataFrame:
    rows = [(arm, place, y) for arm, values in groups.items() for place, y in enumerate(values)]
    return pd.DataFrame(rows, columns=["arm", "pair", "y"])


def test_fishers_t_for_darwins_maize() -> None:
    data = long({"selfed": SELFED, "crossed": CROSSED})
    row = difference_in_means(data, "y", "arm", "selfed", blocks="pair").iloc[0]
    # Printed: mean difference 20.93 eighths of an inch, t = 2.148 with 14 degrees of freedom.
    assert row["estimate"] * 8 == pytest.approx(20.93, abs=0.005)
    assert row["statistic"] == pytest.approx(2.148, abs=0.0005)
    assert row["df"] == pytest.approx(14)


def test_students_sleep() -> None:
    data = long({"first": FIRST_DRUG, "second": SECOND_DRUG})
    row = difference_in_means(data, "y", "arm", "first", blocks="pair").iloc[0]
    # Printed: mean gain of the second drug 1.58; odds of 666 to 1 that it is the better one.
    assert row["estimate"] == pytest.approx(1.58, abs=0.005)
    one_sided = row["p_value"] / 2
    assert (1 - one_sided) / one_sided == pytest.approx(666, rel=0.1)


def test_welch_on_students_sleep() -> None:
    row = welch(long({"first": FIRST_DRUG, "second": SECOND_DRUG}), "y", "arm", "first").iloc[0]
    # The example of R's t.test: t = -1.8608, df = 17.776, p = 0.07939.
    assert row["statistic"] == pytest.approx(1.8608, abs=5e-5)
    assert row["df"] == pytest.approx(17.776, abs=5e-4)
    assert row["p_value"] == pytest.approx(0.07939, abs=5e-6)


def test_kruskal_wallis_on_mucociliary_clearance() -> None:
    frame = rank_test(long(CLEARANCE), "y", "arm", "control").set_index("term")
    # H = 0.771, 2 degrees of freedom (p. 116).
    assert frame.loc["any arm", "statistic"] == pytest.approx(0.771, abs=5e-4)
    assert frame.loc["any arm", "df"] == 2
