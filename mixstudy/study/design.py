"""The design of a study: which data sets are simulated, how often, and how they are analysed.

A cell of the design is one of ``n x weight x separation x prior``; each has ``replicates`` data sets. The truth of a
cell has ``mu1 = 0``, ``sigma = 1`` and ``mu2 = separation``. The random stream of a replicate is that of NumPy's
``SeedSequence(seed, spawn_key=place)``, its place in the design: the four positions and its number. So neither order,
number of workers nor machine matters, and more replicates leave the first ones as they are.
"""

from __future__ import annotations

import difflib
import itertools
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mixstudy.data.sample import MIN_OBSERVATIONS
from mixstudy.model import Parameters, require_level


class DesignError(ValueError):
    """The design can't be used; the message names the key, the rule and the value."""


class Seeds(NamedTuple):
    """The two seeds of a replicate."""

    data: int
    """Of the simulated observations, 0 to 2^63 - 1."""
    sampler: int
    """Of the chains, 0 to 2^32 - 1."""


def seeds_at(seed: int, place: tuple[int, ...]) -> Seeds:
    """The seeds that belong to a place in a design."""
    stream = np.random.SeedSequence(seed, spawn_key=place)
    data, sampler = stream.generate_state(2, np.uint64).tolist()
    return Seeds(data >> 1, sampler >> 32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One data set of a study."""

    place: tuple[int, ...]
    """Positions of n, weight, separation and prior in the design, and the replicate's number."""
    n: int
    """Observations."""
    truth: Parameters
    """What they are simulated from."""
    prior: float
    """Scale of the prior, in standard deviations of the data."""
    seeds: Seeds
    """Of the data and of the chains."""

    @property
    def key(self) -> tuple[float, ...]:
        """Seed of the data, and the cell."""
        return (self.seeds.data, self.n, self.truth.weight, self.truth.mu2 - self.truth.mu1, self.prior)


AXES = ("n", "weight", "separation", "prior")
"""What a cell is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A grid of cells and how often each is repeated; the default ends within ten minutes on two cores."""

    n: tuple[int, ...] = (100, 1_000, 10_000, 100_000, 1_000_000)
    """Observations of a data set, at least 4."""
    weight: tuple[float, ...] = (0.3,)
    """Mass of component 1, in (0, 1)."""
    separation: tuple[float, ...] = (1.5, 3.0, 5.0)
    """Distance of the means in sigma, above 0."""
    prior: tuple[float, ...] = (1.0,)
    """Scale of the prior in standard deviations of the data, above 0; 1 is the default prior."""
    replicates: int = 50
    """Data sets in each cell, at least 1."""
    seed: int = 0
    """Where all random streams come from, 0 or above."""
    level: float = 0.95
    """Probability of the intervals, in (0, 1)."""
    chains: int = 4
    """Chains, at least 2."""
    draws: int = 1000
    """Draws kept from each chain, at least 4."""
    tune: int = 1000
    """Tuning draws of each chain, at least 1."""
    escalate: bool = True
    """Whether draws of the integral take the place of chains that do not pass."""

    def __post_init__(self) -> None:
        for name in AXES:
            values = getattr(self, name)
            _require(len(values) > 0, name, "must hold at least one value", values)
            _require(len(set(values)) == len(values), name, "must hold each value once", list(values))
        for name, least in _LEAST.items():
            require_least(name, np.atleast_1d(getattr(self, name)).tolist(), least)
        require_shape(weight=self.weight, separation=self.separation, prior=self.prior)
        require_level(self.level)

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return len(self.n) * len(self.weight) * len(self.separation) * len(self.prior)

    @property
    def size(self) -> int:
        """How many data sets there are."""
        return self.cells * self.replicates

    def tasks(self) -> list[Task]:
        """All data sets, the first of every cell before the second of any: so every stretch costs about the same."""
        axes = (self.n, self.weight, self.separation, self.prior)
        grid = list(itertools.product(*(range(len(axis)) for axis in axes)))
        return [self._task((*cell, number)) for number in range(self.replicates) for cell in grid]

    def _task(self, place: tuple[int, ...]) -> Task:
        i, j, k, m, _ = place
        truth = Parameters(weight=self.weight[j], mu1=0.0, mu2=self.separation[k], sigma=1.0)
        seeds = seeds_at(self.seed, place)
        return Task(place=place, n=self.n[i], truth=truth, prior=self.prior[m], seeds=seeds)

    def as_dict(self) -> dict[str, Any]:
        """The design as plain values, as a TOML or JSON file would hold it."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Design:
        """Build from keys and values; a single value stands for a list of one, what is left out is the default.

        Raises:
            DesignError: A key is unknown, or a value is of the wrong type or out of its range.
        """
        known = {field.name: field.default for field in fields(cls)}
        for key in values:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1, cutoff=0)
                msg = f"unknown key {key!r} in the design; did you mean {near[0]!r}? (known: {', '.join(known)})"
                raise DesignError(msg)
        return cls(**{key: _converted(key, value, known[key]) for key, value in values.items()})

    @classmethod
    def from_toml(cls, path: Path) -> Design:
        """Read from a TOML file of such keys and values.

        Raises:
            DesignError: The file can't be read as TOML, or its design can't be used; the message names the file.
        """
        try:
            return cls.from_mapping(tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            msg = f"{path}: no such file; check the path"
            raise DesignError(msg) from error
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            msg = f"{path}: can't be read as TOML: {error}"
            raise DesignError(msg) from error
        except ValueError as error:
            msg = f"{path}: {error}"
            raise DesignError(msg) from error


_LEAST = {"n": MIN_OBSERVATIONS, "replicates": 1, "seed": 0, "chains": 2, "draws": 4, "tune": 1}


def _require(holds: bool, name: str, rule: str, value: object) -> None:  # noqa: FBT001  (reads as a sentence)
    if not holds:
        msg = f"{name} {rule}, got {value!r}"
        raise DesignError(msg)


def require_least(name: str, values: Iterable[float], least: float) -> None:
    """Raise ``DesignError`` where a value is below the least that is allowed."""
    for value in values:
        _require(value >= least, name, f"must be at least {least}", value)


def require_shape(*, weight: Iterable[float], **positive: Iterable[float]) -> None:
    """Raise ``DesignError`` where a weight is outside (0, 1), or another value is not finite and above 0."""
    for value in weight:
        _require(0 < value < 1, "weight", "must lie strictly between 0 and 1", value)
    for name, values in positive.items():
        for value in values:
            _require(0 < value < math.inf, name, "must be finite and above 0", value)


def _converted(key: str, value: Any, default: object) -> Any:  # noqa: ANN401  (of the type of the default)
    """The value in the type of the default; lists for tuples, whole numbers for floats."""
    if isinstance(default, tuple):
        items = value if isinstance(value, list | tuple) else [value]
        return tuple(_converted(key, item, default[0]) for item in items)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(default, float) and (whole or isinstance(value, float)):
        return float(value)
    if type(value) is type(default):
        return value
    kind = {bool: "true or false", int: "a whole number", float: "a number"}[type(default)]
    msg = f"{key} must be {kind}, got {value!r}"
    raise DesignError(msg)
