"""The command ``power``: how often each check and the verdict fire, on right pairs and on every known mistake."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mixstudy.cli.options import Quiet, Seed, require_folder
from mixstudy.cli.terminal import clear_errors, out, progress

if TYPE_CHECKING:
    import pandas as pd

FILES = ("power.json", "power.csv", "power.png")


def power(
    directory: Annotated[Path, typer.Option("--out", help=f"Folder for {', '.join(FILES)}.")] = Path("power"),
    replicates: Annotated[int, typer.Option(min=1, help="Data sets of each of the 27 cells with every mistake.")] = 10,
    right: Annotated[int, typer.Option(min=1, help="Data sets of each cell with the right pair alone.")] = 100,
    workers: Annotated[int, typer.Option(help="Processes; -1 for all cores.")] = -1,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Measure false alarms and power over sample sizes, separations and weights (half an hour by default)."""
    with clear_errors():
        require_folder(directory)
        if workers == 0:
            msg = "--workers must be a number of processes, or -1 for all cores; got 0"
            raise ValueError(msg)
        if directory.exists() and {path.name for path in directory.iterdir()} - set(FILES):
            msg = f"the folder {directory} holds files that are not of this command; choose another"
            raise ValueError(msg)
        directory.mkdir(parents=True, exist_ok=True)
        from pandas import concat

        from mixstudy.report.serialise import provenance
        from mixstudy.study.power import measure_power, summarise

        found = []
        for count, faults, offset in ((replicates, True, 0), (right, False, replicates)):
            with progress("Data sets", quiet=quiet) as advance:
                rows = measure_power(
                    replicates=count, faults=faults, seed=seed, workers=workers, first=offset, progress=advance
                )
            found.append(rows)
        summary = summarise(concat(found, ignore_index=True))
        design = {"replicates": replicates, "right": right, "seed": seed, "provenance": provenance()}
        _write(directory, summary, design)
    if not quiet:
        out.print(f"Wrote {', '.join(FILES)} to {directory}", highlight=False)


def _write(directory: Path, summary: pd.DataFrame, design: dict[str, object]) -> None:
    """Write the files to a folder beside, then move them into place."""
    from mixstudy.plots.studies import plot_power
    from mixstudy.plots.style import figure_of, save

    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".mixstudy-") as stage:
        (Path(stage) / "power.json").write_text(json.dumps(design, indent=2, default=str) + "\n", "utf-8")
        summary.to_csv(Path(stage) / "power.csv", index=False, float_format="%.4g")
        save(figure_of(plot_power(summary)), Path(stage) / "power.png")
        for name in FILES:
            (Path(stage) / name).replace(directory / name)
