"""Options that several commands share, and what is made of their values."""

from __future__ import annotations

import csv
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixstudy.cli.terminal import err, out, progress
from mixstudy.data.text import plain

if TYPE_CHECKING:
    from mixstudy.data.sample import WeightedSample
    from mixstudy.model import Parameters, Prior


class Interval(StrEnum):
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
        help="Data files (CSV and its kin, Excel, Parquet, Arrow, JSON, NumPy), a folder of them, or - for standard "
        "input. Without any: the origin's synthetic data.",
    ),
]
Cluster = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler on whose workers the files are read.")
]


def column_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names in the first line of the text file that stands before, for a shell to complete; none where none are."""
    file = next((path for path in map(Path, ctx.args) if path.is_file()), None)  # args: the command is not whole yet
    if file is None:
        return []
    try:
        with file.open(encoding="utf-8", newline="") as handle:
            line = handle.readline(100_000)  # no header is longer
        delimiter = csv.Sniffer().sniff(line, ",;\t").delimiter
    except (OSError, ValueError, csv.Error):
        return []
    names = (name.strip() for name in next(csv.reader([line], delimiter=delimiter)))
    return [name for name in names if name.startswith(incomplete)]


Column = Annotated[
    str | None,
    typer.Option(help="Column to read, where the file has several numeric ones.", autocompletion=column_names),
]
DropMissing = Annotated[bool, typer.Option("--drop-missing", help="Drop missing values; the report says how many.")]
Label = Annotated[str | None, typer.Option(help="What was observed, for the axes; by default the column's name.")]
Unit = Annotated[str | None, typer.Option(help="Its unit, such as min.")]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of everything random; the output records it.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the answer.")]
Silent = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file where it exists.")]
Pool = Annotated[bool, typer.Option("--pool", help="Take several files as one sample.")]
Exact = Annotated[bool, typer.Option("--exact", help="Use all observations as they are: slower, the same answer.")]
Truth = Annotated[str | None, typer.Option(metavar="W,MU1,MU2,SIGMA", help="The true parameters, where known.")]
Format = Annotated[
    str, typer.Option("--format", metavar="html,md,tex", help="Formats of the report, separated by commas.")
]
Title = Annotated[
    str | None, typer.Option(parser=plain, metavar="TEXT", help="Title of the report; by default it names the data.")
]
PriorOption = Annotated[
    str | None,
    typer.Option(
        "--prior",
        metavar="means=A,sigma=B,weight=A:B",
        help="The prior, any of: the means' standard deviation (2.5) and sigma's scale (1), both in multiples of the "
        "data's standard deviation, and the Beta of the weight (1:1, which is uniform).",
    ),
]
Level = Annotated[float, typer.Option(help="Probability of the intervals.")]
Kind = Annotated[Interval, typer.Option(help="Equal-tailed or highest-density credible intervals.")]
Size = Annotated[int, typer.Option("-n", "--n", min=1, help="How many observations to simulate.")]


def read_data(
    data: list[str] | None,
    column: str | None,
    *,
    drop_missing: bool,
    cluster: str | None,
    exact: bool,
    pool: bool,
    n: int,
    seed: int,
    quiet: bool,
    truth: Parameters | None = None,
) -> tuple[WeightedSample, Parameters | None]:
    """The sample of the files; without files one that is simulated from the truth, by default the origin's."""
    if data:
        from mixstudy.compression.stream import read_observations
        from mixstudy.data.read import read_sample

        if len(data) > 1 and not pool:
            way_out = "without it name one file at a time, or let mixstudy study take each"
            msg = f"several files are one sample only with --pool; {way_out}"
            raise ValueError(msg)

        if exact:
            if len(data) > 1 or cluster is not None:
                msg = "--exact keeps all observations in memory: name one file and no cluster"
                raise ValueError(msg)
            return announced(read_sample(data[0], column=column, drop_missing=drop_missing), quiet=quiet), None
        with progress("Reading", quiet=quiet, steps=False) as advance:
            found = read_observations(data, column=column, drop_missing=drop_missing, cluster=cluster, progress=advance)
        return announced(found, quiet=quiet), None
    if column is not None or drop_missing or cluster is not None:
        msg = "--column, --drop-missing and --cluster need a data file"
        raise ValueError(msg)
    from mixstudy.data.sample import Source, as_sample, sha256_of
    from mixstudy.model import ORIGIN
    from mixstudy.model import simulate as draw

    known = truth or ORIGIN
    require_memory(3 * 8 * n, f"{n} observations")
    x = draw(known, n=n, seed=seed)
    text = f"simulated from {known}, n = {n}, seed {seed}"
    return as_sample(x, source=Source(description=text, sha256=sha256_of(x), seed=seed)), known


