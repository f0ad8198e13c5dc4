"""Power sums of the observations on the cells of a lattice: one pass, any order, any number of parts.

The cells are [k, k + 1) times a power of two, so that they are the same wherever the pass begins: sums of parts add,
and two cells make one of twice the width, exactly (binomial theorem). The position of an observation in its cell is
exact in floating point as well.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, reduce

import numpy as np

from mixstudy.compression.kernel import ORDER, add_powers
from mixstudy.data.sample import DataError, require_finite
from mixstudy.data.workers import cores
from mixstudy.model import Floats

PER_SD = 256
"""Cells to a (robust) standard deviation of the pilot."""
WINDOW = 4096
"""Cells that are filled directly, 16 standard deviations, 262 kB a thread: what a core's cache holds."""
MAX_CELLS = 1 << 17
"""More occupied cells than this (9 MB), as under very heavy tails, are merged pairwise."""
BLOCK = 1 << 18
"""Observations summed before the sums are carried over, so that rounding errors don't add up over the whole."""
PILOT = 1 << 14
"""Observations, evenly spaced, from which the width of the cells is taken."""
ROUNDING = 1e-6
"""Root of the rounding error of a variance within a cell, in half-widths."""
SPREAD = 2.5631031310892007
"""The 10 % and 90 % quantiles of a normal lie so many standard deviations apart."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Power sums of the observations on the occupied cells; ``+`` joins the observations of two."""

    exponent: int
    """Cell k is [k, k + 1) times ``2**exponent``, data units."""
    index: Floats
    """Occupied cells, ascending whole numbers (floats hold any), shape ``(m,)``."""
    sums: Floats
    """Sums of ``t^k``, k < 8, with t in [-1, 1) across each cell, shape ``(m, 8)``."""

    @property
    def counts(self) -> Floats:
        """Observations in each cell, shape ``(m,)``."""
        return self.sums[:, 0]

    @property
    def n(self) -> int:
        """Number of observations."""
        return int(self.counts.sum())

    @property
    def means(self) -> Floats:
        """Mean of the observations of each cell, data units, shape ``(m,)``."""
        return self.centres + self.half_width * self.sums[:, 1] / self.counts

    @property
    def spread(self) -> float:
        """Robust standard deviation of all observations, from the 10 % and 90 % quantiles; data units, above 0."""
        cumulated = np.cumsum(self.counts)
        low, high = self.means[np.searchsorted(cumulated, [0.1 * self.n, 0.9 * self.n])]
        return float(high - low) / SPREAD or 2 * self.half_width

    def distinct(self) -> Floats:
        """Up to a few distinct values of the observations: cell means, and two values where a cell holds several."""
        first, second = self.sums[:3, 1:3].T / self.counts[:3]
        apart = self.half_width * np.sqrt(np.maximum(0.0, second - first**2))
        apart[apart < ROUNDING * self.half_width] = 0.0
        return np.concatenate([self.means[:3] - apart, self.means[:3] + apart])

    @property
    def half_width(self) -> float:
        """Half the width of a cell, data units."""
        return math.ldexp(0.5, self.exponent)

    @property
    def centres(self) -> Floats:
        """Middles of the occupied cells, data units, shape ``(m,)``."""
        return np.ldexp(self.index + 0.5, self.exponent)

    def __add__(self, other: Cells) -> Cells:
        """Join the observations of both, on the wider of the two lattices."""
        exponent = max(self.exponent, other.exponent)
        one, two = self.widened(exponent), other.widened(exponent)
        joined = _joined(exponent, np.concatenate([one.index, two.index]), np.concatenate([one.sums, two.sums]))
        return joined.limited()

    def widened(self, exponent: int) -> Cells:
        """The same observations on cells of a larger exponent, exactly."""
        cells = self
        while cells.exponent < exponent:
            parent = np.floor(cells.index / 2)
            right = (cells.index - 2 * parent).astype(np.intp)
            sums = np.einsum("mk,mjk->mj", cells.sums, _halves()[right])
            cells = _joined(cells.exponent + 1, parent, sums)
        return cells

    def limited(self) -> Cells:
        """The same observations on cells wide enough to be held in memory."""
        cells = self
        while cells.index.size > MAX_CELLS:
            cells = cells.widened(cells.exponent + 1)
        return cells

    def fingerprint(self) -> str:
        """SHA-256 of the counts, which no order and no splitting of the observations changes."""
        table = np.column_stack([np.ldexp(self.index, self.exponent), self.counts])
        return hashlib.sha256(np.ascontiguousarray(table, dtype="<f8")).hexdigest()


