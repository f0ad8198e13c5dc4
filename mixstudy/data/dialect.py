"""How a text file writes its table, judged from its beginning: what parts the fields, where the header ends.

Every delimiter is tried, none among them, and the one kept that gives rows of equal width with numbers in them.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile, islice, pairwise, takewhile

from mixstudy.data.numbers import NULLS, is_number, writing_of

DELIMITERS = "\t;|, "
"""In the order of preference; a blank stands for any run of blanks."""
WHOLE = "\x1f"
"""No delimiter: each line is one field."""
ASIDE = re.compile(r"\s*(#|%|//|sep=.?$)", re.IGNORECASE)
"""Lines above a table that are a remark, or Excel's word about the delimiter."""
UNIT = re.compile(r"[\[(]?[^\W\d_][^\d\s]{0,11}[\])]?|[%°$€£][A-Z]?|[\[(].{0,12}[\])]|")
"""What stands in a row of units below the header: min, (cm), m/s, nothing."""
HEAD_ROWS = 1000
"""Rows from which a file is judged."""
csv.field_size_limit(1 << 20)
WORD_AND_NUMBER = re.compile(r".*\S\s+[+-]?[0-9]+")
DECIMALS = re.compile(r"[0-9]+(?:[eE][+-]?[0-9]+)?")
HEADINGS = 20
"""Rows among which a title stands."""
YEAR = re.compile(r"(?:19|20)[0-9]{2}")
SHORT = 5
"""Rows from which on one may be called a row of units, and a column a counter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How the fields of a text file are found."""

    delimiter: str
    """One of ``DELIMITERS`` or ``WHOLE``."""
    skip: int
    """Rows above the data."""
    names: tuple[str, ...]
    """Column names; ``1``, ``2`` and so on where there is no header, empty for row names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """The table that one delimiter gives."""

    delimiter: str
    rows: list[tuple[int, list[str]]]
    """Rows of the table with how many stand above each, header first where there is one."""
    width: int
    """Fields of most rows."""
    short: bool
    """Whether the header lacks the name of the row names, as R writes it."""
    rank: tuple[bool, bool, float]
    """All rows alike and numbers among them; nothing skipped; share of columns that hold numbers."""


def find_dialect(text: str) -> tuple[Dialect, list[list[str]]]:
    """Judge the beginning of a file.

    Args:
        text: Whole lines, blank ones too.

    Returns:
        The dialect, and the fields of the rows of data, all of one width.
    """
    found = [reading for delimiter in (*DELIMITERS, WHOLE) if (reading := _reading(text, delimiter)) is not None]
    best = max(found, key=lambda reading: reading.rank)
    whole = [row for _, row in best.rows[best.short :] if len(row) == best.width]
    header = best.short or _is_header(whole)
    first = best.rows[0][1]
    names = [name.strip() for name in first] if header else [str(place + 1) for place in range(best.width)]
    units = header and _is_units(whole[not best.short :])
    above = header + units
    skip = best.rows[above][0] if above < len(best.rows) else best.rows[-1][0] + 1
    names = ["", *names] if best.short else names
    return Dialect(delimiter=best.delimiter, skip=skip, names=tuple(names)), whole[above - best.short :]


def commas_are_unclear(dialect: Dialect, rows: Sequence[Sequence[str]]) -> bool:
    """Whether commas may stand before decimals or part fields: ``b 16,19``, or ``1,43`` below ``x``, counted."""
    if dialect.delimiter == WHOLE:
        whole = [field.partition(",")[0].strip() for (field,) in rows if "," in field]
        return len(whole) >= SHORT and whole == [str(place) for place in range(1, len(rows) + 1)]
    headed = dialect.names[0] != "" and not all(map(is_number, dialect.names))
    if dialect.delimiter != "," or headed:
        return False
    columns = list(zip(*rows, strict=True))
    return any(
        all(map(WORD_AND_NUMBER.fullmatch, left)) and all(map(DECIMALS.fullmatch, right))
        for left, right in pairwise(columns)
    )


def _reading(text: str, delimiter: str) -> _Reading | None:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=delimiter == " ")
    numbered = [(number, _trimmed(row, delimiter)) for number, row in enumerate(islice(reader, HEAD_ROWS))]
    filled = [(number, row) for number, row in numbered if any(field.strip() for field in row) or len(row) > 1]
    filled = list(dropwhile(lambda each: ASIDE.match(each[1][0]) is not None, filled)) or filled
    filled = _without_title(filled)
    width = Counter(len(row) for _, row in filled).most_common(1)[0][0]
    first = next(place for place, (_, row) in enumerate(filled) if len(row) == width)
    if delimiter == WHOLE:
        above = sum(1 for _ in takewhile(lambda each: not is_number(each[1][0]), filled))
        first = max(0, above - 1) if above < len(filled) else 0
    elif width == 1:
        return None
    body = [row for _, row in filled[first:]]
    short = first > 0 and len(filled[first - 1][1]) == width - 1 and any(map(is_number, body[0]))
    if short:
        if not _are_row_names([row[0] for row in body if len(row) == width], text, delimiter):
            return None
        first -= 1
    alike = all(len(row) == width for row in body) and not (delimiter == WHOLE and _holds_numbers(filled[:first]))
    numeric = [writing_of([row[place] for row in body[1:] or body if len(row) == width]) for place in range(width)]
    if delimiter == WHOLE and any(mark in body[0][0] for mark in DELIMITERS[:-1]) and not is_number(body[0][0]):
        numeric = [None]
    share = sum(writing is not None for writing in numeric) / width
    return _Reading(
        delimiter=delimiter,
        rows=filled[first:],
        width=width,
        short=short,
        rank=(alike and share > 0, first == 0 and not short, share),
    )


def _without_title(filled: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Rows without those above a first blank line, where these are words and below comes a header."""
    for place, ((above, row), (below, head)) in enumerate(pairwise(filled[:HEADINGS]), 1):
        if any(map(is_number, row)):
            break
        if below > above + 1 and not any(map(is_number, head)):
            return filled[place:]
    return filled


