"""A data file as a table of columns, whatever wrote it: text of every dialect, JSON, Excel, NumPy, Parquet, Arrow.

A file is told apart by its content, never by its name. Text and JSON are read by DuckDB; what it can't take as it
stands (a workbook, UTF-16, standard input) is first written out as plain text.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import IO, TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet

from mixstudy.data.columns import Column, judge_columns, no_rows
from mixstudy.data.dialect import HEAD_ROWS, WHOLE, Dialect, find_dialect
from mixstudy.data.files import fault, is_url, locate, open_file, readable, stamp

if TYPE_CHECKING:
    import duckdb

HEAD_BYTES = 1 << 20
"""What is looked at of a text file."""
BUFFER_BYTES = 2 << 20
"""Text that DuckDB holds at a time for each thread; more is hardly faster (measured)."""
READ_AHEAD = 1 << 20
"""Read-ahead in a column of a Parquet file."""
STDIN = "-"
PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
"""How compressed files begin."""
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How workbooks begin, of today and of long ago."""
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""Bytes that no text file holds."""


class Kind(StrEnum):
    """The kinds of file that are read."""

    TEXT = "text"
    JSON = "JSON"
    NUMPY = "NumPy"
    PARQUET = "Parquet"
    ARROW = "Arrow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a file offers before its column is read."""

    path: str
    kind: Kind
    columns: tuple[Column, ...]
    """Its columns, in the order of the file."""
    width: int
    """How many these are."""
    units: int = 1
    """Stretches that can be read on their own: row groups of Parquet, record batches of Arrow."""
    rows: int | None = None
    """How many there are, where the file says so."""
    dialect: Dialect | None = None
    """How a text file writes it."""
    encoding: str = "utf-8"
    """Of a text file: ``utf-8``, ``utf-16`` or ``latin-1``."""
    packed: str = "none"
    """How a text file is compressed, in DuckDB's words."""
    converted: bool = False
    """Whether DuckDB reads what was written out as plain text."""


def open_table(path: str) -> Table:
    """Look at a file's beginning, and at its schema where it has one.

    Raises:
        DataError: There is no such file, it is empty, or of no kind that is read.
    """
    with readable(path):
        head = _head(path)
        if head.startswith(b"PAR1"):
            return _parquet(path)
        if head.startswith(b"ARROW1"):
            return _arrow(path)
        if head.startswith(b"\x93NUMPY"):
            return _numpy(path)
        text, encoding = _as_text(path, head)
        if not text.strip():
            raise fault(path, "the file is empty; it needs a header and one row per observation")
        start = _start(path)
        table = Table(
            path=path,
            kind=Kind.JSON if re.match(r"\s*(\{\s*\"|\[\s*\{)", text) else Kind.TEXT,
            columns=(),
            width=0,
            encoding=encoding,
            packed=PACKED.get(start[:2], PACKED.get(start, "none")),
            converted=path == STDIN or start in WORKBOOKS or encoding == "utf-16",
        )
        return _json(table) if table.kind is Kind.JSON else _text(table, text)


def _start(path: str) -> bytes:
    if path == STDIN:
        return b""
    with open_file(path) as raw:
        return bytes(raw.read(4))


def _head(path: str) -> bytes:
    if path != STDIN:
        system, inner = locate(path)
        kind = system.get_file_info(inner).type
        if kind == pyarrow.fs.FileType.NotFound:
            raise fault(path, "no such file; check the path")
        if kind != pyarrow.fs.FileType.File:
            name = "a directory" if kind == pyarrow.fs.FileType.Directory else "not a regular file"
            raise fault(path, f"this is {name}; name a data file")
    with _unpacked(path) as file:
        return file.read(HEAD_BYTES)


@contextmanager
def _unpacked(path: str) -> Iterator[IO[bytes]]:
    """The bytes of a file, uncompressed; a workbook as text."""
    if path == STDIN:
        yield open_file(_standard_input().name)
        return
    start = _start(path)
    with open_file(path) as raw:
        packed = next((name for magic, name in PACKED.items() if start.startswith(magic)), None)
        if packed is not None:
            with pa.CompressedInputStream(raw, packed) as stream:
                yield stream
        elif start in WORKBOOKS:
            yield io.BytesIO(_workbook(path, raw.read()))
        else:
            yield raw


