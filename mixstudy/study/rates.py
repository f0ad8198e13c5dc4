"""How often the verdict is wrong: right pairs that were called wrong, counted over a grid of many data sets.

The counts are committed in ``rates.csv``, made by ``notebooks/results/make.py``: each data set is drawn from the model,
so EM and the posterior are both right, and every *disagree* is a false alarm.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from scipy.special import betaincinv, logit

from mixstudy.model import Parameters

if TYPE_CHECKING:
    import pandas as pd

FILE = "rates.csv"
"""Name of the committed counts."""
TAIL = 0.025
"""Probability beyond either of the exact limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What became of the right pairs of a cell."""

    n: int
    """Observations of a data set."""
    separation: float
    """Distance of the means in sigma."""
    weight: float
    """Mass of the smaller component."""
    data_sets: int
    """Right pairs that were judged."""
    disagree: int
    """Those that were called wrong."""
    inconclusive: int
    """Those that could not be judged."""


def exact_limits(count: int, of: int) -> tuple[float, float]:
    """Ends of the 95 % interval of a share (Clopper & Pearson 1934)."""
    low = float(betaincinv(count, of - count + 1, TAIL)) if count else 0.0
    return low, float(betaincinv(count + 1, of - count, 1 - TAIL)) if count < of else 1.0


@cache
def rates() -> tuple[Rate, ...]:
    """The committed counts, a cell each."""
    with (files(__package__ or "") / FILE).open(encoding="utf-8") as file:
        return tuple(
            Rate(
                n=int(row["n"]),
                separation=float(row["separation"]),
                weight=float(row["weight"]),
                **{name: int(row[name]) for name in ("data_sets", "disagree", "inconclusive")},
            )
            for row in csv.DictReader(file)
        )


def nearest_rate(n: float, at: Parameters) -> Rate:
    """The cell nearest to ``n`` observations with these parameters: by log n, log separation and logit weight."""
    smaller = min(max(min(at.weight, 1 - at.weight), 1e-9), 0.5)
    separation = max((at.mu2 - at.mu1) / at.sigma, 1e-9)

    def distance(cell: Rate) -> float:
        apart = (math.log(cell.n / n), math.log(cell.separation / separation), logit(cell.weight) - logit(smaller))
        return math.hypot(*map(float, apart))

    return min(rates(), key=distance)


def error_rate_sentence(n: float, at: Parameters) -> str:
    """How often right pairs near here were called wrong, and how often anywhere, in a sentence."""
    near = nearest_rate(n, at)
    total, wrong = (sum(getattr(cell, name) for cell in rates()) for name in ("data_sets", "disagree"))
    least, most = (end(cell.n for cell in rates()) for end in (min, max))
    return (
        f"How often is this wrong? Of {near.data_sets} right pairs near here (n = {near.n}, means {near.separation:g} "
        f"sigma apart, smaller weight {near.weight:g}) {_called_wrong(near.disagree, near.data_sets)}; of all {total} "
        f"that were tried, under the default prior and from n = {least} to {most}, {_called_wrong(wrong, total)}."
    )


def _called_wrong(count: int, of: int) -> str:
    return (
        f"{count} {'was' if count == 1 else 'were'} called wrong, a rate below {100 * exact_limits(count, of)[1]:.2g} %"
    )


def count_rates(table: pd.DataFrame) -> pd.DataFrame:
    """The counts of a replication study's table, a row for each n, separation and weight."""
    cells = table.assign(**{verdict: table["verdict"] == verdict for verdict in ("disagree", "inconclusive")})
    grouped = cells.groupby(["n", "separation", "weight"])
    counts = grouped[["disagree", "inconclusive"]].sum().astype(int)
    return counts.assign(data_sets=grouped["verdict"].count()).reset_index()[
        ["n", "separation", "weight", "data_sets", "disagree", "inconclusive"]
    ]
