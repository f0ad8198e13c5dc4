"""Observations: a weighted sample, and how one is made from arrays.

Plain data is the case of unit weights. Everything that estimates takes its observations in this form.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.data.text import glance, plain
from mixstudy.model import Floats, Prior

MIN_OBSERVATIONS = 4
"""As many observations as the model has parameters."""
MIN_DISTINCT = 3
"""With two distinct values, a component on each lets sigma go to 0 and the likelihood to infinity."""
SCALES = (1e-100, 1e100)
"""Standard deviations whose cube, inverse cube and n-fold stay within float64."""
MAX_MAGNITUDE = 1e300
"""Largest absolute value: differences and sums of so many as there may be stay below the largest float, 1.8e308."""


class DataError(ValueError):
    """The data cannot be used; the message says why, what was found and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the observations came from."""

    description: str
    """One line for a reader, such as ``old_faithful.csv, column waiting``."""
    sha256: str
    """Hash of the observations as little-endian float64, in their order."""
    dropped: int = 0
    """Missing values that were dropped on request."""
    seed: int | None = None
    """Seed of the simulation, where the data were simulated."""
    label: str = "x"
    """What was observed, as an axis names it; of a column its name."""
    unit: str | None = None
    """Its unit, such as ``min``, where it is known."""

    def __post_init__(self) -> None:
        for name in ("description", "label", "unit"):
            text = getattr(self, name)
            object.__setattr__(self, name, text and plain(text))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WeightedSample:
    """Observations as weighted points."""

    points: Floats
    """Positions, shape ``(m,)``, data units."""
    weights: Floats
    """Observations that each point stands for, shape ``(m,)``."""
    source: Source
    """Where they came from."""
    n: float = field(init=False)
    """Number of observations, the sum of the weights."""
    mean: float = field(init=False)
    """Mean of the observations, data units."""
    sd: float = field(init=False)
    """Standard deviation with divisor n - 1, data units."""

    def __post_init__(self) -> None:
        for array in (self.points, self.weights):
            array.setflags(write=False)
        n = float(self.weights.sum())
        mean, sd = _mean_and_sd(self.points, self.weights, n)
        for name, value in (("n", n), ("mean", mean), ("sd", sd)):
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return glance(type(self).__name__, self.source.description, self._sizes())

    def _sizes(self) -> str:
        return f"n = {self.n:.15g}, mean {self.mean:.6g}, sd {self.sd:.6g}, {self.points.size} weighted points"

    @property
    def positions_and_counts(self) -> tuple[Floats, Floats]:
        """Places where observations lie, ascending or not, and how many lie there; for counting and drawing."""
        return self.points, self.weights

    @property
    def standardised(self) -> Floats:
        """The points as ``(points - mean) / sd``, shape ``(m,)``."""
        return (self.points - self.mean) / self.sd

    @property
    def centre(self) -> Floats:
        """What standard units take off each parameter: ``(0, mean, mean, 0)``."""
        return np.array([0.0, self.mean, self.mean, 0.0])

    @property
    def unit(self) -> Floats:
        """What standard units divide each parameter by: ``(1, sd, sd, sd)``."""
        return np.array([1.0, self.sd, self.sd, self.sd])

    def to_standard(self, theta: ArrayLike) -> Floats:
        """Parameters in data units, shape ``(..., 4)``, as those of the standardised points."""
        return (np.asarray(theta, dtype=np.float64) - self.centre) / self.unit

    def from_standard(self, theta: ArrayLike) -> Floats:
        """Parameters of the standardised points, shape ``(..., 4)``, in data units."""
        return np.asarray(theta, dtype=np.float64) * self.unit + self.centre


def _mean_and_sd(points: Floats, weights: Floats, n: float) -> tuple[float, float]:
    """Two-pass mean and standard deviation, safe at large offsets and at extreme scales."""
    origin = float(points[0])
    shifted = points - origin
    reach = float(np.abs(shifted).max())
    unit = shifted / reach
    mean = float(weights @ unit) / n
    variance = float(weights @ (unit - mean) ** 2) / (n - 1)
    return origin + reach * mean, reach * math.sqrt(variance)


def as_sample(
    x: ArrayLike | WeightedSample, *, weights: ArrayLike | None = None, source: Source | None = None
) -> WeightedSample:
    """Validate observations and wrap them as a sample; a sample is returned as it is.

    Args:
        x: Observations, shape ``(n,)``, data units.
        weights: How many observations each value stands for, shape ``(n,)``, above 0; one each by default.
        source: Where they came from; described as an array by default.

    Raises:
        DataError: Not one-dimensional numbers, missing, infinite or overflowing values, fewer than 4 observations or
            fewer than 3 distinct values, or weights that do not fit.
    """
    if isinstance(x, WeightedSample):
        return x
    points = _as_vector(x)
    require_finite(points)
    unit = np.ones_like(points) if weights is None else _as_weights(weights, points)
    require_enough(points, float(unit.sum()))
    return WeightedSample(
        points=points,
        weights=unit,
        source=source or Source(description="an array", sha256=sha256_of(points), label=_label_of(x)),
    )


def _label_of(x: object) -> str:
    """The name of a pandas series, which is that of its column; else ``x``."""
    name = getattr(x, "name", None)
    return name if isinstance(name, str) and name else "x"


def sha256_of(points: Floats) -> str:
    """Hash of the observations as little-endian float64."""
    return hashlib.sha256(np.ascontiguousarray(points, dtype="<f8")).hexdigest()


def _as_vector(x: ArrayLike) -> Floats:
    if isinstance(x, np.ndarray) and (np.ma.isMaskedArray(x) or np.iscomplexobj(x)):
        msg = "the observations must be plain real numbers, got a masked or complex array"
        raise DataError(msg)
    try:
        points = np.array(x, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"the observations must be numbers; {error}"
        raise DataError(msg) from error
    if points.ndim != 1:
        msg = f"the observations must be one-dimensional, got shape {points.shape}"
        raise DataError(msg)
    return points


def _as_weights(weights: ArrayLike, points: Floats) -> Floats:
    array = _as_vector(weights)
    if array.shape != points.shape or not (np.isfinite(array) & (array > 0)).all():
        msg = f"weights must be finite, above 0 and as many as the {points.size} observations"
        raise DataError(msg)
    return array


def require_finite(points: Floats) -> None:
    """Raise ``DataError`` where a value is missing or infinite, or so large that squares overflow."""
    for kind, is_kind in (("missing", np.isnan), ("infinite", np.isinf)):
        where = np.flatnonzero(is_kind(points))
        if where.size:
            msg = f"{where.size} {kind} value(s), the first at position {where[0]}"
            raise DataError(msg)
    largest = max(points.max(initial=0), points.min(initial=0), key=abs)
    if abs(largest) > MAX_MAGNITUDE:
        msg = f"the value {largest:g} is so large that sums overflow: rescale the data"
        raise DataError(msg)


def require_scale(sample: WeightedSample) -> None:
    """Raise ``DataError`` where the spread is so absurd that its powers leave the range of floats."""
    if not SCALES[0] < sample.sd < SCALES[1]:
        found = f"the standard deviation, {sample.sd:.3g}, is beyond {SCALES[0]:g} to {SCALES[1]:g}"
        msg = f"{sample.source.description}: {found}; rescale the data"
        raise DataError(msg)


def require_enough(points: Floats, n: float) -> None:
    """Raise ``DataError`` where the model can't be estimated from so few (distinct) values."""
    if n < MIN_OBSERVATIONS:
        msg = f"the model has four parameters and needs at least {MIN_OBSERVATIONS} observations, got {n:g}"
        raise DataError(msg)
    if not ((points != points.min()) & (points != points.max())).any():
        distinct = np.unique(points).size
        msg = (
            f"the observations have only {distinct} distinct value(s) and the model needs at least {MIN_DISTINCT}: "
            "with fewer the likelihood is unbounded (a component on each value, sigma towards 0)"
        )
        raise DataError(msg)


def default_prior(sample: WeightedSample) -> Prior:
    """The weakly informative prior: centred on the mean of the data, scaled by their standard deviation."""
    return Prior(centre=sample.mean, scale=sample.sd)
