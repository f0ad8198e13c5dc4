"""Every rung of the ladder draws from the same posterior, and what it took is recorded."""

from __future__ import annotations

import math

import numpy as np
import pytest
from oracles import scipy_log_posterior
from scipy import stats

import mixstudy as ms
from mixstudy.mcmc.diagnostics import SamplerStatus
from mixstudy.mcmc.model import Coordinates, build_model
from mixstudy.mcmc.posterior import LADDER, ladder
from mixstudy.mcmc.samplers import compile_model, draw_once

HARD = ms.Parameters(weight=0.63, mu1=0.0, mu2=1.6, sigma=1.0)
"""Means so near to each other that plain settings fail on a hundred observations."""


def test_mixture_coordinates_have_the_same_posterior():
    """In mixture coordinates PyMC's log density is SciPy's log posterior plus the log Jacobian, to 1e-10."""
    rng = np.random.default_rng(3)
    points, weights = rng.normal(10, 4, 50), rng.uniform(0.5, 3, 50)
    prior = ms.Prior(centre=9.0, scale=3.0)
    logp = build_model(points, weights, prior, coordinates=Coordinates.MIXTURE).compile_logp()
    for _ in range(20):
        weight, sigma = rng.random(), rng.uniform(0.5, 6)
        mu1, mu2 = np.sort(rng.normal(9, 6, 2))
        ratio = (mu2 - mu1) / sigma
        at = {
            "weight_logodds__": np.array(math.log(weight / (1 - weight))),
            "log_ratio": np.array(math.log(ratio)),
            "mean": np.array(weight * mu1 + (1 - weight) * mu2),
            "log_sd": np.array(math.log(sigma) + math.log1p(weight * (1 - weight) * ratio**2) / 2),
        }
        jacobian = math.log(weight * (1 - weight) * (mu2 - mu1) * sigma)
        expected = scipy_log_posterior(points, weights, prior, (weight, mu1, mu2, sigma)) + jacobian
        assert float(logp(at)) == pytest.approx(expected, rel=1e-10)


def largest_z(draws, posterior):
    """Largest difference of the means of independent draws from a posterior's, in Monte Carlo errors."""
    raw = draws.posterior
    theirs = [raw["weight"], raw["mu"][..., 0], raw["mu"][..., 1], raw["sigma"]]
    sample, z = posterior.sample, []
    for label, values in zip(ms.LABELS, theirs, strict=True):
        shift = sample.mean if label in ("mu1", "mu2") else 0.0
        own = shift + (1.0 if label == "weight" else sample.sd) * values.to_numpy()
        found = posterior.diagnostics.loc[label]
        error = np.hypot(found["mcse_mean"], own.mean(axis=1).std(ddof=1) / math.sqrt(own.shape[0]))
        z.append(abs(own.mean() - found["mean"]) / error)
    return max(z)


def test_mixture_coordinates_give_the_same_posterior(faithful, faithful_posterior):
    """Uncompiled chains in mixture coordinates agree with those in plain ones up to Monte Carlo error."""
    prior = ms.Prior(centre=0.0, scale=1.0)
    settings = ms.SamplerSettings(draws=500, tune=500, seed=4)
    draws = draw_once(faithful.standardised, faithful.weights, prior, settings, coordinates=Coordinates.MIXTURE)
    assert largest_z(draws, faithful_posterior) < stats.t(3).ppf(1 - 0.001 / 8)


def test_hard_data_end_with_a_posterior(compiled):
    """Where plain settings fail another way passes, and the attempts tell which."""
    x = ms.simulate(HARD, n=100, seed=0)
    few = {"draws": 250, "tune": 250}  # a quarter of what has an effective sample size of a few hundred here
    plain = ms.sample_posterior(x, settings=ms.SamplerSettings(**few, escalate=False), compiled=compiled)
    assert not plain.passed
    found = ms.sample_posterior(x, settings=ms.SamplerSettings(**few), compiled=compiled)
    assert found.passed
    assert [attempt.name for attempt in found.attempts] == [rung.name for rung in LADDER[: len(found.attempts)]]
    assert found.attempts[0].status is plain.status
    assert SamplerStatus.PASSED not in [attempt.status for attempt in found.attempts[:-1]]
    assert found.attempts[-1].status is SamplerStatus.PASSED


def test_easy_data_take_one_attempt(origin_posterior):
    """Where plain settings pass nothing else is tried."""
    assert [attempt.name for attempt in origin_posterior.attempts] == ["as asked"]


def test_chains_too_short_to_pass_do_not_escalate():
    """Fewer draws than the effective sample size asked for are a wish, not a failure to be mended."""
    assert len(ladder(ms.SamplerSettings(draws=50))) == 1
    assert len(ladder(ms.SamplerSettings(escalate=False))) == 1
    assert len(ladder(ms.SamplerSettings())) == len(LADDER)
    assert len(ladder(ms.SamplerSettings(), trusted=False)) == len(LADDER) - 1


def test_compiled_once_in_a_process(compiled):
    """Compiling again gives the same object at once."""
    assert compile_model() is compiled
