"""One pass over the data: from memory against a plain sum, and from a file larger than what it may take of memory.

Each is measured in a process of its own: ``passes.py memory N ...`` and ``passes.py file PATH`` or ``scan PATH``.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
import pyarrow.parquet
from measuring import CHUNK, Benchmark, Observations, Row, best, cores, in_process, timed

import mixstudy as ms
from mixstudy.compression.cluster import map_reduce
from mixstudy.compression.compress import CompressedSample, compress, from_cells
from mixstudy.compression.lattice import Cells, count_batches, exponent_for
from mixstudy.data.partition import Part, open_parts

REPEATS = 7
MB = 1e6


def measure_compression(*, quick: bool) -> list[Row]:
    """Nanoseconds a point, on one core and on two."""
    sizes = (CHUNK,) if quick else (CHUNK, 10 * CHUNK, 100 * CHUNK)
    return [row for count in (1, 2) for row in in_process("passes.py", "memory", *sizes, cores=count)]


def _from_memory(sizes: list[int]) -> list[Row]:
    return [_pass(Observations(5.0, n).array()) for n in sizes]


def _pass(x: np.ndarray) -> Row:
    compress(x)
    with ThreadPoolExecutor(cores()) as pool:
        halves = np.array_split(x, cores())
        plain, points = best(lambda: sum(pool.map(np.sum, halves)), lambda: compress(x), repeats=REPEATS)
    nanoseconds = 1e9 / x.size
    return {
        "cores": cores(),
        "n": x.size,
        "sum_ns": plain * nanoseconds,
        "compress_ns": points * nanoseconds,
        "ratio": points / plain,
    }


def measure_stream(*, quick: bool) -> list[Row]:
    """Seconds and memory for a Parquet and a CSV file, against a plain sum of the column by pyarrow's scanner."""
    rows = []
    shrink = 100 if quick else 1
    for name, n in (("x.parquet", 200 * CHUNK // shrink), ("x.csv", 10 * CHUNK // shrink)):
        with tempfile.TemporaryDirectory(prefix="mixstudy-") as folder:
            path = Path(folder, name)
            _write(Observations(5.0, n), path)
            ours, scan = in_process("passes.py", "file", path), in_process("passes.py", "scan", path)
            row = {"file": path.suffix[1:], "rows": n, "file_mb": path.stat().st_size / MB, **ours}
        if row.pop("n") != n:
            msg = f"{name} holds {n} rows, and other than that were counted"
            raise RuntimeError(msg)
        rows.append(row | {f"scan_{key}": value for key, value in scan.items()})
    return rows


def _write(data: Observations, path: Path) -> None:
    """Write one column, a chunk at a time (a row group each), and see it on disk before it is read."""
    schema = pa.schema({"x": pa.float64()})
    with path.open("wb") as file:
        if path.suffix == ".csv":
            writer = pa.csv.CSVWriter(file, schema)
        else:
            writer = pa.parquet.ParquetWriter(file, schema, compression="none", use_dictionary=False)
        with writer:
            for chunk in data:
                writer.write_table(pa.table({"x": chunk}))
        file.flush()
        os.fsync(file.fileno())


def _from_file(path: str) -> Row:
    """The file to cells, on all cores, and on to points and the EM fit."""
    ms.fit_em(Observations(5.0, 10_000).array())  # loads what is loaded late
    before = _memory("VmRSS")
    streamed, sample = timed(lambda: _compressed(path))
    fitted, em = timed(lambda: ms.fit_em(sample))
    peak = _memory("VmHWM") - before
    return {"seconds": streamed, "em_s": fitted, "peak_mb": peak, "imports_mb": before, "n": round(em.sample.n)}


def _compressed(path: str) -> CompressedSample:
    parts = open_parts([path])
    exponent = exponent_for(next(parts[0].batches()).values)

    def count(part: Part) -> Cells:
        return count_batches((batch.values for batch in part.batches()), exponent)

    return from_cells(map_reduce(count, parts, Cells.__add__))


def _scan(path: str) -> Row:
    """What pyarrow takes to read the column and do next to nothing with it."""
    before = _memory("VmRSS")
    data = pa.dataset.dataset(path, format=Path(path).suffix[1:])
    seconds, _ = timed(lambda: sum(batch["x"].to_numpy().sum() for batch in data.to_batches(columns=["x"])))
    return {"seconds": seconds, "peak_mb": _memory("VmHWM") - before}


def _memory(key: str) -> float:
    """Resident memory of this process, now (VmRSS) or at most (VmHWM), MB.

    Not ``ru_maxrss``: Linux hands the parent's peak on to a process that is started.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 / MB for line in status.splitlines() if line.startswith(key))


COMPRESSION = Benchmark(
    title="Compression of an array in memory, ns per point, against a plain sum by as many threads",
    measure=measure_compression,
    columns={"cores": "cores", "n": "n", "sum": "sum_ns", "compress": "compress_ns", "times a sum": "ratio"},
)
STREAM = Benchmark(
    title="A file, streamed to cells on all cores, then EM; memory is the peak of the resident set above that after "
    "all imports (VmHWM - VmRSS of a process of its own); beside it pyarrow's scanner, which only sums the column",
    measure=measure_stream,
    columns={
        "file": "file",
        "rows": "rows",
        "file MB": "file_mb",
        "stream s": "seconds",
        "EM s": "em_s",
        "peak MB": "peak_mb",
        "scanner s": "scan_seconds",
        "scanner's peak MB": "scan_peak_mb",
    },
)

if __name__ == "__main__":
    kinds: dict[str, Callable] = {"file": _from_file, "scan": _scan}
    kind, *arguments = sys.argv[1:]
    found = _from_memory([int(n) for n in arguments]) if kind == "memory" else kinds[kind](*arguments)
    sys.stdout.write(json.dumps(found))
