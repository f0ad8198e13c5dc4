r"""Compression: any number of observations as a few hundred weighted points with the same likelihood.

The log-likelihood of one observation is a quadratic in x plus ``softplus(b (m - x))``, ``b = (mu2 - mu1) / sigma^2``
being the slope of the log-odds and m the midpoint where they vanish. The derivatives of softplus are sums over the
poles ``m +- i pi (2j + 1) / b``, so that p Chebyshev points on a cell of half-width h, whose nearest point is d from m,
interpolate it with an error of at most

    f^(p) h^p / (p! 2^(p-1))  <=  (4 / p) (h / 2)^p  sum_j (d^2 + (pi (2j + 1) / b)^2)^(-p/2)

(the remainder of Chebyshev interpolation: Trefethen 2013, ch. 6-8). So a cell's observations act through the sums of p
polynomials alone, and p / 2 Gauss points that keep those sums stand for them: the same points for all parameters at
once, and a quadratic is exact. It is done twice: on the fine cells of ``lattice``, then on cells as wide as the slope
allows. Prior art: binned EM (McLachlan & Jones 1988), squashing (DuMouchel et al. 1999), PASS-GLM (Huggins et al.
2017).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from mixstudy.compression.kernel import ORDER
from mixstudy.compression.lattice import Cells, count_batches
from mixstudy.compression.quadrature import (
    chebyshev_points,
    chebyshev_sums,
    chebyshev_weights,
    gauss_points,
    lagrange_by_powers,
)
from mixstudy.data.sample import DataError, Source, WeightedSample, require_enough
from mixstudy.model import Floats

SLOPE = 12.0
"""Slope, in standard deviations of the data, provided for before a fit tells: means 5 sigma apart, half and half."""
NATS, RELATIVE = 1e-6, 1e-14
"""Tolerated error of the log-likelihood: absolute in nats, and relative for rounding."""
FINE_ENOUGH = 1e-13
"""Error of one observation below which fewer points are not looked for: a fit then costs the same at any n."""
ORDERS = range(4, 49, 2)
"""Polynomials whose sums a wide cell's points keep: three make a quadratic exact, beyond 48 nothing is gained."""
SOUND = 1e-12
"""Share of a cell's observations by which its points may miss a sum: rounding, whose effect is measured."""
LEBESGUE = 2.3
"""Sum of the sizes of the weights of one observation on 8 Chebyshev points: at most 2.27 (Trefethen 2013, ch. 15)."""
FINER, FINEST = 3, 12
"""A lattice too wide is read again on one 8 times finer, at most down to a 4096th."""


class Region(NamedTuple):
    """Parameters over which an error is bounded. Only their log-odds matter, as quadratics are exact."""

    slope: float
    """Largest ``(mu2 - mu1) / sigma^2``, per data unit."""
    low: float = -math.inf
    """Smallest midpoint, where the log-odds vanish, data units."""
    high: float = math.inf
    """Largest midpoint, data units."""

    @classmethod
    def around(cls, theta: ArrayLike) -> Region:
        """The smallest region that covers parameters in rows ``(weight, mu1, mu2, sigma)``, shape ``(m, 4)``."""
        weight, mu1, mu2, sigma = np.atleast_2d(np.asarray(theta, dtype=np.float64)).T
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            slope = (mu2 - mu1) / sigma / sigma
            midpoint = (mu1 + mu2) / 2 + np.log(weight / (1 - weight)) / slope
        if not np.isfinite(midpoint).all():
            return cls(float(slope.max()))
        return cls(float(slope.max()), float(midpoint.min()), float(midpoint.max()))

    def widened(self, factor: float) -> Region:
        """Slopes larger by ``factor``, wherever the midpoint lies."""
        return Region(factor * self.slope)

    def away(self, index: Floats, half_width: float) -> Floats:
        """Distance of cells from the nearest midpoint."""
        left = 2 * half_width * index
        return np.maximum(0.0, np.maximum(self.low - (left + 2 * half_width), left - self.high))


