"""A study's rows hold what was found, depend on their place in the design alone, and none is dropped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

import mixstudy.study.data_set
from mixstudy.mcmc.settings import SamplerSettings
from mixstudy.study.data_set import CHECK_NAMES, SCHEMA, observations
from mixstudy.study.design import Design
from mixstudy.study.replicate import run_study
from mixstudy.study.summary import large_sample, summarise

SAMPLER = SamplerSettings(chains=2, draws=60, tune=60, escalate=False)
TINY = Design(n=(40, 400), separation=(4.0,), replicates=3, sampler=SAMPLER)
"""Data sets as cheap as real ones can be."""
FAR = 4.5
"""Monte Carlo errors that a right mean keeps within, but for one time in 100 000."""


def without_times(table):
    """The table but for how long things took."""
    return table.drop(columns=[name for name in table if name.startswith("seconds")])


def assert_same(one, two):
    """Bit for bit, timings apart."""
    pd.testing.assert_frame_equal(without_times(one), without_times(two), check_exact=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The tiny design, run without interruption in this process."""
    return run_study(TINY, tmp_path_factory.mktemp("whole") / "study", workers=1)


def test_every_data_set_has_its_row(whole):
    """Truth, both estimates, every check and the verdict are there, in the order of the design."""
    table = whole.table
    assert list(table.columns) == SCHEMA.names
    assert len(set(SCHEMA.names)) == len(SCHEMA.names)
    assert list(table["n"]) == [40, 400] * 3
    assert whole.failed == 0
    assert table.filter(regex="^(em|posterior_mean|truth)_(weight|mu1|mu2|sigma)$").notna().all(axis=None)
    assert table.filter(regex="^check_.*_status$").notna().all(axis=None)
    assert table["verdict"].isin(["agree", "disagree", "inconclusive"]).all()


def test_a_smaller_study_is_read_from_a_larger_one(whole):
    """Rows are known again by seed and cell; nothing is computed."""
    told = []
    less = run_study(replace(TINY, n=(40,), replicates=2), whole.folder, resume=True, progress=told.append)
    assert [(each.done, each.total) for each in told] == [(2, 2)]
    assert_same(less.table, whole.table[whole.table["n"] == 40][:2].reset_index(drop=True))


def test_posteriors_are_those_of_the_designs_prior(tmp_path):
    """With groups so far apart that labels are known, the weight's posterior is the Beta that conjugacy gives."""
    design = replace(TINY, n=(40,), separation=(14.0,), replicates=1, prior_weight=(200.0, 300.0))
    row = run_study(design, tmp_path / "far", workers=1).table.iloc[0]
    exact = beta(200 + 40 * row["em_weight"], 300 + 40 * (1 - row["em_weight"]))
    assert abs(row["posterior_mean_weight"] - exact.mean()) < FAR * row["mcse_mean_weight"]
    assert abs(row["em_weight"] - exact.mean()) > FAR * row["mcse_mean_weight"]


def test_checks_of_a_row_are_those_of_a_comparison():
    """A row has columns for every check there is, and for no other."""
    from mixstudy.comparison.checks import CHECKS

    assert len(CHECK_NAMES) == len(CHECKS)


def test_failing_data_set_is_a_row_with_its_reason(whole, tmp_path, monkeypatch):
    """What was found before the failure stays in the row, the reason beside it, and the others go on."""
    calls = []

    def brittle(*args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            msg = "the matrix melted"
            raise np.linalg.LinAlgError(msg)
        return compare(*args, **kwargs)

    compare = mixstudy.study.data_set.compare
    monkeypatch.setattr(mixstudy.study.data_set, "compare", brittle)
    found = run_study(replace(TINY, replicates=1), tmp_path / "s", workers=1)
    assert (found.failed, found.data_sets) == (1, 2)
    assert found.table.loc[1, "reason"] == "LinAlgError: the matrix melted"
    assert found.table.loc[1, "em_sigma"] == whole.table.loc[1, "em_sigma"]
    assert found.table.loc[1, "verdict"] is None or pd.isna(found.table.loc[1, "verdict"])
    assert_same(found.table[:1].infer_objects(), whole.table[:1])
    shares = summarise(found.table).set_index(["n", "measure"])["value"]
    assert shares[400, "failed"] == 1


def test_a_replicate_depends_on_its_place_alone():
    """More replicates and more sizes leave the first ones as they are, and no two data sets are alike."""
    more = replace(TINY, n=(40, 400, 4000), replicates=20)
    seeds = {task.place: task.seeds for task in more.tasks()}
    assert all(seeds[task.place] == task.seeds for task in TINY.tasks())
    assert len(set(seeds.values())) == len(seeds)


def test_large_data_sets_do_not_depend_on_processors(monkeypatch):
    """The points of a large data set are the same bits whatever the number of processors."""
    task = Design(n=(1_000_000,), replicates=1).tasks()[0]
    one = observations(task)
    monkeypatch.setattr("mixstudy.data.workers.cores", lambda: 7)
    other = observations(task)
    np.testing.assert_array_equal(one.points, other.points)
    np.testing.assert_array_equal(one.weights, other.weights)


def test_summaries_are_the_plain_figures(whole):
    """Coverage, bias and root mean square are what NumPy computes from the table, errors included."""
    rows = whole.table[whole.table["n"] == 400]
    found = summarise(whole.table).set_index(["n", "measure", "parameter"])
    inside = (rows["wald_lower_mu1"] <= 0) & (rows["wald_upper_mu1"] >= 0)
    error = rows["em_mu1"] - rows["truth_mu1"]
    assert found.loc[(400, "wald coverage", "mu1"), "value"] == inside.mean()
    assert found.loc[(400, "em bias", "mu1"), "value"] == pytest.approx(error.mean())
    assert found.loc[(400, "em bias", "mu1"), "error"] == pytest.approx(error.std() / np.sqrt(3))
    assert found.loc[(400, "em rmse", "mu1"), "value"] == pytest.approx(np.sqrt((error**2).mean()))
    total = sum(found.loc[(400, verdict, ""), "value"] for verdict in ("agree", "disagree", "inconclusive"))
    assert total == pytest.approx(1)


def test_slope_is_recovered():
    """Offsets made to shrink like n^-1/2 under known noise give a slope interval that holds -1/2, and not -1/4."""
    rng = np.random.default_rng(1)
    n = np.repeat([1000, 10_000, 100_000, 1_000_000], 100)
    noise, sd = 0.01, 2.0
    columns = {"n": n, "weight": 0.3, "separation": 3.0, "prior": 1.0, "identified": True}
    for label in ("weight", "mu1", "mu2", "sigma"):
        columns[f"posterior_mean_{label}"] = np.zeros(n.size)
        columns[f"em_{label}"] = sd * (
            3 / np.sqrt(n) * rng.normal(1, 0.2, n.size) + noise * rng.standard_normal(n.size)
        )
        columns[f"posterior_sd_{label}"] = columns[f"em_se_{label}"] = np.full(n.size, sd)
        columns[f"mcse_mean_{label}"] = np.full(n.size, noise * sd)
    found = large_sample(pd.DataFrame(columns))
    assert ((found["slope_lower"] < -0.4) & (found["slope_upper"] > -0.6)).all()
    assert (found["slope_upper"] < -0.3).all()
    assert ((found["slope"] + 0.5).abs() < 0.1).all()
    assert (found["ratio"] == 1).all()
