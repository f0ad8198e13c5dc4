r"""The textbook iteration with replaceable parts.

One step of EM (Dempster, Laird & Rubin 1977), from ``theta`` to the next, is

    r = w N(x; mu1, s) / (w N(x; mu1, s) + (1 - w) N(x; mu2, s))
    w = sum r / n,  mu1 = sum r x / sum r,  mu2 = sum (1 - r) x / sum (1 - r)
    s^2 = sum [ r (x - mu1)^2 + (1 - r) (x - mu2)^2 ] / n

and a fault replaces one of its parts: the responsibility, the spread, or the responsibility that one update sees.
Points may have weights of either sign; they are centred on their mean, in data units, because a wrong exponent or a
variance in place of sigma depend on the unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from scipy.special import expit, log_expit

from mixstudy.data.sample import WeightedSample
from mixstudy.em.likelihood import expectation, log_odds
from mixstudy.model import LABELS, Floats


class Points(NamedTuple):
    """Observations as weighted points about their mean, data units."""

    x: Floats
    weights: Floats


class Sums(NamedTuple):
    """What the spread is made from: counts and squared residuals of both components."""

    n1: float
    n2: float
    squares1: float
    squares2: float


NOTHING = 1e-300
"""Share of the observations that is none: the sums of an E-step leave out what is not much more."""

type Step = Callable[[Points, Floats], Floats]
"""One iteration: ``(weight, mu1, mu2, sigma)`` to the next, shape ``(4,)``; NaN where it breaks down."""


def centred(sample: WeightedSample) -> Points:
    """Return the sample's points about its mean, in data units."""
    return Points(sample.points - sample.mean, sample.weights)


def _both(odds: Floats) -> tuple[Floats, Floats]:
    """Responsibilities of both components from the log-odds, each by itself: 1 less the other would lose small ones."""
    return expit(odds), expit(-odds)


def posterior(x: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """The right responsibilities, ``1 / (1 + exp(-log_odds))`` and its complement."""
    return _both(log_odds(x, theta))


def precedence(x: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """``exp(-(x - mu)**2 / 2 * sigma**2)`` multiplies by sigma^2: sigma acts as 1/sigma."""
    return _both(log_odds(x, np.array([*theta[:3], 1 / theta[3]])))


def unweighted(x: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Both components weigh the same: ``N(x; mu1, s) / (N(x; mu1, s) + N(x; mu2, s))``."""
    return _both(log_odds(x, np.array([0.5, *theta[1:]])))


def hard(x: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Each point belongs wholly to its likelier component: ``1[r > 1/2]``."""
    first = (log_odds(x, theta) > 0).astype(np.float64)
    return first, 1 - first


def nearer(x: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Each point belongs wholly to the nearer mean."""
    return hard(x, np.array([0.5, *theta[1:]]))


def in_order(theta: Floats) -> Floats:
    """The same numbers with the labels exchanged where mu1 is above mu2."""
    return theta if theta[1] <= theta[2] else exchanged(theta)


def exchanged(theta: Floats) -> Floats:
    """The same mixture under the other labels, shape ``(..., 4)``."""
    weight, mu1, mu2, sigma = np.moveaxis(theta, -1, 0)
    return np.stack([1 - weight, mu2, mu1, sigma], axis=-1)


def pooled(s: Sums) -> float:
    """The right spread, over both components and n."""
    return math.sqrt((s.squares1 + s.squares2) / (s.n1 + s.n2))


def make_step(
    *,
    respond: Callable[[Floats, Floats], tuple[Floats, Floats]] = posterior,
    spread: Callable[[Sums], float] = pooled,
    swapped: str = "",
    old_means: bool = False,
) -> Step:
    """Build one iteration of EM with a part replaced.

    Args:
        respond: Responsibilities of both components for points ``x`` at ``theta``.
        spread: Sigma from the sums of squares.
        swapped: The parameter whose update sees ``1 - r`` in place of ``r``.
        old_means: Whether residuals are taken from the previous means (mixtools; harmless).
    """

    def step(data: Points, theta: Floats) -> Floats:
        if not (np.isfinite(theta).all() and 0 < theta[0] < 1 and theta[3] > 0):
            return np.full(4, math.nan)
        first, second = (data.weights * r for r in respond(data.x, theta))
        seen = {label: (second, first) if label == swapped else (first, second) for label in LABELS}
        n1, n2 = first.sum(), second.sum()
        if not min(n1, n2) > 0:
            return np.full(4, math.nan)
        mu1, mu2 = (seen[f"mu{k}"][k - 1] @ data.x / seen[f"mu{k}"][k - 1].sum() for k in (1, 2))
        at1, at2 = (theta[1], theta[2]) if old_means else (mu1, mu2)
        by1, by2 = seen["sigma"]
        squares1, squares2 = by1 @ (data.x - at1) ** 2, by2 @ (data.x - at2) ** 2
        if not (squares1 > 0 and squares2 > 0):
            return np.full(4, math.nan)
        sigma = spread(Sums(float(n1), float(n2), float(squares1), float(squares2)))
        return np.array([seen["weight"][0].sum() / (n1 + n2), mu1, mu2, sigma])

    return step


def right_step(data: Points, theta: Floats) -> Floats:
    """The textbook step by the compiled sums of an E-step, which are about the old means and in units of the old sigma.

    With m1 and m2 what the means move in that unit, ``s^2 = s_old^2 (second moments - n1 m1^2 - n2 m2^2) / n``.
    """
    if not (np.isfinite(theta).all() and 0 < theta[0] < 1 and theta[3] > 0):
        return np.full(4, math.nan)
    _, mu1, mu2, sigma = theta
    sums = expectation(data.x, data.weights, np.ascontiguousarray(theta))
    n1, n2 = sums.n1, sums.n2
    if not min(n1, n2) > NOTHING * (n1 + n2):
        return np.full(4, math.nan)
    move1, move2 = sums.first1 / n1, sums.first2 / n2
    share = (sums.second - n1 * move1 * move1 - n2 * move2 * move2) / (n1 + n2)  # as a power it would raise
    if not share > 0:
        return np.full(4, math.nan)
    return np.array([n1 / (n1 + n2), mu1 + sigma * move1, mu2 + sigma * move2, sigma * math.sqrt(share)])


RIGHT: Step = right_step
"""The textbook step."""
HARMLESS = (RIGHT, make_step(old_means=True))
"""Steps with the right fixed point: the textbook's, and mixtools' sigma from the previous means."""
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


def tolerance_stop(data: Points, start: Floats, *, tolerance: float) -> Floats:
    """Run textbook EM until the mean log-likelihood rises by less than ``tolerance``, as scikit-learn stops."""
    before, theta = mean_log_likelihood(data, start), start
    for after in path(data, start):
        height, theta = mean_log_likelihood(data, after), after
        if height - before < tolerance:
            break
        before = height
    return theta
