"""Reading one column of a CSV, Parquet or Arrow file as a sample.

Nothing is repaired in silence: what is not a finite number stops the reading, with the row where it stands. Rows are
counted from 1 after the header.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from mixstudy.compression.cluster import map_reduce
from mixstudy.compression.compress import from_cells
from mixstudy.compression.lattice import Cells, count_batches, exponent_for
from mixstudy.data.files import fault, is_url
from mixstudy.data.partition import Part, open_parts
from mixstudy.data.read import read_sample
from mixstudy.data.sample import DataError, Source, WeightedSample
from mixstudy.model import Floats

STREAMED = 256 << 20
"""A file of more bytes than this is compressed as it is read, so that it need not fit into memory."""
HELD_ROWS = 1 << 24
"""So is one of more rows: equal rows take next to nothing in a Parquet file."""
UNPACKS = 20
"""How many times larger a packed text may be than its file, at most as a rule."""


def read_observations(
    paths: Sequence[str | Path],
    *,
    column: str | None = None,
    drop_missing: bool = False,
    cluster: str | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> WeightedSample:
    """Read one file of moderate size as it is; compress a large one, several, or a directory in one pass.

    Args:
        paths: Files, directories of files, or URLs that fsspec opens.
        column: Name of the column, the same in all files; may be left out where only one is numeric.
        drop_missing: Leave missing values out, and count them in ``source.dropped``, instead of refusing them.
        cluster: Address of a Dask scheduler, on whose workers the files are read.
        progress: Told the bytes of a part that was read, and those of all parts, of what is compressed.

    Raises:
        DataError: A file or its column cannot be used; the message names the file and says what to do.
        ClusterError: The cluster cannot be reached, or was lost for good.
    """
    parts = open_parts(paths, column=column, drop_missing=drop_missing)
    single = len(paths) == 1 and parts[0].path == str(paths[0])
    if cluster is None and single and not _is_large(parts):
        return read_sample(paths[0], column=column, drop_missing=drop_missing)
    first = next((batch.values for part in parts for batch in part.batches() if batch.values.size), np.zeros(1))
    count = partial(_count_part, exponent=exponent_for(first))
    total = sum(part.size for part in parts)
    report = progress or (lambda _read, _total: None)
    cells, dropped = map_reduce(count, parts, _added, cluster=cluster, progress=lambda part: report(part.size, total))
    files = list(dict.fromkeys(part.path for part in parts))
    named = Path(files[0]).name if len(files) == 1 else f"{len(files)} files, {files[0]} to {files[-1]}"
    name = parts[0].column.name
    source = Source(description=f"{named}, column {name}", sha256=cells.fingerprint(), dropped=dropped, label=name)
    try:
        return from_cells(cells, source=source, reopen=lambda: (b.values for part in parts for b in part.batches()))
    except DataError as error:
        raise fault(named, f"column '{name}': {error}") from error


def _is_large(parts: Sequence[Part]) -> bool:
    """Whether a file is compressed as it is read: by its rows where it tells them, else by its bytes."""
    table, size = parts[0].table, sum(part.size for part in parts)
    unpacked = size * (1 if table.packed == "none" else UNPACKS)
    return is_url(table.path) or (table.rows or 0) > HELD_ROWS or unpacked > STREAMED


def _count_part(part: Part, *, exponent: int) -> tuple[Cells, int]:
    """The cells of one part, and how many missing values it dropped."""
    dropped = []

    def values() -> Iterator[Floats]:
        for batch in part.batches():
            dropped.append(batch.dropped)
            yield batch.values

    return count_batches(values(), exponent), sum(dropped)


def _added(one: tuple[Cells, int], two: tuple[Cells, int]) -> tuple[Cells, int]:
    return one[0] + two[0], one[1] + two[1]
