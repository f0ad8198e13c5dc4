"""The two inner loops, compiled by numba: the pass over the data, and the E-step's sums.

Each is one expression summed over observations; what it means stands where it is used (``lattice``, ``information``).
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numba import types
from numba.core import config

ORDER = 8
"""Powers 0 to 7: eight sums to a cell fill one cache line, and one vector register."""

# LLVM joins the eight additions of a point into one vector addition (a third less time), which numba leaves off.
_vectorised, config.SLP_VECTORIZE = config.SLP_VECTORIZE, 1


_read = types.Array(types.float64, 1, "C", readonly=True)


@numba.njit(
    types.void(_read, types.float64, types.float64, types.float64[:, ::1]), nogil=True, cache=True, error_model="numpy"
)
def add_powers(x: Any, scale: float, first: float, sums: Any) -> None:  # noqa: ANN401  (compiled: the signature above)
    """Add 1, t, ..., t^7 of each observation to its cell's row of ``sums``, those outside to the last row.

    Cell k is [k, k + 1) / ``scale`` and row 0 is cell ``first``. The scale is a power of two, so that both the cell
    and t in [-1, 1) across it are exact.
    """
    last = sums.shape[0] - 1
    for i in range(x.size):
        u = x[i] * scale
        k = np.floor(u)
        t = 2.0 * (u - k) - 1.0
        k -= first
        inside = (k >= 0.0) & (k < last)
        row = sums[np.uint64(np.int64(k if inside else float(last)))]
        t = t if inside else 0.0
        t2 = t * t
        t3 = t2 * t
        t4 = t2 * t2
        a0, a1, a2, a3 = row[0] + 1.0, row[1] + t, row[2] + t2, row[3] + t3
        a4, a5, a6, a7 = row[4] + t4, row[5] + t4 * t, row[6] + t4 * t2, row[7] + t4 * t3
        row[0], row[1], row[2], row[3] = a0, a1, a2, a3
        row[4], row[5], row[6], row[7] = a4, a5, a6, a7


config.SLP_VECTORIZE = _vectorised


@numba.njit(types.UniTuple(types.float64, 10)(_read, _read, _read), nogil=True, cache=True)
def expected_sums(t: Any, weights: Any, theta: Any) -> tuple[float, ...]:  # noqa: ANN401
    """Sum what ``information.Expectation`` lists over the weighted points ``t`` at ``theta``, in its order."""
    weight, mu1, mu2, sigma = theta[0], theta[1], theta[2], theta[3]
    log1, log2 = math.log(weight), math.log1p(-weight)
    gap, middle = (mu2 - mu1) / sigma, (mu1 + mu2) / 2.0
    counts = np.empty((t.size, 2))
    n1 = n2 = first1 = first2 = second = lost0 = lost1 = lost2 = height = 0.0
    for i in range(t.size):
        v = (t[i] - middle) / sigma
        z1, z2 = (t[i] - mu1) / sigma, (t[i] - mu2) / sigma
        odds = log1 - log2 - gap * v
        e = math.exp(-abs(odds))
        above = odds > 0.0
        r1 = (1.0 if above else e) / (1.0 + e)
        r2 = (e if above else 1.0) / (1.0 + e)
        w1, w2 = weights[i] * r1, weights[i] * r2
        counts[i, 0], counts[i, 1] = w1, w2
        n1 += w1
        n2 += w2
        first1 += w1 * z1
        first2 += w2 * z2
        second += w1 * z1 * z1 + w2 * z2 * z2
        lost0 += w1 * r2
        lost1 += w1 * r2 * v
        lost2 += w1 * r2 * v * v
        log_f = log1 - 0.5 * z1 * z1 if above else log2 - 0.5 * z2 * z2
        height += weights[i] * (log_f + math.log1p(e))
    squares = 0.0
    if n1 > 0.0 and n2 > 0.0:
        new1, new2 = mu1 + sigma * first1 / n1, mu2 + sigma * first2 / n2
        for i in range(t.size):
            squares += counts[i, 0] * (t[i] - new1) ** 2 + counts[i, 1] * (t[i] - new2) ** 2
    height -= (n1 + n2) * (math.log(sigma) + 0.5 * math.log(2.0 * math.pi))
    return n1, n2, first1, first2, second, lost0, lost1, lost2, squares, height
