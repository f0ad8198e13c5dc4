"""What several tests of reports look at: a comparison's document, its page, its words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import norm

from mixstudy.comparison.compare import Comparison
from mixstudy.model import Floats
from mixstudy.report.comparison import comparison_document
from mixstudy.report.document import Document, Table
from mixstudy.report.folder import STUDY
from mixstudy.report.render import render_html

PROVENANCE: dict[str, object] = {"program": "mixstudy", "version": "0", "versions": {"numpy": "2"}, "created": "now"}
TABLES = {"comparison.json", "comparison.csv", "em_trace.csv", "posterior.nc"}
HOSTILE = "a <b>_& 100 %|c"


def document(result: Comparison) -> Document:
    """What the report says, were all figures drawn."""
    return comparison_document(result, PROVENANCE, drawn=STUDY.figures, frames=(0, 1) if result.em else ())


def page(result: Comparison) -> str:
    """The page, without figures."""
    return render_html(document(result), dict.fromkeys((*STUDY.figures, "player"), '<svg width="1"></svg>'))


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


def trace_of(x: Floats, *, added: float = 0.0, steps: int = 6) -> list[list[str]]:
    """Printed iterations of textbook EM, written out by its formulas, with a constant added to every sigma^2."""
    row = (0.5, 4.0, 14.0, 3.0)
    rows = [row]
    for _ in range(steps):
        weight, mu1, mu2, sigma = row
        first, second = weight * norm.pdf(x, mu1, sigma), (1 - weight) * norm.pdf(x, mu2, sigma)
        r = first / (first + second)
        mu1, mu2 = r @ x / r.sum(), (1 - r) @ x / (1 - r).sum()
        squares = r @ (x - mu1) ** 2 + (1 - r) @ (x - mu2) ** 2
        row = (float(r.mean()), float(mu1), float(mu2), float(np.sqrt(squares / x.size + added)))
        rows.append(row)
    return [[f"{value:.8g}" for value in each] for each in rows]
