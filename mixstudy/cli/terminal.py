"""What a terminal shows: progress, errors and tables."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mixstudy.report.numbers import header, rows

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison

out = Console()
err = Console(stderr=True)
BAD_INPUT = 2
INTERRUPTED = 130


@contextmanager
def working(what: str, *, quiet: bool) -> Iterator[None]:
    """Show what is going on, on a terminal."""
    if quiet or not err.is_terminal:
        yield
        return
    with err.status(f"{what} ..."):
        yield


@contextmanager
def progress(what: str, *, quiet: bool, steps: bool = True) -> Iterator[Callable[[int, int], object]]:
    """Show on a terminal how far work has come: what is told are steps done at once and steps in all."""
    from rich.progress import DownloadColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    columns = (
        *Progress.get_default_columns(),
        MofNCompleteColumn() if steps else DownloadColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=quiet or not err.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def advance(done: int, of: int) -> None:
            bar.update(task, advance=done, total=of)

        yield advance


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn what a user can cause into one sentence and exit code 2; nothing is left half-written."""
    try:
        yield
    except (ValueError, OSError, MemoryError) as error:
        err.print(f"[bold red]error:[/] {escaped(sentence(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(BAD_INPUT) from error
    except KeyboardInterrupt:
        err.print("Interrupted: nothing was written.", highlight=False)
        sys.stdout.flush()
        os._exit(INTERRUPTED)  # the sampler's threads would be waited for otherwise


def sentence(error: Exception) -> str:
    """What is wrong and what to do; the operating system's errors name the file first."""
    if isinstance(error, MemoryError):
        return f"{error or 'out of memory'}; take fewer observations, and leave out --exact"
    if isinstance(error, OSError) and error.filename is not None and error.strerror is not None:
        return f"{error.filename}: {error.strerror}; check the path and its permissions"
    return str(error)


def escaped(text: str) -> str:
    """Text in which the terminal sees no markup."""
    return text.replace("[", r"\[")


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
