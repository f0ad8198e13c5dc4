"""What is known of a data file before its column is read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mixstudy.data.columns import Column
from mixstudy.data.dialect import Dialect


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
    """Of a text file: ``utf-8``, ``utf-16`` or ``cp1252``."""
    packed: str = "none"
    """How a text file is compressed, in DuckDB's words."""
    converted: bool = False
    """Whether DuckDB reads what was written out as plain text."""
