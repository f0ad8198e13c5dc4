r"""Profile-likelihood intervals, to set beside Wald's.

The interval of one parameter holds every value ``v`` with (Wilks 1938; followed from the maximum outwards)

    2 [ l(theta_hat) - max { l(theta) : theta_j = v } ] <= z^2,    z = Phi^-1((1 + level) / 2).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit, ndtri

from mixstudy.data.sample import WeightedSample, as_sample
from mixstudy.em.fit import EMFit
from mixstudy.em.likelihood import Expectation, curvature_from, expectation
from mixstudy.model import Floats, Parameters, require_level

PROFILE_TOLERANCE = 1e-9
"""Distance to the constrained maximum, and of the root from z, at which the profile stops."""
BRACKET = 1e-7
"""Where the ridge ends before the cutoff is met, its end is bracketed to this share of its distance."""
PROFILE_STEPS = 100
"""Guarded Newton steps allowed to one point of the profile."""
ROOT_STEPS = 60
"""Steps allowed to one end of a profile interval; doubling that often leaves the range of the data far behind."""
STRIDE = 2.0
"""Longest Newton step, in logits of the weight, logs of sigma and sigmas of the means."""
OPEN_ENDS = ((0, 0), (0, 1), (1, 0), (2, 1))
"""Both ends of the weight, the lower end of mu1, the upper end of mu2: open where one normal distribution will do."""
_, MU1, MU2, SIGMA = range(4)
MAX_LOGIT = 27.0
"""Largest logit of the weight: closer to 0 or 1 (2e-12) its complement is rounding."""
ROUNDING = 1e-14
"""Relative rounding error of a log-likelihood, with a margin; a fall below it is none."""


def profile_intervals(
    x: EMFit | WeightedSample | ArrayLike, parameters: Parameters | None = None, *, level: float = 0.95
) -> Floats:
    """Profile-likelihood intervals (Venzon & Moolgavkar 1988), shape ``(4, 2)``, data units, rows as the labels.

    Each end is the crossing nearest to the estimate, ``mu1 <= mu2`` all the way. Where a normal distribution alone
    stands above the cutoff the data don't tell two components from one at this level, and the interval says so: the
    weight runs from 0 to 1, ``mu1`` from -inf, ``mu2`` to +inf (the component is empty there), the other ends are those
    of whichever reaches farther, mixture or normal. NaN marks an end that could not be followed.

    Args:
        x: An EM fit, or observations; weights may have either sign.
        parameters: The maximum of the likelihood, or near it; a fit brings its own.
        level: Coverage aimed at, in (0, 1).

    Raises:
        ValueError: ``level`` is out of its range, or observations came without parameters.
    """
    require_level(level)
    parameters = x.parameters if parameters is None and isinstance(x, EMFit) else parameters
    if parameters is None:
        msg = "profile_intervals needs an EM fit, or observations and the parameters at their maximum, got None"
        raise ValueError(msg)
    sample = x.sample if isinstance(x, EMFit) else as_sample(x)
    unit, shift = np.array([1, *[sample.sd] * 3]), np.array([0, sample.mean, sample.mean, 0])
    data = _Data(sample.standardised, sample.weights)
    peak = _maximise(data, _unbounded((np.array([*parameters]) - shift) / unit), fixed=None)
    if peak is None:
        return np.full((4, 2), math.nan)
    intervals: Floats = _ends(data, peak, float(ndtri((1 + level) / 2))) * unit[:, None] + shift[:, None]
    return intervals


class _Data(NamedTuple):
    """Standardised points ``t`` and their weights, both shape ``(m,)``."""

    t: Floats
    weights: Floats


class _Point(NamedTuple):
    """A point ``u = (logit weight, mu1, mu2, log sigma)``, the E-step's sums there, gradient and minus the Hessian."""

    u: Floats
    sums: Expectation
    score: Floats
    information: Floats

    @property
    def height(self) -> float:
        return self.sums.log_likelihood


def _unbounded(theta: Floats) -> Floats:
    return np.array([logit(theta[0]), theta[1], theta[2], math.log(theta[3])])


def _bounded(u: Floats) -> Floats:
    return np.array([expit(u[0]), u[1], u[2], math.exp(u[3])])


def _at(data: _Data, u: Floats) -> _Point | None:
    """Sums and derivatives, by the chain rule from the exact score and information; None outside the model."""
    theta = _bounded(u)
    weight, _, _, sigma = theta.tolist()
    if not (abs(u[0]) <= MAX_LOGIT and 0 < sigma < math.inf and np.isfinite(u).all()):
        return None
    sums = expectation(data.t, data.weights, theta)
    if not (math.isfinite(sums.log_likelihood) and min(sums.n1, sums.n2) > 0):
        return None
    found = curvature_from(sums, theta)
    slope = np.array([weight * (1 - weight), 1, 1, sigma])
    bend = np.array([slope[0] * (1 - 2 * weight), 0, 0, sigma]) * found.score
    return _Point(u, sums, found.score * slope, found.information * np.outer(slope, slope) - np.diag(bend))


def _maximise(data: _Data, u: Floats, *, fixed: int | None) -> _Point | None:
    """Climb over all coordinates but ``fixed``: by Newton where that rises, else by an EM step, which always does."""
    here, free = _at(data, u), np.arange(4) != (-1 if fixed is None else fixed)
    for _ in range(PROFILE_STEPS):
        if here is None:
            return None
        after, step = None, _newton(here, free)
        if step is not None:
            if math.sqrt(max(float(here.score @ step), 0.0)) < PROFILE_TOLERANCE:
                return here
            after = _at(data, here.u + step)
        if after is None or after.height < here.height - ROUNDING * abs(here.height):
            after = _at(data, np.where(free, _em_step(here, fixed), here.u))
        if after is None:
            return here
        here = after
    return here


