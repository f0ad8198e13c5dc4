"""The columns that a file offers, and which of them is meant: never a counter, an identifier, a date or row names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mixstudy.data.dialect import SHORT
from mixstudy.data.files import fault
from mixstudy.data.numbers import NULLS, POINT, Writing, is_ambiguous, writing_of
from mixstudy.data.sample import DataError

SHOWN = 12
"""Names or rows that a message lists before it abbreviates."""
IDENTIFIER = re.compile(
    r"(?:row[ _.]?(?:names?|id|num(?:ber)?|nr|no)?|.*[_. ](?:id|nr|no)|id|ids|uuid|index|idx|nr\.?|no\.?|num|obs|"
    r"case|key|code|subject|participant|patient|record|seq|serial|unnamed: ?\d+|lfd\.?[ _]?nr\.?|nummer)",
    re.IGNORECASE,
)
"""Names of columns whose whole numbers tell rows apart."""
WHEN = re.compile(r"(?:.*[_. ])?(?:date|datum|time|zeit|timestamp|year|jahr|month|day|tag|unix|epoch)", re.IGNORECASE)
"""Names of columns whose numbers, never falling, say when."""
DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[012])(?:0[1-9]|[12]\d|3[01])")
"""Whole numbers such as 20261125."""
LIKE_NUMBERS = re.compile(r"\s*[^\w\s]{0,3}\s*\d[\d.,'\u2019\u00b7\u066b\u00a0\u202f ]*\s*[^\d\s]{0,8}\s*")
"""A number in a writing that isn't read, perhaps with its unit: 3.5 min, <0.1, 12 %, 1.2.3."""
DISTINCT = 3
"""With fewer values the model can't be estimated."""
EVEN = 1e-6
"""How far steps that are rounded as printed may differ, in steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column as its beginning shows it."""

    name: str
    """Its name, empty for row names."""
    example: str
    """Its first filled field."""
    writing: Writing | None
    """How its numbers are written; None where most fields are not numbers."""
    aside: str
    """Why its numbers are not observations, empty where they may be."""
    doubtful: bool
    """Whether 1,234 may be one number or another, or text looks like numbers with something beside them."""


def judge_columns(
    names: Sequence[str], fields: Sequence[Sequence[str]], *, complete: bool, delimiter: str = ""
) -> tuple[Column, ...]:
    """Judge columns by their names and their first fields.

    Args:
        names: One a column.
        fields: The first fields of each column, as text.
        complete: Whether these are all there are.
        delimiter: What parts the fields; a semicolon is written where the comma is the decimal mark.
    """
    plain = [writing_of(column) for column in fields]
    commas = any(
        w and w.decimal == "," and not is_ambiguous(column, ",") for w, column in zip(plain, fields, strict=True)
    )
    points = any(w == POINT and not is_ambiguous(column, ".") for w, column in zip(plain, fields, strict=True))
    return tuple(
        _judge(
            name, column, writing, doubtful=_is_doubtful(column, writing, commas, points, delimiter), complete=complete
        )
        for name, column, writing in zip(names, fields, plain, strict=True)
    )


def _is_doubtful(fields: Sequence[str], writing: Writing | None, commas: bool, points: bool, delimiter: str) -> bool:  # noqa: FBT001
    """Whether a mark may stand before decimals or between thousands, and no other column settles it."""
    if writing is None:
        filled = [field for field in fields if field.strip() not in NULLS]
        return 2 * sum(LIKE_NUMBERS.fullmatch(field) is not None for field in filled) > len(filled)
    if writing.decimal == ",":
        return is_ambiguous(fields, ",") and (points or not (commas or delimiter == ";"))
    return writing == POINT and commas and is_ambiguous(fields, ".")


def _judge(name: str, fields: Sequence[str], writing: Writing | None, *, doubtful: bool, complete: bool) -> Column:
    filled = [field for field in fields if field.strip() not in NULLS]
    values = [writing.value(field) for field in filled if writing.matches(field)] if writing else []
    aside = _aside(name, values, complete=complete) if writing else ""
    return Column(name=name, example=next(iter(filled), ""), writing=writing, aside=aside, doubtful=doubtful)


def _aside(name: str, values: Sequence[float], *, complete: bool) -> str:
    """Why numbers are not observations."""
    whole = all(value.is_integer() for value in values)
    steps = [after - before for before, after in pairwise(values)] if len(values) >= SHORT else []
    even = bool(steps) and steps[0] != 0 and max(steps) - min(steps) <= EVEN * abs(steps[0])
    reasons = {
        "row names": name == "",
        "identifiers": whole and IDENTIFIER.fullmatch(name) is not None,
        "a counter": even,
        "times": bool(steps) and WHEN.fullmatch(name) is not None and min(steps) >= 0,
        "dates": bool(steps) and whole and all(DATE.fullmatch(f"{value:.0f}") for value in values),
        "too few different values": bool(steps) and complete and len(set(values)) < DISTINCT,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def choose(path: str, columns: Sequence[Column], asked: str | None) -> int:
    """Position of the column asked for, or of the only one that can be meant.

    Raises:
        DataError: There is no such column, or none or several may be meant; the message shows what the file holds.
    """
    if asked is not None:
        place = _named(path, [column.name for column in columns], asked)
    elif len(columns) == 1:
        place = 0
    else:
        place = _meant(path, columns)
    column = columns[place]
    if column.writing is not None and column.doubtful:
        problem = (
            f"column '{column.name}' holds numbers such as '{column.example}', whose mark may stand before decimals"
        )
        raise fault(path, f"{problem} or between thousands; write decimals with a point and thousands without a mark")
    return place


def _meant(path: str, columns: Sequence[Column]) -> int:
    usable = [place for place, column in enumerate(columns) if column.writing is not None and not column.aside]
    unread = [column for column in columns if column.writing is None and column.doubtful]
    if len(usable) == 1 and not unread:
        return usable[0]
    if len(usable) > 1:
        names = listed([columns[place].name for place in usable])
        raise fault(path, f"several numeric columns: {names}; choose one with --column (column=...)")
    if not usable and not unread and not any(column.aside for column in columns):
        names = listed([column.name for column in columns])
        raise fault(path, f"no numeric column; the columns are {names}; one must hold numbers")
    held = "; ".join(map(_described, columns[:SHOWN]))
    raise fault(path, f"no column is clearly meant; the file holds {held}; choose one with --column (column=...)")


def _described(column: Column) -> str:
    kind = column.aside or ("numbers" if column.writing else "text")
    return f"'{column.name}': {kind}, such as '{column.example}'"


def _named(path: str, names: Sequence[str], asked: str) -> int:
    count = names.count(asked)
    if count > 1:
        raise fault(path, f"{count} columns are called '{asked}'; rename all but one")
    if count == 1:
        return names.index(asked)
    folded = {name.casefold(): name for name in reversed(names)}
    nearest = difflib.get_close_matches(asked.casefold(), folded, n=1)
    hint = f"; did you mean '{folded[nearest[0]]}'?" if nearest else ""
    raise fault(path, f"no column '{asked}'{hint}; the columns are {listed(names)}")


def listed(names: Sequence[str]) -> str:
    """Names for a message, abbreviated where there are many."""
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:SHOWN]) + rest


def no_rows(path: str, names: Sequence[str]) -> DataError:
    """The error for a file that describes columns and holds nothing in them."""
    return fault(path, f"a header ({listed(names)}) but no rows; it needs one row per observation")
