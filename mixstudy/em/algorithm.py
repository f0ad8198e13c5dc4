"""One climb of the likelihood: E-step, M-step, starts, acceleration, stopping.

E-step: because sigma is shared, the log-odds of component 1 are linear in x, so a responsibility is one logistic,

    r = 1 / (1 + exp(-(a + b x))),    b = (mu1 - mu2) / sigma^2,    a = log(w / (1 - w)) - b (mu1 + mu2) / 2.

M-step: weighted count, means and the pooled within-component variance (Dempster, Laird & Rubin 1977),

    w = sum r / n,  mu1 = sum r x / sum r,  mu2 likewise with 1 - r,
    sigma^2 = sum [ r (x - mu1)^2 + (1 - r) (x - mu2)^2 ] / n.

The climb is accelerated by SQUAREM (Varadhan & Roland 2008) and stops by the estimated distance to the maximum in
standard errors. Everything runs on standardised data.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit

from mixstudy.em.likelihood import Expectation, curvature_from, distance_to_maximum, expectation
from mixstudy.model import Floats

TOLERANCE = 1e-6
"""Distance to the maximum, in standard errors, at which the climb stops: far below any figure that is reported."""
ROUNDING = 1e-15
"""Rounding error of a standardised point; over sigma it is that of a residual, and root n of those disturb the score
by as many standard errors. It takes over where sigma is a billionth of the spread."""
MAX_CYCLES = 2_000
"""SQUAREM cycles allowed to one start; the slowest known case needs about a tenth."""
MIN_COUNT = 1e-6
"""A component whose expected count falls below this many observations is empty."""
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
OUTLIERS = 3
"""Beside the ladder, the 1 to 3 outermost points on each side start as a component of their own."""


class EMStatus(Enum):
    """How a run of EM ended."""

    CONVERGED = "EM converged: it stands within a millionth of a standard error of a maximum of the likelihood."
    ITERATION_LIMIT = "EM was stopped by its limit on iterations before it reached a maximum."
    SADDLE = "EM came to rest on a saddle of the likelihood (both means equal), which is not a maximum."
    EMPTIED = "EM lost a component: its expected count fell to zero."
    PLAIN = "Textbook EM ran for the iterations asked for; whether it had converged was not judged."


class Standardised(NamedTuple):
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


class Climb(NamedTuple):
    """One run from one start."""

    path: list[tuple[str, Floats, float]]
    status: EMStatus
    distance: float

    @property
    def theta(self) -> Floats:
        """Where the climb ended."""
        return self.path[-1][1]

    @property
    def log_likelihood(self) -> float:
        """Its height there, nats, of the standardised data."""
        return self.path[-1][2]


def _e_step(data: Standardised, theta: Floats) -> _Point:
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


def climb(data: Standardised, start: Floats) -> Climb:
    """Climb from ``start`` by cycles of two EM steps and one squared step, the likelihood never falling."""
    here = _e_step(data, start)
    path = [("start", start, here.log_likelihood)]
    rounding = ROUNDING * math.sqrt(data.weights.sum())
    for _ in range(MAX_CYCLES):
        tolerance = TOLERANCE + rounding / here.theta[3]
        steps = list(_cycle(data, here))
        if not steps:
            return Climb(path, EMStatus.EMPTIED, math.inf)
        step, met = _em_step(here, steps[0][1].theta)
        if step < 2 * tolerance or met:
            distance = distance_to_maximum(curvature_from(here.expected, here.theta))
            if distance < tolerance:
                return Climb(path, EMStatus.CONVERGED, distance)
            if math.isinf(distance) and (met or step < STANDSTILL):
                return Climb(path, EMStatus.SADDLE, distance)
        path += [(kind, point.theta, point.log_likelihood) for kind, point in steps]
        here = steps[-1][1]
    distance = distance_to_maximum(curvature_from(here.expected, here.theta))
    return Climb(path, EMStatus.ITERATION_LIMIT, distance)


def _em_step(here: _Point, after: Floats) -> tuple[float, bool]:
    """Length of an EM step in complete-data standard errors, and whether the means have met.

    The step is the score times the inverse complete-data information, which is never below the observed one: so the
    distance to the maximum is at least as long, and need not be worked out before the step is short.
    """
    weight, mu1, mu2, sigma = (after - here.theta).tolist()
    share, spread = here.theta[0], here.theta[3]
    means = share * mu1**2 + (1 - share) * mu2**2 + 2 * sigma**2
    squared = (here.expected.n1 + here.expected.n2) * (weight**2 / (share * (1 - share)) + means / spread**2)
    return math.sqrt(squared), abs(after[2] - after[1]) < MEANS_MET * after[3]


def _cycle(data: Standardised, here: _Point) -> Iterator[tuple[str, _Point]]:
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


def starts(data: Standardised) -> Iterator[Floats]:
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


def march(data: Standardised, start: Floats, iterations: int) -> Climb:
    """Textbook EM: so many iterations, no acceleration, no judgement."""
    here = _e_step(data, start)
    path, status = [("start", start, here.log_likelihood)], EMStatus.PLAIN
    for _ in range(iterations):
        theta = _m_step(here)
        if theta is None or not _valid(theta):
            status = EMStatus.EMPTIED
            break
        here = _e_step(data, theta)
        path.append(("em", theta, here.log_likelihood))
    return Climb(path, status, distance_to_maximum(curvature_from(here.expected, here.theta)))
