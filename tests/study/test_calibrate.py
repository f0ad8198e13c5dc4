"""Calibration passes a right posterior, catches a wrong one, and hides no failure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

import mixstudy.study.calibrate
from mixstudy.mcmc.posterior import sample_posterior
from mixstudy.mcmc.settings import SamplerSettings
from mixstudy.model import Prior
from mixstudy.study.calibrate import (
    BY,
    QUANTITIES,
    SCHEMA,
    CalibrationDesign,
    calibration_summary,
    ranked,
    run_calibration,
)

SMALL = CalibrationDesign(
    replicates=24, n=(40,), sampler=SamplerSettings(chains=2, draws=300, tune=300, escalate=False)
)
FALSE_ALARM = 0.01
"""Probability that right ranks fail a test, all quantities together (Bonferroni)."""


def made_up(u, *, passed=True):
    """A table whose ranks are ``u``, by the chains and by the integral."""
    table = pd.DataFrame({f"{by}_{name}": u for by in BY for name in QUANTITIES})
    statuses = ("PASSED", "TRUSTED") if passed else ("NOT_MIXED", "UNEVEN")
    return table.assign(n=100, sampler_status=statuses[0], integral_status=statuses[1])


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small calibration, run in this process."""
    return run_calibration(SMALL, tmp_path_factory.mktemp("sbc") / "c", workers=1)


def test_right_posterior_is_inside_its_bands(small):
    """Every data set has a row with ranks: by the chains inside the bands, by the integral uniform to Kolmogorov."""
    assert list(small.table.columns) == SCHEMA.names
    assert small.failed == 0
    ranks = small.table[[f"{by}_{name}" for by in BY for name in QUANTITIES]]
    assert ranks.apply(lambda u: u.between(0, 1)).all(axis=None)
    found = calibration_summary(small.table)
    assert found.loc[found["by"] == "chains", "inside"].all()
    p_values = [kstest(u, "uniform").pvalue for u in ranked(small.table, "integral").to_numpy().T]
    assert min(p_values) > FALSE_ALARM / len(QUANTITIES)
    assert (found.loc[found["by"] == "integral", "ranked"] == 24).all()
    assert (found.loc[found["by"] == "chains", "ranked"] == (small.table["sampler_status"] == "PASSED").sum()).all()


def test_wrong_posterior_is_caught(tmp_path, monkeypatch):
    """A posterior under a prior that is not the one truths are drawn from leaves the bands."""

    def narrow(sample, *, prior, **kwargs):
        return sample_posterior(
            sample, prior=Prior(centre=prior.centre + 4 * prior.scale, scale=prior.scale / 8), **kwargs
        )

    monkeypatch.setattr(mixstudy.study.calibrate, "sample_posterior", narrow)
    found = run_calibration(SMALL, tmp_path / "c", workers=1)
    summary = calibration_summary(found.table.assign(sampler_status="PASSED", integral_status="TRUSTED"))
    assert not summary.groupby("by")["inside"].all().any()


def test_truths_are_drawn_from_the_designs_prior(tmp_path):
    """Under a Beta with little spread every true weight is near its mean."""
    tight = replace(SMALL, replicates=3, prior_weight=(400.0, 600.0))
    truths = run_calibration(tight, tmp_path / "t", workers=1).table["truth_weight"]
    assert ((truths - 0.4).abs() < 4.5 * np.sqrt(0.4 * 0.6 / 1001)).all()


def test_bands_tell_uniform_from_not():
    """Uniform ranks are inside, ranks of a posterior too wide by a half are not."""
    rng = np.random.default_rng(0)
    assert calibration_summary(made_up(rng.random(500)))["inside"].all()
    assert not calibration_summary(made_up(rng.beta(1.5, 1.5, 500)))["inside"].any()


def test_failures_are_counted_beside():
    """Ranks of chains that failed and of integrals that can't be trusted don't enter the bands."""
    rng = np.random.default_rng(1)
    table = pd.concat([made_up(rng.random(300)), made_up(np.full(100, 0.999), passed=False)])
    found = calibration_summary(table)
    assert found["inside"].all()
    assert (found["data_sets"] == 400).all()
    assert (found["ranked"] == 300).all()


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"replicates": 0}, "replicates must be at least 1, got 0"),
        ({"n": (3,)}, "n must be at least 4, got 3"),
        ({"sampler": SamplerSettings(draws=10)}, "draws must be at least 25, got 10"),
        ({"scale": 0.0}, "scale above 0"),
    ],
)
def test_bad_calibrations(bad, message):
    """A value out of its range is refused by name."""
    with pytest.raises(ValueError, match=message):
        CalibrationDesign(**bad)
