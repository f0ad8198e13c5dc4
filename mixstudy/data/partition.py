"""One numeric column of one file or many, larger than memory: float64 arrays in the order of the rows.

Nothing is skipped in silence: what is not a finite number stops the reading with the file and the row where it stands,
rows counted from 1 after the header.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from glob import glob
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.fs
import pyarrow.parquet
from numpy.typing import NDArray

from mixstudy.data.columns import SHOWN, Column, choose
from mixstudy.data.files import fault, is_url, locate, readable, stamp
from mixstudy.data.opening import open_table
from mixstudy.data.query import column_values
from mixstudy.data.sample import DataError
from mixstudy.data.table import Kind, Table
from mixstudy.data.typed import rows_before, typed_values
from mixstudy.model import Floats

PART_BYTES = 64 << 20
"""About what one part of a typed file reads: enough to make opening it cheap, little enough to keep every core busy."""
BATCH_ROWS = 1 << 17
"""Rows in one piece: a mebibyte, which stays in cache."""
SUFFIXES = (
    *(".csv", ".tsv", ".txt", ".dat", ".csv.gz", ".tsv.gz", ".txt.gz", ".csv.zst", ".json", ".jsonl", ".ndjson"),
    *(".parquet", ".arrow", ".feather", ".ipc", ".npy", ".xlsx", ".xls", ".ods"),
    *(".dta", ".sav", ".zsav", ".sas7bdat"),
)
"""Names of data files in a directory; a file named on its own may have any name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Observations that were read at one go."""

    values: Floats
    """Observations, all finite, shape ``(n,)``, data units; read-only where they lie in the file's own pages."""
    dropped: int
    """Missing values that were left out on request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file, or a stretch of one: small, can be pickled, can be read any number of times."""

    table: Table
    """What is known of the file, of this column only."""
    position: int
    """Position of the column."""
    start: int
    """First row group (Parquet) or record batch (Arrow); 0 in other files, which are read whole."""
    stop: int
    """The end, counted likewise and exclusive."""
    size: int
    """Bytes of the file that this part stands for, for a progress bar."""
    stamp: str
    """Hash of what the file system told about the file when it was opened."""
    drop_missing: bool = False
    """Whether missing values are left out and counted, or refused."""

    @property
    def path(self) -> str:
        """The file."""
        return self.table.path

    @property
    def column(self) -> Column:
        """The column."""
        return self.table.columns[0]

    def batches(self) -> Iterator[Batch]:
        """Read the part in pieces of about a hundred thousand rows.

        Raises:
            DataError: A value is missing, infinite or text, the file holds no rows, cannot be read, or has changed.
        """
        self.require_unchanged()
        rows = 0
        try:
            with readable(self.path):
                for values in _pieces(self):
                    kept = _usable(self, values, rows)
                    rows += values.size
                    yield Batch(values=kept, dropped=values.size - kept.size)
        except DataError:
            self.require_unchanged()
            raise
        self.require_unchanged()

    def require_unchanged(self) -> None:
        """Notice a file that was written again since it was opened.

        Raises:
            DataError: Its size or its time of change is another one.
        """
        with readable(self.path):
            if stamp(self.path) != self.stamp:
                raise fault(self.path, "the file changed while it was in use; start again, and let no one write to it")


def open_parts(
    paths: Sequence[str | Path], *, column: str | None = None, drop_missing: bool = False
) -> tuple[Part, ...]:
    """Look at every file and cut the large ones into parts; no data is read yet.

    Args:
        paths: Data files, URLs that fsspec opens, ``-`` for standard input, or directories that hold nothing else.
        column: Name of the column, the same in all files; may be left out where the first file leaves no doubt.
        drop_missing: Leave missing values out, and count them in ``Batch.dropped``, instead of refusing them.

    Returns:
        The parts in the order of the files (those of a directory by name) and of their rows.

    Raises:
        DataError: A file or its column cannot be used; the message names the file and says what to do.
    """
    files = [file for path in paths for file in _expand(str(path))]
    require_files(files)
    parts: list[Part] = []
    for file in files:
        found = _open_file_parts(file, column=column, drop_missing=drop_missing)
        column = found[0].column.name or column
        parts += found
    return tuple(parts)


