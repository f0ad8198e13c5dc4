"""The command ``cite``: how to name this program in a document, by the version that is installed."""

from __future__ import annotations

from enum import StrEnum
from importlib.metadata import version
from typing import Annotated

import typer

from mixstudy.cli.terminal import out

AUTHORS = "The mixstudy developers"
TITLE = "mixstudy: one mixture model estimated twice, by EM and by PyMC, and a verdict on whether the two agree"
YEAR = 2026

BIBTEX = """\
@software{{mixstudy,
  author  = {{{{{authors}}}}},
  title   = {{{{{title}}}}},
  version = {{{version}}},
  year    = {{{year}}}
}}"""
APA = "{authors}. ({year}). {title} (Version {version}) [Computer software]."
CFF = """\
cff-version: 1.2.0
message: If you use mixstudy, please cite it as below.
type: software
title: "{title}"
authors:
  - name: {authors}
version: {version}
license: MIT"""


class Style(StrEnum):
    """Ways to write the entry."""

    BIBTEX = "bibtex"
    APA = "apa"
    CFF = "cff"


def cite(
    style: Annotated[
        Style, typer.Option("--format", help="BibTeX, a line in APA style, or CITATION.cff.")
    ] = Style.BIBTEX,
) -> None:
    """Print how to cite this version."""
    out.print(entry(style), highlight=False, markup=False, soft_wrap=True)


def entry(style: Style) -> str:
    """The entry of the installed version."""
    text = {Style.BIBTEX: BIBTEX, Style.APA: APA, Style.CFF: CFF}[style]
    return text.format(authors=AUTHORS, title=TITLE, version=version("mixstudy"), year=YEAR)
