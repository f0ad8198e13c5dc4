"""One column of a file, piece by piece: float64 arrays in the order of the rows, a missing value as NaN.

What is held at a time is about ``SEGMENT_BYTES`` of text, or a few pages of a Parquet file. PyArrow's dataset scanner
does the same at a third of the speed and five times the memory (Parquet), so its readers are called directly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from mixstudy.data.files import fault, open_file, readable
from mixstudy.data.table import HEAD_BYTES, NULLS, SHOWN, Kind, Layout, is_number, no_rows
from mixstudy.model import Floats

SEGMENT_BYTES = 2 << 20
"""Text that is parsed at a time: two of PyArrow's blocks; 1 to 8 MiB differ in memory only (measured)."""
BATCH_ROWS = 1 << 17
"""Rows of a typed file in one piece: a mebibyte, which stays in cache."""
BUFFER_BYTES = 1 << 20
"""Read-ahead in each column of a Parquet file."""


def pieces(layout: Layout, position: int, *, start: int = 0, stop: int | None = None) -> Iterator[Floats]:
    """Read one column.

    Args:
        layout: What is known of the file.
        position: Position of the column.
        start: First byte of a CSV file, at the beginning of a line; first row group (Parquet) or record batch (Arrow).
        stop: The end, counted likewise and exclusive; to the end of the file by default.

    Raises:
        DataError: The file cannot be read, holds no rows, or text; rows are counted from ``start``.
    """
    with readable(layout.path):
        units, rows = count_units(layout), 0
        read = _csv_pieces if layout.kind is Kind.CSV else _typed_pieces
        for values in read(layout, position, start, units if stop is None else stop):
            rows += values.size
            yield values
    if not rows and start == 0 and stop in (None, units):
        raise no_rows(layout.path, layout.names)


def count_units(layout: Layout) -> int:
    """What ``start`` and ``stop`` count up to: bytes, row groups or record batches."""
    with readable(layout.path), open_file(layout.path) as file:
        if layout.kind is Kind.CSV:
            return int(file.size())
        if layout.kind is Kind.PARQUET:
            return int(pyarrow.parquet.read_metadata(file).num_row_groups)
        return int(pa.ipc.open_file(file).num_record_batches)


def usable(
    layout: Layout, position: int, values: Floats, *, drop_missing: bool, rows_before: int = 0, so_far: str = ""
) -> Floats:
    """The finite values; an infinite one is refused, and a missing one too unless it may be dropped."""
    with np.errstate(all="ignore"):
        if np.isfinite(values.sum()):
            return values
    name = layout.names[position]
    infinite = rows_before + 1 + np.flatnonzero(np.isinf(values))
    if infinite.size:
        problem = f"column '{name}' has {infinite.size} infinite value(s){so_far}, first in row {infinite[0]}"
        raise fault(layout.path, f"{problem}; correct or remove them")
    missing = rows_before + 1 + np.flatnonzero(np.isnan(values))
    if missing.size and not drop_missing:
        rows = ", ".join(map(str, missing[:SHOWN])) + (", ..." if missing.size > SHOWN else "")
        problem = f"column '{name}' has {missing.size} missing value(s){so_far}, in row(s) {rows}"
        raise fault(layout.path, f"{problem}; fill them in, or leave them out with --drop-missing (drop_missing=True)")
    return values[~np.isnan(values)]


def _typed_pieces(layout: Layout, position: int, start: int, stop: int) -> Iterator[Floats]:
    read = _parquet_columns if layout.kind is Kind.PARQUET else _arrow_columns
    rows = 0
    for column in read(layout, position, range(start, stop)):
        if position in layout.numeric:
            yield _floats(column.cast(pa.float64(), safe=False))
        else:
            texts = ("" if value is None else str(value) for value in column.to_pylist())
            yield _parse(layout, position, texts, rows)
        rows += len(column)


def _parquet_columns(layout: Layout, position: int, groups: range) -> Iterator[pa.Array]:
    source = open_file(layout.path)
    with source, pyarrow.parquet.ParquetFile(source, buffer_size=BUFFER_BYTES, pre_buffer=False) as file:
        columns = [layout.names[position]]
        for batch in file.iter_batches(BATCH_ROWS, row_groups=groups, columns=columns, use_threads=False):
            yield batch.column(0)


def _arrow_columns(layout: Layout, position: int, batches: range) -> Iterator[pa.Array]:
    only = pa.ipc.IpcReadOptions(included_fields=[position], use_threads=False)
    with open_file(layout.path) as source, pa.ipc.open_file(source, options=only) as file:
        for number in batches:
            column = file.get_batch(number).column(0)
            for first in range(0, len(column), BATCH_ROWS):
                yield column.slice(first, BATCH_ROWS)


