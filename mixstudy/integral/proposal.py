"""What the integrator draws from: a mixture of multivariate t, fitted to the posterior as it becomes known.

    q(u) = sum_k share_k t_6(u; mean_k, scale_k)

Its last component never changes: it is wide, so that what the others do not know is not missed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import gammaincinv, gammaln, ndtri

from mixstudy.integral.kernel import FREEDOM, add_densities, add_moments
from mixstudy.model import Floats

DIMENSIONS = 4
PEAK = math.exp(gammaln((FREEDOM + 4) / 2) - gammaln(FREEDOM / 2) - 2 * math.log(FREEDOM * math.pi))
"""Density at its mean of the multivariate t whose scale is the unit matrix."""
DEFENSIVE = 0.1
"""Share of the wide component: no weight of a draw is larger than ten times what it alone would give."""
PRIOR_DRAWS = 5.0
"""Draws that the common covariance counts as in that of each component (Fraley & Raftery 2007)."""
MIN_SHARE = 2e-3
"""Share below which a component is given up."""
MIN_EIGENVALUE, MIN_SCALE = 1e-10, 1e-150
"""Smallest eigenvalue of a correlation matrix that is told from the rounding of its sums, and the smallest scale."""
BITS = 30
"""Binary digits of a Sobol point."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Proposal:
    """A mixture of multivariate t with 6 degrees of freedom."""

    shares: Floats
    """Shape ``(k,)``, sum 1."""
    means: Floats
    """Shape ``(k, 4)``."""
    scales: Floats
    """Shape ``(k, 4, 4)``, positive definite."""

    @cached_property
    def _factors(self) -> Floats:
        return np.linalg.cholesky(definite(self.scales))

    @cached_property
    def _whiten(self) -> Floats:
        return np.ascontiguousarray(np.tril(np.linalg.inv(self._factors)))

    @cached_property
    def _heights(self) -> Floats:
        return np.asarray(self.shares * PEAK * np.diagonal(self._whiten, axis1=1, axis2=2).prod(axis=1))

    def draw(self, draws: int, *, seed: np.random.Generator) -> Floats:
        """Draw by a scrambled Sobol sequence (Owen 1998), shape ``(draws, 4)``; ``draws`` is a power of two."""
        from scipy.stats import qmc  # here, as it takes half a second to load and not every command integrates

        unit = qmc.Sobol(DIMENSIONS + 2, bits=BITS, rng=seed).random(draws) + 0.5 ** (BITS + 1)
        which = np.minimum(np.searchsorted(np.cumsum(self.shares), unit[:, 5]), self.shares.size - 1)
        stretch = np.sqrt(FREEDOM / 2 / gammaincinv(FREEDOM / 2, unit[:, 4]))
        z = ndtri(unit[:, :4]) * stretch[:, None]
        return np.asarray(self.means[which] + np.einsum("mij,mj->mi", self._factors[which], z))

    def density(self, u: Floats) -> Floats:
        """Density, shape ``(m, 4)`` to ``(m,)``."""
        found = np.zeros(len(u))
        add_densities(u, self._heights, self.means, self._whiten, found)
        return found

    def masses(self, u: Floats, p: Floats) -> Floats:
        """Share of draws ``u`` of weights ``p`` that each component but the wide one is responsible for, sum 1."""
        first, second = np.zeros((self.shares.size - 1, 6)), np.zeros((self.shares.size - 1, 4, 4))
        add_moments(u, p, self._heights[:-1], self.means[:-1], self._whiten[:-1], first, second)
        return first[:, 0] / first[:, 0].sum()

    def fitted(self, u: Floats, p: Floats) -> Proposal:
        """One step of EM towards draws ``u`` of weights ``p``, sum 1 (population Monte Carlo: Cappe et al. 2008)."""
        size = self.shares.size
        first, second = np.zeros((size, 6)), np.zeros((size, 4, 4))
        add_moments(u, p, self._heights, self.means, self._whiten, first, second)
        kept = first[:-1, 0] > MIN_SHARE
        mass, counted = first[:-1][kept, :2].T
        move = first[:-1][kept, 2:] / counted[:, None]
        lower = second[:-1][kept]
        spread = lower + np.tril(lower, -1).swapaxes(1, 2)
        spread -= counted[:, None, None] * move[:, :, None] * move[:, None, :]
        prior = PRIOR_DRAWS * float(p @ p)
        common = spread.sum(axis=0) / mass.sum() / math.sqrt(kept.sum())
        scales = (spread + prior * common) / (mass + prior)[:, None, None]
        return Proposal(
            shares=np.append((1 - DEFENSIVE) * mass / mass.sum(), DEFENSIVE),
            means=np.concatenate([self.means[:-1][kept] + move, self.means[-1:]]),
            scales=np.concatenate([scales, self.scales[-1:]]),
        )


def definite(scales: Floats) -> Floats:
    """Scales, shape ``(k, 4, 4)``, positive definite where rounding has left them short of it."""
    unit = np.sqrt(np.maximum(np.diagonal(scales, axis1=1, axis2=2), MIN_SCALE**2))
    outer = unit[:, :, None] * unit[:, None, :]
    values, vectors = np.linalg.eigh(scales / outer)
    if values.min() > MIN_EIGENVALUE:
        return scales
    mended: Floats = (vectors * np.maximum(values, MIN_EIGENVALUE)[:, None]) @ vectors.swapaxes(1, 2) * outer
    return mended
