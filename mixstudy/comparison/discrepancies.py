r"""What a fit does not look at, and how it is distributed where the model is right.

Third and fourth moments, the spread of each group, the range, the distribution function, the gain of a second
component. Reference distributions come from data sets simulated at the fit and fitted again (``bootstrap``), so that
the freedom that the fit has already used up is accounted for; at a cost that does not depend on n.

A p-value below the reach of the simulation is extrapolated from the upper tenth of the simulated values by an
exponential, ``p(t) = (k / R) exp(-(t - q) / e)``, ``e`` their mean excess over ``q``. It is assumed that the tail is
log-concave (a normal's is); then the extrapolation errs on the side of no alarm. At overlap with few observations it is
not, and next to impossible values come up to about four times as often as said.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit, ndtr, ndtri

from mixstudy.em.bootstrap import draw_replicates, lattice_masses, lattice_points, refit
from mixstudy.model import Floats, Parameters

ROUNDING = 1e-16
"""Of a sum, relative to its largest term."""
TAIL = 0.1
"""Share of the simulated values, the largest, from which the tail is extrapolated."""


def upper_tail(value: float, simulated: Floats) -> float:
    """P(simulated >= value): counted, and beyond the largest tenth extrapolated (module docstring)."""
    ordered = np.sort(simulated)[::-1]
    k = round(TAIL * ordered.size)
    if value <= ordered[k]:
        return float(1 + np.sum(simulated >= value)) / (1 + ordered.size)
    excess = float(np.mean(ordered[:k] - ordered[k]))
    return TAIL * math.exp(-(value - float(ordered[k])) / excess) if excess > 0 else 0.0


def two_tails(value: float, simulated: Floats) -> float:
    """Twice the smaller tail, at most 1."""
    return min(1.0, 2 * min(upper_tail(value, simulated), upper_tail(-value, -simulated)))


def discrepancies(points: Floats, counts: Floats, theta: Floats) -> Floats:
    """Skewness and excess kurtosis less the model's, and log ratio of the groups' spreads, shape ``(R, 3)``.

    Group k's squared spread is ``(sigma^2 + sum r_k (x - mu_k)^2) / (1 + sum r_k)``, in the model about ``sigma^2``;
    the one observation added to each keeps a group of hardly any quiet.

    Args:
        points: Shape ``(m,)``.
        counts: Weights of the points, shape ``(R, m)``.
        theta: The fit of each row, shape ``(R, 4)``.
    """
    weight, mu1, mu2, sigma = theta.T
    slope = (mu1 - mu2) / sigma**2
    odds = slope[:, None] * points + (np.log(weight / (1 - weight)) - slope * (mu1 + mu2) / 2)[:, None]
    powers = np.vander(points, 5, increasing=True)
    all_, first = counts @ powers, (counts * expit(odds)) @ powers[:, :3]
    groups = ((mu1, first.T), (mu2, (all_[:, :3] - first).T))
    spreads = [_at_least(s[2] - 2 * mu * s[1] + mu**2 * s[0] + sigma**2, s[2]) / (s[0] + 1) for mu, s in groups]
    shape = _shape(*(all_[:, 1:] / all_[:, :1]).T) - _shape(*_model_moments(theta))
    return np.column_stack([*shape, np.log(spreads[0] / spreads[1]) / 2])


def _at_least(squares: Floats, largest: Floats) -> Floats:
    """Sums of squares, no smaller than the rounding of the largest term in them: means may be 1e8 sigma apart."""
    return np.maximum(squares, ROUNDING * np.abs(largest))


def _shape(m1: Floats, m2: Floats, m3: Floats, m4: Floats) -> Floats:
    """Skewness and excess kurtosis from the raw moments, shape ``(2, R)``."""
    variance = _at_least(m2 - m1**2, m2)
    third = m3 - 3 * m1 * m2 + 2 * m1**3
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    return np.stack([third / variance**1.5, fourth / variance**2 - 3])


def _model_moments(theta: Floats) -> Floats:
    """The first four raw moments of the mixture, shape ``(4, R)``."""
    weight, mu1, mu2, s = theta.T
    each = [np.stack([m, m**2 + s**2, m**3 + 3 * m * s**2, m**4 + 6 * m**2 * s**2 + 3 * s**4]) for m in (mu1, mu2)]
    return np.asarray(weight * each[0] + (1 - weight) * each[1])


def distribution(x: Floats, theta: Floats) -> Floats:
    """Distribution function of the mixture, of the shape of ``x``."""
    weight, mu1, mu2, sigma = theta
    return np.asarray(weight * ndtr((x - mu1) / sigma) + (1 - weight) * ndtr((x - mu2) / sigma))


def range_within(reach: float, theta: Floats, n: float) -> float:
    """P(range of n <= reach) ``= n int f(x) [F(x + reach) - F(x)]^(n - 1) dx``, by the trapezoidal rule."""
    points = lattice_points(theta[1:3])
    held = np.maximum(distribution(points + reach, theta) - distribution(points, theta), 1e-300)
    masses = lattice_masses(points, theta)
    return float(np.clip(n * masses @ np.exp((n - 1) * np.log(held)), 0, 1))


def empirical(points: Floats, counts: Floats, at: Floats) -> Floats:
    """Empirical distribution function, linear between the middles of neighbours: rounding alone is no misfit."""
    order = np.argsort(points)
    x, total = points[order], np.cumsum(counts[order])
    last = np.append(x[1:] != x[:-1], True)
    x, total = x[last], total[last] / total[-1]
    return np.asarray(np.interp(at, (x[1:] + x[:-1]) / 2, total[:-1], left=0, right=1))


def null_ratios(n: float, replicates: int, *, seed: int) -> Floats:
    """Twice the log-likelihood ratio of data sets from one normal distribution, shape ``(replicates,)``."""
    normal = Parameters(weight=0.5, mu1=0, mu2=0, sigma=1)
    drawn = draw_replicates(normal, n=n, replicates=replicates, seed=seed)
    mean = drawn.counts @ drawn.points / n
    variance = drawn.counts @ drawn.points**2 / n - mean**2
    _, two = refit(drawn, np.array([_halves(cut) for cut in (0.02, 0.5, 0.98)]))
    return np.maximum(2 * two + n * (np.log(2 * math.pi * variance) + 1), 0.0)


def _halves(cut: float) -> Floats:
    """Class moments of the standard normal distribution cut at its quantile ``cut``."""
    height = math.exp(-(float(ndtri(cut)) ** 2) / 2) / math.sqrt(2 * math.pi)
    mu1, mu2 = -height / cut, height / (1 - cut)
    return np.array([cut, mu1, mu2, math.sqrt(1 - cut * (1 - cut) * (mu2 - mu1) ** 2)])
