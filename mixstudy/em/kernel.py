"""Small pieces of the compiled climb; exp and log as series, which a processor works out for several points at a time.

Those of the C library, which numba would call, take one number at a time, and about five times as long.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from mixstudy.model import Floats

LOG2_E, LN2_HIGH, LN2_LOW = 1.4426950408889634, 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""1 / ln 2, and ln 2 in two parts: whole multiples of the first, up to 1100, are exact."""
LARGEST = 700.0
"""exp(-700) is still a normal float; a responsibility so small counts as none."""
EXPONENTIAL = np.array([1 / math.factorial(k) for k in range(13, -1, -1)])
"""Taylor's coefficients, the highest first: within half of ln 2 the next would add 4e-18."""
ARTANH = np.array([1 / k for k in range(33, 0, -2)])
"""Those of ``artanh(s) / s`` by ``s^2``, the highest first: up to s = 1/3 the next would add 2e-18."""
CONTRACTED = {"contract", "nsz"}
"""What the compiler may do in both: not told, it takes on what their caller allows, and sums in another order lose the
last digits."""


@numba.njit(error_model="numpy", fastmath=CONTRACTED)
def exp_minus(y: Any) -> Any:  # noqa: ANN401  (compiled)
    """``exp(-y)`` for ``y >= 0``, as ``2^k exp(f)`` with f within half of ln 2."""
    y = min(y, LARGEST)
    k = np.floor(0.5 - y * LOG2_E)
    f = -y - k * LN2_HIGH - k * LN2_LOW
    series = EXPONENTIAL[0]
    for i in range(1, EXPONENTIAL.size):
        series = series * f + EXPONENTIAL[i]
    power = np.int64((np.int64(np.int32(k)) + 1023) << 52).view(np.float64)  # 2^k is its exponent's bits
    return series * power


@numba.njit(error_model="numpy", fastmath=CONTRACTED)
def log_1_plus(e: Any) -> Any:  # noqa: ANN401  (compiled)
    """``log(1 + e)`` for e in [0, 1], as ``2 artanh(e / (2 + e))``."""
    s = e / (2 + e)
    series = ARTANH[0]
    for i in range(1, ARTANH.size):
        series = series * (s * s) + ARTANH[i]
    return 2 * s * series


@numba.njit(error_model="numpy")
def dot(a: Floats, b: Floats) -> float:
    """Inner product of four numbers."""
    product: float = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]
    return product


@numba.njit(error_model="numpy")
def product(matrix: Floats, vector: Floats) -> Floats:
    """Product of four rows of four numbers with four numbers."""
    return np.array((dot(matrix[0], vector), dot(matrix[1], vector), dot(matrix[2], vector), dot(matrix[3], vector)))


@numba.njit(error_model="numpy")
def sweep(a: Floats, k: int) -> None:
    """Sweep a symmetric matrix of four rows on its pivot k, in place (Goodnight 1979)."""
    pivot, row = a[k, k], a[k].copy()
    for i in range(4):
        for j in range(4):
            a[i, j] -= row[i] * row[j] / pivot
    for i in range(4):
        a[k, i] = a[i, k] = row[i] / pivot
    a[k, k] = -1 / pivot


@numba.njit(error_model="numpy")
def valid(theta: Floats) -> bool:
    """Whether these are parameters of a mixture."""
    return 0 < theta[0] < 1 and 0 < theta[3] < math.inf and math.isfinite(theta[1]) and math.isfinite(theta[2])


@numba.njit(error_model="numpy")
def exchanged(theta: Floats) -> Floats:
    """The same mixture with its components exchanged, as a leap over the saddle leaves it."""
    return np.array((1 - theta[0], theta[2], theta[1], theta[3]))
