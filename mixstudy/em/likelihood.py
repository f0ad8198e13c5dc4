r"""Score, observed information and what follows from them: standard errors, Wald intervals, distance to the maximum.

With ``r`` the responsibility of component 1, the per-observation score is ``r u1 + (1 - r) u2``, ``u`` being the
complete-data scores, and the observed information is the complete-data information less what the unknown labels take
away (Louis 1982):

    I = sum r H1 + (1 - r) H2  -  sum r (1 - r) d d',    d = u1 - u2.

Because sigma is shared, ``d`` is linear in x, so that ``sum r (1 - r) x^k`` for k = 0, 1, 2 is all it takes.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from mixstudy.em import algorithm
from mixstudy.em.algorithm import Expectation
from mixstudy.model import Floats, require_level


class PerParameter(NamedTuple):
    """One number for each parameter."""

    weight: float
    mu1: float
    mu2: float
    sigma: float


class Curvature(NamedTuple):
    """First and second derivatives of the log-likelihood at one point."""

    score: Floats
    """Gradient in ``(weight, mu1, mu2, sigma)``, shape ``(4,)``."""
    information: Floats
    """Observed information, minus the Hessian, shape ``(4, 4)``."""
    complete: Floats
    """Diagonal of the information there would be if the labels were known, always above 0, shape ``(4,)``."""


def log_odds(t: Floats, theta: Floats) -> Floats:
    """Log-odds of component 1, linear in ``t`` and written about the midpoint so that nothing cancels."""
    weight, mu1, mu2, sigma = theta
    slope = float((mu1 - mu2) / sigma**2)
    return math.log(weight / (1 - weight)) + slope * (t - float(mu1 + mu2) / 2)


def expectation(t: Floats, weights: Floats, theta: Floats) -> Expectation:
    """The E-step's sums over the weighted points ``t`` at ``theta = (weight, mu1, mu2, sigma)``."""
    sums: Expectation = algorithm.e_step(t, weights, theta)
    return sums


def curvature(t: Floats, weights: Floats, theta: Floats) -> Curvature:
    """Score and information of the weighted points ``t`` at ``theta = (weight, mu1, mu2, sigma)``."""
    return curvature_from(expectation(t, weights, theta), theta)


def curvature_from(expected: Expectation, theta: Floats) -> Curvature:
    """Score and information at ``theta`` from the E-step's sums there."""
    return Curvature(*algorithm.derivatives(expected, theta))


def covariance(at: Curvature) -> Floats:
    """Inverse of the observed information, shape ``(4, 4)``; all NaN where the point is no maximum.

    The information is taken relative to the complete-data information, whose share left at the least is what makes
    EM converge; where that can't be told from none it is singular, as where both means are equal.
    """
    inverse: Floats = algorithm.covariance(at.information, at.complete, np.zeros(4, dtype=np.bool_))
    return inverse


def distance_to_maximum(at: Curvature) -> float:
    """Estimated distance to the maximum in standard errors, ``sqrt(g' I^-1 g)``; infinite where there is none near."""
    squared = float(at.score @ covariance(at) @ at.score)
    return math.inf if math.isnan(squared) else math.sqrt(max(squared, 0.0))


def wald_intervals(estimate: Floats, standard_errors: Floats, *, level: float) -> Floats:
    """Wald intervals ``estimate -+ z * standard error``, shape ``(4, 2)``: lower and upper ends, data units.

    Raises:
        ValueError: It is no probability that an interval can have.
    """
    require_level(level)
    reach = float(ndtri((1 + level) / 2)) * standard_errors
    return np.column_stack([estimate - reach, estimate + reach])
