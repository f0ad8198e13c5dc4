"""A column of log-likelihoods printed beside a trace: EM's never falls, and it belongs to its rows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mixstudy.data.sample import WeightedSample
from mixstudy.faults.figures import Printed, power_of_ten
from mixstudy.faults.following import begins
from mixstudy.model import Floats


def judge_heights(heights: Sequence[float | str], trace: Sequence[Printed], sample: WeightedSample) -> str:
    """What a printed column of log-likelihoods says: EM's never falls (Dempster, Laird & Rubin 1977).

    Args:
        heights: One for each row of the trace; a blank or ``nan`` where none was printed.
        trace: The iterates beside them.
        sample: The observations.

    Returns:
        One sentence: where it fell, or how it goes with the likelihood of the rows themselves.
    """
    values = np.array([_number(value) for value in heights])
    half = 0.5 * power_of_ten(-max((_decimals(value) for value in heights), default=0))
    falls = np.flatnonzero(np.diff(values) < -2 * half - 1e-12 * np.abs(values[1:]))
    if falls.size:
        k = int(falls[0])
        return (
            f"The printed log-likelihood falls from {values[k]:.8g} in row {k + 1} to {values[k + 1]:.8g} in the next: "
            "that of EM never does, so that a step is wrong, or the column is not the log-likelihood of the data."
        )
    right = np.array([_log_likelihood(row, sample) for row in trace])
    return _beside(values, right, half)


def _beside(values: Floats, right: Floats, half: float) -> str:
    """How a rising column goes with the right log-likelihoods of the rows."""
    allowed = 2 * half + 1e-3
    for text, other in (
        ("is that of its own row", right),
        ("is that of the row before", np.r_[math.nan, right[:-1]]),
        ("is that of the row after", np.r_[right[1:], math.nan]),
    ):
        both = np.isfinite(values) & np.isfinite(other)
        if both.sum() > 1 and (np.abs(values - other)[both] <= allowed + 1e-6 * np.abs(other[both])).all():
            return f"The printed log-likelihood never falls, and {text}."
    both = np.isfinite(values) & np.isfinite(right)
    apart = (values - right)[both]
    if apart.size > 1 and np.ptp(apart) <= allowed:
        return f"The printed log-likelihood never falls; {apart.mean():+.6g} parts it from the right one in every row."
    return "The printed log-likelihood never falls, but it is not that of the rows beside it."


def _log_likelihood(row: Printed, sample: WeightedSample) -> float:
    from mixstudy.model import log_likelihoods  # here, as SciPy's distributions take half a second to load

    theta = np.array([float(value) for value in row])
    return float(log_likelihoods(sample.points, theta[None], weights=sample.weights)[0]) if begins(theta) else math.nan


def _number(value: float | str) -> float:
    try:
        return float(value)
    except ValueError:
        return math.nan


def _decimals(value: float | str) -> int:
    text = str(value)
    return len(text.partition(".")[2].partition("e")[0]) if "." in text else 0