def interpolation_error(away: ArrayLike, *, half_width: ArrayLike, order: ArrayLike, slope: float) -> Floats:
    """Bound on the error of one observation, nats, ``away`` from the midpoint, in a cell of ``order`` points.

    The poles after the first are summed by the integral that bounds them. Arrays broadcast.
    """
    p = np.asarray(order, dtype=np.float64)
    if slope <= 0:
        return np.zeros(np.broadcast(away, half_width, p).shape)
    if slope == math.inf:
        return np.full(np.broadcast(away, half_width, p).shape, math.inf)
    pole = math.pi / slope
    reach = np.hypot(away, pole)
    others = math.sqrt(math.pi) / 4 * np.exp(gammaln((p - 1) / 2) - gammaln(p / 2)) * reach / pole
    with np.errstate(over="ignore"):  # infinite where the cells are far too wide
        error: Floats = 4 / p * (np.asarray(half_width) / 2 / reach) ** p * (1 + others)
    return error


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompressedSample(WeightedSample):
    """Weighted points that stand for many more observations."""

    cells: Cells
    """The observations on the fine lattice."""
    level: int
    """The points' cells are ``2**level`` fine cells wide."""
    order: int
    """Polynomials whose sums are kept in each cell, by half as many points."""
    reopen: Callable[[], Iterable[Floats]] | None
    """Gives the observations a second time, in arrays; None where the stream is gone."""

    def __post_init__(self) -> None:
        WeightedSample.__post_init__(self)
        object.__setattr__(self, "n", float(self.cells.n))

    def __repr__(self) -> str:
        return WeightedSample.__repr__(self)

    @property
    def positions_and_counts(self) -> tuple[Floats, Floats]:
        """Mean and count of the observations in each fine cell."""
        return self.cells.means, self.cells.counts

    def bound(self, region: Region) -> float:
        """Bound on the error of the log-likelihood, nats, for all parameters of the region."""
        half_width = math.ldexp(self.cells.half_width, self.level)
        wide = _error(*_grouped(self.cells, self.level), region, half_width=half_width, order=self.order)
        return _fine_bound(self.cells, region) + (LEBESGUE + 1) * float(wide[0])

    @property
    def tolerance(self) -> float:
        """Error of the log-likelihood that counts as none, nats."""
        return NATS + RELATIVE * self.n

    def is_accurate_over(self, region: Region) -> bool:
        """Whether the error counts as none over the region."""
        return self.bound(region) <= self.tolerance

    def recompress(self, region: Region, *, below: float = math.inf) -> CompressedSample | None:
        """The same observations on as few points as the region needs and fewer than ``below``, or None."""
        return self._on(self.cells, region, below=below)

    def reread(self, region: Region) -> CompressedSample | None:
        """The observations read again on the lattice that the region needs; None where they are gone or none will do.

        Raises:
            DataError: The observations, read again, are not the same.
        """
        for exponent in range(self.cells.exponent - FINER, self.cells.exponent - FINEST - 1, -FINER):
            if self.reopen is None:
                return None
            cells = count_batches(self.reopen(), exponent)
            if cells.widened(self.cells.exponent).fingerprint() != self.cells.fingerprint():
                msg = f"{self.source.description}: the data changed while they were read; run again"
                raise DataError(msg)
            if (finer := self._on(cells, region)) is not None:
                return finer
        return None

    def _on(self, cells: Cells, region: Region, *, below: float = math.inf) -> CompressedSample | None:
        choice = _cheapest(cells, region)
        if choice is None or choice.points >= below:
            return None
        points, weights = weighted_points(cells, choice.level, choice.order)
        return replace(self, points=points, weights=weights, cells=cells, level=choice.level, order=choice.order)


def _grouped(cells: Cells, level: int) -> tuple[Floats, Floats]:
    """Wide cells and their counts."""
    wide = np.floor(np.ldexp(cells.index, -level))
    first = np.flatnonzero(np.append(True, wide[1:] != wide[:-1]))
    return wide[first], np.add.reduceat(cells.counts, first)


def _error(index: Floats, counts: Floats, region: Region, *, half_width: float, order: ArrayLike) -> Floats:
    """Bound on the error of all observations in their cells, nats, one for each order."""
    away = region.away(index, half_width)[:, None]
    with np.errstate(over="ignore"):
        return counts @ interpolation_error(away, half_width=half_width, order=order, slope=region.slope)


def _fine_bound(cells: Cells, region: Region) -> float:
    return float(_error(cells.index, cells.counts, region, half_width=cells.half_width, order=ORDER)[0])


class _Choice(NamedTuple):
    """Cells ``2**level`` fine cells wide, half of ``order`` points in each, and how many that makes."""

    level: int
    order: int
    points: int


