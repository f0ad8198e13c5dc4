"""The posterior density in mixture coordinates, in units of the data's own mean and standard deviation.

    u = (logit weight, log k, m, log S),    k = (mu2 - mu1) / sigma
    m = weight mu1 + (1 - weight) mu2,      S^2 = sigma^2 (1 + weight (1 - weight) k^2)

m and S are mean and standard deviation of the whole mixture, which the data fix even where they hardly tell its
components apart. Every u is valid, and du is ``dtheta / (weight (1 - weight) (mu2 - mu1) sigma)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import log_expit

from mixstudy.integral.kernels import add_log_likelihoods
from mixstudy.model import Floats
from mixstudy.prior import MU_SCALES, Prior
from mixstudy.sample import WeightedSample

HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


def from_mixture(u: Floats) -> Floats:
    """Parameters ``(weight, mu1, mu2, sigma)`` at mixture coordinates, shape ``(..., 4)``; likewise."""
    logit, log_k, mean, log_sd = np.moveaxis(u, -1, 0)
    with np.errstate(over="ignore", invalid="ignore"):
        weight, rest, k = np.exp(log_expit(logit)), np.exp(log_expit(-logit)), np.exp(log_k)
        sigma = np.exp(log_sd) / np.sqrt(1 + weight * rest * k * k)
        return np.stack([weight, mean - rest * k * sigma, mean + weight * k * sigma, sigma], axis=-1)


def to_mixture(theta: Floats) -> Floats:
    """Mixture coordinates of parameters, shape ``(..., 4)``, weight strictly between 0 and 1 and ``mu1 < mu2``."""
    weight, mu1, mu2, sigma = np.moveaxis(theta, -1, 0)
    k = (mu2 - mu1) / sigma
    log_sd = np.log(sigma) + np.log1p(weight * (1 - weight) * k * k) / 2
    return np.stack([np.log(weight / (1 - weight)), np.log(k), weight * mu1 + (1 - weight) * mu2, log_sd], axis=-1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Target:
    """What is integrated."""

    t: Floats
    """Standardised points, shape ``(k,)``."""
    weights: Floats
    """How many observations each stands for, shape ``(k,)``."""
    prior: Prior
    """The prior, standard units."""

    @classmethod
    def of(cls, sample: WeightedSample, prior: Prior) -> Target:
        """The target of a sample and of a prior in its units."""
        standard = Prior(centre=(prior.centre - sample.mean) / sample.sd, scale=prior.scale / sample.sd)
        return cls(t=sample.standardised, weights=sample.weights, prior=standard)

    @property
    def n(self) -> float:
        """Number of observations."""
        return float(self.weights.sum())

    def log_density(self, u: Floats) -> Floats:
        """Log of likelihood times prior density in mixture coordinates, shape ``(m, 4)`` to ``(m,)``, nats.

        Minus infinity where a parameter leaves the range of floats.
        """
        theta = from_mixture(u)
        log_weights = np.stack([log_expit(u[:, 0]), log_expit(-u[:, 0])], axis=1)
        mu, sigma = theta[:, 1:3], theta[:, 3]
        scale = self.prior.scale
        with np.errstate(all="ignore"):
            log_sigma = np.log(sigma)
            height = -self.n * (log_sigma + HALF_LOG_TAU)
            add_log_likelihoods(np.concatenate([log_weights, theta[:, 1:]], axis=1), self.t, self.weights, height)
            z = (mu - self.prior.centre) / (MU_SCALES * scale)
            height -= (z * z).sum(axis=1) / 2 + (sigma / scale) ** 2 / 2
            height += log_weights.sum(axis=1) + u[:, 1] + 2 * log_sigma
        height += math.log(4) - 3 * HALF_LOG_TAU - math.log(MU_SCALES**2 * scale**3)
        return np.where(np.isfinite(height), height, -np.inf)
