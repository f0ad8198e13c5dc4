"""Draws without an estimate have a verdict of their own, and what makes them right is found by the integral."""

import numpy as np
import pytest

import mixstudy as ms
from mixstudy.diagnosis.draws import draws_rows
from mixstudy.integral.integrate import integrate


@pytest.fixture(scope="module")
def chains(faithful_posterior):
    """PyMC's draws of Old Faithful's waiting times, shape (4, draws, 4)."""
    return faithful_posterior.draws.reshape(4, -1, 4)


def changed(draws, place, function):
    """Draws with one parameter reported in another way."""
    other = draws.copy()
    other[..., place] = function(draws[..., place])
    return other


def about_the_mean(draws, factor):
    """Draws so many times as wide."""
    centre = draws.mean(axis=(0, 1))
    return centre + factor * (draws - centre)


def test_right_draws_have_the_headline(faithful, chains):
    """The verdict is about the draws, their table stands beside the integral, and EM is not on trial."""
    found = ms.check_estimate(None, faithful, draws=chains)
    assert found.alone
    assert found.verdict is ms.Verdict.AGREE
    assert found.sentence.startswith("Agree: the draws are those of the posterior under a weak prior")
    assert not {"likelihood", "stationary"} & {check.name for check in found.checks}
    np.testing.assert_allclose(found.reading.drawn.value[:, 0], chains.mean(axis=(0, 1)))
    rows = draws_rows(found.reading)
    assert [row[1] for row in rows[1:]] == ["draws", "integral"] * 4
    assert "R-hat" in repr(found)


@pytest.mark.parametrize(
    ("place", "function", "names"),
    [
        (3, np.square, {"variance reported as sigma"}),
        (3, lambda s: s**-2, {"precision reported as sigma"}),
        (0, lambda w: 1 - w, {"weight of the other component"}),
    ],
)
def test_a_slip_in_draws_is_proved_by_the_integral(faithful, chains, place, function, names):
    """Taken back, it gives means, sds and ends of the integral: that is strong."""
    found = ms.check_estimate(None, faithful, draws=changed(chains, place, function))
    assert found.sentence.startswith("Disagree: the draws are not those of the posterior of these data.")
    assert {(each.fault.name, each.evidence) for each in found.told} == {(name, "strong") for name in names}


@pytest.fixture(scope="module")
def large():
    """Observations enough for a normal posterior, and draws from it."""
    x = ms.simulate(ms.Parameters(0.4, 0, 5, 1.0), n=20_000, seed=2)
    fit = ms.fit_em(x)
    return x, np.random.default_rng(0).multivariate_normal([*fit.parameters], fit.covariance, size=(4, 1000))


def test_a_slip_that_moves_little_is_found(large):
    """Where sigma is near 1 a variance is no outlandish number, and still its own root is the sigma of the integral."""
    found = ms.check_estimate(None, large[0], draws=changed(large[1], 3, np.square))
    assert [each.fault.name for each in found.told] == ["variance reported as sigma"]


@pytest.mark.parametrize("factor", [1.4, 0.7])
def test_a_likelihood_that_counts_another_number_of_times(large, factor):
    """All four sds are as much too wide: the posterior of so many counts has them, which is integrated and agrees."""
    found = ms.check_estimate(None, large[0], draws=about_the_mean(large[1], factor))
    assert [each.fault.name for each in found.told] == ["a likelihood counted more or less than once"]
    counts = float(found.told[0].explanation.split("that counts ")[1].split()[0])
    assert counts == pytest.approx(factor**-2, rel=0.1)


def test_one_sd_too_wide_is_no_count(faithful, chains):
    """A mistake that no entry describes disagrees and is not named."""
    draws = changed(chains, 1, lambda mu: mu.mean() + 1.5 * (mu - mu.mean()))
    found = ms.check_estimate(None, faithful, draws=draws)
    assert found.verdict is ms.Verdict.DISAGREE
    assert all(each.evidence == "weak" for each in found.told)


def test_few_draws_are_inconclusive(faithful, chains):
    """Right draws of which there are too few to tell are not approved."""
    found = ms.check_estimate(None, faithful, draws=chains[:, :20])
    assert found.verdict is ms.Verdict.INCONCLUSIVE
    assert "too few to tell" in found.sentence


def test_an_estimate_beside_draws_keeps_its_headline(faithful, chains):
    """With numbers of somebody's own the verdict is about those, and the draws have their table too."""
    theta = ms.fit_em(faithful).parameters
    found = ms.check_estimate([f"{value:.7g}" for value in theta], faithful, draws=chains)
    assert not found.alone
    assert found.sentence.startswith("Agree: the estimate is the maximum")
    assert found.reading is not None


def test_parameters_that_do_not_go_together_are_no_posterior(overlapping):
    """Each parameter's draws put in another order keep all means, sds and ends; their likelihood gives them away."""
    x, draws = overlapping
    assert ms.check_estimate(None, x, draws=draws).verdict is ms.Verdict.AGREE
    rng = np.random.default_rng(1)
    mixed = np.stack([rng.permuted(draws[..., k].ravel()).reshape(draws.shape[:2]) for k in range(4)], axis=-1)
    found = ms.check_estimate(None, x, draws=mixed)
    assert found.verdict is ms.Verdict.DISAGREE
    assert "do not go together" in found.checks[1].explanation


@pytest.fixture(scope="module")
def overlapping():
    """Overlapping components, whose parameters depend on each other, and independent draws of the integral."""
    x = ms.simulate(ms.Parameters(0.5, 0, 2.2, 1), n=4000, seed=3)
    integral = integrate(ms.as_sample(x))
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(integral.weights), size=(4, 800), p=integral.weights)
    return x, integral.theta[chosen]


def test_draws_that_were_rounded_are_right(faithful, chains):
    """A file with two decimals is no other posterior."""
    assert ms.check_estimate(None, faithful, draws=np.round(chains, 2)).verdict is ms.Verdict.AGREE


def test_a_slip_that_does_not_give_the_integral_is_not_named():
    """A part of sigma is nearly sigma in sds of the data: it is located, and nothing is accused."""
    x = ms.simulate(ms.Parameters(0.4, 0, 3, 1.2), n=150, seed=1)
    integral = integrate(ms.as_sample(x))
    chosen = np.random.default_rng(0).choice(len(integral.weights), size=(4, 800), p=integral.weights)
    found = ms.check_estimate(None, x, draws=changed(integral.theta[chosen], 3, lambda sigma: sigma / 1.75))
    assert all(each.evidence == "weak" for each in found.told)
    assert "sigma not" in found.checks[1].explanation
