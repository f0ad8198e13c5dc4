"""Batches come back whole from other processes, and a cluster that isn't there is named."""

from __future__ import annotations

import math
import os
import signal

import pytest

import mixstudy.data.workers
from mixstudy.data.workers import ClusterError, run_batches


def test_two_processes_do_every_batch():
    """Every number comes back once, with its result, from processes other than this."""
    found = dict(run_batches(math.factorial, [(number, number + 1) for number in range(9)], workers=2))
    assert found == {number: math.factorial(number + 1) for number in range(9)}


def test_cluster_out_of_reach_is_named(monkeypatch):
    """The error has the address and what to do."""
    monkeypatch.setattr(mixstudy.data.workers, "CONNECT_SECONDS", 0.2)
    with pytest.raises(ClusterError, match=r"cluster tcp://127.0.0.1:9: cannot be reached.*check the address"):
        next(run_batches(math.factorial, [(0, 1)], cluster="tcp://127.0.0.1:9"))


def die(_):
    """Be killed, as when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_process_that_is_killed_is_named():
    """The error says what may help."""
    with pytest.raises(OSError, match="a worker process was killed; if memory ran out, use fewer --workers"):
        list(run_batches(die, [(0, None), (1, None)], workers=2))


def test_errors_of_the_work_arrive_as_they_are(two_workers):
    """An operating system's error is not taken for a lost cluster."""
    with pytest.raises(FileNotFoundError):
        list(run_batches(os.stat, [(0, "/nowhere")], cluster=two_workers.scheduler_address))


def test_no_more_processes_than_batches():
    """One batch is done in this process, however many there might be."""
    assert list(run_batches(lambda _: os.getpid(), [(0, None)], workers=9)) == [(0, os.getpid())]
