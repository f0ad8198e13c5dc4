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

from mixstudy.em.kernel import expected_sums
from mixstudy.model import Floats

MIN_SHARE = 1e-10
"""Smallest share of the complete-data information that is told from rounding (1e-16 per sum, times a margin)."""


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


class Expectation(NamedTuple):
    """What an E-step sums over the weighted points: ``z = (t - mu) / sigma``, ``v`` likewise from the midpoint."""

    n1: float
    """Expected count of component 1, sum of ``w r``."""
    n2: float
    """Expected count of component 2, sum of ``w (1 - r)``."""
    first1: float
    """Sum of ``w r z1``."""
    first2: float
    """Sum of ``w (1 - r) z2``."""
    second: float
    """Sum of ``w r z1^2 + w (1 - r) z2^2``."""
    lost0: float
    """Sum of ``w r (1 - r)``."""
    lost1: float
    """Sum of ``w r (1 - r) v``."""
    lost2: float
    """Sum of ``w r (1 - r) v^2``."""
    squares: float
    """Residual sum of squares about the new means: residuals, so that nothing cancels where sigma is small."""
    log_likelihood: float
    """At ``theta``, nats, the larger component taken out first: ``log f = log(larger) + log(1 + exp(-|log-odds|))``."""


def expectation(t: Floats, weights: Floats, theta: Floats) -> Expectation:
    """The E-step's sums over the weighted points ``t`` at ``theta = (weight, mu1, mu2, sigma)``.

    Because sigma is shared, the log-odds are linear, and a responsibility is one logistic of them.
    """
    return Expectation(*expected_sums(t, weights, theta))


def curvature(t: Floats, weights: Floats, theta: Floats) -> Curvature:
    """Score and information of the weighted points ``t`` at ``theta = (weight, mu1, mu2, sigma)``."""
    return curvature_from(expectation(t, weights, theta), theta)


def curvature_from(expected: Expectation, theta: Floats) -> Curvature:
    """Score and information at ``theta`` from the E-step's sums there."""
    weight, _, _, sigma = theta.tolist()
    n1, n2, first1, first2, second = expected[:5]
    n = n1 + n2
    score = np.array([n1 / weight - n2 / (1 - weight), first1 / sigma, first2 / sigma, (second - n) / sigma])
    known = np.diag(
        [n1 / weight**2 + n2 / (1 - weight) ** 2, n1 / sigma**2, n2 / sigma**2, (3 * second - n) / sigma**2]
    )
    known[1, 3] = known[3, 1] = 2 * first1 / sigma**2
    known[2, 3] = known[3, 2] = 2 * first2 / sigma**2
    complete = n * np.array([1 / (weight * (1 - weight)), weight / sigma**2, (1 - weight) / sigma**2, 2 / sigma**2])
    return Curvature(score, known - _missing(expected, theta), complete)


def _missing(expected: Expectation, theta: Floats) -> Floats:
    """Information lost with the labels: sum of ``w r (1 - r) d d'``, ``d = intercept + slope v``."""
    weight, mu1, mu2, sigma = theta.tolist()
    gap = (mu2 - mu1) / sigma
    d: Floats = np.array(
        [
            [1 / (weight * (1 - weight)), gap / (2 * sigma), gap / (2 * sigma), 0.0],
            [0.0, 1 / sigma, -1 / sigma, 2 * gap / sigma],
        ]
    )
    moments = np.array([[expected.lost0, expected.lost1], [expected.lost1, expected.lost2]])
    missing: Floats = d.T @ moments @ d
    return missing


def covariance(at: Curvature) -> Floats:
    """Inverse of the observed information, shape ``(4, 4)``; all NaN where the point is no maximum.

    The information is taken relative to the complete-data information, whose share left at the least is what makes
    EM converge; below ``MIN_SHARE`` it can't be told from singular, as where both means are equal.
    """
    unit = 1 / np.sqrt(at.complete)
    shares, directions = np.linalg.eigh(at.information * np.outer(unit, unit))
    if not shares[0] > MIN_SHARE:
        return np.full((4, 4), math.nan)
    half = directions / np.sqrt(shares) * unit[:, None]
    return half @ half.T


def distance_to_maximum(at: Curvature) -> float:
    """Estimated distance to the maximum in standard errors, ``sqrt(g' I^-1 g)``; infinite where there is none near."""
    squared = float(at.score @ covariance(at) @ at.score)
    return math.inf if math.isnan(squared) else math.sqrt(max(squared, 0.0))


def wald_intervals(estimate: Floats, standard_errors: Floats, *, level: float) -> Floats:
    """Wald intervals ``estimate -+ z * standard error``, shape ``(4, 2)``: lower and upper ends, data units.

    Args:
        estimate: The four estimates.
        standard_errors: Their standard errors.
        level: Coverage aimed at, in (0, 1).
    """
    reach = float(ndtri((1 + level) / 2)) * standard_errors
    return np.column_stack([estimate - reach, estimate + reach])
