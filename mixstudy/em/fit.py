"""Maximum likelihood by EM: every start climbs, every distinct maximum is reported, the highest is the estimate.

The climb itself is in ``climb``. It runs on standardised data and is mapped back, so that estimates and stopping are
the same under ``x -> a x + b``; many observations are compressed first, on cells as fine as the fit needs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.compression.compress import CompressedSample, Region, condensed, finer_for, slimmed
from mixstudy.data.sample import WeightedSample, as_sample, require_scale
from mixstudy.em.algorithm import Climb, EMStatus, Standardised, climb, march, starts
from mixstudy.em.likelihood import PerParameter, covariance, curvature, wald_intervals
from mixstudy.model import LABELS, Floats, Parameters

if TYPE_CHECKING:
    import pandas as pd

SAME_MAXIMUM = 1e-2
"""Two ends closer than this many standard errors are one maximum: 10 000 times the stopping distance."""
REACH = 6.0
"""Standard errors of the slope within which no draw of thousands is missed, with room for skewness."""
MAX_REFITS = 4
"""Fits to compressed observations, each on finer cells than the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMaximum:
    """One maximum of the likelihood that the ladder of starts found."""

    parameters: Parameters
    """Where it lies, data units."""
    log_likelihood: float
    """Its height, nats."""
    starts: int
    """How many of the starts ended there."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EMFit:
    """The maximum-likelihood estimate and how it was reached."""

    parameters: Parameters
    """The estimate, data units."""
    standard_errors: PerParameter
    """From the inverse observed information, data units; NaN where that is not positive definite."""
    covariance: Floats
    """Inverse observed information, shape ``(4, 4)``, data units; NaN likewise."""
    log_likelihood: float
    """At the estimate, nats."""
    distance: float
    """Estimated distance to the maximum in standard errors."""
    status: EMStatus
    """How the run ended."""
    maxima: tuple[LocalMaximum, ...]
    """Every distinct local maximum found, the highest first; empty for textbook EM."""
    steps: tuple[str, ...]
    """What each iteration was: ``start``, ``em`` or ``squarem``."""
    iterates: Floats
    """The parameters (data units, labels as they came) and the log-likelihood after each, shape ``(k, 5)``."""
    sample: WeightedSample
    """The observations."""

    @property
    def trace(self) -> pd.DataFrame:
        """One row for each iteration: ``step``, the four parameters, ``log_likelihood``."""
        import pandas as pd  # here, as it takes a quarter of a second to load and fitting does without

        table = pd.DataFrame(self.iterates, columns=[*LABELS, "log_likelihood"]).rename_axis("iteration")
        table.insert(0, "step", self.steps)
        return table

    def interval(self, level: float = 0.95) -> Floats:
        """Wald intervals, shape ``(4, 2)``: lower and upper ends in the order of the labels, data units."""
        return wald_intervals(np.array([*self.parameters]), np.array(self.standard_errors), level=level)


def fit_em(x: ArrayLike | WeightedSample, *, exact: bool = False) -> EMFit:
    """Estimate the mixture by maximum likelihood, from every start of the ladder (accelerated EM).

    Args:
        x: Observations, shape ``(n,)``, data units, or a weighted sample.
        exact: Use all observations as they are, where otherwise many are compressed to a few hundred points.

    Returns:
        The highest maximum found, with the others beside it. Where no start reached a maximum, the highest point
        reached and a status that says so. Its ``sample`` is what was fitted, in as few points as the fit needs.

    Raises:
        DataError: The observations cannot be used (see ``as_sample``).
    """
    if exact:
        return _highest(as_sample(x))
    fit = _highest(condensed(x))
    for _ in range(MAX_REFITS):
        if not isinstance(fit.sample, CompressedSample) or (finer := finer_for(fit.sample, _regions(fit))) is None:
            break
        fit = _highest(finer)
    return replace(fit, sample=slimmed(fit.sample, _regions(fit)[0].widened(_margin(fit))))


def _margin(fit: EMFit) -> float:
    """How much steeper than at the estimate the log-odds are at ``REACH`` standard errors (delta method)."""
    _, mu1, mu2, sigma = fit.parameters
    gradient = np.array([0, -1 / (mu2 - mu1), 1 / (mu2 - mu1), -2 / sigma]) if mu1 < mu2 else np.full(4, math.nan)
    variance = float(gradient @ fit.covariance @ gradient)
    return math.inf if math.isnan(variance) else 1 + REACH * math.sqrt(variance)


def _regions(fit: EMFit) -> list[Region]:
    """Where the likelihood was compared: at every maximum, or at the end of a climb that found none."""
    return [Region.around([*maximum.parameters]) for maximum in fit.maxima] or [Region.around([*fit.parameters])]


def _highest(sample: WeightedSample) -> EMFit:
    """Climb from every start."""
    require_scale(sample)
    data = Standardised(sample.standardised, sample.weights)
    climbs = sorted((climb(data, start) for start in starts(data)), key=lambda c: c.log_likelihood, reverse=True)
    tops = [climb for climb in climbs if climb.status is EMStatus.CONVERGED]
    return _fit(sample, data, (tops or climbs)[0], _distinct(sample, data, tops))


def _distinct(sample: WeightedSample, data: Standardised, tops: Sequence[Climb]) -> tuple[LocalMaximum, ...]:
    """Group the ends of the climbs, highest first, into distinct maxima."""
    groups: list[list[Climb]] = []
    for top in tops:
        for group in groups:
            apart = _relabelled(top.theta) - (peak := _relabelled(group[0].theta))
            if math.sqrt(apart @ curvature(data.t, data.weights, peak).information @ apart) < SAME_MAXIMUM:
                group.append(top)
                break
        else:
            groups.append([top])
    return tuple(
        LocalMaximum(
            parameters=_in_data_units(sample, group[0].theta),
            log_likelihood=group[0].log_likelihood - sample.n * math.log(sample.sd),
            starts=len(group),
        )
        for group in groups
    )


def fit_em_plain(
    x: ArrayLike | WeightedSample, *, start: ArrayLike | None = None, iterations: int = 50, seed: int = 0
) -> EMFit:
    """Run textbook EM for a fixed number of iterations, so that it can be followed step by step.

    Args:
        x: Observations, shape ``(n,)``, data units, or a weighted sample.
        start: Weight, mu1, mu2, sigma in data units, in any order of the means; drawn from ``seed`` where None: weight
            uniform on (0, 1), both means uniform on the range of the data, sigma uniform below half that range.
        iterations: How many iterations to run, at least 1.
        seed: Seed of the random start.

    Returns:
        The last iterate, relabelled so that ``mu1 <= mu2``. Its ``trace`` keeps the labels as they came.

    Raises:
        DataError: The observations cannot be used (see ``as_sample``).
        ValueError: The start is out of its range or ``iterations`` is below 1.
    """
    sample = as_sample(x)
    if iterations < 1:
        msg = f"iterations must be at least 1, got {iterations}"
        raise ValueError(msg)
    theta = random_start(sample, seed=seed) if start is None else _checked_start(start)
    data = Standardised(sample.standardised, sample.weights)
    shift, unit = np.array([0, sample.mean, sample.mean, 0]), _units(sample)
    return _fit(sample, data, march(data, (theta - shift) / unit, iterations), ())


def random_start(sample: WeightedSample, *, seed: int) -> Floats:
    """Draw a start blindly: the weight on (0, 1), both means on the range of the data, sigma below half the range."""
    rng = np.random.default_rng(seed)
    low, high = sample.points.min(), sample.points.max()
    return np.array([rng.random(), *rng.uniform(low, high, 2), (1 - rng.random()) * (high - low) / 2])


def _checked_start(start: ArrayLike) -> Floats:
    Parameters.relabelled(start)
    theta = np.array(start, dtype=np.float64)
    if not 0 < theta[0] < 1:
        msg = f"the start's weight must lie strictly between 0 and 1, got {theta[0]!r}: EM can't leave either end"
        raise ValueError(msg)
    return theta


def _fit(sample: WeightedSample, data: Standardised, climb: Climb, maxima: tuple[LocalMaximum, ...]) -> EMFit:
    """Map a climb back to data units."""
    unit = _units(sample)
    theta = _relabelled(climb.theta)
    cov = covariance(curvature(data.t, data.weights, theta)) * np.outer(unit, unit)
    cov.setflags(write=False)
    iterates = np.array([[*point, height] for _, point, height in climb.path]) * [*unit, 1]
    iterates += [0, sample.mean, sample.mean, 0, -sample.n * math.log(sample.sd)]
    iterates.setflags(write=False)
    return EMFit(
        parameters=_in_data_units(sample, theta),
        standard_errors=PerParameter(*np.sqrt(np.diag(cov)).tolist()),
        covariance=cov,
        log_likelihood=float(iterates[-1, -1]),
        distance=climb.distance,
        status=climb.status,
        maxima=maxima,
        steps=tuple(kind for kind, _, _ in climb.path),
        iterates=iterates,
        sample=sample,
    )


def _units(sample: WeightedSample) -> Floats:
    return np.array([1, sample.sd, sample.sd, sample.sd])


def _relabelled(theta: Floats) -> Floats:
    return np.array([*Parameters.relabelled(theta)])


def _in_data_units(sample: WeightedSample, theta: Floats) -> Parameters:
    return Parameters.relabelled(theta).rescaled(centre=sample.mean, scale=sample.sd)