def _holds_numbers(above: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether rows that would be passed over as a title hold two numbers or more, as rows of data do."""
    return any(sum(map(is_number, re.split(r"[\t;|,]", row[0]))) > 1 for _, row in above)


def _trimmed(row: list[str], delimiter: str) -> list[str]:
    """Blanks at the end of a line part nothing."""
    return row[:-1] if delimiter == " " and row and not row[-1] else row


def _are_row_names(fields: Sequence[str], text: str, delimiter: str) -> bool:
    """Whether a first column without a name can be R's row names: quoted, words, or counted."""
    if any(mark in field for field in fields for mark in DELIMITERS[:-1]):
        return False
    counted = all(field == str(place) for place, field in enumerate(fields, 1))
    quoted = all(f'"{field}"{delimiter}' in text for field in fields[:SHORT])
    return counted or quoted or not any(map(is_number, fields))


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a first row names the columns: no number stands in it, or it is an index's row with its name empty."""
    first, rest = rows[0], rows[1:]
    if first[0].strip() == "" and any(field.strip() for field in first):
        return True
    if all(is_number(field) or field.strip() in NULLS for field in first):
        return False
    places = [place for place in range(len(first)) if writing_of([row[place] for row in rest]) is not None]
    if not places or not all(is_number(first[place]) for place in places):
        return True
    others = set(range(len(first))) - set(places)
    recurs = any(_shape(first[place]) == _shape(row[place]) for row in rest for place in others)
    return not recurs and _are_labels([first[place].strip() for place in places])


def _shape(field: str) -> str:
    """A field with its digits alike, so that one date is like another."""
    return re.sub(r"\d", "0", field)


def _are_labels(numbers: Sequence[str]) -> bool:
    """Whether numbers name columns: they count from 0 or 1, or are years."""
    counted = any(list(numbers) == [str(place + first) for place in range(len(numbers))] for first in (0, 1))
    return counted or all(YEAR.fullmatch(number) for number in numbers)


def _is_units(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a row says only units where those below hold numbers."""
    if len(rows) <= SHORT:
        return False
    first, rest = rows[0], rows[1:]
    places = [place for place in range(len(first)) if writing_of([row[place] for row in rest]) is not None]
    found = [first[place].strip() for place in places]
    return any(found) and all(UNIT.fullmatch(each) and each not in set(NULLS) - {""} for each in found)
