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

from mixstudy.report.results import RANKS, write_results
from mixstudy.study import rates
from mixstudy.study.calibrate import CalibrationDesign, run_calibration
from mixstudy.study.design import Design
from mixstudy.study.rates import count_rates
from mixstudy.study.replicate import run_study

HERE = Path(__file__).parent
OF_STUDY = (
    "summary.csv",
    "large_sample.csv",
    "coverage.png",
    "offsets.png",
    "verdicts.png",
)
"""What is committed of the study."""
OF_CALIBRATION = ("calibration.csv", *RANKS.values())
"""What is committed of the calibration."""
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
    for folder, names in ((study.folder, OF_STUDY), (found.folder, OF_CALIBRATION)):
        for name in names:
            shutil.copy(folder / name, HERE / name)
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
