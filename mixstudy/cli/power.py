"""The command ``power``: how often each check and the verdict fire, on right pairs and on every known mistake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixstudy.cli.options import Silent
from mixstudy.cli.running import DesignFile, OnCluster, Resume, Seed, Workers, carry_out, earlier_design, given
from mixstudy.cli.terminal import clear_errors

if TYPE_CHECKING:
    from mixstudy.study.power_design import PowerDesign
    from mixstudy.study.run import How


def power(
    design: DesignFile = None,
    directory: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("power"),
    n: Annotated[str | None, typer.Option(metavar="A,B,...", help="Observations of a data set.")] = None,
    separation: Annotated[str | None, typer.Option(metavar="A,B,...", help="Distance of the means in sigma.")] = None,
    weight: Annotated[str | None, typer.Option(metavar="A,B,...", help="Mass of component 1.")] = None,
    replicates: Annotated[int | None, typer.Option(help="Data sets of each cell with every mistake.")] = None,
    right: Annotated[int | None, typer.Option(help="Data sets of each cell with the right pair alone.")] = None,
    seed: Seed = None,
    share: Annotated[float, typer.Option(help="Part of each cell's data sets to do, such as 0.1.")] = 1.0,
    resume: Resume = False,
    workers: Workers = None,
    cluster: OnCluster = None,
    quiet: Silent = False,
) -> None:
    """Measure false alarms and power over sample sizes, separations and weights (half an hour by default).

    Results are kept part by part: an interrupted run goes on with --resume. Cells that are named with it are added to
    those that are there; numbers without cells are for all that are there. A design may hold a list of [[cells]].
    """
    with clear_errors():
        options = given(n=n, separation=separation, weight=weight, replicates=replicates, right=right)
        plan = earlier_design(directory, "power", resume=resume)
        asked = _design(design, options, given(seed=seed), plan, share=share)
        from mixstudy.study.power import measure_power

        how: How = {"resume": resume, "workers": workers, "cluster": cluster}
        carry_out("power", measure_power, asked, directory, quiet=quiet, how=how)


def _design(
    path: Path | None, options: dict[str, Any], seed: dict[str, Any], plan: dict[str, Any], *, share: float
) -> PowerDesign:
    """What the file or the options ask for, added to what is there."""
    from mixstudy.study.power_design import PowerDesign, asked_for

    if path is not None and options:
        msg = f"{', '.join(f'--{name}' for name in options)} can't go with --design, whose cells have their own"
        raise ValueError(msg)
    values = options if path is None else PowerDesign.from_toml(path).as_dict()
    there = PowerDesign.from_mapping(plan) if plan else None
    return asked_for({**values, **seed}, there, share=share)
