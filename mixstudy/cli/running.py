"""What the commands ``replicate`` and ``power`` share: options, designs that are gone on with, and the run."""

from __future__ import annotations

import math
import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixstudy.cli.options import as_number, require_folder
from mixstudy.cli.terminal import INTERRUPTED, err, out, table

if TYPE_CHECKING:
    from mixstudy.study.run import How, Progress, Results

DesignFile = Annotated[
    Path | None, typer.Option("--design", metavar="FILE", help="TOML file with the keys of the options.")
]
Seed = Annotated[int | None, typer.Option(help="Where all random streams come from.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the results in the folder, or add to them.")]
Workers = Annotated[int | None, typer.Option(min=1, max=1024, help="Processes; as many as processors by default.")]
OnCluster = Annotated[str | None, typer.Option("--cluster", metavar="ADDRESS", help="Dask scheduler to run it on.")]


def given(**options: object) -> dict[str, Any]:
    """Options that were given; text is numbers separated by commas, whole where they are written so."""
    read = {name: _numbers(name, each) if isinstance(each, str) else each for name, each in options.items()}
    return {name: each for name, each in read.items() if each is not None}


def _numbers(name: str, text: str) -> list[int | float]:
    try:
        return [
            int(part) if part.strip().lstrip("+-").isdigit() and part.isascii() else as_number(part)
            for part in text.split(",")
        ]
    except ValueError:
        msg = f"--{name} takes numbers separated by commas, got {text!r}"
        raise ValueError(msg) from None


def earlier_design(directory: Path, kind: str, *, resume: bool) -> dict[str, Any]:
    """Keys and values of the design whose results are gone on with; none without ``resume``.

    Raises:
        ValueError: The folder is none, or there is nothing to go on with.
    """
    require_folder(directory)
    if not resume:
        return {}
    if not directory.exists():
        msg = f"{directory} holds no study to go on with: leave out --resume, or name its folder by --out"
        raise ValueError(msg)
    from mixstudy.study.storage import read_plan

    plan = read_plan(directory) or {}
    made_by = ("study", "versions", "code")
    return {key: value for key, value in plan.items() if key not in made_by} if plan.get("study") == kind else {}


def carry_out(
    command: str, run: Callable[..., Results[Any]], design: object, directory: Path, *, quiet: bool, how: How
) -> None:
    """Run a study, write its results and say where they are.

    Raises:
        ValueError: Not one data set could be analysed; the rows are kept, each with its reason.
    """
    with _watched(command, directory, quiet=quiet) as watch:
        how["progress"] = watch
        found = run(design, directory, **how)
    if found.failed == found.data_sets:
        reason = found.table["reason"].dropna().iloc[0]
        msg = f"each of the {found.failed} data sets failed, the first by {reason}; their rows are in {directory}"
        raise ValueError(msg)
    from mixstudy.report.results import write_results

    first = write_results(found)
    if not quiet:
        brief = found.brief()
        names = (HEADINGS.get(name, str(name)) for name in brief.columns)
        out.print(table(names, ([*map(_cell, row)] for row in brief.itertuples(index=False))))
    failed = f"; {found.failed} failed, see the column 'reason'" if found.failed else ""
    out.print(f"{found.data_sets} data sets{failed}. Results: {directory}", soft_wrap=True)
    out.print(f"Report: {first}", soft_wrap=True)


@contextmanager
def _watched(command: str, directory: Path, *, quiet: bool) -> Iterator[Callable[[Progress], None]]:
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
        kept = (
            f"{last[0].done} of {last[0].total} data sets are kept in {directory}" if last else "nothing was done yet"
        )
        again = f"mixstudy {command} ... --out {shlex.quote(str(directory))} --resume"
        err.print(f"Interrupted: {kept}; go on with: {again}", soft_wrap=True)
        os._exit(INTERRUPTED)  # the sampler's threads would be waited for otherwise


HEADINGS = {
    "apart": "sigma\napart",
    "separation": "sigma\napart",
    "disagree": "dis-\nagree",
    "unsure": "incon-\nclusive",
    "no mcmc": "not\npassed",
    "wald": "Wald\ncovers",
    "profile": "profile\ncovers",
    "credible": "credible\ncovers",
    "s": "seconds\neach",
    "data_sets": "data\nsets",
}
"""What columns are called on a terminal, where their names would say too little or take too much room."""


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return "–" if math.isnan(value) else f"{value:.3g}"
