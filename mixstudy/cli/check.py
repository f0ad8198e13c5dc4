"""The command ``check``: numbers that came from anywhere, held against the data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mixstudy.cli.options import (
    Column,
    DropMissing,
    Format,
    Kind,
    Label,
    Quiet,
    Seed,
    Title,
    Truth,
    Unit,
    as_parameters,
    check_level,
    named,
)
from mixstudy.cli.terminal import clear_errors, out, working

if TYPE_CHECKING:
    from mixstudy.diagnosis.assessment import Assessment


def check(
    data: Annotated[str, typer.Argument(metavar="DATA", help="CSV, Parquet or Arrow file.")],
    estimate: Annotated[
        str | None, typer.Option(metavar="W,MU1,MU2,SIGMA", help="The numbers to check; the trace's last by default.")
    ] = None,
    column: Column = None,
    drop_missing: DropMissing = False,
    label: Label = None,
    unit: Unit = None,
    truth: Truth = None,
    start: Annotated[
        str | None, typer.Option(metavar="W,MU1,MU2,SIGMA", help="Where the iterations started, where known.")
    ] = None,
    trace: Annotated[
        Path | None, typer.Option(help="File of printed iterations, four numbers a row: names the faulty step.")
    ] = None,
    draws: Annotated[
        Path | None, typer.Option(help="Somebody's posterior draws: ArviZ's NetCDF, or CSV with a column chain.")
    ] = None,
    no_mcmc: Annotated[bool, typer.Option("--no-mcmc", help="Without the posterior: an answer in a second.")] = False,
    directory: Annotated[Path | None, typer.Option("--out", help="Folder for the report and check.json.")] = None,
    formats: Format = "html",
    title: Title = None,
    level: Annotated[float, typer.Option(help="Probability of the intervals, between 0 and 1.")] = 0.95,
    kind: Annotated[Kind, typer.Option(help="Equal-tailed or highest-density credible intervals.")] = Kind.ETI,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Check an estimate from anywhere: is it right, and if not, which mistake was made?"""
    with clear_errors():
        check_level(level)
        if estimate is None and trace is None and draws is None:
            msg = "there is nothing to check: give --estimate, --trace or --draws"
            raise ValueError(msg)
        wanted = _output(directory, formats, title)
        known = as_parameters(truth, "--truth")
        from mixstudy.diagnosis.inputs import four_numbers, read_printed, usable_rows

        printed = None if trace is None else read_printed(trace)
        rows = None if printed is None else printed.rows
        if rows is not None:
            usable_rows(rows)
        begin = None if start is None else start.split(",")
        for values, name in ((None if estimate is None else estimate.split(","), "estimate"), (begin, "start")):
            if values is not None:
                four_numbers(values, name, empty=name == "estimate")
        drawn = None
        if draws is not None:
            from mixstudy.diagnosis.inputs import read_draws

            drawn = read_draws(draws)
        from mixstudy.compression.stream import read_observations
        from mixstudy.diagnosis.check import check_estimate

        sample = named(read_observations([data], column=column, drop_missing=drop_missing), label=label, unit=unit)
        posterior = None
        if not no_mcmc:
            with working("Sampling the posterior", quiet=quiet):
                from mixstudy.mcmc.posterior import sample_posterior

                posterior = sample_posterior(sample, seed=seed)
        found = check_estimate(
            None if estimate is None else estimate.split(","),
            sample,
            truth=known,
            start=begin,
            trace=rows,
            log_likelihood=None if printed is None else printed.log_likelihood,
            draws=drawn,
            posterior=posterior,
            level=level,
            kind=kind.value,
            seed=seed,
        )
        if directory is not None:
            from mixstudy.report.write import write_report

            report = write_report(found, directory, formats=wanted, title=title)
    if not quiet:
        _print(found)
    else:
        out.print(found.sentence, style="bold", highlight=False, markup=False)
    if directory is not None and not quiet:
        out.print(f"Report: {report}", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(found.verdict.exit_code)


def _print(found: Assessment) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from mixstudy.model import LABELS
    from mixstudy.report.explanation import explain, offset_rows, step_rows

    out.print(Text(found.sentence, style="bold"))
    table = Table("parameter", "estimate", "EM's", "standard error", "off by (s.e.)", box=SIMPLE_HEAD, pad_edge=False)
    for row in offset_rows(found):
        table.add_row(*row)
    out.print(table)
    if found.location is not None and found.location.wrong.any():
        out.print(Text("Step by step: what was printed, for what a right step gives where they part", style="bold"))
        steps = Table("step", *LABELS, box=SIMPLE_HEAD, pad_edge=False)
        for row in step_rows(found.location):
            steps.add_row(*row)
        out.print(steps)
    for section in explain(found):
        out.print(Text(section.title, style="bold"))
        for line in section.lines:
            text = line.lstrip()
            out.print(Padding(Text(text), (0, 0, 0, 2 + len(line) - len(text))))


def _output(directory: Path | None, formats: str, title: str | None) -> tuple[str, ...]:
    """The formats of the report; a folder that can't be written is refused before the work."""
    from mixstudy.report.folder import CHECK, check_output, parse_formats

    wanted = parse_formats(formats)
    if directory is not None:
        check_output(directory, CHECK)
    elif title is not None or wanted != ("html",):
        msg = "--format and --title are of the report: name its folder by --out"
        raise ValueError(msg)
    return wanted
