"""Mixture coordinates and the posterior density in them."""

from dataclasses import replace

import numpy as np
import pytest
from oracles import scipy_log_posterior

import mixstudy as ms
from mixstudy.data.sample import default_prior
from mixstudy.integral.target import Target

PLACES = np.array([[0.0, 0.0, 0.0, 0.0], [-6.0, 3.0, 0.3, -0.5], [2.0, -7.0, -0.2, 0.1], [0.7, 1.5, 1.0, -2.0]])
"""Means hardly, well and far apart."""
PRIOR = ms.Prior(centre=0.0, scale=1.0)
TARGETS = [Target(t=np.zeros(4), weights=np.ones(4), prior=PRIOR, g=g) for g in (None, 0.3)]
"""Where g moves with the weight, and where it does not."""


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("u", PLACES)
def test_the_coordinates_and_the_parameters_determine_each_other(u, target):
    """There and back again is where it began."""
    np.testing.assert_allclose(target.to_mixture(target.from_mixture(u)), u, atol=1e-7)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("u", PLACES)
def test_the_jacobian_is_what_the_docstring_says(u, target):
    """The determinant of the derivatives of the parameters, taken numerically."""
    h, at = 1e-5, target.from_mixture
    columns = [(at(u + h * step) - at(u - h * step)) / (2 * h) for step in np.eye(4)]
    weight, mu1, mu2, sigma = at(u)
    determinant = abs(np.linalg.det(np.array(columns)))
    assert determinant == pytest.approx(weight * (1 - weight) * (mu2 - mu1) * sigma, rel=1e-5)


def test_where_the_means_are_close_the_coordinates_are_mean_and_sd_of_the_mixture():
    """Their limits are the moments of the whole mixture."""
    weight, mu1, mu2, sigma = theta = np.array([0.2, -0.01, 0.02, 1.3])
    mean = weight * mu1 + (1 - weight) * mu2
    variance = sigma**2 + weight * (1 - weight) * (mu2 - mu1) ** 2
    np.testing.assert_allclose(TARGETS[0].to_mixture(theta)[2:], [mean, np.log(variance) / 2], atol=1e-6)


@pytest.mark.parametrize("shape", [{}, {"means": 10.0, "sigma": 0.3, "weight": (2.0, 0.7)}])
def test_the_density_is_likelihood_times_prior_times_jacobian(shape):
    """SciPy's densities at random parameters, with the constants of the ordering and of the half-normal."""
    sample = ms.as_sample(ms.simulate(ms.ORIGIN, n=200, seed=0))
    prior = replace(default_prior(sample), **shape)
    target = Target.of(sample, prior)
    for u in np.random.default_rng(1).normal(0, [1, 0.5, 0.1, 0.1], (10, 4)):
        weight, mu1, mu2, sigma = theta = sample.from_standard(target.from_mixture(u))
        expected = scipy_log_posterior(sample.points, sample.weights, prior, theta) + np.log(2)
        expected += np.log(weight * (1 - weight) * (mu2 - mu1) * sigma * sample.sd)  # m is in sds of the data
        found = target.log_density(u[None])[0] - sample.n * np.log(sample.sd)
        assert found == pytest.approx(expected, abs=1e-8)


def test_parameters_beyond_floats_have_no_density():
    """Overflow and underflow give minus infinity, never NaN."""
    target = Target.of(sample := ms.as_sample([0.0, 1.0, 2.0, 5.0]), default_prior(sample))
    wild = np.array([[0, 800, 0, 0], [0, 0, 1e200, 0], [800, 0, 0, 0], [0, 0, 0, 900], [0, 0, 0, -900]], dtype=float)
    found = target.log_density(wild)
    assert not np.isnan(found).any()
    assert (found < -700).all()
