"""Maximum likelihood by EM: every start climbs, every distinct maximum is reported, the highest is the estimate.

EM itself is in ``algorithm``. It runs on standardised data and is mapped back, so that estimates and stopping are the
same under ``x -> a x + b``; many observations are compressed first, on cells as fine as the fit needs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.compression.compress import CompressedSample, Region
from mixstudy.compression.refine import coarsen, compress_if_large, refine_until_accurate
from mixstudy.data.sample import WeightedSample, as_sample, require_scale
from mixstudy.data.text import glance, html_glance
from mixstudy.em.algorithm import CONVERGED, MIN_COUNT
from mixstudy.em.likelihood import PerParameter, covariance, curvature, wald_intervals
from mixstudy.em.run import EMStatus, Path, follow, run_em
from mixstudy.model import LABELS, Floats, Parameters

if TYPE_CHECKING:
    import pandas as pd

LADDER = (0.002, 0.005, 0.01, 0.03, 0.07, 0.15, 0.3, 0.5, 0.7, 0.85, 0.93, 0.97, 0.99, 0.995, 0.998)
"""Quantiles at which the sorted sample is cut for the starts."""
OUTLIERS = 3
"""Beside the ladder, the 1 to 3 outermost points on each side start as a component of their own."""
REACH = 6.0
"""Standard errors of the slope within which no draw of thousands is missed, with room for skewness."""

ROUNDED = 0.01
"""Standard errors by which the rounding of observations and estimates may move a maximum that counts as reached, the
most that printing is forgiven too (``comparison.checks.STATIONARY``)."""
SHORT = 1e-3
"""Standard errors from the maximum, by the score, from which a climb that could not go on was stopped by rounding."""


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
    """What each iteration was: ``start``, ``em``, ``squarem`` or ``newton``."""
    iterates: Floats
    """The parameters (data units, labels as they came) and the log-likelihood after each, shape ``(k, 5)``."""
    sample: WeightedSample
    """The observations."""

    def __repr__(self) -> str:
        length = f"{len(self.steps) - 1} iterations, log-likelihood {self.log_likelihood:.10g} nats"
        return glance("EMFit", self.status.value, self.sample.source.description, length, rows=self._rows())

    def _repr_html_(self) -> str:
        return html_glance(self.status.value, self._rows())

    def _rows(self) -> list[tuple[str, ...]]:
        """The estimate with its errors, for a reader."""
        values = zip(LABELS, self.parameters, self.standard_errors, strict=True)
        return [("", "estimate", "s.e."), *((label, f"{value:.6g}", f"{error:.3g}") for label, value, error in values)]

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
    fit = refine_until_accurate(compress_if_large(x), _highest, _regions)
    if not isinstance(fit.sample, CompressedSample):
        return fit
    return replace(fit, sample=coarsen(fit.sample, _regions(fit)[0].widened(_margin(fit))))


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
    """Climb from every start; follow the climb to the highest maximum once more, alone."""
    require_scale(sample)
    t, weights = sample.standardised, sample.weights
    begin = starts(t, weights)
    ends = run_em(t, weights, begin[None])
    theta, heights, _, status, leader = (array[0] for array in ends)
    tops = np.flatnonzero((status == CONVERGED) & (leader == np.arange(leader.size)))
    tops = tops[np.argsort(-heights[tops], kind="stable")]
    maxima = tuple(
        LocalMaximum(
            parameters=_in_data_units(sample, theta[k]),
            log_likelihood=float(heights[k]) - sample.n * math.log(sample.sd),
            starts=int(np.sum(leader == k)),
        )
        for k in tops
    )
    best = tops[0] if tops.size else np.argmax(heights)
    return _fit(sample, follow(t, weights, begin[best]), maxima)


def starts(t: Floats, weights: Floats) -> Floats:
    """Class moments of the sorted sample, cut at each rung and behind the outermost points, shape ``(k, 4)``.

    The evenest halves come first: who meets others at a maximum then has the shortest path to it.
    """
    order = np.argsort(t, kind="stable")
    t, weights = t[order], weights[order]
    cumulated = np.cumsum(weights)
    n, place = cumulated[-1], np.arange(t.size)
    outermost = np.arange(1, OUTLIERS + 1)
    cuts = np.unique(np.concatenate([np.searchsorted(cumulated, np.array(LADDER) * n), outermost, t.size - outermost]))
    below = np.where(place < cuts[(cuts > 0) & (cuts < t.size), None], weights, 0.0)
    above = weights - below
    n1, n2 = below.sum(axis=1), above.sum(axis=1)
    mu1, mu2 = below @ t / n1, above @ t / n2
    squares = np.sum(below * (t - mu1[:, None]) ** 2 + above * (t - mu2[:, None]) ** 2, axis=1)
    theta: Floats = np.stack([n1 / n, mu1, mu2, np.sqrt(np.maximum(squares, 0.0) / n)], axis=1)
    theta = theta[(np.minimum(n1, n2) > MIN_COUNT) & (mu1 < mu2) & (theta[:, 3] > 0)]
    return theta[np.argsort(np.abs(theta[:, 0] - 0.5), kind="stable")]


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
    path = follow(sample.standardised, sample.weights, sample.to_standard(theta), iterations=iterations)
    return _fit(sample, path, ())


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


def _fit(sample: WeightedSample, path: Path, maxima: tuple[LocalMaximum, ...]) -> EMFit:
    """Map a climb back to data units."""
    theta = Parameters.relabelled(path.iterates[-1, :4])
    at = curvature(sample.standardised, sample.weights, theta.array)
    cov = covariance(at) * np.outer(sample.unit, sample.unit)
    heights = path.iterates[:, 4:] - sample.n * math.log(sample.sd)
    iterates = np.hstack([sample.from_standard(path.iterates[:, :4]), heights])
    for array in (cov, iterates):
        array.setflags(write=False)
    parameters = _in_data_units(sample, theta.array)
    coarse = _rounding(sample, parameters) > ROUNDED or path.distance > SHORT
    return EMFit(
        parameters=parameters,
        standard_errors=PerParameter(*np.sqrt(np.diag(cov)).tolist()),
        covariance=cov,
        log_likelihood=float(heights[-1, 0]),
        distance=path.distance,
        status=EMStatus.ROUNDED if coarse and path.status is EMStatus.CONVERGED else path.status,
        maxima=maxima,
        steps=path.steps,
        iterates=iterates,
        sample=sample,
    )


def _rounding(sample: WeightedSample, parameters: Parameters) -> float:
    """Standard errors by which the last digit of the largest observation moves the estimate."""
    return math.sqrt(sample.n) * float(np.spacing(np.abs(sample.points).max())) / parameters.sigma


def _in_data_units(sample: WeightedSample, theta: Floats) -> Parameters:
    return Parameters.relabelled(sample.from_standard(theta))
