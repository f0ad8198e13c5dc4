"""Reading one column of a CSV or Parquet file as a sample.

Nothing is repaired in silence: what is not a finite number stops the reading, with the row where it stands. Rows are
counted from 1 after the header.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from mixstudy.model import Floats
from mixstudy.sample import DataError, Source, WeightedSample, as_sample, sha256_of

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """What a file offers before its column is read; the last three are for CSV."""

    path: Path
    names: tuple[str, ...]
    """Column names, in the order of the file."""
    numeric: tuple[int, ...]
    """Positions of the columns that hold numbers."""
    delimiter: str = ","
    header: bool = True
    blank_before: int = 0
    """Empty lines above the first row."""


def read_sample(path: str | Path, *, column: str | None = None, drop_missing: bool = False) -> WeightedSample:
    """Read one column of a CSV or Parquet file, told apart by their content.

    A CSV file is UTF-8 text, delimited by comma, semicolon or tab. Where its first row holds numbers only, it has no
    header and its columns are called ``1``, ``2``, and so on.

    Args:
        path: The file.
        column: Name of the column; may be left out where only one is numeric.
        drop_missing: Leave missing values out, and count them in ``source.dropped``, instead of refusing them.

    Raises:
        DataError: The file or the column cannot be used; the message names the file and says what to do.
    """
    path = Path(path)
    try:
        values, name = _read_column(path, column)
    except (OSError, csv.Error, pa.ArrowException) as error:
        raise _fault(path, f"cannot be read: {error}; check its permissions, or save it again") from error
    points, dropped = _usable(path, values, name=name, drop_missing=drop_missing)
    source = Source(description=f"{path.name}, column {name}", sha256=sha256_of(points), dropped=dropped)
    try:
        return as_sample(points, source=source)
    except DataError as error:
        raise _fault(path, f"column '{name}': {error}") from error


def _fault(path: Path, problem: str) -> DataError:
    return DataError(f"{path}: {problem}")


def _no_rows(path: Path, names: Sequence[str]) -> DataError:
    return _fault(path, f"a header ({_listed(names)}) but no rows; it needs one row per observation")


def _read_column(path: Path, column: str | None) -> tuple[Floats, str]:
    """The column's values, missing ones as NaN, and its name."""
    head = _head(path)
    if head.startswith(b"PAR1"):
        return _read_parquet(path, column)
    text = _decode(path, head)
    _require_closed_quotes(path)
    layout = _csv_layout(path, text)
    position = _choose(layout, column)
    return _read_csv(layout, position), layout.names[position]


def _head(path: Path) -> bytes:
    if not path.exists():
        raise _fault(path, "no such file; check the path")
    if not path.is_file():
        kind = "a directory" if path.is_dir() else "not a regular file"
        raise _fault(path, f"this is {kind}; name a CSV or Parquet file")
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise _fault(path, "the file is empty; it needs a header and one row per observation")
    return head


def _choose(layout: _Layout, column: str | None) -> int:
    """Position of the column asked for, or of the only one there can be meant."""
    if column is not None:
        return _named(layout, column)
    if len(layout.names) == 1:
        return 0
    if len(layout.numeric) == 1:
        return layout.numeric[0]
    if not layout.numeric:
        raise _fault(layout.path, f"no numeric column; the columns are {_listed(layout.names)}; one must hold numbers")
    numeric = _listed([layout.names[position] for position in layout.numeric])
    raise _fault(layout.path, f"several numeric columns: {numeric}; choose one with --column (column=...)")


def _named(layout: _Layout, column: str) -> int:
    count = layout.names.count(column)
    if count > 1:
        raise _fault(layout.path, f"{count} columns are called '{column}'; rename all but one")
    if count == 1:
        return layout.names.index(column)
    folded = {name.casefold(): name for name in reversed(layout.names)}
    nearest = difflib.get_close_matches(column.casefold(), folded, n=1)
    hint = f"; did you mean '{folded[nearest[0]]}'?" if nearest else ""
    raise _fault(layout.path, f"no column '{column}'{hint}; the columns are {_listed(layout.names)}")


def _listed(names: Sequence[str]) -> str:
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:SHOWN]) + rest


def _csv_layout(path: Path, text: str) -> _Layout:
    delimiter = _delimiter(text)
    found = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), HEAD_ROWS))
    rows = [row for row in found if row]
    header = not _all_numbers(rows[0])
    if header and len(rows) == 1:
        raise _no_rows(path, rows[0])
    return _Layout(
        path=path,
        names=tuple(name.strip() if header else str(place) for place, name in enumerate(rows[0], start=1)),
        numeric=_numeric(rows[header:], len(rows[0])),
        delimiter=delimiter,
        header=header,
        blank_before=found.index(rows[0]),
    )