@cache
def _standard_input() -> IO[bytes]:
    """What came by standard input, kept in a file while the process lives."""
    file = tempfile.NamedTemporaryFile(prefix="mixstudy-")  # noqa: SIM115  (closed when the process ends)
    shutil.copyfileobj(sys.stdin.buffer, file)
    file.flush()
    return file


@cache
def _converted(path: str, encoding: str, _stamp: str) -> IO[str]:
    """The same text as UTF-8, uncompressed, in a file while the process lives."""
    file = tempfile.NamedTemporaryFile("w", prefix="mixstudy-", encoding="utf-8", newline="")  # noqa: SIM115  (likewise)
    with _unpacked(path) as raw:
        shutil.copyfileobj(codecs.getreader(encoding)(raw), file)
    file.flush()
    return file


def _workbook(path: str, content: bytes) -> bytes:
    """The only sheet of a workbook that holds anything, as text with tabs."""
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    except calamine.CalamineError as error:
        raise fault(path, f"a binary file, no workbook that can be read ({error}); save it as CSV (UTF-8)") from error
    sheets = {name: rows for name, rows in sheets.items() if rows}
    if len(sheets) > 1:
        raise fault(path, f"several sheets hold something: {', '.join(sheets)}; save the one that is meant as CSV")
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t")
    for row in next(iter(sheets.values()), []):
        writer.writerow([repr(each) if isinstance(each, float) else each for each in row])
    return text.getvalue().encode()


def _as_text(path: str, head: bytes) -> tuple[str, str]:
    """The whole lines of a text file's beginning, and its encoding."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _lines(head[: len(head) // 2 * 2].decode("utf-16", errors="replace"), len(head)), "utf-16"
    if CONTROL.search(head):
        raise fault(path, "a binary file of no kind that is read; save it as CSV (UTF-8) or Parquet")
    try:
        return _lines(
            codecs.getincrementaldecoder("utf-8-sig")().decode(head, len(head) < HEAD_BYTES), len(head)
        ), "utf-8"
    except UnicodeDecodeError:
        return _lines(head.decode("cp1252", errors="replace"), len(head)), "latin-1"


def _lines(text: str, size: int) -> str:
    end = max(text.rfind("\n"), text.rfind("\r")) + 1
    return text[: end or None] if size >= HEAD_BYTES else text


def _text(table: Table, text: str) -> Table:
    dialect, rows = find_dialect(text)
    if not rows:
        raise no_rows(table.path, dialect.names)
    complete = len(text) < HEAD_BYTES // 2 and len(rows) < HEAD_ROWS // 2
    columns = judge_columns(
        dialect.names, list(zip(*rows, strict=True)), complete=complete, delimiter=dialect.delimiter
    )
    return replace(table, columns=columns, width=len(columns), dialect=dialect)


def _json(table: Table) -> Table:
    found = engine().cursor().sql(f"select columns(*)::varchar from {source(table)} limit {HEAD_ROWS}")  # noqa: S608
    names, rows = list(found.columns), [[field or "" for field in row] for row in found.fetchall()]
    return replace(
        table,
        columns=judge_columns(names, list(zip(*rows, strict=True)), complete=len(rows) < HEAD_ROWS),
        width=len(names),
    )


def _numpy(path: str) -> Table:
    array = open_array(path)
    names = [str(place + 1) for place in range(array.shape[1])]
    if not array.size:
        raise no_rows(path, names)
    rows = [[repr(float(value)) for value in row] for row in array[:HEAD_ROWS]]
    columns = judge_columns(names, list(zip(*rows, strict=True)), complete=len(array) <= HEAD_ROWS)
    return Table(path=path, kind=Kind.NUMPY, columns=columns, width=len(names), rows=len(array))


def open_array(path: str) -> np.ndarray:
    """A NumPy file's numbers where they lie, a column each, shape ``(n, columns)``.

    Raises:
        DataError: They aren't real numbers in one or two dimensions.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        raise fault(path, f"cannot be read: {error}; save an array of plain numbers") from error
    if array.dtype.kind not in "iuf" or array.ndim not in (1, 2):
        raise fault(path, f"an array of {array.dtype}, shape {array.shape}; it must hold a column of real numbers")
    return np.asarray(array.reshape(-1, 1) if 1 in (array.ndim, array.shape[0]) else array)


