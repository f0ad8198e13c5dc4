r"""A column of log-likelihoods printed beside a trace: whose is it, and does it fall, which that of EM never does?

The right log-likelihood of every printed row is known, as far as the row's rounding tells. A column belongs to its rows
where it is that number, times a factor that programs use (its negative, -2 l, a mean per observation, another base) or
plus a constant, also one row early or late. Then it is right whatever it is called. What falls is told before that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from mixstudy.comparison.verdict import CheckStatus, Outcome
from mixstudy.data.sample import WeightedSample
from mixstudy.diagnosis.location import Location
from mixstudy.diagnosis.patterns import Constant
from mixstudy.em.likelihood import expectation
from mixstudy.faults.case import FLOAT
from mixstudy.faults.figures import Printed, Rows, printed_rows
from mixstudy.faults.following import begins, usable
from mixstudy.faults.slips import slips, undo_rows
from mixstudy.model import Floats

TELLING = 10.0
"""How many times its rounding a column must change for a constant that is left open to be told."""
ROWS = "its own row", "the row before", "the row after"
"""Whose log-likelihood a number may be, by how many rows it comes late: 0, 1, -1."""
BASES = (("", 1.0), (" in base 10", 1 / math.log(10)), (" in base 2", 1 / math.log(2)))
"""Logarithms in which programs print."""
TIMES = (("", 1.0), ("minus ", -1.0), ("-2 times ", -2.0), ("twice ", 2.0))
"""Factors that programs use: losses, deviances."""


class Column(NamedTuple):
    """What was printed, and what is right: one number for each row."""

    printed: Floats
    """As it was read, NaN where there is no number, shape ``(k,)``."""
    half: Floats
    """Half a unit of the last printed figure, likewise."""
    right: Floats
    """Right log-likelihood of each row, nats, shape ``(k,)``."""
    unsure: Floats
    """By how much the rounding of the row may change it."""
    n: float
    """Observations."""
    error: float
    """Relative error of each number."""


def judge_heights(
    heights: Sequence[float | str], rows: Rows, sample: WeightedSample, *, error: float = FLOAT
) -> Outcome | None:
    """Hold a printed column of log-likelihoods against its rows: EM's never falls (Dempster, Laird & Rubin 1977).

    Args:
        heights: As they were printed, one for each row; what is no number stands for none.
        rows: The iterates beside them, data units; further heights than rows are left out.
        sample: The observations.
        error: Relative error of a sum, as it was computed.

    Returns:
        A failure where it falls, doubt where it is not that of its rows; None where there are fewer than two numbers.
    """
    column = _column(heights, rows, sample, error)
    if np.isfinite(column.printed).sum() < 2:  # noqa: PLR2004  (one step)
        return None
    whose = next(_relations(column), None)
    if whose is None:
        return _of_nothing(column)
    text, sign = whose
    down = "falls" if sign > 0 else "rises"
    if (fall := _first_fall(sign * column.printed, column)) is not None:
        return Outcome(CheckStatus.FAIL, fall, f"{_told(column, fall, down)} The column is {text}: a step is wrong.")
    return Outcome(CheckStatus.PASS, math.nan, f"The printed column never {down}, and is {text}.")


def judged_rows(trace: Sequence[Printed], location: Location, sample: WeightedSample) -> Rows:
    """The rows of a trace as they were judged: with the slips of the report taken back that the location names."""
    rows = usable(printed_rows(trace))
    for undone in slips() if location.slipped else ():
        inner = undo_rows(undone, rows, sample) if undone.faults == location.slipped else None
        if inner is not None and np.array_equal(inner.values[:-1], location.begins):
            return inner
    return rows


def _of_nothing(column: Column) -> Outcome:
    """What is said of a column that is not that of its rows: one that only falls may be a loss."""
    fall, rise = _first_fall(column.printed, column), _first_fall(-column.printed, column)
    text = "It is not that of the rows beside it either, whatever constant or factor is allowed for."
    if fall is not None and rise is not None:
        return Outcome(CheckStatus.FAIL, fall, f"{_told(column, fall, 'falls')} {text}")
    way = "never rises, as of a loss" if fall is not None else "never falls"
    text = "but is not that of the rows beside it, whatever constant or factor is allowed for: look at its line"
    return Outcome(CheckStatus.BORDERLINE, math.nan, f"The printed log-likelihood {way}, {text}.")


def _told(column: Column, fall: float, down: str) -> str:
    k = int(fall)
    before = np.flatnonzero(np.isfinite(column.printed[:k]))[-1]
    return (
        f"The printed log-likelihood {down} in step {k}, from {column.printed[before]:.10g} to "
        f"{column.printed[k]:.10g}: that of EM never does."
    )


def _first_fall(values: Floats, column: Column) -> float | None:
    """The first row, counted from 0, whose number is below the one before by more than both roundings; None without."""
    half = column.half
    given = np.flatnonzero(np.isfinite(values))
    floor = column.error * np.abs(values[given])
    falls = np.diff(values[given]) < -(half[given][1:] + half[given][:-1] + floor[1:])
    return float(given[1:][falls][0]) if falls.any() else None


def _relations(column: Column) -> Iterator[tuple[str, float]]:
    """What the column may be and the sign of its factor, the plainest first."""
    for late, whose in zip((0, 1, -1), ROWS, strict=True):
        here = _shifted(column, late)
        for text, factor in _factors(column.n):
            if (constant := _constant(here, factor)) is not None and constant.holds(0.0):
                yield f"{text} of {whose}", factor
    for late, whose in zip((0, 1, -1), ROWS, strict=True):
        here = _shifted(column, late)
        if not _changes(here):
            return
        for text, factor in _factors(column.n):
            if (constant := _constant(here, factor)) is not None:
                yield f"{text} of {whose} plus the constant {constant.shown}{_known(constant, column.n)}", factor
        if (ratio := _ratio(here)) is not None:
            yield f"{ratio.shown} times the log-likelihood of {whose}", ratio.lower


def _factors(n: float) -> Iterator[tuple[str, float]]:
    """Names and values of the factors: of the whole sample, then of one observation on average."""
    for mean, count in (("", 1.0), ("mean ", n)):
        for base, unit in BASES:
            for times, factor in TIMES:
                yield f"{times}the {mean}log-likelihood{base}", factor * unit / count


def _shifted(column: Column, late: int) -> Column:
    """Printed numbers beside the rows that they come so many rows after, where both are there."""
    printed, half, right, unsure, n, error = column
    if late:
        own, others = (slice(1, None), slice(None, -1)) if late > 0 else (slice(None, -1), slice(1, None))
        printed, half, right, unsure = printed[own], half[own], right[others], unsure[others]
    kept = np.isfinite(printed) & np.isfinite(right)
    return Column(printed[kept], half[kept], right[kept], unsure[kept], n, error)


def _changes(column: Column) -> bool:
    """Whether enough happens in the column for an open constant to be told."""
    if len(column.printed) < 3:  # noqa: PLR2004  (two numbers always lie on a line)
        return False
    noise = float(column.half.max() + column.unsure.max())
    return bool(np.ptp(column.printed) > TELLING * column.half.max() and np.ptp(column.right) > TELLING * noise)


def _constant(column: Column, factor: float) -> Constant | None:
    """What is left of the column when so many times the right numbers are taken off, if that is one number."""
    if len(column.printed) < 2:  # noqa: PLR2004  (one row says nothing)
        return None
    off = column.printed - factor * column.right
    half = column.half + abs(factor) * (column.unsure + column.error * np.abs(column.right))
    lower, upper = float((off - half).max()), float((off + half).min())
    return Constant(lower, upper) if lower <= upper else None


def _ratio(column: Column) -> Constant | None:
    """The factor between the column and the right numbers, if it is one number."""
    ratio = column.printed / column.right
    half = (column.half + np.abs(ratio) * (column.unsure + column.error * np.abs(column.right))) / np.abs(column.right)
    lower, upper = float((ratio - half).max()), float((ratio + half).min())
    return Constant(lower, upper) if lower <= upper and lower * upper > 0 else None


def _known(constant: Constant, n: float) -> str:
    """Where a constant is known to come from."""
    for text, value in (
        ("the density's 1 / sqrt(2 pi) left out", n * math.log(2 * math.pi) / 2),
        ("2 for each parameter, an AIC", 8.0),
        ("log n for each parameter, a BIC", 4 * math.log(n)),
    ):
        if constant.holds(value):
            return f" ({text})"
    return ""


def _column(heights: Sequence[float | str], rows: Rows, sample: WeightedSample, error: float) -> Column:
    count = min(len(heights), len(rows.values))
    numbers = [_number(value) for value in heights[:count]]
    there = np.isfinite(numbers)
    half = np.full(count, math.nan)
    half[there] = printed_rows([[value] for value, kept in zip(heights, there, strict=False) if kept]).half[:, 0]
    pairs = zip(rows.values[:count], rows.half[:count], strict=True)
    right, unsure = np.array([_log_likelihood(theta, h, sample) for theta, h in pairs]).T
    return Column(np.where(there, numbers, math.nan), half, right, unsure, sample.n, error)


def _log_likelihood(theta: Floats, half: Floats, sample: WeightedSample) -> tuple[float, float]:
    """Log-likelihood of a printed row, and how much of it the row's rounding may be; NaN where no step can begin."""
    if not begins(theta):
        return math.nan, math.nan
    at = _height(theta, sample)
    ends = [theta + sign * h for h in np.diag(half) for sign in (1, -1)]
    moved = [abs(_height(end, sample) - at) if begins(end) else math.inf for end in ends]
    return at, float(np.array(moved).reshape(4, 2).max(axis=1).sum())


def _height(theta: Floats, sample: WeightedSample) -> float:
    sums = expectation(sample.standardised, sample.weights, sample.to_standard(theta))
    return float(sums.log_likelihood) - sample.n * math.log(sample.sd)


def _number(value: float | str) -> float:
    try:
        return float(value)
    except ValueError:
        return math.nan
