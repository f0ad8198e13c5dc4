r"""Whether single precision is all that is wrong with somebody's numbers.

A step in float32 misses a right one by about the unit roundoff ``2^-24`` for each sum that is taken in blocks, as NumPy
does, and by up to n times that where terms are added one after the other (Higham 2002, *Accuracy and Stability of
Numerical Algorithms*, sections 4.2 and 4.3). How much it is on these data is measured: the step is taken in float32
from the same numbers, the observations in several orders. Numbers that miss right ones by no more, in each number that
float32 would have moved, and that are float32 numbers as far as printed, are right to single precision.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mixstudy.compression.compress import CompressedSample
from mixstudy.data.sample import WeightedSample
from mixstudy.faults.figures import Rows
from mixstudy.faults.following import Followed
from mixstudy.faults.single import WAYS, Total, single_step
from mixstudy.faults.steps import RIGHT, centred
from mixstudy.model import Floats

UNIT = float(np.finfo(np.float32).eps) / 2
"""Relative rounding error of a float32 number."""
OF_SUMS = 1e-5
"""Relative error of a sum in float32 that is no more to be wondered at: ``n`` times the unit at n = 170."""
TRIED = 8
"""Steps in float32 that are taken to see how much they miss."""
TIMES = 10.0
"""How many times the largest of those somebody's errors may be: other code adds other terms, and rounds otherwise."""
SEEN = 10.0
"""Times what rounding allows that a typical error must be for it to be missed where a number shows none."""
SAME = 1e-12
"""Relative error of a printed number that was centred and put back."""
FAR = 1e-2
"""Miss, in sigma or of a weight, that is not worth the work."""


class Single(NamedTuple):
    """Numbers that are right to single precision."""

    way: str
    """How its sums were taken, in words; empty for NumPy's way."""
    errors: Floats
    """How far a step in float32 may miss a right one, shape ``(4,)``."""


def right_to_single(
    begins: Floats, missed: Floats, allowed: Floats, printed: Rows, sample: WeightedSample
) -> Single | None:
    """Whether steps miss right ones by what single precision makes of them; None where they do not, or need not.

    Args:
        begins: Where each step begins, data units, shape ``(k, 4)``.
        missed: Its end as printed less that of a right step, likewise.
        allowed: How much of that the rounding of the printed figures may be.
        printed: The ends as they were printed.
        sample: The observations.
    """
    unit = np.column_stack([np.minimum(begins[:, 0], 1 - begins[:, 0]), *[begins[:, 3]] * 3])
    if not (np.abs(missed) <= allowed + FAR * unit).all() or not _are_singles(printed):
        return None
    for way, total in WAYS[: 1 if isinstance(sample, CompressedSample) else None]:
        errors = _errors(begins, sample, total)
        own = 2 * UNIT * np.abs(printed.values).max(axis=0)  # of the printed number, where it has few figures
        most, typical = own + TIMES * np.abs(errors).max(axis=0), np.sqrt((errors**2).mean(axis=0))
        shows = (np.abs(missed) > allowed).any(axis=0)
        hidden = SEEN * allowed.max(axis=0) >= typical
        if (np.abs(missed) <= allowed + most).all() and (shows | hidden).all():
            return Single(way, most)
    return None


def right_but_for_single(found: Followed, rows: Rows, sample: WeightedSample) -> Single | None:
    """The same of the rows of a trace, which were held against right steps."""
    ends = Rows(rows.values[1:], rows.half[1:])
    return right_to_single(rows.values[:-1], found.missed, found.allowed, ends, sample)


def _are_singles(printed: Rows) -> bool:
    """Whether every number is a float32 number to its printed figures, or in as few as tell it from other ones."""
    values, singles = printed.values, printed.values.astype(np.float32)
    shortest = np.array([float(str(single)) for single in singles.ravel()]).reshape(values.shape)
    return bool(
        ((np.abs(singles - values) <= 2 * printed.half) | np.isclose(shortest, values, rtol=SAME, atol=0)).all()
    )


def _errors(begins: Floats, sample: WeightedSample, total: Total) -> Floats:
    """By how much steps in float32 miss right ones, shape ``(TRIED, 4)``: in the order of the data, then in others."""
    found, rng = [], np.random.default_rng(0)
    x, counts = (each.astype(np.float32) for each in (sample.points, sample.weights))
    data, order = centred(sample), np.arange(len(x))
    for k in range(TRIED):
        begin = begins[k % len(begins)].astype(np.float32)
        if k >= len(begins):
            order = rng.permutation(len(x))
        theta = begin.astype(np.float64) - sample.centre
        found.append(single_step(x[order], counts[order], begin, total) - (RIGHT(data, theta) + sample.centre))
    return np.array(found)