def announced(sample: WeightedSample, *, quiet: bool) -> WeightedSample:
    """The sample; file, column and n are printed first, so that nobody studies another column than is meant."""
    if not quiet:
        missing = f", {sample.source.dropped} missing dropped" if sample.source.dropped else ""
        out.print(f"{sample.source.description}, n = {sample.n:.0f}{missing}", soft_wrap=True)
    return sample


def require_memory(need: float, what: str) -> None:
    """Raise ``MemoryError`` where work needs more memory than is free, before it is begun.

    Raises:
        MemoryError: The message says how much is needed and how much is free.
    """
    try:
        text = Path("/proc/meminfo").read_text("ascii")
    except OSError:
        return  # told by Linux alone
    free = next(1024 * int(line.split()[1]) for line in text.splitlines() if line.startswith("MemAvailable"))
    if need > free:
        msg = f"{what} need {need / 1e9:.3g} GB and {free / 1e9:.3g} GB are free"
        raise MemoryError(msg)


def as_mapping(given: list[str] | None) -> dict[str, str]:
    """Names by label from options such as ``weight=theta``."""
    found = dict(each.split("=", 1) for each in given or [] if "=" in each)
    if len(found) != len(given or []):
        msg = f"--map takes label=name once for each label, such as weight=theta; got {' '.join(given or [])}"
        raise ValueError(msg)
    return found


def named(sample: WeightedSample, *, label: str | None, unit: str | None) -> WeightedSample:
    """The sample with the name and the unit that ``--label`` and ``--unit`` give to what was observed."""
    given: dict[str, Any] = {name: text for name, text in (("label", label), ("unit", unit)) if text is not None}
    return replace(sample, source=replace(sample.source, **given)) if given else sample


def as_number(text: str) -> float:
    """A number as programs print it: ``0.2_62`` and other alphabets' digits are numbers to Python alone.

    Raises:
        ValueError: It is none.
    """
    from mixstudy.diagnosis.tokens import is_number

    if not is_number(text.strip()):
        raise ValueError(text)
    return float(text)


def as_numbers(text: str | None, option: str) -> list[float] | None:
    """Four numbers from an option such as ``0.3,5,15,2``; None where it was not given."""
    if text is None:
        return None
    from mixstudy.diagnosis.printed import parse_estimate

    try:
        values = [as_number(part) for part in parse_estimate(text)]
    except ValueError:
        values = []
    if len(values) != 4:  # noqa: PLR2004  (weight, mu1, mu2, sigma)
        msg = f"{option} takes four numbers weight,mu1,mu2,sigma, such as 0.3,5,15,2; got {text!r}"
        raise ValueError(msg)
    return values


def as_parameters(text: str | None, option: str) -> Parameters | None:
    """Parameters from such an option, the means put in order."""
    from mixstudy.model import Parameters

    values = as_numbers(text, option)
    if values is not None and values[1] > values[2]:
        err.print(f"{option}: mu1 is above mu2, labels exchanged")
    return None if values is None else Parameters.relabelled(values)


def as_prior(text: str | None) -> Prior | None:
    """The prior of standardised data from an option such as ``means=10,sigma=3,weight=2:2``; None where not given.

    Raises:
        ValueError: A name is unknown or there twice, or a value is no such number or out of its range.
    """
    if text is None:
        return None
    from mixstudy.model import Prior

    parts = [part.strip().split("=", 1) for part in text.split(",")]
    try:
        found = {name: [as_number(number) for number in value.split(":")] for name, value in parts}
    except ValueError:
        found = {}
    sizes = {"means": 1, "sigma": 1, "weight": 2}
    if len(found) != len(parts) or any(sizes.get(name) != len(numbers) for name, numbers in found.items()):
        msg = f"--prior takes means=A, sigma=B and weight=A:B, such as means=10,sigma=3,weight=2:2; got {text!r}"
        raise ValueError(msg)
    shape: dict[str, Any] = {
        name: numbers[0] if len(numbers) == 1 else tuple(numbers) for name, numbers in found.items()
    }
    return Prior(centre=0.0, scale=1.0, **shape)


def prior_of(sample: WeightedSample, given: Prior | None, *, quiet: bool) -> Prior | None:
    """What was given for standardised data, in units of the sample; it is told where it is not the default's."""
    own = given and replace(given, centre=sample.mean, scale=sample.sd)
    if own is not None and not own.is_default and not quiet:
        out.print(f"Prior: {'; '.join(own.lines())}", soft_wrap=True)
    return own


def require_folder(directory: Path | None, *, option: str = "--out") -> None:
    """Raise ``ValueError`` where the option names a file."""
    if directory is not None and directory.exists() and not directory.is_dir():
        msg = f"{option} is a folder to write to; {directory} is a file: choose another"
        raise ValueError(msg)
