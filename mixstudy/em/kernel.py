"""exp and log for the E-step's loop: written out as series, they run on as many points at once as the processor holds.

Those of the C library, which numba calls, take one number at a time, and five times as long.
"""

from __future__ import annotations

import math

import numba
import numpy as np

LOG2_E, LN2_HIGH, LN2_LOW = 1.4426950408889634, 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""ln 2 in two parts, of which whole multiples of the first are exact."""
EXPONENTIAL = np.array([1 / math.factorial(k) for k in range(13, -1, -1)])
ARTANH = np.array([1 / k for k in range(33, 0, -2)])
LARGEST = 700.0
"""exp(-700) is still a normal float."""


@numba.njit(error_model="numpy")
def exp_minus(y):
    """``exp(-y)`` for y >= 0, that is ``2^k exp(f)`` with f within half of ln 2, without a call to a library."""
    y = min(y, LARGEST)
    k = np.floor(0.5 - y * LOG2_E)
    f = -y - k * LN2_HIGH - k * LN2_LOW
    series = EXPONENTIAL[0]
    for i in range(1, EXPONENTIAL.size):
        series = series * f + EXPONENTIAL[i]
    return series * np.int64((np.int64(np.int32(k)) + 1023) << 52).view(np.float64)


@numba.njit(error_model="numpy")
def log_1_plus(e):
    """``log(1 + e)`` for e in [0, 1], as ``2 artanh(e / (2 + e))``."""
    s = e / (2 + e)
    series = ARTANH[0]
    for i in range(1, ARTANH.size):
        series = series * (s * s) + ARTANH[i]
    return 2 * s * series
