"""A study is the same table however often it was interrupted and wherever it ran, and no data set is dropped."""

from __future__ import annotations

import errno
import os
import signal
import time
import warnings

import numpy as np
import pandas as pd
import pytest

import mixstudy.study.data_set
from mixstudy.data.files import FullError
from mixstudy.study.data_set import CHECK_NAMES, SCHEMA, observations
from mixstudy.study.design import Design
from mixstudy.study.replicate import run_study
from mixstudy.study.storage import FolderError
from mixstudy.study.summary import large_sample, summarise

TINY = Design(n=(40, 400), separation=(4.0,), replicates=12, chains=2, draws=60, tune=60, escalate=False)
"""Three parts of eight data sets, each as cheap as a real one can be."""


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
    assert list(table["n"]) == [40, 400] * 12
    assert whole.failed == 0
    assert table.filter(regex="^(em|posterior_mean|truth)_(weight|mu1|mu2|sigma)$").notna().all(axis=None)
    assert table.filter(regex="^check_.*_status$").notna().all(axis=None)
    assert table["verdict"].isin(["agree", "disagree", "inconclusive"]).all()


def test_checks_of_a_row_are_those_of_a_comparison():
    """A row has columns for every check there is, and for no other."""
    from mixstudy.comparison.checks import CHECKS

    assert len(CHECK_NAMES) == len(CHECKS)


def killed_run(folder, *, parts, delay):
    """Run in a child process and kill it a moment after it has written so many parts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the child does nothing with the threads of its parent
        child = os.fork()
    if child == 0:
        try:
            run_study(TINY, folder, resume=True, workers=1)
        finally:
            os._exit(0)
    deadline = time.monotonic() + 60
    while len(list(folder.glob("part-*.parquet"))) < parts and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_kills_leave_the_same_table(whole, tmp_path):
    """Killed three times at random moments and gone on with, the study ends with the same table."""
    rng = np.random.default_rng(0)
    for parts in (0, 1, 2):
        killed_run(tmp_path / "s", parts=parts, delay=rng.uniform(0, 0.5))
    assert len(list((tmp_path / "s").glob("part-*.parquet"))) >= 2
    assert_same(run_study(TINY, tmp_path / "s", resume=True, workers=1).table, whole.table)


def test_damaged_parts_are_found_named_and_made_again(whole, tmp_path):
    """A part cut short and one with a flipped byte are named and computed again; a copy of rows does no harm."""
    folder = tmp_path / "s"
    folder.mkdir()
    files = {path.name: bytearray(path.read_bytes()) for path in sorted(whole.folder.glob("part-*"))}
    first, second, third = files
    copy = third.replace("part-00002", "part-00003")
    files[copy] = bytearray(files[third])
    files[first] = files[first][:1000]
    files[second][200] ^= 1
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "design.json").write_bytes((whole.folder / "design.json").read_bytes())
    again = run_study(TINY, folder, resume=True, workers=1)
    assert again.damaged == (first, second)
    assert len(list(folder.glob("part-*"))) == 4
    assert_same(again.table, whole.table)


def test_finished_study_is_read_not_run(whole):
    """Going on with a finished study returns its table, timings and all."""
    told = []
    again = run_study(TINY, whole.folder, resume=True, progress=told.append)
    pd.testing.assert_frame_equal(again.table, whole.table, check_exact=True)
    assert [(each.done, each.total) for each in told] == [(24, 24)]


def test_a_study_grows(whole, tmp_path):
    """More replicates and another size are added to what is there, and only they are computed."""
    half = Design(**{**TINY.as_dict(), "n": (40,), "replicates": 5})
    run_study(half, tmp_path / "s", workers=1)
    told = []
    grown = run_study(TINY, tmp_path / "s", resume=True, workers=1, progress=told.append)
    assert told[0].done == 5
    assert_same(grown.table, whole.table)


def test_existing_results_are_not_overwritten(whole, tmp_path, monkeypatch):
    """Without resume, of another design or version, or in a folder of something else nothing is touched."""
    before = {path: path.read_bytes() for path in whole.folder.iterdir()}
    with pytest.raises(FolderError, match=r"holds results already \(3 parts\): go on with --resume"):
        run_study(TINY, whole.folder, workers=1)
    with pytest.raises(FolderError, match="holds other results: seed is 0 there and 7 here; choose another --out"):
        run_study(Design(**{**TINY.as_dict(), "seed": 7}), whole.folder, resume=True, workers=1)
    for what in ("versions", "code"):
        with monkeypatch.context() as patch:
            patch.setattr(f"mixstudy.study.run.{what}", lambda: "another")
            with pytest.raises(FolderError, match=rf"holds other results: {what} is .* there and another here"):
                run_study(TINY, whole.folder, resume=True, workers=1)
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(FolderError, match="not empty and holds no study"):
        run_study(TINY, tmp_path, resume=True, workers=1)
    assert {path: path.read_bytes() for path in whole.folder.iterdir()} == before


def test_full_disk_leaves_whole_parts(tmp_path, monkeypatch):
    """Where the disk fills up the error says what is kept, and nothing half-written stays."""
    folder, flushed = tmp_path / "s", []

    def full(handle):
        flushed.append(handle)
        if len(flushed) > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FullError, match="the disk is full; the 1 parts written before are whole"):
        run_study(TINY, folder, workers=1)
    assert [path.name[:10] for path in sorted(folder.iterdir())] == ["design.jso", "part-00000"]


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
    found = run_study(TINY, tmp_path / "s", workers=1)
    assert found.failed == 1
    assert found.table.loc[1, "reason"] == "LinAlgError: the matrix melted"
    assert found.table.loc[1, "em_sigma"] == whole.table.loc[1, "em_sigma"]
    assert found.table.loc[1, "verdict"] is None or pd.isna(found.table.loc[1, "verdict"])
    assert_same(found.table.drop(index=1).infer_objects(), whole.table.drop(index=1))
    shares = summarise(found.table).set_index(["n", "measure"])["value"]
    assert shares[400, "failed"] == pytest.approx(1 / 12)


def test_a_replicate_depends_on_its_place_alone():
    """More replicates and more sizes leave the first ones as they are, and no two data sets are alike."""
    more = Design(**{**TINY.as_dict(), "n": (40, 400, 4000), "replicates": 20})
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
    assert found.loc[(400, "em bias", "mu1"), "error"] == pytest.approx(error.std() / np.sqrt(12))
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
