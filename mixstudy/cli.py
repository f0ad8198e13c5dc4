"""The command line: parse, call, print.

Exit codes: 0 agree, 1 disagree, 2 bad input or usage, 3 inconclusive.
"""

from __future__ import annotations

import gc
import os
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from mixstudy.model import Parameters
    from mixstudy.sample import WeightedSample

app = typer.Typer(
    help="One mixture model, two estimates (EM by hand and PyMC), one verdict on whether they agree.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
out = Console()
err = Console(stderr=True)

BAD_INPUT = 2
INTERRUPTED = 130


class Kind(StrEnum):
    """Kinds of credible interval."""

    ETI = "eti"
    HDI = "hdi"


class Sampler(StrEnum):
    """Implementations of NUTS."""

    NUTPIE = "nutpie"
    PYMC = "pymc"


Data = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[DATA]...",
        help="CSV, Parquet or Arrow files, or folders of them. Without any: the origin's synthetic data.",
    ),
]
Cluster = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler on whose workers the files are read.")
]
Column = Annotated[str | None, typer.Option(help="Column to read, where the file has several numeric ones.")]
DropMissing = Annotated[bool, typer.Option("--drop-missing", help="Drop missing values; the report says how many.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of everything random; the output records it.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the verdict (or nothing).")]
Exact = Annotated[bool, typer.Option("--exact", help="Use all observations as they are: slower, the same answer.")]
Truth = Annotated[str | None, typer.Option(metavar="W,MU1,MU2,SIGMA", help="The true parameters, where known.")]
Size = Annotated[int, typer.Option("-n", "--n", min=1, help="How many observations to simulate.")]


WELCOME = """\
One mixture of two Gaussians, estimated by EM and by PyMC: do the two agree, and is each right?

    mixstudy demo              a true story of wrong numbers, in half a minute
    mixstudy study             a first report, on synthetic data
    mixstudy study YOUR.csv    the same on yours
    mixstudy check YOUR.csv --estimate WEIGHT,MU1,MU2,SIGMA
                               are these numbers right, and if not, which mistake was made?

Help: mixstudy --help, or mixstudy study --help and so on."""


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    """Compare a hand-written EM with a PyMC posterior on the two-component, shared-sigma Gaussian mixture."""
    if show_version:
        out.print(f"mixstudy {version('mixstudy')}", highlight=False)
        raise typer.Exit
    if context.invoked_subcommand is None:
        out.print(WELCOME, highlight=False, soft_wrap=True)


@app.command()
def study(
    data: Data = None,
    column: Column = None,
    drop_missing: DropMissing = False,
    cluster: Cluster = None,
    directory: Annotated[Path, typer.Option("--out", help="Folder for the report and the tables.")] = Path("study"),
    level: Annotated[float, typer.Option(help="Probability of the intervals, between 0 and 1.")] = 0.95,
    kind: Annotated[Kind, typer.Option(help="Equal-tailed or highest-density credible intervals.")] = Kind.ETI,
    truth: Truth = None,
    n: Size = 10_000,
    seed: Seed = 0,
    chains: Annotated[int, typer.Option(help="Chains, at least 2.")] = 4,
    draws: Annotated[int, typer.Option(help="Draws kept from each chain.")] = 1000,
    tune: Annotated[int, typer.Option(help="Tuning draws of each chain.")] = 1000,
    sampler: Annotated[Sampler, typer.Option(help="Which NUTS.")] = Sampler.NUTPIE,
    formats: Annotated[
        str, typer.Option("--format", metavar="html,md,tex", help="Formats of the report, separated by commas.")
    ] = "html",
    opened: Annotated[bool, typer.Option("--open", help="Open the report when it is written.")] = False,
    exact: Exact = False,
    quiet: Quiet = False,
) -> None:
    """Fit by EM and by PyMC, compare, and write a report: the main job."""
    with _clear_errors():
        from mixstudy.report import check_output, parse_formats

        wanted = parse_formats(formats)
        _require_level(level)
        known = _parameters(truth, "--truth")
        sample, simulated = _observations(
            data,
            column,
            drop_missing=drop_missing,
            cluster=cluster,
            exact=exact,
            n=n,
            seed=seed,
            quiet=quiet,
            truth=known,
        )
        check_output(directory)
        with _working("Fitting by EM", quiet=quiet):
            from mixstudy.em import fit_em

            em = fit_em(sample, exact=exact)
        with _working("Loading PyMC", quiet=quiet):
            from mixstudy.comparison import compare
            from mixstudy.posterior import SamplerSettings, sample_posterior

        settings = SamplerSettings(sampler=sampler.value, chains=chains, draws=draws, tune=tune, seed=seed)
        watched = err.is_terminal and not quiet
        if watched:
            err.print("Compiling (half a minute the first time ever), then sampling ...", highlight=False)
        posterior = sample_posterior(em.sample, settings=settings, exact=exact, progress=watched)
        with _working("Comparing and writing the report", quiet=quiet):
            gc.freeze()  # PyMC's many objects stay; looking through them again and again takes half a second
            result = compare(em, posterior, truth=known or simulated, level=level, kind=kind.value)
            from mixstudy.report import console_checks, console_table, write_report

            report = write_report(result, directory, formats=wanted)
    if not quiet:
        out.print(console_table(result))
        out.print(console_checks(result))
    out.print(f"[bold]{result.sentence}[/]", highlight=False)
    if not quiet:
        out.print(f"Report: {report}", highlight=False, soft_wrap=True)
    if opened and not webbrowser.open(report.as_uri()):
        err.print("The report can't be opened from here.", highlight=False)
    raise typer.Exit({"agree": 0, "disagree": 1, "inconclusive": 3}[result.verdict.value])


