"""Where false alarms and power are measured: cells of size, separation and weight, each with numbers of data sets."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from operator import itemgetter
from typing import Any, NamedTuple, Self

import numpy as np

from mixstudy.data.sample import MIN_OBSERVATIONS
from mixstudy.model import Parameters
from mixstudy.study.design import (
    MOST_DATA_SETS,
    MOST_OBSERVATIONS,
    DesignError,
    Seeds,
    StudyDesign,
    require_between,
    require_known,
    require_shape,
    typed,
)

CELL = ("n", "separation", "weight")
"""What tells a cell."""
COUNTS = ("replicates", "right")
"""How many data sets a cell has."""
GRID: Mapping[str, Any] = {
    "n": [100, 1000, 10_000],
    "separation": [1.5, 3.0, 5.0],
    "weight": [0.1, 0.3, 0.5],
    "replicates": 10,
    "right": 100,
}
"""The default: all combinations of three sizes, separations and weights."""
SIGMA = 2.0
"""Shared by all cells; not 1, where a variance is its own root."""
TENTHS = 10
"""Separations and weights in tenths count as such in a seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Where the truth lies, and how many data sets are drawn there."""

    n: int
    """Observations of a data set, 4 to 1e9."""
    separation: float
    """Distance of the means in sigma, above 0."""
    weight: float
    """Mass of the lower component, in (0, 1)."""
    replicates: int
    """Data sets on which every mistake is made, 0 or above; they are numbered first."""
    right: int
    """Data sets with the right pair alone, 0 or above."""

    def __post_init__(self) -> None:
        require_between("n", [self.n], MIN_OBSERVATIONS, MOST_OBSERVATIONS)
        require_shape(weight=[self.weight], separation=[self.separation])
        for name in COUNTS:
            require_between(name, [getattr(self, name)], 0, MOST_DATA_SETS)
        require_between("replicates and right together", [self.replicates + self.right], 1)

    @property
    def place(self) -> tuple[int, float, float]:
        """Size, separation and weight."""
        return (self.n, self.separation, self.weight)

    @property
    def truth(self) -> Parameters:
        """The parameters that the data are drawn from."""
        return Parameters(weight=self.weight, mu1=0.0, mu2=self.separation * SIGMA, sigma=SIGMA)

    def share(self, part: float) -> Self:
        """A part of the data sets of each kind, rounded up."""
        return replace(self, **{name: math.ceil(part * getattr(self, name)) for name in COUNTS})

    def seeds(self, seed: int, number: int) -> Seeds:
        """The seeds of a data set: they follow from its cell and its number, so more of both leave them as they are."""
        words = (_word(self.separation), _word(self.weight))
        data, sampler = np.random.SeedSequence([seed, self.n, *words, number]).generate_state(2).tolist()
        return Seeds(data, sampler)


def _word(value: float) -> int:
    """A whole number that tells a value: its tenths, or where there are none its 64 bits."""
    tenths = round(TENTHS * value)
    return tenths if tenths / TENTHS == value else int(np.float64(value).view(np.uint64))


class PowerTask(NamedTuple):
    """One data set."""

    cell: Cell
    """Where its truth lies."""
    replicate: int
    """Its number in the cell."""
    with_faults: bool
    """Whether every fault is made on it, or the right pair alone is judged."""
    seeds: Seeds
    """Of the data and of the chains."""

    @property
    def key(self) -> tuple[float, ...]:
        """The cell, the number, and whether faults were made."""
        return (*self.cell.place, self.replicate, self.with_faults)


def grid(
    *, n: Sequence[int], separation: Sequence[float], weight: Sequence[float], replicates: int, right: int
) -> tuple[Cell, ...]:
    """All combinations of sizes, separations and weights."""
    return tuple(
        Cell(n=each, separation=apart, weight=mass, replicates=replicates, right=right)
        for each, apart, mass in product(n, separation, weight)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerDesign(StudyDesign):
    """Cells; in each, data sets with every mistake and data sets with the right pair alone."""

    cells: tuple[Cell, ...] = grid(**GRID)
    """Where, and how often; each place once."""

    def __post_init__(self) -> None:
        require_between("seed", [self.seed], 0)
        require_between("data sets", [sum(cell.replicates + cell.right for cell in self.cells)], 1, MOST_DATA_SETS)

    def tasks(self) -> list[PowerTask]:
        """All data sets, those of every cell and kind spread evenly, so that every stretch costs about the same."""
        found = [
            ((number + 0.5) / count, cell, first + number, with_faults)
            for cell in self.cells
            for first, count, with_faults in ((0, cell.replicates, True), (cell.replicates, cell.right, False))
            for number in range(count)
        ]
        found.sort(key=itemgetter(0))
        return [PowerTask(cell, number, faults, cell.seeds(self.seed, number)) for _, cell, number, faults in found]

    def as_dict(self) -> dict[str, Any]:
        """The design as plain values, each cell with its numbers."""
        return {**StudyDesign.as_dict(self), "cells": [asdict(cell) for cell in self.cells]}

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Build from the keys of a grid (``GRID``), of the sampler, and ``cells``, a list of further such grids.

        What is left out is the default; in an entry of ``cells`` that without numbers of its own takes the others'.

        Raises:
            DesignError: A key is unknown, or a value is of the wrong type or out of its range.
        """
        shared = StudyDesign().as_dict()
        require_known(values, (*GRID, *shared, "cells"))
        of_grid = {key: value for key, value in values.items() if key in GRID}
        counts = {key: value for key, value in of_grid.items() if key in COUNTS}
        listed = [{**counts, **entry} for entry in _tables(values.get("cells", []))]
        grids = [of_grid, *listed] if of_grid.keys() - counts.keys() or not listed else listed
        cells = joined(cell for each in grids for cell in grid(**{**typed(GRID, GRID), **typed(each, GRID)}))
        plain = StudyDesign.from_mapping({key: value for key, value in values.items() if key in shared})
        return cls(cells=cells, seed=plain.seed, sampler=plain.sampler)


