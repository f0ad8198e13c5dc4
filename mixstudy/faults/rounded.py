r"""Rows that are finer than the data: made before those were saved, with fewer decimals than the program had.

An observation that is rounded to a unit u is off by ``u / sqrt(12)`` in the mean, and a mean of n of them by that over
``sqrt(n)``. The mean ``w mu1 + (1 - w) mu2`` that right rows imply then misses the data's by so much, where the data of
somebody else would miss it by standard errors. The other numbers move as much through their sums, and more through the
responsibilities, whose slope is at most a quarter of that of the log-odds.
"""

from __future__ import annotations

import math

import numpy as np

from mixstudy.compression.compress import raw_observations
from mixstudy.data.sample import WeightedSample
from mixstudy.faults.figures import Rows

MOST_DECIMALS = 8
"""Decimals up to which data count as rounded: a program's own are about 16."""
LOOKED_AT = 1000
"""Observations whose decimals are looked at."""
ERRORS = 5.0
"""Standard errors that rounding may have moved a number by."""


def no_finer_than_data(rows: Rows, sample: WeightedSample) -> Rows:
    """The rows, no finer than rounded data allow, where the mean that they imply misses the data's by that rounding."""
    weight, mu1, mu2, sigma = rows.values[1:].T
    away = np.abs(weight * mu1 + (1 - weight) * mu2 - sample.mean)
    printed = np.abs(mu2 - mu1) * rows.half[1:, 0] + np.maximum(rows.half[1:, 1], rows.half[1:, 2])
    if not np.median(away) > np.median(printed):
        return rows
    unit = _unit(sample)
    error = unit / math.sqrt(12 * sample.n)
    if not np.median(away) <= ERRORS * error:
        return rows
    most = ERRORS * error * (1 + np.abs(mu2 - mu1) / sigma)
    smaller = np.sqrt(np.minimum(weight, 1 - weight))
    allowed = np.column_stack([most / sigma, most / smaller, most / smaller, most])
    return Rows(rows.values, np.vstack([rows.half[:1], np.fmax(rows.half[1:], allowed)]))


def _unit(sample: WeightedSample) -> float:
    """The power of ten of which all observations are multiples; 0 where there is none, or they are out of reach."""
    raw = raw_observations(sample)
    some = np.empty(0) if raw is None else raw.x[:LOOKED_AT]
    for decimals in range(MOST_DECIMALS + 1):
        scaled = some * 10.0**decimals
        if some.size and (np.abs(scaled - np.round(scaled)) <= 1e-15 * np.abs(scaled)).all():
            return float(10.0**-decimals)
    return 0.0
