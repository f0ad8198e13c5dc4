"""One numeric column of one file or many, larger than memory: float64 arrays in the order of the rows.

Nothing is skipped in silence: what is not a finite number stops the reading with the file and the row where it stands,
rows counted from 1 after the header.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from glob import glob
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet
from numpy.typing import NDArray

from mixstudy.data.columns import SHOWN, Column, choose
from mixstudy.data.files import fault, is_url, locate, open_file, readable, stamp
from mixstudy.data.numbers import NULLS, POINT
from mixstudy.data.sample import DataError
from mixstudy.data.table import READ_AHEAD, STDIN, Kind, Table, engine, leaf, open_array, open_table, source
from mixstudy.model import Floats

PART_BYTES = 64 << 20
"""About what one part of a typed file reads: enough to make opening it cheap, little enough to keep every core busy."""
BATCH_ROWS = 1 << 17
"""Rows in one piece: a mebibyte, which stays in cache."""
SUFFIXES = (
    *(".csv", ".tsv", ".txt", ".dat", ".csv.gz", ".tsv.gz", ".txt.gz", ".csv.zst", ".json", ".jsonl", ".ndjson"),
    *(".parquet", ".arrow", ".feather", ".ipc", ".npy", ".xlsx", ".xls", ".ods"),
)
"""Names of data files in a directory; a file named on its own may have any name."""
FIELDS = r"""regexp_extract_all(c0, '"[^"]*"|\S+')"""
"""The fields of a line that blanks part, in SQL."""
LINE = re.compile(r"CSV Error on Line: (\d+)")
WIDTHS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")


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
            if self.path != STDIN and stamp(self.path) != self.stamp:
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
    _require_files(files)
    parts: list[Part] = []
    for file in files:
        found = _open_file_parts(file, column=column, drop_missing=drop_missing)
        column = found[0].column.name or column
        parts += found
    return tuple(parts)


def _open_file_parts(path: str, *, column: str | None, drop_missing: bool) -> list[Part]:
    with readable(path):
        before = "" if path == STDIN else stamp(path)
    table = open_table(path)
    position = choose(path, table.columns, column)
    chosen = table.columns[position]
    with readable(path):
        size = 0 if path == STDIN else int(locate(path)[0].get_file_info(locate(path)[1]).size)
    count = max(1, min(table.units, round(size / PART_BYTES)))
    cuts = sorted({table.units * place // count for place in range(count + 1)})
    dialect = replace(table.dialect, names=()) if table.dialect else None
    table = replace(table, columns=(chosen,), dialect=dialect)
    part = Part(
        table=table, position=position, start=0, stop=table.units, size=size, stamp=before, drop_missing=drop_missing
    )
    if chosen.writing is None:
        _refuse_text(part)
    return [
        replace(part, start=start, stop=stop, size=round(size * (stop - start) / table.units))
        for start, stop in pairwise(cuts)
    ]


def _pieces(part: Part) -> Iterator[Floats]:
    """Float64 arrays, a missing value as NaN."""
    if part.table.kind is Kind.NUMPY:
        column = open_array(part.path)[:, part.position]
        for first in range(0, len(column), BATCH_ROWS):
            yield np.asarray(column[first : first + BATCH_ROWS], dtype=np.float64)
    elif part.table.kind in (Kind.PARQUET, Kind.ARROW):
        read = _parquet if part.table.kind is Kind.PARQUET else _arrow
        for array in read(part):
            yield _floats(array.cast(pa.float64(), safe=False))
    else:
        yield from _queried(part)


def _parquet(part: Part) -> Iterator[pa.Array]:
    with (
        open_file(part.path) as file,
        pyarrow.parquet.ParquetFile(file, buffer_size=READ_AHEAD, pre_buffer=False) as parquet,
    ):
        place = leaf(parquet.schema_arrow, part.position)
        groups = list(range(part.start, part.stop))
        for batch in parquet.reader.iter_batches(BATCH_ROWS, groups, column_indices=[place], use_threads=False):
            yield batch.column(0)


def _arrow(part: Part) -> Iterator[pa.Array]:
    only = pa.ipc.IpcReadOptions(included_fields=[part.position], use_threads=False)
    with open_file(part.path) as file, pa.ipc.open_file(file, options=only) as batches:
        for number in range(part.start, part.stop):
            column = batches.get_batch(number).column(0)
            for first in range(0, len(column), BATCH_ROWS):
                yield column.slice(first, BATCH_ROWS)


def _queried(part: Part) -> Iterator[Floats]:
    """A column of text or JSON, by DuckDB; where a number is missing, all that are missing are looked at first."""
    import duckdb

    raw, value = _expressions(part)
    rows, last = 0, None
    try:
        found = engine().cursor().sql(f"select {value} as v from {_from(part.table)}")  # noqa: S608
        for batch in found.to_arrow_reader(BATCH_ROWS):
            column = batch.column(0)
            if column.null_count and last is None:
                last = _last_row(part, raw, value)
            yield _floats(column)[: None if last is None else max(0, last - rows)]
            rows += len(column)
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise fault(part.path, _explained(str(error), part)) from error


def _from(table: Table) -> str:
    width = 1 if table.dialect is not None and table.dialect.delimiter == " " else table.width
    return f"{source(table)} as t({', '.join(f'c{place}' for place in range(width))})"


def _expressions(part: Part) -> tuple[str, str]:
    """SQL for a field as it stands, and for the number that it means."""
    raw = f"c{part.position}::varchar"
    if part.table.dialect is not None and part.table.dialect.delimiter == " ":
        raw = f"case when len({FIELDS}) = {part.table.width} then trim({FIELDS}[{part.position + 1}], '\"') else c0 end"
    writing = part.column.writing or POINT
    if writing == POINT:
        return raw, f"try_cast(trim({raw}) as double)"  # trim keeps DuckDB from typing the column, which would raise
    pattern, group = (text.replace("'", "''") for text in (writing.pattern, writing.group))
    plain = f"replace(translate({raw}, '{group}', ''), '{writing.decimal}', '.')"
    return raw, f"case when regexp_full_match({raw}, '{pattern}') then try_cast({plain} as double) end"


def _last_row(part: Part, raw: str, value: str) -> int:
    """The last row that is not blank; the first field that is neither a number nor missing is refused with its row."""
    nulls = ", ".join(f"'{null}'" for null in NULLS)
    rows = f"select row_number() over () as n, {raw} as field, {value} as v from {_from(part.table)}"  # noqa: S608
    test = f"v is null and coalesce(trim(field, ' \t\"'), '') not in ({nulls})"
    query = engine().cursor()
    found = query.sql(f"select n, field from ({rows}) where {test} order by n limit 1").fetchall()  # noqa: S608
    if found:
        raise _text_error(part, *found[0])
    blank = "field is not null" if part.table.width == 1 else "true"
    return int(query.sql(f"select coalesce(max(n), 0) from ({rows}) where {blank}").fetchall()[0][0])  # noqa: S608


def _text_error(part: Part, row: int, field: str) -> DataError:
    problem = f"column '{part.column.name}' holds text, first in row {row}: '{field}'"
    return fault(part.path, f"{problem}; it must hold numbers only, written like 3.6")


def _refuse_text(part: Part) -> None:
    """Refuse a column that is not numeric, with its first field that is none."""
    if part.table.kind in (Kind.TEXT, Kind.JSON):
        for _ in _queried(part):
            pass
    raise fault(
        part.path, f"column '{part.column.name}' holds {part.column.example or 'nothing'}; it must hold numbers"
    )


def _explained(error: str, part: Part) -> str:
    """What DuckDB says of a file, in a sentence."""
    line, widths = LINE.search(error), WIDTHS.search(error.replace("\n", " "))
    at = f"line {line[1]}" if line else "the file"
    if widths:
        found = f"{at} has {widths[2]} field(s) and the table {widths[1]}"
        return f"{found}; quote a field that holds the delimiter, and write decimals with a point"
    if "unterminated quote" in error:
        return f"{at} opens a quote that is not closed; close the quoted field, or remove the quote"
    if "not utf-8" in error:
        return f"{at}: the text is not encoded as {part.table.encoding.upper()}; save it as UTF-8"
    return f"cannot be read: {error.splitlines()[0]}; save it again"


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
    first = _rows_before(part) + rows + 1
    named = ", ".join(str(first + place) for place in places[:SHOWN]) + (", ..." if places.size > SHOWN else "")
    so_far = " so far" if first > 1 or places[-1] > BATCH_ROWS // 2 else ""
    problem = f"column '{part.column.name}' has {places.size} {kind} value(s){so_far}, in row(s) {named}"
    return fault(part.path, f"{problem}; {way_out}")


def _rows_before(part: Part) -> int:
    """Rows of the file before the part."""
    with open_file(part.path) if part.start else nullcontext() as file:
        if part.start and part.table.kind is Kind.PARQUET:
            groups = pyarrow.parquet.read_metadata(file)
            return sum(groups.row_group(number).num_rows for number in range(part.start))
        if part.start:
            batches = pa.ipc.open_file(file)
            return sum(len(batches.get_batch(number)) for number in range(part.start))
    return 0


def _floats(array: pa.Array) -> Floats:
    """The numbers where they lie, nulls as NaN; unlike PyArrow's ``to_numpy``, this does not load pandas."""
    if not len(array):
        return np.empty(0)
    bitmap, numbers = array.buffers()
    end = array.offset + len(array)
    values = np.frombuffer(numbers, dtype=np.float64, count=end)[array.offset :]
    if not array.null_count:
        return values
    valid = np.unpackbits(np.frombuffer(bitmap, dtype=np.uint8), count=end, bitorder="little")[array.offset :]
    return np.where(valid, values, np.nan)


