"""What a data file offers: its kind, its columns, and how its text is written.

A file is told apart by its content, never by its name.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet

from mixstudy.data.files import fault, locate, open_file, readable
from mixstudy.data.sample import DataError

NULLS = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None")
"""Spellings of a missing value."""
NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?)", re.ASCII | re.IGNORECASE)
HEAD_BYTES = 1 << 20
"""What is looked at to tell encoding, delimiter, header and numeric columns."""
HEAD_ROWS = 1000
"""Rows among those from which a column is judged numeric."""
SHOWN = 12
"""Names or rows that a message lists before it abbreviates."""
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""Bytes that no text file holds."""


class Kind(StrEnum):
    """The kinds of file that are read."""

    CSV = "CSV"
    PARQUET = "Parquet"
    ARROW = "Arrow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a file offers before its column is read; the last four are for CSV."""

    path: str
    kind: Kind
    names: tuple[str, ...]
    """Column names, in the order of the file."""
    numeric: tuple[int, ...]
    """Positions of the columns that hold numbers."""
    delimiter: str = ","
    header: bool = True
    blank_before: int = 0
    """Empty lines above the first row."""
    line_breaks: bool = False
    """Whether quoted fields hold line breaks, as far as can be seen."""


def find_layout(path: str) -> Layout:
    """Look at a file's beginning, and at its schema where it has one.

    Raises:
        DataError: There is no such file, it is empty, or neither text in UTF-8 nor Parquet nor Arrow.
    """
    with readable(path):
        head = _head(path)
        if head.startswith(b"PAR1"):
            return _parquet_layout(path)
        if head.startswith(b"ARROW1"):
            return _arrow_layout(path)
        return _csv_layout(path, _decode(path, head))


def _head(path: str) -> bytes:
    system, inner = locate(path)
    kind = system.get_file_info(inner).type
    if kind == pyarrow.fs.FileType.NotFound:
        raise fault(path, "no such file; check the path")
    if kind != pyarrow.fs.FileType.File:
        name = "a directory" if kind == pyarrow.fs.FileType.Directory else "not a regular file"
        raise fault(path, f"this is {name}; name a CSV or Parquet file")
    with open_file(path) as file:
        head: bytes = file.read(HEAD_BYTES)
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise fault(path, "the file is empty; it needs a header and one row per observation")
    return head


def _parquet_layout(path: str) -> Layout:
    with open_file(path) as file:
        metadata = pyarrow.parquet.read_metadata(file)
    return _typed_layout(path, Kind.PARQUET, metadata.schema.to_arrow_schema(), rows=metadata.num_rows)


def _arrow_layout(path: str) -> Layout:
    with open_file(path) as source, pa.ipc.open_file(source) as file:
        return _typed_layout(path, Kind.ARROW, file.schema, rows=file.num_record_batches)


def _typed_layout(path: str, kind: Kind, schema: pa.Schema, *, rows: int) -> Layout:
    if rows == 0:
        raise no_rows(path, schema.names)
    numeric = tuple(place for place, type_ in enumerate(schema.types) if _is_numeric(type_))
    return Layout(path=path, kind=kind, names=tuple(schema.names), numeric=numeric)


def _is_numeric(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def no_rows(path: str, names: Sequence[str]) -> DataError:
    """The error for a file that describes columns and holds nothing in them."""
    return fault(path, f"a header ({_listed(names)}) but no rows; it needs one row per observation")


def choose(layout: Layout, column: str | None) -> int:
    """Position of the column asked for, or of the only one there can be meant."""
    if column is not None:
        return _named(layout, column)
    if len(layout.names) == 1:
        return 0
    if len(layout.numeric) == 1:
        return layout.numeric[0]
    if not layout.numeric:
        raise fault(layout.path, f"no numeric column; the columns are {_listed(layout.names)}; one must hold numbers")
    numeric = _listed([layout.names[position] for position in layout.numeric])
    raise fault(layout.path, f"several numeric columns: {numeric}; choose one with --column (column=...)")


def _named(layout: Layout, column: str) -> int:
    count = layout.names.count(column)
    if count > 1:
        raise fault(layout.path, f"{count} columns are called '{column}'; rename all but one")
    if count == 1:
        return layout.names.index(column)
    folded = {name.casefold(): name for name in reversed(layout.names)}
    nearest = difflib.get_close_matches(column.casefold(), folded, n=1)
    hint = f"; did you mean '{folded[nearest[0]]}'?" if nearest else ""
    raise fault(layout.path, f"no column '{column}'{hint}; the columns are {_listed(layout.names)}")


def _listed(names: Sequence[str]) -> str:
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:SHOWN]) + rest


def _csv_layout(path: str, text: str) -> Layout:
    delimiter = _delimiter(text)
    found = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), HEAD_ROWS))
    rows = [row for row in found if row]
    header = not _all_numbers(rows[0])
    if header and len(rows) == 1:
        raise no_rows(path, rows[0])
    return Layout(
        path=path,
        kind=Kind.CSV,
        names=tuple(name.strip() if header else str(place) for place, name in enumerate(rows[0], start=1)),
        numeric=_numeric(rows[header:], len(rows[0])),
        delimiter=delimiter,
        header=header,
        blank_before=found.index(rows[0]),
        line_breaks=any("\n" in field or "\r" in field for row in rows for field in row),
    )


def _decode(path: str, head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise fault(path, "the text is encoded as UTF-16; save it as UTF-8")
    if CONTROL.search(head):
        raise fault(path, "a binary file, neither text nor Parquet; save it as CSV (UTF-8) or Parquet")
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(head, len(head) < HEAD_BYTES)
    except UnicodeDecodeError as error:
        found = f"byte 0x{error.object[error.start]:02x} at position {error.start}"
        raise fault(path, f"the text is not encoded as UTF-8 ({found}); save it as UTF-8") from error


def _delimiter(text: str) -> str:
    """The delimiter that splits the first two rows alike; comma last, since it may be a decimal comma."""
    widths = {}
    for delimiter in "\t;,":
        rows = (row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row)
        widths[delimiter] = [len(row) for row in islice(rows, 2)]
        if len(set(widths[delimiter])) == 1 and widths[delimiter][0] > 1:
            return delimiter
    return max(",;\t", key=lambda delimiter: widths[delimiter][0])


def _all_numbers(row: Sequence[str]) -> bool:
    """Whether a first row is data; an empty first field is the nameless index that R and pandas write."""
    return row[0].strip() != "" and all(is_number(field) or field.strip() in NULLS for field in row)


def is_number(field: str) -> bool:
    """Whether text is a number as R and C write it."""
    return NUMBER.fullmatch(field.strip()) is not None


def _numeric(rows: Sequence[Sequence[str]], width: int) -> tuple[int, ...]:
    """Positions where most filled fields are numbers, so that stray text is reported and not passed over."""

    def mostly_numbers(position: int) -> bool:
        fields = [row[position] for row in rows if len(row) > position and row[position].strip() not in NULLS]
        return 2 * sum(map(is_number, fields)) > len(fields)

    return tuple(position for position in range(width) if mostly_numbers(position))
