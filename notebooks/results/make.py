"""Remake the committed results: the default design, the calibration of the posterior, and the rates of false alarms.

    .venv/bin/python notebooks/results/make.py [--data-sets N] [--workers N] [--cluster ADDRESS]

Runs go to folders beside this file that git ignores, part by part, and are gone on with if interrupted. What is
committed is small: two tables of the study, one of the calibration, the figures, and the counts that reports quote
(``mixstudy/study/rates.csv``).
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

from mixstudy.study.calibrate import CalibrationDesign, run_calibration
from mixstudy.study.design import Design
from mixstudy.plots.output import save
from mixstudy.plots.gallery import study_figures
from mixstudy.study import rates
from mixstudy.study.rates import count_rates
from mixstudy.study.replicate import run_study
from mixstudy.report.results import (
    CALIBRATION,
    LARGE_SAMPLE,
    RANKS,
    SUMMARY,
    write_results,
)

HERE = Path(__file__).parent
CELLS = Design(
    n=(30, 100, 1000, 10_000, 1_000_000),
    separation=(1.0, 1.5, 2.0, 3.0, 5.0),
    weight=(0.02, 0.1, 0.3, 0.5),
    seed=2026,
)
"""Where right pairs are judged."""


def main():
    """Run both, and write tables and figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data-sets", type=int, default=2000, help="of the calibration"
    )
    parser.add_argument(
        "--right-pairs", type=int, default=20, help="in each cell of the rates"
    )
    parser.add_argument("--workers", type=int)
    parser.add_argument("--cluster")
    given = parser.parse_args()
    how = {"resume": True, "workers": given.workers, "cluster": given.cluster}
    study = run_study(
        Design(), HERE / "runs" / "default", progress=told("study"), **how
    )
    write_results(study)
    design = CalibrationDesign(replicates=given.data_sets)
    found = run_calibration(
        design, HERE / "runs" / "calibration", progress=told("calibration"), **how
    )
    write_results(found)
    for name in (SUMMARY, LARGE_SAMPLE):
        shutil.copy(study.folder / name, HERE / name)
    for name in (CALIBRATION, *RANKS.values()):
        if (found.folder / name).exists():
            shutil.copy(found.folder / name, HERE / name)
    for name, figure in study_figures(study.table).items():
        save(figure, HERE / f"{name}.png")
    grid = replace(CELLS, replicates=given.right_pairs)
    judged = run_study(grid, HERE / "runs" / "rates", progress=told("rates"), **how)
    count_rates(judged.table).to_csv(
        Path(rates.__file__).with_name(rates.FILE), index=False
    )


def told(what):
    """Print how far a run has come."""
    return lambda progress: print(
        f"{what}: {progress.done} of {progress.total}", flush=True
    )


if __name__ == "__main__":
    main()
