r"""Does a step take each printed row to the next, as far as the printed figures tell?

Row i begins a step and row i + 1 ends it. Both are rounded, so that the step from the printed row i may miss the
printed row i + 1 by half a unit of its last figure and by what the rounding of row i becomes in the step,

    |row(i+1) - M(row(i))|  <=  half(i+1) + |M'| half(i),

for each of the four numbers by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from mixstudy.data.sample import WeightedSample
from mixstudy.em.likelihood import log_odds
from mixstudy.faults.case import Case, smallest_error
from mixstudy.faults.figures import Rows
from mixstudy.faults.steps import Points, Step, centred
from mixstudy.model import LABELS, Floats

OUT_OF_REACH = 1000.0
"""Times its rounding that a number may not move, however rounding grows in a step: most need no more work then."""
COARSE = 0.1
"""Rounding, in sigma, from which a step's end says nothing."""
STRAIGHT = "as in the textbook"
"""How a number is judged that no variation of the step is needed for."""


class Followed(NamedTuple):
    """Each row against what a step makes of the row before, data units; shapes ``(k - 1, 4)``."""

    made: Floats
    """What the step makes of the row before."""
    missed: Floats
    """The printed row less that."""
    allowed: Floats
    """How much of it the rounding of both rows may be."""
    ways: tuple[str, ...] = (STRAIGHT,) * len(LABELS)
    """The variation of the step by which each number is judged."""
    stride: int = 1
    """Steps from one row to the next."""
    relaxed: float = 1.0
    """How much of each step was gone, where it was damped or stretched."""

    @property
    def ratio(self) -> Floats:
        """What is missed over what is allowed; up to 1 is right."""
        return np.asarray(np.abs(self.missed) / self.allowed)

    @property
    def right(self) -> bool:
        """Whether every number of every row is what the step makes of the row before."""
        return bool((self.ratio <= 1).all())

    @property
    def told(self) -> bool:
        """Whether every row was printed finely enough to tell."""
        return bool(np.isfinite(self.allowed).all())


def rests(step: Step, case: Case) -> bool:
    """Whether a step moves none of the four numbers by more than the rounding of its printed figures can."""
    theta = case.estimate
    moved = step(case.data, theta) - theta
    floor = smallest_error(case.sample, theta)
    if coarse(theta, case.half) or not (np.abs(moved) <= OUT_OF_REACH * (case.half + floor)).all():
        return False
    return bool((np.abs(moved) <= still(step, case)).all())


def still(step: Step, case: Case) -> Floats:
    """By how much a step may move the estimate that rests at numbers which print like it, shape ``(4,)``.

    Rounding moves both ends alike, so that what counts is what it does to their difference; half a unit of the last
    figure comes on top, as printed figures that no longer change are where people stop.
    """

    def move(data: Points, theta: Floats) -> Floats:
        return step(data, theta) - theta

    floor = smallest_error(case.sample, case.estimate)
    return case.half + carried(move, case.data, case.estimate, np.maximum(case.half, floor)) + floor


def carried(step: Step, data: Points, theta: Floats, half: Floats) -> Floats:
    """By how much a step's end moves with the rounding of where it begins, shape ``(4,)``.

    Twice the rounding is tried, and each number by itself: for smooth steps that doubles what rounding does, for those
    that jump (hard assignment) it covers what all four may do together.
    """
    return spread_of(step(data, theta), np.array([step(data, end) for end in shifted(theta, half)]))


def shifted(theta: Floats, half: Floats) -> Floats:
    """Where a step may begin instead, each number by itself moved by twice its rounding; shape ``(8, 4)``."""
    ends = np.array([theta + s * h for h in np.diag(half) for s in (2, -2)])
    ends[:, 0] = np.clip(ends[:, 0], theta[0] / 2, (1 + theta[0]) / 2)
    ends[:, 3] = np.maximum(ends[:, 3], theta[3] / 2)
    return ends


def spread_of(after: Floats, moved: Floats) -> Floats:
    """How far from where the step ends those end that began elsewhere (``shifted``), together; shape ``(4,)``."""
    return np.asarray(np.abs(moved - after).reshape(4, 2, 4).max(axis=1).sum(axis=0))


