"""Figures as files and as parts of a page, the same bytes for the same figure."""

from __future__ import annotations

import io
import re
from pathlib import Path

import matplotlib as mpl
import matplotlib.style
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

DPI = 150
"""Dots per inch of a PNG file."""
DENSE_DPI = 100
"""Dots per inch of what is drawn as dots within SVG or PDF: thousands of draws."""
UNDATED: dict[str, dict[str, None]] = {
    ".pdf": {"CreationDate": None},
    ".png": {},
    ".svg": dict.fromkeys(("Date", "Creator", "Format", "Type")),
}
"""The kinds of file, and what is left out of each, as it differs from run to run."""


def svg(figure: Figure, *, name: str) -> str:
    """Render as an ``<svg>`` element, the same for the same figure, whose style knows how wide it was made.

    ``name`` and a hyphen go before each id, so that none is shared by two figures of a page: what has the gid
    ``frame-3`` in the figure has the id ``name-frame-3`` in the element.
    """
    with mpl.style.context(["default", {"svg.hashsalt": name, "svg.fonttype": "path"}]):
        text = _printed(figure)
    named = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text[text.index("<svg") :])
    return named.replace("<svg", f'<svg style="--width: {figure.get_figwidth():g}in"', 1)


def _printed(figure: Figure) -> str:
    """What ``savefig`` writes, without the draft that it draws before: that takes a sixth of a report's time."""
    buffer, canvas, dpi = io.StringIO(), figure.canvas, figure.dpi
    try:
        figure.dpi = DENSE_DPI
        FigureCanvasSVG(figure).print_svg(buffer, metadata=UNDATED[".svg"])  # type: ignore[no-untyped-call]
    finally:
        figure.dpi = dpi
        figure.set_canvas(canvas)
    return buffer.getvalue()


def save(figure: Figure, path: str | Path) -> None:
    """Write as PDF, PNG or SVG, by the ending of ``path``; no date is written, so that the bytes repeat.

    Raises:
        ValueError: The path has another ending.
    """
    ending = Path(path).suffix.lower()
    if ending not in UNDATED:
        msg = f"the path of a figure must end in {', '.join(UNDATED)}, got {str(path)!r}"
        raise ValueError(msg)
    with mpl.style.context(["default", {"svg.hashsalt": "mixstudy", "svg.fonttype": "path"}]):
        figure.savefig(path, dpi=DPI if ending == ".png" else DENSE_DPI, metadata=UNDATED[ending])