def _expand(path: str) -> list[str]:
    """The files of a directory, sorted by name; hidden ones and markers such as ``_SUCCESS`` hold no data."""
    if path == STDIN:
        return [path]
    with readable(path):
        system, inner = locate(path)
        if system.get_file_info(inner).type != pyarrow.fs.FileType.Directory:
            return _matching(path)
        found = sorted(system.get_file_info(pyarrow.fs.FileSelector(inner)), key=lambda info: str(info.base_name))
    names = [str(info.base_name) for info in found if not info.base_name.startswith((".", "_"))]
    for name in names:
        if not name.lower().endswith(SUFFIXES):
            raise fault(path, f"the directory also holds '{name}', which is no {' or '.join(SUFFIXES)}; name the files")
    if not names:
        raise fault(path, f"the directory holds no files; it needs {' or '.join(SUFFIXES)}")
    return [f"{path.rstrip('/')}/{name}" for name in names]


def _matching(path: str) -> list[str]:
    """The files that a pattern such as ``run*.csv`` stands for, where no file is called so."""
    if is_url(path) or Path(path).exists() or not any(mark in path for mark in "*?"):
        return [path]
    return sorted(glob(path)) or [path]  # noqa: PTH207  (an absolute pattern too)


def _require_files(files: Iterable[str]) -> None:
    if not files:
        msg = "paths must name at least one file, got none"
        raise DataError(msg)
    seen: set[str] = set()
    for file in files:
        name = file if is_url(file) else str(Path(file).resolve())
        if name in seen:
            raise fault(file, "named twice, and would count twice; name it once")
        seen.add(name)
