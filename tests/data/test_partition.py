"""Files are read in parts and batches, and that they are shows in nothing but memory."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from mixstudy.data import partition as streaming
from mixstudy.data.partition import open_parts
from mixstudy.data.read import read_sample
from mixstudy.data.sample import DataError

X = np.random.default_rng(0).normal(size=1000)
PEAK_BYTES = 100e6
"""What streaming may take beyond the imports."""


def write(path, x=X, *, name="x"):
    """Write one column in the format that the path's suffix names, in groups of 100 rows."""
    table = pa.table({"day": ["monday"] * len(x), name: x})
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(table, path, row_group_size=100)
    elif path.suffix == ".arrow":
        pyarrow.feather.write_feather(table, str(path), chunksize=100)
    else:
        rows = [f"monday,{'' if value is None else value}" for value in table.column(1).to_pylist()]
        path.write_text("\n".join([f"day,{name}", *rows]) + "\n")
    return path


def values(parts):
    """All observations, in the order of the parts."""
    return np.concatenate([batch.values for part in parts for batch in part.batches()])


@pytest.fixture
def small_pieces(monkeypatch):
    """Parts of 2 kB, so that a small file is cut like a large one."""
    monkeypatch.setattr(streaming, "PART_BYTES", 2000)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".arrow"])
@pytest.mark.usefixtures("small_pieces")
def test_every_format(tmp_path, suffix):
    """A file is cut into parts that hold its values in their order, bit for bit."""
    parts = open_parts([write(tmp_path / f"data{suffix}")], column="x")
    assert len(parts) > 3 or suffix == ".csv"
    np.testing.assert_array_equal(values(parts), X)


@pytest.mark.parametrize("segment", [1, 4, 64])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param("x,y\n" + "1,a\n2.5,b\n\n3,c\n" * 9, id="comma, empty lines"),
        pytest.param("y;x\r\n" + "a;1\r\nb;2\r\nc;3\r\n" * 9, id="semicolon, CRLF"),
        pytest.param("x\r" + "1\r2\r3\r" * 9, id="CR"),
        pytest.param('y,x\n"a\nb",1\n"c,""d""\n\n",2\n' + 'e"f,3\ng"h,4\n' * 9, id="line breaks in quotes"),
        pytest.param("\n\n1\t5\n2\t6\n" + "3\t7\n" * 9, id="tab, no header"),
        pytest.param("\ufeffx\n" + "+1\n 2\n3\n" * 9 + "\n\n\n", id="BOM, signs, empty lines at the end"),
        pytest.param("x\n" + "1\nNA\n\n2\n" * 9 + "4", id="missing, no last newline"),
    ],
)
def test_cutting_changes_nothing(tmp_path, monkeypatch, content, segment):
    """Every dialect of CSV gives the same values, however few rows are taken at a time."""
    path = tmp_path / "data.csv"
    path.write_bytes(content.encode())
    column = "1" if "\t" in content else "x"
    whole = read_sample(path, column=column, drop_missing=True)
    monkeypatch.setattr(streaming, "BATCH_ROWS", segment)
    (part,) = open_parts([path], column=column, drop_missing=True)
    np.testing.assert_array_equal(values([part]), whole.points)
    assert sum(batch.dropped for batch in part.batches()) == whole.source.dropped


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".arrow"])
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        pytest.param(np.inf, r"1 infinite value\(s\).*, in row\(s\) 778; correct", id="infinite"),
        pytest.param(np.nan, r"1 missing value\(s\).*, in row\(s\) 778; .* --drop-missing", id="missing"),
    ],
)
@pytest.mark.usefixtures("small_pieces")
def test_the_row_is_named(tmp_path, suffix, bad, message):
    """A value that cannot be used is refused with its row in the file, in whichever part it stands."""
    x = X.copy()
    x[777] = bad
    parts = open_parts([write(tmp_path / f"data{suffix}", x)], column="x")
    with pytest.raises(DataError, match=rf"data{suffix}: column 'x' has {message}"):
        values(parts[-4:])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param("monday,foo", "column 'x' holds text, first in row 1001: 'foo'", id="text"),
        pytest.param("monday", r"line 1002 has 1 field\(s\) and the table 2", id="ragged"),
        pytest.param('"monday,1', "line 1002 opens a quote that is not closed", id="quote left open"),
    ],
)
@pytest.mark.usefixtures("small_pieces")
def test_text_in_the_last_part(tmp_path, row, message):
    """A row that cannot be understood is named, or the quote that hides it."""
    path = write(tmp_path / "data.csv")
    path.write_text(path.read_text() + row + "\n")
    with pytest.raises(DataError, match=rf"data\.csv: {message}"):
        values(open_parts([path], column="x")[-1:])


