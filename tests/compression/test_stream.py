"""Files that are compressed as they are read: the same sample, however the data are cut and wherever it is done."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from distributed import LocalCluster
from typer.testing import CliRunner

import mixstudy as ms
from mixstudy.cli.app import app
from mixstudy.compression import stream as reading
from mixstudy.compression.compress import CompressedSample
from mixstudy.compression.stream import read_observations
from mixstudy.data import partition as streaming
from mixstudy.data.sample import DataError
from mixstudy.data.workers import ClusterError

X = ms.simulate(ms.ORIGIN, n=12_000, seed=0)


@pytest.fixture
def folder(tmp_path):
    """Three files of unequal length, one of them Parquet."""
    path = tmp_path / "data"
    path.mkdir()
    for number, part in enumerate(np.split(X, [5000, 5100])):
        frame = pd.DataFrame({"x": part, "label": "a"})
        if number == 2:
            frame.to_parquet(path / f"{number}.parquet")
        else:
            frame.to_csv(path / f"{number}.csv", index=False)
    return path


def estimate(sample):
    """EM's estimate as an array."""
    return np.array([*ms.fit_em(sample).parameters])


def test_a_folder_is_one_data_set(folder):
    """A folder, its files and the array itself give the same estimate and the same fingerprint."""
    sample = read_observations([folder])
    assert isinstance(sample, CompressedSample)
    assert sample.n == X.size
    files = read_observations(sorted(folder.iterdir()))
    assert files.source.sha256 == sample.source.sha256
    np.testing.assert_allclose(estimate(sample), estimate(X), rtol=1e-9)


def test_splitting_changes_nothing(folder, monkeypatch):
    """Parts of two kilobytes or whole files: sums, likelihood and estimate are equal to 1e-12."""
    whole = read_observations([folder])
    monkeypatch.setattr(streaming, "PART_BYTES", 2000)
    split = read_observations([folder])
    assert split.source.sha256 == whole.source.sha256
    np.testing.assert_allclose(split.cells.sums, whole.cells.sums, rtol=0, atol=1e-12 * X.size)
    one, two = (ms.log_likelihood(each.points, ms.ORIGIN, weights=each.weights) for each in (split, whole))
    assert one == pytest.approx(two, rel=1e-12)
    np.testing.assert_allclose(estimate(split), estimate(whole), rtol=1e-12)


def test_a_cluster_gives_the_same(folder):
    """Two worker processes give this machine's result to the bit."""
    here = read_observations([folder])
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", protocol="tcp") as cluster:
        there = read_observations([folder], cluster=cluster.scheduler_address)
    np.testing.assert_array_equal(there.weights, here.weights)
    np.testing.assert_array_equal(there.points, here.points)


def test_large_files_are_compressed_as_they_are_read(folder, monkeypatch):
    """One file is read as it is, and compressed in one pass where it is large."""
    path = folder / "0.csv"
    assert not isinstance(read_observations([path]), CompressedSample)
    monkeypatch.setattr(reading, "STREAMED", 1000)
    seen = []
    sample = read_observations([path], progress=lambda read, total: seen.append((read, total)))
    assert isinstance(sample, CompressedSample)
    assert sum(read for read, _ in seen) == pytest.approx(seen[0][1])


def test_dropped_values_are_counted(tmp_path):
    """Missing values are refused with file and row, or dropped and counted over all files."""
    for number in range(2):
        column = pd.Series(X[:3000]).where(np.arange(3000) != 41 + number)
        column.to_frame("x").to_csv(tmp_path / f"{number}.csv", index=False)
    with pytest.raises(DataError, match=r"0\.csv.*in row\(s\) 42"):
        read_observations([tmp_path])
    sample = read_observations([tmp_path], drop_missing=True)
    assert (sample.n, sample.source.dropped) == (5998, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x\n", "no rows"),
        ("x\n1\n2\nthree\n", "row 3: 'three'"),
        ("x\n1\ninf\n2\n", r"infinite value.*row\(s\) 2"),
        ("y\n1\n2\n3\n", "no column 'x'"),
    ],
)
def test_a_faulty_part_is_named(folder, text, message):
    """The error names the file among the many and the row."""
    (folder / "3.csv").write_text(text)
    with pytest.raises(DataError, match=rf"3\.csv.*{message}"):
        read_observations([folder], column="x")


def test_a_file_that_changes_between_passes_is_noticed(folder):
    """The second pass refuses a file that was written since the first."""
    sample = read_observations([folder])
    with (folder / "0.csv").open("a") as file:
        file.write("1.5,a\n")
    with pytest.raises(DataError, match=r"0\.csv: the file changed"):
        list(sample.reopen())


def test_too_few_distinct_values(tmp_path):
    """What can't be estimated from is refused with the file's name."""
    path = tmp_path / "two.csv"
    pd.DataFrame({"x": np.resize([1.0, 2.0], 1000)}).to_csv(path, index=False)
    other = tmp_path / "three.csv"
    other.write_text(path.read_text())
    with pytest.raises(DataError, match="column 'x': the observations have only 2 distinct"):
        read_observations([path, other])


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense"])
def test_cluster_that_is_not_there(folder, monkeypatch, address):
    """An address without a scheduler is an error that names it, at once."""
    monkeypatch.setattr("mixstudy.data.workers.CONNECT_SECONDS", 1)
    with pytest.raises(ClusterError, match=re.escape(address)):
        read_observations([folder], cluster=address)


def test_fit_takes_a_folder(folder):
    """The command line takes files and folders alike."""
    result = CliRunner().invoke(app, ["fit", str(folder), "--quiet"])
    assert result.exit_code == 0, result.output
    found = np.array([float(value) for value in result.output.split(",")])
    np.testing.assert_allclose(found, estimate(X), rtol=1e-9)


def test_exact_wants_one_file(folder):
    """All observations of several files are not kept in memory."""
    result = CliRunner().invoke(app, ["fit", *map(str, sorted(folder.iterdir())), "--exact"])
    assert result.exit_code == 2
    assert "name one file" in result.output
