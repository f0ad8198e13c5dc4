"""The pass over the data, compiled by numba; what its sums mean stands in ``lattice``."""

from __future__ import annotations

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