def _parquet(path: str) -> Table:
    with (
        open_file(path) as file,
        pyarrow.parquet.ParquetFile(file, buffer_size=READ_AHEAD, pre_buffer=False) as parquet,
    ):
        schema, metadata = parquet.schema_arrow, parquet.metadata
        numeric = [place for place, field in enumerate(schema) if is_numeric(field.type)]
        leaves = [leaf(schema, place) for place in numeric]
        first = next(parquet.reader.iter_batches(HEAD_ROWS, [0], column_indices=leaves, use_threads=False), None)
        heads = dict(zip(numeric, first.columns, strict=True)) if first is not None and numeric else {}
        return _typed(path, Kind.PARQUET, schema, heads, units=metadata.num_row_groups, rows=metadata.num_rows)


def leaf(schema: pa.Schema, position: int) -> int:
    """Where Parquet keeps a column, which is not its position where nested columns stand before it."""
    return sum(_leaves(field.type) for field in list(schema)[:position])


def _leaves(kind: pa.DataType) -> int:
    return sum(_leaves(kind.field(place).type) for place in range(kind.num_fields)) if kind.num_fields else 1


def _arrow(path: str) -> Table:
    with open_file(path) as source, pa.ipc.open_file(source) as file:
        counts = [len(file.get_batch(place)) for place in range(file.num_record_batches)]
        first = file.get_batch(next((place for place, count in enumerate(counts) if count), 0)) if counts else None
        heads = dict(enumerate(first.columns)) if first is not None else {}
        heads = {place: column for place, column in heads.items() if is_numeric(column.type)}
        return _typed(path, Kind.ARROW, file.schema, heads, units=len(counts), rows=sum(counts))


def _typed(path: str, kind: Kind, schema: pa.Schema, heads: dict[int, pa.Array], *, units: int, rows: int) -> Table:
    """The numeric columns are judged by their first numbers, the others are text."""
    if not rows:
        raise no_rows(path, schema.names)
    width, length = len(schema.names), min(rows, HEAD_ROWS)
    fields = [
        _shown(heads[place].slice(0, length)) if place in heads else [f"{schema.types[place]} values"]
        for place in range(width)
    ]
    columns = judge_columns(schema.names, fields, complete=rows <= length)
    return Table(path=path, kind=kind, columns=columns, width=width, units=units, rows=rows)


def _shown(column: pa.Array) -> list[str]:
    return ["" if each is None else str(each) for each in column.to_pylist()]


def is_numeric(kind: pa.DataType) -> bool:
    """Whether a column of this type holds numbers."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


@cache
def engine() -> duckdb.DuckDBPyConnection:
    """DuckDB, one for the process: its threads are shared by all who read; it fetches nothing by itself."""
    import duckdb

    return duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})


def source(table: Table) -> str:
    """What stands behind FROM in SQL for a text or JSON table, whose columns are c0, c1 and so on."""
    if table.kind is Kind.JSON:
        return f"read_json({_address(table)}, compression='{table.packed}')"
    dialect = table.dialect
    if dialect is None or dialect.delimiter == " ":
        width, delimiter, quote = 1, WHOLE, ""
    else:
        width, delimiter, quote = table.width, dialect.delimiter, '"'
    names = ",".join(f"'c{place}':'VARCHAR'" for place in range(width))
    return (
        f"read_csv({_address(table)}, auto_detect=false, header=false, skip={dialect.skip if dialect else 0}, "
        f"delim='{delimiter}', quote='{quote}', escape='{quote}', columns={{{names}}}, compression='{table.packed}', "
        f"encoding='{'utf-8' if table.converted else table.encoding}', "
        f"buffer_size={BUFFER_BYTES}, max_line_size={HEAD_BYTES})"
    )


def _address(table: Table) -> str:
    """Where DuckDB finds the text, as SQL."""
    address = table.path
    if table.converted:
        address = _converted(table.path, table.encoding, "" if table.path == STDIN else stamp(table.path)).name
    elif is_url(table.path):
        system, inner = locate(table.path)
        remote = system.handler.fs
        if not any(engine().filesystem_is_registered(name) for name in np.atleast_1d(remote.protocol)):
            engine().register_filesystem(remote)
        address = remote.unstrip_protocol(inner)
    return "'" + address.replace("'", "''") + "'"
