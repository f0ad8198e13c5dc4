"""Writing the report of a comparison, or of an assessment, into its folder."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mixstudy.diagnosis.assessment import Assessment
from mixstudy.report import serialise as content
from mixstudy.report.assessment import assessment_document
from mixstudy.report.comparison import comparison_document
from mixstudy.report.explorer import explorer
from mixstudy.report.folder import CHECK, FIGURES, FRAGMENT, STUDY, known_formats, move, staged, study_layout
from mixstudy.report.render import render_html, render_latex, render_latex_table, render_markdown
from mixstudy.study.provenance import provenance as provenance_now

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mixstudy.comparison.compare import Comparison
    from mixstudy.report.document import Document


def write_report(
    result: Comparison | Assessment,
    directory: str | Path,
    *,
    formats: Sequence[str] = ("html",),
    provenance: Mapping[str, object] | None = None,
    title: str | None = None,
) -> Path:
    """Write the report's files: all of them or, on any failure, none.

    The directory is created where missing; an earlier report in it is replaced.

    Args:
        result: What is reported.
        directory: Where to.
        formats: Of the report itself, among ``html``, ``md`` and ``tex``; the tables are written in any case.
        provenance: What made it; by default this program, now.
        title: Of the report; by default the data's description.

    Returns:
        The path of the report in the first of the formats, such as ``report.html``.

    Raises:
        OutputError: The directory can't be created or written, or holds a file that is not ours.
        ValueError: A format is unknown.
    """
    known_formats(formats)
    target, layout = Path(directory).resolve(), CHECK if isinstance(result, Assessment) else study_layout(directory)
    with staged(target, layout) as stage:
        made_by = provenance_now() if provenance is None else provenance
        _write_tables(result, stage, made_by)
        _write_documents(result, stage, made_by, formats, title)
        move(stage, target, layout)
    return target / f"report.{formats[0]}"


def _write_tables(result: Comparison | Assessment, stage: Path, provenance: Mapping[str, object]) -> None:
    if isinstance(result, Assessment):
        _write_json(content.assessment_json(result, provenance), stage / CHECK.marker)
        return
    from mixstudy.arviz import for_arviz  # here, so that the program's help does not load xarray

    _write_json(content.as_json(result, provenance), stage / STUDY.marker)
    result.table.to_csv(stage / "comparison.csv", index_label="parameter")
    if result.em is not None:
        result.em.trace.to_csv(stage / "em_trace.csv", index_label="iteration")
    netcdf = io.BytesIO()  # HDF5 crashes on a full disk
    for_arviz(result.posterior).to_netcdf(netcdf, engine="h5netcdf")
    (stage / "posterior.nc").write_bytes(netcdf.getvalue())


def _write_json(values: Mapping[str, object], path: Path) -> None:
    path.write_text(json.dumps(values, indent=2, allow_nan=False) + "\n", "utf-8")


def _write_documents(
    result: Comparison | Assessment,
    stage: Path,
    provenance: Mapping[str, object],
    formats: Sequence[str],
    title: str | None,
) -> None:
    from mixstudy import plots  # here, so that the program's help does not load matplotlib

    if isinstance(result, Assessment):
        figures = moving = plots.check_figures(result)
        document = assessment_document(result, provenance, drawn=figures, title=title)
    else:
        figures = plots.figures(result)
        document, moving = _of_comparison(result, provenance, figures, formats, title)
    if "html" in formats:
        drawings = {name: plots.svg(figure, name=name) for name, figure in {**figures, **moving}.items()}
        (stage / "report.html").write_text(render_html(document, drawings), "utf-8")
    if "md" in formats:
        (stage / "report.md").write_text(render_markdown(document), "utf-8")
        _save(figures, stage, ".svg")
    if "tex" in formats:
        (stage / "report.tex").write_text(render_latex(document), "utf-8")
        (stage / FRAGMENT).write_text(render_latex_table(document.table), "utf-8")
        _save(figures, stage, ".pdf")


def _of_comparison(
    result: Comparison,
    provenance: Mapping[str, object],
    figures: Mapping[str, Figure],
    formats: Sequence[str],
    title: str | None,
) -> tuple[Document, dict[str, Figure]]:
    """The document, and the figures that only a page can show."""
    from mixstudy import plots

    frames = plots.frames(result) if result.em else ()
    ground = plots.landscape(result) if result.em and "html" in formats else {}
    found = explorer(result.em, ground) if result.em and ground else None
    document = comparison_document(result, provenance, drawn=figures, frames=frames, explorer=found, title=title)
    moving = {**({"player": plots.player(result)} if frames else {}), **(ground if found else {})}
    return document, moving


def _save(figures: Mapping[str, Figure], stage: Path, suffix: str) -> None:
    from mixstudy import plots

    folder = stage / FIGURES
    folder.mkdir(exist_ok=True)
    for name, figure in figures.items():
        plots.save(figure, folder / f"{name}{suffix}")
