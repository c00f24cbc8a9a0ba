"""Contrasts of arm means taken block by block.

Small permuted blocks often hold one unit per arm, and the last of a session may be cut short.
Least squares with block effects then leans on equal variances across arms (its residuals mix the
arms of a block), and a saturated regression does not exist. So each contrast is taken inside each
block that holds all arms it needs, and averaged with weights in proportion to those arms' units
(Gerber & Green 2012, *Field Experiments*, ch. 3; Imbens & Rubin 2015, ch. 9).

Its variance comes from the spread *within* arms and blocks when at least half of these units sit
in blocks with two or more of every arm; an arm with a single unit in some other block then lends
that arm's variance pooled over blocks. Otherwise it comes from the spread *between* the blocks'
contrasts, with the weights of Pashley & Miratrix 2021 (10.3102/1076998620946272, their estimator
for small blocks of varying size), which for pairs is the paired t test. It is conservative when
effects differ between blocks (Imai 2008, 10.1002/sim.3337). Degrees of freedom: units less arms,
summed over blocks; or blocks less one.
"""

from __future__ import annotations

import numpy as np

from analysis.errors import AnalysisError
from analysis.estimators._sample import Floats, Sample


def comparable(sample: Sample) -> Sample:
    """The rows in blocks that hold two arms or more; the others compare nothing."""
    assert sample.blocks is not None
    present = tabulate(sample, np.ones_like(sample.outcome)) > 0
    kept = (present.sum(axis=1) > 1)[sample.blocks]
    if not kept.any():
        raise AnalysisError("No block holds more than one arm, so nothing can be compared.")
    return sample.within(kept)


def tabulate(sample: Sample, values: Floats) -> Floats:
    """Sums of ``values`` by block and arm: (blocks, arms)."""
    assert sample.blocks is not None
    shape = (int(sample.blocks.max()) + 1, len(sample.labels))
    cells = np.ravel_multi_index((sample.blocks, sample.arms), shape)
    sums = np.bincount(cells, weights=values, minlength=shape[0] * shape[1])
    return sums.reshape(shape).astype(float)


def blocked_contrast(sample: Sample, weights: Floats) -> tuple[float, float, float]:
    """Estimate, standard error and degrees of freedom of a contrast of the arms' means."""
    used = weights != 0
    weights = weights[used]
    counts = tabulate(sample, np.ones_like(sample.outcome))[:, used]
    whole = (counts > 0).all(axis=1)
    if not whole.any():
        arms = ", ".join(np.array(sample.labels)[used])
        raise AnalysisError(f"No block holds all the arms to be compared: {arms}.")
    counts = counts[whole]
    means = tabulate(sample, sample.outcome)[whole][:, used] / counts
    sizes = counts.sum(axis=1)
    shares = sizes / sizes.sum()
    effects = means @ weights
    estimate = float(shares @ effects)
    if sizes[(counts > 1).all(axis=1)].sum() >= sizes.sum() / 2:
        squares = squared_deviations(sample)[whole][:, used]
        variance = within_variance(counts, squares, shares, weights)
        df = float((counts - 1).sum())
    else:
        variance = between_variance(effects - estimate, shares)
        df = float(len(shares) - 1)
    if not variance > (1e-10 * np.ptp(sample.outcome)) ** 2:
        raise AnalysisError(
            f"Outcome {sample.outcome_name!r} does not vary within the arms compared, so its "
            "standard error would be zero."
        )
    return estimate, float(np.sqrt(variance)), df


def squared_deviations(sample: Sample) -> Floats:
    """Sums of squared deviations from the mean of block and arm: (blocks, arms)."""
    counts = tabulate(sample, np.ones_like(sample.outcome))
    means = tabulate(sample, sample.outcome) / np.maximum(counts, 1)
    return tabulate(sample, (sample.outcome - means[sample.blocks, sample.arms]) ** 2)


def within_variance(counts: Floats, squares: Floats, shares: Floats, weights: Floats) -> float:
    """Neyman's variance summed over blocks; lone units take their arm's pooled variance."""
    pooled = squares.sum(axis=0) / (counts - 1).sum(axis=0)
    spread = np.where(counts > 1, squares / np.maximum(counts - 1, 1), pooled)
    return float(shares**2 @ (spread / counts) @ weights**2)


def between_variance(deviations: Floats, shares: Floats) -> float:
    """Pashley & Miratrix 2021; for equal blocks, the variance of the mean of their contrasts."""
    blocks = len(shares)
    if blocks > 1 and np.allclose(shares, 1 / blocks):
        return float(deviations @ deviations) / (blocks * (blocks - 1))
    if shares.max() >= 0.5:
        raise AnalysisError(
            f"{blocks} block(s) of very different size, with single units of an arm in them, "
            "leave no way to tell the spread of the estimate. Merge blocks, or leave them out."
        )
    squared = shares**2 / (1 - 2 * shares)
    return float(squared @ deviations**2 / (1 + squared.sum()))
