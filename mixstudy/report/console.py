"""A comparison as tables for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from mixstudy.report.numbers import header, rows

if TYPE_CHECKING:
    from mixstudy.comparison import Comparison


def console_table(result: Comparison) -> Table:
    """Return the four rows of the comparison for a terminal."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for position, name in enumerate(header(result)):
        table.add_column(Text(name), justify="right" if position else "left", overflow="fold")
    for row in rows(result):
        table.add_row(*(Text(cell) for cell in row))
    return table


def console_checks(result: Comparison) -> Table:
    """Return the checks for a terminal: name, status and sentence."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for check in result.checks:
        table.add_row(Text(check.name, style="bold"), Text(check.status.value), Text(check.explanation))
    return table
