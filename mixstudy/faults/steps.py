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
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from mixstudy.information import log_odds
from mixstudy.model import LABELS, Floats
from mixstudy.sample import WeightedSample


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


RIGHT = make_step()
"""The textbook step."""
HARMLESS = (RIGHT, make_step(old_means=True))
"""Steps with the right fixed point: the textbook's, and mixtools' sigma from the previous means."""
