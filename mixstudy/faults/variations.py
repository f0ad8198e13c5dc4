r"""Right steps that are not the textbook's: held against printed rows as closely as those.

EM that updates one number after the other (Meng & Rubin 1993), that takes the residuals from the old means, that puts
its components in order, or that was printed only every so many iterations, is as right as the textbook's. What an
update sees is then partly old and partly new, each with the rounding of the row that it was printed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixstudy.data.sample import WeightedSample
from mixstudy.faults.case import FLOAT, smallest_error
from mixstudy.faults.figures import Rows
from mixstudy.faults.following import (
    OUT_OF_REACH,
    STRAIGHT,
    Followed,
    Pairs,
    begins,
    carried,
    coarse,
    followed,
    followed_throughout,
    pairs_of,
    shifted,
    spread_of,
    update,
)
from mixstudy.faults.steps import HARMLESS, RIGHT, Points, Step, centred, exchanged
from mixstudy.model import LABELS, Floats

LONGEST_STRIDE = 100
"""Iterations between two printed rows that are tried."""
TRIED = 300.0
"""Roundings of the first row, in sigma, within which the second row must lie for a stride to be tried."""
WIDER = 2.0
"""Room for a variation of the step at a first glance, its start being rounded in another way than the textbook's."""
SAME_PART = 0.05
"""Relative width of what rounding leaves open of the part of each step that was gone, for it to be called the same."""
OLD_MEANS = "with the residuals about the old means"
SIGMA = LABELS.index("sigma")

type New = NDArray[np.bool_]
"""Which of the four numbers are already new, shape ``(4,)``."""
NONE_NEW, ALL_NEW = np.zeros(len(LABELS), dtype=bool), np.ones(len(LABELS), dtype=bool)


def follow_right(rows: Rows, sample: WeightedSample) -> Followed:
    """Hold every row against a right step from the row before, or a harmless variation of it.

    Each row but the last must be one that can begin a step (``usable``).
    """
    return _follow_right(rows.values.tobytes(), rows.half.tobytes(), sample)


@lru_cache(maxsize=2)  # long traces take seconds, and are asked about by those who locate and by those who name
def _follow_right(values: bytes, half: bytes, sample: WeightedSample) -> Followed:
    rows = Rows(*(np.frombuffer(each).reshape(-1, len(LABELS)) for each in (values, half)))
    pairs = as_printed = pairs_of(rows, sample)
    found = followed(RIGHT, pairs, sample)
    if not found.right and (put_in_order := _put_in_order(found, pairs)).any():
        pairs = pairs._replace(
            begins=np.where(put_in_order[:, None], exchanged(pairs.begins), pairs.begins),
            half=np.where(put_in_order[:, None], pairs.half[:, [0, 2, 1, 3]], pairs.half),
        )
        found = followed(RIGHT, pairs, sample)
    if found.right:
        return found
    varied = _varied(found, pairs, sample)
    if varied.right:
        return varied
    thinned = _thinned(as_printed, sample) or (None if pairs is as_printed else _thinned(pairs, sample))
    return _relaxed(found, pairs, sample) or thinned or _about_printed_means(varied, pairs, sample)


def wrong_at_first(rows: Rows, sample: WeightedSample) -> int:
    """Numbers of the second row that a textbook step from the first misses by more than its variations may."""
    first = pairs_of(Rows(rows.values[:2], rows.half[:2]), sample)
    return int((~(followed(RIGHT, first, sample).ratio <= WIDER)).sum())


def _put_in_order(found: Followed, pairs: Pairs) -> NDArray[np.bool_]:
    """Steps after which the program put its components in order: the other labels give more of the numbers."""
    other = np.abs(pairs.ends - exchanged(pairs.ends - found.missed)) <= found.allowed[:, [0, 2, 1, 3]]
    return np.asarray(other.sum(axis=1) > (found.ratio <= 1).sum(axis=1))


