"""A data file as a table of columns, whatever wrote it: text of every dialect, JSON, Excel, NumPy, Parquet, Arrow.

A file is told apart by its content, never by its name.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mixstudy.data.columns import judge_columns, no_rows
from mixstudy.data.dialect import HEAD_ROWS, commas_are_unclear, find_dialect
from mixstudy.data.files import fault, readable
from mixstudy.data.query import engine, source
from mixstudy.data.raw import HEAD_BYTES, as_text, is_converted, packed, read_head
from mixstudy.data.table import Kind, Table
from mixstudy.data.typed import TYPED

LONG_LINE = HEAD_BYTES // 4
"""Characters of a line beyond which a header and a row may not be seen together."""


def open_table(path: str) -> Table:
    """Look at a file's beginning, and at its schema where it has one.

    Raises:
        DataError: There is no such file, it is empty, or of no kind that is read.
    """
    with readable(path):
        head = read_head(path)
        for magic, open_typed in TYPED.items():
            if head.startswith(magic):
                return open_typed(path)
        text, encoding = as_text(path, head)
        if not text.strip():
            raise fault(path, "the file is empty; it needs a header and one row per observation")
        table = Table(
            path=path,
            kind=Kind.JSON if re.match(r"\s*(\{\s*\"|\[\s*\{)", text) else Kind.TEXT,
            columns=(),
            width=0,
            encoding=encoding,
            packed=packed(path),
            converted=is_converted(path) or encoding == "utf-16",
        )
        return _json(table) if table.kind is Kind.JSON else _text(table, text)


def _text(table: Table, text: str) -> Table:
    if len(text) > LONG_LINE and len(text.splitlines()) < 2:  # noqa: PLR2004  (a header and a row)
        raise fault(table.path, f"its lines are longer than {LONG_LINE >> 10} kB; save the column that is meant alone")
    dialect, rows = find_dialect(text)
    if not rows:
        raise no_rows(table.path, dialect.names)
    if commas_are_unclear(dialect, rows):
        shown = ",".join(rows[0])
        problem = f"the comma in '{shown}' may part two fields or stand before decimals"
        raise fault(table.path, f"{problem}; part fields by semicolons or tabs")
    complete = len(text) < HEAD_BYTES // 2 and len(rows) < HEAD_ROWS // 2
    columns = judge_columns(
        dialect.names, list(zip(*rows, strict=True)), complete=complete, delimiter=dialect.delimiter
    )
    whole = dialect.delimiter == " " and table.encoding != "utf-8"  # lines are looked at whole, so all must be UTF-8
    return replace(table, columns=columns, width=len(columns), dialect=dialect, converted=table.converted or whole)


def _json(table: Table) -> Table:
    found = engine().cursor().sql(f"select columns(*)::varchar from {source(table)} limit {HEAD_ROWS}")  # noqa: S608
    names, rows = list(found.columns), [[field or "" for field in row] for row in found.fetchall()]
    return replace(
        table,
        columns=judge_columns(names, list(zip(*rows, strict=True)), complete=len(rows) < HEAD_ROWS),
        width=len(names),
    )
