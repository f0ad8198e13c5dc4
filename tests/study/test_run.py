"""The engine ends with the same table however often it was killed and wherever it ran, and loses nothing."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mixstudy.data.writing import TEMPORARY, FullError
from mixstudy.study.run import Job, Results, guarded, run_job
from mixstudy.study.storage import FolderError

MOMENT = 0.02
"""Seconds that a slow number takes."""


@dataclass(frozen=True)
class Number:
    """What stands for a data set."""

    key: tuple[int]


@dataclass(frozen=True)
class Numbers:
    """A design that costs nothing: the square roots of the numbers from ``first`` on."""

    count: int = 24
    first: int = 0
    slow: float = 0.0

    def tasks(self):
        """All numbers."""
        return [Number((number,)) for number in range(self.first, self.first + self.count)]

    def as_dict(self):
        """Plain values."""
        return {"count": self.count, "first": self.first}


class Roots(Results[Numbers]):
    """The square roots."""

    def brief(self):
        """All of them."""
        return self.table


def root(task, design):
    """A row."""
    row = {"number": task.key[0]}
    with guarded(row):
        time.sleep(design.slow)
        row["root"] = float(np.sqrt(task.key[0]))
    return [row]


SCHEMA = pa.schema([("number", pa.int64()), ("root", pa.float64()), ("reason", pa.string())])
JOB = Job(name="roots", work=root, schema=SCHEMA, key=("number",), grows=("count",))


def run_roots(design, folder, **how):
    """Run it; in this process unless told otherwise."""
    return run_job(JOB, design, folder, Roots, **{"workers": 1, **how})


def parts(folder):
    """Names of the parts."""
    return sorted(path.name for path in folder.glob("part-*"))


def assert_roots(table, count=24):
    """The table is what it should be, in order."""
    assert table["number"].tolist() == list(range(count))
    np.testing.assert_array_equal(table["root"], np.sqrt(np.arange(count)))


@pytest.fixture
def whole(tmp_path):
    """All roots, in three parts."""
    return run_roots(Numbers(), tmp_path / "whole")


@pytest.mark.parametrize("where", ["here", "processes", "cluster"])
def test_same_table_everywhere(tmp_path, request, where):
    """One process, several and a cluster give every row once, in the order of the design, and tell how far they are."""
    cluster = request.getfixturevalue("two_workers").scheduler_address if where == "cluster" else None
    told, workers = [], 2 if where == "processes" else 1
    found = run_roots(Numbers(), tmp_path / "r", workers=workers, cluster=cluster, progress=told.append)
    assert_roots(found.table)
    assert [(each.done, each.total) for each in told] == [(0, 24), (8, 24), (16, 24), (24, 24)]
    assert (found.failed, found.data_sets) == (0, 24)


def killed(folder, *, after):
    """Run in a child process and kill it within a few moments of its writing so many parts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the child does nothing with the threads of its parent
        child = os.fork()
    if child == 0:
        try:
            run_roots(Numbers(slow=MOMENT), folder, resume=True)
        finally:
            os._exit(0)
    deadline = time.monotonic() + 60
    while len(parts(folder)) < after and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(np.random.default_rng(after).uniform(0, 5 * MOMENT))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return child


def test_kills_leave_the_same_table_and_nothing_else(tmp_path):
    """Killed three times at random moments and gone on with, it ends with the same table and no other files."""
    folder = tmp_path / "r"
    for after in (0, 1, 2):
        child = killed(folder, after=after)
    assert len(parts(folder)) >= 2
    (folder / TEMPORARY.format(process=child, word="0a")).write_bytes(b"half a part")
    assert_roots(run_roots(Numbers(), folder, resume=True).table)
    assert sorted(path.name for path in folder.iterdir()) == ["design.json", *parts(folder)]


SCRIPT = """
import sys
from pathlib import Path
from mixstudy.cli.running import carry_out
from tests.study.test_run import Numbers, run_roots
carry_out("roots", run_roots, Numbers(count=100, slow=0.1), Path(sys.argv[1]), quiet=True, how={"workers": 2})
"""


@pytest.mark.skipif(signal.getsignal(signal.SIGINT) is signal.SIG_IGN, reason="the shell that runs this ignores Ctrl-C")
@pytest.mark.parametrize("delay", [0.0, 0.3, 1.0])
def test_interrupt_at_any_moment_is_one_sentence(tmp_path, delay):
    """Ctrl-C, which reaches all processes of a terminal, prints no traceback, from their first moment on."""
    folder = tmp_path / "r"
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", SCRIPT, folder], stderr=subprocess.PIPE, process_group=0
    )
    while not (folder / "design.json").exists():
        time.sleep(0.01)
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    text = " ".join(errors.decode().split())
    assert "Interrupted: 0 of 100 data sets are kept" in text or (delay == 0 and "nothing was done yet" in text)
    assert f"go on with: mixstudy roots ... --out {folder} --resume" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_kill_is_silent_and_ends_the_workers(tmp_path, number):
    """Nothing is printed, and the workers, which hold standard error open, end soon."""
    folder = tmp_path / "r"
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, folder], stderr=subprocess.PIPE)  # noqa: S603
    while not parts(folder):
        time.sleep(0.01)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (-number, b"")


