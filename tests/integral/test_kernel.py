"""The compiled loops against SciPy."""

import numpy as np
import pytest
from scipy import stats

from mixstudy.integral.kernel import FREEDOM, add_densities, add_log_likelihoods, add_moments
from mixstudy.integral.proposal import PEAK, Proposal


@pytest.fixture
def rng():
    """A generator."""
    return np.random.default_rng(0)


def scipy_log_likelihood(row, t, weights):
    """Log-likelihood less its constant, by SciPy."""
    log1, log2, mu1, mu2, sigma = row
    lower, upper = stats.norm.logpdf(t, mu1, sigma) + log1, stats.norm.logpdf(t, mu2, sigma) + log2
    return weights @ np.logaddexp(lower, upper) + weights.sum() * (np.log(sigma) + np.log(2 * np.pi) / 2)


@pytest.mark.parametrize("weight", [0.5, 0.01, 1e-12])
@pytest.mark.parametrize(("apart", "sigma"), [(0.001, 1.0), (1.0, 0.7), (4.0, 0.05), (300.0, 1.0)])
def test_the_log_likelihood_is_scipys(rng, weight, apart, sigma):
    """Means hardly or far apart, weights even or tiny, a sigma of any size: the same number, to rounding."""
    t, weights = rng.normal(size=200), rng.uniform(-0.1, 3, 200)
    row = np.array([np.log(weight), np.log1p(-weight), -apart / 2, apart / 2, sigma])
    found = np.zeros(1)
    add_log_likelihoods(row[None], t, weights, found)
    np.testing.assert_allclose(found[0], scipy_log_likelihood(row, t, weights), rtol=1e-12, atol=1e-10)


def test_the_log_likelihood_of_an_observation_is_right_everywhere(rng):
    """No log-odds, from 0 to far beyond a float's precision, has an error above 2e-14 nats."""
    for odds in np.concatenate([[0.0], 10.0 ** rng.uniform(-6, 2.5, 200)]):
        found = np.zeros(1)
        add_log_likelihoods(np.array([[-odds, 0.0, 0.0, 0.0, 1.0]]), np.zeros(1), np.ones(1), found)
        assert found[0] == pytest.approx(np.log1p(np.exp(-odds)), abs=2e-14)


def test_the_density_is_that_of_scipys_multivariate_t(rng):
    """A mixture of two multivariate t has the density that SciPy gives it."""
    u, root = rng.normal(size=(50, 4)), rng.normal(size=(2, 4, 4))
    proposal = Proposal(shares=np.array([0.3, 0.7]), means=rng.normal(size=(2, 4)), scales=root @ root.swapaxes(1, 2))
    parts = zip(proposal.shares, proposal.means, proposal.scales, strict=True)
    expected = sum(share * stats.multivariate_t.pdf(u, mean, scale, df=FREEDOM) for share, mean, scale in parts)
    np.testing.assert_allclose(proposal.density(u), expected, rtol=1e-10)


def test_the_moments_of_one_component_are_weighted_sums(rng):
    """One component takes all the weight, and the sums about its mean are those of a t's EM step."""
    u, p = rng.normal(size=(30, 4)), rng.uniform(size=30)
    first, second = np.zeros((1, 6)), np.zeros((1, 4, 4))
    add_moments(u, p, np.array([PEAK]), np.zeros((1, 4)), np.eye(4)[None], first, second)
    counted = p * (FREEDOM + 4) / (FREEDOM + (u**2).sum(axis=1))
    np.testing.assert_allclose(first[0], [p.sum(), counted.sum(), *(counted @ u)])
    np.testing.assert_allclose(second[0], np.tril((counted[:, None] * u).T @ u))


def test_sums_are_added(rng):
    """What stands in the output stays, and the new sums are added to it."""
    out = np.ones(5)
    add_densities(rng.normal(size=(5, 4)), np.zeros(1), np.zeros((1, 4)), np.eye(4)[None], out)
    np.testing.assert_array_equal(out, 1)
