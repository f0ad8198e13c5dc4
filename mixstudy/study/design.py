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
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from mixstudy.data.files import read_short
from mixstudy.data.sample import MIN_OBSERVATIONS
from mixstudy.mcmc.settings import MANY, SamplerSettings
from mixstudy.model import MU_SCALES, Parameters, Prior, require_level

MOST_OBSERVATIONS = 10**9
"""Of a data set: 8 GB; more would not be simulated but run out of memory."""
MOST_DATA_SETS = 10**7
"""Of a design: months of work; more is a slip of the pen."""
AXES = ("n", "weight", "separation", "prior")
"""What a cell is made of."""
SAMPLING = ("chains", "draws", "tune", "escalate")
"""Keys of a design that belong to its sampler."""


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
class StudyDesign:
    """What all designs have, and how they are written: as plain values, the sampler's among the others."""

    seed: int = 0
    """Where all random streams come from, 0 or above."""
    sampler: SamplerSettings = MANY
    """How each posterior is sampled; its own seed is not used, as every data set has one of the design's."""

    def sampler_at(self, seed: int) -> SamplerSettings:
        """How the posterior of one data set is sampled."""
        return replace(self.sampler, seed=seed)

    def as_dict(self) -> dict[str, Any]:
        """The design as a TOML or JSON file would hold it."""
        own = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "sampler"}
        lists = {name: list(value) if isinstance(value, tuple) else value for name, value in own.items()}
        return lists | {name: getattr(self.sampler, name) for name in SAMPLING}

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Self:
        """Build from keys and values; a single value stands for a list of one, what is left out is the default.

        Raises:
            DesignError: A key is unknown, or a value is of the wrong type or out of its range.
        """
        found = typed(values, cls().as_dict())
        sampling = {name: found.pop(name) for name in SAMPLING if name in found}
        return cls(**found, sampler=replace(cls().sampler, **sampling))

    @classmethod
    def from_toml(cls, path: Path) -> Self:
        """Read from a TOML file of such keys and values.

        Raises:
            DesignError: The file can't be read as TOML, or its design can't be used; the message names the file.
        """
        try:
            return cls.from_mapping(read_toml(path))
        except ValueError as error:
            msg = f"{path}: {str(error).removeprefix(f'{path}: ')}"
            raise DesignError(msg) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorDesign(StudyDesign):
    """A design that says under which prior the posteriors are sampled, the default's shape or another."""

    prior_means: float = MU_SCALES
    """Standard deviation of both means under the prior, in its scales, above 0."""
    prior_sigma: float = 1.0
    """Scale of sigma's half-normal, in its scales, above 0."""
    prior_weight: tuple[float, float] = (1.0, 1.0)
    """The two numbers of the weight's Beta, above 0; both 1 is uniform."""

    def prior_at(self, *, centre: float, scale: float) -> Prior:
        """The prior with that centre and unit, data units.

        Raises:
            ValueError: A number of its shape is out of its range.
        """
        return Prior(
            centre=centre, scale=scale, means=self.prior_means, sigma=self.prior_sigma, weight=self.prior_weight
        )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Design(PriorDesign):
    """A grid of cells and how often each is repeated; the default ends within ten minutes on two cores."""

    n: tuple[int, ...] = (100, 1_000, 10_000, 100_000, 1_000_000)
    """Observations of a data set, 4 to 1e9."""
    weight: tuple[float, ...] = (0.3,)
    """Mass of component 1, in (0, 1)."""
    separation: tuple[float, ...] = (1.5, 3.0, 5.0)
    """Distance of the means in sigma, above 0."""
    prior: tuple[float, ...] = (1.0,)
    """Scale of the prior in standard deviations of the data, above 0; 1 is the default prior."""
    replicates: int = 50
    """Data sets in each cell, at least 1."""
    level: float = 0.95
    """Probability of the intervals, in (0, 1)."""

    def __post_init__(self) -> None:
        for name in AXES:
            values = getattr(self, name)
            _require(len(values) > 0, name, "must hold at least one value", values)
            _require(len(set(values)) == len(values), name, "must hold each value once", list(values))
        require_between("n", self.n, MIN_OBSERVATIONS, MOST_OBSERVATIONS)
        require_between("replicates", [self.replicates], 1, MOST_DATA_SETS // self.cells)
        require_between("seed", [self.seed], 0)
        require_shape(weight=self.weight, separation=self.separation, prior=self.prior)
        require_level(self.level)
        self.prior_at(centre=0.0, scale=1.0)

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return math.prod(len(getattr(self, name)) for name in AXES)

    @property
    def size(self) -> int:
        """How many data sets there are."""
        return self.cells * self.replicates

    def tasks(self) -> list[Task]:
        """All data sets, the first of every cell before the second of any: so every stretch costs about the same."""
        grid = list(itertools.product(*(range(len(getattr(self, name))) for name in AXES)))
        return [self._task((*cell, number)) for number in range(self.replicates) for cell in grid]

    def _task(self, place: tuple[int, ...]) -> Task:
        i, j, k, m, _ = place
        truth = Parameters(weight=self.weight[j], mu1=0.0, mu2=self.separation[k], sigma=1.0)
        seeds = seeds_at(self.seed, place)
        return Task(place=place, n=self.n[i], truth=truth, prior=self.prior[m], seeds=seeds)


def _require(holds: bool, name: str, rule: str, value: object) -> None:  # noqa: FBT001  (reads as a sentence)
    if not holds:
        msg = f"{name} {rule}, got {value!r}"
        raise DesignError(msg)


def require_between(name: str, values: Iterable[float], least: float, most: float = math.inf) -> None:
    """Raise ``DesignError`` where a value is outside ``[least, most]``."""
    for value in values:
        _require(value >= least, name, f"must be at least {least}", value)
        _require(value <= most, name, f"must be at most {most}", value)


def require_shape(*, weight: Iterable[float], **positive: Iterable[float]) -> None:
    """Raise ``DesignError`` where a weight is outside (0, 1), or another value is not finite and above 0."""
    for value in weight:
        _require(0 < value < 1, "weight", "must lie strictly between 0 and 1", value)
    for name, values in positive.items():
        for value in values:
            _require(0 < value < math.inf, name, "must be finite and above 0", value)


def read_toml(path: Path) -> dict[str, Any]:
    """The keys and values of a TOML file.

    Raises:
        DesignError: It can't be read; the message names the file.
    """
    try:
        return tomllib.loads(read_short(path).decode())
    except FileNotFoundError as error:
        msg = f"{path}: no such file; check the path"
        raise DesignError(msg) from error
    except (OSError, ValueError, RecursionError) as error:
        msg = f"{path}: can't be read as TOML: {error}"
        raise DesignError(msg) from error


def require_known(values: Iterable[str], known: Iterable[str]) -> None:
    """Raise ``DesignError`` where a key is not among those that are known, and name the nearest."""
    names = list(known)
    for key in values:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1, cutoff=0)
            msg = f"unknown key {key!r} in the design; did you mean {near[0]!r}? (known: {', '.join(names)})"
            raise DesignError(msg)


def typed(values: Mapping[str, object], known: Mapping[str, object]) -> dict[str, Any]:
    """Values in the types of those that are known by their names; a tuple for a list, a float for a whole number.

    Raises:
        DesignError: A name is unknown, or a value is of another type.
    """
    require_known(values, known)
    return {key: _converted(key, value, known[key]) for key, value in values.items()}


def _converted(key: str, value: Any, default: Any) -> Any:  # noqa: ANN401  (of the type of the default)
    if isinstance(default, list):
        items = value if isinstance(value, list | tuple) else [value]
        return tuple(_converted(key, item, default[0]) for item in items)
    if isinstance(value, float) and value.is_integer() and type(default) is int:
        return int(value)  # as 1e6 is written
    whole = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(default, float) and (whole or isinstance(value, float)):
        return float(value)
    if type(value) is type(default):
        return value
    kind = {bool: "true or false", int: "a whole number", float: "a number"}[type(default)]
    msg = f"{key} must be {kind}, got {value!r}"
    raise DesignError(msg)