def coarse(theta: Floats, half: Floats) -> bool:
    """Whether a step's end says nothing, as what rounding becomes in the step is no longer linear."""
    return bool(half[1:].max() > COARSE * theta[3])


def begins(theta: Floats) -> bool:
    """Whether a step can begin at ``theta``."""
    return bool(np.isfinite(theta).all() and 0 < theta[0] < 1 and theta[3] > 0)


def usable(rows: Rows) -> Rows:
    """The rows up to the first from which no step can begin, that one included where it is finite."""
    count = next((k for k, theta in enumerate(rows.values) if not begins(theta)), len(rows.values))
    count += int(count < len(rows.values) and bool(np.isfinite(rows.values[count]).all()))
    return Rows(rows.values[:count], rows.half[:count])


class Pairs(NamedTuple):
    """The rows as steps, each from where it begins to where it ends; centred, shapes ``(k - 1, 4)``."""

    begins: Floats
    ends: Floats
    half: Floats
    """Rounding of the beginnings."""
    half_ends: Floats
    """Rounding of the ends."""


def pairs_of(rows: Rows, sample: WeightedSample) -> Pairs:
    """The rows as steps."""
    theta = rows.values - sample.centre
    return Pairs(theta[:-1], theta[1:], rows.half[:-1], rows.half[1:])


def follows(step: Step, rows: Rows, sample: WeightedSample) -> bool:
    """Whether a step takes every row to the next, to their rounding; given up at the first that it does not.

    Rows that are printed too coarsely to tell are not followed.
    """
    return followed_throughout(step, pairs_of(rows, sample), sample, coarsely=False) is not None


def followed_throughout(step: Step, pairs: Pairs, sample: WeightedSample, *, coarsely: bool = True) -> Followed | None:
    """Every row against what a step makes of the row before, if none misses; given up at the first that does.

    A row that is printed too coarsely to tell may be followed by any, or by none where not ``coarsely``.
    """
    made, allowed = [], []
    for end, (after, most) in zip(pairs.ends, _steps(step, pairs, sample), strict=True):
        if not ((np.abs(after - end) <= most).all() and (coarsely or np.isfinite(most).all())):
            return None
        made.append(after)
        allowed.append(most)
    return _as_followed(np.array(made), np.array(allowed), pairs, sample)


def _steps(step: Step, pairs: Pairs, sample: WeightedSample) -> Iterator[tuple[Floats, Floats]]:
    """Where each step ends, and how far from there the printed end may be."""
    data = centred(sample)
    for begin, end, half, half_end in zip(*pairs, strict=True):
        floor = smallest_error(sample, end)
        allowed = half_end + floor + carried(step, data, begin, np.maximum(half, floor))
        yield step(data, begin), np.where(coarse(begin, half) | np.isnan(allowed), np.inf, allowed)


def followed(step: Step, pairs: Pairs, sample: WeightedSample) -> Followed:
    """Hold every row against what a step makes of the row before."""
    made, allowed = (np.array(each) for each in zip(*_steps(step, pairs, sample), strict=True))
    return _as_followed(made, allowed, pairs, sample)


def _as_followed(made: Floats, allowed: Floats, pairs: Pairs, sample: WeightedSample) -> Followed:
    return Followed(made + sample.centre, pairs.ends - made, allowed)


def update(data: Points, theta: Floats, means: Floats) -> Floats:
    """A right update of all four numbers, sigma from residuals about the given means; shape ``(4,)``."""
    if not begins(theta):
        return np.full(4, np.nan)
    odds = log_odds(data.x, theta)
    first, second = data.weights * expit(odds), data.weights * expit(-odds)
    n1, n2 = first.sum(), second.sum()
    squares = first @ (data.x - means[0]) ** 2 + second @ (data.x - means[1]) ** 2
    with np.errstate(all="ignore"):
        return np.array([n1 / (n1 + n2), first @ data.x / n1, second @ data.x / n2, np.sqrt(squares / (n1 + n2))])
