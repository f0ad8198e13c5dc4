"""Points on [-1, 1]: Chebyshev points with their Lagrange basis, and Gauss points from sums of polynomials."""

from __future__ import annotations

import math
from functools import cache

import numba
import numpy as np
from numba import types
from numpy.polynomial import chebyshev

from mixstudy.model import Floats

EXHAUSTED = 1e-11
"""Share of what evenly spread observations would leave for one more point, below which rounding is all that is left."""
_table = types.Array(types.float64, 2, "C", readonly=True)
_options = {"error_model": "numpy", "nogil": True, "cache": True}
compiled = numba.njit(**_options)


@compiled
def recurrence(moments: Floats) -> tuple[Floats, Floats]:
    """Diagonal and off-diagonal of the Jacobi matrix, by the modified Chebyshev algorithm (Wheeler 1974).

    Args:
        moments: Sums of T_0 to T_(2p-1) over the observations of a cell, shape ``(2p,)``.

    Returns:
        Arrays of as many numbers as there are points: p, or as many as there are distinct observations.
    """
    order = moments.size
    diagonal, square, before, now = np.zeros(order // 2), np.zeros(order // 2), np.zeros(order), moments.copy()
    for k in range(2, order):
        now[k] *= 0.5 ** (k - 1)  # of monic polynomials
    total, diagonal[0] = now[0], now[1] / now[0]
    for k in range(1, order // 2):
        after = np.zeros(order)
        for j in range(k, order - k):
            share = 0.5 if j == 1 else 0.25
            after[j] = now[j + 1] - diagonal[k - 1] * now[j] - square[k - 1] * before[j] + share * now[j - 1]
        if not after[k] > EXHAUSTED * 0.25**k * total:
            return diagonal[:k], np.sqrt(square[:k])
        square[k] = after[k] / now[k - 1]
        diagonal[k] = after[k + 1] / after[k] - now[k] / now[k - 1]
        before, now = now, after
    return diagonal, np.sqrt(square)


@compiled
def eigen(diagonal: Floats, side: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues of a symmetric tridiagonal matrix, first components of its eigenvectors (Golub & Welsch 1969).

    By implicit QL steps; ``side[k]`` stands between ``diagonal[k - 1]`` and ``diagonal[k]``.
    """
    n = diagonal.size
    d, e, first = diagonal.copy(), np.append(side[1:], 0.0), np.zeros(n)
    first[0] = 1.0
    for low in range(n):
        while True:
            high = low
            while high < n - 1 and abs(e[high]) > 1e-16 * (abs(d[high]) + abs(d[high + 1])):
                high += 1
            if high == low:
                break
            g = (d[low + 1] - d[low]) / (2 * e[low])
            g = d[high] - d[low] + e[low] / (g + math.copysign(math.hypot(g, 1.0), g))
            s, c, p = 1.0, 1.0, 0.0
            for i in range(high - 1, low - 1, -1):
                f, b = s * e[i], c * e[i]
                r = math.hypot(f, g)
                e[i + 1], s, c = r, f / r, g / r
                g = d[i + 1] - p
                r = (d[i] - g) * s + 2 * c * b
                p = s * r
                d[i + 1], g = g + p, c * r - b
                first[i], first[i + 1] = c * first[i] - s * first[i + 1], s * first[i] + c * first[i + 1]
            d[low], e[low], e[high] = d[low] - p, g, 0.0
    return d, first


@numba.njit(types.Tuple((types.float64[:, ::1], types.float64[:, ::1]))(_table), **_options)
def gauss_points(moments: Floats) -> tuple[Floats, Floats]:
    """Points and weights with the same sums of Chebyshev polynomials (Sack & Donovan 1972; Wheeler 1974).

    Args:
        moments: Sums of T_0 to T_(2p-1) over the observations of each cell, shape ``(m, 2p)``.

    Returns:
        Points in [-1, 1] and positive weights, each of shape ``(m, p)``; weight 0 where there are fewer distinct
        observations than points.
    """
    cells, order = moments.shape
    points, weights = np.zeros((cells, order // 2)), np.zeros((cells, order // 2))
    for m in range(cells):
        diagonal, side = recurrence(moments[m])
        nodes, first = eigen(diagonal, side)
        for k in range(nodes.size):
            if first[k] ** 2 > EXHAUSTED:
                j = (nodes < nodes[k]).sum()  # in order; np.argsort would take a second and a half to compile
                points[m, j], weights[m, j] = nodes[k], moments[m, 0] * first[k] ** 2
    return points, weights


@numba.njit(types.float64[:, ::1](_table, _table, types.int64), fastmath={"contract", "nsz", "reassoc"}, **_options)
def chebyshev_sums(t: Floats, weights: Floats, order: int) -> Floats:
    """Weighted sums of T_0 to T_(order-1) over the points of each row, shapes ``(m, k)`` to ``(m, order)``."""
    sums = np.empty((len(t), order))
    for m in range(len(t)):
        now, ahead = np.ones(t.shape[1]), t[m].copy()
        for k in range(order):
            total = 0.0
            for j in range(t.shape[1]):
                total += weights[m, j] * now[j]
                now[j], ahead[j] = ahead[j], 2 * t[m, j] * ahead[j] - now[j]
            sums[m, k] = total
    return sums


def chebyshev_points(order: int) -> Floats:
    """Chebyshev points of the first kind on [-1, 1]."""
    return np.cos(np.pi * (np.arange(order) + 0.5) / order)


def chebyshev_weights(order: int) -> Floats:
    """Lagrange basis of the Chebyshev points by Chebyshev polynomials: a cosine transform, shape ``(p, p)``."""
    return chebyshev.chebvander(chebyshev_points(order), order - 1) * np.where(np.arange(order), 2, 1) / order


@cache
def lagrange_by_powers(order: int) -> tuple[Floats, Floats]:
    """Chebyshev points, and their Lagrange basis by powers of t, shape ``(p, p)``."""
    powers = np.zeros((order, order))
    for k in range(order):
        powers[k, : k + 1] = chebyshev.cheb2poly(np.eye(k + 1)[k])
    return chebyshev_points(order), chebyshev_weights(order) @ powers