class _Seen(NamedTuple):
    """One step as an update sees it, centred."""

    theta: Floats
    """Where its responsibilities are taken, shape ``(4,)``."""
    half: Floats
    """The rounding of that."""
    means: Floats
    """About which sigma's residuals are taken, shape ``(2,)``."""
    half_means: Floats
    """The rounding of those."""
    end: Floats
    """The row that was printed next, shape ``(4,)``."""
    half_end: Floats
    """The rounding of that."""


def _varied(found: Followed, pairs: Pairs, sample: WeightedSample) -> Followed:
    """Judge each number that a textbook step misses by the variation of the step that gives it in every row."""
    made, allowed, ways = pairs.ends - found.missed, found.allowed.copy(), list(found.ways)
    for j in np.flatnonzero((found.ratio > 1).any(axis=0)).tolist():
        told = np.isfinite(found.allowed[:, j])
        for way, seen, about in _variations(j):
            given = list(_given(j, seen, about, pairs, sample, told=told))
            if len(given) == len(told):
                made[:, j], allowed[:, j] = np.array(given).T
                ways[j] = way
                break
    return Followed(made + sample.centre, pairs.ends - made, allowed, ways=tuple(ways))


def _about_printed_means(found: Followed, pairs: Pairs, sample: WeightedSample) -> Followed:
    """The same, a sigma that nothing gives held against the residuals about the printed means, right or wrong."""
    told = np.isfinite(found.allowed[:, SIGMA])
    if not (found.ratio[:, SIGMA] > 1).any() or not told.any():
        return found
    about_printed = np.array([_made(SIGMA, each, sample) for each in _as_seen(NONE_NEW, ALL_NEW, pairs)])
    made, allowed = pairs.ends - found.missed, found.allowed.copy()
    made[told, SIGMA], allowed[told, SIGMA] = about_printed[told].T
    return found._replace(made=made + sample.centre, missed=pairs.ends - made, allowed=allowed)


def _variations(j: int) -> Iterator[tuple[str, New, New]]:
    """What the update of number j may see: some of the others already new, sigma's residuals about new or old means."""
    places = np.arange(len(LABELS))
    others = [k for k in range(len(LABELS)) if k != j]
    for count in range(len(others) + 1):
        for chosen in combinations(others, count):
            seen = np.isin(places, chosen)
            yield f"with {' and '.join(LABELS[k] for k in chosen)} already new" if chosen else STRAIGHT, seen, ALL_NEW
            if j == SIGMA:
                yield OLD_MEANS, seen, NONE_NEW
                for k in (1, 2):
                    yield f"with {LABELS[k]} already new", seen, places == k


def _as_seen(seen: New, about: New, pairs: Pairs) -> Iterator[_Seen]:
    """Every step, number by number from the old row or from the new one."""
    for begin, end, half, half_end in zip(*pairs, strict=True):
        means, half_means = np.where(about, end, begin)[1:3], np.where(about, half_end, half)[1:3]
        yield _Seen(np.where(seen, end, begin), np.where(seen, half_end, half), means, half_means, end, half_end)


def _given(
    j: int, seen: New, about: New, pairs: Pairs, sample: WeightedSample, *, told: NDArray[np.bool_]
) -> Iterator[tuple[float, float]]:
    """Number j of every step and what rounding allows it; ends with the first step in which it is not the printed one.

    Steps that are printed too coarsely to tell are passed over.
    """
    data = centred(sample)
    for each, fine in zip(_as_seen(seen, about, pairs), told, strict=True):
        if not fine:
            yield float(each.end[j]), np.inf
            continue
        value = update(data, each.theta, each.means)[j]
        if not abs(value - each.end[j]) <= OUT_OF_REACH * (each.half.max() + each.half_end[j] + FLOAT * each.end[3]):
            return
        value, allowed = _made(j, each, sample)
        if not abs(value - each.end[j]) <= allowed:
            return
        yield value, allowed


def _made(j: int, each: _Seen, sample: WeightedSample) -> tuple[float, float]:
    """Number j by a right update of what it sees, and how far the printed one may be from that."""
    data, floor = centred(sample), smallest_error(sample, each.end)
    value = float(update(data, each.theta, each.means)[j])
    by_start = carried(
        lambda points, theta: update(points, theta, each.means), data, each.theta, np.maximum(each.half, floor)
    )
    allowed = float(each.half_end[j] + floor[j] + by_start[j])
    return value, allowed + (_by_means(value, each, data) if j == SIGMA else 0.0)


