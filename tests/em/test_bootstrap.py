"""The lattice against integrals, refits against EM, the bootstrap against theory."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

import mixstudy as ms
from mixstudy.em.bootstrap import (
    bootstrap_estimates,
    bootstrap_intervals,
    draw_replicates,
    lattice_masses,
    lattice_points,
    refit,
)


@pytest.mark.parametrize("separation", [0.0, 1.5, 5.0, 40.0])
def test_the_lattice_integrates(separation):
    """Mass, moments and a responsibility-like logistic sum to their integrals, to rounding."""
    theta = np.array([0.3, -separation / 2, separation / 2, 1.0])
    points = lattice_points(theta[1:3])
    masses = lattice_masses(points, theta)
    variance = 1 + 0.21 * separation**2
    mean = 0.2 * separation
    assert masses.sum() == pytest.approx(1, abs=1e-13)
    assert masses @ (points - mean) ** 2 == pytest.approx(variance, rel=1e-12)
    if separation <= 5:

        def integrand(x):
            return expit(-separation * x) * (0.3 * norm.pdf(x, theta[1]) + 0.7 * norm.pdf(x, theta[2]))

        expected = quad(integrand, -14, 14, epsabs=1e-13, epsrel=1e-13, limit=500)[0]
        assert masses @ expit(-separation * points) == pytest.approx(expected, abs=1e-11)


def test_refits_are_em_fits():
    """Each replicate's refit is the maximum that EM finds for the same counts."""
    drawn = draw_replicates(ms.Parameters(weight=0.4, mu1=0, mu2=2.5, sigma=1), n=2000, replicates=5, seed=3)
    theta, heights = refit(drawn, drawn.theta[None])
    for row, height, counts in zip(theta, heights, drawn.counts, strict=True):
        seen = counts > 0
        fit = ms.fit_em(ms.as_sample(drawn.points[seen], weights=counts[seen]))
        assert height == pytest.approx(fit.log_likelihood, abs=1e-6)
        np.testing.assert_allclose(row, [*fit.parameters], atol=1e-4)


def test_bootstrap_spread_is_the_standard_error():
    """Well separated, 400 replicates spread as the standard errors say, to four of their Monte Carlo errors (14 %)."""
    fit = ms.fit_em(ms.simulate(ms.ORIGIN, n=5000, seed=6))
    spread = bootstrap_estimates(fit, replicates=400, seed=1).std(axis=0, ddof=1)
    np.testing.assert_allclose(spread, [*fit.standard_errors], rtol=4 / np.sqrt(2 * 400))


def test_bootstrap_intervals_are_wald_for_large_n():
    """And their ends are Wald's to four Monte Carlo errors of a 2.5 % quantile (0.09 standard errors at 2000)."""
    fit = ms.fit_em(ms.simulate(ms.ORIGIN, n=5000, seed=6))
    off = (bootstrap_intervals(fit, replicates=2000, seed=1) - fit.interval()) / np.array([*fit.standard_errors])[
        :, None
    ]
    error = np.sqrt(0.025 * 0.975 / 2000) / norm.pdf(norm.ppf(0.025))
    assert np.abs(off).max() < 4 * error


def test_bootstrap_stays_in_range():
    """Under overlap every replicate stays inside the model and ordered; the same seed gives the same interval."""
    fit = ms.fit_em(ms.simulate(ms.Parameters(weight=0.4, mu1=0, mu2=0.5, sigma=1), n=100, seed=1))
    weight, mu1, mu2, sigma = bootstrap_estimates(fit, seed=1).T
    assert ((weight > 0) & (weight < 1) & (mu1 <= mu2) & (sigma > 0)).all()
    np.testing.assert_array_equal(bootstrap_intervals(fit, seed=1), bootstrap_intervals(fit, seed=1))


def test_a_bad_call_says_why(faithful):
    """Too few replicates are refused with their number."""
    with pytest.raises(ValueError, match=r"replicates must be at least 20, got 5"):
        bootstrap_intervals(ms.fit_em(faithful), replicates=5)
