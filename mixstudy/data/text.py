"""Results at a glance: a few lines of text for a console, a small table for a notebook. No number is made here."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from html import escape

type Rows = Sequence[Sequence[str]]
"""The cells of a table, its header first; the first cell of each row names it."""
WIDTH, LINES = 100, 3
"""Letters in a line, and lines of a result's first sentence, at most."""
CONTROL = {code: f"\\x{code:02x}" for code in (*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F))}
"""Control characters and marks that turn the direction of text: shown, not obeyed."""


def plain(text: str) -> str:
    """Text in which neither a terminal nor a page sees control characters, nor bytes that are no text."""
    return text.encode("utf-8", "backslashreplace").decode().translate(CONTROL)


def glance(title: str, sentence: str, *others: str, rows: Rows = ()) -> str:
    """A result as text of ten lines or so: its name and what it says, more in a line each, a table."""
    head = textwrap.wrap(f"{title}: {sentence}", WIDTH, max_lines=LINES, placeholder=" ...", subsequent_indent="  ")
    more = (textwrap.shorten(each, WIDTH, placeholder=" ...") for each in others)
    return "\n".join([*head, *(f"  {line}" for line in (*more, *aligned(rows)))])


def aligned(rows: Rows) -> list[str]:
    """The rows as lines, the names to the left, the rest to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(_padded(row, widths)) for row in rows]


def _padded(row: Sequence[str], widths: list[int]) -> Iterator[str]:
    yield row[0].ljust(widths[0])
    yield from (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))


def html_glance(sentence: str, rows: Rows, *, below: str = "") -> str:
    """A sentence, a table and what stands below it for a notebook; whatever is in them is escaped."""
    head, *body = [[escape(cell) for cell in row] for row in rows]
    lines = ["".join([f'<th scope="row">{row[0]}</th>', *(f"<td>{cell}</td>" for cell in row[1:])]) for row in body]
    header = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    table = "".join(f"<tr>{line}</tr>" for line in lines)
    foot = f"<p>{escape(below)}</p>" if below else ""
    return f"<p>{escape(sentence)}</p><table><thead><tr>{header}</tr></thead><tbody>{table}</tbody></table>{foot}"
