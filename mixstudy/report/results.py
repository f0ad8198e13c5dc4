"""What a study found, written beside its parts: the whole table, its summaries, figures and the report."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mixstudy import plots
from mixstudy.data.writing import replacing, write_atomically
from mixstudy.report.calibration import calibration_document
from mixstudy.report.render import render_html
from mixstudy.report.serialise import plain
from mixstudy.report.study import study_document
from mixstudy.study.calibrate import BY, Calibration, calibration_summary, ranked
from mixstudy.study.power import Power, power_summary
from mixstudy.study.provenance import provenance
from mixstudy.study.replicate import Study
from mixstudy.study.summary import large_sample, summarise

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mixstudy.report.document import Document

RESULTS, REPORT = "results.parquet", "report.html"
RANKS = {"chains": "calibration.png", "integral": "calibration-integral.png"}
"""Names of the figures, by what the truth is ranked by."""
ENOUGH = 5
"""Data sets that a figure of ranks needs, at least."""


@singledispatch
def write_results(found: Any) -> Path:  # noqa: ANN401  (the results of any study)
    """Write the results of a study, a calibration or a power study into its folder; returns what to look at first."""
    msg = f"there is no report of {type(found).__name__}"
    raise TypeError(msg)


@write_results.register
def _(found: Study) -> Path:
    _write_table(found.table, found.folder / RESULTS)
    _write_csv(summarise(found.table), found.folder / "summary.csv")
    _write_csv(large_sample(found.table), found.folder / "large_sample.csv")
    figures = plots.study_figures(found.table, level=found.design.level)
    for name, figure in figures.items():
        _save(figure, found.folder / f"{name}.png")
    document = study_document(found.table, found.design.as_dict(), provenance(), drawn=figures)
    return _write_report(document, figures, found.folder)


@write_results.register
def _(found: Calibration) -> Path:
    _write_table(found.table, found.folder / RESULTS)
    _write_csv(calibration_summary(found.table), found.folder / "calibration.csv")
    enough = [by for by in BY if len(ranked(found.table, by)) >= ENOUGH]
    figures: dict[str, Figure] = {by: plots.figure_of(plots.plot_ranks(found.table, by=by)) for by in enough}
    for by, figure in figures.items():
        _save(figure, found.folder / RANKS[by])
    document = calibration_document(found.table, found.design.as_dict(), provenance(), drawn=figures)
    return _write_report(document, figures, found.folder)


@write_results.register
def _(found: Power) -> Path:
    summary = power_summary(found.table)
    _write_table(found.table, found.folder / RESULTS)
    _write_csv(summary, found.folder / "power.csv")
    design = {**found.design.as_dict(), "provenance": provenance()}
    write_atomically(found.folder / "power.json", (json.dumps(plain(design), indent=2) + "\n").encode())
    figure = found.folder / "power.png"
    _save(plots.figure_of(plots.plot_power(summary)), figure)
    return figure


def _save(figure: Figure, path: Path) -> None:
    with replacing(path) as beside:
        plots.save(figure, beside)


def _write_report(document: Document, figures: Mapping[str, Figure], folder: Path) -> Path:
    drawings = {name: plots.svg(figure, name=name) for name, figure in figures.items()}
    write_atomically(folder / REPORT, render_html(document, drawings).encode())
    return folder / REPORT


def _write_table(table: pd.DataFrame, path: Path) -> None:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    write_atomically(path, buffer.getvalue())


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    text: Any = table.to_csv(index=False, float_format="%.6g")  # more digits are noise
    write_atomically(path, text.encode())
