"""Batches come back whole from other processes, and a cluster that isn't there is named."""

from __future__ import annotations

import math

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
