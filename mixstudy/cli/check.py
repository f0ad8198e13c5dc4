"""The command ``check``: numbers that came from anywhere, held against the data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mixstudy.cli.options import (
    Column,
    DropMissing,
    Kind,
    Label,
    Quiet,
    Seed,
    Truth,
    Unit,
    announced,
    as_mapping,
    as_parameters,
    check_level,
    named,
    require_folder,
)
from mixstudy.cli.terminal import clear_errors, err, out, working

if TYPE_CHECKING:
    from mixstudy.diagnosis.assessment import Assessment

FILE = "check.json"


def check(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA", help="Data file: CSV and its kin, Excel, Parquet, Arrow, JSON, NumPy; - for standard input."
        ),
    ],
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
        Path | None, typer.Option(help="File of iterations, as any program prints them: names the faulty step.")
    ] = None,
    draws: Annotated[
        list[Path] | None,
        typer.Option(help="Somebody's posterior draws: of PyMC, Stan, JAGS, brms; once for each file of a chain."),
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="LABEL=NAME", help="What a variable of the draws is called.")
    ] = None,
    no_mcmc: Annotated[bool, typer.Option("--no-mcmc", help="Without the posterior: an answer in a second.")] = False,
    directory: Annotated[Path | None, typer.Option("--out", help=f"Folder to write {FILE} to.")] = None,
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
        require_folder(directory)
        known = as_parameters(truth, "--truth")
        from mixstudy.diagnosis.inputs import four_numbers, read_printed, usable_rows
        from mixstudy.diagnosis.printed import parse_estimate

        printed = None if trace is None else read_printed(trace)
        rows = None if printed is None else printed.rows
        if rows is not None:
            usable_rows(rows)
        begin = None if start is None else parse_estimate(start)
        given = None if estimate is None else parse_estimate(estimate)
        for values, name in ((given, "estimate"), (begin, "start")):
            if values is not None:
                four_numbers(values, name)
        drawn = None
        if draws is not None:
            from mixstudy.diagnosis.draw_files import find_draws

            drawn = find_draws(draws, names=as_mapping(mapping))
        from mixstudy.compression.stream import read_observations
        from mixstudy.diagnosis.check import check_estimate

        sample = named(read_observations([data], column=column, drop_missing=drop_missing), label=label, unit=unit)
        announced(sample, quiet=quiet)
        for note in (*(printed.notes if printed else ()), *(drawn.notes if drawn else ())):
            err.print(note, soft_wrap=True)
        posterior = None
        if not no_mcmc:
            with working("Sampling the posterior", quiet=quiet):
                from mixstudy.mcmc.posterior import sample_posterior

                posterior = sample_posterior(sample, seed=seed)
        found = check_estimate(
            given,
            sample,
            truth=known,
            start=begin,
            trace=rows,
            draws=None if drawn is None else drawn.values,
            posterior=posterior,
            level=level,
            kind=kind.value,
            seed=seed,
        )
        if directory is not None:
            _write(found, directory)
    if not quiet:
        _print(found)
    else:
        out.print(found.sentence, style="bold")
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


def _write(found: Assessment, directory: Path) -> None:
    """Write the file, whole or not at all."""
    from mixstudy.data.files import write_atomically
    from mixstudy.report.serialise import assessment_json, plain
    from mixstudy.study.provenance import provenance

    content = json.dumps(plain({**assessment_json(found), "provenance": provenance()}), indent=2, allow_nan=False)
    directory.mkdir(parents=True, exist_ok=True)
    write_atomically(directory / FILE, f"{content}\n".encode())
