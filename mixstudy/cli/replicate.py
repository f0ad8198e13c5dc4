"""The command ``replicate``: the comparison over many simulated data sets, and the calibration of the posterior."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixstudy.cli.options import Quiet, require_folder
from mixstudy.cli.running import OnCluster, Resume, Workers, as_list, require_started, tell_end, watched
from mixstudy.cli.terminal import clear_errors

if TYPE_CHECKING:
    from mixstudy.study.calibrate import CalibrationDesign
    from mixstudy.study.design import Design
    from mixstudy.study.run import How


def replicate(
    design: Annotated[Path | None, typer.Option(metavar="FILE", help="TOML file with the keys of the options.")] = None,
    directory: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("replicates"),
    n: Annotated[str | None, typer.Option(metavar="A,B,...", help="Observations of a data set.")] = None,
    weight: Annotated[str | None, typer.Option(metavar="A,B,...", help="Mass of component 1.")] = None,
    separation: Annotated[str | None, typer.Option(metavar="A,B,...", help="Distance of the means in sigma.")] = None,
    prior: Annotated[str | None, typer.Option(metavar="A,B,...", help="Scale of the prior in sds of the data.")] = None,
    replicates: Annotated[int | None, typer.Option(help="Data sets in each cell.")] = None,
    seed: Annotated[int | None, typer.Option(help="Where all random streams come from.")] = None,
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
        lists = {"n": n, "weight": weight, "separation": separation, "prior": prior}
        options = {
            **{name: as_list(f"--{name}", text) for name, text in lists.items()},
            "replicates": replicates,
            "seed": seed,
            "level": level,
            "chains": chains,
            "draws": draws,
            "tune": tune,
        }
        given = {name: value for name, value in options.items() if value is not None}
        how: How = {"resume": resume, "workers": workers, "cluster": cluster}
        require_folder(directory)
        require_started(directory, resume=resume)
        if calibrate is not None:
            _calibrate(_calibration_design({**given, "replicates": calibrate}, design), directory, how, quiet=quiet)
        else:
            _study(_design(design, given, directory if resume else None), directory, how, quiet=quiet)


def _design(path: Path | None, given: dict[str, Any], resumed: Path | None) -> Design:
    """From the file, or the folder that is gone on with, or the default; changed by the options."""
    from mixstudy.study.design import Design
    from mixstudy.study.storage import read_plan

    plan = read_plan(resumed) if resumed is not None and path is None else None
    start = Design() if path is None else Design.from_toml(path)
    if plan is not None and plan.get("study") == "replicate":
        start = Design.from_mapping({key: value for key, value in plan.items() if key in start.as_dict()})
    return Design.from_mapping({**start.as_dict(), **given})


def _calibration_design(given: dict[str, Any], path: Path | None) -> CalibrationDesign:
    from mixstudy.study.calibrate import CalibrationDesign
    from mixstudy.study.design import DesignError

    known = {"n", "replicates", "seed", "chains", "draws", "tune"}
    strange = [f"--{name}" for name in given if name not in known] + (["--design"] if path is not None else [])
    if strange:
        msg = f"{', '.join(strange)} can't go with --calibrate, whose truths come from the prior"
        raise DesignError(msg)
    return CalibrationDesign(**{**given, **({"n": tuple(given["n"])} if "n" in given else {})})


def _study(design: Design, directory: Path, how: How, *, quiet: bool) -> None:
    with watched("replicate", directory, quiet=quiet) as watch:
        from mixstudy.study.replicate import run_study

        how["progress"] = watch
        found = run_study(design, directory, **how)
    from mixstudy.report.results import write_results
    from mixstudy.study.summary import cell_table

    tell_end(found, write_results(found), cell_table(found.table), quiet=quiet)


def _calibrate(design: CalibrationDesign, directory: Path, how: How, *, quiet: bool) -> None:
    with watched("replicate", directory, quiet=quiet) as watch:
        from mixstudy.study.calibrate import calibration_summary, run_calibration

        how["progress"] = watch
        found = run_calibration(design, directory, **how)
    from mixstudy.report.results import write_results

    tell_end(found, write_results(found), calibration_summary(found.table), quiet=quiet)
