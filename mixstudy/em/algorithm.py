r"""EM: from a start to a maximum of the likelihood, compiled by numba.

E-step: because sigma is shared, the log-odds of component 1 are linear in x, so a responsibility is one logistic,

    r = 1 / (1 + exp(-(a + b x))),    b = (mu1 - mu2) / sigma^2,    a = log(w / (1 - w)) - b (mu1 + mu2) / 2.

M-step: weighted count, means and the pooled within-component variance (Dempster, Laird & Rubin 1977),

    w = sum r / n,  mu1 = sum r x / sum r,  mu2 likewise with 1 - r,
    sigma^2 = sum [ r (x - mu1)^2 + (1 - r) (x - mu2)^2 ] / n.

``climb`` repeats them. Textbook EM is no more than that; an accelerated climb tries a longer step now and then, the
squared one of Varadhan & Roland (2008) or Newton's, and keeps it only where the likelihood rises. ``theta`` is
``(weight, mu1, mu2, sigma)``; parameters that are ``held`` keep their value. All of this stands in one file since numba
does not see that compiled code has changed in another.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

from mixstudy.em.kernel import dot, exchanged, exp_minus, log_1_plus, product, sweep, valid
from mixstudy.model import Floats

type Mask = NDArray[np.bool_]

TOLERANCE = 1e-6
"""Distance to the maximum, in standard errors, at which a climb stops: far below any figure that is reported."""
ROUNDING = 1e-15
"""Rounding error of a standardised point; over sigma it is that of a residual, and root n of those disturb the score
by as many standard errors. It takes over where sigma is a billionth of the spread."""
NOISE = 1e-14
"""Rounding error of a log-likelihood, as a share of its size and of n, with a margin; a fall below it is none."""
MET = 1e-3
"""Two climbs that come so near to each other, in standard errors, at a maximum go on as one."""
MAX_STEPS = 6_000
"""Steps allowed to one climb: more than a thousand are taken only where the likelihood is all but level."""
MIN_COUNT = 1e-6
"""A component whose expected count falls below this many observations is empty."""
NO_WEIGHT = 1e-12
"""Weight of a component that is empty."""
SHRINK = 1e-8
"""An M-step leaves this share of sigma^2 at the least: below it is rounding, and the likelihood rises all the same."""
MEANS_MET = 0.1
"""Separation, in sigma, below which an indefinite information matrix means that the climb is stuck on the plateau
of the saddle, where EM moves only algebraically; every start begins at least 1 apart."""
STANDSTILL = 1e-10
"""Step, in complete-data standard errors, at which a climb with an indefinite information matrix rests on a saddle."""
TRUSTED = 0.1
"""Newton's step is taken where the likelihood rises as its quadratic promises, but for this share: so its maximum is
the one that EM would have come to."""
MAX_RETREATS = 5
"""How many lengths of a squared step are tried before EM goes on."""
RETREAT = 4.0
"""Factor by which a rejected step shrinks towards the EM step (as in Varadhan & Roland's R package)."""
MIN_EXCESS = 0.01
"""A squared step less than this much longer than EM's own is not worth its two E-steps."""
MIN_SHARE = 1e-10
"""Smallest share of the complete-data information that is told from rounding (1e-16 per sum, times a margin)."""
START, EM, SQUAREM, NEWTON = range(4)
"""What a step was; ``run.STEPS`` names them."""
CONVERGED, LIMIT, SADDLE, EMPTIED, PLAIN, CLIMBING = range(6)
"""How a climb ended, in the order of ``run.EMStatus``; or that it goes on."""


class Expectation(NamedTuple):
    """What an E-step sums over the weighted points: ``z = (t - mu) / sigma``, ``v`` likewise from the midpoint."""

    n1: float
    """Expected count of component 1, sum of ``w r``."""
    n2: float
    """Expected count of component 2, sum of ``w (1 - r)``."""
    first1: float
    """Sum of ``w r z1``."""
    first2: float
    """Sum of ``w (1 - r) z2``."""
    second: float
    """Sum of ``w r z1^2 + w (1 - r) z2^2``."""
    lost0: float
    """Sum of ``w r (1 - r)``."""
    lost1: float
    """Sum of ``w r (1 - r) v``."""
    lost2: float
    """Sum of ``w r (1 - r) v^2``."""
    log_likelihood: float
    """At ``theta``, nats, the larger component taken out first: ``log f = log(larger) + log(1 + exp(-|log-odds|))``."""


_row = types.Array(types.float64, 1, "C", readonly=True)
_table = types.Array(types.float64, 2, "C", readonly=True)
_stack = types.Array(types.float64, 3, "C", readonly=True)
_mask = types.Array(types.boolean, 1, "C", readonly=True)
_sums = types.NamedUniTuple(types.float64, len(Expectation._fields), Expectation)
_options = {"error_model": "numpy", "nogil": True, "cache": True}
compiled = numba.njit(**_options)


@numba.njit(_sums(_row, _row, _row), fastmath={"contract", "nsz", "reassoc"}, **_options)
def e_step(t: Floats, weights: Floats, theta: Floats) -> Expectation:
    """Sum the expected counts and moments of both components, in any order: so it takes several points at a time."""
    weight, mu1, mu2, sigma = theta[0], theta[1], theta[2], theta[3]
    log1, log2 = math.log(weight), math.log1p(-weight)
    gap, middle, unit = (mu2 - mu1) / sigma, (mu1 + mu2) / 2, 1 / sigma
    n1 = n2 = first1 = first2 = second = lost0 = lost1 = lost2 = height = 0.0
    for i in range(t.size):
        z1, z2, v = (t[i] - mu1) * unit, (t[i] - mu2) * unit, (t[i] - middle) * unit
        odds = log1 - log2 - gap * v
        e = exp_minus(abs(odds))
        larger, smaller = 1 / (1 + e), e / (1 + e)
        r1, r2 = (larger, smaller) if odds > 0 else (smaller, larger)
        w1, w2 = weights[i] * r1, weights[i] * r2
        n1 += w1
        n2 += w2
        first1 += w1 * z1
        first2 += w2 * z2
        second += w1 * z1 * z1 + w2 * z2 * z2
        lost0 += w1 * r2
        lost1 += w1 * r2 * v
        lost2 += w1 * r2 * v * v
        height += weights[i] * ((log1 - 0.5 * z1 * z1 if odds > 0 else log2 - 0.5 * z2 * z2) + log_1_plus(e))
    height -= (n1 + n2) * (math.log(sigma) + 0.5 * math.log(2 * math.pi))
    return Expectation(n1, n2, first1, first2, second, lost0, lost1, lost2, height)


@compiled
def m_step(s: Expectation, theta: Floats, held: Mask) -> Floats:
    """Maximise the expected complete-data log-likelihood; a mean that nothing is left for stays where it is.

    The sums are about the old means and in units of the old sigma.
    """
    n = s.n1 + s.n2
    move1 = s.first1 / s.n1 if s.n1 > MIN_COUNT else 0.0
    move2 = s.first2 / s.n2 if s.n2 > MIN_COUNT else 0.0
    gained1, gained2 = 0.0 if held[1] else s.n1 * move1**2, 0.0 if held[2] else s.n2 * move2**2
    variance = max(s.second - gained1 - gained2, SHRINK * s.second) / n
    weight = min(max(s.n1 / n, NO_WEIGHT), 1 - NO_WEIGHT)
    after = np.array((weight, theta[1] + theta[3] * move1, theta[2] + theta[3] * move2, theta[3] * math.sqrt(variance)))
    for k in range(4):
        if held[k]:
            after[k] = theta[k]
    return after


@numba.njit(types.Tuple((types.float64[::1], types.float64[:, ::1], types.float64[::1]))(_sums, _row), **_options)
def derivatives(s: Expectation, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Score, observed information (Louis 1982; ``likelihood``), and the diagonal of the complete-data information.

    ``c + e v`` is the difference d of both components' complete-data scores: what is lost is ``sum w r (1 - r) d d'``.
    """
    weight, other, sigma = theta[0], 1 - theta[0], theta[3]
    n, gap = s.n1 + s.n2, (theta[2] - theta[1]) / sigma
    score = np.array((s.n1 / weight - s.n2 / other, s.first1 / sigma, s.first2 / sigma, (s.second - n) / sigma))
    complete = n * np.array((1 / (weight * other), weight / sigma**2, other / sigma**2, 2 / sigma**2))
    known = (s.n1 / weight**2 + s.n2 / other**2, s.n1 / sigma**2, s.n2 / sigma**2, (3 * s.second - n) / sigma**2)
    c = (1 / (weight * other), gap / (2 * sigma), gap / (2 * sigma), 0.0)
    e = (0.0, 1 / sigma, -1 / sigma, 2 * gap / sigma)
    information = np.empty((4, 4))
    for i in range(4):
        for j in range(4):
            lost = s.lost0 * c[i] * c[j] + s.lost1 * (c[i] * e[j] + e[i] * c[j]) + s.lost2 * e[i] * e[j]
            information[i, j] = (known[i] if i == j else 0.0) - lost
    for k, first in ((1, s.first1), (2, s.first2)):
        information[k, 3] += 2 * first / sigma**2
        information[3, k] += 2 * first / sigma**2
    return score, information, complete


@numba.njit(types.float64[:, ::1](_table, _row, _mask), **_options)
def covariance(information: Floats, complete: Floats, held: Mask) -> Floats:
    """Inverse of the information of the parameters that are not held, by sweeping (Goodnight 1979); 0 for the others.

    All NaN where it is not positive definite: a pivot is the share of the complete-data information that the labels
    leave of a parameter, given those before it; below ``MIN_SHARE`` it can't be told from none.
    """
    unit = 1 / np.sqrt(complete)
    a = np.empty((4, 4))
    for i in range(4):
        for j in range(4):
            a[i, j] = 0.0 if held[i] or held[j] else information[i, j] * unit[i] * unit[j]
    for k in range(4):
        if held[k]:
            continue
        if not a[k, k] > MIN_SHARE:
            return np.full((4, 4), np.nan)
        sweep(a, k)
    for i in range(4):
        for j in range(4):
            a[i, j] *= -unit[i] * unit[j]
    return a


@compiled
def newton_step(
    t: Floats, weights: Floats, here: Expectation, theta: Floats, newton: Floats, distance: float
) -> tuple[int, Floats, Expectation]:
    """Newton's step where the likelihood rises about as its quadratic promises: so it leads to the nearest maximum."""
    leap = theta + newton
    if valid(leap):
        there = e_step(t, weights, leap)
        noise = NOISE * (abs(here.log_likelihood) + here.n1 + here.n2)
        if abs(there.log_likelihood - here.log_likelihood - distance**2 / 2) < TRUSTED * distance**2 / 2 + noise:
            return NEWTON, leap, there
    return EM, theta, here


@compiled
def squared_step(
    t: Floats, weights: Floats, here: Expectation, path: tuple[Floats, Floats, Floats], held: Mask
) -> tuple[int, Floats, Expectation]:
    """SQUAREM's step through three successive EM iterates, or a shorter one, where the likelihood rises.

    The length is scheme S3 of Varadhan & Roland (2008), length 1 being the last EM iterate; an EM step settles it.
    """
    first, second, theta = path
    r, v = second - first, theta - 2 * second + first
    excess = math.sqrt(dot(r, r) / dot(v, v)) - 1
    for _ in range(MAX_RETREATS):
        if not MIN_EXCESS < excess < math.inf:
            break
        leap = first + 2 * (1 + excess) * r + (1 + excess) ** 2 * v
        if valid(leap):
            sums = e_step(t, weights, leap)
            settled = m_step(sums, leap, held)
            if valid(settled) and min(sums.n1, sums.n2) > MIN_COUNT:
                there = e_step(t, weights, settled)
                if there.log_likelihood > here.log_likelihood:
                    return SQUAREM, settled, there
        excess /= RETREAT
    return EM, theta, here


@compiled
def nearest(known: Floats, theta: Floats, information: Floats) -> int:
    """Which of the known maxima is within ``MET`` standard errors, or -1."""
    for k in range(len(known)):
        apart = (known[k] if theta[1] <= theta[2] else exchanged(known[k])) - theta
        if dot(apart, product(information, apart)) < MET**2:
            return k
    return -1


@compiled
def emptied(here: Expectation, theta: Floats, ahead: Floats) -> bool:
    """Whether a component has lost all its observations, and EM has drawn the consequence; or there is no next step."""
    share = min(theta[0], 1 - theta[0])
    return share * (here.n1 + here.n2) < MIN_COUNT or share < 2 * NO_WEIGHT or not valid(ahead)


@compiled
def judge(here: Expectation, theta: Floats, ahead: Floats, complete: Floats, distance: float) -> int:
    """Whether the climb ends here, at a maximum or on a saddle; ``ahead`` is EM's next step."""
    if distance < TOLERANCE + ROUNDING * math.sqrt(here.n1 + here.n2) / theta[3]:
        return CONVERGED
    step = ahead - theta
    at_rest = abs(ahead[2] - ahead[1]) < MEANS_MET * ahead[3] or dot(step * step, complete) < STANDSTILL**2
    return SADDLE if distance == math.inf and at_rest else CLIMBING


@numba.njit(
    types.Tuple((types.float64[::1], _sums, types.int64, types.float64, types.int64, types.int64))(
        _row, _row, _row, _mask, types.boolean, types.int64, _table, types.float64[:, ::1]
    ),
    **_options,
)
def climb(
    t: Floats, weights: Floats, start: Floats, held: Mask, accelerated: bool, limit: int, known: Floats, path: Floats
) -> tuple[Floats, Expectation, int, float, int, int]:
    """Climb from a start by EM: E-step, M-step, stop.

    Args:
        t: Points, shape ``(m,)``.
        weights: Theirs, shape ``(m,)``.
        start: Where to start, shape ``(4,)``.
        held: Which parameters keep their value, shape ``(4,)``.
        accelerated: Whether to try longer steps and to stop at a maximum; else this is textbook EM.
        limit: Steps at the most.
        known: Maxima that other climbs have found, shape ``(k, 4)``, NaN where there is none.
        path: Takes what each step was, its parameters and log-likelihood, as far as it reaches, shape ``(p, 6)``.

    Returns:
        Where it ended, sums there, how, its distance to the maximum, its steps, and which known maximum it met or -1.
    """
    older = old = theta = start.copy()
    here, kind, em_steps, met = e_step(t, weights, theta), START, 0, -1  # E-step
    for step in range(limit + 1):
        if step < len(path):
            path[step, 0], path[step, 5] = kind, here.log_likelihood
            for k in range(4):
                path[step, 1 + k] = theta[k]
        score, information, complete = derivatives(here, theta)
        newton = product(covariance(information, complete, held), score)
        squared = dot(newton, score)
        distance = math.inf if math.isnan(squared) else math.sqrt(max(squared, 0.0))
        ahead = m_step(here, theta, held)  # M-step
        status = EMPTIED if emptied(here, theta, ahead) else CLIMBING
        if accelerated and status == CLIMBING:
            status = judge(here, theta, ahead, complete, distance)  # stop
            met = nearest(known, theta, information) if distance < MET else -1
        if status != CLIMBING or met >= 0 or step == limit:
            break
        kind, leap, there = EM, theta, here
        if accelerated and em_steps == 0 and distance < math.inf:
            kind, leap, there = newton_step(t, weights, here, theta, newton, distance)
        elif accelerated and em_steps == 2:  # noqa: PLR2004  (a squared step goes through two)
            kind, leap, there = squared_step(t, weights, here, (older, old, theta), held)
        if kind == EM:
            there, em_steps = e_step(t, weights, ahead), em_steps % 2 + 1  # E-step
        else:
            ahead, em_steps = leap, 0
        older, old, theta, here = old, theta, ahead, there
    if status == CLIMBING:
        status = LIMIT if accelerated else PLAIN
    return theta, here, status, math.inf if status == EMPTIED else distance, step, met


@numba.njit(types.float64[:, :, ::1](_row, _table, _stack, _mask), **_options)
def climb_all(t: Floats, weights: Floats, starts: Floats, held: Mask) -> Floats:
    """Climb from every start of every data set; the columns of ``(sets, starts, 8)`` are the fields of ``run.Ends``.

    Two that meet at a maximum go on as one: the later has the earlier one's end.
    """
    sets, each = starts.shape[:2]
    ends, path = np.empty((sets, each, 8)), np.empty((0, 6))
    for d in range(sets):
        row, known = weights[d if len(weights) > 1 else 0], np.full((each, 4), np.nan)
        for k in range(each):
            theta, here, status, distance, _, met = climb(t, row, starts[d, k], held, True, MAX_STEPS, known, path)
            if met >= 0:
                for j in range(8):
                    ends[d, k, j] = ends[d, met, j]
                continue
            if theta[1] > theta[2] and not (held[0] or held[1] or held[2]):
                theta = exchanged(theta)
            for j in range(4):
                ends[d, k, j] = theta[j]
                if status == CONVERGED:
                    known[k, j] = theta[j]
            ends[d, k, 4], ends[d, k, 5], ends[d, k, 6], ends[d, k, 7] = here.log_likelihood, distance, status, k
    return ends
