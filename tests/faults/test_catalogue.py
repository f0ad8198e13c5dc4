"""The catalogue is complete, the right step is right, and each mistake can be made on purpose."""

import numpy as np
import pytest
from scipy.special import ndtr

import mixstudy as ms
from mixstudy.faults.catalogue import BY_NAME, FAULTS
from mixstudy.faults.reproduce import reproduce, reproduce_data, reproduce_draws
from mixstudy.faults.steps import HARMLESS, Points, centred, mean_log_likelihood, path, unshared, unshared_errors

STEPPED = [fault.name for fault in FAULTS if fault.steps]


@pytest.fixture(scope="module")
def fit(origin_sample):
    """The right answer on the origin's sample, every observation a point."""
    return ms.fit_em(origin_sample, exact=True)


def centred_parameters(fit):
    """The estimate about the mean of the data."""
    return np.array([*fit.parameters]) - np.array([0, fit.sample.mean, fit.sample.mean, 0])


def test_every_fault_has_its_lines():
    """Names are unique, and none of the texts is empty or the same for wrong and right."""
    assert len(BY_NAME) == len(FAULTS)
    for fault in FAULTS:
        assert all([fault.name, fault.wrong, fault.right, fault.source, fault.advice])
        assert fault.wrong != fault.right


@pytest.mark.parametrize("step", HARMLESS, ids=["textbook", "mixtools"])
def test_harmless_steps_rest_at_the_maximum(fit, step):
    """One step from the maximum of the likelihood stays there."""
    theta = centred_parameters(fit)
    assert step(centred(fit.sample), theta) == pytest.approx(theta, rel=1e-6)


@pytest.mark.parametrize("name", STEPPED)
def test_faulty_steps_leave_the_maximum(fit, name):
    """No faulty step rests where the right one does."""
    theta, data = centred_parameters(fit), centred(fit.sample)
    for _, step in BY_NAME[name].steps:
        assert np.abs(step(data, theta) - theta).max() > 1e-5


def test_the_right_step_matches_the_package(fit):
    """Textbook steps go where ``fit_em_plain`` goes."""
    start = np.array([0.5, 2.0, 12.0, 3.0])
    plain = ms.fit_em_plain(fit.sample, start=start, iterations=5)
    shift = np.array([0, fit.sample.mean, fit.sample.mean, 0])
    *_, last = path(centred(fit.sample), start - shift, steps=5)
    assert last + shift == pytest.approx([*plain.parameters], rel=1e-10)


@pytest.mark.parametrize("name", STEPPED)
def test_steps_see_only_the_weights(fit, name):
    """Twice each point, a weight of 2, and weights of 3 and -1 are the same to every step but n - 2."""
    theta, data = centred_parameters(fit), centred(fit.sample)
    twice = Points(np.repeat(data.x, 2), np.ones(2 * data.x.size))
    signed = Points(twice.x, np.tile([3.0, -1.0], data.x.size))
    for _, step in BY_NAME[name].steps:
        expected = step(Points(data.x, 2 * data.weights), theta)
        assert step(twice, theta) == pytest.approx(expected, rel=1e-10)
        assert step(signed, theta) == pytest.approx(expected, rel=1e-10)


def test_mean_log_likelihood_is_the_referees(fit):
    """The short form agrees with SciPy's density."""
    total = mean_log_likelihood(centred(fit.sample), centred_parameters(fit)) * fit.sample.n
    assert total == pytest.approx(ms.log_likelihood(fit.sample.points, fit.parameters), rel=1e-12)


@pytest.mark.parametrize("name", [fault.name for fault in FAULTS if fault.seen_in == "estimate"])
def test_every_mistake_on_an_estimate_can_be_made(fit, name):
    """Each variant gives four finite numbers; a lower maximum only where there is one."""
    made = reproduce(name, fit.sample, fit=fit)
    assert made or name == "a lower maximum"
    assert all(np.isfinite(theta).all() and theta.shape == (4,) for theta in made.values())


def test_shift_moves_only_the_means(fit):
    """A faulty sigma is the same at an offset of a million."""
    moved = ms.as_sample(fit.sample.points + 1e6)
    here = reproduce("sigma from one component", fit.sample, fit=fit)["component 1"]
    there = reproduce("sigma from one component", moved)["component 1"]
    assert there - here == pytest.approx([0, 1e6, 1e6, 0], abs=1e-5)


def test_randn_sampler_draws_phi_of_the_weight():
    """The share of component 1 is Phi(0.3), within four binomial standard errors."""
    x = reproduce_data("the randn sampler", ms.Parameters(weight=0.3, mu1=0, mu2=100, sigma=1), n=10_000, seed=0)
    assert np.mean(x < 50) == pytest.approx(ndtr(0.3), abs=4 * 0.005)


def test_heights_stay_below_their_peaks():
    """Heights of the wrong curve lie between 0 and the larger weight, most of them near 0."""
    x = reproduce_data("heights used as data", ms.ORIGIN, n=10_000, seed=0)
    assert 0 <= x.min() < np.median(x) < 0.01
    assert 0.69 < x.max() <= 0.7


def test_right_draws_have_the_right_spread(fit):
    """Without a mistake the draws are those of the large-sample posterior."""
    draws = reproduce_draws("", fit, seed=0)
    assert draws.std(axis=(0, 1)) == pytest.approx(fit.standard_errors, rel=0.06)


@pytest.mark.parametrize("make", [reproduce, reproduce_data, reproduce_draws])
def test_an_unknown_mistake_is_refused(fit, make):
    """The message says what was asked for."""
    first = {reproduce: fit.sample, reproduce_data: ms.ORIGIN, reproduce_draws: fit}[make]
    more = {reproduce: {}, reproduce_data: {"n": 10, "seed": 0}, reproduce_draws: {"seed": 0}}[make]
    with pytest.raises(ValueError, match="got 'bad luck'"):
        make("bad luck", first, **more)


def test_draws_of_a_mistake_that_breaks_down_are_nan():
    """A sigma of its own shrinks onto three equal values: there is no posterior to draw from."""
    fit = ms.fit_em(np.r_[np.zeros(3), np.random.default_rng(0).normal(5, 1, 60)])
    assert np.isnan(reproduce_draws("sigma left unshared", fit, seed=0)).all()


def test_errors_of_two_sigmas_are_their_spread():
    """Fits with two sigmas to simulated data scatter as their standard errors say, up to Monte Carlo error."""
    truth, count = ms.Parameters(weight=0.5, mu1=0, mu2=6, sigma=2), 100
    found, errors = [], []
    for seed in range(count):
        sample = ms.as_sample(ms.simulate(truth, n=2000, seed=seed))
        shift = np.array([0, sample.mean, sample.mean, 0])
        both = unshared(centred(sample), np.array([*ms.fit_em(sample).parameters]) - shift)
        found.append([theta[3] for theta in both])
        errors.append(unshared_errors(centred(sample), both))
    ratio = np.std(found, axis=0, ddof=1) / np.mean(errors, axis=0)
    assert ratio == pytest.approx(1, abs=4 / np.sqrt(2 * count))
