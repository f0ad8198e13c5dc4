"""One step of EM in single precision, its sums taken in blocks, as NumPy does, or term after term."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mixstudy.faults.steps import FEW
from mixstudy.model import Floats

type Singles = NDArray[np.float32]
type Total = Callable[[Singles], np.float32]
"""A sum in float32."""


def in_blocks(terms: Singles) -> np.float32:
    """As NumPy adds: pairwise, in blocks."""
    return np.float32(terms.sum())


def in_turn(terms: Singles) -> np.float32:
    """One after the other, as a loop adds."""
    return np.float32(np.cumsum(terms)[-1])


WAYS: tuple[tuple[str, Total], ...] = (("", in_blocks), (", its sums added one after the other", in_turn))
"""How sums may be taken, and what is said of that."""


def single_step(x: Singles, counts: Singles, theta: Singles, total: Total) -> Singles:
    """One textbook step with data, responsibilities and sums in float32, data units; NaN where it breaks down."""
    w, mu1, mu2, s = theta
    first = w * np.exp(-(((x - mu1) / s) ** 2) / 2)
    second = (1 - w) * np.exp(-(((x - mu2) / s) ** 2) / 2)
    r1 = counts * first / np.maximum(first + second, np.finfo(np.float32).tiny)
    r2 = counts - r1
    n, n1, n2 = total(counts), total(r1), total(r2)
    if not min(n1, n2) > 0:
        return np.full(4, math.nan, dtype=np.float32)
    mu1, mu2 = total(r1 * x) / n1, total(r2 * x) / n2
    squares = total(r1 * (x - mu1) ** 2) + total(r2 * (x - mu2) ** 2)
    return np.array([n1 / n, mu1, mu2, np.sqrt(squares / n)], dtype=np.float32)


def single_precision(points: Floats, weights: Floats, theta: Floats, total: Total = in_blocks) -> Floats:
    """Textbook EM in float32, data units, for ``FEW`` iterations."""
    x, counts, after = points.astype(np.float32), weights.astype(np.float32), theta.astype(np.float32)
    for _ in range(FEW):
        after = single_step(x, counts, after, total)
    return after.astype(np.float64)
