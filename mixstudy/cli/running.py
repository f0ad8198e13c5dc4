"""What the commands ``replicate`` and ``power`` share: lists of numbers, progress, and the end of a run."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixstudy.cli.terminal import INTERRUPTED, err, out

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from rich.table import Table

    from mixstudy.study.run import Progress, Results

Resume = Annotated[bool, typer.Option("--resume", help="Go on with the results in the folder, or add to them.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; as many as processors by default.")]
OnCluster = Annotated[str | None, typer.Option("--cluster", metavar="ADDRESS", help="Dask scheduler to run it on.")]


def as_list(option: str, text: str | None) -> list[int | float] | None:
    """Numbers separated by commas, whole where they are written so."""
    if text is None:
        return None
    try:
        return [int(part) if part.strip().lstrip("+-").isdigit() else float(part) for part in text.split(",")]
    except ValueError:
        msg = f"{option} takes numbers separated by commas, got {text!r}"
        raise ValueError(msg) from None


def require_started(directory: Path, *, resume: bool) -> None:
    """Raise ``ValueError`` where there is nothing to go on with."""
    if resume and not directory.exists():
        msg = f"{directory} holds no study to go on with: leave out --resume, or name its folder by --out"
        raise ValueError(msg)


def grown[D: DataclassInstance](default: D, given: Mapping[str, Any], directory: Path, *, resume: bool) -> D:
    """The design that is gone on with, or the default one, changed by the options that were given."""
    from mixstudy.study.storage import read_plan

    plan = (read_plan(directory) if resume else None) or {}
    known = {field.name for field in fields(default)}
    values = {**plan, **{name: value for name, value in given.items() if value is not None}}
    kept = {name: tuple(each) if isinstance(each, list) else each for name, each in values.items() if name in known}
    return replace(default, **kept)


@contextmanager
def watched(command: str, directory: Path, *, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """Show progress on a terminal with the time left, name damaged parts, and end cleanly on Ctrl-C."""
    from rich import progress as rich

    columns = (rich.TextColumn("Data sets"), rich.BarColumn(), rich.MofNCompleteColumn(), rich.TimeRemainingColumn())
    # the rate is that of the whole run, as parts of it may be slow
    bar = rich.Progress(
        *columns, console=err, transient=True, disable=quiet or not err.is_terminal, speed_estimate_period=1e9
    )
    last: list[Progress] = []
    task = bar.add_task("", total=None)

    def watch(found: Progress) -> None:
        if not last:
            for name in found.damaged:
                err.print(f"{directory / name} is damaged: computed again", soft_wrap=True)
        last[:] = [found]
        bar.update(task, completed=found.done, total=found.total)

    try:
        with bar:
            yield watch
    except KeyboardInterrupt:
        kept = f"{last[0].done} of {last[0].total} data sets are kept in {directory}" if last else "nothing was written"
        again = f"mixstudy {command} ... --out {shlex.quote(str(directory))} --resume"
        err.print(f"Interrupted: {kept}; go on with: {again}", soft_wrap=True)
        os._exit(INTERRUPTED)  # the sampler's threads would be waited for otherwise


def tell_end(found: Results[Any], first: Path, table: Any, *, quiet: bool) -> None:  # noqa: ANN401  (a DataFrame)
    """Print the summary, how many data sets there are, and where to look first."""
    if not quiet:
        out.print(_console(table))
    failed = f"; {found.failed} failed, see the column 'reason'" if found.failed else ""
    out.print(f"{len(found.table)} rows{failed}. Results: {found.folder}", soft_wrap=True)
    out.print(f"Report: {first}", soft_wrap=True)


def _console(table: Any) -> Table:  # noqa: ANN401  (a DataFrame: pandas is loaded by then)
    """A DataFrame for the terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    shown = Table(*map(str, table.columns), box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for row in table.itertuples(index=False):
        shown.add_row(*(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row))
    return shown
