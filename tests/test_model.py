"""The model is a density, changes units as a density does, and draws what it describes."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import kstest, norm

from mixstudy.model import LABELS, ORIGIN, Parameters, log_density, log_likelihood, responsibilities, simulate

MIXTURES = [
    ORIGIN,
    Parameters(weight=0.6, mu1=-1.0, mu2=0.5, sigma=0.8),
    Parameters(weight=0.02, mu1=-3.0, mu2=3.0, sigma=1.5),
    Parameters(weight=0.0, mu1=0.0, mu2=4.0, sigma=1.0),
    Parameters(weight=1.0, mu1=0.0, mu2=4.0, sigma=1.0),
    Parameters(weight=0.4, mu1=2.0, mu2=2.0, sigma=3.0),
]
X = np.array([-2.5, 0.0, 1.0, 4.0, 9.3, 15.0])
N = 20_000
FOUR = 4  # standard errors: a seed fails by chance once in 16 000
ROUNDING = 1e-12  # logs of a density reach 4e3 here, and their rounding is 2e-16 of that


@pytest.mark.parametrize("parameters", MIXTURES)
def test_density_integrates_to_one(parameters):
    """The exponential of the log density has mass 1; what lies beyond ten sigma is below 1e-22."""
    low, high = parameters.mu1 - 10 * parameters.sigma, parameters.mu2 + 10 * parameters.sigma
    mass, _ = quad(lambda x: np.exp(log_density(x, parameters)), low, high, points=[parameters.mu1, parameters.mu2])
    assert mass == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("parameters", MIXTURES)
@pytest.mark.parametrize(("centre", "scale"), [(3.0, 2.5), (-1e3, 1e-2), (0.0, 1e9)])
def test_density_follows_a_change_of_units(parameters, centre, scale):
    """The density of ``centre + scale * x`` under the rescaled parameters is that of x divided by scale."""
    moved = log_density(centre + scale * X, parameters.rescaled(centre=centre, scale=scale))
    np.testing.assert_allclose(moved, log_density(X, parameters) - math.log(scale), rtol=1e-9)


@pytest.mark.parametrize("parameters", MIXTURES)
def test_density_and_responsibilities_are_bayes_rule(parameters):
    """SciPy's densities give the mixture by total probability and component 1's share by Bayes' rule."""
    weight, mu1, mu2, sigma = parameters
    first, second = weight * norm.pdf(X, mu1, sigma), (1 - weight) * norm.pdf(X, mu2, sigma)
    np.testing.assert_allclose(np.exp(log_density(X, parameters)), first + second, rtol=1e-12)
    np.testing.assert_allclose(responsibilities(X, parameters), first / (first + second), rtol=1e-12)


@pytest.mark.parametrize("x", [-1e100, -1e6, -200.0, 200.0, 1e6, 1e100])
def test_far_tail_is_finite(x):
    """Where both densities are 0 in floating point their logs still add up."""
    weight, mu1, mu2, sigma = ORIGIN
    terms = [
        math.log(share / (sigma * math.sqrt(2 * math.pi))) - ((x - mu) / sigma) * ((x - mu) / sigma) / 2
        for share, mu in ((weight, mu1), (1 - weight, mu2))
    ]
    by_hand = max(terms) + math.log1p(math.exp(min(terms) - max(terms)))
    assert float(log_density(x, ORIGIN)) == pytest.approx(by_hand, rel=1e-13)


@pytest.mark.parametrize(("weight", "mean"), [(0.0, 15.0), (1.0, 5.0)])
def test_empty_component(weight, mean):
    """With weight 0 or 1 the mixture is the other component, without a warning."""
    parameters = Parameters(weight=weight, mu1=5.0, mu2=15.0, sigma=2.0)
    np.testing.assert_allclose(log_density(X, parameters), norm.logpdf(X, mean, 2.0), rtol=1e-14)
    np.testing.assert_array_equal(responsibilities(X, parameters), np.full(X.size, weight))


@pytest.mark.parametrize("parameters", MIXTURES)
def test_responsibilities_are_probabilities_that_fall(parameters):
    """P(component 1 | x) stays in [0, 1], far out too, and as component 1 is the lower one never rises with x."""
    far_out = responsibilities([-1e100, -1e6, 1e6, 1e100], parameters)
    near = responsibilities(np.linspace(-50, 60, 221), parameters)
    assert all(0 <= r <= 1 for r in [*far_out, *near])
    assert (np.diff(near) <= ROUNDING).all()


