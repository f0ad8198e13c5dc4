"""Calibration passes a right posterior, catches a wrong one, and hides no failure."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import mixstudy.study.calibrate
from mixstudy.mcmc.posterior import sample_posterior
from mixstudy.model import Prior
from mixstudy.study.calibrate import QUANTITIES, SCHEMA, CalibrationDesign, calibration_summary, run_calibration

SMALL = CalibrationDesign(replicates=24, n=(40,), chains=2, draws=300, tune=300, escalate=False)


def made_up(u, *, passed=True):
    """A table whose ranks are ``u``."""
    table = pd.DataFrame({f"u_{name}": u for name in QUANTITIES})
    return table.assign(n=100, attempts="as asked: PASSED", sampler_status=np.where(passed, "PASSED", "NOT_MIXED"))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small calibration, run in this process."""
    return run_calibration(SMALL, tmp_path_factory.mktemp("sbc") / "c", workers=1)


def test_right_posterior_is_inside_its_bands(small):
    """Every data set has a row with ranks, and where the sampler passed the ranks are inside the bands."""
    assert list(small.table.columns) == SCHEMA.names
    assert small.failed == 0
    assert small.table[[f"u_{name}" for name in QUANTITIES]].notna().all(axis=None)
    assert small.table[[f"u_{name}" for name in QUANTITIES]].apply(lambda u: u.between(0, 1)).all(axis=None)
    found = calibration_summary(small.table)
    assert found["inside"].all()
    share = (small.table["sampler_status"] != "PASSED").mean()
    np.testing.assert_allclose(found["not_passed"], share)


def test_wrong_posterior_is_caught(tmp_path, monkeypatch):
    """A posterior under a prior that is not the one truths are drawn from leaves the bands."""

    def narrow(sample, *, prior, **kwargs):
        return sample_posterior(
            sample, prior=Prior(centre=prior.centre + 4 * prior.scale, scale=prior.scale / 8), **kwargs
        )

    monkeypatch.setattr(mixstudy.study.calibrate, "sample_posterior", narrow)
    found = run_calibration(SMALL, tmp_path / "c", workers=1)
    everything = found.table.assign(sampler_status="PASSED")
    assert not calibration_summary(everything)["inside"].all()


def test_bands_tell_uniform_from_not():
    """Uniform ranks are inside, ranks of a posterior too wide by a half are not."""
    rng = np.random.default_rng(0)
    assert calibration_summary(made_up(rng.random(500)))["inside"].all()
    assert not calibration_summary(made_up(rng.beta(1.5, 1.5, 500)))["inside"].any()


def test_failures_are_counted_beside():
    """Ranks of data sets whose sampler failed don't enter the bands, and their share is told."""
    rng = np.random.default_rng(1)
    table = pd.concat([made_up(rng.random(300)), made_up(np.full(100, 0.999), passed=False)])
    found = calibration_summary(table)
    assert found["inside"].all()
    assert (found["not_passed"] == 0.25).all()
    assert (found["ranked"] == 300).all()


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"replicates": 0}, "replicates must be at least 1, got 0"),
        ({"n": (3,)}, "n must be at least 4, got 3"),
        ({"draws": 10}, "draws must be at least 25, got 10"),
        ({"scale": 0.0}, "scale above 0"),
    ],
)
def test_bad_calibrations(bad, message):
    """A value out of its range is refused by name."""
    with pytest.raises(ValueError, match=message):
        CalibrationDesign(**bad)
