"""Numbers as a reader wants them: no more figures than mean something."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mixstudy.comparison import Comparison

PLAIN_SCALES = (1e-5, 1e10)
"""Numbers of a size between these are written without an exponent."""
NOTHING = "–"
"""Stands for a number that there is none of."""


def number(value: float | None, spec: str = ".4g") -> str:
    """Write a number, or a dash where there is none."""
    return NOTHING if value is None or not math.isfinite(value) else format(value, spec)


def rounded(value: float, sd: float) -> str:
    """Write ``value`` to two significant figures of ``sd``."""
    if not (math.isfinite(value) and math.isfinite(sd) and sd > 0):
        return number(value)
    decimals = 1 - math.floor(math.log10(sd))
    if PLAIN_SCALES[0] <= sd and abs(value) < PLAIN_SCALES[1]:
        return f"{value:.{max(0, decimals)}f}"
    figures = decimals + math.floor(math.log10(abs(value))) if value else 0
    return f"{value:.{max(0, figures)}e}"


def source_of(result: Comparison) -> str:
    """What the estimate that was judged is called."""
    return "EM" if result.em else "estimate"


def header(result: Comparison) -> tuple[str, ...]:
    """Names of the columns of ``rows``."""
    interval = f"{100 * result.level:g} % interval"
    truth = ("truth",) if result.truth else ()
    return ("parameter", source_of(result), "s.e.", "posterior", "sd", interval, "it lies", *truth)


def rows(result: Comparison) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each parameter, rounded to two figures of its posterior standard deviation."""
    truth = asdict(result.truth) if result.truth else {}
    for label, row in result.table.to_dict("index").items():
        names = ("em", "em_se", "posterior_mean", "posterior_sd", "lower", "upper")
        *cells, lower, upper = (rounded(row[name], row["posterior_sd"]) for name in names)
        extra = [number(truth[str(label)], ".12g")] if truth else []
        yield (str(label), *cells, f"{lower} to {upper}", row["inside"], *extra)


def interval_rows(result: Comparison) -> Iterator[tuple[str, ...]]:
    """Yield each parameter's four kinds of interval, rounded likewise."""
    sds = result.table["posterior_sd"]
    for label, row, sd in zip(result.intervals.index, result.intervals.to_numpy().tolist(), sds, strict=True):
        ends = [rounded(value, sd) for value in row]
        yield (str(label), *(f"{lower} to {upper}" for lower, upper in zip(ends[::2], ends[1::2], strict=True)))
