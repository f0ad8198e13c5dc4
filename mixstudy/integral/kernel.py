"""The integrator's inner loops, compiled by numba.

Both are written so that the compiler can keep several points, or components, in one register: no call into a library
of mathematics, powers by multiplication. That makes a log-likelihood ten times as fast as with ``exp`` and ``log1p``.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import types

FREEDOM = 6.0
"""Degrees of freedom of the proposals: even, so that the density in four dimensions is a whole power, the fifth."""
FAR = 40.0
"""Difference of log densities beyond which the smaller adds less than a float can hold."""

_read1 = types.Array(types.float64, 1, "C", readonly=True)
_read2 = types.Array(types.float64, 2, "C", readonly=True)
_read3 = types.Array(types.float64, 3, "C", readonly=True)
_sums_in_any_order = {"reassoc", "contract", "nsz", "arcp"}


@numba.njit(
    types.void(_read2, _read1, _read1, types.float64[::1]),
    nogil=True,
    cache=True,
    fastmath=_sums_in_any_order,
    error_model="numpy",
)
def add_log_likelihoods(rows: Any, t: Any, weights: Any, out: Any) -> None:  # noqa: ANN401  (compiled: the signature)
    """Add to ``out`` the log-likelihood of the weighted points ``t`` under each of ``rows``, less the constant.

    With a, b the logs of the two components' shares of the density (``log share - z^2 / 2``), one observation has

        log(e^a + e^b) = max(a, b) + log1p(e^-y),    y = |a - b|.

    The exponential is the 64th power of its Taylor series at y / 64, and the logarithm 2 artanh(e / (2 + e)); both are
    exact to 1e-13.

    Args:
        rows: ``log weight, log(1 - weight), mu1, mu2, sigma``, shape ``(m, 5)``.
        t: Points, shape ``(k,)``.
        weights: How many observations each stands for, shape ``(k,)``; may be negative.
        out: Shape ``(m,)``.
    """
    for r in range(rows.shape[0]):
        log1, log2, mu1, mu2 = rows[r, 0], rows[r, 1], rows[r, 2], rows[r, 3]
        precision = 1.0 / rows[r, 4]
        total = 0.0
        for i in range(t.size):
            z1, z2 = (t[i] - mu1) * precision, (t[i] - mu2) * precision
            a, b = log1 - 0.5 * z1 * z1, log2 - 0.5 * z2 * z2
            v = min(abs(a - b), FAR) * (-1.0 / 64.0)
            e = 1.0 + v / 8.0 * (1.0 + v / 9.0 * (1.0 + v / 10.0))
            e = 1.0 + v / 4.0 * (1.0 + v / 5.0 * (1.0 + v / 6.0 * (1.0 + v / 7.0 * e)))
            e = 1.0 + v * (1.0 + v / 2.0 * (1.0 + v / 3.0 * e))
            e *= e
            e *= e
            e *= e
            e *= e
            e *= e
            e *= e
            s = e / (2.0 + e)
            q = s * s
            u = 1.0 / 15 + q * (1.0 / 17 + q * (1.0 / 19 + q * (1.0 / 21 + q * (1.0 / 23 + q / 25.0))))
            u = 1.0 / 7 + q * (1.0 / 9 + q * (1.0 / 11 + q * (1.0 / 13 + q * u)))
            total += weights[i] * (max(a, b) + 2.0 * s * (1.0 + q * (1.0 / 3 + q * (1.0 / 5 + q * u))))
        out[r] += total


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _fall(u: Any, mean: Any, whiten: Any) -> Any:  # noqa: ANN401
    """Density at ``u`` over that at the mean, and how much an observation there counts for the scale."""
    d0, d1, d2, d3 = u[0] - mean[0], u[1] - mean[1], u[2] - mean[2], u[3] - mean[3]
    z0 = whiten[0, 0] * d0
    z1 = whiten[1, 0] * d0 + whiten[1, 1] * d1
    z2 = whiten[2, 0] * d0 + whiten[2, 1] * d1 + whiten[2, 2] * d2
    z3 = whiten[3, 0] * d0 + whiten[3, 1] * d1 + whiten[3, 2] * d2 + whiten[3, 3] * d3
    g = 1.0 / (1.0 + (z0 * z0 + z1 * z1 + z2 * z2 + z3 * z3) / FREEDOM)
    return g * g * g * g * g, g * (FREEDOM + 4.0) / FREEDOM


@numba.njit(types.void(_read2, _read1, _read2, _read3, types.float64[::1]), nogil=True, cache=True, error_model="numpy")
def add_densities(u: Any, heights: Any, means: Any, whiten: Any, out: Any) -> None:  # noqa: ANN401
    """Add to ``out`` the density of a mixture of multivariate t at each row of ``u``, shape ``(m, 4)``.

    Args:
        u: Where, shape ``(m, 4)``.
        heights: Share of each component times its density at its mean, shape ``(k,)``.
        means: Shape ``(k, 4)``.
        whiten: Inverse Cholesky factors of the scales, lower triangular, shape ``(k, 4, 4)``.
        out: Shape ``(m,)``.
    """
    for r in range(u.shape[0]):
        total = 0.0
        for k in range(heights.size):
            total += heights[k] * _fall(u[r], means[k], whiten[k])[0]
        out[r] += total


@numba.njit(
    types.void(_read2, _read1, _read1, _read2, _read3, types.float64[:, ::1], types.float64[:, :, ::1]),
    nogil=True,
    cache=True,
    error_model="numpy",
)
def add_moments(u: Any, p: Any, heights: Any, means: Any, whiten: Any, first: Any, second: Any) -> None:  # noqa: ANN401, PLR0917
    """The E-step of a mixture of multivariate t fitted to draws ``u`` of weights ``p`` (Peel & McLachlan 2000).

    Adds up for each component, with d the distances from its old mean and c = (nu + 4) / (nu + z^2): the weight r that
    it takes responsibility for, r c, r c d (``first``, shape ``(k, 6)``) and r c d d' (``second``, lower triangle).
    """
    share, scale = np.empty(heights.size), np.empty(heights.size)
    for r in range(u.shape[0]):
        total = 0.0
        for k in range(heights.size):
            fall, scale[k] = _fall(u[r], means[k], whiten[k])
            share[k] = heights[k] * fall
            total += share[k]
        for k in range(heights.size):
            taken = p[r] * share[k] / total
            counted = taken * scale[k]
            first[k, 0] += taken
            first[k, 1] += counted
            for i in range(4):
                first[k, i + 2] += counted * (u[r, i] - means[k, i])
                for j in range(i + 1):
                    second[k, i, j] += counted * (u[r, i] - means[k, i]) * (u[r, j] - means[k, j])