def _joined(exponent: int, index: Floats, sums: Floats) -> Cells:
    """Add up the rows of equal cells."""
    order = np.argsort(index, kind="stable")
    occupied, first = np.unique(index[order], return_index=True)
    total = np.add.reduceat(sums[order], first) if first.size else sums
    return Cells(exponent=exponent, index=occupied, sums=total)


@cache
def _halves() -> Floats:
    """Powers of ``(t -+ 1) / 2``, a position in half a cell as one in the whole, by powers of t: ``(2, 8, 8)``."""
    halves = np.zeros((2, ORDER, ORDER))
    for j in range(ORDER):
        for k in range(j + 1):
            halves[:, j, k] = math.comb(j, k) / 2**j * np.array([(-1.0) ** (j - k), 1.0])
    return halves


NARROWEST = 2.0**-1000
"""Width of a cell whose inverse is still a float; data of so small a spread are refused later, by their scale."""


def exponent_for(x: Floats) -> int:
    """Exponent of the cells' width from the spread of a pilot of ``x``, outliers left aside.

    Raises:
        DataError: The pilot holds a missing or infinite value.
    """
    pilot = x[:: max(1, x.size // PILOT)]
    require_finite(pilot)
    low, high = np.quantile(pilot, [0.1, 0.9])
    spread = (high - low) / SPREAD or float(np.ptp(pilot)) or float(np.abs(pilot[0])) or 1.0
    return math.floor(math.log2(max(spread / PER_SD, NARROWEST)))


def count_array(x: Floats, exponent: int) -> Cells:
    """Sum one array of observations, shape ``(n,)``, on all cores.

    Raises:
        DataError: A value is missing or infinite.
    """
    pilot = x[:: max(1, x.size // PILOT)]
    require_finite(pilot)
    middle = float(np.median(pilot)) if x.size else 0.0
    first = float(np.floor(np.ldexp(middle, -exponent))) - WINDOW // 2
    workers = max(1, min(cores(), x.size // BLOCK))
    if workers == 1:
        return _count(x, exponent, first)
    with ThreadPoolExecutor(workers) as pool:
        return reduce(Cells.__add__, pool.map(lambda part: _count(part, exponent, first), np.array_split(x, workers)))


def _count(x: Floats, exponent: int, first: float) -> Cells:
    """Sum one thread's share: near cells by the kernel, far ones by sorting."""
    scale = math.ldexp(1.0, -exponent)
    total, block = np.zeros((2, WINDOW + 1, ORDER))
    far = []
    for start in range(0, x.size, BLOCK):
        part = x[start : start + BLOCK]
        add_powers(part, scale, first, block)
        if block[-1, 0]:
            cell = np.floor(part * scale)
            far.append(_count_far(part[~((cell >= first) & (cell < first + WINDOW))], exponent))
        total += block
        block[:] = 0
    near = np.flatnonzero(total[:-1, 0])
    return reduce(Cells.__add__, far, Cells(exponent=exponent, index=first + near.astype(np.float64), sums=total[near]))


def _count_far(x: Floats, exponent: int) -> Cells:
    require_finite(x)
    scaled = np.ldexp(x, -exponent)
    index = np.floor(scaled)
    return _joined(exponent, index, np.vander(2 * (scaled - index) - 1, ORDER, increasing=True)).limited()


def count_batches(batches: Iterable[Floats], exponent: int | None = None) -> Cells:
    """Sum a stream of arrays; without ``exponent`` the first array tells the width of the cells.

    Raises:
        DataError: There is nothing that tells the width, or a value is missing or infinite.
    """
    filled = (batch for batch in batches if batch.size)
    if exponent is None:
        first = next(filled, None)
        if first is None:
            msg = "there are no observations: every batch was empty"
            raise DataError(msg)
        cells = count_array(first, exponent_for(first))
    else:
        cells = Cells(exponent=exponent, index=np.empty(0), sums=np.empty((0, ORDER)))
    for batch in filled:
        cells += count_array(batch, cells.exponent)
    return cells
