"""Writing the report of a comparison, or of an assessment, into its folder."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
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
    from mixstudy.report.document import Explorer

ASIDE = frozenset({"forest", "posteriors", "joint", "verification"})
"""Figures that a copy of this process draws, where there can be one: with the draws' file half the work on a report."""
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

        def half() -> dict[str, str]:
            if not isinstance(result, Assessment):
                _write_draws(result, stage)
            return _drawn(makers, ASIDE & {*makers}, stage, formats)

        with beside(half) as others:
            _write_tables(result, stage, made_by)
            moving = _Moving() if isinstance(result, Assessment) else _moving(result, formats)
            drawings = _drawn(makers, {*makers} - ASIDE, stage, formats) | others()
        _write_documents(result, stage, made_by, drawings, moving, formats=formats, title=title)
        move(stage, target, layout)
    return target / f"report.{formats[0]}"


def _write_tables(result: Comparison | Assessment, stage: Path, provenance: Mapping[str, object]) -> None:
    if isinstance(result, Assessment):
        _write_json(content.assessment_json(result, provenance), stage / CHECK.marker)
        return
    _write_json(content.as_json(result, provenance), stage / STUDY.marker)
    result.table.to_csv(stage / "comparison.csv", index_label="parameter")
    if result.em is not None:
        result.em.trace.to_csv(stage / "em_trace.csv", index_label="iteration")


def _write_draws(result: Comparison, stage: Path) -> None:
    from mixstudy.arviz import for_arviz  # here, so that the program's help does not load xarray

    netcdf = io.BytesIO()  # HDF5 crashes on a full disk
    for_arviz(result.posterior).to_netcdf(netcdf, engine="h5netcdf")
    (stage / "posterior.nc").write_bytes(netcdf.getvalue())


def _write_json(values: Mapping[str, object], path: Path) -> None:
    path.write_text(json.dumps(values, indent=2, allow_nan=False) + "\n", "utf-8")


def _write_documents(
    result: Comparison | Assessment,
    stage: Path,
    provenance: Mapping[str, object],
    drawings: Mapping[str, str],
    moving: _Moving,
    *,
    formats: Sequence[str],
    title: str | None,
) -> None:
    if isinstance(result, Assessment):
        document = assessment_document(result, provenance, drawn=drawings, title=title)
    else:
        document = comparison_document(
            result, provenance, drawn=drawings, frames=moving.frames, explorer=moving.explorer, title=title
        )
    if "html" in formats:
        (stage / "report.html").write_text(render_html(document, {**drawings, **moving.elements}), "utf-8")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moving:
    """What only a page can show."""

    frames: tuple[int, ...] = ()
    """The iterations of EM that are drawn."""
    explorer: Explorer | None = None
    """The map on which the reader starts climbs."""
    elements: Mapping[str, str] = field(default_factory=dict)
    """The figures of both, by name."""


def _moving(result: Comparison, formats: Sequence[str]) -> _Moving:
    from mixstudy import plots

    if not result.em:
        return _Moving()
    frames, ground = plots.frames(result), plots.landscape(result) if "html" in formats else {}
    found = explorer(result.em, ground) if ground else None
    figures = {
        **({"player": plots.player(result)} if frames and "html" in formats else {}),
        **(ground if found else {}),
    }
    elements = {name: plots.svg(figure, name=name) for name, figure in figures.items()}
    return _Moving(frames=frames, explorer=found, elements=elements)
