"""The evidence of one component and the Bayes factor."""

import dataclasses
from dataclasses import replace

import numpy as np
import pytest
from integral.reference import DATA_SETS
from scipy import stats
from scipy.special import logsumexp

import mixstudy as ms
from mixstudy.data.sample import default_prior
from mixstudy.integral.evidence import bayes_factor, log_evidence_of_one, log_evidence_under
from mixstudy.integral.integrate import integrate

SHAPES = [{}, *({"means": means, "sigma": sigma} for means, sigma in ((0.3, 0.4), (5.0, 2.0), (0.05, 0.02)))]
"""Priors, in standard deviations of the data: the default, narrow, wide, and one that outweighs the data."""


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [4, 12, 60])
def test_the_evidence_of_one_component_is_the_sum_over_a_lattice(n, shape):
    """SciPy's densities on a lattice of mean and log sigma; the trapezoidal rule converges faster than any power."""
    sample = ms.as_sample(np.random.default_rng(n).normal(3, 2, n))
    prior = replace(default_prior(sample), **shape)
    mu, log_sigma = np.arange(-40, 40, 0.02), np.arange(-4, 5, 0.02)[:, None]
    sigma = np.exp(log_sigma)
    heights = stats.norm.logpdf(mu, 0, prior.means) + stats.halfnorm.logpdf(sigma, scale=prior.sigma) + log_sigma
    for each in sample.standardised:
        heights += stats.norm.logpdf(each, mu, sigma)
    expected = logsumexp(heights) + 2 * np.log(0.02) - n * np.log(sample.sd)
    assert log_evidence_of_one(sample, prior) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("n", [20_000, 2_000_000])
def test_the_evidence_of_one_component_of_many_observations_is_laplaces(n):
    """With many observations Laplace's approximation is exact to order 1 / n."""
    sample = ms.as_sample(np.random.default_rng(0).normal(size=n))
    prior = default_prior(sample)
    peak = stats.norm.logpdf(sample.points, sample.mean, sample.sd).sum()
    peak += stats.norm.logpdf(sample.mean, prior.centre, 2.5 * prior.scale) + stats.halfnorm.logpdf(
        sample.sd, scale=prior.scale
    )
    volume = np.log(2 * np.pi) + 2 * np.log(sample.sd) - np.log(sample.n) - np.log(2) / 2
    assert log_evidence_of_one(sample, prior) == pytest.approx(peak + volume, abs=1e-3)


def test_separated_components_are_two_and_a_single_normal_is_one():
    """The Bayes factor is for what the data were drawn from, and says under which prior."""
    two, one = (bayes_factor(integrate(DATA_SETS[name]())) for name in ("Old Faithful", "one component"))
    assert two.log_factor > 50
    assert "for two components" in two.sentence
    assert one.log_factor < 1
    assert "HalfNormal" in one.sentence


def test_a_wider_prior_costs_the_second_component_more():
    """Of two components the second pays for the width of its prior: Lindley's paradox."""
    found = bayes_factor(integrate(DATA_SETS["one component"]()))
    (_, narrow), (_, wide) = found.by_scale
    assert narrow > found.log_factor > wide


@pytest.mark.parametrize("scale", [0.5, 2.0])
@pytest.mark.parametrize("name", ["Old Faithful", "galaxies", "one component", "n = 12", "weak"])
def test_the_evidence_under_another_prior_is_that_of_an_integral_of_its_own(name, scale):
    """Draws weighed anew give the evidence under another scale to a hundredth of a nat."""
    sample = ms.as_sample(DATA_SETS[name]())
    prior = default_prior(sample)
    other = dataclasses.replace(prior, scale=scale * prior.scale)
    own = integrate(sample, prior=other)
    assert log_evidence_under(other, integrate(sample, prior=prior)) == pytest.approx(own.log_evidence, abs=0.01)
