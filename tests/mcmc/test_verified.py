"""Posteriors are held against the integral, and every data set ends with a right one."""

import dataclasses

import numpy as np
import pytest
from integral.reference import DATA_SETS, reference

import mixstudy as ms
from mixstudy.integral.integrate import integrate
from mixstudy.integral.verification import verify
from mixstudy.mcmc import posterior as posterior_module
from mixstudy.mcmc.diagnostics import SamplerStatus
from mixstudy.mcmc.posterior import CHAINS, INTEGRAL, LONGER

HARD = ["overlap", "overlap, another", "galaxies", "one component", "n = 30", "heavy tails", "weak", "1.5 sigma"]


@pytest.mark.parametrize("name", HARD)
def test_every_reported_number_is_right(name, compiled):
    """Means and ends within a tenth of a posterior sd, sds within 5 %, of nested quadrature; and it is verified."""
    expected, _ = reference(name)
    found = ms.sample_posterior(DATA_SETS[name](), seed=1, compiled=compiled)
    reported = found.summary().value
    assert found.verified
    assert found.passed
    assert np.abs((reported - expected)[:, [0, 2, 3]] / expected[:, 1:2]).max() < 0.1
    np.testing.assert_allclose(reported[:, 1], expected[:, 1], rtol=0.05)


def test_chains_that_miss_a_mode_do_not_pass(compiled):
    """On the galaxies chains mix in one mode; alone they are not verified, and then the integral is drawn from."""
    x = DATA_SETS["galaxies"]()
    alone = ms.sample_posterior(x, settings=ms.SamplerSettings(escalate=False), compiled=compiled)
    assert alone.status is SamplerStatus.NOT_VERIFIED
    found = ms.sample_posterior(x, compiled=compiled)
    assert found.integrated
    assert [(each.name, each.status) for each in found.attempts] == [
        (CHAINS, SamplerStatus.NOT_VERIFIED),
        (INTEGRAL, SamplerStatus.PASSED),
    ]
    assert (found.draws[:, 0] > 0.8).any()


def test_easy_chains_are_verified(origin_posterior):
    """Well separated components: the first chains give the integral's numbers."""
    assert origin_posterior.verified
    assert not origin_posterior.integrated
    assert np.abs(origin_posterior.verification.sds[:, 0]).max() < 0.2


def test_easy_data_take_one_attempt(origin_posterior):
    """Where the chains pass nothing else is tried."""
    assert [attempt.name for attempt in origin_posterior.attempts] == [CHAINS]


def test_chains_that_had_not_arrived_are_tuned_longer(compiled):
    """A million observations are far from where chains start: cut short on their way, they go the whole of it."""
    x = ms.simulate(ms.Parameters(0.3, 0, 3, 1), n=1_000_000, seed=1)
    found = ms.sample_posterior(x, settings=ms.SamplerSettings(draws=500, tune=100), compiled=compiled)
    assert [attempt.name for attempt in found.attempts][:2] == [CHAINS, LONGER]
    assert found.attempts[0].status is SamplerStatus.NOT_MIXED
    assert found.verified


def test_longer_tuning_keeps_to_its_bound():
    """As many tuning draws as may be asked for are not an error where chains have to be tuned longer."""
    assert ms.SamplerSettings(tune=400).tuned_longer(2).tune == 800
    assert ms.SamplerSettings(tune=700_000).tuned_longer(2).tune == 1_000_000


def test_chains_that_only_mix_slowly_are_not(compiled):
    """Weak data keep chains slow however long they are tuned: the integral is drawn from at once."""
    x = ms.simulate(ms.Parameters(0.3, 0, 1.5, 1), n=100, seed=1)
    found = ms.sample_posterior(x, settings=ms.SamplerSettings(draws=500), compiled=compiled)
    assert [attempt.name for attempt in found.attempts] == [CHAINS, INTEGRAL]


def test_chains_too_short_to_pass_are_kept(compiled):
    """Fewer draws than the effective sample size asked for are a wish, not a failure to be mended."""
    short = ms.SamplerSettings(draws=50, tune=100)
    found = ms.sample_posterior(DATA_SETS["Old Faithful"](), settings=short, compiled=compiled)
    assert not found.passed
    assert not found.integrated
    assert len(found.attempts) == 1


def test_an_integral_that_cannot_be_trusted_is_not_drawn_from(compiled, monkeypatch):
    """Chains that fail stay as they are, with what failed, where a few draws carry most of the integral's weight."""
    untrusted = dataclasses.replace(integrate(DATA_SETS["galaxies"]()), pareto_k=1.0)
    monkeypatch.setattr(posterior_module, "integrate", lambda *_, **__: untrusted)
    hasty = ms.SamplerSettings(draws=100, tune=5, seed=1)
    found = ms.sample_posterior(DATA_SETS["galaxies"](), settings=hasty, compiled=compiled)
    assert not found.passed
    assert not found.integrated
    assert not found.verified
    assert len(found.attempts) == 1


@pytest.mark.parametrize("spoil", ["shift", "narrow", "constant", "overflow"])
def test_wrong_draws_are_not_verified(spoil):
    """A shifted, too narrow, constant or overflowing chain never agrees, NaN or not."""
    integral = integrate(DATA_SETS["Old Faithful"]())
    draws = integral.draws(4000, seed=0).reshape(4, 1000, 4)
    assert verify(draws, integral).agrees
    middle = draws.mean(axis=(0, 1))
    wrong = {
        "shift": draws + np.array([0, 0.3, 0, 0]),
        "narrow": middle + 0.8 * (draws - middle),
        "constant": np.broadcast_to(middle, draws.shape).copy(),
        "overflow": draws * [1, 1e300, 1e300, 1],
    }[spoil]
    assert not verify(wrong, integral).agrees
