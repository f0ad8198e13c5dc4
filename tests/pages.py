"""What several tests of reports look at: a comparison's document, its page, its words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from mixstudy.comparison.compare import Comparison
from mixstudy.report.comparison import comparison_document
from mixstudy.report.document import Document, Table
from mixstudy.report.folder import NAMES
from mixstudy.report.render import render_html

PROVENANCE: dict[str, object] = {"program": "mixstudy", "version": "0", "versions": {"numpy": "2"}, "created": "now"}
TABLES = {"comparison.json", "comparison.csv", "em_trace.csv", "posterior.nc"}
HOSTILE = "a <b>_& 100 %|c"


def document(result: Comparison) -> Document:
    """What the report says, were all figures drawn."""
    return comparison_document(result, PROVENANCE, drawn=NAMES, frames=(0, 1) if result.em else ())


def page(result: Comparison) -> str:
    """The page, without figures."""
    return render_html(document(result), dict.fromkeys((*NAMES, "player"), '<svg width="1"></svg>'))


def texts(result: Comparison) -> str:
    """All paragraphs and lists of the report, one line each."""
    blocks = [block for section in document(result).sections for block in section.blocks]
    return "\n".join(getattr(block, "text", "") + "\n".join(getattr(block, "lines", ())) for block in blocks)


def table(result: Comparison, title: str) -> Table:
    """The table of this title."""
    blocks = [block for section in document(result).sections for block in section.blocks]
    return next(block for block in blocks if isinstance(block, Table) and block.title == title)


def contents(directory: Path) -> dict[str, bytes]:
    """Every file below the directory, hidden ones included."""
    return {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


def further(result: Comparison, **changes: Any) -> Comparison:
    """The comparison with other answers beside the verdict."""
    assert result.supplement is not None
    return replace(result, supplement=replace(result.supplement, **changes))
