"""Numbers as programs and people write them: decimal point or comma, thousands set apart or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

NULLS = ("", "NA", "N/A", "n/a", "#N/A", "#NV", "<NA>", "NaN", "nan", "null", "NULL", "None", "-", "--", "?", ".")
"""Spellings of a missing value."""
SIGN, EXPONENT = r"\s*[+-]?", r"(?:[eE][+-]?\d+)?\s*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A way to write numbers."""

    decimal: str
    """The decimal mark."""
    group: str = ""
    """What may set thousands apart; several marks mean the same."""

    @property
    def pattern(self) -> str:
        """Regular expression of such a number, without groups, for Python and RE2."""
        mark = re.escape(self.decimal)
        if not self.group:
            return rf"{SIGN}(?:[0-9]+{mark}?[0-9]*|{mark}[0-9]+){EXPONENT}|\s*[+-]?(?i:inf(?:inity)?)\s*"
        apart = f"[{re.escape(self.group)}]"
        return rf"{SIGN}[0-9]{{1,3}}(?:{apart}[0-9]{{3}})*(?:{mark}[0-9]*)?\s*"

    def matches(self, field: str) -> bool:
        """Whether a field is a number in this writing."""
        return _compiled(self).fullmatch(field) is not None

    def value(self, field: str) -> float:
        """The number that a field means."""
        for mark in self.group:
            field = field.replace(mark, "")
        return float(field.replace(self.decimal, "."))


@cache
def _compiled(writing: Writing) -> re.Pattern[str]:
    return re.compile(writing.pattern, re.ASCII)


POINT = Writing(decimal=".")
COMMA = Writing(decimal=",")
WRITINGS = (
    POINT,
    COMMA,
    Writing(decimal=".", group=","),
    Writing(decimal=",", group="."),
    Writing(decimal=",", group=" \u00a0\u202f"),
    Writing(decimal=".", group=" \u00a0\u202f"),
    Writing(decimal=".", group="'\u2019"),
)
"""In the order of preference."""
AMBIGUOUS = re.compile(r"\s*[+-]?[1-9][0-9]{0,2}([.,])[0-9]{3}\s*", re.ASCII)
"""1,234 and 1.234 are one number or another."""


def is_number(field: str) -> bool:
    """Whether text is a number in any writing."""
    return any(writing.matches(field) for writing in WRITINGS)


def writing_of(fields: Sequence[str]) -> Writing | None:
    """The writing of which most filled fields are, so that stray text is reported and not passed over."""
    filled = [field for field in fields if field.strip() not in NULLS]
    best, most = None, len(filled) // 2
    for writing in WRITINGS:
        if (count := sum(map(writing.matches, filled))) > most:
            best, most = writing, count
        if most == len(filled):
            break
    return best


def is_ambiguous(fields: Sequence[str], mark: str) -> bool:
    """Whether a mark may as well set thousands apart as be the decimal mark, in all fields that hold it.

    Where decimals are meant, some have fewer than three digits, but where all are written with three; so whole numbers
    below a thousand beside them tell that thousands are meant, which is no doubt either.
    """
    holding = [field for field in fields if mark in field]
    return bool(holding) and all(AMBIGUOUS.fullmatch(field) for field in holding)
