"""Files that tell the types of their columns: NumPy, Parquet and Arrow, the latter two readable in stretches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tokenize import TokenError

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from mixstudy.data.columns import judge_columns, no_rows
from mixstudy.data.dialect import HEAD_ROWS
from mixstudy.data.files import fault, is_url, locate, open_file
from mixstudy.data.query import floats
from mixstudy.data.table import Kind, Table
from mixstudy.model import Floats

NOT_NUMPY = (ValueError, TypeError, SyntaxError, TokenError, OverflowError, MemoryError, RecursionError)
"""What NumPy raises of a header that is damaged, which it reads as Python."""
READ_AHEAD = 1 << 20
"""Read-ahead in a column of a Parquet file."""


def open_numpy(path: str) -> Table:
    """Look at a NumPy file, whose columns are called 1, 2 and so on."""
    array = _array(path)
    names = [str(place + 1) for place in range(array.shape[1])]
    if not array.size:
        raise no_rows(path, names)
    rows = [[repr(float(value)) for value in row] for row in array[:HEAD_ROWS]]
    columns = judge_columns(names, list(zip(*rows, strict=True)), complete=len(array) <= HEAD_ROWS)
    return Table(path=path, kind=Kind.NUMPY, columns=columns, width=len(names), rows=len(array))


def _array(path: str) -> np.ndarray:
    """A NumPy file's numbers where they lie, a column each, shape ``(n, columns)``.

    Raises:
        DataError: They aren't real numbers in one or two dimensions.
    """
    try:
        array = np.load(path if is_url(path) else locate(path)[1], mmap_mode="r", allow_pickle=False)
    except NOT_NUMPY as error:
        raise fault(path, f"cannot be read: {error}; save an array of plain numbers") from error
    if array.dtype.kind not in "iuf" or array.ndim not in (1, 2):
        raise fault(path, f"an array of {array.dtype}, shape {array.shape}; it must hold a column of real numbers")
    return np.asarray(array.reshape(-1, 1) if 1 in (array.ndim, array.shape[0]) else array)


def open_parquet(path: str) -> Table:
    """Look at a Parquet file."""
    with _parquet(path) as parquet:
        schema, metadata = parquet.schema_arrow, parquet.metadata
        numeric = [place for place, field in enumerate(schema) if _is_numeric(field.type)]
        leaves = [_leaf(schema, place) for place in numeric]
        first = next(parquet.reader.iter_batches(HEAD_ROWS, [0], column_indices=leaves, use_threads=False), None)
        heads = dict(zip(numeric, first.columns, strict=True)) if first is not None and numeric else {}
        return _typed(path, Kind.PARQUET, schema, heads, units=metadata.num_row_groups, rows=metadata.num_rows)


def _leaf(schema: pa.Schema, position: int) -> int:
    """Where Parquet keeps a column, which is not its position where nested columns stand before it."""
    return sum(_leaves(field.type) for field in list(schema)[:position])


def _leaves(kind: pa.DataType) -> int:
    return sum(_leaves(kind.field(place).type) for place in range(kind.num_fields)) if kind.num_fields else 1


def open_arrow(path: str) -> Table:
    """Look at an Arrow or Feather file."""
    with open_file(path) as source, pa.ipc.open_file(source) as file:
        counts = [len(file.get_batch(place)) for place in range(file.num_record_batches)]
        first = file.get_batch(next((place for place, count in enumerate(counts) if count), 0)) if counts else None
        heads = dict(enumerate(first.columns)) if first is not None else {}
        heads = {place: column for place, column in heads.items() if _is_numeric(column.type)}
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


def _is_numeric(kind: pa.DataType) -> bool:
    """Whether a column of this type holds numbers, or a dictionary of numbers, as categories are kept."""
    if pa.types.is_dictionary(kind):
        return _is_numeric(kind.value_type)
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


TYPED: dict[bytes, Callable[[str], Table]] = {b"PAR1": open_parquet, b"ARROW1": open_arrow, b"\x93NUMPY": open_numpy}
"""What opens a file that begins so."""


def typed_values(table: Table, position: int, *, start: int, stop: int, rows: int) -> Iterator[Floats]:
    """The values of a column from one row group or record batch to another, so many at a time, missing ones as NaN."""
    for array in READERS[table.kind](table.path, position, start, stop, rows):
        try:
            plain = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
            yield floats(plain.cast(pa.float64()))
        except pa.ArrowInvalid as error:
            problem = f"column '{table.columns[0].name}' would be rounded to float64 ({error})"
            raise fault(table.path, f"{problem}; subtract a constant from it, or save it as float64") from error


def _from_numpy(path: str, position: int, _start: int, _stop: int, rows: int) -> Iterator[pa.Array]:
    column = _array(path)[:, position]
    for first in range(0, len(column), rows):
        piece = column[first : first + rows]
        yield pa.array(piece.astype(np.float64 if piece.dtype.kind == "f" else piece.dtype.newbyteorder("=")))


@contextmanager
def _parquet(path: str) -> Iterator[pyarrow.parquet.ParquetFile]:
    with open_file(path) as file, pyarrow.parquet.ParquetFile(file, buffer_size=READ_AHEAD, pre_buffer=False) as found:
        yield found


def _from_parquet(path: str, position: int, start: int, stop: int, rows: int) -> Iterator[pa.Array]:
    with _parquet(path) as parquet:
        place = _leaf(parquet.schema_arrow, position)
        groups = list(range(start, stop))
        for batch in parquet.reader.iter_batches(rows, groups, column_indices=[place], use_threads=False):
            yield batch.column(0)


def _from_arrow(path: str, position: int, start: int, stop: int, rows: int) -> Iterator[pa.Array]:
    only = pa.ipc.IpcReadOptions(included_fields=[position], use_threads=False)
    with open_file(path) as file, pa.ipc.open_file(file, options=only) as batches:
        for number in range(start, stop):
            column = batches.get_batch(number).column(0)
            for first in range(0, len(column), rows):
                yield column.slice(first, rows)


READERS = {Kind.NUMPY: _from_numpy, Kind.PARQUET: _from_parquet, Kind.ARROW: _from_arrow}
"""What reads a stretch of a column."""


def rows_before(table: Table, start: int) -> int:
    """How many rows stand before a row group or a record batch."""
    if not start:
        return 0
    if table.kind is Kind.PARQUET:
        with _parquet(table.path) as parquet:
            return sum(parquet.metadata.row_group(number).num_rows for number in range(start))
    with open_file(table.path) as file, pa.ipc.open_file(file) as batches:
        return sum(len(batches.get_batch(number)) for number in range(start))
