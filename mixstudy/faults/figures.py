"""What printed figures leave open: half a unit of the last one of each number.

Floats have lost the zeros at their end, which are given back as far as the numbers printed with them show. Text means
what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from mixstudy.model import Floats

PROGRAM = 4
"""Significant figures from which numbers are a program's."""
PADS = 2
"""Padded zeros from which figures count as rounded to fewer."""

type Printed = Sequence[float | str]
"""Four numbers as they were printed, or as floats."""


class Rows(NamedTuple):
    """Successive iterates as they were printed, data units."""

    values: Floats
    """Shape ``(k, 4)``, in the order of the labels."""
    half: Floats
    """Half a unit of the last printed figure of each, shape ``(k, 4)``."""


def printed_rows(trace: Sequence[Printed] | Floats) -> Rows:
    """Read a trace, and how finely each of its numbers was printed.

    A column is printed with so many decimals or with so many significant figures; which of the two, nobody knows, and
    of the finest of both that occur in it the coarser one holds for each number.
    """
    values = np.array([[float(value) for value in row] for row in trace])
    half = np.empty_like(values)
    for k, column in enumerate(zip(*trace, strict=True)):
        digits = [_digits(value) for value in column]
        decimals = max(_decimals(d) for d in digits)
        figures = max(_decimals(d) + d.adjusted() + 1 for d in digits)
        half[:, k] = [0.5 * power_of_ten(-min(decimals, figures - d.adjusted() - 1)) for d in digits]
    return Rows(values, half)


def half_units(values: Printed) -> Floats:
    """Half a unit of the last printed figure of each value, shape ``(4,)``.

    Floats have lost their trailing zeros, which are given back as far as the other values' decimals and significant
    figures both allow. Text means what it says, but for one zero of one value among figures that a program printed
    (``%g`` drops one in ten numbers' last): people round a 4 and a 0.81 each as they like.
    """
    digits = [_digits(value) for value in values]
    decimals = [_decimals(d) for d in digits]
    before = [d.adjusted() + 1 for d in digits]
    figures = max(a + b for a, b in zip(decimals, before, strict=True))
    if (padded := _padded(digits)) is not None:
        return padded
    single = _half_of_singles(values)
    most = max(decimals)
    full = [max(a, min(most, figures - b)) for a, b in zip(decimals, before, strict=True)]
    if all(isinstance(value, str) for value in values):
        dropped = [f - a for a, f in zip(decimals, full, strict=True)]
        one = 1 if figures >= PROGRAM and dropped.count(1) < PADS else 0
        full = [f if f - a <= one else a for a, f in zip(decimals, full, strict=True)]
    return np.maximum(single, [0.5 * power_of_ten(-f) for f in full])


def _half_of_singles(values: Printed) -> Floats:
    """Half the distance to the next float32 number where all four are such, in full or as few figures as do; else 0.

    It is more than half a unit of the last figure where eight of them were needed.
    """
    numbers = np.array([float(value) for value in values])
    with np.errstate(over="ignore"):
        singles = numbers.astype(np.float32)
        if not all(
            number in (float(single), float(str(single))) for single, number in zip(singles, numbers, strict=True)
        ):
            return np.zeros(len(numbers))
        return np.nan_to_num(np.spacing(np.abs(singles)).astype(np.float64) / 2)


def _padded(digits: Sequence[Decimal]) -> Floats | None:
    """Half units of figures that were rounded first and padded with zeros then, as R prints a vector; else None.

    Told by zeros at the end of the values beyond what the fullest of them needs: chance makes ``PADS`` of them once in
    a hundred times.
    """
    needed = max(len(d.normalize().as_tuple().digits) for d in digits)
    given = [d.adjusted() + 1 + _decimals(d) for d in digits]
    if sum(max(0, each - needed) for each in given) < PADS:
        return None
    return np.array([0.5 * power_of_ten(d.adjusted() + 1 - needed) for d in digits])


def typed_units(values: Printed) -> Floats:
    """The same with no trailing zeros given back: the least that was claimed."""
    return np.array([0.5 * power_of_ten(-_decimals(_digits(value))) for value in values])


def power_of_ten(exponent: int) -> float:
    """A power of ten, infinite or zero beyond the range of floats, where ``10.0 ** 309`` raises."""
    return float(f"1e{exponent}")


def _digits(value: float | str) -> Decimal:
    return Decimal(value) if isinstance(value, str) else Decimal(repr(float(value))).normalize()


def _decimals(number: Decimal) -> int:
    return -int(number.as_tuple().exponent)
