r"""The posterior density in mixture coordinates, in units of the data's own mean and standard deviation.

    u = (logit weight, log k, m, log S),    k = (mu2 - mu1) / sigma
    m = g mu1 + (1 - g) mu2,                S^2 = sigma^2 (1 + weight (1 - weight) k'^2)

Where the means are close, g is the weight and k' is k: m and S are mean and standard deviation of the whole mixture,
which the data fix even where they hardly tell its components apart. Where the means are far apart the data fix sigma
and the mean of the larger component instead, and so

    logit g = sqrt(1 + (k/4)^2) logit weight,    k'^2 = k^2 / (1 + (k/4)^2).

Where they are so far apart that there is no doubt which observation belongs to which component, the data fix both means
to a small part of their distance. Then m and S must not move with the weight at all: g is a constant, the likeliest
weight, and k' is 0.

Every u is valid, and ``dtheta = weight (1 - weight) (mu2 - mu1) sigma du`` whatever functions of weight and k stand for
g and k', since they only shift both means together, and log sigma.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, log_expit

from mixstudy.data.sample import WeightedSample
from mixstudy.integral.kernel import add_log_likelihoods
from mixstudy.model import Floats, Prior

FAR = 4.0
"""Ratio k about which the data begin to fix the components rather than the mixture."""
HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Target:
    """What is integrated."""

    t: Floats
    """Standardised points, shape ``(k,)``."""
    weights: Floats
    """How many observations each stands for, shape ``(k,)``."""
    prior: Prior
    """The prior, standard units."""
    g: float | None = None
    """The constant of the docstring above, in (0, 1); None where g moves with the weight."""

    @classmethod
    def of(cls, sample: WeightedSample, prior: Prior) -> Target:
        """The target of a sample and of a prior in its units."""
        standard = prior.standardised(centre=sample.mean, scale=sample.sd)
        return cls(t=sample.standardised, weights=sample.weights, prior=standard)

    @property
    def n(self) -> float:
        """Number of observations."""
        return float(self.weights.sum())

    def from_mixture(self, u: Floats) -> Floats:
        """Parameters ``(weight, mu1, mu2, sigma)`` at mixture coordinates, shape ``(..., 4)``; likewise."""
        logit, log_k, m, log_s = np.moveaxis(u, -1, 0)
        with np.errstate(over="ignore", invalid="ignore"):
            k, g, stretch = self._ratio(logit, log_k)
            sigma = np.exp(log_s) / stretch
            return np.stack([np.exp(log_expit(logit)), m - (1 - g) * k * sigma, m + g * k * sigma, sigma], axis=-1)

    def to_mixture(self, theta: Floats) -> Floats:
        """Mixture coordinates of parameters, shape ``(..., 4)``, weight strictly between 0 and 1 and ``mu1 < mu2``."""
        weight, mu1, mu2, sigma = np.moveaxis(theta, -1, 0)
        logit, log_k = np.log(weight / (1 - weight)), np.log((mu2 - mu1) / sigma)
        _, g, stretch = self._ratio(logit, log_k)
        return np.stack([logit, log_k, g * mu1 + (1 - g) * mu2, np.log(sigma * stretch)], axis=-1)

    def _ratio(self, logit: Floats, log_k: Floats) -> tuple[Floats, Floats, Floats]:
        """Of the docstring above k, g and ``S / sigma``."""
        k, far = np.exp(log_k), 1 + np.exp(2 * log_k) / FAR**2
        if self.g is not None:
            return k, np.full_like(k, self.g), np.ones_like(k)
        spread = np.exp(log_expit(logit) + log_expit(-logit)) * k * k / far
        return k, np.exp(log_expit(np.sqrt(far) * logit)), np.sqrt(1 + spread)

    def log_density(self, u: Floats) -> Floats:
        """Log of likelihood times prior density in mixture coordinates, shape ``(m, 4)`` to ``(m,)``, nats.

        Minus infinity where a parameter leaves the range of floats.
        """
        theta, prior = self.from_mixture(u), self.prior
        log_weights = np.stack([log_expit(u[:, 0]), log_expit(-u[:, 0])], axis=1)
        with np.errstate(all="ignore"):
            log_sigma = np.log(theta[:, 3])
            height = -self.n * (log_sigma + HALF_LOG_TAU)
            add_log_likelihoods(np.concatenate([log_weights, theta[:, 1:]], axis=1), self.t, self.weights, height)
            z = (theta[:, 1:3] - prior.centre) / prior.mu_scale
            height -= (z * z).sum(axis=1) / 2 + (theta[:, 3] / prior.sigma_scale) ** 2 / 2
            height += log_weights @ np.array(prior.weight) + u[:, 1] + 2 * log_sigma
        height += math.log(4) - 3 * HALF_LOG_TAU - 2 * math.log(prior.mu_scale) - math.log(prior.sigma_scale)
        height -= betaln(*prior.weight)
        return np.where(np.isfinite(height), height, -np.inf)