def _csv_pieces(layout: Layout, position: int, start: int, stop: int) -> Iterator[Floats]:
    rows = 0
    if start:
        layout = replace(layout, header=False, blank_before=0)
    for segment in _segments(layout.path, start, stop):
        values = _csv_values(layout, position, segment, rows)
        layout = replace(layout, header=False, blank_before=0)
        rows += values.size
        yield values


def _segments(path: str, start: int, stop: int) -> Iterator[bytes]:
    """Text that ends where a line does; empty lines at the end of the file are left out."""
    rest, quotes = b"", 0
    with open_file(path) as file:
        file.seek(start)
        size = file.size()
        while (left := stop - file.tell()) > 0:
            # The last block is never so short that it holds only a part of the empty lines at the end.
            text = rest + file.read(left if left < 2 * SEGMENT_BYTES else SEGMENT_BYTES)
            last = file.tell() >= min(stop, size)
            cut = len(text) if last else _cut(path, text, file.tell())
            segment, rest = text[:cut], text[cut:]
            quotes += segment.count(b'"')
            if quotes % 2:
                problem = f"an odd number of quote characters ({quotes})"
                raise fault(path, f"{problem}; close the quoted field, or remove the quote")
            if segment := segment.rstrip(b"\r\n") if stop == size and last else segment:
                yield segment
            if last:
                return


def _cut(path: str, text: bytes, end: int) -> int:
    """Where the last line ends that lies outside quotes, that is, has an even number of them before it."""
    newline = b"\n" if b"\n" in text else b"\r"
    cut = text.rfind(newline) + 1
    odd = text.count(b'"', 0, cut) % 2
    while odd:
        before = text.rfind(newline, 0, text.rfind(b'"', 0, cut)) + 1
        odd ^= text.count(b'"', before, cut) % 2
        cut = before
    if not cut:
        problem = f"no line ends outside quotes between byte {end - len(text) + 1} and byte {end}"
        raise fault(path, f"{problem}; close the quoted field that begins there, or remove the quote")
    return cut


def _csv_values(layout: Layout, position: int, text: bytes, rows: int) -> Floats:
    """Read as numbers; where that fails, read as text to say why (or to allow ``+1`` and `` NA``)."""
    try:
        return _floats(_csv_column(layout, position, text, pa.float64()))
    except pa.ArrowInvalid:
        _require_rectangular(layout, position, text, rows)
    try:
        texts = _csv_column(layout, position, text, pa.string()).to_pylist()
    except pa.ArrowInvalid as error:
        raise fault(layout.path, f"the text is not encoded as UTF-8 ({error}); save it as UTF-8") from error
    return _parse(layout, position, texts, rows)


def _csv_column(
    layout: Layout,
    position: int,
    text: bytes,
    kind: pa.DataType,
    on_ragged: Callable[[pyarrow.csv.InvalidRow], str] | None = None,
) -> pa.ChunkedArray:
    """One column by its position, which unlike a name is unique; numbered rows need one thread."""
    names = [str(place) for place in range(len(layout.names))]
    return pyarrow.csv.read_csv(
        pa.BufferReader(text),
        read_options=pyarrow.csv.ReadOptions(
            column_names=names,
            skip_rows=layout.blank_before,
            skip_rows_after_names=int(layout.header),
            use_threads=on_ragged is None,
            block_size=HEAD_BYTES,
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


def _require_rectangular(layout: Layout, position: int, text: bytes, rows: int) -> None:
    ragged: list[pyarrow.csv.InvalidRow] = []

    def note(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    _csv_column(layout, position, text, pa.binary(), note)
    if ragged:
        row = rows + ragged[0].number - layout.blank_before - layout.header
        found = f"row {row} has {ragged[0].actual_columns} field(s) and the first line {ragged[0].expected_columns}"
        raise fault(layout.path, f"{found}; quote a field that holds the delimiter, and write decimals with a point")


def _parse(layout: Layout, position: int, texts: Iterable[str], rows: int) -> Floats:
    """Numbers from text, missing values as NaN."""

    def number(row: int, text: str) -> float:
        if text.strip() in NULLS:
            return np.nan
        if not is_number(text):
            problem = f"column '{layout.names[position]}' holds text, first in row {row}: '{text}'"
            raise fault(layout.path, f"{problem}; it must hold numbers only, written like 3.6")
        return float(text)

    return np.fromiter((number(row, text) for row, text in enumerate(texts, start=rows + 1)), dtype=np.float64)


def _floats(column: pa.Array | pa.ChunkedArray) -> Floats:
    """The numbers where they lie, nulls as NaN; unlike PyArrow's ``to_numpy``, this does not load pandas."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not len(array):
        return np.empty(0)
    bitmap, numbers = array.buffers()
    end = array.offset + len(array)
    values = np.frombuffer(numbers, dtype=np.float64, count=end)[array.offset :]
    if not array.null_count:
        return values
    valid = np.unpackbits(np.frombuffer(bitmap, dtype=np.uint8), count=end, bitorder="little")[array.offset :]
    return np.where(valid, values, np.nan)
