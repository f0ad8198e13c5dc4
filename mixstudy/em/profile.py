r"""Profile-likelihood intervals, to set beside Wald's.

The interval of one parameter holds every value ``v`` with (Wilks 1938; followed from the maximum outwards)

    2 [ l(theta_hat) - max { l(theta) : theta_j = v } ] <= z^2,    z = Phi^-1((1 + level) / 2).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from mixstudy.data.sample import WeightedSample, as_sample
from mixstudy.em.algorithm import CONVERGED
from mixstudy.em.fit import EMFit
from mixstudy.em.likelihood import covariance, curvature
from mixstudy.em.run import run_em
from mixstudy.model import Floats, Parameters, require_level

ROOT_TOLERANCE = 1e-9
"""Distance of the root from z at which an end is found."""
BRACKET = 1e-7
"""Where the profile jumps across the cutoff, the jump is bracketed to this share of its distance."""
ROOT_STEPS = 60
"""Steps allowed to one end of a profile interval; doubling that often leaves the range of the data far behind."""
MU2 = 2
NEARER = 4.0
"""One step along the ridge divides a weight, sigma or the gap of the means by no more than this."""
RANGES = ((0.0, 1.0), (-math.inf, math.inf), (-math.inf, math.inf), (0.0, math.inf))
"""What each parameter is between."""
OPEN_ENDS = ((0, 0), (0, 1), (1, 0), (2, 1))
"""Both ends of the weight, the lower end of mu1, the upper end of mu2: open where one normal distribution will do."""
ROUNDING = 1e-14
"""Relative rounding error of a log-likelihood, with a margin."""


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
    data = _Data(sample.standardised, sample.weights)
    peak = _maximum(data, sample.to_standard(parameters.array)[None], held=())
    if not peak.converged:
        return np.full((4, 2), math.nan)
    intervals: Floats = sample.from_standard(_ends(data, peak, float(ndtri((1 + level) / 2))).T).T
    return intervals


class _Data(NamedTuple):
    """Standardised points ``t`` and their weights, both shape ``(m,)``."""

    t: Floats
    weights: Floats


class _Maximum(NamedTuple):
    """The highest end of some climbs that keeps the means in order; -inf high where there is none."""

    theta: Floats
    height: float
    converged: bool


def _maximum(data: _Data, starts: Floats, *, held: tuple[int, ...]) -> _Maximum:
    ends = run_em(data.t, data.weights, starts[None], held=held)
    theta, (heights, _, status, _) = ends.theta[0], (array[0] for array in ends[1:])
    heights = np.where(theta[:, 1] <= theta[:, 2], heights, -math.inf)
    best = int(np.argmax(heights))
    return _Maximum(theta[best], float(heights[best]), bool(status[best] == CONVERGED))


def _end(data: _Data, peak: _Maximum, j: int, side: int, z: float) -> float:
    """Where the root ``sqrt(2 (peak - profile))`` meets z: Newton on the root, which is nearly linear, in a bracket.

    Where the ridge would lead on only with swapped labels it has come to its end, and so has the interval.
    """
    inverse = covariance(curvature(data.t, data.weights, peak.theta))
    last, ridge, still = peak.theta, inverse[j] / inverse[j, j], np.zeros(4)
    farthest = float(np.abs(RANGES[j][side > 0] - peak.theta[j]))
    below, above, away = 0.0, farthest, z * math.sqrt(inverse[j, j])
    for _ in range(ROOT_STEPS):
        if not away < above:
            away = (below + above) / 2
        value = peak.theta[j] + side * away
        lines = ((last, ridge), (last, still), (peak.theta, still))
        here = _maximum(data, np.array([_moved(theta, line, j, value) for theta, line in lines]), held=(j,))
        root = math.sqrt(max(2 * (peak.height - here.height), 0.0))
        if abs(root - z) < ROOT_TOLERANCE + ROUNDING * abs(peak.height):
            return float(here.theta[j])
        below, above = (away, above) if root < z else (below, away)
        if above < math.inf and above - below <= BRACKET * above:
            break
        ahead = math.inf
        if 0 < root < math.inf:
            slope = -side * float(curvature(data.t, data.weights, here.theta).score[j]) / root
            ahead = away - (root - z) / slope if slope > 0 else math.inf
            last, ridge = here.theta, (here.theta - last) / (here.theta[j] - last[j])
        far = 2 * away if math.isinf(above) else (below + above) / 2
        away = ahead if below < ahead < min(above, 3 * away) else far
    return float(peak.theta[j]) + side * below if above < farthest else math.nan


def _moved(theta: Floats, ridge: Floats, j: int, value: float) -> Floats:
    """Step coordinate j to ``value``, the others along the ridge, inside the model and with the means in order."""
    weight, mu1, mu2, sigma = theta + ridge * (value - theta[j])
    gap = max(mu2 - mu1, (theta[2] - theta[1]) / NEARER)
    mu1, mu2 = (value - gap, value) if j == MU2 else (mu1, mu1 + gap)
    weight = np.clip(weight, theta[0] / NEARER, 1 - (1 - theta[0]) / NEARER)
    moved = np.array([weight, mu1, mu2, max(sigma, theta[3] / NEARER)])
    moved[j] = value
    return moved


def _ends(data: _Data, peak: _Maximum, z: float) -> Floats:
    """All eight ends, standardised units; the normal distribution has its say where it stands above the cutoff.

    With ``mu1 = -inf`` and an empty component 1 the mixture is that normal distribution, and with equal means it is so
    at any weight: those ends are open then.
    """
    n = float(data.weights.sum())
    spread = math.sqrt((n - 1) / n)
    normal = -n * (math.log(2 * math.pi) / 2 + math.log(spread) + 0.5)
    margin = z**2 / 2 - (peak.height - normal)
    ends = np.array(RANGES)
    for j, k in np.ndindex(4, 2):
        if margin < 0 or (j, k) not in OPEN_ENDS:
            ends[j, k] = _end(data, peak, j, 2 * k - 1, z)
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