def test_log_likelihood_weighs_as_repeats():
    """A weight of k counts an observation k times, and without weights each counts once."""
    counts = np.array([1, 3, 2, 5, 1, 4])
    expected = norm.logpdf(np.repeat(X, counts), 2.0, 3.0).sum()
    assert log_likelihood(X, MIXTURES[-1], weights=counts) == pytest.approx(expected, rel=1e-13)
    assert log_likelihood(np.repeat(X, counts), MIXTURES[-1]) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("parameters", MIXTURES)
def test_simulate_draws_the_mixture(parameters):
    """The draws have the mixture's mean, to four standard errors, and its distribution function."""
    weight, mu1, mu2, sigma = parameters
    x = simulate(parameters, n=N, seed=5)
    error = math.sqrt((sigma**2 + weight * (1 - weight) * (mu2 - mu1) ** 2) / N)
    assert x.mean() == pytest.approx(weight * mu1 + (1 - weight) * mu2, abs=FOUR * error)
    cdf = kstest(x, lambda t: weight * norm.cdf(t, mu1, sigma) + (1 - weight) * norm.cdf(t, mu2, sigma))
    assert cdf.pvalue > 1e-4


def test_simulate_draws_the_share():
    """Component 1 supplies its weight of all the draws and of their first half: the draws come in no block."""
    first = simulate(Parameters(weight=0.3, mu1=0.0, mu2=100.0, sigma=1.0), n=N, seed=6) < 50
    for n in (N, N // 2):
        assert first[:n].mean() == pytest.approx(0.3, abs=FOUR * math.sqrt(0.3 * 0.7 / n))


def test_simulate_follows_its_seed():
    """The same seed draws the same observations, another seed draws others."""
    x = simulate(ORIGIN, n=50, seed=1)
    np.testing.assert_array_equal(simulate(ORIGIN, n=50, seed=1), x)
    assert not np.isin(simulate(ORIGIN, n=50, seed=2), x).any()
    assert simulate(ORIGIN, n=1, seed=1).shape == (1,)


@pytest.mark.parametrize("n", [0, -3])
def test_simulate_nothing(n):
    """Fewer than one observation is refused with the number."""
    with pytest.raises(ValueError, match=f"n must be at least 1, got {n}$"):
        simulate(ORIGIN, n=n, seed=0)


def test_relabelled_swaps():
    """Components in the wrong order swap means and weight; components in order stay."""
    assert [*Parameters.relabelled([0.25, 7, 2, 3])] == [0.75, 2, 7, 3]
    assert [*Parameters.relabelled(np.array([0.25, 2, 7, 3]))] == [0.25, 2, 7, 3]
    assert [*Parameters.relabelled((0.25, 2, 2, 3))] == [0.25, 2, 2, 3]


@pytest.mark.parametrize("values", [[0.5, 1, 2], [0.5, 1, 2, 1, 0], [[0.5, 1, 2, 1]], 0.5])
def test_relabelled_wants_four_numbers(values):
    """Any other shape is refused with the names of the four."""
    with pytest.raises(ValueError, match="four numbers weight, mu1, mu2, sigma; got shape"):
        Parameters.relabelled(values)


RANGES = [
    ({"weight": -1e-9}, r"weight must lie in \[0, 1\], got -1e-09"),
    ({"weight": 1.5}, r"weight must lie in \[0, 1\], got 1.5"),
    ({"sigma": 0.0}, "sigma must be above 0, got 0.0"),
    ({"sigma": -2.0}, "sigma must be above 0, got -2.0"),
    ({"mu1": 15.5}, r"mu1 must not be above mu2, got 15.5 > 15.0; Parameters.relabelled"),
]
NOT_FINITE = [({k: v}, f"{k} must be a finite number, got {v}") for k in LABELS for v in (np.nan, np.inf, -np.inf)]


@pytest.mark.parametrize(("bad", "message"), RANGES + NOT_FINITE)
def test_parameters_out_of_range(bad, message):
    """A value that breaks a rule is refused with the rule and the value."""
    with pytest.raises(ValueError, match=message):
        Parameters(**dict(zip(LABELS, ORIGIN, strict=True)) | bad)


def test_parameters_are_frozen_and_ordered():
    """Values come in the order of LABELS and do not change."""
    assert [*ORIGIN] == [getattr(ORIGIN, label) for label in LABELS] == [0.3, 5, 15, 2]
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'sigma'"):
        ORIGIN.sigma = 1.0


def test_parameters_take_their_values_by_position():
    """The order is fixed everywhere, so that four numbers need no names."""
    assert Parameters(0.3, 5.0, 15.0, 2.0) == ORIGIN
    np.testing.assert_array_equal(ORIGIN.array, [0.3, 5.0, 15.0, 2.0])
