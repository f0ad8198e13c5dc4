"""Remake the committed results: the default design and the calibration of the posterior.

    .venv/bin/python notebooks/results/make.py [--data-sets N] [--workers N] [--cluster ADDRESS]

Runs go to folders beside this file that git ignores, part by part, and are gone on with if interrupted. What is
committed is small: two tables of the study, one of the calibration, and the figures.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from mixstudy.study.calibrate import CalibrationDesign, run_calibration
from mixstudy.study.design import Design
from mixstudy.plots.output import save
from mixstudy.plots.gallery import study_figures
from mixstudy.study.replicate import run_study
from mixstudy.report.results import CALIBRATION, LARGE_SAMPLE, RANKS, RANKS_FAILED, SUMMARY, write_results

HERE = Path(__file__).parent


def main():
    """Run both, and write tables and figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-sets", type=int, default=1000, help="of the calibration")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--cluster")
    given = parser.parse_args()
    how = {"resume": True, "workers": given.workers, "cluster": given.cluster}
    study = run_study(Design(), HERE / "runs" / "default", progress=told("study"), **how)
    write_results(study)
    design = CalibrationDesign(replicates=given.data_sets)
    found = run_calibration(design, HERE / "runs" / "calibration", progress=told("calibration"), **how)
    write_results(found)
    for name in (SUMMARY, LARGE_SAMPLE):
        shutil.copy(study.folder / name, HERE / name)
    for name in (CALIBRATION, RANKS, RANKS_FAILED):
        if (found.folder / name).exists():
            shutil.copy(found.folder / name, HERE / name)
    for name, figure in study_figures(study.table).items():
        save(figure, HERE / f"{name}.png")


def told(what):
    """Print how far a run has come."""
    return lambda progress: print(f"{what}: {progress.done} of {progress.total}", flush=True)


if __name__ == "__main__":
    main()
