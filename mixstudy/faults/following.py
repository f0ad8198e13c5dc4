r"""Does a step take each printed row to the next, as far as the printed figures tell?

Row i begins a step and row i + 1 ends it. Both are rounded, so that the step from the printed row i may miss the
printed row i + 1 by half a unit of its last figure and by what the rounding of row i becomes in the step,

    |row(i+1) - M(row(i))|  <=  half(i+1) + |M'| half(i),

for each of the four numbers by itself. EM that updates one number after the other (Meng & Rubin 1993), that takes the
residuals from the old means, or that was printed only every so many iterations, is as right as the textbook's.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from mixstudy.data.sample import WeightedSample
from mixstudy.em.likelihood import log_odds
from mixstudy.faults.case import FLOAT, Case, smallest_error
from mixstudy.faults.figures import Rows
from mixstudy.faults.steps import HARMLESS, RIGHT, Points, Step, centred, exchanged
from mixstudy.model import LABELS, Floats

LONGEST_STRIDE = 100
"""Iterations between two printed rows that are tried."""
OUT_OF_REACH = 1000.0
"""Times its rounding that a number may not move, however rounding grows in a step: most need no more work then."""
COARSE = 0.1
"""Rounding, in sigma, from which a step's end says nothing: what it becomes in the step is no longer linear."""
NEAREST = 3
"""Strides that are tried: neighbours differ by less than rounding where EM is slow."""
TRIED = 300.0
"""Roundings of the first row, in sigma, within which the second row must lie for a stride to be tried."""
WIDER = 2.0
"""Room for a variation of the step, whose start is rounded in another way than the textbook's."""
STRAIGHT, OLD_MEANS = "as in the textbook", "with the residuals about the old means"


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
    if max(case.half[1:]) > COARSE * theta[3] or not (np.abs(moved) <= OUT_OF_REACH * (case.half + floor)).all():
        return False
    allowed = case.half + carried(step, case.data, theta, np.maximum(case.half, floor)) + floor
    return bool((np.abs(moved) <= allowed).all())


def carried(step: Step, data: Points, theta: Floats, half: Floats) -> Floats:
    """By how much a step's end moves with the rounding of where it begins, shape ``(4,)``.

    Twice the rounding is tried, and each number by itself: for smooth steps that doubles what rounding does, for those
    that jump (hard assignment) it covers what all four may do together.
    """
    after, ends = step(data, theta), np.array([theta + s * h for h in np.diag(half) for s in (2, -2)])
    ends[:, 0] = np.clip(ends[:, 0], theta[0] / 2, (1 + theta[0]) / 2)
    ends[:, 3] = np.maximum(ends[:, 3], theta[3] / 2)
    moved = np.abs(np.array([step(data, end) for end in ends]) - after).reshape(4, 2, 4)
    return np.asarray(moved.max(axis=1).sum(axis=0))


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


def _pairs(rows: Rows, sample: WeightedSample) -> Pairs:
    theta = rows.values - sample.centre
    return Pairs(theta[:-1], theta[1:], rows.half[:-1], rows.half[1:])


def follows(step: Step, rows: Rows, sample: WeightedSample) -> bool:
    """Whether a step takes every row to the next, to their rounding; given up at the first that it does not.

    Rows that are printed too coarsely to tell are not followed.
    """
    pairs = _pairs(rows, sample)
    return all(
        bool(np.isfinite(allowed).all() and (np.abs(after - end) <= allowed).all())
        for end, (after, allowed) in zip(pairs.ends, _steps(step, pairs, sample), strict=True)
    )


def _steps(step: Step, pairs: Pairs, sample: WeightedSample) -> Iterator[tuple[Floats, Floats]]:
    """Where each step ends, and how far from there the printed end may be."""
    data = centred(sample)
    for begin, end, half, half_end in zip(*pairs, strict=True):
        floor = smallest_error(sample, end)
        allowed = half_end + floor + carried(step, data, begin, np.maximum(half, floor))
        coarse = max(half[1:3]) > COARSE * begin[3] or half[3] > COARSE * begin[3]
        yield step(data, begin), np.where(coarse | np.isnan(allowed), np.inf, allowed)


def _followed(step: Step, pairs: Pairs, sample: WeightedSample) -> Followed:
    made, allowed = (np.array(each) for each in zip(*_steps(step, pairs, sample), strict=True))
    return Followed(made + sample.centre, pairs.ends - made, allowed)


def follow_right(rows: Rows, sample: WeightedSample) -> Followed:
    """Hold every row against a right step from the row before, or a harmless variation of it.

    Args:
        rows: Two or more rows, of which each but the last can begin a step (``usable``).
        sample: The observations.
    """
    pairs = _pairs(rows, sample)
    found = _followed(RIGHT, pairs, sample)
    if not found.right and (put_in_order := _put_in_order(found, pairs)).any():
        pairs = pairs._replace(
            begins=np.where(put_in_order[:, None], exchanged(pairs.begins), pairs.begins),
            half=np.where(put_in_order[:, None], pairs.half[:, [0, 2, 1, 3]], pairs.half),
        )
        found = _followed(RIGHT, pairs, sample)
    if found.right:
        return found
    varied = _varied(found, pairs, sample)
    return varied if varied.right else _thinned(pairs, sample) or varied


def wrong_at_first(rows: Rows, sample: WeightedSample) -> int:
    """Numbers of the second row that a textbook step from the first misses by more than its variations may."""
    first = _pairs(Rows(rows.values[:2], rows.half[:2]), sample)
    return int((~(_followed(RIGHT, first, sample).ratio <= WIDER)).sum())


