"""Oddities of the data have a name and a way out, and what would fit better is hinted at."""

import numpy as np
import pytest

import mixstudy as ms
from mixstudy.diagnosis.alternatives import better_model
from mixstudy.diagnosis.oddities import find_oddities

RNG = np.random.default_rng(0)
TWO = np.round(np.r_[RNG.normal(10, 1, 60), RNG.normal(14, 1, 60)], 3)


@pytest.mark.parametrize(
    ("x", "name"),
    [
        (np.r_[TWO, 999], "a code for missing values"),
        (np.r_[TWO, [-1] * 4], "a code for missing values"),
        (np.r_[TWO + 20, [0] * 4], "a code for missing values"),
        (np.r_[TWO, 61.7], "an outlier that takes a component"),
        (np.r_[TWO, np.zeros(80)], "zeros in excess"),
        (np.r_[TWO, [12] * 20], "heaps of equal values"),
        (np.arange(1.0, 201.0), "a counter"),
        (np.r_[np.round(TWO * 20), np.round(TWO * 4) * 5], "heaping at round numbers"),
        (np.round(TWO), "rounded values"),
    ],
)
def test_an_oddity_has_its_name(x, name):
    """It is the first that is told, and it comes with advice."""
    found = find_oddities(ms.as_sample(x), ms.fit_em(x))
    assert found[0].name == name
    assert found[0].advice


@pytest.mark.parametrize("seed", range(10))
def test_samples_of_the_model_are_not_odd(seed):
    """Neither ties by rounding to a tenth of sigma nor a small component is."""
    x = np.round(ms.simulate(ms.Parameters(0.1 + 0.05 * seed, 0, 4, 1), n=400, seed=seed), 1)
    assert find_oddities(ms.as_sample(x), ms.fit_em(x)) == ()


def test_right_numbers_beside_a_missing_code_are_not_blamed():
    """The estimate without the code is said to be right, and no mistake of EM is named."""
    right = ms.fit_em(TWO).parameters
    found = ms.check_estimate([f"{value:.4g}" for value in right], np.r_[TWO, 999])
    assert "Without a code for missing values the estimate is the maximum" in found.sentence
    assert found.location is None
    assert all(each.evidence == "weak" for each in found.told)


@pytest.mark.parametrize(
    ("x", "name"),
    [
        (np.r_[RNG.normal(0, 1, 500), RNG.normal(8, 3, 500)], "two components with sigmas of their own"),
        (np.r_[RNG.normal(0, 1, 300), RNG.normal(5, 1, 300), RNG.normal(10, 1, 300)], "three components"),
        (np.r_[RNG.standard_t(3, 500), 9 + RNG.standard_t(3, 500)], "two components with heavier tails"),
    ],
)
def test_what_would_fit_is_hinted_at(x, name):
    """The kind of mixture that the data were drawn from is found."""
    assert better_model(ms.as_sample(x)).name.startswith(name)


def test_the_likelihood_behind_the_hint_is_that_of_scikit_learn():
    """Two sigmas, fitted by an independent program, gain as much."""
    mixture = pytest.importorskip("sklearn.mixture")
    x = np.r_[RNG.normal(0, 1, 400), RNG.normal(9, 3, 400)]
    full, tied = (
        mixture.GaussianMixture(2, covariance_type=kind, reg_covar=0, tol=1e-10, max_iter=5000, random_state=0)
        .fit(x[:, None])
        .bic(x[:, None])
        for kind in ("full", "tied")
    )
    assert better_model(ms.as_sample(x)).gain == pytest.approx(tied - full, abs=0.01)


def test_data_of_the_model_have_no_better_one():
    """No hint where there is nothing to hint at."""
    assert better_model(ms.as_sample(ms.simulate(ms.ORIGIN, n=2000, seed=1))) is None
