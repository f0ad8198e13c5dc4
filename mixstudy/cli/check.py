"""The command ``check``: numbers that came from anywhere, held against the data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from mixstudy.cli import options
from mixstudy.cli.terminal import clear_errors, err, out, table, working

if TYPE_CHECKING:
    from mixstudy.diagnosis.assessment import Assessment
    from mixstudy.model import Floats


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
    column: options.Column = None,
    drop_missing: options.DropMissing = False,
    label: options.Label = None,
    unit: options.Unit = None,
    truth: options.Truth = None,
    start: Annotated[
        str | None, typer.Option(metavar="W,MU1,MU2,SIGMA", help="Where the iterations started, where known.")
    ] = None,
    trace: Annotated[
        Path | None, typer.Option(help="File of iterations, as any program prints them: names the faulty step.")
    ] = None,
    draws: Annotated[
        list[Path] | None,
        typer.Option(
            help="Somebody's posterior draws: of PyMC, Stan, JAGS, brms; once for each file, or as a pattern."
        ),
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="LABEL=NAME", help="What a variable of the draws is called.")
    ] = None,
    prior: options.PriorOption = None,
    no_mcmc: Annotated[bool, typer.Option("--no-mcmc", help="Without the posterior: an answer in a second.")] = False,
    directory: Annotated[Path | None, typer.Option("--out", help="Folder for the report and check.json.")] = None,
    formats: options.Format = "html",
    title: options.Title = None,
    level: options.Level = 0.95,
    kind: options.Kind = options.Interval.ETI,
    seed: options.Seed = 0,
    quiet: options.Quiet = False,
) -> None:
    """Check an estimate from anywhere: is it right, and if not, which mistake was made?"""
    with clear_errors():
        from mixstudy.model import require_level

        require_level(level)
        wanted = _output(directory, formats, title)
        known, shape = options.as_parameters(truth, "--truth"), options.as_prior(prior)
        if shape is not None and no_mcmc and not draws:
            msg = "--prior is of a posterior: it can't go with --no-mcmc, unless with --draws"
            raise ValueError(msg)
        given = _given(estimate, start, trace, draws, mapping)
        from mixstudy.compression.stream import read_observations
        from mixstudy.diagnosis.check import check_estimate

        sample = read_observations([data], column=column, drop_missing=drop_missing)
        sample = options.announced(options.named(sample, label=label, unit=unit), quiet=quiet)
        for note in given.notes:
            err.print(note, soft_wrap=True)
        own, posterior = options.prior_of(sample, shape, quiet=quiet), None
        if not no_mcmc:
            with working("Sampling the posterior", quiet=quiet):
                from mixstudy.mcmc.posterior import sample_posterior

                posterior = sample_posterior(sample, prior=own, seed=seed)
        found = check_estimate(
            given.estimate,
            sample,
            truth=known,
            start=given.start,
            trace=given.rows,
            log_likelihood=given.log_likelihood,
            draws=given.draws,
            prior=own,
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
        out.print(found.sentence, style="bold")
    if directory is not None and not quiet:
        out.print(f"Report: {report}", soft_wrap=True)
    raise typer.Exit(found.verdict.exit_code)


class _Given(NamedTuple):
    """What is to be checked, as it was printed."""

    estimate: Sequence[str] | None
    start: Sequence[str] | None
    rows: Sequence[Sequence[str]] | None
    log_likelihood: Sequence[str] | None
    draws: Floats | None
    notes: tuple[str, ...]
    """What was passed over or taken under an unexpected name."""


def _given(
    estimate: str | None, start: str | None, trace: Path | None, draws: list[Path] | None, mapping: list[str] | None
) -> _Given:
    """Read numbers, trace and draws; what can't be checked is refused before the work."""
    if estimate is None and trace is None and draws is None:
        msg = "there is nothing to check: give --estimate, --trace or --draws"
        raise ValueError(msg)
    from mixstudy.diagnosis.inputs import four_numbers, read_printed, require_beginning, require_rows
    from mixstudy.diagnosis.printed import parse_estimate
    from mixstudy.diagnosis.rows import Trace

    printed = Trace(rows=()) if trace is None else read_printed(trace)
    if trace is not None:
        require_rows(printed.rows)
        if estimate is None:
            require_beginning(printed.rows)
    numbers, begin = (None if text is None else parse_estimate(text) for text in (estimate, start))
    for values, name in ((numbers, "estimate"), (begin, "start")):
        if values is not None:
            four_numbers(values, name, empty=name == "estimate")
    rows = None if trace is None else printed.rows
    if draws is None:
        return _Given(numbers, begin, rows, printed.log_likelihood, None, printed.notes)
    from mixstudy.data.partition import matching
    from mixstudy.diagnosis.draw_files import find_draws

    files = [file for each in draws for file in matching(str(each))]
    drawn = find_draws(files, names=options.as_mapping(mapping))
    return _Given(numbers, begin, rows, printed.log_likelihood, drawn.values, (*printed.notes, *drawn.notes))


def _print(found: Assessment) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from mixstudy.diagnosis.draws import draws_rows
    from mixstudy.model import LABELS
    from mixstudy.report.explanation import explain, offset_rows, step_rows

    out.print(Text(found.sentence, style="bold"))
    if not found.alone:
        out.print(table(("parameter", "estimate", "EM's", "standard error", "off by (s.e.)"), offset_rows(found)))
    if found.reading is not None:
        head, *drawn = draws_rows(found.reading)
        out.print(table(("parameter", *head[1:]), drawn))
    if found.location is not None and found.location.wrong.any():
        out.print(Text("Step by step: what was printed, for what a right step gives where they part", style="bold"))
        out.print(table(("step", *LABELS), step_rows(found.location)))
    for section in explain(found):
        out.print(Text(section.title, style="bold"))
        for line in section.lines:
            text = line.lstrip()
            out.print(Padding(Text(text), (0, 0, 0, 2 + len(line) - len(text))))


def _output(directory: Path | None, formats: str, title: str | None) -> tuple[str, ...]:
    """The formats of the report; a folder that can't be written is refused before the work."""
    from mixstudy.report.folder import CHECK, check_output, parse_formats

    wanted = parse_formats(formats)
    options.require_folder(directory)
    if directory is not None:
        check_output(directory, CHECK)
    elif title is not None or wanted != ("html",):
        msg = "--format and --title are of the report: name its folder by --out"
        raise ValueError(msg)
    return wanted
