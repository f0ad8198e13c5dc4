"""Score and observed information are the derivatives of an independent likelihood."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from mixstudy.em.likelihood import covariance, curvature, distance_to_maximum, wald_intervals

T = np.random.default_rng(2).normal(0, 1.5, 60)
WEIGHTS = np.random.default_rng(3).uniform(0.5, 2, 60)
POINTS = [(0.3, -1.0, 1.2, 0.8), (0.05, -2.0, 0.1, 1.3), (0.9, 0.4, 2.5, 0.6)]


def scipy_log_likelihood(theta):
    """The weighted log-likelihood by SciPy's density."""
    weight, mu1, mu2, sigma = theta
    return WEIGHTS @ np.log(weight * norm.pdf(T, mu1, sigma) + (1 - weight) * norm.pdf(T, mu2, sigma))


@pytest.mark.parametrize("theta", POINTS)
def test_score_and_information(theta):
    """Central differences of SciPy's likelihood: steps of 1e-4 err by about 1e-8 in the score, 1e-6 in the Hessian."""
    theta, h = np.array(theta), 1e-4
    steps = h * np.eye(4)
    f = scipy_log_likelihood
    score = [(f(theta + s) - f(theta - s)) / (2 * h) for s in steps]
    hessian = [
        [(f(theta + s + u) - f(theta + s - u) - f(theta - s + u) + f(theta - s - u)) / (4 * h**2) for u in steps]
        for s in steps
    ]
    at = curvature(T, WEIGHTS, theta)
    np.testing.assert_allclose(at.score, score, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(at.information, -np.array(hessian), rtol=1e-4, atol=1e-2)


def test_equal_means_have_no_covariance():
    """Where both means are equal the information is singular: NaN, and infinitely far from a maximum."""
    at = curvature(T, WEIGHTS, np.array([0.4, 0.1, 0.1, 1.5]))
    assert np.isnan(covariance(at)).all()
    assert np.isinf(distance_to_maximum(at))


def test_wald_interval():
    """The 95 % interval reaches 1.959964 standard errors to both sides."""
    ends = wald_intervals(np.array([0.0, 1.0, 2.0, 3.0]), np.ones(4), level=0.95)
    np.testing.assert_allclose(ends - np.arange(4)[:, None], np.tile([-1.959964, 1.959964], (4, 1)), atol=1e-6)