def _cheapest(cells: Cells, region: Region) -> _Choice | None:
    """The fewest points whose bound is below the tolerance, or None."""
    budget = min(NATS, FINE_ENOUGH * cells.n) + RELATIVE * cells.n - _fine_bound(cells, region)
    levels = range(math.ceil(math.log2(np.ptp(cells.index) + 2)), -1, -1)
    widths = np.ldexp(cells.half_width, levels)
    near = interpolation_error(0.0, half_width=widths[:, None], order=ORDERS, slope=region.slope)
    best = None
    for level, half_width, largest in zip(levels, widths.tolist(), near, strict=True):
        index, counts = _grouped(cells, level)
        if best and index.size * ORDERS[0] // 2 > best.points:
            break
        with np.errstate(over="ignore"):
            errors = cells.n * largest
        if region.low > -math.inf:  # the midpoint can't be in every cell
            errors = _error(index, counts, region, half_width=half_width, order=ORDERS)
        met = np.flatnonzero(errors <= budget / (LEBESGUE + 1))
        if met.size and (best is None or index.size * ORDERS[met[0]] // 2 <= best.points):
            best = _Choice(level, ORDERS[met[0]], index.size * ORDERS[met[0]] // 2)
    return best


def weighted_points(cells: Cells, level: int, order: int) -> tuple[Floats, Floats]:
    """Gauss points of the observations of each wide cell: half as many as the polynomials whose sums they keep.

    Their weights are positive. A cell whose sums rounding has spoilt keeps its Chebyshev points instead.
    """
    index, moments = _moments(cells, level, order)
    nodes, weights = gauss_points(moments)
    missed = chebyshev_sums(nodes, weights, order) - moments
    sound = np.abs(missed).max(axis=1) <= SOUND * moments[:, 0]
    half_width = math.ldexp(cells.half_width, level)
    left = half_width * (2 * index[:, None] + 1)
    plain = left[~sound] + half_width * chebyshev_points(order), moments[~sound] @ chebyshev_weights(order).T
    points = np.concatenate([(left[sound] + half_width * nodes[sound]).ravel(), plain[0].ravel()])
    counts = np.concatenate([weights[sound].ravel(), plain[1].ravel()])
    return points[counts != 0], counts[counts != 0]


def _moments(cells: Cells, level: int, order: int) -> tuple[Floats, Floats]:
    """The wide cells, and the Chebyshev polynomials summed over the fine cells' points, shape ``(m, order)``."""
    width = 2**level
    wide = np.floor(np.ldexp(cells.index, -level))
    index, first = np.unique(wide, return_index=True)
    nodes, basis = lagrange_by_powers(ORDER)
    t = (2 * (cells.index - width * wide)[:, None] + 1 + nodes - width) / width
    return index, np.add.reduceat(chebyshev_sums(t, cells.sums @ basis.T, order), first)


def compress(x: Floats | Iterable[Floats] | WeightedSample, *, source: Source | None = None) -> CompressedSample:
    """Compress observations to a few hundred weighted points, in one pass over them.

    Args:
        x: Observations, shape ``(n,)``, data units; or an iterable of such arrays. One that can't be iterated over
            again, such as a generator, leaves no second pass for finer cells where a fit turns out to need them.
        source: Where they came from; for arrays and streams told by the counts on the lattice.

    Returns:
        Points accurate for means up to 5 sigma apart, wherever they lie; ``recompress`` gives those for others.

    Raises:
        DataError: The observations cannot be used (see ``as_sample``).
    """
    if isinstance(x, WeightedSample):
        return _compressed(lambda: [x.points], source or x.source, repeatable=True)
    if isinstance(x, np.ndarray):
        array = np.ascontiguousarray(x, dtype=np.float64)
        return _compressed(lambda: [array], source, repeatable=True)
    return _compressed(lambda: x, source, repeatable=iter(x) is not x)


def _compressed(read: Callable[[], Iterable[Floats]], source: Source | None, *, repeatable: bool) -> CompressedSample:
    cells = count_batches(np.ascontiguousarray(batch, dtype=np.float64) for batch in read())
    return from_cells(cells, source=source, reopen=read if repeatable else None)


def from_cells(
    cells: Cells, *, source: Source | None = None, reopen: Callable[[], Iterable[Floats]] | None = None
) -> CompressedSample:
    """Compress observations that were summed already, on this machine or on others.

    Raises:
        DataError: There are fewer than 4 observations or fewer than 3 distinct values.
    """
    require_enough(cells.distinct(), cells.n)
    choice = _cheapest(cells, Region(SLOPE / cells.spread))
    level, order = choice[:2] if choice else (0, ORDER)
    points, weights = weighted_points(cells, level, order)
    return CompressedSample(
        points=points,
        weights=weights,
        source=source or Source(description="an array", sha256=cells.fingerprint()),
        cells=cells,
        level=level,
        order=order,
        reopen=reopen,
    )


READ_AGAIN = 1_000_000
"""Observations behind a compressed sample that are read again, at most: 8 MB."""


class Raw(NamedTuple):
    """Observations that counts can be taken of, and the counts."""

    x: Floats
    """Values, shape ``(k,)``, data units."""
    counts: Floats
    """How often each was observed, none negative."""


def raw_observations(sample: WeightedSample) -> Raw | None:
    """The observations behind a sample, read again where they were compressed; None where they are out of reach."""
    if isinstance(sample, CompressedSample) and sample.reopen is not None and sample.n <= READ_AGAIN:
        x = np.concatenate([*sample.reopen()])
        return Raw(x, np.ones_like(x))
    return Raw(sample.points, sample.weights) if (sample.weights >= 0).all() else None
