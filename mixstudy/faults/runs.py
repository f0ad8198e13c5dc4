"""Whole runs of EM, right and wrong: to rest, along the way, to a loose tolerance, with two sigmas, in float32."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.special import expit, log_expit

from mixstudy.faults.steps import RIGHT, Points, Step, make_step, nearer
from mixstudy.information import log_odds
from mixstudy.model import Floats

MAX_STEPS = 3_000
"""Steps of a faulty EM run to its rest; the slowest, at overlap, takes about a thousand."""
AT_REST = 1e-10
"""Step, in sigma, at which a run is at rest."""
FEW = 50
"""Iterations in the origin's program."""
LOOSE = 1e-3
"""Scikit-learn's default tolerance, on the mean log-likelihood."""
SINGULAR = 1e12
"""Condition number of an information matrix from which its inverse is rounding."""
LONGEST_PATH = 300
"""Textbook iterations that are followed from a start."""


def iterate(step: Step, data: Points, theta: Floats, *, steps: int = MAX_STEPS) -> Floats:
    """Repeat a step until it is at rest, breaks down, or ``steps`` are over."""
    for _ in range(steps):
        after = step(data, theta)
        moved = np.abs(after - theta) / np.array([1, *[after[3]] * 3])
        theta = after
        if not moved.max() > AT_REST:
            break
    return theta


def path(data: Points, start: Floats, *, steps: int = LONGEST_PATH) -> Iterator[Floats]:
    """Textbook EM's iterates after ``start``, as long as they move."""
    theta = start
    for _ in range(steps):
        after = RIGHT(data, theta)
        if not np.isfinite(after).all() or np.abs(after - theta).max() < AT_REST * after[3]:
            return
        theta = after
        yield theta


def mean_log_likelihood(data: Points, theta: Floats) -> float:
    """Log-likelihood for one observation on average, nats, by ``log w + log N(x; mu1, s) - log r``."""
    weight, mu1, _, sigma = theta
    log_first = math.log(weight / sigma) - math.log(2 * math.pi) / 2 - ((data.x - mu1) / sigma) ** 2 / 2
    return float(data.weights @ (log_first - log_expit(log_odds(data.x, theta))) / data.weights.sum())


def k_means_start(data: Points) -> Floats:
    """Class moments of the two clusters that k-means finds, from which scikit-learn starts."""
    cut = 0.0
    for _ in range(MAX_STEPS):
        below = data.weights * (data.x < cut)
        above = data.weights - below
        after = float(below @ data.x / below.sum() + above @ data.x / above.sum()) / 2
        if after == cut:
            break
        cut = after
    reach = float(np.abs(data.x).max())
    return make_step(respond=nearer)(data, np.array([0.5, cut - reach, cut + reach, reach]))


def unshared(data: Points, theta: Floats) -> tuple[Floats, Floats]:
    """Fit the mixture with two sigmas by EM; return it twice, with sigma1 and with sigma2 in sigma's place."""
    weight, mu1, mu2, s1 = theta
    s2 = s1
    for _ in range(LONGEST_PATH):
        z1, z2 = (data.x - mu1) / s1, (data.x - mu2) / s2
        first = data.weights * expit(math.log(weight * s2 / ((1 - weight) * s1)) + (z2**2 - z1**2) / 2)
        second = data.weights - first
        n1, n2 = float(first.sum()), float(second.sum())
        before = np.array([mu1, mu2, s1, s2])
        weight, mu1, mu2 = n1 / (n1 + n2), first @ data.x / n1, second @ data.x / n2
        variances = float(first @ (data.x - mu1) ** 2) / n1, float(second @ (data.x - mu2) ** 2) / n2
        if not min(*variances, n1, n2) > 0:
            return np.full(4, math.nan), np.full(4, math.nan)
        s1, s2 = math.sqrt(variances[0]), math.sqrt(variances[1])
        if np.abs(np.array([mu1, mu2, s1, s2]) - before).max() < 1e-8 * s1:
            break
    return np.array([weight, mu1, mu2, s1]), np.array([weight, mu1, mu2, s2])


def unshared_errors(data: Points, both: tuple[Floats, Floats]) -> Floats:
    """Standard errors of sigma1 and sigma2 of the fit with two sigmas, shape ``(2,)``, data units.

    From the outer products of the scores, which estimate the information at a maximum (Berndt, Hall, Hall & Hausman
    1974). NaN where it is singular.
    """
    (weight, mu1, mu2, s1), s2 = both[0], both[1][3]
    z1, z2 = (data.x - mu1) / s1, (data.x - mu2) / s2
    r = expit(math.log(weight * s2 / ((1 - weight) * s1)) + (z2**2 - z1**2) / 2)
    of_weight = r / weight - (1 - r) / (1 - weight)
    score = np.stack([of_weight, r * z1, (1 - r) * z2, r * (z1**2 - 1), (1 - r) * (z2**2 - 1)])  # in units of s1, s2
    information = (score * data.weights) @ score.T
    if not (np.isfinite(information).all() and np.linalg.cond(information) < SINGULAR):
        return np.full(2, math.nan)
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(information))[3:]) * np.array([s1, s2]))


def single_precision(points: Floats, weights: Floats, theta: Floats) -> Floats:
    """Textbook EM with data, responsibilities and sums in float32, data units, for ``FEW`` iterations."""
    x, counts = points.astype(np.float32), weights.astype(np.float32)
    w, mu1, mu2, s = theta.astype(np.float32)
    for _ in range(FEW):
        first = w * np.exp(-(((x - mu1) / s) ** 2) / 2)
        second = (1 - w) * np.exp(-(((x - mu2) / s) ** 2) / 2)
        r1 = counts * first / np.maximum(first + second, np.finfo(np.float32).tiny)
        r2 = counts - r1
        n1, n2 = r1.sum(), r2.sum()
        if not min(n1, n2) > 0:
            return np.full(4, math.nan)
        w, mu1, mu2 = n1 / (n1 + n2), (r1 * x).sum() / n1, (r2 * x).sum() / n2
        s = np.sqrt(((r1 * (x - mu1) ** 2).sum() + (r2 * (x - mu2) ** 2).sum()) / (n1 + n2))
    return np.array([w, mu1, mu2, s], dtype=np.float64)


def tolerance_stop(data: Points, start: Floats, *, tolerance: float) -> Floats:
    """Run textbook EM until the mean log-likelihood rises by less than ``tolerance``, as scikit-learn stops."""
    before, theta = mean_log_likelihood(data, start), start
    for after in path(data, start):
        height, theta = mean_log_likelihood(data, after), after
        if height - before < tolerance:
            break
        before = height
    return theta
