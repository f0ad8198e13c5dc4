"""Any data at all: an estimate that is what its status says, or a refusal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import tame_data, wild_data
from scipy.special import expit, logit

import mixstudy as ms
from mixstudy.integral.integrate import integrate


def fitted(x):
    """EM's fit, or None where the data are refused."""
    try:
        return ms.fit_em(x)
    except ms.DataError:
        return None


def digits(x, fit):
    """What the last digit of the largest observation comes to in standard errors."""
    return np.sqrt(len(x)) * np.spacing(np.abs(x).max()) / fit.parameters.sigma


def score(x, theta):
    """Derivatives of the log-likelihood in complete-data standard errors, from the logistic of SciPy."""
    weight, mu1, mu2, sigma = theta
    z1, z2 = (x - mu1) / sigma, (x - mu2) / sigma
    r = expit(logit(weight) + (z2 - z1) * (z2 + z1) / 2)
    n, other = len(x), 1 - weight
    return np.array(
        [
            (r - weight).sum() / np.sqrt(n * weight * other),
            (r * z1).sum() / np.sqrt(n * weight),
            ((1 - r) * z2).sum() / np.sqrt(n * other),
            ((r * z1**2 + (1 - r) * z2**2).sum() - n) / np.sqrt(2 * n),
        ]
    )


@settings(max_examples=150)
@given(wild_data())
def test_a_fit_is_finite_in_range_and_what_its_status_says(x):
    """Whatever the data: refused, or finite parameters in range, whose score is zero where EM says it converged."""
    fit = fitted(x)
    if fit is None:
        return
    weight, mu1, mu2, sigma = fit.parameters
    assert np.isfinite([*fit.parameters, fit.log_likelihood]).all()
    assert 0 <= weight <= 1
    slack = 1e-5 * sigma + 4 * np.spacing(np.abs(x).max())
    assert x.min() - slack <= mu1 <= mu2 <= x.max() + slack
    assert 0 < sigma <= np.ptp(x)
    if fit.status is ms.EMStatus.CONVERGED:
        assert np.isfinite(fit.standard_errors).all()
        assert fit.distance < min(1e-3, 1e-5 + digits(x, fit))
        assert np.abs(score(x, fit.parameters)).max() < 1e-5 + 100 * digits(x, fit)


@settings(max_examples=60)
@given(tame_data(), st.sampled_from([-8.0, -1.0, -0.25, 2.0, 1024.0]))
def test_a_fit_moves_with_its_data(x, a):
    """Data times a have the estimate times a, to a ten-thousandth of a standard error."""
    fit, other = fitted(x), fitted(a * x)
    assert (fit is None) == (other is None)
    if fit is None:
        return
    moved = np.array([*fit.parameters]) * [1, a, a, abs(a)]
    assert other.log_likelihood == pytest.approx(fit.log_likelihood - len(x) * np.log(abs(a)), abs=1e-6, rel=1e-9)
    if fit.status is other.status is ms.EMStatus.CONVERGED and len(fit.maxima) == 1:
        apart = np.array([*other.parameters]) - [*ms.Parameters.relabelled(moved)]
        assert np.abs(apart / other.standard_errors).max() < 1e-4 + 4 * digits(x, fit)


@settings(max_examples=20)
@given(wild_data())
def test_an_integral_is_finite_or_says_that_it_is_not_trusted(x):
    """Whatever the data: refused, or an integral in finite numbers that is trusted or says why not."""
    try:
        found = integrate(x)
    except ms.DataError:
        return
    assert np.isfinite(found.theta).all()
    assert found.weights.sum() == pytest.approx(1)
    if found.trusted:
        assert np.isfinite(found.log_evidence)
        assert np.isfinite(found.interval().value).all()
        assert (found.sds.value > 0).all()


@pytest.mark.parametrize(
    "x",
    [
        pytest.param([4.4e16, 0.0, 0.0, 1.0], id="draws of no spread"),
        pytest.param([0.0, 1.0, 1.0, 6e-90], id="no mode"),
        pytest.param([0.0, 0.0, 1.2e-7, 2.4e-209], id="sigma whose square is zero"),
    ],
)
def test_data_of_three_values_that_hardly_differ(x):
    """EM says that floats are too coarse, the integral that it is not trusted."""
    assert ms.fit_em(x).status is not ms.EMStatus.CONVERGED
    assert not integrate(x).trusted


def test_many_subnormal_observations_are_refused():
    """Data of more observations than are used as they are, whose spread is no ordinary float."""
    with pytest.raises(ms.DataError, match=r"standard deviation|distinct"):
        ms.fit_em(np.arange(2000) * 5e-324)


def test_sigma_near_the_gaps_between_floats_is_said():
    """At an offset of 1e15 floats lie an eighth apart: an estimate of sigma = 1 is not called converged."""
    x = np.random.default_rng(1).normal(size=200) + 5.0 * (np.arange(200) < 60)
    assert ms.fit_em(x + 1e6).status is ms.EMStatus.CONVERGED
    assert ms.fit_em(x + 1e15).status is ms.EMStatus.ROUNDED
