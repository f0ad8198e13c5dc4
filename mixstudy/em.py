"""Expectation-maximisation for the shared-sigma mixture, by hand.

E-step: because sigma is shared, the log-odds of component 1 are linear in x, so a responsibility is one logistic,

    r = 1 / (1 + exp(-(a + b x))),    b = (mu1 - mu2) / sigma^2,    a = log(w / (1 - w)) - b (mu1 + mu2) / 2.

M-step: weighted count, means and the pooled within-component variance (Dempster, Laird & Rubin 1977),

    w = sum r / n,  mu1 = sum r x / sum r,  mu2 likewise with 1 - r,
    sigma^2 = sum [ r (x - mu1)^2 + (1 - r) (x - mu2)^2 ] / n.

The climb is accelerated by SQUAREM (Varadhan & Roland 2008), started from a ladder of quantile cuts, and stops by the
estimated distance to the maximum in standard errors. Everything runs on standardised data and is mapped back.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from mixstudy.compress import CompressedSample, Region, condensed, finer_for, slimmed
from mixstudy.information import (
    Curvature,
    Expectation,
    PerParameter,
    covariance,
    curvature,
    curvature_from,
    distance_to_maximum,
    expectation,
    wald_intervals,
)
from mixstudy.model import LABELS, Floats, Parameters
from mixstudy.sample import WeightedSample, as_sample

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-6
"""Distance to the maximum, in standard errors, at which the climb stops: far below any figure that is reported."""
ROUNDING = 1e-15
"""Rounding error of a standardised point; over sigma it is that of a residual, and root n of those disturb the score
by as many standard errors. It takes over where sigma is a billionth of the spread."""
MAX_CYCLES = 2_000
"""SQUAREM cycles allowed to one start; the slowest known case needs about a tenth."""
MIN_COUNT = 1e-6
"""A component whose expected count falls below this many observations is empty."""
SAME_MAXIMUM = 1e-2
"""Two ends closer than this many standard errors are one maximum: 10 000 times the stopping distance."""
MEANS_MET = 0.1
"""Separation, in sigma, below which an indefinite information matrix means that the climb is stuck on the plateau
of the saddle, where EM moves only algebraically; every start begins at least 1 apart."""
STANDSTILL = 1e-10
"""Step, in complete-data standard errors, at which a climb with an indefinite information matrix rests on a saddle."""
MAX_RETREATS = 5
"""How many lengths of a squared step are tried before the cycle ends with its two EM steps."""
RETREAT = 4.0
"""Factor by which a rejected step shrinks towards the EM step (as in Varadhan & Roland's R package)."""
MIN_EXCESS = 0.01
"""A squared step less than this much longer than EM's own is not worth its two E-steps."""
LADDER = (0.002, 0.005, 0.01, 0.03, 0.07, 0.15, 0.3, 0.5, 0.7, 0.85, 0.93, 0.97, 0.99, 0.995, 0.998)
"""Quantiles at which the sorted sample is cut for the starts."""
MAX_REFITS = 4
"""Fits to compressed observations, each on finer cells than the one before."""
OUTLIERS = 3
"""Beside the ladder, the 1 to 3 outermost points on each side start as a component of their own."""


class EMStatus(Enum):
    """How a run of EM ended."""

    CONVERGED = "EM converged: it stands within a millionth of a standard error of a maximum of the likelihood."
    ITERATION_LIMIT = "EM was stopped by its limit on iterations before it reached a maximum."
    SADDLE = "EM came to rest on a saddle of the likelihood (both means equal), which is not a maximum."
    EMPTIED = "EM lost a component: its expected count fell to zero."
    PLAIN = "Textbook EM ran for the iterations asked for; whether it had converged was not judged."


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


class _Standardised(NamedTuple):
    """The sample in units of its own mean and standard deviation."""

    t: Floats
    weights: Floats


class _Point(NamedTuple):
    """A point of the climb, with what the E-step finds there."""

    theta: Floats
    expected: Expectation

    @property
    def log_likelihood(self) -> float:
        return self.expected.log_likelihood


class _Climb(NamedTuple):
    """One run from one start."""

    path: list[tuple[str, Floats, float]]
    status: EMStatus
    distance: float

    @property
    def theta(self) -> Floats:
        return self.path[-1][1]

    @property
    def log_likelihood(self) -> float:
        return self.path[-1][2]


def _e_step(data: _Standardised, theta: Floats) -> _Point:
    """Sum the expected counts and moments of both components at ``theta``."""
    return _Point(theta, expectation(data.t, data.weights, theta))


def _m_step(point: _Point) -> Floats | None:
    """Maximise the expected complete-data log-likelihood; None where a component is empty.

    The sums are about the old means and in units of the old sigma; the new sigma pools the residuals of both
    components and divides by n.
    """
    (_, mu1, mu2, sigma), e = point.theta.tolist(), point.expected
    if not min(e.n1, e.n2) > MIN_COUNT:
        return None
    n = e.n1 + e.n2
    spread = math.sqrt(max(e.squares, 0.0) / n)
    return np.array([e.n1 / n, mu1 + sigma * e.first1 / e.n1, mu2 + sigma * e.first2 / e.n2, spread])


def _unbounded(theta: Floats) -> Floats:
    """Coordinates in which every point is valid: logit of the weight, the means, log of sigma."""
    return np.array([logit(theta[0]), theta[1], theta[2], math.log(theta[3])])


def _bounded(u: Floats) -> Floats:
    return np.array([expit(u[0]), u[1], u[2], math.exp(u[3])])


def _leaps(theta0: Floats, theta1: Floats, theta2: Floats) -> Iterator[Floats]:
    """SQUAREM's squared step through three successive EM iterates, then shorter ones to fall back on.

    The length is scheme S3 of Varadhan & Roland (2008); length 1 would be the second EM iterate itself.
    """
    u0, u1, u2 = _unbounded(theta0), _unbounded(theta1), _unbounded(theta2)
    r, v = u1 - u0, u2 - 2 * u1 + u0
    curved = math.sqrt(v @ v)
    excess = math.sqrt(r @ r) / curved - 1 if curved else 0.0
    for _ in range(MAX_RETREATS):
        if not excess > MIN_EXCESS:
            return
        length = 1 + excess
        with np.errstate(over="ignore"):
            leap = _bounded(u0 + 2 * length * r + length**2 * v)
        if _valid(leap):
            yield leap
        excess /= RETREAT


def _valid(theta: Floats) -> bool:
    return bool(np.isfinite(theta).all() and 0 < theta[0] < 1 and theta[3] > 0)


def _climb(data: _Standardised, start: Floats) -> _Climb:
    """Climb from ``start`` by cycles of two EM steps and one squared step, the likelihood never falling."""
    here = _e_step(data, start)
    path = [("start", start, here.log_likelihood)]
    distance, reach = math.inf, math.sqrt(data.weights.sum())
    for _ in range(MAX_CYCLES):
        at = curvature_from(here.expected, here.theta)
        distance = distance_to_maximum(at)
        if distance < TOLERANCE + ROUNDING * reach / here.theta[3]:
            return _Climb(path, EMStatus.CONVERGED, distance)
        steps = list(_cycle(data, here))
        if not steps:
            return _Climb(path, EMStatus.EMPTIED, distance)
        if math.isinf(distance) and _on_saddle(at, here.theta, steps[0][1].theta):
            return _Climb(path, EMStatus.SADDLE, distance)
        path += [(kind, point.theta, point.log_likelihood) for kind, point in steps]
        here = steps[-1][1]
    return _Climb(path, EMStatus.ITERATION_LIMIT, distance)


def _cycle(data: _Standardised, here: _Point) -> Iterator[tuple[str, _Point]]:
    """Two EM steps, then the squared step with an EM step to settle it, kept only where the likelihood rises."""
    points = [here]
    for _ in range(2):
        theta = _m_step(points[-1])
        if theta is None or not _valid(theta):
            return
        points.append(_e_step(data, theta))
        yield "em", points[-1]
    for leap in _leaps(*(point.theta for point in points)):
        settled = _m_step(_e_step(data, leap))
        if settled is not None and _valid(settled):
            after = _e_step(data, settled)
            if after.log_likelihood > points[-1].log_likelihood:
                yield "squarem", after
                return


def _on_saddle(at: Curvature, theta: Floats, after: Floats) -> bool:
    """Whether the means have met, where EM drifts only algebraically, or the climb stands still."""
    step = (after - theta) * np.sqrt(at.complete)
    return bool(abs(after[2] - after[1]) < MEANS_MET * after[3] or math.sqrt(step @ step) < STANDSTILL)


def _starts(data: _Standardised) -> Iterator[Floats]:
    """Class moments of the sorted sample, cut at each rung of the ladder and behind each outermost point."""
    order = np.argsort(data.t, kind="stable")
    t, weights = data.t[order], data.weights[order]
    cumulated = np.cumsum(weights)
    rungs = np.searchsorted(cumulated, np.array(LADDER) * cumulated[-1])
    outermost = np.arange(1, OUTLIERS + 1)
    cuts = np.unique(np.concatenate([rungs, outermost, t.size - outermost]))
    for cut in cuts[(cuts > 0) & (cuts < t.size)]:
        start = _class_moments(t, weights, cut)
        if start is not None:
            yield start


def _class_moments(t: Floats, weights: Floats, cut: int) -> Floats | None:
    """Weight, means and pooled standard deviation of the points below and above the cut."""
    n1, n2 = float(weights[:cut].sum()), float(weights[cut:].sum())
    if not min(n1, n2) > MIN_COUNT:
        return None
    mu1, mu2 = weights[:cut] @ t[:cut] / n1, weights[cut:] @ t[cut:] / n2
    squares = weights[:cut] @ (t[:cut] - mu1) ** 2 + weights[cut:] @ (t[cut:] - mu2) ** 2
    theta = np.array([n1 / (n1 + n2), mu1, mu2, math.sqrt(max(float(squares), 0.0) / (n1 + n2))])
    return theta if mu1 < mu2 and _valid(theta) else None


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
    return replace(fit, sample=slimmed(fit.sample, _regions(fit)[0]))


def _regions(fit: EMFit) -> list[Region]:
    """Where the likelihood was compared: at every maximum, or at the end of a climb that found none."""
    return [Region.around([*maximum.parameters]) for maximum in fit.maxima] or [Region.around([*fit.parameters])]


def _highest(sample: WeightedSample) -> EMFit:
    """Climb from every start."""
    data = _Standardised(sample.standardised, sample.weights)
    climbs = sorted((_climb(data, start) for start in _starts(data)), key=lambda c: c.log_likelihood, reverse=True)
    tops = [climb for climb in climbs if climb.status is EMStatus.CONVERGED]
    return _fit(sample, data, (tops or climbs)[0], _distinct(sample, data, tops))


def _distinct(sample: WeightedSample, data: _Standardised, tops: Sequence[_Climb]) -> tuple[LocalMaximum, ...]:
    """Group the ends of the climbs, highest first, into distinct maxima."""
    groups: list[list[_Climb]] = []
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
    data = _Standardised(sample.standardised, sample.weights)
    shift, unit = np.array([0, sample.mean, sample.mean, 0]), _units(sample)
    return _fit(sample, data, _march(data, (theta - shift) / unit, iterations), ())


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


def _march(data: _Standardised, start: Floats, iterations: int) -> _Climb:
    here = _e_step(data, start)
    path, status = [("start", start, here.log_likelihood)], EMStatus.PLAIN
    for _ in range(iterations):
        theta = _m_step(here)
        if theta is None or not _valid(theta):
            status = EMStatus.EMPTIED
            break
        here = _e_step(data, theta)
        path.append(("em", theta, here.log_likelihood))
    return _Climb(path, status, distance_to_maximum(curvature_from(here.expected, here.theta)))


def _fit(sample: WeightedSample, data: _Standardised, climb: _Climb, maxima: tuple[LocalMaximum, ...]) -> EMFit:
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
