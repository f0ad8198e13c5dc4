"""Remake the committed results: the default design and the calibration of the posterior.

    .venv/bin/python notebooks/results/make.py [--data-sets N] [--workers N] [--cluster ADDRESS]

Runs go to folders beside this file that git ignores, part by part, and are gone on with if interrupted. What is
committed is small: two tables of the study, one of the calibration, and the figures.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd

mpl.use("agg")
import matplotlib.pyplot as plt  # noqa: E402  (after the backend)

from mixstudy.calibration import CalibrationDesign, run_calibration  # noqa: E402
from mixstudy.design import Design  # noqa: E402
from mixstudy.model import LABELS  # noqa: E402
from mixstudy.replicate import run_study  # noqa: E402
from mixstudy.results import CALIBRATION, LARGE_SAMPLE, RANKS, RANKS_FAILED, SUMMARY, write_calibration, write_study  # noqa: E402
from mixstudy.summaries import offsets, summarise  # noqa: E402

HERE = Path(__file__).parent
KINDS = {
    "wald coverage": "#D55E00",
    "profile coverage": "#E69F00",
    "bootstrap coverage": "#009E73",
    "credible coverage": "#0072B2",
}


def main():
    """Run both, and write tables and figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-sets", type=int, default=1000, help="of the calibration")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--cluster")
    given = parser.parse_args()
    how = {"resume": True, "workers": given.workers, "cluster": given.cluster}
    study = run_study(Design(), HERE / "runs" / "default", progress=told("study"), **how)
    write_study(study)
    design = CalibrationDesign(replicates=given.data_sets)
    found = run_calibration(design, HERE / "runs" / "calibration", progress=told("calibration"), **how)
    write_calibration(found)
    for name in (SUMMARY, LARGE_SAMPLE):
        shutil.copy(study.folder / name, HERE / name)
    for name in (CALIBRATION, RANKS, RANKS_FAILED):
        if (found.folder / name).exists():
            shutil.copy(found.folder / name, HERE / name)
    summary = summarise(study.table)
    coverage_figure(summary).savefig(HERE / "coverage.png", dpi=110)
    offset_figure(study.table).savefig(HERE / "offset.png", dpi=110)
    verdict_figure(summary).savefig(HERE / "verdicts.png", dpi=110)


def told(what):
    """Print how far a run has come."""
    return lambda progress: print(f"{what}: {progress.done} of {progress.total}", flush=True)


def coverage_figure(summary: pd.DataFrame):
    """Coverage by n, a row for each separation, a column for each parameter, bars of two Monte Carlo errors."""
    separations = sorted(summary["separation"].unique())
    figure, axes = plt.subplots(
        len(separations), 4, figsize=(12, 2.6 * len(separations)), sharex=True, sharey=True, squeeze=False
    )
    for row, separation in zip(axes, separations, strict=True):
        for ax, label in zip(row, LABELS, strict=True):
            for place, (measure, colour) in enumerate(KINDS.items()):
                some = summary[
                    (summary["measure"] == measure)
                    & (summary["parameter"] == label)
                    & (summary["separation"] == separation)
                ]
                ax.errorbar(
                    some["n"] * 1.18 ** (place - 1.5),
                    some["value"],
                    2 * some["error"],
                    fmt="o",
                    ms=4,
                    color=colour,
                    label=measure,
                )
            ax.axhline(0.95, color="black", lw=0.8, ls=":")
            ax.set(xscale="log", ylim=(0.4, 1.04), title=f"{label}, {separation:g} sigma apart")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="lower center", ncols=4, frameon=False)
    for ax in axes[-1]:
        ax.set_xlabel("observations")
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    return figure


def offset_figure(table: pd.DataFrame):
    """Root mean square of (EM - posterior mean) / posterior sd by n, Monte Carlo error taken off, beside n^(-1/2)."""
    rows = table[table["sampler_status"] == "PASSED"]
    separations = sorted(rows["separation"].unique())
    figure, axes = plt.subplots(1, len(separations), figsize=(12, 3.6), sharex=True, sharey=True, squeeze=False)
    for ax, separation in zip(axes[0], separations, strict=True):
        some = rows[rows["separation"] == separation]
        for label in LABELS:
            noise = some[f"mcse_mean_{label}"] / some[f"posterior_sd_{label}"]
            squares = (offsets(some, label) ** 2 - noise**2).groupby(some["n"]).mean()
            ax.plot(squares.index, np.sqrt(squares.clip(lower=1e-6)), "o-", ms=4, label=label)
        n = np.array([rows["n"].min(), rows["n"].max()])
        ax.plot(n, 3 / np.sqrt(n), "k:", label="n^(-1/2)")
        ax.set(xscale="log", yscale="log", title=f"{separation:g} sigma apart", xlabel="observations")
    axes[0, 0].set_ylabel("|EM - posterior mean| / sd")
    axes[0, -1].legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.tight_layout()
    return figure


def verdict_figure(summary: pd.DataFrame):
    """Shares of the verdicts by n and separation."""
    separations = sorted(summary["separation"].unique())
    figure, axes = plt.subplots(1, len(separations), figsize=(12, 3.2), sharey=True, squeeze=False)
    for ax, separation in zip(axes[0], separations, strict=True):
        some = summary[summary["separation"] == separation]
        base = 0
        for measure, colour in (("agree", "#0072B2"), ("inconclusive", "#BBBBBB"), ("disagree", "#D55E00")):
            values = some[some["measure"] == measure].groupby("n")["value"].mean()
            ax.bar(np.arange(len(values)), values, bottom=base, color=colour, label=measure)
            base = base + values.to_numpy()
        ax.set_xticks(np.arange(len(values)), [f"{n:,}" for n in values.index], rotation=30)
        ax.set(title=f"{separation:g} sigma apart", xlabel="observations")
    axes[0, 0].set_ylabel("share of data sets")
    axes[0, -1].legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.tight_layout()
    return figure


if __name__ == "__main__":
    main()
