"""A document as HTML, Markdown or LaTeX."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from mixstudy.report.document import Document
from mixstudy.report.escapes import markdown, tex

TONES = {"pass": "good", "borderline": "warn", "fail": "bad", "not applicable": "quiet"}
"""How a cell of a table is coloured, by what it says."""


def render_html(document: Document, drawings: Mapping[str, str]) -> str:
    """Write one self-contained page that requests nothing from anywhere.

    Args:
        document: What it says.
        drawings: An ``<svg>`` element for each of its figures, by name.
    """
    environment = _environment(autoescape=True)
    script = environment.get_template("player.js").render().strip()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    template = environment.get_template("report.html")
    return template.render(document=document, drawings=drawings, tones=TONES, script=script, digest=digest)


def render_markdown(document: Document) -> str:
    """Write Markdown that refers to its figures as ``figures/NAME.svg``."""
    return _environment(finalize=_escaping(markdown)).get_template("report.md").render(document=document)


def render_latex(document: Document) -> str:
    """Write a complete LaTeX document that includes its figures as ``figures/NAME.pdf``."""
    marks = {
        "block_start_string": "<%",
        "block_end_string": "%>",
        "comment_start_string": "<#",
        "comment_end_string": "#>",
    }
    environment = _environment(finalize=_escaping(tex), variable_start_string="<<", variable_end_string=">>", **marks)
    return environment.get_template("report.tex").render(document=document)


def _environment(**settings: Any) -> Environment:  # noqa: ANN401  (of several types)
    loader = PackageLoader("mixstudy")
    return Environment(  # noqa: S701  (each format has its own escape)
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, **settings
    )


def _escaping(escape: Callable[[str], str]) -> Callable[[object], str]:
    """Everything that a template inserts goes through the escape."""
    return lambda value: escape(str(value))