def _by_means(sigma: float, each: _Seen, data: Points) -> float:
    """By how much sigma moves with the rounding of the means about which its residuals are taken.

    Its square is a convex parabola in either mean: largest at the ends, smallest as near to the components' own means
    as rounding reaches.
    """
    own = update(data, each.theta, each.means)[1:3]
    nearest = np.clip(own, each.means - each.half_means, each.means + each.half_means)
    ends = [each.means + np.array(signs) * each.half_means for signs in product((1, -1), repeat=2)]
    return float(np.abs([update(data, each.theta, means)[SIGMA] - sigma for means in (nearest, *ends)]).max())


def _relaxed(found: Followed, pairs: Pairs, sample: WeightedSample) -> Followed | None:
    """Steps that go the same part of the way of a right one, less or more than all of it (Peters & Walker 1978).

    They rest where right steps rest. None where no one part fits every number of every row, or too many do.
    """
    way = pairs.ends - found.missed - pairs.begins
    with np.errstate(all="ignore"):
        gone, half = (pairs.ends - pairs.begins) / way, (found.allowed + pairs.half) / np.abs(way)
        told = np.isfinite(gone) & np.isfinite(half)
        lower, upper = (gone - half)[told].max(initial=-np.inf), (gone + half)[told].min(initial=np.inf)
        part = 1.0 if lower <= 1 <= upper else float(lower + upper) / 2
    if not (lower <= upper and upper - lower < SAME_PART * part and 0 < part < 2):  # noqa: PLR2004  (beyond 2 EM diverges)
        return None
    made = pairs.begins + part * way
    allowed = np.where(told, part * found.allowed + abs(1 - part) * pairs.half + pairs.half_ends, found.allowed)
    relaxed = Followed(made + sample.centre, pairs.ends - made, allowed, relaxed=part)
    return relaxed if relaxed.right else None


def _thinned(pairs: Pairs, sample: WeightedSample) -> Followed | None:
    """Find so many right steps from each row to the next; None where no number of them fits all rows."""
    for step in (RIGHT, HARMLESS[1], one_after_the_other):
        for stride in _strides(step, pairs, sample):
            if (found := followed_throughout(leap_of(step, stride), pairs, sample)) is not None:
                return found._replace(stride=stride)
    return None


def _strides(step: Step, pairs: Pairs, sample: WeightedSample) -> list[int]:
    """Numbers of steps, two or more, that lead from the first row to the second as far as printed, nearest first."""
    near, data = _near(step, pairs, centred(sample)), centred(sample)
    begin, end, half, half_end = (each[0] for each in pairs)
    floor, fits = smallest_error(sample, end), {}
    theta, moved = begin, shifted(begin, np.maximum(half, floor))
    for stride in range(1, max(near, default=0) + 1):
        theta, moved = step(data, theta), np.array([step(data, each) for each in moved])
        away = np.abs(theta - end) / (half_end + floor + spread_of(theta, moved))
        if stride in near and ((away <= 1).all() or coarse(begin, half)):
            fits[stride] = float(away.max())
    return sorted(fits, key=fits.__getitem__)


def _near(step: Step, pairs: Pairs, data: Points) -> set[int]:
    """Numbers of steps, two or more, after which the second row may be reached at all: most are ruled out cheaply."""
    theta, near = pairs.begins[0], set()
    for stride in range(1, LONGEST_STRIDE + 1):
        theta = step(data, theta)
        if not begins(theta):
            break
        if stride > 1 and (np.abs(theta - pairs.ends[0]) <= _about(pairs, theta)).all():
            near.add(stride)
    return near


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


def leap_of(step: Step, stride: int) -> Step:
    """So many steps as one."""

    def leap(data: Points, theta: Floats) -> Floats:
        for _ in range(stride):
            theta = step(data, theta)
        return theta

    return leap
