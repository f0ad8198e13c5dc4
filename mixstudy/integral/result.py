"""What an integral is: weighted draws of the posterior in independent batches, and what they say with their errors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import NamedTuple

import numpy as np

from mixstudy.data.sample import WeightedSample
from mixstudy.model import LABELS, Floats, Parameters, Prior, require_level

BATCHES = 16
"""Independent sets of draws, whose differences are the Monte Carlo error; its own error is then a fifth."""
PRECISE = 0.05
"""Monte Carlo error, in posterior sds, up to which an interval end counts as known."""
LARGE_K = 0.7
"""Pareto k above which importance sampling can't be trusted (Vehtari, Simpson, Gelman, Yao & Gabry 2024)."""
FEWEST = 1000.0
"""Effective draws below which it can't be trusted either."""
LEVEL = 0.95
"""Probability of the intervals by whose ends the precision is judged."""


class IntegralStatus(Enum):
    """Whether the integral can be trusted."""

    TRUSTED = "The posterior was integrated: its draws weigh evenly and every interval end is known."
    IMPRECISE = "The integral is not precise enough: an interval end has a Monte Carlo error above 0.05 posterior sds."
    UNEVEN = "The integral can't be trusted: a few draws carry most of the weight, so part of the posterior is missing."
    NOT_ACCURATE = (
        "The integral can't be trusted: the points of compressed observations are not accurate everywhere in it."
    )


class Estimates(NamedTuple):
    """Numbers and their Monte Carlo errors, arrays of one shape."""

    value: Floats
    """The estimates."""
    error: Floats
    """Their standard errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """A maximum of the posterior density in mixture coordinates (see ``target``)."""

    parameters: Parameters
    """Where it lies, data units."""
    mass: float
    """Share of the posterior that belongs to it."""
    error: float
    """Monte Carlo error of the mass."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Integral:
    """The posterior, integrated; what follows from its draws is found when it is first asked for, and kept."""

    theta: Floats
    """Draws of the parameters, shape ``(m, 4)``, data units, batch after batch."""
    weights: Floats
    """What each counts, shape ``(m,)``, sum 1."""
    log_evidence: float
    """Log marginal likelihood under ``prior``, nats, of the observations in data units."""
    log_evidence_error: float
    """Its Monte Carlo error, nats."""
    modes: tuple[Mode, ...]
    """All modes, the one of the largest mass first."""
    pareto_k: float
    """Tail index of the weights; above 0.7 the integral can't be trusted."""
    ess: float
    """Effective number of draws."""
    accurate: bool
    """Whether the points have the likelihood of all observations wherever there is posterior mass."""
    prior: Prior
    """The prior, data units."""
    sample: WeightedSample
    """The observations."""

    def __post_init__(self) -> None:
        for array in (self.theta, self.weights):
            array.setflags(write=False)

    @cached_property
    def precision(self) -> float:
        """Largest Monte Carlo error of a mean, a standard deviation or an end of a 95 % interval, in posterior sds."""
        errors = np.column_stack([self.means.error, self.sds.error, self.interval().error])
        return float(np.max(errors / self.sds.value[:, None]))

    @cached_property
    def status(self) -> IntegralStatus:
        """Whether it can be trusted."""
        if not self.accurate:
            return IntegralStatus.NOT_ACCURATE
        if not (self.pareto_k <= LARGE_K and self.ess >= FEWEST):
            return IntegralStatus.UNEVEN
        return IntegralStatus.TRUSTED if self.precision <= PRECISE else IntegralStatus.IMPRECISE

    @property
    def trusted(self) -> bool:
        """Whether the status gives no reason for doubt."""
        return self.status is IntegralStatus.TRUSTED

    @cached_property
    def means(self) -> Estimates:
        """Posterior means in the order of the labels, shape ``(4,)``, data units."""
        return Estimates(self.weights @ self.theta, _error(self._batch_moments[0]))

    @cached_property
    def sds(self) -> Estimates:
        """Posterior standard deviations, likewise."""
        variances = np.einsum("bii->bi", self._batch_moments[1])
        return Estimates(np.sqrt(np.diag(self._covariance())), _error(np.sqrt(variances)))

    @property
    def correlations(self) -> Estimates:
        """Posterior correlations, shape ``(4, 4)``."""
        each = np.array([_correlation(covariance) for covariance in self._batch_moments[1]])
        return Estimates(_correlation(self._covariance()), _error(each))

    def interval(self, level: float = LEVEL) -> Estimates:
        """Ends of the equal-tailed credible intervals, shape ``(4, 2)``: a row for each parameter, data units.

        The error of a quantile is that of the distribution function there over the density.

        Raises:
            ValueError: ``level`` is not in (0, 1).
        """
        require_level(level)
        tails, near = np.array([(1 - level) / 2, (1 + level) / 2]), (1 - level) / 8
        below, ends, above = np.split(self.quantiles(np.concatenate([tails - near, tails, tails + near])), 3, axis=1)
        weights, theta = self.weights.reshape(BATCHES, -1), self.theta.reshape(BATCHES, -1, len(LABELS))
        share = np.array(
            [w @ (t[..., None] <= ends).reshape(len(w), -1) / w.sum() for w, t in zip(weights, theta, strict=True)]
        )
        return Estimates(ends, _error(share).reshape(ends.shape) * (above - below) / (2 * near))

    def quantiles(self, probabilities: Floats) -> Floats:
        """Posterior quantiles, shape ``(4, k)``, data units."""
        return np.array([np.interp(probabilities, *each) for each in self._distribution])

    def draws(self, n: int, *, seed: int) -> Floats:
        """Independent draws from the posterior, shape ``(n, 4)``, data units."""
        return self.theta[np.random.default_rng(seed).choice(len(self.weights), n, p=self.weights)]

    @cached_property
    def _distribution(self) -> list[tuple[Floats, Floats]]:
        """Of each parameter the probability below every draw, and the draws in order."""
        found = []
        for values in self.theta.T:
            order = np.argsort(values)
            weights = self.weights[order]
            found.append((np.cumsum(weights) - weights / 2, values[order]))
        return found

    def _covariance(self) -> Floats:
        return _moments(self.theta, self.weights)[1]

    @cached_property
    def _batch_moments(self) -> tuple[Floats, Floats]:
        """Means, shape ``(b, 4)``, and covariances, shape ``(b, 4, 4)``, of the batches."""
        batches = zip(np.split(self.theta, BATCHES), np.split(self.weights, BATCHES), strict=True)
        means, covariances = zip(*(_moments(theta, weights) for theta, weights in batches), strict=True)
        return np.array(means), np.array(covariances)


def _moments(theta: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Mean and covariance of weighted draws."""
    p = weights / weights.sum()
    mean = p @ theta
    centred = theta - mean
    return mean, (p[:, None] * centred).T @ centred


def _correlation(covariance: Floats) -> Floats:
    sd = np.sqrt(np.diag(covariance))
    return np.asarray(covariance / np.outer(sd, sd))


def _error(batches: Floats) -> Floats:
    """Standard error of the mean of independent batches, the first axis."""
    return np.asarray(batches.std(axis=0, ddof=1) / math.sqrt(BATCHES))
