"""The command ``power``: how often each check and the verdict fire, on right pairs and on every known mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mixstudy.cli.options import Quiet, require_folder
from mixstudy.cli.running import OnCluster, Resume, Workers, as_list, grown, require_started, tell_end, watched
from mixstudy.cli.terminal import clear_errors


def power(
    directory: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("power"),
    n: Annotated[str | None, typer.Option(metavar="A,B,...", help="Observations of a data set.")] = None,
    separation: Annotated[str | None, typer.Option(metavar="A,B,...", help="Distance of the means in sigma.")] = None,
    weight: Annotated[str | None, typer.Option(metavar="A,B,...", help="Mass of component 1.")] = None,
    replicates: Annotated[int | None, typer.Option(help="Data sets of each cell with every mistake.")] = None,
    right: Annotated[int | None, typer.Option(help="Data sets of each cell with the right pair alone.")] = None,
    seed: Annotated[int | None, typer.Option(help="Where all random streams come from.")] = None,
    resume: Resume = False,
    workers: Workers = None,
    cluster: OnCluster = None,
    quiet: Quiet = False,
) -> None:
    """Measure false alarms and power over sample sizes, separations and weights (half an hour by default).

    Results are kept part by part: an interrupted run goes on with --resume, and more data sets or cells are added so.
    """
    with clear_errors():
        require_folder(directory)
        require_started(directory, resume=resume)
        lists = {"n": n, "separation": separation, "weight": weight}
        given: dict[str, Any] = {name: as_list(f"--{name}", text) for name, text in lists.items()}
        given |= {"replicates": replicates, "right": right, "seed": seed}
        with watched("power", directory, quiet=quiet) as watch:
            from mixstudy.study.power import PowerDesign, measure_power, power_summary

            design = grown(PowerDesign(), given, directory, resume=resume)
            found = measure_power(design, directory, resume=resume, workers=workers, cluster=cluster, progress=watch)
        from mixstudy.report.results import write_results

        tell_end(found, write_results(found), power_summary(found.table), quiet=quiet)
