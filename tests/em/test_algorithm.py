"""The E-step's sums and the M-step's maximum, against SciPy."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import norm

from mixstudy.em.algorithm import covariance, derivatives, e_step, m_step

T = np.random.default_rng(2).normal(0, 1.5, 101)
WEIGHTS = np.random.default_rng(3).uniform(0.5, 2, 101)
FREE = np.zeros(4, dtype=bool)
ORDINARY, SWAPPED, TIGHT, EMPTY = (0.3, -1.0, 1.2, 0.8), (0.6, 2.0, -1.0, 1.1), (0.4, -1.0, 1.0, 1e-9), (1e-9, -9, 0, 1)


@pytest.mark.parametrize("theta", [ORDINARY, SWAPPED, TIGHT, EMPTY])
def test_the_sums_are_scipys(theta):
    """Counts, moments and what the labels lose, from SciPy's logistic (none below exp(-700)); its normal density."""
    weight, mu1, mu2, sigma = theta
    z1, z2, v = (T - mu1) / sigma, (T - mu2) / sigma, (T - (mu1 + mu2) / 2) / sigma
    odds = np.log(weight / (1 - weight)) + (mu1 - mu2) / sigma * v
    r1, r2 = expit(odds), expit(-odds)
    lost = WEIGHTS * r1 * r2
    first, second = norm.logpdf(T, mu1, sigma), norm.logpdf(T, mu2, sigma)
    expected = [WEIGHTS @ r1, WEIGHTS @ r2, WEIGHTS @ (r1 * z1), WEIGHTS @ (r2 * z2)]
    expected += [WEIGHTS @ (r1 * z1**2 + r2 * z2**2), lost.sum(), lost @ v, lost @ v**2]
    expected += [WEIGHTS @ np.logaddexp(np.log(weight) + first, np.log1p(-weight) + second)]
    np.testing.assert_allclose(e_step(T, WEIGHTS, np.array(theta)), expected, rtol=1e-12, atol=1e-280)


@pytest.mark.parametrize("held", [[], [0], [1], [2], [3], [1, 2]])
def test_the_m_step_is_the_maximum(held):
    """No other parameters give more expected complete-data log-likelihood; those that are held stay."""
    theta, free = np.array(ORDINARY), np.delete(np.arange(4), held)
    odds = np.log(0.3 / 0.7) - (theta[2] - theta[1]) / theta[3] ** 2 * (T - theta[1:3].mean())
    r = WEIGHTS * expit(odds), WEIGHTS * expit(-odds)

    def put(values):
        full = theta.copy()
        full[free] = values
        return full

    def minus_q(values):
        weight, mu1, mu2, sigma = put(values)
        first, second = norm.logpdf(T, mu1, sigma), norm.logpdf(T, mu2, sigma)
        return -r[0] @ (np.log(weight) + first) - r[1] @ (np.log(1 - weight) + second)

    after = m_step(e_step(T, WEIGHTS, theta), theta, np.isin(np.arange(4), held))
    best = put(minimize(minus_q, theta[free], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}).x)
    np.testing.assert_allclose(after, best, atol=1e-6)
    np.testing.assert_array_equal(after[held], theta[held])


def test_the_covariance_of_what_is_free():
    """It is the inverse of the free block, by NumPy, and 0 for what is held."""
    theta = np.array((0.4, -1.0, 2.0, 0.9))
    score, information, complete = derivatives(e_step(T, WEIGHTS, theta), theta)
    assert score.shape == (4,)
    information = information @ information.T  # positive definite, whatever the data
    np.testing.assert_allclose(covariance(information, complete, FREE), np.linalg.inv(information), rtol=1e-9)
    for held in range(4):
        inverse = covariance(information, complete, np.arange(4) == held)
        block = np.delete(np.delete(inverse, held, 0), held, 1)
        expected = np.linalg.inv(np.delete(np.delete(information, held, 0), held, 1))
        np.testing.assert_allclose(block, expected, rtol=1e-9)
        assert not inverse[held].any()
