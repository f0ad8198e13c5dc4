"""Writing the report of a comparison, or of an assessment, into its folder."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING

from mixstudy.diagnosis.assessment import Assessment
from mixstudy.report import serialise as content
from mixstudy.report.assessment import assessment_document
from mixstudy.report.beside import beside
from mixstudy.report.comparison import comparison_document
from mixstudy.report.explorer import explorer
from mixstudy.report.folder import CHECK, FIGURES, FRAGMENT, STUDY, known_formats, move, staged, study_layout
from mixstudy.report.render import render_html, render_latex, render_latex_table, render_markdown
from mixstudy.study.provenance import provenance as provenance_now

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mixstudy.comparison.compare import Comparison
    from mixstudy.report.document import Document

ASIDE = frozenset({"data", "forest", "posteriors", "joint", "responsibilities", "verification", "traces"})
"""Figures that a copy of this process draws, where there can be one: half the work on a report."""
SUFFIXES = {"md": ".svg", "tex": ".pdf"}
"""Kinds of file to which the formats refer for their figures."""


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
    from mixstudy.plots import figure_makers  # here, so that the program's help does not load matplotlib

    with staged(target, layout) as stage:
        made_by = provenance_now() if provenance is None else provenance
        makers = figure_makers(result)
        with beside(lambda: _drawn(makers, ASIDE & {*makers}, stage, formats)) as others:
            _write_tables(result, stage, made_by)
            drawings = _drawn(makers, {*makers} - ASIDE, stage, formats) | others()
        _write_documents(result, stage, made_by, drawings, formats=formats, title=title)
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
    drawings: dict[str, str],
    *,
    formats: Sequence[str],
    title: str | None,
) -> None:
    if isinstance(result, Assessment):
        document = assessment_document(result, provenance, drawn=drawings, title=title)
    else:
        document, moving = _of_comparison(result, provenance, drawings, formats, title)
        drawings = drawings | moving
    if "html" in formats:
        (stage / "report.html").write_text(render_html(document, drawings), "utf-8")
    if "md" in formats:
        (stage / "report.md").write_text(render_markdown(document), "utf-8")
    if "tex" in formats:
        (stage / "report.tex").write_text(render_latex(document), "utf-8")
        (stage / FRAGMENT).write_text(render_latex_table(document.table), "utf-8")


def _drawn(
    makers: Mapping[str, Callable[[], Figure]], wanted: Set[str], stage: Path, formats: Sequence[str]
) -> dict[str, str]:
    """Draw figures: files where a format refers to them, and an ``<svg>`` element of each, empty without a page."""
    from mixstudy import plots

    elements = {}
    suffixes = [suffix for name, suffix in SUFFIXES.items() if name in formats]
    for name in (name for name in makers if name in wanted):
        figure = makers[name]()
        elements[name] = plots.svg(figure, name=name) if "html" in formats else ""
        for suffix in suffixes:
            path = stage / FIGURES / f"{name}{suffix}"
            path.parent.mkdir(exist_ok=True)
            plots.save(figure, path)
    return elements


def _of_comparison(
    result: Comparison,
    provenance: Mapping[str, object],
    drawn: Collection[str],
    formats: Sequence[str],
    title: str | None,
) -> tuple[Document, dict[str, str]]:
    """The document, and the figures that only a page can show."""
    from mixstudy import plots

    frames = plots.frames(result) if result.em else ()
    ground = plots.landscape(result) if result.em and "html" in formats else {}
    found = explorer(result.em, ground) if result.em and ground else None
    document = comparison_document(result, provenance, drawn=drawn, frames=frames, explorer=found, title=title)
    moving = {**({"player": plots.player(result)} if frames and "html" in formats else {}), **(ground if found else {})}
    return document, {name: plots.svg(figure, name=name) for name, figure in moving.items()}
