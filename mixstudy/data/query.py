"""A column of a text or JSON file by DuckDB: every field as text, and made a number by the rule of its writing.

What is neither a number nor missing is refused with its row, counted from 1 after the header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from mixstudy.data.dialect import WHOLE
from mixstudy.data.files import fault, is_url, locate, stamp
from mixstudy.data.numbers import COMMA, NULLS, POINT
from mixstudy.data.raw import HEAD_BYTES, is_converted, plain_text, require_last_line
from mixstudy.data.table import Kind, Table
from mixstudy.model import Floats

if TYPE_CHECKING:
    import duckdb

BUFFER_BYTES = 2 << 20
"""Text that DuckDB holds at a time for each thread; more is hardly faster (measured)."""
SETTINGS = {"threads": "1", "autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
"""Files are read side by side, each by one thread; two threads are hardly faster, and take 20 MB more (measured)."""
FIELDS = r"""regexp_extract_all(c0, '"[^"]*"|\S+')"""
"""The fields of a line that blanks part, in SQL."""
LINE = re.compile(r"CSV Error on Line: (\d+)")
WIDTHS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")


@cache
def engine() -> duckdb.DuckDBPyConnection:
    """DuckDB, one for the process, which fetches nothing by itself; a file is read by whichever thread asks."""
    import duckdb

    return duckdb.connect(config={**SETTINGS})


def column_values(table: Table, position: int, *, rows: int) -> Iterator[Floats]:
    """The values of a column, missing ones as NaN.

    Args:
        table: The file, its column alone.
        position: Position of the column in the file.
        rows: How many are taken at a time.

    Raises:
        DataError: A field is text, or the table is broken; the message says where.
    """
    import duckdb

    try:
        yield from _values(table, position, rows)
        if table.kind is Kind.TEXT and not is_converted(table.path):
            require_last_line(table.path)
    except (duckdb.Error, pa.ArrowException, OSError, UnicodeError) as error:
        raise fault(table.path, _explained(str(error))) from error


def _values(table: Table, position: int, rows: int) -> Iterator[Floats]:
    """Fields made numbers by rule; blank lines at the end are none."""
    raw, value = _expressions(table, position)
    found = f"select {raw} as field, {value} as v from {source(table)}"  # noqa: S608
    done, blank = 0, 0
    for numbers, fields in _batches(f"select v, case when v is null then field end from ({found})", rows):  # noqa: S608
        values = floats(numbers)
        end = values.size
        if numbers.null_count:
            texts = fields.to_pylist()
            _require_missing(table, done, texts)
            if table.width == 1 and table.kind is Kind.TEXT:
                filled = ~np.isnan(values) | np.array([text is not None for text in texts])
                end = values.size - int(np.argmax(filled[::-1])) if filled.any() else 0
        if end:
            yield np.concatenate([np.full(blank, np.nan), values[:end]]) if blank else values[:end]
        blank = values.size - end if end else blank + values.size
        done += values.size


def _require_missing(table: Table, done: int, texts: list[str | None]) -> None:
    """Raise where a field that is no number doesn't say either that one is missing."""
    for place, text in enumerate(texts):
        if text is not None and text.strip(' \t"') not in NULLS:
            problem = f"column '{table.columns[0].name}' holds text, first in row {done + place + 1}: '{text}'"
            raise fault(table.path, f"{problem}; it must hold numbers only, written like 3.6")


def _batches(query: str, rows: int) -> Iterator[list[pa.Array]]:
    yield from (batch.columns for batch in engine().cursor().sql(query).to_arrow_reader(rows))


def _expressions(table: Table, position: int) -> tuple[str, str]:
    """SQL for a field as it stands, and for its number; where both are asked for DuckDB types none by itself."""
    raw, writing = f"c{position}::varchar", table.columns[0].writing or POINT
    if table.dialect is not None and table.dialect.delimiter == " ":
        raw = f"case when len({FIELDS}) = {table.width} then trim({FIELDS}[{position + 1}], '\"') else c0 end"
    if not writing.group:
        odd = " or ".join(f"contains({raw}, '{mark}')" for mark in ("_", *"." * (writing == COMMA)))
        plain = f"replace({raw}, '{writing.decimal}', '.')"
        return raw, f"case when not ({odd}) then try_cast({plain} as double) end"  # 1_000 is a number to DuckDB
    pattern, group = (text.replace("'", "''") for text in (writing.pattern, writing.group))
    plain = f"replace(translate({raw}, '{group}', ''), '{writing.decimal}', '.')"
    return raw, f"case when regexp_full_match({raw}, '{pattern}') then try_cast({plain} as double) end"


def source(table: Table) -> str:
    """What stands behind FROM in SQL, its columns c0, c1 and so on; all are text in a text file."""
    if table.kind is Kind.JSON:
        names = ", ".join(f"c{place}" for place in range(table.width))
        alias = f" as t({names})" if names else ""
        return f"read_json({_address(table)}, compression='{table.packed}'){alias}"
    dialect = table.dialect
    if dialect is None or dialect.delimiter == " ":
        width, delimiter, quote = 1, WHOLE, ""
    else:
        width, delimiter, quote = table.width, dialect.delimiter, '"'
    kinds = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(width))
    return (
        f"read_csv({_address(table)}, auto_detect=false, header=false, skip={dialect.skip if dialect else 0}, "
        f"delim='{delimiter}', quote='{quote}', escape='{quote}', columns={{{kinds}}}, compression='{table.packed}', "
        f"encoding='utf-8', buffer_size={BUFFER_BYTES}, max_line_size={HEAD_BYTES})"
    )


def _address(table: Table) -> str:
    """Where DuckDB finds the text, as SQL."""
    address = locate(table.path)[1]
    if table.converted:
        address = plain_text(table.path, table.encoding, stamp(table.path)).name
    elif is_url(table.path):
        system, inner = locate(table.path)
        remote = system.handler.fs
        if not any(engine().filesystem_is_registered(name) for name in np.atleast_1d(remote.protocol)):
            engine().register_filesystem(remote)
        address = remote.unstrip_protocol(inner)
    return _quoted([address])


def _quoted(texts: tuple[str, ...] | list[str]) -> str:
    """Texts as SQL."""
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)


def _explained(error: str) -> str:
    """What DuckDB says of a file, in a sentence."""
    line, widths = LINE.search(error), WIDTHS.search(error.replace("\n", " "))
    at = f"line {line[1]}" if line else "the file"
    if widths:
        found = f"{at} has {widths[2]} field(s) and the table {widths[1]}"
        return f"{found}; quote a field that holds the delimiter, and write decimals with a point"
    if "unterminated quote" in error:
        return f"{at} opens a quote that is not closed; close the quoted field, or remove the quote"
    if "full read on this file" in error or "Maximum line size" in error:
        return f"{at if line else 'a line'} is longer than {HEAD_BYTES >> 20} MB; save the column that is meant alone"
    if "not utf-8" in error:
        return f"{at}: the text is not encoded as UTF-8; save it as UTF-8"
    return f"cannot be read: {error.splitlines()[0]}; save it again"


def floats(array: pa.Array) -> Floats:
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
