"""The integral against nested quadrature, against plain Monte Carlo, and against itself."""

import numpy as np
import pytest
from integral.reference import DATA_SETS, reference
from scipy.stats import beta

import mixstudy as ms
from mixstudy.compression.compress import CompressedSample, Region, compress
from mixstudy.data.sample import default_prior
from mixstudy.integral.integrate import integrate
from mixstudy.integral.result import BATCHES, IntegralStatus
from mixstudy.integral.verification import summarise_integral
from mixstudy.model import Prior, log_likelihoods

SEEDS = range(5)
QUADRATURE = 0.02
"""What a quantile by quadrature may be off, posterior sds: a coarser one moves it by so much."""


@pytest.fixture(scope="module")
def small():
    """Sixty observations of two overlapping components."""
    return ms.simulate(ms.Parameters(0.4, 0, 2.5, 1), n=60, seed=3)


@pytest.mark.parametrize("name", DATA_SETS)
def test_the_posterior_is_that_of_nested_quadrature(name):
    """Means and 95 % ends within 0.1 posterior sds, sds within 5 %, and all within four errors; five seeds."""
    expected, evidence = reference(name)
    x = DATA_SETS[name]()
    sample = compress(x) if x.size > 500 else ms.as_sample(x)
    for seed in SEEDS:
        found = integrate(sample, seed=seed)
        value, error = summarise_integral(found)
        apart, error = (value - expected) / expected[:, 1:2], error / expected[:, 1:2]
        assert found.status is IntegralStatus.TRUSTED
        assert np.abs(apart[:, [0, 2, 3]]).max() < 0.1
        assert np.abs(apart[:, 1]).max() < 0.05
        assert (np.abs(apart) < 4 * error + QUADRATURE).all()
        assert found.log_evidence == pytest.approx(evidence, abs=0.02)


def test_the_posterior_is_that_of_weighted_draws_from_the_prior():
    """Plain Monte Carlo: draws from the prior weighed by SciPy's likelihood give the same within both errors."""
    sample = ms.as_sample(DATA_SETS["n = 12"]())
    prior = default_prior(sample)
    theta = np.stack(list(prior.draw(1_000_000, seed=0).values()), axis=1)
    heights = log_likelihoods(sample.points, theta, weights=sample.weights)
    p = np.exp(heights - heights.max())
    found, ess = integrate(sample), p.sum() ** 2 / (p @ p)
    mean = p @ theta / p.sum()
    error = np.hypot(found.means.error, found.sds.value / np.sqrt(ess))
    assert (np.abs(found.means.value - mean) < 4 * error).all()
    assert found.log_evidence == pytest.approx(heights.max() + np.log(p.mean()), abs=4 / np.sqrt(ess))


def test_the_errors_are_what_they_say(small):
    """Over sixteen seeds the spread of every mean, sd and end is the error that was claimed for it."""
    runs = [integrate(small, seed=seed) for seed in range(16)]
    values = np.array([np.column_stack([r.means.value, r.sds.value, r.interval().value]) for r in runs])
    errors = np.array([np.column_stack([r.means.error, r.sds.error, r.interval().error]) for r in runs])
    ratio = values.std(axis=0, ddof=1) / np.sqrt((errors**2).mean(axis=0))
    assert 0.5 < ratio.min() <= ratio.max() < 1.9
    assert 0.8 < np.sqrt((ratio**2).mean()) < 1.25
    evidence = np.array([run.log_evidence for run in runs])
    assert evidence.std(ddof=1) == pytest.approx(np.mean([run.log_evidence_error for run in runs]), rel=0.7)


def test_it_is_the_same_under_a_seed(small):
    """The seed decides all draws."""
    one, same, other = integrate(small, seed=1), integrate(small, seed=1), integrate(small, seed=2)
    np.testing.assert_array_equal(one.theta, same.theta)
    assert one.means.value[0] != other.means.value[0]
    np.testing.assert_array_equal(one.draws(10, seed=3), same.draws(10, seed=3))


@pytest.mark.parametrize(("shift", "scale"), [(1e6, 1.0), (0.0, 1e-9), (-3e5, 1e4)])
def test_it_moves_with_the_data(small, shift, scale):
    """Under ``x -> shift + scale x`` the posterior is shifted and scaled, draw by draw."""
    one, two = integrate(small), integrate(shift + scale * small)
    expected = one.theta * [1, scale, scale, scale] + [0, shift, shift, 0]
    np.testing.assert_allclose(two.means.value, one.weights @ expected, atol=1e-5 * scale)
    np.testing.assert_allclose(two.sds.value / [1, scale, scale, scale], one.sds.value, rtol=1e-5)
    assert two.log_evidence == pytest.approx(one.log_evidence - small.size * np.log(scale), abs=1e-4)


