"""The E-step's sums over weighted points, compiled by numba; what they mean stands in ``likelihood``."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numba import types

_read = types.Array(types.float64, 1, "C", readonly=True)


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
