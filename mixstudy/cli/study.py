"""``mixstudy study``: EM, the posterior, the comparison and its report."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mixstudy.cli import options
from mixstudy.cli.terminal import clear_errors, err, out, sentence, tell_error, working
from mixstudy.data.text import plain
from mixstudy.mcmc.settings import DEFAULT, SamplerSettings

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison
    from mixstudy.data.sample import WeightedSample
    from mixstudy.em.fit import EMFit
    from mixstudy.mcmc.posterior import Posterior
    from mixstudy.model import Prior


def study(
    data: options.Data = None,
    column: options.Column = None,
    drop_missing: options.DropMissing = False,
    cluster: options.Cluster = None,
    directory: Annotated[Path, typer.Option("--out", help="Folder for the report and the tables.")] = Path("study"),
    level: options.Level = 0.95,
    kind: options.Kind = options.Interval.ETI,
    label: options.Label = None,
    unit: options.Unit = None,
    title: options.Title = None,
    truth: options.Truth = None,
    prior: options.PriorOption = None,
    n: options.Size = 10_000,
    seed: options.Seed = 0,
    chains: Annotated[int, typer.Option(max=1000, help="Chains, at least 2.")] = DEFAULT.chains,
    draws: Annotated[int, typer.Option(help="Draws kept from each chain.")] = DEFAULT.draws,
    tune: Annotated[int, typer.Option(help="Tuning draws of each chain.")] = DEFAULT.tune,
    sampler: Annotated[options.Sampler, typer.Option(help="Which NUTS.")] = options.Sampler.NUTPIE,
    formats: options.Format = "html",
    opened: Annotated[bool, typer.Option("--open", help="Open the report when it is written.")] = False,
    exact: options.Exact = False,
    pool: options.Pool = False,
    quiet: options.Quiet = False,
) -> None:
    """Fit by EM and by PyMC, compare, and write a report: the main job.

    Several files are a study each, side by side in one report; with --pool
    they are one sample. A file that can't be read is told of and the others
    are studied. The exit code is then 1 where any disagrees, else 2 where any
    could not be read, else 3 where any is inconclusive, else 0.
    """
    with clear_errors():
        from mixstudy.data.partition import require_files
        from mixstudy.model import require_level
        from mixstudy.report.folder import check_output, folder_names, parse_formats, study_layout

        wanted = parse_formats(formats)
        options.require_folder(directory)
        require_level(level)
        known, shape = options.as_parameters(truth, "--truth"), options.as_prior(prior)
        options.require_memory(10 * 8 * chains * (draws + tune), f"{chains} x {draws} draws")
        settings = SamplerSettings(sampler=sampler.value, chains=chains, draws=draws, tune=tune, seed=seed)

        def one(files: list[str] | None) -> Comparison:
            sample, simulated = options.read_data(
                files,
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
            sample = options.named(sample, label=label, unit=unit)
            em, posterior = _estimates(sample, shape, settings, exact=exact, quiet=quiet)
            with working("Comparing", quiet=quiet):
                from mixstudy.comparison.compare import compare

                result = compare(em, posterior, truth=known or simulated, level=level, kind=kind.value)
            _tell(result, quiet=quiet)
            return result

        if data and len(data) > 1 and not pool:
            require_files(data)
            check_output(directory, study_layout(directory, folder_names([*map(plain, data)])))
            report, code = _each(data, one, directory, formats=wanted, title=title, quiet=quiet)
        else:
            check_output(directory, study_layout(directory))
            result = one(data)
            code = result.verdict.exit_code
            with working("Writing the report", quiet=quiet):
                from mixstudy.report.write import write_report

                report = write_report(result, directory, formats=wanted, title=title)
    if not quiet:
        out.print(f"Report: {report}", soft_wrap=True)
    if opened and not webbrowser.open(report.as_uri()):
        err.print("The report can't be opened from here.")
    raise typer.Exit(code)


def _estimates(
    sample: WeightedSample, shape: Prior | None, settings: SamplerSettings, *, exact: bool, quiet: bool
) -> tuple[EMFit, Posterior]:
    """Both estimates of one sample, each by itself."""
    with working("Fitting by EM", quiet=quiet):
        from mixstudy.em.fit import fit_em

        em = fit_em(sample, exact=exact)
    with working("Loading PyMC", quiet=quiet):
        from mixstudy.mcmc.posterior import sample_posterior

    watched = err.is_terminal and not quiet
    if watched:
        err.print("Compiling (half a minute the first time ever), then sampling ...")
    own = options.prior_of(em.sample, shape, quiet=quiet)
    return em, sample_posterior(em.sample, prior=own, settings=settings, exact=exact, progress=watched)


def _each(
    files: list[str],
    one: Callable[[list[str]], Comparison],
    directory: Path,
    *,
    formats: tuple[str, ...],
    title: str | None,
    quiet: bool,
) -> tuple[Path, int]:
    """Study one file after the other; returns the report of all and the exit code.

    Raises:
        ValueError: Not one could be studied.
    """
    from mixstudy.report.overview import Studied, worst, write_overview

    studied = []
    for file in files:
        if quiet:
            out.print(f"{file}:", soft_wrap=True)
        try:
            studied.append(Studied(file=plain(file), outcome=one([file])))
        except BrokenPipeError:
            raise
        except (ValueError, OSError, MemoryError) as error:  # what a file can cause, told as of a file alone
            tell_error(error)
            studied.append(Studied(file=plain(file), outcome=plain(sentence(error))))
    if all(isinstance(each.outcome, str) for each in studied):
        msg = f"not one of the {len(files)} files could be studied, so there is no report"
        raise ValueError(msg)
    with working("Writing the reports", quiet=quiet):
        return write_overview(studied, directory, formats=formats, title=title), worst(studied)


def _tell(result: Comparison, *, quiet: bool) -> None:
    """The answer, before the report is written."""
    if not quiet:
        from mixstudy.cli.terminal import console_checks, console_table

        out.print(console_table(result))
        out.print(console_checks(result))
    out.print(result.sentence, style="bold")
    if not quiet:
        from mixstudy.study.rates import error_rate_sentence

        out.print(error_rate_sentence(result.posterior.sample.n, result.estimate))
