"""The command ``replicate``: the comparison over many simulated data sets, and the calibration of the posterior."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixstudy.cli.options import Quiet
from mixstudy.cli.running import DesignFile, OnCluster, Resume, Seed, Workers, carry_out, given, held
from mixstudy.cli.terminal import clear_errors

if TYPE_CHECKING:
    from mixstudy.study.design import StudyDesign
    from mixstudy.study.run import How, Results


def replicate(
    design: DesignFile = None,
    directory: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("replicates"),
    n: Annotated[str | None, typer.Option(metavar="A,B,...", help="Observations of a data set.")] = None,
    weight: Annotated[str | None, typer.Option(metavar="A,B,...", help="Mass of component 1.")] = None,
    separation: Annotated[str | None, typer.Option(metavar="A,B,...", help="Distance of the means in sigma.")] = None,
    prior: Annotated[str | None, typer.Option(metavar="A,B,...", help="Scale of the prior in sds of the data.")] = None,
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
    quiet: Quiet = False,
) -> None:
    """Repeat the comparison over many simulated data sets: how often do the methods agree, how often are they right?

    Results are kept part by part, so that an interrupted run goes on with --resume.
    """
    with clear_errors():
        options = given(n=n, weight=weight, separation=separation, prior=prior, replicates=replicates, seed=seed)
        options |= given(level=level, chains=chains, draws=draws, tune=tune)
        plan = held(directory, "replicate" if calibrate is None else "calibration", resume=resume)
        run, kind = _replication() if calibrate is None else _calibration(options, calibrate)
        start = kind.from_toml(design).as_dict() if design is not None else plan
        how: How = {"resume": resume, "workers": workers, "cluster": cluster}
        carry_out("replicate", run, kind.from_mapping({**start, **options}), directory, quiet=quiet, how=how)


type Study = tuple[Callable[..., Results[Any]], type[StudyDesign]]


def _replication() -> Study:
    from mixstudy.study.design import Design
    from mixstudy.study.replicate import run_study

    return run_study, Design


def _calibration(options: dict[str, Any], data_sets: int) -> Study:
    from mixstudy.study.calibrate import CalibrationDesign, run_calibration

    strange = [f"--{name}" for name in options if name not in CalibrationDesign().as_dict()]
    if strange:
        msg = f"{', '.join(strange)} can't go with --calibrate, whose truths come from the prior"
        raise ValueError(msg)
    options["replicates"] = data_sets
    return run_calibration, CalibrationDesign
