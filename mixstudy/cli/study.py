"""``mixstudy study``: EM, the posterior, the comparison and its report."""

from __future__ import annotations

import gc
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from mixstudy.cli.options import (
    Cluster,
    Column,
    Data,
    DropMissing,
    Exact,
    Format,
    Kind,
    Label,
    Pool,
    PriorOption,
    Quiet,
    Sampler,
    Seed,
    Size,
    Title,
    Truth,
    Unit,
    as_parameters,
    as_prior,
    check_level,
    named,
    prior_of,
    read_data,
    require_memory,
)
from mixstudy.cli.terminal import clear_errors, err, out, working


def study(
    data: Data = None,
    column: Column = None,
    drop_missing: DropMissing = False,
    cluster: Cluster = None,
    directory: Annotated[Path, typer.Option("--out", help="Folder for the report and the tables.")] = Path("study"),
    level: Annotated[float, typer.Option(help="Probability of the intervals, between 0 and 1.")] = 0.95,
    kind: Annotated[Kind, typer.Option(help="Equal-tailed or highest-density credible intervals.")] = Kind.ETI,
    label: Label = None,
    unit: Unit = None,
    title: Title = None,
    truth: Truth = None,
    prior: PriorOption = None,
    n: Size = 10_000,
    seed: Seed = 0,
    chains: Annotated[int, typer.Option(max=1000, help="Chains, at least 2.")] = 4,
    draws: Annotated[int, typer.Option(help="Draws kept from each chain.")] = 1000,
    tune: Annotated[int, typer.Option(help="Tuning draws of each chain.")] = 1000,
    sampler: Annotated[Sampler, typer.Option(help="Which NUTS.")] = Sampler.NUTPIE,
    formats: Format = "html",
    opened: Annotated[bool, typer.Option("--open", help="Open the report when it is written.")] = False,
    exact: Exact = False,
    pool: Pool = False,
    quiet: Quiet = False,
) -> None:
    """Fit by EM and by PyMC, compare, and write a report: the main job."""
    with clear_errors():
        from mixstudy.report.folder import STUDY, check_output, parse_formats

        wanted = parse_formats(formats)
        check_level(level)
        known, shape = as_parameters(truth, "--truth"), as_prior(prior)
        sample, simulated = read_data(
            data,
            column,
            drop_missing=drop_missing,
            cluster=cluster,
            exact=exact,
            pool=pool,
            n=n,
            seed=seed,
            quiet=quiet,
            truth=known,
        )
        sample = named(sample, label=label, unit=unit)
        check_output(directory, STUDY)
        with working("Fitting by EM", quiet=quiet):
            from mixstudy.em.fit import fit_em

            em = fit_em(sample, exact=exact)
        with working("Loading PyMC", quiet=quiet):
            from mixstudy.comparison.compare import compare
            from mixstudy.mcmc.posterior import sample_posterior
            from mixstudy.mcmc.settings import SamplerSettings

        require_memory(10 * 8 * chains * (draws + tune), f"{chains} x {draws} draws")
        settings = SamplerSettings(sampler=sampler.value, chains=chains, draws=draws, tune=tune, seed=seed)
        watched = err.is_terminal and not quiet
        if watched:
            err.print("Compiling (half a minute the first time ever), then sampling ...")
        own = prior_of(em.sample, shape)
        posterior = sample_posterior(em.sample, prior=own, settings=settings, exact=exact, progress=watched)
        with working("Comparing and writing the report", quiet=quiet):
            gc.freeze()  # PyMC's many objects stay; looking through them again and again takes half a second
            result = compare(em, posterior, truth=known or simulated, level=level, kind=kind.value)
            from mixstudy.cli.terminal import console_checks, console_table
            from mixstudy.report.write import write_report

            report = write_report(result, directory, formats=wanted, title=title)
    if not quiet:
        out.print(console_table(result))
        out.print(console_checks(result))
    out.print(result.sentence, style="bold")
    if not quiet:
        from mixstudy.study.rates import told

        out.print(told(result.posterior.sample.n, result.estimate))
        out.print(f"Report: {report}", soft_wrap=True)
    if opened and not webbrowser.open(report.as_uri()):
        err.print("The report can't be opened from here.")
    raise typer.Exit(result.verdict.exit_code)
