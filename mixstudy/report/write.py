"""Writing the report of a comparison into its folder."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mixstudy import plots
from mixstudy.data.files import write_atomically
from mixstudy.report import serialise as content
from mixstudy.report.calibration import calibration_document
from mixstudy.report.comparison import comparison_document
from mixstudy.report.document import Document
from mixstudy.report.folder import FIGURES, MARKER, move, staged
from mixstudy.report.render import render_html, render_latex, render_markdown
from mixstudy.report.serialise import provenance
from mixstudy.report.study import study_document
from mixstudy.study.calibrate import PASSED, Calibration, calibration_summary
from mixstudy.study.replicate import Study
from mixstudy.study.summary import large_sample, summarise

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mixstudy.comparison.compare import Comparison

FORMATS = ("html", "md", "tex")
"""Formats of a report."""


def parse_formats(text: str) -> tuple[str, ...]:
    """Formats separated by commas, each once.

    Raises:
        ValueError: One is unknown.
    """
    return _known(tuple(dict.fromkeys(name.strip() for name in text.split(","))))


def _known(formats: Sequence[str]) -> tuple[str, ...]:
    for name in formats or ("",):
        if name not in FORMATS:
            msg = f"the format must be among {', '.join(FORMATS)}, got {name!r}"
            raise ValueError(msg)
    return tuple(formats)


def check_output(directory: str | Path) -> None:
    """Refuse a directory that ``write_report`` would refuse; nothing is left behind.

    Raises:
        OutputError: It can't be created or written, or holds a file that is not ours.
    """
    with staged(Path(directory).resolve()):
        pass


def write_report(
    result: Comparison,
    directory: str | Path,
    *,
    formats: Sequence[str] = ("html",),
    provenance: Mapping[str, object] | None = None,
) -> Path:
    """Write the report's files: all of them or, on any failure, none.

    The directory is created where missing; an earlier report in it is replaced.

    Args:
        result: What is reported.
        directory: Where to.
        formats: Of the report itself, among ``html``, ``md`` and ``tex``; the tables are written in any case.
        provenance: What made it; by default this program, now.

    Returns:
        The path of the report in the first of the formats, such as ``report.html``.

    Raises:
        OutputError: The directory can't be created or written, or holds a file that is not ours.
        ValueError: A format is unknown.
    """
    _known(formats)
    target = Path(directory).resolve()
    with staged(target) as stage:
        made_by = content.provenance() if provenance is None else provenance
        _write_tables(result, stage, made_by)
        _write_documents(result, stage, made_by, formats)
        move(stage, target)
    return target / f"report.{formats[0]}"


def _write_tables(result: Comparison, stage: Path, provenance: Mapping[str, object]) -> None:
    from mixstudy.arviz import for_arviz  # here, so that the program's help does not load xarray

    values = content.as_json(result, provenance)
    (stage / MARKER).write_text(json.dumps(values, indent=2, allow_nan=False) + "\n", "utf-8")
    result.table.to_csv(stage / "comparison.csv", index_label="parameter")
    if result.em is not None:
        result.em.trace.to_csv(stage / "em_trace.csv", index_label="iteration")
    netcdf = io.BytesIO()  # HDF5 crashes on a full disk
    for_arviz(result.posterior).to_netcdf(netcdf, engine="h5netcdf")
    (stage / "posterior.nc").write_bytes(netcdf.getvalue())


def _write_documents(result: Comparison, stage: Path, provenance: Mapping[str, object], formats: Sequence[str]) -> None:
    from mixstudy import plots  # here, so that the program's help does not load matplotlib

    figures = plots.figures(result)
    frames = plots.frames(result) if result.em else ()
    document = comparison_document(result, provenance, drawn=figures, frames=frames)
    if "html" in formats:
        drawn = {**figures, **({"player": plots.player(result)} if frames else {})}
        drawings = {name: plots.svg(figure, name=name) for name, figure in drawn.items()}
        (stage / "report.html").write_text(render_html(document, drawings), "utf-8")
    if "md" in formats:
        (stage / "report.md").write_text(render_markdown(document), "utf-8")
        _save(figures, stage, ".svg")
    if "tex" in formats:
        (stage / "report.tex").write_text(render_latex(document), "utf-8")
        _save(figures, stage, ".pdf")


def _save(figures: Mapping[str, Figure], stage: Path, suffix: str) -> None:
    from mixstudy import plots

    folder = stage / FIGURES
    folder.mkdir(exist_ok=True)
    for name, figure in figures.items():
        plots.save(figure, folder / f"{name}{suffix}")


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
    from mixstudy.plots.studies import plot_ranks  # here, so that the program's help does not load matplotlib
    from mixstudy.plots.style import figure_of, save

    passed = table["sampler_status"] == PASSED
    for name, which in ((RANKS, True), (RANKS_FAILED, False)):
        if (passed == which).sum() >= ENOUGH:
            save(figure_of(plot_ranks(table, passed=which)), folder / name)


def _write_table(table: pd.DataFrame, path: Path) -> None:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    write_atomically(path, buffer.getvalue())


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    text: Any = table.to_csv(index=False, float_format=DIGITS)
    write_atomically(path, text.encode())
