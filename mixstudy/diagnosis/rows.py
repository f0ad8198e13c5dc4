"""What a printed row holds, and when two printed figures mean the same."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mixstudy.diagnosis.names import meaning
from mixstudy.diagnosis.tokens import is_number
from mixstudy.faults.figures import power_of_ten

FINAL = re.compile(r"\b(final|result|converged|estimates?|done|best)\b", re.IGNORECASE)
TRUE = re.compile(r"\b(true|truth)\b", re.IGNORECASE)
COMPLEMENT = 1.01
"""Weights and one minus the other weight may differ by so many units of the last figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Printed iterations."""

    rows: tuple[tuple[str, ...], ...]
    """Figures of weight, mu1, mu2 and sigma as they were printed, a row for each iteration."""
    log_likelihood: tuple[str, ...] | None = None
    """The figures printed as its log-likelihood, one for each row, where every row has one."""
    notes: tuple[str, ...] = ()
    """What was passed over or taken under an unexpected name."""


@dataclass(slots=True)
class Row:
    """One row: its numbers without a label, and those with one, by the label."""

    line: int
    bare: list[str] = field(default_factory=list)
    named: dict[str, list[str]] = field(default_factory=dict)
    text: str = ""

    def add(self, label: str, number: str) -> None:
        """Put a number under its label."""
        self.named.setdefault(label, []).append(number)


def one(row: Row, role: str) -> str | None:
    """The number of a role, where there is one alone."""
    values = [value for name, each in row.named.items() if (meaning(name) or ("",))[0] == role for value in each]
    return values[0] if len(values) == 1 and is_number(values[0]) else None


def label_of(words: list[str]) -> str:
    """The last words that mean something together, such as ``log likelihood``, or the last word."""
    for count in (3, 2, 1):
        joined = "".join(words[-count:])
        if len(words) >= count and meaning(joined) is not None:
            return joined
    return words[-1]


def _unit(text: str) -> float:
    """One unit of the last printed figure."""
    digits, _, power = text.lower().partition("e")
    return power_of_ten(int(power or 0) - len(digits.partition(".")[2]))


def complements(one: str, two: str) -> bool:
    """Whether two printed weights add up to 1, as far as their figures tell."""
    if not (re.search(r"\d", one) and re.search(r"\d", two)):
        return one.lower() == two.lower()
    return abs(float(one) + float(two) - 1) <= COMPLEMENT * max(_unit(one), _unit(two)) + 1e-12


def same(one: str, two: str) -> bool:
    """Whether two printed numbers are one."""
    if not (re.search(r"\d", one) and re.search(r"\d", two)):
        return one.lower() == two.lower()
    return abs(float(one) - float(two)) <= 1e-12 * abs(float(one))