def test_the_mirrored_data_have_the_mirrored_posterior(small):
    """Under ``x -> -x`` the components change places."""
    one, two = integrate(small), integrate(-small)
    mirrored = np.array([1, 0, 0, 0]) + two.means.value[[0, 2, 1, 3]] * [-1, -1, -1, 1]
    error = np.hypot(one.means.error, two.means.error[[0, 2, 1, 3]])
    assert (np.abs(one.means.value - mirrored) < 5 * error).all()
    assert one.log_evidence == pytest.approx(two.log_evidence, abs=0.02)


def test_counts_are_repeated_observations():
    """A value with weight 3 counts as three observations."""
    values, counts = np.array([0.0, 1, 2, 4, 5, 6]), np.array([3.0, 5, 3, 2, 4, 2])
    weighted = integrate(ms.as_sample(values, weights=counts))
    repeated = integrate(np.repeat(values, counts.astype(int)))
    np.testing.assert_allclose(weighted.means.value, repeated.means.value, rtol=1e-6)
    assert weighted.log_evidence == pytest.approx(repeated.log_evidence)


def test_compressed_observations_have_the_posterior_of_all():
    """Points that stand for 3000 observations give the integral of the observations themselves."""
    x = ms.simulate(ms.Parameters(0.3, 0, 2.5, 1), n=3000, seed=1)
    few, all_of_them = integrate(compress(x)), integrate(ms.as_sample(x, weights=np.ones(3000) * (1 + 1e-15)))
    np.testing.assert_allclose(few.means.value, all_of_them.means.value, atol=1e-3)
    assert few.log_evidence == pytest.approx(all_of_them.log_evidence, abs=1e-3)


def test_points_that_do_not_serve_the_posterior_are_refined():
    """Points chosen for means hardly apart are exchanged for points that serve where the mass is."""
    sample = compress(ms.simulate(ms.Parameters(0.5, 0, 9, 1), n=2000, seed=0))
    coarse = sample.recompress(Region(0.05))
    found = integrate(coarse)
    assert isinstance(found.sample, CompressedSample)
    assert found.accurate
    np.testing.assert_allclose(found.means.value, integrate(sample).means.value, atol=0.01)


def test_another_prior_gives_another_posterior(small):
    """The prior that is handed over is the one that counts."""
    wide = integrate(small, prior=Prior(centre=0.0, scale=100.0))
    assert wide.prior.scale == 100
    assert wide.log_evidence < integrate(small).log_evidence - 5


def test_the_masses_of_the_modes_add_up_to_one():
    """The galaxies' second mode holds a few thousandths, known to a ten thousandth."""
    first, second = integrate(DATA_SETS["galaxies"]()).modes
    assert first.mass + second.mass == pytest.approx(1)
    assert 0.0005 < second.mass < 0.005
    assert second.error < 2e-4
    assert second.parameters.weight > 0.9


def test_uneven_weights_are_reported(small):
    """Weights that a few draws carry make the status say so."""
    found = integrate(small)
    uneven = np.where(np.arange(found.weights.size) % 1000 == 0, 1.0, 1e-9)
    made = {
        name: getattr(found, name)
        for name in ("theta", "log_evidence", "log_evidence_error", "modes", "prior", "sample")
    }
    spoilt = type(found)(**made, weights=uneven / uneven.sum(), pareto_k=0.9, ess=33.0, accurate=True)
    assert spoilt.status is IntegralStatus.UNEVEN
    assert not spoilt.trusted


def test_correlations_are_those_of_the_draws(small):
    """The weighted draws have the correlations that are reported."""
    found = integrate(small)
    np.testing.assert_allclose(found.correlations.value, np.corrcoef(found.draws(200_000, seed=0).T), atol=0.02)
    assert found.theta.shape[0] % BATCHES == 0


@pytest.mark.parametrize(("sigma", "low"), [(0.2, 13), (0.01, 20), (0.001, 29)])
def test_components_far_apart_are_counted(sigma, low):
    """With 15 to 1500 sigma between the means the weight's posterior is Beta(n1 + 1, n2 + 1), and is trusted."""
    rng = np.random.default_rng(4)
    found = integrate(np.concatenate([rng.normal(0, sigma, low), rng.normal(3, sigma, 40 - low)]))
    exact = beta(low + 1, 41 - low)
    assert found.trusted
    assert found.means.value[0] == pytest.approx(exact.mean(), abs=0.05 * exact.std())
    assert found.sds.value[0] == pytest.approx(exact.std(), rel=0.03)
    np.testing.assert_allclose(found.interval().value[0], exact.interval(0.95), atol=0.1 * exact.std())