def _observations(
    data: list[str] | None,
    column: str | None,
    *,
    drop_missing: bool,
    cluster: str | None,
    exact: bool,
    n: int,
    seed: int,
    quiet: bool,
    truth: Parameters | None = None,
) -> tuple[WeightedSample, Parameters | None]:
    """The sample of the files; without files one that is simulated from the truth, by default the origin's."""
    if data:
        from mixstudy.reading import read_observations, read_sample

        if exact:
            if len(data) > 1 or cluster is not None:
                msg = "--exact keeps all observations in memory: name one file and no cluster"
                raise ValueError(msg)
            return read_sample(data[0], column=column, drop_missing=drop_missing), None
        with _progress("Reading", quiet=quiet, steps=False) as advance:
            found = read_observations(data, column=column, drop_missing=drop_missing, cluster=cluster, progress=advance)
        return found, None
    if column is not None or drop_missing or cluster is not None:
        msg = "--column, --drop-missing and --cluster need a data file"
        raise ValueError(msg)
    from mixstudy.model import ORIGIN
    from mixstudy.model import simulate as draw
    from mixstudy.sample import Source, as_sample, sha256_of

    known = truth or ORIGIN
    x = draw(known, n=n, seed=seed)
    text = f"simulated from {known}, n = {n}, seed {seed}"
    return as_sample(x, source=Source(description=text, sha256=sha256_of(x), seed=seed)), known


def _numbers(text: str | None, option: str) -> list[float] | None:
    if text is None:
        return None
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != 4:  # noqa: PLR2004  (weight, mu1, mu2, sigma)
        msg = f"{option} takes four numbers weight,mu1,mu2,sigma, such as 0.3,5,15,2; got {text!r}"
        raise ValueError(msg)
    return values


def _parameters(text: str | None, option: str) -> Parameters | None:
    from mixstudy.model import Parameters

    values = _numbers(text, option)
    if values is not None and values[1] > values[2]:
        err.print(f"{option}: mu1 is above mu2, labels exchanged", highlight=False)
    return None if values is None else Parameters.relabelled(values)


def _require_folder(directory: Path | None) -> None:
    if directory is not None and directory.exists() and not directory.is_dir():
        msg = f"--out is a folder to write to; {directory} is a file: choose another"
        raise ValueError(msg)


def _require_level(level: float) -> None:
    if not 0 < level < 1:
        msg = f"--level must lie strictly between 0 and 1, got {level!r}"
        raise ValueError(msg)


@contextmanager
def _working(what: str, *, quiet: bool) -> Iterator[None]:
    """Show what is going on, on a terminal."""
    if quiet or not err.is_terminal:
        yield
        return
    with err.status(f"{what} ..."):
        yield


@contextmanager
def _progress(what: str, *, quiet: bool, steps: bool = True) -> Iterator[Callable[[int, int], object]]:
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
def _clear_errors() -> Iterator[None]:
    """Turn what a user can cause into one sentence and exit code 2; nothing is left half-written."""
    try:
        yield
    except (ValueError, OSError, MemoryError) as error:
        err.print(f"[bold red]error:[/] {_escaped(_sentence(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(BAD_INPUT) from error
    except KeyboardInterrupt:
        err.print("Interrupted: nothing was written.", highlight=False)
        sys.stdout.flush()
        os._exit(INTERRUPTED)  # the sampler's threads would be waited for otherwise


def _sentence(error: Exception) -> str:
    """What is wrong and what to do; the operating system's errors name the file first."""
    if isinstance(error, MemoryError):
        return f"{error or 'out of memory'}; take fewer observations, and leave out --exact"
    if isinstance(error, OSError) and error.filename is not None and error.strerror is not None:
        return f"{error.filename}: {error.strerror}; check the path and its permissions"
    return str(error)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


from mixstudy import cli_check, cli_demo, cli_fit, cli_power, cli_replicate  # noqa: E402, F401  (they register their commands)
