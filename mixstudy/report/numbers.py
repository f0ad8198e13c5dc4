"""Numbers as a reader wants them: no more figures than mean something."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison

PLAIN_SCALES = (1e-5, 1e10)
"""Numbers of a size between these are written without an exponent."""
NOTHING = "–"
"""Printed in place of a missing number."""
INTERVALS = {"wald": "Wald", "profile": "profile likelihood", "bootstrap": "bootstrap", "credible": "credible"}
"""Kinds of interval in the order of their columns, and what they are called."""


def number(value: float | None, spec: str = ".4g") -> str:
    """Write a number, or a dash where there is none."""
    return NOTHING if value is None or not math.isfinite(value) else format(value, spec)


def percent(share: float, spec: str = ".1f") -> str:
    """Write a share in percent, or a dash where there is none."""
    return NOTHING if math.isnan(share) else f"{100 * share:{spec}} %"


def rounded(value: float, sd: float) -> str:
    """Write ``value`` to two significant figures of ``sd``."""
    if not (math.isfinite(value) and math.isfinite(sd) and sd > 0):
        return number(value)
    decimals = 1 - math.floor(math.log10(sd))
    if PLAIN_SCALES[0] <= sd and abs(value) < PLAIN_SCALES[1]:
        return f"{value:.{max(0, decimals)}f}"
    figures = decimals + math.floor(math.log10(abs(value))) if value else 0
    return f"{value:.{max(0, figures)}e}"


def known(value: float, sd: float) -> str:
    """Write a value that was given, as it was given or, where that is longer, to a hundredth of ``rounded``'s unit."""
    return min(number(value, ".12g"), rounded(value, sd / 100), key=len)


def interval(lower: float, upper: float, sd: float) -> str:
    """Write both ends of an interval, rounded likewise: an infinite one is open, one that is NaN was not found."""
    if math.isnan(lower) and math.isnan(upper):
        return "not found"
    return f"{_end(lower, sd)} to {_end(upper, sd)}"


def _end(value: float, sd: float) -> str:
    if math.isinf(value):
        return "open"
    return "not found" if math.isnan(value) else rounded(value, sd)


def source_of(result: Comparison) -> str:
    """What the estimate that was judged is called."""
    return "EM" if result.em else "estimate"


def header(result: Comparison) -> tuple[str, ...]:
    """Names of the columns of ``rows``."""
    truth = ("truth",) if result.truth else ()
    level = percent(result.level, "g")
    return ("parameter", source_of(result), "s.e.", "posterior", "sd", f"{level} interval", "it lies", *truth)


def rows(result: Comparison) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each parameter, rounded to two figures of its posterior standard deviation."""
    truth = asdict(result.truth) if result.truth else {}
    for label, row in result.table.to_dict("index").items():
        sd = row["posterior_sd"]
        cells = (rounded(row[name], sd) for name in ("em", "em_se", "posterior_mean", "posterior_sd"))
        extra = [known(truth[str(label)], sd)] if truth else []
        yield (str(label), *cells, interval(row["lower"], row["upper"], sd), row["inside"], *extra)


def interval_rows(result: Comparison) -> Iterator[tuple[str, ...]]:
    """Yield each parameter's four kinds of interval, rounded likewise."""
    sds = result.table["posterior_sd"]
    for label, ends, sd in zip(result.intervals.index, result.intervals.to_numpy().tolist(), sds, strict=True):
        yield (str(label), *(interval(*pair, sd) for pair in zip(ends[::2], ends[1::2], strict=True)))