def test_damaged_parts_are_found_named_and_made_again(whole):
    """A part cut short, one with a flipped byte and a pipe in a part's place are told by name and made again."""
    first, second, third = (whole.folder / name for name in parts(whole.folder))
    first.write_bytes(first.read_bytes()[:200])
    flipped = bytearray(second.read_bytes())
    flipped[100] ^= 1
    second.write_bytes(flipped)
    third.unlink()
    os.mkfifo(third)
    again = run_roots(Numbers(), whole.folder, resume=True)
    assert again.damaged == (first.name, second.name, third.name)
    assert_roots(again.table)
    assert len(parts(whole.folder)) == 3


def test_folder_in_the_place_of_a_part_is_refused(whole):
    """It is not ours to remove."""
    (whole.folder / f"part-00007-{'0' * 16}.parquet").mkdir()
    with pytest.raises(FolderError, match="is a folder in the place of a part: move it away"):
        run_roots(Numbers(), whole.folder, resume=True)


def test_finished_run_is_read_not_run(whole, monkeypatch):
    """Going on with what is finished reads the table."""
    monkeypatch.setattr("mixstudy.study.run.run_batches", lambda *_, **__: (each for each in ()))
    told = []
    again = run_roots(Numbers(), whole.folder, resume=True, progress=told.append)
    pd.testing.assert_frame_equal(again.table, whole.table, check_exact=True)
    assert [(each.done, each.total) for each in told] == [(24, 24)]


def test_a_design_grows(whole):
    """More data sets are added to those that are there, which are not made again; a smaller design is a part of it."""
    before, told = parts(whole.folder), []
    assert_roots(run_roots(Numbers(count=30), whole.folder, resume=True, progress=told.append).table, 30)
    assert [each.done for each in told] == [24, 30]
    assert parts(whole.folder)[:3] == before
    assert_roots(run_roots(Numbers(count=5), whole.folder, resume=True).table, 5)


@pytest.mark.parametrize("changed", ["versions", "code"])
def test_another_program_is_noticed(whole, monkeypatch, changed):
    """Rows of another version, or of changed source of the same version, are not mixed with those that are there."""
    monkeypatch.setattr(f"mixstudy.study.run.{changed}", lambda: "new")
    with pytest.raises(FolderError, match=rf"holds other results: {changed} is .* there and new here; choose another"):
        run_roots(Numbers(), whole.folder, resume=True)


def test_existing_results_are_not_overwritten(whole, tmp_path):
    """Results without --resume, of another design or of somebody else's work are refused; nothing changes."""
    before = {path: path.read_bytes() for path in whole.folder.iterdir()}
    with pytest.raises(FolderError, match=r"holds results already \(3 parts\): go on with --resume"):
        run_roots(Numbers(), whole.folder)
    with pytest.raises(FolderError, match="holds other results: first is 0 there and 7 here"):
        run_roots(Numbers(first=7), whole.folder, resume=True)
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(FolderError, match="not empty and holds no study"):
        run_roots(Numbers(), tmp_path, resume=True)
    assert {path: path.read_bytes() for path in whole.folder.iterdir()} == before


@pytest.mark.parametrize("plan", ["[1]", "3", "null", "{", "[" * 100_000, " " * 2_000_000])
def test_plan_that_is_none_is_refused(whole, plan):
    """A design.json that holds anything else, or too much, is an error that names it."""
    (whole.folder / "design.json").write_text(plan)
    with pytest.raises(FolderError, match=r"design.json can't be read \(.*choose another --out"):
        run_roots(Numbers(), whole.folder, resume=True)


def test_full_disk_leaves_whole_parts(tmp_path, monkeypatch):
    """Where the disk fills up the error says what is kept, and nothing half-written stays."""
    flushed, flush = [], os.fsync

    def full(handle):
        flushed.append(handle)
        if len(flushed) > 4:  # a file and its folder each
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        FullError, match="the disk is full: free some space; the 1 parts written before are whole: go on"
    ):
        run_roots(Numbers(), tmp_path / "r")
    assert [path.name[:10] for path in sorted((tmp_path / "r").iterdir())] == ["design.jso", "part-00000"]


def test_failure_is_a_row_with_its_reason(tmp_path):
    """A data set that fails keeps its row, and the others go on."""
    found = run_roots(Numbers(slow=-1.0, count=2), tmp_path / "r")
    assert found.failed == 2
    assert found.table["reason"].tolist() == ["ValueError: sleep length must be non-negative"] * 2


def test_run_in_which_all_fails_is_an_error(tmp_path):
    """The command says so, with the first reason, and where the rows are."""
    from mixstudy.cli.running import carry_out

    with pytest.raises(ValueError, match=r"each of the 2 data sets failed, the first by ValueError: sleep .* are in"):
        carry_out("roots", run_roots, Numbers(slow=-1.0, count=2), tmp_path / "r", quiet=True, how={})
