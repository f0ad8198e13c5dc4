"""Slips of a report, and how they are taken back: one, or two at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np

from mixstudy.data.sample import WeightedSample
from mixstudy.faults.catalogue import FAULTS
from mixstudy.faults.fault import Fault, Slip
from mixstudy.faults.figures import Rows
from mixstudy.faults.following import begins
from mixstudy.model import Floats


class Undone(NamedTuple):
    """One slip of a report, or two at once, and how to take them back."""

    faults: tuple[Fault, ...]
    """Whose slips they are."""
    undo: Callable[[Floats, WeightedSample], Floats]
    """From reported numbers in data units, shape ``(..., 4)``, to the right ones."""


def slips() -> Iterator[Undone]:
    """Every slip of a report, then every two at once that touch different numbers."""
    single = [(fault, slip) for fault in FAULTS for slip in fault.slips if not fault.harmless]
    yield from (Undone((fault,), slip.undo) for fault, slip in single)
    for (one, first), (other, second) in combinations(single, 2):
        if first.on != second.on:
            yield Undone((one, other), _both(first, second))


def _both(first: Slip, second: Slip) -> Callable[[Floats, WeightedSample], Floats]:
    return lambda theta, sample: second.undo(first.undo(theta, sample), sample)


def undo_rows(undone: Undone, rows: Rows, sample: WeightedSample) -> Rows | None:
    """The rows with a slip taken back, rounding and all; None where that gives rows from which no step can begin."""
    with np.errstate(all="ignore"):
        inner = undone.undo(rows.values, sample)
        moved = [rows.values + s * rows.half * place for place in np.eye(4) for s in (1, -1)]
        half = np.array([np.abs(undone.undo(each, sample) - inner) for each in moved]).max(axis=0)
    if not (np.isfinite(inner).all() and np.isfinite(half).all() and all(begins(theta) for theta in inner[:-1])):
        return None
    return Rows(inner, half)
