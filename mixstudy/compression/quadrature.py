"""Points on [-1, 1]: Chebyshev points with their Lagrange basis, and Gauss points from sums of polynomials."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.polynomial import chebyshev

from mixstudy.model import Floats

EXHAUSTED = 1e-11
"""Share of what evenly spread observations would leave for one more point, below which rounding is all that is left."""


def gauss_points(moments: Floats) -> tuple[Floats, Floats]:
    """Points and weights with the same sums of Chebyshev polynomials (Sack & Donovan 1972; Wheeler 1974).

    Args:
        moments: Sums of T_0 to T_(2p-1) over the observations of each cell, shape ``(m, 2p)``.

    Returns:
        Points in [-1, 1] and positive weights, each of shape ``(m, p)``; weight 0 where there are fewer distinct
        observations than points.
    """
    cells, order = moments.shape
    monic = moments * 0.5 ** np.maximum(np.arange(order) - 1, 0)
    share = np.where(np.arange(order) == 1, 0.5, 0.25)
    diagonal, squares = np.zeros((2, cells, order // 2))
    diagonal[:, 0], before, now = monic[:, 1] / monic[:, 0], np.zeros_like(monic), monic
    alive = np.ones(cells, dtype=bool)
    for k in range(1, order // 2):
        part = slice(k, order - k)
        after = np.zeros_like(now)
        after[:, part] = (
            now[:, k + 1 : order - k + 1]
            - diagonal[:, k - 1, None] * now[:, part]
            - squares[:, k - 1, None] * before[:, part]
            + share[part] * now[:, k - 1 : order - k - 1]
        )
        alive &= after[:, k] > EXHAUSTED * 0.25**k * monic[:, 0]
        ratio = after[alive, k] / now[alive, k - 1]
        squares[alive, k] = ratio
        diagonal[alive, k] = after[alive, k + 1] / after[alive, k] - now[alive, k] / now[alive, k - 1]
        before, now = now, after
    jacobi = np.zeros((cells, order // 2, order // 2))
    place = np.arange(order // 2)
    jacobi[:, place, place] = diagonal
    jacobi[:, place[1:], place[:-1]] = np.sqrt(squares[:, 1:])
    points, vectors = np.linalg.eigh(jacobi)
    weights = moments[:, :1] * vectors[:, 0] ** 2
    return points, np.where(weights > EXHAUSTED * moments[:, :1], weights, 0.0)


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
