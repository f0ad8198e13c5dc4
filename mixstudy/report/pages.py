"""Writing the reports of a study and of a calibration into their folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from mixstudy import plots
from mixstudy.calibration import PASSED, Calibration
from mixstudy.parts import write_atomically
from mixstudy.replicate import Study
from mixstudy.report.calibration import calibration_document
from mixstudy.report.content import provenance
from mixstudy.report.document import Document
from mixstudy.report.render import render_html
from mixstudy.report.study import study_document
from mixstudy.results import ENOUGH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REPORT = "report.html"
"""Name of the report in the folder of the results."""


def write_study_report(study: Study) -> Path:
    """Write ``report.html`` beside a study's results; returns its path."""
    figures = plots.study_figures(study.table, level=study.design.level)
    document = study_document(study.table, study.design.as_dict(), provenance(), drawn=figures)
    return _write(document, figures, study.folder)


def write_calibration_report(found: Calibration) -> Path:
    """Write ``report.html`` beside a calibration's results; returns its path."""
    passed = found.table["sampler_status"] == PASSED
    figures = {
        name: plots.figure_of(plots.plot_ranks(found.table, passed=which))
        for name, which in (("ranks", True), ("ranks-not-passed", False))
        if (passed == which).sum() >= ENOUGH
    }
    document = calibration_document(found.table, asdict(found.design), provenance(), drawn=figures)
    return _write(document, figures, found.folder)


def _write(document: Document, figures: Mapping[str, Figure], folder: Path) -> Path:
    drawings = {name: plots.svg(figure, name=name) for name, figure in figures.items()}
    write_atomically(folder / REPORT, render_html(document, drawings).encode())
    return folder / REPORT