def _tables(entries: object) -> list[Mapping[str, Any]]:
    if isinstance(entries, list) and all(isinstance(entry, Mapping) for entry in entries):
        return entries
    msg = f"cells must be a list of tables, got {entries!r}"
    raise DesignError(msg)


def joined(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Each place once, with the larger of its numbers."""
    found: dict[tuple[int, float, float], Cell] = {}
    for cell in cells:
        there = found.get(cell.place, cell)
        most = {name: max(getattr(cell, name), getattr(there, name)) for name in COUNTS}
        found[cell.place] = replace(cell, **most)
    return tuple(found.values())


def asked_for(values: Mapping[str, Any], there: PowerDesign | None = None, *, share: float = 1.0) -> PowerDesign:
    """The design of the values, or what is there with theirs added.

    Args:
        values: Keys as in ``PowerDesign.from_mapping``; where no cell is named, numbers are for the cells there are.
        there: The design of results that are gone on with.
        share: Part of the data sets that are asked for, in (0, 1].

    Raises:
        DesignError: As ``PowerDesign.from_mapping``, or the share is out of its range.
    """
    if not 0 < share <= 1:
        msg = f"share must lie in (0, 1], got {share!r}"
        raise DesignError(msg)
    settings: dict[str, Any] = {}
    if there is not None:
        settings = there.as_dict()
        cells = settings.pop("cells")
        if not values.keys() & {*CELL, "cells"}:
            counts = {key: value for key, value in values.items() if key in COUNTS}
            values = {**values, "cells": [{**cell, **counts} for cell in cells]}
    asked = PowerDesign.from_mapping({**settings, **values})
    cells = [cell.share(share) for cell in asked.cells]
    return replace(asked, cells=joined((*(there.cells if there is not None else ()), *cells)))
