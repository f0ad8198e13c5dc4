"""Parts are worked on here or on a cluster, and the results add up to the same."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from functools import partial
from operator import add

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from distributed import LocalCluster

from mixstudy.compression import cluster
from mixstudy.compression.cluster import map_reduce
from mixstudy.data import partition as streaming
from mixstudy.data import workers
from mixstudy.data.partition import open_parts
from mixstudy.data.sample import DataError
from mixstudy.data.workers import ClusterError

X = np.random.default_rng(0).normal(5.0, 2.0, 5000)


def start(n_workers):
    """A real cluster on this machine, each worker a process."""
    return LocalCluster(n_workers=n_workers, threads_per_worker=1, dashboard_address=":0", protocol="tcp")


@pytest.fixture
def empty():
    """A cluster that has a scheduler and no worker."""
    with start(0) as started:
        yield started


@pytest.fixture(params=["here", "cluster"])
def address(request):
    """Where the work is done: on this machine, or on the cluster."""
    return None if request.param == "here" else request.getfixturevalue("two_workers").scheduler_address


@pytest.fixture
def folder(tmp_path):
    """A data set of four CSV files."""
    for number, piece in enumerate(np.split(X, [1000, 1100, 3000])):
        np.savetxt(tmp_path / f"{number}.csv", piece, fmt="%.17g", header="x", comments="")
    return tmp_path


def sums(part):
    """Count, sum and sum of squares of a part: a small stand-in for its compression."""
    return sum(np.array([b.values.size, b.values.sum(), (b.values**2).sum()]) for b in part.batches())


def paired(left, right):
    """Show the shape of the tree."""
    return f"({left} {right})"


def die(marker, part):
    """Kill this worker's process in the middle of part 2, unless the marker tells that it was done before."""
    if part == 2 and not (marker and marker.exists()):
        time.sleep(0.1)
        if marker:
            marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return part


def test_same_result_here_and_there(folder, two_workers):
    """A cluster gives this machine's result to the bit, and that is the result for the whole data."""
    parts = open_parts([folder])
    here = map_reduce(sums, parts, add)
    np.testing.assert_allclose(here, [5000, X.sum(), (X**2).sum()], rtol=1e-12)
    np.testing.assert_array_equal(map_reduce(sums, parts, add, cluster=two_workers.scheduler_address), here)


def test_result_does_not_depend_on_the_split(tmp_path, monkeypatch, address):
    """Many small parts give what few large ones give."""
    pyarrow.parquet.write_table(pa.table({"x": X}), tmp_path / "x.parquet", row_group_size=200)
    few = map_reduce(sums, open_parts([tmp_path]), add, cluster=address)
    monkeypatch.setattr(streaming, "PART_BYTES", 1000)
    many = open_parts([tmp_path])
    assert len(many) > 20
    np.testing.assert_allclose(map_reduce(sums, many, add, cluster=address), few, rtol=1e-12)


@pytest.mark.parametrize(("n", "tree"), [(1, "0"), (3, "((0 1) 2)"), (7, "(((0 1) (2 3)) ((4 5) 6))")])
def test_tree(address, n, tree):
    """Neighbours are added pairwise, in their order, in the same shape everywhere."""
    assert map_reduce(str, range(n), paired, cluster=address) == tree


def test_progress(address):
    """Every part is reported once, in the thread of the caller."""
    seen = []
    map_reduce(abs, range(9), add, cluster=address, progress=lambda part: seen.append((part, threading.get_ident())))
    assert sorted(seen) == [(part, threading.get_ident()) for part in range(9)]


def test_refused_data(folder, address):
    """What is wrong with the data arrives unchanged, with the file and the row."""
    with (folder / "2.csv").open("a") as file:
        file.write("foo\n")
    with pytest.raises(DataError, match=r"2\.csv: column 'x' holds text, first in row 1901: 'foo'"):
        map_reduce(sums, open_parts([folder]), add, cluster=address)


def test_mistake_in_the_work(address):
    """An error that is no fault of the data or the cluster arrives as it is."""
    with pytest.raises(ZeroDivisionError):
        map_reduce(partial(divmod, 1), range(3), add, cluster=address)


def test_first_error_stops_the_work():
    """Parts that are not begun when one fails are never begun."""
    begun = []

    def work(part):
        begun.append(part)
        time.sleep(0.01)
        raise DataError(part)

    with pytest.raises(DataError):
        map_reduce(work, range(1000), add)
    assert len(begun) < 100


def test_a_worker_that_dies(two_workers, tmp_path):
    """A worker killed at work costs a repetition, and not the result."""
    work = partial(die, tmp_path / "marker")
    assert map_reduce(work, range(6), add, cluster=two_workers.scheduler_address) == 15
    assert (tmp_path / "marker").exists()


def test_a_part_that_kills_every_worker(two_workers, monkeypatch):
    """A part that no worker survives is given up."""
    monkeypatch.setattr(two_workers.scheduler, "allowed_failures", 0)
    with pytest.raises(ClusterError, match="a part was tried 1 times and its worker died each time; see the workers'"):
        map_reduce(partial(die, None), range(3), add, cluster=two_workers.scheduler_address)


def test_no_workers(empty, monkeypatch):
    """A cluster that stays without a worker is given up, with its address and what to start."""
    monkeypatch.setattr(workers, "LOST_SECONDS", 1)
    with pytest.raises(ClusterError, match=rf"{empty.scheduler_address}: no worker for 1 s; start 'dask worker tcp"):
        map_reduce(abs, range(3), add, cluster=empty.scheduler_address)


def test_a_scheduler_that_goes(empty, caplog):
    """A cluster that is shut down during the work is a lost one; Dask's own pages about it are not shown."""
    threading.Timer(0.5, empty.close).start()
    with pytest.raises(ClusterError, match=r"the connection was lost .*see the scheduler's log, and run this again"):
        map_reduce(abs, range(3), add, cluster=empty.scheduler_address)
    assert "distributed.client" not in caplog.text


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:9", "127.0.0.1:notaport", "nonsense://x", "http://x:1", "inproc://x", "tls://x:1"]
)
def test_wrong_address(monkeypatch, address):
    """An address where no scheduler answers is refused soon."""
    monkeypatch.setattr(workers, "CONNECT_SECONDS", 1)
    with pytest.raises(ClusterError, match=f"cluster {address}: cannot be reached within 1 s .*; check the address"):
        map_reduce(abs, range(3), add, cluster=address)


def test_without_dask(monkeypatch):
    """The way to the extra is told."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"tcp://x:1\) needs Dask; pip install 'mixstudy\[cluster\]'"):
        map_reduce(abs, range(3), add, cluster="tcp://x:1")


@pytest.mark.parametrize(("error", "attempts"), [(OSError("weak"), 3), (DataError("bad"), 1)], ids=["file", "data"])
def test_attempts(monkeypatch, error, attempts):
    """A file system that fails is asked again on the worker; data that are refused are not."""
    monkeypatch.setattr(cluster, "PAUSE", 0)
    asked = []

    def work(part):
        asked.append(part)
        raise error

    with pytest.raises(type(error), match=str(error)):
        cluster.attempt(work, 0)
    assert len(asked) == attempts


def test_no_parts():
    """Nothing to work on has no sum."""
    with pytest.raises(ValueError, match="parts must hold at least one part"):
        map_reduce(abs, [], add)
