"""What a terminal shows: progress, errors and tables."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from mixstudy.data.text import plain
from mixstudy.report.numbers import header, rows

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison

BAD_INPUT = 2
CRASHED = 70
"""An unforeseen error, as sysexits.h has it; never 1, which means that the two disagree."""
INTERRUPTED = 130
PIPE_CLOSED = 141
"""Whoever read the output has gone, as the shell counts SIGPIPE."""
MANY_OBJECTS = 1_000_000
"""New objects from which Python looks for unused ones: PyMC brings a million that stay, and looking through them again
and again, and once more at the end, takes more than a second."""


class PlainConsole(Console):
    """Prints text as it stands: what files and paths say is neither markup nor a command to the terminal."""

    def print(self, *objects: object, **options: Any) -> None:  # noqa: ANN401  (rich's own)
        """Print as rich does, text without its control characters."""
        super().print(*(plain(each) if isinstance(each, str) else each for each in objects), **options)


out = PlainConsole(markup=False, highlight=False)
err = PlainConsole(stderr=True, markup=False, highlight=False)


@contextmanager
def working(what: str, *, quiet: bool) -> Iterator[None]:
    """Show what is going on, on a terminal; nothing moves, as that would take a thread (``report.beside``)."""
    if quiet or not err.is_terminal:
        yield
        return
    err.print(f"{what} ...", end="\r")
    try:
        yield
    finally:
        err.control(Control((ControlType.ERASE_IN_LINE, 2)))


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
    except BrokenPipeError:
        raise
    except (ValueError, OSError, MemoryError) as error:
        tell_error(error)
        raise typer.Exit(BAD_INPUT) from error
    except KeyboardInterrupt:
        err.print("Interrupted: nothing was written.", highlight=False)
        sys.stdout.flush()
        os._exit(INTERRUPTED)  # the sampler's threads would be waited for otherwise


def tell_error(error: Exception) -> None:
    """Print what is wrong and what to do."""
    err.print(Text("error: ", style="bold red"), sentence(error), sep="", soft_wrap=True)


def sentence(error: Exception) -> str:
    """What is wrong and what to do; the operating system's errors name the file first."""
    if isinstance(error, MemoryError):
        return f"{error or 'out of memory'}; take fewer observations, and leave out --exact"
    if isinstance(error, OSError) and error.strerror is not None:
        return f"{error.filename or 'the output'}: {error.strerror}; check the path, its permissions and the disk"
    if "compiledir" in str(error):
        return f"{error} Or let PyTensor write elsewhere: PYTENSOR_FLAGS=base_compiledir=FOLDER mixstudy ..."
    return str(error)


def _terminated(*_: object) -> None:
    """Leave nothing half-written; compiled code may swallow this, and the second SIGTERM ends at once."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise KeyboardInterrupt


def _set_up_process() -> None:
    """Spare what a short-lived process does not need: collecting what stays, and BLAS threads for small matrices.

    And keep bytecode, also where the environment says otherwise, as images of containers do to stay small: what PyMC
    loads takes eight seconds to compile, in every process.
    """
    sys.dont_write_bytecode = False
    gc.set_threshold(MANY_OBJECTS)
    atexit.register(gc.freeze)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is loaded; others wait in a busy loop


class Commands(TyperGroup):
    """The commands, whose unforeseen errors end in one sentence and whose output may be cut off."""

    def main(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401  (Typer's own, which it does not show)
        """Run the program, which SIGTERM ends as Ctrl-C does.

        Rich and Typer end with 1 where the output is closed, and 1 means something else here.
        """
        _set_up_process()
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _terminated)
        try:
            try:
                return super().main(*args, **options)
            finally:
                sys.stdout.flush()
        except (OSError, SystemExit) as error:
            cause = error if isinstance(error, OSError) else error.__context__
            if not isinstance(cause, OSError):
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the last flush does not complain
            if isinstance(cause, BrokenPipeError):
                sys.exit(PIPE_CLOSED)
            tell_error(cause)
            sys.exit(BAD_INPUT)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  (likewise)
        """Run a command; ``MIXSTUDY_TRACEBACK=1`` shows where an unforeseen error arose."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if (
                isinstance(error, OSError | typer.Abort)
                or hasattr(error, "exit_code")
                or os.environ.get("MIXSTUDY_TRACEBACK")
            ):
                raise
            found = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            report = "Please report it with the command and with what MIXSTUDY_TRACEBACK=1 shows."
            err.print(f"mixstudy failed where it should not ({found}). {report}", soft_wrap=True)
            raise typer.Exit(CRASHED) from error


def table(names: Iterable[str], cells: Iterable[Sequence[str]]) -> Table:
    """Return rows under a header for a terminal, what names them to the left, the rest to the right."""
    found = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for position, name in enumerate(names):
        found.add_column(Text(name), justify="right" if position else "left", overflow="fold")
    for row in cells:
        found.add_row(*map(Text, row))
    return found


def console_table(result: Comparison) -> Table:
    """Return the four rows of the comparison for a terminal."""
    return table(header(result), rows(result))


def console_checks(result: Comparison) -> Table:
    """Return the checks for a terminal: name, status and sentence."""
    found = Table.grid(padding=(0, 2, 0, 0))
    for check in result.checks:
        found.add_row(Text(check.name, style="bold"), Text(check.status.value), Text(check.explanation))
    return found