def _newton(here: _Point, free: Floats) -> Floats | None:
    """Newton's step in the free coordinates, no longer than ``STRIDE``; None where the information isn't positive."""
    block = here.information[np.ix_(free, free)]
    try:
        np.linalg.cholesky(block)
    except np.linalg.LinAlgError:
        return None
    step = np.zeros(4)
    step[free] = np.linalg.solve(block, here.score[free])
    sigma = math.exp(here.u[3])
    return step * min(1.0, STRIDE / float(np.abs(step / [1, sigma, sigma, 1]).max() or 1.0))


def _em_step(here: _Point, fixed: int | None) -> Floats:
    """One EM step; with a mean held, the M-step of sigma takes its residuals about that mean."""
    sums, (mu1, mu2, sigma) = here.sums, _bounded(here.u)[1:].tolist()
    move1, move2 = sigma * sums.first1 / sums.n1, sigma * sums.first2 / sums.n2
    squares = sums.squares
    if fixed == MU1:
        squares, move1 = squares + sums.n1 * move1**2, 0.0
    if fixed == MU2:
        squares, move2 = squares + sums.n2 * move2**2, 0.0
    n = sums.n1 + sums.n2
    return np.array([math.log(sums.n1 / sums.n2), mu1 + move1, mu2 + move2, math.log(squares / n) / 2])


def _end(data: _Data, peak: _Point, j: int, side: int, z: float) -> float:
    """Where the root ``sqrt(2 (peak - profile))`` meets z: Newton on the root, which is nearly linear, in a bracket.

    Where the ridge would lead on only with swapped labels it has come to its end, and so has the interval.
    """
    below, above, last = 0.0, math.inf, peak
    away = z * math.sqrt(max(float(np.linalg.pinv(peak.information)[j, j]), 0.0))
    for _ in range(ROOT_STEPS):
        here = _maximise(data, _predicted(last, j, peak.u[j] + side * away), fixed=j)
        if here is None or (above < math.inf and above - below <= BRACKET * above):
            break
        ordered = j == SIGMA or here.u[1] <= here.u[2]
        root = math.sqrt(max(2 * (peak.height - here.height), 0.0)) if ordered else math.inf
        if abs(root - z) < PROFILE_TOLERANCE + ROUNDING * abs(peak.height):
            return float(here.u[j])
        below, above = (away, above) if root < z else (below, away)
        last = here if ordered else last
        slope = -side * float(here.score[j]) / root if 0 < root < math.inf else 0.0
        ahead = away - (root - z) / slope if slope > 0 else math.inf
        far = 2 * away if math.isinf(above) else (below + above) / 2
        away = ahead if below < ahead < min(above, 3 * away) else far
    return float(peak.u[j]) + side * below if math.isfinite(above) else math.nan


def _predicted(here: _Point, j: int, value: float) -> Floats:
    """Step coordinate j to ``value`` and the others along the ridge, ``-H_ff^-1 H_fj`` a unit of step."""
    free = np.arange(4) != j
    step, u = value - here.u[j], here.u.copy()
    try:
        ridge = -np.linalg.solve(here.information[np.ix_(free, free)], here.information[free, j]) * step
    except np.linalg.LinAlgError:
        ridge = np.zeros(3)
    limit = STRIDE * np.array([1, math.exp(u[3]), math.exp(u[3]), 1])[free]
    u[free] += np.clip(ridge, -limit, limit)
    u[0] = np.clip(u[0], -MAX_LOGIT, MAX_LOGIT)
    u[j] = value
    return u


def _ends(data: _Data, peak: _Point, z: float) -> Floats:
    """All eight ends, standardised units; the normal distribution has its say where it stands above the cutoff.

    With ``mu1 = -inf`` and an empty component 1 the mixture is that normal distribution, and with equal means it is so
    at any weight: those ends are open then.
    """
    n = float(data.weights.sum())
    spread = math.sqrt((n - 1) / n)
    normal = -n * (math.log(2 * math.pi) / 2 + math.log(spread) + 0.5)
    margin = z**2 / 2 - (peak.height - normal)
    ends = np.array([[-math.inf, math.inf]] * 4)
    for j, k in np.ndindex(4, 2):
        if margin < 0 or (j, k) not in OPEN_ENDS:
            ends[j, k] = _end(data, peak, j, 2 * k - 1, z)
    ends[0], ends[3] = expit(ends[0]), np.exp(ends[3])
    if margin >= 0:
        reach = spread * math.sqrt(math.expm1(2 * margin / n))
        ends[1, 1], ends[2, 0] = np.fmax(ends[1, 1], reach), np.fmin(ends[2, 0], -reach)
        ends[3, 1] = np.fmax(ends[3, 1], _normal_sigma(2 * margin / n) * spread)
    return ends


def _normal_sigma(margin: float) -> float:
    """The ``v >= 1`` with ``log v^2 + 1 / v^2 - 1 = margin``, by Newton on ``log v^2``."""
    y = math.sqrt(2 * margin) + margin
    for _ in range(ROOT_STEPS):
        y -= (y + math.expm1(-y) - margin) / -math.expm1(-y) if y else 0.0
    return math.exp(y / 2)