def test_quote_left_open_far_from_the_end(tmp_path):
    """A quote that is never closed stops the reading."""
    path = tmp_path / "data.csv"
    path.write_text('day,x\nmon,1\n"tue,2\n' + "wed,3\n" * 200_000)
    with pytest.raises(DataError, match=r"data\.csv: "):
        values(open_parts([path], column="x"))


def test_line_breaks_in_quotes(tmp_path):
    """Quoted fields may hold line breaks, however late they come."""
    path = tmp_path / "data.csv"
    path.write_text("note,x\n" + "a,1\n" * 1001 + '"1,1\n1,1\n1,1",2\n3,3\n' * 300)
    np.testing.assert_array_equal(values(open_parts([path], column="x")), [1.0] * 1001 + [2.0, 3.0] * 300)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".arrow"])
def test_missing_values_are_dropped_and_counted(tmp_path, suffix):
    """On request missing values are left out, and how many is told."""
    path = write(tmp_path / f"data{suffix}", [None if abs(value) > 2 else value for value in X])
    parts = open_parts([path], column="x", drop_missing=True)
    np.testing.assert_array_equal(values(parts), X[abs(X) <= 2])
    assert sum(batch.dropped for part in parts for batch in part.batches()) == (abs(X) > 2).sum()


def test_directory(tmp_path):
    """A directory stands for its files in the order of their names, markers and hidden files aside."""
    for number, suffix in enumerate((".parquet", ".csv", ".arrow")):
        write(tmp_path / f"{number}{suffix}", X[number::3])
    (tmp_path / "_SUCCESS").touch()
    parts = open_parts([tmp_path], column="x")
    np.testing.assert_array_equal(values(parts), np.concatenate([X[0::3], X[1::3], X[2::3]]))
    assert [os.path.basename(part.path) for part in parts] == ["0.parquet", "1.csv", "2.arrow"]  # noqa: PTH119


@pytest.mark.parametrize(
    ("names", "message"),
    [
        pytest.param(["a.csv", "b.doc"], "the directory also holds 'b.doc', which is no data file", id="foreign"),
        pytest.param(["_SUCCESS"], "the directory holds no data files; it needs some, such as .csv", id="empty"),
        pytest.param(["a.csv"], r"a\.csv: the file is empty", id="empty file"),
    ],
)
def test_refused_directories(tmp_path, names, message):
    """A directory is read whole or not at all."""
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(DataError, match=message):
        open_parts([tmp_path], column="x")


def test_refused_lists(tmp_path):
    """No file at all, or one named twice by two ways, is a mistake."""
    path = write(tmp_path / "a.csv")
    with pytest.raises(DataError, match="paths must name at least one file"):
        open_parts([])
    with pytest.raises(DataError, match=r"a\.csv: named twice, and would count twice"):
        open_parts([path, tmp_path])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("day,X\nmon,1\n", "no column 'x'; did you mean 'X'", id="nearest"),
        pytest.param("day,x\nmon,one\n", "column 'x' holds text, first in row 1: 'one'", id="text"),
        pytest.param("day,x\n", "a header .'day', 'x'. but no rows", id="no rows"),
        pytest.param("\0", "a binary file", id="binary"),
    ],
)
def test_every_file_is_looked_at_before_any_is_read(tmp_path, content, message):
    """The second file's fault comes out when the files are opened, under its name."""
    first, second = write(tmp_path / "a.parquet"), tmp_path / "b.csv"
    second.write_text(content)
    with pytest.raises(DataError, match=rf"b\.csv: {message}"):
        values(open_parts([first, second])[-1:])


def test_column_is_chosen_in_the_first_file(tmp_path):
    """Where it is left out, the first file's only numeric column is read in all."""
    first, second = write(tmp_path / "a.csv"), tmp_path / "b.csv"
    second.write_text("y,x\n7,1\n8,2\n")
    np.testing.assert_array_equal(values(open_parts([first, second])), [*X, 1.0, 2.0])
    with pytest.raises(DataError, match=r"b\.csv: several numeric columns: 'y', 'x'; choose one"):
        open_parts([second, first])


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_no_rows(tmp_path, suffix):
    """A typed file without rows is refused by its name, also where it holds an empty group of them."""
    path = write(tmp_path / f"data{suffix}", pa.array([], pa.float64()))
    with pytest.raises(DataError, match=rf"data{suffix}: a header .'day', 'x'. but no rows"):
        values(open_parts([path], column="x"))


