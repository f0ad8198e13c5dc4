"""Any draws at all: an answer or a refusal, and chains that never moved do not pass."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import tame_data

import mixstudy as ms
from mixstudy.diagnosis.check import check_estimate

ORDINARY = ms.simulate(ms.ORIGIN, n=300, seed=5)
"""Data that the draws below are about."""


ODD = ["0.3", "1e-400", "nan", "", "0x1", "5", "1e308", "-0", "3.000"]


def right_draws(seed, chains, length):
    """Draws as a right sampler might give, shape ``(chains, length, 4)``."""
    fit = ms.fit_em(ORDINARY)
    return np.random.default_rng(seed).multivariate_normal(fit.parameters.array, fit.covariance, (chains, length))


@st.composite
def wild_draws(draw):
    """Right draws of which something is broken: values that are no numbers, absurd, constant, repeated."""
    draws = right_draws(draw(st.integers(0, 99)), draw(st.integers(1, 5)), draw(st.integers(1, 200)))
    for _ in range(draw(st.integers(0, 3))):
        value = draw(st.sampled_from([np.nan, np.inf, -np.inf, 1e300, -1e300, 1e200, 0.0, -1.0, 5e-324, 2.0]))
        chain, column = draw(st.integers(0, draws.shape[0] - 1)), draw(st.integers(0, 3))
        where = draw(st.sampled_from([slice(None), slice(0, 1), slice(None, None, 2)]))
        draws[chain, where, column] = value
    return draws


def assess(draws, x=ORDINARY):
    """The verdict on draws alone, or None where they are refused."""
    try:
        return check_estimate(None, x, draws=draws).verdict
    except ValueError:
        return None


@settings(max_examples=40)
@given(wild_draws())
def test_any_draws_are_judged_or_refused(draws):
    """Whatever the numbers: a verdict or a refusal; what is not finite or out of range is never agreed with."""
    verdict = assess(draws)
    weight, sigma = draws[..., 0], draws[..., 3]
    sound = np.isfinite(draws).all() and (np.abs(draws) < 1e100).all() and (sigma > 0).all()
    if not (sound and ((weight > 0) & (weight < 1)).all()):
        assert verdict is not ms.Verdict.AGREE


@settings(max_examples=40)
@given(
    st.integers(0, 99), st.integers(2, 4), st.integers(4, 300), st.sampled_from(["constant", "copied", "all", "two"])
)
def test_chains_that_did_not_move_never_pass(seed, chains, length, kind):
    """One constant chain, one that is a copy, identical chains, a chain of two values: never agree."""
    draws = right_draws(seed, chains, length)
    if kind == "constant":
        draws[0] = draws[0, 0]
    elif kind == "copied":
        draws[1] = draws[0]
    elif kind == "all":
        draws[:] = draws[:1]
    else:
        draws[0] = draws[0, np.arange(length) % 2]
    assert assess(draws) is not ms.Verdict.AGREE


@settings(max_examples=25)
@given(tame_data(), st.sampled_from([np.nan, 1e300, 0.0, 1.0]), st.integers(0, 99))
def test_draws_of_other_data_are_judged_or_refused(x, value, seed):
    """Draws held against data that they are not about: a verdict or a refusal, never another exception."""
    draws = right_draws(seed, 2, 50)
    draws[0, :3, 1] = value
    assess(draws, x)


@settings(max_examples=25)
@given(
    st.tuples(
        st.floats(0, 1), *[st.one_of(st.floats(-9, 9), st.floats(), st.sampled_from(ODD))] * 2, st.floats(1e-3, 9)
    ),
    tame_data(),
)
def test_any_estimate_is_judged_or_refused(estimate, x):
    """Four numbers or texts and any data: a verdict in finite numbers, or a refusal."""
    try:
        found = check_estimate(estimate, x)
    except ValueError:
        return
    assert found.sentence
    assert not np.isnan(found.deficit)


def test_an_estimate_whose_square_no_float_holds():
    """It is infinitely many standard errors off, also from what the data give without their outliers."""
    x = np.random.default_rng(0).standard_cauchy(150)
    found = check_estimate((0.2, 1.7e308, -3.7, 9.0), x)
    assert found.verdict is ms.Verdict.DISAGREE


@pytest.mark.parametrize("scale", [1e-85, 1e-95, 1e90])
def test_an_estimate_at_an_extreme_scale_is_judged(scale):
    """EM's own numbers of data at any scale that is promised are the maximum: no matrix of theirs is singular."""
    x = ORDINARY * scale
    assert check_estimate([*ms.fit_em(x).parameters], x).distance < 1e-3


@pytest.mark.parametrize("length", [10, 50, 100, 200, 400])
def test_a_stuck_sampler_is_named(length):
    """Draws that are all the same number are judged, and the check says that the chain is stuck."""
    draws = np.tile([*ms.fit_em(ORDINARY).parameters], (4, length, 1))
    found = check_estimate(None, ORDINARY, draws=draws)
    assert found.verdict is not ms.Verdict.AGREE
    told = next(each.explanation for each in found.checks if each.name == "draws")
    assert "stuck" in told or "never moved" in told
