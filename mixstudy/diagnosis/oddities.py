"""Oddities of the data themselves, each with a name and a way out: codes for missing values, heaps, row numbers.

They are told by counting equal values, whatever the model. What they do to a fit is another matter: a code of 999 takes
a component for itself, a few heaps do no harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mixstudy.compression.compress import CompressedSample
from mixstudy.data.sample import WeightedSample
from mixstudy.em.fit import EMFit
from mixstudy.model import Floats

CODES = (0, 9, 99, 999, 9999, 99999, -1, -9, -99, -999, -9999, -99999, 888, 8888, 7777)
"""Numbers that stand for a missing value in surveys and in old files."""
FAR = 0.5
"""Gap to the other values, in their range, beyond which a code is one."""
FEWEST = 10
"""Observations below which nothing is odd."""
OFTEN, MANY = 5.0, 0.05
"""A value is a heap where it occurs that many times as often as the next, and in that share of the data."""
PREFERRED = 6.0
"""Standard errors by which a share of round numbers must exceed what chance gives."""
COARSE = 0.3
"""Step of rounded data, in sigma, from which the rounding is worth a word: it adds step^2 / 12 to sigma^2."""
OUTLYING = 3.5
"""Observations up to which a component is a handful of outliers."""
APART = 5.0
"""Distance between the means, in sigma, beyond which those are."""


class Oddity(NamedTuple):
    """Something about the data that no model explains."""

    name: str
    """Short phrase."""
    sentence: str
    """What was found, and what it does."""
    advice: str
    """The way out."""
    without: Floats | None = None
    """The other observations, where leaving some out is the way."""


def find_oddities(sample: WeightedSample, fit: EMFit) -> tuple[Oddity, ...]:
    """Name what is odd about the observations themselves; nothing where only compressed points are at hand."""
    if isinstance(sample, CompressedSample) or sample.n < FEWEST:
        return ()
    values, inverse = np.unique(sample.points, return_inverse=True)
    counts = np.bincount(inverse, weights=sample.weights)
    found = [*_counter(values, counts), *_codes(sample, values, counts)]
    if not found:
        found = [*_outliers(sample, fit), *(list(_heaps(values, counts)) or _round_numbers(values, counts, fit))]
    return tuple(found)


def _counter(values: Floats, counts: Floats) -> Iterator[Oddity]:
    if (counts == 1).all() and len(values) >= FEWEST and np.allclose(np.diff(values), 1, rtol=0, atol=0):
        text = f"The values are {values[0]:g}, {values[1]:g}, {values[2]:g} and so on to {values[-1]:g}, each once"
        yield Oddity("a counter", f"{text}: row numbers, not observations.", "Choose another column.")


def _codes(sample: WeightedSample, values: Floats, counts: Floats) -> Iterator[Oddity]:
    for value, count in zip(values, counts, strict=True):
        if value not in CODES:
            continue
        rest = values[values != value]
        gap = float(np.abs(rest - value).min())
        most = MANY * sample.n if value == 0 else sample.n / 2  # more zeros than that are values, in excess
        lone_negative = value == -1 and rest.min() >= 0 and count > 1
        if (gap > FAR * float(np.ptp(rest)) or lone_negative) and count < most:
            text = f"{value:g} occurs {_times(count)}, {gap:.3g} away from every other value"
            yield Oddity(
                "a code for missing values",
                f"{text}: it stands for a missing value and is fitted as one that was observed.",
                f"Leave {value:g} out, or tell the reader of the file that it means missing.",
                without=sample.points[sample.points != value],
            )


def _times(count: float) -> str:
    return "once" if count == 1 else f"{count:g} times"


def _outliers(sample: WeightedSample, fit: EMFit) -> Iterator[Oddity]:
    weight, mu1, mu2, sigma = fit.parameters
    if mu2 - mu1 < APART * sigma:
        return
    for share, mu in ((weight, mu1), (1 - weight, mu2)):
        if share * sample.n <= OUTLYING:
            inside = np.abs(sample.points - mu) > (mu2 - mu1) / 2
            text = f"One component holds {share * sample.n:.3g} observations, at {mu:.6g}, and the other all the rest"
            yield Oddity(
                "an outlier that takes a component",
                f"{text}: two groups are not what it says.",
                "Look at these observations; where they are errors, leave them out and fit again.",
                without=sample.points[inside],
            )


def _heaps(values: Floats, counts: Floats) -> Iterator[Oddity]:
    total, order = float(counts.sum()), np.argsort(counts)[::-1]
    if len(values) < FEWEST:
        return
    usual = float(np.median(counts))
    heaps = [k for k in order[:3] if counts[k] > OFTEN * max(usual, 1) and counts[k] > MANY * total]
    if heaps and values[heaps[0]] == 0:
        text = f"{counts[heaps[0]] / total:.0%} of the values are exactly 0 ({counts[heaps[0]]:g} of {total:g})"
        yield Oddity(
            "zeros in excess",
            f"{text}, where another value occurs {_times(usual)} in the median: no normal component is that narrow.",
            "Fit the values above 0 alone, and report the share of zeros beside them.",
        )
    elif heaps:
        where = ", ".join(f"{values[k]:g} ({counts[k]:g} times)" for k in sorted(heaps))
        text = f"Of {total:g} values many are equal: {where}"
        yield Oddity(
            "heaps of equal values",
            f"{text}, where another occurs {_times(usual)} in the median: coded or guessed values.",
            "Find out how these were recorded; a component on a heap is narrow for that alone.",
        )


def _round_numbers(values: Floats, counts: Floats, fit: EMFit) -> Iterator[Oddity]:
    total, step = float(counts.sum()), _grid(values)
    if step is None:
        return
    on_fives = np.isclose(np.mod(np.round(values / step), 5), 0)
    expected = float(counts.sum()) / 5
    if (float(counts[on_fives].sum()) - expected) > PREFERRED * np.sqrt(expected * 0.8) and len(values) > FEWEST:
        share = float(counts[on_fives].sum()) / total
        yield Oddity(
            "heaping at round numbers",
            f"{share:.0%} of the values are multiples of {5 * step:g}, where one in five would be: they were rounded.",
            "The means hardly suffer; sigma is as uncertain as the rounding.",
        )
    elif step > COARSE * fit.parameters.sigma:
        yield Oddity(
            "rounded values",
            f"All values are multiples of {step:g}, which is {step / fit.parameters.sigma:.2g} sigma.",
            f"Rounding adds step^2 / 12 to sigma^2 (Sheppard 1898): take off {step**2 / 12:.3g}.",
        )


def _grid(values: Floats) -> float | None:
    """The step of which all values are multiples, a power of ten or half of one; None where there is none."""
    gap = float(np.diff(values).min())
    for step in (10.0 ** np.round(np.log10(gap)), 0.5 * 10.0 ** np.round(np.log10(2 * gap))):
        if gap > 0 and np.isclose(values / step, np.round(values / step), rtol=0, atol=1e-6).all():
            return float(step)
    return None
