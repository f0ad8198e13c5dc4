"""Each check fires on what it exists for, and only then."""

from __future__ import annotations

import dataclasses

import arviz as az
import numpy as np
import pytest

import mixstudy as ms
from mixstudy.compression.compress import from_cells


def statuses(result):
    """Status of each check by name."""
    return {check.name: check.status.value for check in result.checks}


def moved(parameters, **by):
    """The parameters with some values moved."""
    return dataclasses.replace(parameters, **{name: getattr(parameters, name) + step for name, step in by.items()})


@pytest.fixture(scope="module")
def fit(origin_sample):
    """EM's fit of the origin's sample."""
    return ms.fit_em(origin_sample)


def test_a_misfit_fails_its_check_and_leaves_the_agreement(fit, origin_posterior, monkeypatch):
    """Two methods may agree on a wrong model: the verdict stands, and its sentence warns."""
    x = np.r_[np.random.default_rng(0).normal(0, 1, 500), np.random.default_rng(1).normal(10, 3, 500)]
    misfit = ms.check_adequacy(ms.fit_em(x))
    monkeypatch.setattr("mixstudy.comparison.compare.check_adequacy", lambda *_, **__: misfit)
    result = ms.compare(fit, origin_posterior)
    assert result.verdict is ms.Verdict.AGREE
    assert statuses(result)["adequacy"] == "fail"
    assert "Beware: the data do not look like a sample from this model" in result.sentence
    assert "spread" in result.sentence


def test_four_kinds_of_interval_stand_side_by_side(faithful, faithful_posterior):
    """Wald, profile, bootstrap and credible intervals of well identified data nearly coincide."""
    fit = ms.fit_em(faithful)
    result = ms.compare(ms.Parameters(weight=0.4, mu1=55, mu2=80, sigma=6), faithful_posterior, level=0.9)
    ends = result.intervals.to_numpy().reshape(4, 4, 2)
    np.testing.assert_array_equal(ends[:, 0], fit.interval(0.9))
    np.testing.assert_array_equal(ends[:, 3], result.table[["lower", "upper"]])
    off = (ends - ends[:, :1]) / np.array(fit.standard_errors)[:, None, None]
    assert 0 < np.abs(off[:, 1:]).max() < 0.4
    assert list(result.intervals)[2:4] == ["profile_lower", "profile_upper"]


def test_sigma_off_by_one_standard_error_is_caught(fit, origin_posterior):
    """Inside its interval yet wrong: offset, challengers and stationary say so."""
    wrong = moved(fit.parameters, sigma=fit.standard_errors.sigma)
    result = ms.compare(wrong, origin_posterior)
    found = statuses(result)
    assert result.verdict is ms.Verdict.DISAGREE
    assert found["inside interval"] == "pass"
    assert {found[name] for name in ("offset", "challengers", "stationary")} == {"fail"}


def test_outside_interval_is_caught(fit, origin_posterior):
    """Ten standard errors off is outside interval and joint region."""
    result = ms.compare(moved(fit.parameters, mu1=10 * fit.standard_errors.mu1), origin_posterior)
    assert statuses(result)["inside interval"] == "fail"
    assert statuses(result)["joint"] == "fail"
    assert "mu1" in next(check.explanation for check in result.checks if check.name == "inside interval")


def test_wrong_truth_is_caught(fit, origin_posterior):
    """Two methods that agree on a sample from another truth fail the truth check alone."""
    result = ms.compare(fit, origin_posterior, truth=moved(ms.ORIGIN, weight=0.3))
    failed = {name for name, status in statuses(result).items() if status == "fail"}
    assert failed == {"truth"}
    assert result.verdict is ms.Verdict.DISAGREE


def test_failed_sampler_is_inconclusive(fit, origin_sample):
    """Chains that cannot be trusted never give a verdict of agree or disagree."""
    short = ms.sample_posterior(origin_sample, settings=ms.SamplerSettings(draws=20, tune=20))
    assert ms.compare(fit, short).verdict is ms.Verdict.INCONCLUSIVE


def test_intervals_are_quantiles_of_the_draws(fit, origin_posterior):
    """Equal-tailed ends are quantiles of the draws, to four of ArviZ's errors; HDI is no longer than they."""
    draws = origin_posterior.data["posterior"]["sigma"]
    errors = [float(az.mcse(draws, method="quantile", prob=tail)) for tail in (0.1, 0.9)]
    eti = ms.compare(fit, origin_posterior, level=0.8).table.loc["sigma"]
    hdi = ms.compare(fit, origin_posterior, level=0.8, kind="hdi").table.loc["sigma"]
    off = np.array([eti["lower"], eti["upper"]]) - np.quantile(draws, [0.1, 0.9])
    assert (np.abs(off) < 4 * np.array(errors)).all()
    assert hdi["upper"] - hdi["lower"] <= eti["upper"] - eti["lower"] + 4 * sum(errors)


def test_points_that_are_not_certain_are_inconclusive(fit, origin_posterior):
    """A stream that is gone, on cells too wide for the posterior, ends in neither agree nor disagree."""
    cells = origin_posterior.sample.cells
    wide = from_cells(cells.widened(cells.exponent + 8))
    result = ms.compare(fit, dataclasses.replace(origin_posterior, sample=wide))
    assert statuses(result)["compression"] == "fail"
    assert result.verdict is ms.Verdict.INCONCLUSIVE
