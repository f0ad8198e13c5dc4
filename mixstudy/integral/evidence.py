"""Two components against one by their evidence: a Bayes factor, with the prior named and how it depends on its scale.

The prior of one component is that of two as far as it goes: ``mu ~ Normal(centre, mu_scale)``, ``sigma ~
HalfNormal(sigma_scale)``. The mean is integrated in closed form and sigma by the trapezoidal rule in its logarithm:

    p(x | sigma) = (2 pi sigma^2)^(-(n-1)/2) n^(-1/2) exp(-(n-1) s^2 / (2 sigma^2)) N(mean; centre, tau^2 + sigma^2 / n)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logsumexp
from scipy.stats import halfnorm, norm

from mixstudy.data.sample import WeightedSample
from mixstudy.integral.result import Integral
from mixstudy.model import Prior

SCALES = (0.5, 2.0)
"""Other scales of the prior, in multiples of its own, at which the Bayes factor is computed as well."""
NODES, WIDTH = 400, 14.0
"""Points of the trapezoidal rule, and how many standard deviations of log sigma it reaches to either side."""
EVEN = math.log(3.0)
"""Bayes factor up to which the evidence is hardly worth mentioning (Kass & Raftery 1995)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BayesFactor:
    """Two components against one."""

    log_factor: float
    """Log evidence of two components less that of one, nats."""
    error: float
    """Its Monte Carlo error, nats."""
    prior: Prior
    """The prior, data units."""
    by_scale: tuple[tuple[float, float], ...]
    """Multiples of the prior's scale, and the log Bayes factor under each, nats."""

    @property
    def sentence(self) -> str:
        """The answer in words."""
        says = "hardly distinguishes one component from two"
        if abs(self.log_factor) > EVEN:
            says = f"is for {'two components' if self.log_factor > 0 else 'one component'}"
        others = ", ".join(f"{value:+.4g} at {scale:g} times the prior's scale" for scale, value in self.by_scale)
        weight, mean, _, sigma = self.prior.lines()
        prior = f"{mean} for every mean, {sigma}, {weight}"
        return (
            f"The evidence {says}: the log Bayes factor of two components to one is {self.log_factor:+.4g} nats (error "
            f"{self.error:.1g}) under the prior {prior}; {others}."
        )


def bayes_factor(integral: Integral) -> BayesFactor:
    """Two components against one, under the integral's prior and under that of other scales."""
    sample, prior = integral.sample, integral.prior
    found = []
    for scale in SCALES:
        other = replace(prior, scale=scale * prior.scale)
        found.append((scale, log_evidence_under(other, integral) - log_evidence_of_one(sample, other)))
    return BayesFactor(
        log_factor=integral.log_evidence - log_evidence_of_one(sample, prior),
        error=integral.log_evidence_error,
        prior=prior,
        by_scale=tuple(found),
    )


def log_evidence_under(other: Prior, integral: Integral) -> float:
    """Log evidence under another prior, nats: that of the integral times the posterior mean of their ratio."""
    counts = integral.weights > 0
    theta, weights = integral.theta[counts], integral.weights[counts]
    ratio = other.log_density(theta) - integral.prior.log_density(theta)
    return integral.log_evidence + float(logsumexp(ratio, b=weights))


def log_evidence_of_one(sample: WeightedSample, prior: Prior) -> float:
    """Log marginal likelihood of a single normal distribution, nats."""
    n, mean, sd = sample.n, sample.mean, sample.sd
    pull = (sd / prior.sigma_scale) ** 2
    mode = 2 * (n - 1) / (n - 2 + math.sqrt((n - 2) ** 2 + 4 * pull * (n - 1)))  # of sigma^2, in that of the data
    reach = WIDTH / math.sqrt(2 * n + 4 * pull * mode)
    log_sigma = np.log(sd) + np.log(mode) / 2 + np.linspace(-min(reach, 3.0), reach, NODES)
    sigma = np.exp(log_sigma)
    heights = -(n - 1) / 2 * (math.log(2 * math.pi) + 2 * log_sigma) - math.log(n) / 2
    heights -= (n - 1) / 2 * (sd / sigma) ** 2
    heights += norm.logpdf(mean, prior.centre, np.hypot(prior.mu_scale, sigma / math.sqrt(n)))
    heights += halfnorm.logpdf(sigma, scale=prior.sigma_scale) + log_sigma
    return float(logsumexp(heights) + math.log(log_sigma[1] - log_sigma[0]))