def _decode(path: Path, head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _fault(path, "the text is encoded as UTF-16; save it as UTF-8")
    if CONTROL.search(head):
        raise _fault(path, "a binary file, neither text nor Parquet; save it as CSV (UTF-8) or Parquet")
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(head, len(head) < HEAD_BYTES)
    except UnicodeDecodeError as error:
        found = f"byte 0x{error.object[error.start]:02x} at position {error.start}"
        raise _fault(path, f"the text is not encoded as UTF-8 ({found}); save it as UTF-8") from error


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
    return row[0].strip() != "" and all(_is_number(field) or field.strip() in NULLS for field in row)


def _is_number(field: str) -> bool:
    return NUMBER.fullmatch(field.strip()) is not None


def _numeric(rows: Sequence[Sequence[str]], width: int) -> tuple[int, ...]:
    """Positions where most filled fields are numbers, so that stray text is reported and not passed over."""

    def mostly_numbers(position: int) -> bool:
        fields = [row[position] for row in rows if len(row) > position and row[position].strip() not in NULLS]
        return 2 * sum(map(_is_number, fields)) > len(fields)

    return tuple(position for position in range(width) if mostly_numbers(position))


def _read_csv(layout: _Layout, position: int) -> Floats:
    """Read as numbers; where that fails, read as text to say why (or to allow ``+1`` and `` NA``)."""
    try:
        values = _floats(_arrow_csv(layout, position, pa.float64()))
    except pa.ArrowInvalid:
        _require_rectangular(layout, position)
        try:
            texts = _arrow_csv(layout, position, pa.string()).to_pylist()
        except pa.ArrowInvalid as error:
            raise _fault(layout.path, f"the text is not encoded as UTF-8 ({error}); save it as UTF-8") from error
        values = _parse(layout, texts, layout.names[position])
    return values[: values.size - _blank_lines_after(layout)]


def _require_closed_quotes(path: Path) -> None:
    """Refuse an odd number of quotes: an open one would swallow the rows below it unnoticed."""
    with path.open("rb") as file:
        quotes = sum(block.count(b'"') for block in iter(lambda: file.read(HEAD_BYTES), b""))
    if quotes % 2:
        raise _fault(path, f"an odd number of quote characters ({quotes}); close the quoted field, or remove the quote")


def _arrow_csv(
    layout: _Layout, position: int, kind: pa.DataType, on_ragged: Callable[[pyarrow.csv.InvalidRow], str] | None = None
) -> pa.ChunkedArray:
    """One column by its position, which unlike a name is unique; numbered rows need one thread."""
    names = [str(place) for place in range(len(layout.names))]
    with pa.memory_map(str(layout.path)) as file:
        return pyarrow.csv.read_csv(
            file,
            read_options=pyarrow.csv.ReadOptions(
                column_names=names,
                skip_rows=layout.blank_before,
                skip_rows_after_names=int(layout.header),
                use_threads=on_ragged is None,
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=layout.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=len(names) > 1,
                invalid_row_handler=on_ragged,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=[names[position]], column_types={names[position]: kind}, null_values=NULLS
            ),
        ).column(0)


def _require_rectangular(layout: _Layout, position: int) -> None:
    ragged: list[pyarrow.csv.InvalidRow] = []

    def note(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    _arrow_csv(layout, position, pa.binary(), note)
    if ragged:
        row = ragged[0].number - layout.blank_before - layout.header
        found = f"row {row} has {ragged[0].actual_columns} field(s) and the first line {ragged[0].expected_columns}"
        raise _fault(layout.path, f"{found}; quote a field that holds the delimiter, and write decimals with a point")


def _blank_lines_after(layout: _Layout) -> int:
    """Empty lines at the end of a file of one column, where an empty line is otherwise a missing value."""
    if len(layout.names) > 1:
        return 0
    with layout.path.open("rb") as file:
        file.seek(max(0, layout.path.stat().st_size - HEAD_BYTES))
        tail = file.read()
    ends = tail[len(tail.rstrip(b"\r\n")) :]
    return max(0, ends.count(b"\n") - 1, ends.count(b"\r") - 1)


def _read_parquet(path: Path, column: str | None) -> tuple[Floats, str]:
    with pyarrow.parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
        numeric = tuple(place for place, kind in enumerate(schema.types) if _is_numeric(kind))
        layout = _Layout(path=path, names=tuple(schema.names), numeric=numeric)
        if file.metadata.num_rows == 0:
            raise _no_rows(path, layout.names)
        position = _choose(layout, column)
        name = layout.names[position]
        values = file.read(columns=[name]).column(0)
    if position in numeric:
        return _floats(values.cast(pa.float64(), safe=False)), name
    texts = ("" if value is None else str(value) for value in values.to_pylist())
    return _parse(layout, texts, name), name


def _is_numeric(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.array(column.to_numpy(), dtype=np.float64)


def _parse(layout: _Layout, texts: Iterable[str], name: str) -> Floats:
    """Numbers from text, missing values as NaN."""

    def number(row: int, text: str) -> float:
        if text.strip() in NULLS:
            return np.nan
        if not _is_number(text):
            problem = f"column '{name}' holds text, first in row {row}: '{text}'"
            raise _fault(layout.path, f"{problem}; it must hold numbers only, written like 3.6")
        return float(text)

    return np.fromiter((number(row, text) for row, text in enumerate(texts, start=1)), dtype=np.float64)


def _usable(path: Path, values: Floats, *, name: str, drop_missing: bool) -> tuple[Floats, int]:
    """The finite values, and how many missing ones were dropped."""
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        problem = f"column '{name}' has {infinite.size} infinite value(s), first in row {infinite[0] + 1}"
        raise _fault(path, f"{problem}; correct or remove them")
    missing = np.flatnonzero(np.isnan(values))
    if missing.size and not drop_missing:
        rows = ", ".join(str(row + 1) for row in missing[:SHOWN]) + (", ..." if missing.size > SHOWN else "")
        problem = f"column '{name}' has {missing.size} missing value(s), in row(s) {rows}"
        raise _fault(path, f"{problem}; fill them in, or leave them out with --drop-missing (drop_missing=True)")
    return values[~np.isnan(values)], missing.size