def _put_in_order(found: Followed, pairs: Pairs) -> NDArray[np.bool_]:
    """Steps after which the program put its components in order: the other labels give more of the numbers."""
    other = np.abs(pairs.ends - exchanged(pairs.ends - found.missed)) <= found.allowed[:, [0, 2, 1, 3]]
    return np.asarray(other.sum(axis=1) > (found.ratio <= 1).sum(axis=1))


def _varied(found: Followed, pairs: Pairs, sample: WeightedSample) -> Followed:
    """Judge each number that a textbook step misses by the variation of the step that gives it in every row.

    A sigma that no variation gives is held against the residuals about the printed means, right or wrong.
    """
    data, made, allowed, ways = centred(sample), pairs.ends - found.missed, found.allowed.copy(), list(found.ways)
    sigma = LABELS.index("sigma")
    if (found.ratio[:, sigma] > 1).any():
        steps = zip(pairs.begins, pairs.ends, strict=True)
        made[:, sigma] = [update(data, begin, end[1:3])[sigma] for begin, end in steps]
        allowed[:, sigma] += _of_means(found.missed, pairs)
    for j in np.flatnonzero((found.ratio > 1).any(axis=0)):
        wider = WIDER * found.allowed[:, j] + _from_new(int(j), pairs, data)
        for way, seen, about in _variations(int(j), pairs):
            updates = (update(data, theta, means[1:3])[j] for theta, means in zip(seen, about, strict=True))
            if (values := _as_printed(updates, pairs.ends[:, j], wider)) is not None:
                made[:, j], allowed[:, j], ways[j] = values, wider, way
                break
    return Followed(made + sample.centre, pairs.ends - made, allowed, ways=tuple(ways))


def _variations(j: int, pairs: Pairs) -> Iterator[tuple[str, Floats, Floats]]:
    """What the update of number j may see: some of the others already new, sigma's residuals about new or old means."""
    old, new = pairs.begins, pairs.ends
    others = [k for k in range(len(LABELS)) if k != j]
    for count in range(len(others) + 1):
        for chosen in combinations(others, count):
            seen = old.copy()
            seen[:, chosen] = new[:, chosen]
            yield f"with {' and '.join(LABELS[k] for k in chosen)} already new" if chosen else STRAIGHT, seen, new
            if j == LABELS.index("sigma"):
                yield OLD_MEANS, seen, old
                for k in (1, 2):
                    yield f"with {LABELS[k]} already new", seen, np.where(np.arange(len(LABELS)) == k, new, old)


def _from_new(j: int, pairs: Pairs, data: Points) -> Floats:
    """By how much number j may move with the rounding of the new numbers that its update sees, shape ``(k - 1,)``."""
    seen = [carried(RIGHT, data, begin, half)[j] for begin, half in zip(pairs.begins, pairs.half_ends, strict=True)]
    if j != LABELS.index("sigma"):
        return np.array(seen)
    return np.asarray(np.array(seen) + _of_means(pairs.ends - pairs.begins, pairs))


def _of_means(away: Floats, pairs: Pairs) -> Floats:
    """By how much sigma moves with the rounding of means that are so far from those of their components."""
    return np.asarray((np.abs(away) / pairs.ends[:, 3:] * (pairs.half + pairs.half_ends))[:, 1:3].sum(axis=1))


def _as_printed(updates: Iterator[float], ends: Floats, allowed: Floats) -> Floats | None:
    """One number of every step, shape ``(k,)``; None as soon as it is not the printed one."""
    values = np.empty_like(ends)
    for k, value in enumerate(updates):
        if not abs(value - ends[k]) <= allowed[k]:
            return None
        values[k] = value
    return values


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


def _thinned(pairs: Pairs, sample: WeightedSample) -> Followed | None:
    """Find so many right steps from each row to the next; None where no number of them fits all rows."""
    for step in (RIGHT, HARMLESS[1], one_after_the_other):
        for stride in _strides(step, pairs, centred(sample)):
            leap = _leap(step, stride)
            first = Pairs(*(each[:1] for each in pairs))
            if _followed(leap, first, sample).right and (found := _followed(leap, pairs, sample)).right:
                return found._replace(stride=stride)
    return None


def _strides(step: Step, pairs: Pairs, data: Points) -> list[int]:
    """Numbers of steps, two or more, that lead from the first row nearest to the second, best first."""
    theta, near = pairs.begins[0], []
    for stride in range(1, LONGEST_STRIDE + 1):
        theta = step(data, theta)
        if not begins(theta):
            break
        away = float((np.abs(theta - pairs.ends[0]) / _about(pairs, theta)).max())
        if stride > 1 and away <= 1:
            near.append((away, stride))
    return [stride for _, stride in sorted(near)[:NEAREST]]


def _about(pairs: Pairs, theta: Floats) -> Floats:
    """How near the first end a number of steps must come for that number to be tried, centred."""
    unit = np.array([1, *[theta[3]] * 3])
    return np.asarray(2 * pairs.half_ends[0] + TRIED * unit * ((pairs.half[0] / unit).max() + FLOAT))


def one_after_the_other(data: Points, theta: Floats) -> Floats:
    """EM with a new E-step before each update: weight, mu1, mu2, sigma (Meng & Rubin 1993)."""
    for j in range(len(LABELS)):
        if not begins(theta):
            return np.full(len(LABELS), np.nan)
        theta = np.where(np.arange(len(LABELS)) == j, update(data, theta, theta[1:3]), theta)
    return theta


def _leap(step: Step, stride: int) -> Step:
    def leap(data: Points, theta: Floats) -> Floats:
        for _ in range(stride):
            theta = step(data, theta)
        return theta

    return leap
