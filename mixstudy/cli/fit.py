"""The commands ``fit`` and ``simulate``: EM alone, and data to try it on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mixstudy.cli import options
from mixstudy.cli.terminal import clear_errors, out, table

if TYPE_CHECKING:
    import pandas as pd

    from mixstudy.em.fit import EMFit


def fit(
    data: options.Data = None,
    column: options.Column = None,
    drop_missing: options.DropMissing = False,
    cluster: options.Cluster = None,
    plain: Annotated[bool, typer.Option("--plain", help="Textbook EM: a fixed number of iterations.")] = False,
    start: Annotated[
        str | None, typer.Option(metavar="W,MU1,MU2,SIGMA", help="Start of --plain; drawn from --seed by default.")
    ] = None,
    iterations: Annotated[int | None, typer.Option(min=1, max=10_000_000, help="Iterations of --plain (50).")] = None,
    path: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="CSV or Parquet file for every iteration.")
    ] = None,
    overwrite: options.Overwrite = False,
    level: options.Level = 0.95,
    n: options.Size = 10_000,
    seed: options.Seed = 0,
    exact: options.Exact = False,
    pool: options.Pool = False,
    quiet: options.Quiet = False,
) -> None:
    """Fit by EM alone and print the estimate, or every iteration with --plain."""
    with clear_errors():
        from mixstudy.model import require_level

        require_level(level)
        if not plain and (start is not None or iterations is not None):
            msg = "--start and --iterations belong to textbook EM: add --plain"
            raise ValueError(msg)
        if path is not None:
            _require_writable(path, overwrite=overwrite)
        sample, _ = options.read_data(
            data,
            column,
            drop_missing=drop_missing,
            cluster=cluster,
            exact=exact,
            pool=pool,
            n=n,
            seed=seed,
            quiet=quiet,
        )
        from mixstudy.em.fit import fit_em, fit_em_plain

        values = options.as_numbers(start, "--start")
        if plain:
            em = fit_em_plain(sample, start=values, iterations=iterations or 50, seed=seed)
        else:
            em = fit_em(sample, exact=exact)
        if path is not None:
            _write(em.trace.reset_index(), path)
    if quiet:
        out.print(",".join(repr(value) for value in em.parameters), soft_wrap=True)
    elif plain:
        out.print(em.trace.drop(columns="step").to_string(), soft_wrap=True)
        out.print(em.status.value)
    else:
        _print_fit(em, level)


def simulate(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet file to write.")],
    truth: Annotated[
        str | None, typer.Option(metavar="W,MU1,MU2,SIGMA", help="What to draw from, by default 0.3,5,15,2.")
    ] = None,
    n: options.Size = 10_000,
    seed: options.Seed = 0,
    overwrite: options.Overwrite = False,
    quiet: options.Silent = False,
) -> None:
    """Draw a sample from the model and write it, one column named x."""
    with clear_errors():
        from mixstudy.model import ORIGIN
        from mixstudy.model import simulate as draw

        _require_writable(path, overwrite=overwrite)
        parameters = options.as_parameters(truth, "--truth") or ORIGIN
        options.require_memory(8 * 8 * n, f"{n} observations as text")
        import pandas as pd

        frame = pd.DataFrame({"x": draw(parameters, n=n, seed=seed)})
        frame.attrs = {"truth": [*parameters], "seed": seed}
        _write(frame, path)
    if not quiet:
        out.print(f"Wrote {n} observations to {path}: {parameters}, seed {seed}.", soft_wrap=True)


def _require_writable(path: Path, *, overwrite: bool) -> None:
    """Raise ``ValueError`` where the file can't become a table, or is there already, before the work is done."""
    if path.suffix not in (".csv", ".parquet"):
        msg = f"the file must end in .csv or .parquet, got {path.name!r}"
        raise ValueError(msg)
    if not path.parent.is_dir():
        msg = f"the folder {path.parent} does not exist: create it first, or write elsewhere"
        raise ValueError(msg)
    if (path.exists() or path.is_symlink()) and not overwrite:
        msg = f"{path} exists: replace it by --overwrite, or choose another name"
        raise ValueError(msg)


def _write(frame: pd.DataFrame, path: Path) -> None:
    """Write a table to a file, whole or not at all."""
    from mixstudy.data.writing import write_atomically

    content = frame.to_parquet(index=False) if path.suffix == ".parquet" else frame.to_csv(index=False).encode()
    write_atomically(path, content)


def _print_fit(em: EMFit, level: float) -> None:
    from mixstudy.model import LABELS

    columns = zip(em.parameters, em.standard_errors, *zip(*em.interval(level), strict=True), strict=True)
    rows = ([label, *(f"{number:.8g}" for number in row)] for label, row in zip(LABELS, columns, strict=True))
    out.print(table(("parameter", "estimate", "standard error", "lower", "upper"), rows))
    out.print(f"log-likelihood {em.log_likelihood:.6f}, {100 * level:.10g}% Wald intervals")
    out.print(em.status.value)
    for rank, maximum in enumerate(em.maxima[1:], start=2):
        out.print(f"maximum {rank}: {maximum.log_likelihood:.6f} at {maximum.parameters}")
