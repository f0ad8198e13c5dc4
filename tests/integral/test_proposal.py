"""The mixture that the integrator draws from, and how it learns."""

import numpy as np
import pytest
from scipy import stats

import mixstudy as ms
from mixstudy.data.sample import default_prior
from mixstudy.integral.adaptation import STEADY, tempered, tilted, with_births
from mixstudy.integral.proposal import DEFENSIVE, Proposal
from mixstudy.integral.target import Target


@pytest.fixture
def proposal():
    """Two components and a wide one."""
    means = np.array([[0.0, 0, 0, 0], [3, 1, 0, -1], [0, 0, 0, 0]])
    return Proposal(
        shares=np.array([0.5, 0.4, 0.1]), means=means, scales=np.array([np.eye(4), 0.3 * np.eye(4), 9 * np.eye(4)])
    )


def test_draws_have_the_density(proposal):
    """Along any direction the draws follow the mixture's distribution function."""
    u = proposal.draw(4096, seed=np.random.default_rng(0))
    along = np.array([0.5, -0.5, 0.1, 0.7])
    parts = list(zip(proposal.shares, proposal.means @ along, np.sqrt(along @ proposal.scales @ along), strict=True))

    def distribution(x):
        return sum(share * stats.t.cdf((x - mean) / scale, 6) for share, mean, scale in parts)

    assert stats.kstest(u @ along, distribution).pvalue > 0.01


def test_draws_are_the_same_under_a_seed_and_differ_under_another(proposal):
    """The generator decides."""
    one, same, other = (proposal.draw(64, seed=np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.isclose(one, other).any()


def test_a_step_of_the_fit_raises_the_likelihood(proposal):
    """EM's theorem: the likelihood of weighted draws never falls, the wide component and the prior apart."""
    rng = np.random.default_rng(3)
    u = rng.multivariate_normal([1, 0, 0, 0], np.diag([4, 1, 0.5, 0.2]), 5000)
    p = rng.dirichlet(np.ones(5000))
    heights = []
    for _ in range(6):
        heights.append(p @ np.log(proposal.density(u)))
        proposal = proposal.fitted(u, p)
    assert (np.diff(heights) > -1e-3).all()
    assert heights[-1] > heights[0] + 0.5


def test_the_wide_component_never_changes(proposal):
    """Whatever the draws say, a tenth of the proposal stays wide."""
    u = np.random.default_rng(4).normal(size=(500, 4))
    fitted = proposal.fitted(u, np.full(500, 1 / 500))
    assert fitted.shares[-1] == DEFENSIVE
    np.testing.assert_array_equal(fitted.scales[-1], proposal.scales[-1])


def test_components_are_added_where_the_weights_are_largest(proposal):
    """The new components lie at draws of large weight."""
    u = np.random.default_rng(5).normal(size=(1000, 4))
    heavy = u[:, 0] > 2
    p = np.where(heavy, 100.0, 1.0)
    grown = with_births(proposal, u, p / p.sum(), components=8)
    assert grown.shares.size == 9
    assert grown.shares.sum() == pytest.approx(1)
    assert (grown.means[2:-1, 0] > 2).mean() > 0.8


def test_tempered_weights_leave_enough_effective_draws():
    """Weights carried by one draw are flattened just so far; even ones stay as they are."""
    rng = np.random.default_rng(6)
    wild, even = rng.normal(0, 30, 5000), rng.normal(0, 0.1, 5000)
    assert 1 / (tempered(wild) @ tempered(wild)) == pytest.approx(STEADY, rel=0.01)
    np.testing.assert_allclose(tempered(even), np.exp(even) / np.exp(even).sum())


def test_the_tilt_favours_the_tails():
    """Draws far from the mean count more than for the posterior itself, near ones less."""
    u = np.random.default_rng(7).normal(0, [1, 0.3, 0.1, 0.1], (2000, 4))
    target = Target.of(sample := ms.as_sample([0.0, 1.0, 2.0, 5.0]), default_prior(sample))
    ratio = tilted(target, u, np.full(2000, 1 / 2000)) * 2000
    far = np.abs(u[:, 0]) > 2
    assert ratio.sum() == pytest.approx(2000)
    assert ratio[far].mean() > 1.2
    assert ratio[np.abs(u).max(axis=1) < 0.5].mean() < 1
