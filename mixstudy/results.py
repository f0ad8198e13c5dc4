"""A study's and a calibration's results as files beside their parts: the whole table, summaries, figures."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mixstudy.calibration import PASSED, Calibration, calibration_summary
from mixstudy.parts import write_atomically
from mixstudy.summaries import CELL, large_sample, summarise

if TYPE_CHECKING:
    from mixstudy.replicate import Study

RESULTS, SUMMARY, LARGE_SAMPLE, CALIBRATION = (
    "results.parquet",
    "summary.csv",
    "large_sample.csv",
    "calibration.csv",
)
"""Names of the tables."""
RANKS, RANKS_FAILED = "calibration.png", "calibration-not-passed.png"
"""Names of the figures: data sets whose sampler passed, and the others."""
ENOUGH = 5
"""Data sets that a figure of ranks needs, at least."""
SHOWN = {
    "agree": "agree",
    "disagree": "disagree",
    "inconclusive": "unsure",
    "sampler not passed": "no mcmc",
    "wald coverage": "wald",
    "profile coverage": "profile",
    "credible coverage": "credible",
    "seconds all": "s",
}
"""Measures that fit a terminal, and what they are called there; the three intervals' are coverages."""
DIGITS = "%.6g"
"""A summary's figures: more digits are noise."""


def write_study(study: Study) -> None:
    """Write the whole table, ``summary.csv`` and ``large_sample.csv`` into the study's folder."""
    _write_table(study.table, study.folder / RESULTS)
    _write_csv(summarise(study.table), study.folder / SUMMARY)
    _write_csv(large_sample(study.table), study.folder / LARGE_SAMPLE)


def write_calibration(found: Calibration) -> None:
    """Write the whole table, ``calibration.csv`` and the figures of the ranks into the calibration's folder."""
    _write_table(found.table, found.folder / RESULTS)
    _write_csv(calibration_summary(found.table), found.folder / CALIBRATION)
    write_ranks(found.table, found.folder)


def write_ranks(table: pd.DataFrame, folder: Path) -> None:
    """Draw the ranks where the sampler passed, and beside them where it did not."""
    from mixstudy.plots import figure_of, plot_ranks, save  # here, so that the program's help does not load matplotlib

    passed = table["sampler_status"] == PASSED
    for name, which in ((RANKS, True), (RANKS_FAILED, False)):
        if (passed == which).sum() >= ENOUGH:
            save(figure_of(plot_ranks(table, passed=which)), folder / name)


def cell_table(table: pd.DataFrame) -> pd.DataFrame:
    """The summaries that fit a terminal: a row for each cell, coverage averaged over the parameters.

    Columns that are the same in every cell are left out.
    """
    found = summarise(table)
    found["measure"] = found["measure"].map(SHOWN)
    wide = found.groupby([*CELL, "measure"])["value"].mean().unstack("measure")  # noqa: PD010  (one value a place)
    shown = wide[list(SHOWN.values())].reset_index().rename_axis(columns=None)
    same = [name for name in CELL[1:] if len(set(shown[name])) == 1]
    return shown.drop(columns=same).rename(columns={"separation": "apart"})


def _write_table(table: pd.DataFrame, path: Path) -> None:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    write_atomically(path, buffer.getvalue())


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    text: Any = table.to_csv(index=False, float_format=DIGITS)
    write_atomically(path, text.encode())
