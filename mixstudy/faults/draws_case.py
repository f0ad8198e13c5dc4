"""Posterior draws to be judged, beside the right answer by EM."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mixstudy.data.sample import WeightedSample, default_prior
from mixstudy.em.asymptotics import expand, identified, merged_variance
from mixstudy.em.fit import EMFit
from mixstudy.faults.steps import exchanged
from mixstudy.model import Floats, log_likelihoods

TRAVELS = 1.0
"""Drift of a chain from its first quarter to its last half, in sds of the last half, that says warm-up."""
AT_REST = 3.0
"""How many times that drift must be what is left within the last half: a slow chain wanders there as well."""
APART = 3.0
"""Distance between means of chains, in sds within chains, that says they are in different places."""
LOOKED_AT = 200
"""Draws whose likelihood is computed: enough for a median."""


class DrawsCase(NamedTuple):
    """Draws, shape ``(chains, draws, 4)``, data units, with what large-sample theory expects of a right posterior."""

    given: Floats
    """As they came."""
    draws: Floats
    """With the labels exchanged wherever mu1 is above mu2."""
    sample: WeightedSample
    fit: EMFit
    slack: float | None
    """How far the log of a right sd over the standard error may be from 0; None where nobody knows."""

    @property
    def errors(self) -> Floats:
        """EM's standard errors, shape ``(4,)``."""
        return np.array(self.fit.standard_errors)

    @property
    def offset(self) -> Floats:
        """Posterior mean less EM's estimate, in standard errors, shape ``(4,)``."""
        return np.asarray((self.draws.mean(axis=(0, 1)) - self.fit.parameters.array) / self.errors)

    @property
    def ratio(self) -> Floats:
        """Posterior sd over standard error, shape ``(4,)``."""
        return np.asarray(self.draws.std(axis=(0, 1)) / self.errors)

    @property
    def travel(self) -> Floats:
        """Drift from the first quarter to the last half, sds, shape ``(chains, 4)``; 0 where a chain is at rest."""
        half, quarter = self.draws.shape[1] // 2, self.draws.shape[1] // 4
        late = self.draws[:, half:]
        within = self._within()
        found = np.abs(self.draws[:, :quarter].mean(axis=1) - late.mean(axis=1)) / within
        rest = np.abs(late[:, :quarter].mean(axis=1) - late[:, quarter:].mean(axis=1)) / within
        return found if found.max() > max(TRAVELS, AT_REST * rest.max()) else np.zeros_like(found)

    @property
    def apart(self) -> Floats:
        """Largest distance between the chains' means, sds within chains, shape ``(4,)``."""
        return np.asarray(np.ptp(self.draws[:, self.draws.shape[1] // 2 :].mean(axis=1), axis=0) / self._within())

    def _within(self) -> Floats:
        within = self.draws[:, self.draws.shape[1] // 2 :].std(axis=1).mean(axis=0)
        return np.asarray(np.maximum(within, 1e-300))

    @property
    def mixed(self) -> bool:
        """Whether the chains are at rest in one place, so that their means and sds say something."""
        return not (self.travel.any() or self.apart.max() > APART)

    @property
    def deficit(self) -> float:
        """Median log-likelihood of the draws below the maximum, nats; about 2 for a right posterior of any n."""
        return deficit(self.draws, self.fit)


def deficit(draws: Floats, fit: EMFit) -> float:
    """Median log-likelihood of draws below the maximum, nats; infinite where most are no parameters."""
    flat = draws.reshape(-1, 4)
    flat = flat[np.linspace(0, len(flat) - 1, min(LOOKED_AT, len(flat))).astype(int)]
    valid = np.isfinite(flat).all(axis=1) & (flat[:, 0] > 0) & (flat[:, 0] < 1) & (flat[:, 3] > 0)
    if valid.mean() <= 0.5:  # noqa: PLR2004  (a median)
        return math.inf
    with np.errstate(all="ignore"):
        heights = log_likelihoods(fit.sample.points, flat[valid], weights=fit.sample.weights)
    below = np.concatenate([fit.log_likelihood - heights, np.full(int((~valid).sum()), math.inf)])
    return float(np.median(np.where(np.isnan(below), math.inf, below)))


def ordered(draws: Floats) -> Floats:
    """The draws with the labels exchanged wherever mu1 is above mu2, shape ``(chains, draws, 4)``."""
    return np.where((draws[:, :, 1] > draws[:, :, 2])[:, :, None], exchanged(draws), draws)


def make_draws_case(draws: Floats, sample: WeightedSample, fit: EMFit) -> DrawsCase:
    """Put draws in order, beside what is expected of them."""
    return DrawsCase(draws, ordered(draws), sample, fit, _slack(fit))


def _slack(fit: EMFit) -> float | None:
    if not np.isfinite(fit.covariance).all():
        return None
    prior = default_prior(fit.sample)
    found = expand(fit.sample, fit.parameters.array, prior)
    known = identified(found.shift, merged_variance(fit, prior))
    return float(np.max(np.abs(found.shift))) + found.beyond if known else None