def test_a_file_that_changes(tmp_path):
    """A file that grew, was written again or is gone is noticed, also while it is read."""
    path = write(tmp_path / "data.csv")
    (part,) = open_parts([path], column="x")
    batches = part.batches()
    next(batches)
    path.write_text(path.read_text() + "monday,1\n")
    with pytest.raises(DataError, match=r"data\.csv: the file changed while it was in use; start again"):
        list(batches)
    with pytest.raises(DataError, match="the file changed"):
        part.require_unchanged()
    path.unlink()
    with pytest.raises(DataError, match="the file changed"):
        list(part.batches())


def test_same_size_at_another_time(tmp_path):
    """The same number of bytes, written again, is a change; an untouched file is none."""
    path = write(tmp_path / "data.csv")
    (part,) = open_parts([path], column="x")
    part.require_unchanged()
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1000))
    with pytest.raises(DataError, match="the file changed"):
        part.require_unchanged()


@pytest.fixture
def memory():
    """An fsspec file system in memory, emptied afterwards."""
    system = fsspec.filesystem("memory")
    yield system
    system.store.clear()


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".arrow"])
def test_url(tmp_path, memory, suffix):
    """What fsspec opens is read like a local file, and so is a directory of it; a change is noticed."""
    memory.pipe(f"/data/a{suffix}", write(tmp_path / f"data{suffix}").read_bytes())
    parts = open_parts(["memory://data"], column="x")
    np.testing.assert_array_equal(values(parts), X)
    assert read_sample(f"memory://data/a{suffix}", column="x").source.description == f"a{suffix}, column x"
    memory.pipe(f"/data/a{suffix}", memory.cat(f"/data/a{suffix}") + b"0")
    with pytest.raises(DataError, match=f"memory://data/a{suffix}: the file changed"):
        parts[0].require_unchanged()


def test_url_without_fsspec(monkeypatch):
    """The way to the extra is told."""
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(DataError, match=r"s3://b/a\.csv: .*pip install 'mixstudy\[cluster\]'"):
        open_parts(["s3://b/a.csv"])


@pytest.mark.parametrize("url", ["memory://nowhere.csv", "nonsense://a.csv"])
def test_url_that_leads_nowhere(url):
    """A URL without a file and a scheme that fsspec does not know are refused by name."""
    with pytest.raises(DataError, match=rf"{url}: (no such file|cannot be opened: Protocol not known)"):
        open_parts([url])


@pytest.mark.usefixtures("small_pieces")
def test_parts_are_small_and_travel(tmp_path):
    """A part can be sent to another process, which reads the same; the sizes add up to the file's."""
    path = write(tmp_path / "data.csv")
    parts = open_parts([path], column="x")
    assert len(pickle.dumps(parts[0])) < 1000
    np.testing.assert_array_equal(values(pickle.loads(pickle.dumps(parts))), X)  # noqa: S301
    assert sum(part.size for part in parts) == path.stat().st_size


STREAM = """
import sys
import duckdb
from mixstudy.compression.cluster import map_reduce
from mixstudy.data.partition import open_parts

def memory(kind):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(kind)) * 1024

before = memory("VmRSS")
parts = open_parts(sys.argv[1:], column="x")
n = map_reduce(lambda part: sum(batch.values.size for batch in part.batches()), parts, lambda a, b: a + b)
print(n, memory("VmHWM") - before, *({"pandas", "dask", "distributed", "fsspec"} & sys.modules.keys()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory(tmp_path):
    """Files of 160 MB, one a single row group, are read in less than that, and load neither pandas nor Dask."""
    (tmp_path / "a.csv").write_bytes(b"x,y\n" + b"1.25,some text beside it\n" * 6_400_000)
    table = pa.table({"x": np.arange(2e7)})
    pyarrow.parquet.write_table(table, tmp_path / "b.parquet", use_dictionary=False, row_group_size=2**25)
    run = subprocess.run([sys.executable, "-c", STREAM, tmp_path], capture_output=True, text=True, check=True)  # noqa: S603
    n, peak, *loaded = run.stdout.split()
    assert int(n) == 26_400_000
    assert int(peak) < PEAK_BYTES
    assert not loaded