def _open_file_parts(path: str, *, column: str | None, drop_missing: bool) -> list[Part]:
    with readable(path):
        before = stamp(path)
    table = open_table(path)
    position = choose(path, table.columns, column)
    chosen = table.columns[position]
    with readable(path):
        size = int(locate(path)[0].get_file_info(locate(path)[1]).size)
    count = max(1, min(table.units, round(size / PART_BYTES)))
    cuts = sorted({table.units * place // count for place in range(count + 1)})
    dialect = replace(table.dialect, names=()) if table.dialect else None
    table = replace(table, columns=(chosen,), dialect=dialect)
    part = Part(
        table=table, position=position, start=0, stop=table.units, size=size, stamp=before, drop_missing=drop_missing
    )
    if chosen.writing is None:
        if table.kind in (Kind.TEXT, Kind.JSON):
            for _ in _pieces(part):  # which refuses its first field that is no number
                pass
        raise fault(
            path, f"column '{chosen.name}' holds {chosen.example or 'missing values only'}; it must hold numbers"
        )
    return [
        replace(part, start=start, stop=stop, size=round(size * (stop - start) / table.units))
        for start, stop in pairwise(cuts)
    ]


def _pieces(part: Part) -> Iterator[Floats]:
    """Float64 arrays, a missing value as NaN."""
    if part.table.kind in (Kind.TEXT, Kind.JSON):
        return column_values(part.table, part.position, rows=BATCH_ROWS)
    return typed_values(part.table, part.position, start=part.start, stop=part.stop, rows=BATCH_ROWS)


def _usable(part: Part, values: Floats, rows: int) -> Floats:
    """The finite values; an infinite one is refused, and a missing one too unless it may be dropped."""
    with np.errstate(all="ignore"):
        if np.isfinite(values.sum()):
            return values
    infinite, missing = np.flatnonzero(np.isinf(values)), np.flatnonzero(np.isnan(values))
    if infinite.size:
        raise _bad(part, "infinite", rows, infinite, "correct or remove them")
    if missing.size and not part.drop_missing:
        raise _bad(
            part, "missing", rows, missing, "fill them in, or leave them out with --drop-missing (drop_missing=True)"
        )
    return values[~np.isnan(values)]


def _bad(part: Part, kind: str, rows: int, places: NDArray[np.intp], way_out: str) -> DataError:
    first = rows_before(part.table, part.start) + rows + 1
    named = ", ".join(str(first + place) for place in places[:SHOWN]) + (", ..." if places.size > SHOWN else "")
    so_far = " so far" if first > 1 or places[-1] > BATCH_ROWS // 2 else ""
    problem = f"column '{part.column.name}' has {places.size} {kind} value(s){so_far}, in row(s) {named}"
    return fault(part.path, f"{problem}; {way_out}")


def _expand(path: str) -> list[str]:
    """The files of a directory, sorted by name; hidden ones and markers such as ``_SUCCESS`` hold no data."""
    with readable(path):
        system, inner = locate(path)
        if system.get_file_info(inner).type != pyarrow.fs.FileType.Directory:
            return matching(path)
        try:
            found = sorted(system.get_file_info(pyarrow.fs.FileSelector(inner)), key=lambda info: str(info.base_name))
        except UnicodeDecodeError as error:
            raise fault(path, "the name of a file in it is not encoded as UTF-8; rename that file") from error
    names = [str(info.base_name) for info in found if not info.base_name.startswith((".", "_"))]
    for name in names:
        if not name.lower().endswith(SUFFIXES):
            raise fault(path, f"the directory also holds '{name}', which is no data file by its ending; name the files")
    if not names:
        raise fault(path, "the directory holds no data files; it needs some, such as .csv, .xlsx or .parquet")
    return [f"{path.rstrip('/')}/{name}" for name in names]


def matching(path: str) -> list[str]:
    """The files that a pattern such as ``run*.csv`` stands for, where no file is called so."""
    if is_url(path) or Path(path).exists() or not any(mark in path for mark in "*?"):
        return [path]
    return sorted(glob(path)) or [path]  # noqa: PTH207  (an absolute pattern too)


def require_files(files: Iterable[str]) -> None:
    """Raise ``DataError`` where there is no file, or one that is named twice."""
    if not files:
        msg = "paths must name at least one file, got none"
        raise DataError(msg)
    seen: set[str] = set()
    for file in files:
        name = file if is_url(file) else os.path.realpath(file)  # Path.resolve raises at links in a circle
        if name in seen:
            raise fault(file, "named twice, and would count twice; name it once")
        seen.add(name)
