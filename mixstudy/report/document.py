"""What a report says, before it is written as HTML, Markdown or LaTeX.

A document is a first screen that answers (sentence, one figure, one small table) and sections of blocks. All text is
plain: whoever renders it escapes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Running text."""

    kind: ClassVar = "paragraph"
    text: str
    """One sentence or more."""
    quiet: bool = False
    """Whether it explains what stands above it rather than tells a result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list."""

    kind: ClassVar = "items"
    lines: tuple[str, ...]
    """One item each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Names and values."""

    kind: ClassVar = "facts"
    title: str
    """What they are facts of."""
    pairs: tuple[tuple[str, str], ...]
    """Name and value of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under a header; the first cell of each row names it."""

    kind: ClassVar = "table"
    title: str
    """What it holds."""
    header: tuple[str, ...]
    """Names of the columns."""
    rows: tuple[tuple[str, ...], ...]
    """Cells, as many to a row as there are columns."""
    prose: frozenset[str] = frozenset()
    """Names of the columns that hold sentences."""
    links: tuple[str, ...] = ()
    """For each row the folder of the report to which its name leads; empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure by its name; the drawing is handed to whoever renders the document."""

    kind: ClassVar = "picture"
    name: str
    """Of the drawing, and of its file."""
    caption: str
    """What it shows, and how to read it."""
    alt: str
    """What is seen in this one, for readers who do not see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Player(Picture):
    """A figure whose frames, with the ids ``frame-0``, ``frame-1`` and so on, are shown in turn; on paper the last."""

    kind: ClassVar = "player"
    steps: tuple[str, ...]
    """What each frame shows, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explorer(Picture):
    """A map on which the reader starts climbs of EM, which the page computes, and the data beside it."""

    kind: ClassVar = "explorer"
    invitation: str
    """How to use it, in a sentence."""
    data_alt: str
    """What is seen of the data, for readers who do not see it."""
    ground: Mapping[str, object]
    """What the page computes with: points, weights, maxima, the limits of both drawings, mistakes."""


type Block = Paragraph | Items | Facts | Table | Picture
ON_SCREEN = frozenset({Player.kind, Explorer.kind})
"""Kinds of block that only a page can show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Blocks under a heading."""

    title: str
    """The heading."""
    blocks: tuple[Block, ...]
    """In their order."""

    @property
    def printed(self) -> tuple[Block, ...]:
        """The blocks that paper can show."""
        return tuple(block for block in self.blocks if block.kind not in ON_SCREEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report."""

    title: str
    """What it is about."""
    answer: str
    """The answer in one word, for a browser's tab."""
    sentence: str
    """The answer in a sentence or two."""
    tone: str
    """``good``, ``warn`` or ``bad``."""
    picture: Picture | None
    """The figure that shows the answer; None where there is too little to draw."""
    table: Table
    """The numbers that give the answer."""
    note: str
    """What the numbers are."""
    sections: tuple[Section, ...]
    """The evidence, then settings and provenance."""
