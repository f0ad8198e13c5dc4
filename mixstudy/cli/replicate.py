"""The command ``replicate``: the comparison over many simulated data sets, and the calibration of the posterior."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixstudy.cli.options import Silent, as_prior
from mixstudy.cli.running import DesignFile, OnCluster, Resume, Seed, Workers, carry_out, earlier_design, given
from mixstudy.cli.terminal import clear_errors, out

if TYPE_CHECKING:
    from mixstudy.study.design import PriorDesign
    from mixstudy.study.run import How, Results


def replicate(
    design: DesignFile = None,
    directory: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("replicates"),
    n: Annotated[str | None, typer.Option(metavar="A,B,...", help="Observations of a data set.")] = None,
    weight: Annotated[str | None, typer.Option(metavar="A,B,...", help="Mass of component 1.")] = None,
    separation: Annotated[str | None, typer.Option(metavar="A,B,...", help="Distance of the means in sigma.")] = None,
    prior: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,... or means=A,sigma=B,weight=A:B",
            help="The prior: its scales, in sds of the data, each for cells of its own; or its shape, as of study.",
        ),
    ] = None,
    replicates: Annotated[int | None, typer.Option(help="Data sets in each cell.")] = None,
    seed: Seed = None,
    level: Annotated[float | None, typer.Option(help="Probability of the intervals.")] = None,
    chains: Annotated[int | None, typer.Option(help="Chains, at least 2.")] = None,
    draws: Annotated[int | None, typer.Option(help="Draws kept from each chain.")] = None,
    tune: Annotated[int | None, typer.Option(help="Tuning draws of each chain.")] = None,
    calibrate: Annotated[
        int | None, typer.Option(metavar="N", help="Instead: N truths from the prior, ranked in their posteriors.")
    ] = None,
    resume: Resume = False,
    workers: Workers = None,
    cluster: OnCluster = None,
    quiet: Silent = False,
) -> None:
    """Repeat the comparison over many simulated data sets: how often do the methods agree, how often are they right?

    Results are kept part by part, so that an interrupted run goes on with --resume.
    """
    with clear_errors():
        shape = as_prior(prior) if prior is not None and "=" in prior else None
        options = given(n=n, weight=weight, separation=separation, replicates=replicates, seed=seed)
        options |= given(prior=None if shape else prior, level=level, chains=chains, draws=draws, tune=tune)
        if shape is not None:
            options |= {f"prior_{name}": getattr(shape, name) for name in ("means", "sigma", "weight")}
        plan = earlier_design(directory, "replicate" if calibrate is None else "calibration", resume=resume)
        from mixstudy.study.calibrate import CalibrationDesign, run_calibration
        from mixstudy.study.design import Design
        from mixstudy.study.replicate import run_study

        run: Callable[..., Results[Any]] = run_study if calibrate is None else run_calibration
        kind: type[PriorDesign] = Design if calibrate is None else CalibrationDesign
        if calibrate is not None:
            strange = [f"--{name}" for name in options if name not in kind().as_dict()]
            if strange:
                msg = f"{', '.join(strange)} can't go with --calibrate, whose truths come from the prior"
                raise ValueError(msg)
            options["replicates"] = calibrate
        start = kind.from_toml(design).as_dict() if design is not None else plan
        how: How = {"resume": resume, "workers": workers, "cluster": cluster}
        asked = kind.from_mapping({**start, **options})
        told = asked.prior_at(centre=0.0, scale=1.0)
        if not told.is_default and not quiet:
            out.print(f"Prior: {told.shape()}, in its scales", soft_wrap=True)
        carry_out("replicate", run, asked, directory, quiet=quiet, how=how)
