"""The command ``replicate``: the comparison over many simulated data sets, and the calibration of the posterior."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixstudy.cli.options import Quiet, require_folder
from mixstudy.cli.terminal import INTERRUPTED, clear_errors, err, out

if TYPE_CHECKING:
    from rich.table import Table

    from mixstudy.study.calibrate import Calibration, CalibrationDesign
    from mixstudy.study.design import Design
    from mixstudy.study.replicate import Study
    from mixstudy.study.run import Progress


def replicate(
    design: Annotated[Path | None, typer.Option(metavar="FILE", help="TOML file with the keys of the options.")] = None,
    directory: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("replicates"),
    n: Annotated[str | None, typer.Option(metavar="A,B,...", help="Observations of a data set.")] = None,
    weight: Annotated[str | None, typer.Option(metavar="A,B,...", help="Mass of component 1.")] = None,
    separation: Annotated[str | None, typer.Option(metavar="A,B,...", help="Distance of the means in sigma.")] = None,
    prior: Annotated[str | None, typer.Option(metavar="A,B,...", help="Scale of the prior in sds of the data.")] = None,
    replicates: Annotated[int | None, typer.Option(help="Data sets in each cell.")] = None,
    seed: Annotated[int | None, typer.Option(help="Where all random streams come from.")] = None,
    level: Annotated[float | None, typer.Option(help="Probability of the intervals.")] = None,
    chains: Annotated[int | None, typer.Option(help="Chains, at least 2.")] = None,
    draws: Annotated[int | None, typer.Option(help="Draws kept from each chain.")] = None,
    tune: Annotated[int | None, typer.Option(help="Tuning draws of each chain.")] = None,
    calibrate: Annotated[
        int | None, typer.Option(metavar="N", help="Instead: N truths from the prior, ranked in their posteriors.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the results in the folder.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; as many as processors by default.")] = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers do it instead.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Repeat the comparison over many simulated data sets: how often do the methods agree, how often are they right?

    Results are kept part by part, so that an interrupted run goes on with --resume.
    """
    options = {
        **{name: _list(name, text) for name, text in (("n", n), ("weight", weight), ("separation", separation))},
        "prior": _list("prior", prior),
        "replicates": replicates,
        "seed": seed,
        "level": level,
        "chains": chains,
        "draws": draws,
        "tune": tune,
    }
    given = {name: value for name, value in options.items() if value is not None}
    how = {"resume": resume, "workers": workers, "cluster": cluster}
    with clear_errors():
        require_folder(directory)
        if resume and not directory.exists():
            msg = f"{directory} holds no study to go on with: leave out --resume, or name its folder by --out"
            raise ValueError(msg)
        if calibrate is not None:
            _calibrate(_calibration_design({**given, "replicates": calibrate}, design), directory, how, quiet=quiet)
        else:
            _study(_design(design, given, directory if resume else None), directory, how, quiet=quiet)


def _list(name: str, text: str | None) -> list[int | float] | None:
    """Numbers separated by commas, whole where they are written so."""
    if text is None:
        return None
    try:
        return [int(part) if part.strip().lstrip("+-").isdigit() else float(part) for part in text.split(",")]
    except ValueError:
        err.print(f"[bold red]error:[/] --{name} takes numbers separated by commas, got {text!r}", highlight=False)
        raise typer.Exit(2) from None


def _design(path: Path | None, given: dict[str, Any], resumed: Path | None) -> Design:
    """From the file, or the folder that is gone on with, or the default; changed by the options."""
    from mixstudy.study.design import Design
    from mixstudy.study.storage import read_plan

    plan = read_plan(resumed) if resumed is not None and path is None else None
    start = Design() if path is None else Design.from_toml(path)
    if plan is not None and plan.get("study") == "replicate":
        start = Design.from_mapping({key: value for key, value in plan.items() if key in start.as_dict()})
    return Design.from_mapping({**start.as_dict(), **given})


def _calibration_design(given: dict[str, Any], path: Path | None) -> CalibrationDesign:
    from mixstudy.study.calibrate import CalibrationDesign
    from mixstudy.study.design import DesignError

    known = {"n", "replicates", "seed", "chains", "draws", "tune"}
    strange = [f"--{name}" for name in given if name not in known] + (["--design"] if path is not None else [])
    if strange:
        msg = f"{', '.join(strange)} can't go with --calibrate, whose truths come from the prior"
        raise DesignError(msg)
    return CalibrationDesign(**{**given, **({"n": tuple(given["n"])} if "n" in given else {})})


def _study(design: Design, directory: Path, how: dict[str, Any], *, quiet: bool) -> None:
    from mixstudy.report.write import write_study
    from mixstudy.study.summary import cell_table

    with _watched(directory, quiet=quiet) as watch:
        from mixstudy.study.replicate import run_study

        study = run_study(design, directory, progress=watch, **how)
    from mixstudy.report.write import write_study_report

    write_study(study)
    report = write_study_report(study)
    if not quiet:
        out.print(_console(cell_table(study.table)))
    _end(study, directory, report)


def _calibrate(design: CalibrationDesign, directory: Path, how: dict[str, Any], *, quiet: bool) -> None:
    from mixstudy.report.write import write_calibration

    with _watched(directory, quiet=quiet) as watch:
        from mixstudy.study.calibrate import calibration_summary, run_calibration

        found = run_calibration(design, directory, progress=watch, **how)
    from mixstudy.report.write import write_calibration_report

    write_calibration(found)
    report = write_calibration_report(found)
    if not quiet:
        out.print(_console(calibration_summary(found.table)))
    _end(found, directory, report)


def _end(found: Study | Calibration, directory: Path, report: Path) -> None:
    failed = f"; {found.failed} failed, see the column 'reason'" if found.failed else ""
    out.print(f"{len(found.table)} data sets{failed}. Results: {directory}", highlight=False, soft_wrap=True)
    out.print(f"Report: {report}", highlight=False, soft_wrap=True)


@contextmanager
def _watched(directory: Path, *, quiet: bool) -> Iterator[Callable[[Progress], None]]:
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
                err.print(f"{directory / name} is damaged: computed again", highlight=False, soft_wrap=True)
        last[:] = [found]
        bar.update(task, completed=found.done, total=found.total)

    try:
        with bar:
            yield watch
    except KeyboardInterrupt:
        kept = f"{last[0].done} of {last[0].total} data sets are kept in {directory}" if last else "nothing was written"
        again = f"mixstudy replicate ... --out {shlex.quote(str(directory))} --resume"
        err.print(f"Interrupted: {kept}; go on with: {again}", highlight=False, soft_wrap=True)
        os._exit(INTERRUPTED)  # the sampler's threads would be waited for otherwise


def _console(table: Any) -> Table:  # noqa: ANN401  (a DataFrame: pandas is loaded by then)
    """A DataFrame for the terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    shown = Table(*map(str, table.columns), box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for row in table.itertuples(index=False):
        shown.add_row(*(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row))
    return shown
