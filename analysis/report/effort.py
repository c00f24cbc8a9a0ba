"""Effort over time, from the answers of a timed round."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from steps.round import Round

PARTS = 10
"""The round is cut into this many parts of equal length."""


def pace(data: pd.DataFrame, answers: pd.DataFrame, round: Round, alpha: float) -> pd.DataFrame:
    """Correct cards per minute by arm and part of a round.

    Parameters
    ----------
    data : participants with ``session_code, participant_code, arm`` and the columns of the round.
    answers : one row per answer, with ``session_code, participant_code, phase, correct,
        answered_at``. Sessions of which it holds no answer of the round are left out.

    Returns
    -------
    ``arm``, ``middle`` of the part in seconds, ``mean``, ``low``, ``high`` (t interval) and ``n``.
    Everyone with a round of the usual length counts in every part: whoever stopped early
    with 0 afterwards. Empty if there is nothing to count.
    """
    columns = ["arm", "middle", "mean", "low", "high", "n"]
    answers = answers[answers["phase"] == round.phase]
    rounds = _rounds(data[data["session_code"].isin(answers["session_code"])], round)
    if rounds.empty:
        return pd.DataFrame(columns=columns)
    length = float(rounds["length"].iloc[0])
    counts = _counts(rounds, answers, length)
    rows = []
    for arm, people in rounds.groupby("arm", sort=False):
        rates = counts.loc[people["participant_code"]].to_numpy() * 60 * PARTS / length
        for part, sample in enumerate(rates.T):
            low, high = mean_interval(sample, alpha)
            middle = (part + 0.5) * length / PARTS
            rows.append((arm, middle, float(sample.mean()), low, high, len(sample)))
    return pd.DataFrame(rows, columns=columns)


def _rounds(data: pd.DataFrame, round: Round) -> pd.DataFrame:
    """Participants who worked in a round of the usual length."""
    own = [f"{round.name}_{what}" for what in ("started_at", "deadline", "correct")]
    needed = ["participant_code", "arm", *own]
    if not set(needed) <= set(data.columns):
        return pd.DataFrame(columns=[*needed, "length"])
    rounds = data[needed].dropna()
    started = rounds[own[0]].astype(float)
    length = (rounds[own[1]].astype(float) - started).round()
    usual = length.mode()
    return rounds.assign(length=length, started=started)[length.isin(usual.head(1))]


def _counts(rounds: pd.DataFrame, answers: pd.DataFrame, length: float) -> pd.DataFrame:
    """Correct answers by participant (rows) and part (columns)."""
    correct = answers.loc[answers["correct"] == 1, ["participant_code", "answered_at"]].dropna()
    timed = correct.merge(rounds[["participant_code", "started"]], on="participant_code")
    seconds = timed["answered_at"].astype(float) - timed["started"].astype(float)
    # Clocks differ by fractions of a second, so the ends are not sharp.
    part = np.clip(np.floor(seconds * PARTS / length), 0, PARTS - 1).astype(int)
    table = pd.crosstab(timed["participant_code"], part)
    return table.reindex(index=rounds["participant_code"], columns=range(PARTS), fill_value=0)


def mean_interval(sample: npt.NDArray[np.float64], alpha: float) -> tuple[float, float]:
    """The ends of the t interval of a mean; of a single value, that value."""
    mean = float(sample.mean())
    if len(sample) < 2:
        return mean, mean
    margin = float(stats.t.ppf(1 - alpha / 2, len(sample) - 1) * stats.sem(sample))
    return mean - margin, mean + margin
