r"""Parametric bootstrap on a lattice.

Data sets are drawn from the fit as counts on the lattice ``x_k = k h``, the mass at ``x_k`` being ``h f(x_k)``. The
trapezoidal rule errs on an analytic integrand only like ``exp(-2 pi a / h)``, ``a`` its distance to the nearest pole
(Trefethen & Weideman 2014), so that every expectation of smooth functions, and with them all joint moments of the sums
that a likelihood is made of, agree with those of the continuous model to rounding. A replicate costs a few hundred
points whatever n is, and all replicates are refitted at once.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit

from mixstudy.em.fit import EMFit
from mixstudy.model import Floats, Parameters, require_level

LATTICE_STEP = 0.1
"""Lattice step in sigma: the pole of the responsibility lies ``pi / separation`` sigma away, which at 10 sigma still
makes the trapezoidal rule err by only 3e-9, and there the density itself is next to nothing."""
LATTICE_REACH = 8.5
"""Lattice beyond both means, in sigma: 1e-17 of the mass is left out."""
REFIT_TOLERANCE = 1e-4
"""Distance to the maximum, in standard errors, at which a replicate's refit stops: far below its sampling error."""
REFIT_STEPS = 60
"""Guarded Newton steps allowed to a replicate."""
STRIDE = 2.0
"""Longest Newton step, in logits of the weight, logs of sigma and sigmas of the means."""
EMPTY = 1e-12
"""Smallest weight, and squared sigma, that a replicate's refit may reach."""
TINY = 1e-300
"""Keeps an empty component's count above 0 where it divides."""


class Replicates(NamedTuple):
    """Data sets drawn from one point of the model, in units of its sigma about the midpoint of its means."""

    points: Floats
    """Lattice, shape ``(m,)``."""
    counts: Floats
    """Observations at each point, one row for each data set, shape ``(replicates, m)``."""
    theta: Floats
    """The point they were drawn from, in the same units, shape ``(4,)``."""


def lattice_points(means: Floats) -> Floats:
    """Points ``k h`` within reach of any of the means (in sigmas), shape ``(m,)``, ascending."""
    about = np.arange(-LATTICE_REACH, LATTICE_REACH + LATTICE_STEP, LATTICE_STEP) / LATTICE_STEP
    rungs: Floats = LATTICE_STEP * np.unique(np.rint(means / LATTICE_STEP)[:, None] + np.rint(about))
    return rungs


def lattice_masses(points: Floats, theta: Floats) -> Floats:
    """Mass ``h f(x)`` of each point, for one theta ``(4,)`` or many ``(..., 4)``; shape ``(..., m)``; sums to 1."""
    weight, mu1, mu2, sigma = (theta[..., i, None] for i in range(4))
    density = weight * np.exp(-(((points - mu1) / sigma) ** 2) / 2)
    density += (1 - weight) * np.exp(-(((points - mu2) / sigma) ** 2) / 2)
    masses: Floats = LATTICE_STEP / math.sqrt(2 * math.pi) * density / sigma
    return masses


def draw_replicates(parameters: Parameters, *, n: float, replicates: int, seed: int) -> Replicates:
    """Draw data sets of ``n`` observations each as counts on the lattice (module docstring)."""
    half = (parameters.mu2 - parameters.mu1) / parameters.sigma / 2
    theta = np.array([parameters.weight, -half, half, 1.0])
    points = lattice_points(theta[1:3])
    masses = lattice_masses(points, theta)
    counts = np.random.default_rng(seed).multinomial(round(n), masses / masses.sum(), size=replicates)
    return Replicates(points, counts.astype(np.float64), theta)


def refit(drawn: Replicates, start: Floats) -> tuple[Floats, Floats]:
    """Fit every replicate from ``start`` at once: guarded Newton steps on unbounded coordinates, EM steps in need.

    Args:
        drawn: The data sets.
        start: Where to start, shape ``(4,)`` or ``(replicates, 4)``, in their units.

    Returns:
        The estimates, ``mu1 <= mu2``, shape ``(replicates, 4)``, and their log-likelihoods, shape ``(replicates,)``.
    """
    powers = np.vander(drawn.points, 3, increasing=True)
    theta = np.tile(start, (len(drawn.counts), 1)) if start.ndim == 1 else start.copy()
    here = _sums(drawn, powers, theta, drawn.counts)
    active = np.arange(len(theta))
    for _ in range(REFIT_STEPS):
        rows = _Sums(*(part[active] for part in here))
        ahead, distance = _ahead(rows, theta[active])
        after = _sums(drawn, powers, ahead, drawn.counts[active])
        fell = np.flatnonzero(~(after.height >= rows.height))
        if fell.size:
            ahead[fell] = _em(_Sums(*(part[fell] for part in rows)))
            again = _sums(drawn, powers, ahead[fell], drawn.counts[active[fell]])
            for part, new in zip(after, again, strict=True):
                part[fell] = new
        theta[active] = ahead
        for part, new in zip(here, after, strict=True):
            part[active] = new
        active = active[~(distance < REFIT_TOLERANCE)]
        if not active.size:
            break
    swapped = theta[:, 1] > theta[:, 2]
    theta[swapped] = np.stack([1 - theta[:, 0], theta[:, 2], theta[:, 1], theta[:, 3]], axis=1)[swapped]
    return theta, here.height


class _Sums(NamedTuple):
    """Sums over the points of each replicate; column k belongs to ``x^k``."""

    total: Floats
    first: Floats
    unsure: Floats
    height: Floats


def _sums(drawn: Replicates, powers: Floats, theta: Floats, counts: Floats) -> _Sums:
    """``sum W x^k``, ``sum W r x^k``, ``sum W r (1 - r) x^k``, each ``(R, 3)``, and log-likelihoods, ``(R,)``."""
    weight, mu1, mu2, sigma = theta.T
    slope = (mu1 - mu2) / sigma**2
    odds = slope[:, None] * drawn.points + (logit(weight) - slope * (mu1 + mu2) / 2)[:, None]
    small = np.exp(-np.abs(odds))
    minor = small / (1 + small)
    total, first = counts @ powers, (counts * np.where(odds > 0, 1 - minor, minor)) @ powers
    soft = np.sum(counts * (np.maximum(odds, 0) + np.log1p(small)), axis=1)
    n, s, q = total.T
    gauss = -n * np.log(sigma * math.sqrt(2 * math.pi)) - (q - 2 * mu2 * s + mu2**2 * n) / (2 * sigma**2)
    return _Sums(total, first, (counts * (minor * (1 - minor))) @ powers, gauss + n * np.log1p(-weight) + soft)


def _em(at: _Sums) -> Floats:
    """The M-step from the sums, shape ``(R, 4)``; an empty component stays where rounding puts it, at no weight."""
    (n, s, q), (n1, s1, _) = at.total.T, at.first.T
    n1 = np.clip(n1, EMPTY * n, (1 - EMPTY) * n)
    mu1, mu2 = s1 / n1, (s - s1) / (n - n1)
    return np.stack([n1 / n, mu1, mu2, np.sqrt(np.maximum(q - s1 * mu1 - (s - s1) * mu2, EMPTY * n) / n)], axis=1)


def _ahead(at: _Sums, theta: Floats) -> tuple[Floats, Floats]:
    """Where Newton leads, or EM where the information is not positive; and the distance to the maximum there.

    Louis' (1982) formula in ``(logit w, mu1, mu2, log sigma)``: complete-data information less ``sum r (1 - r) d d'``,
    ``d = c + e x``, ``c = (s, -mu1, mu2, mu1^2 - mu2^2) / s``, ``e = (0, 1, -1, 2 (mu2 - mu1)) / s``, ``s = sigma^2``.
    """
    weight, mu1, mu2, sigma = theta.T
    s, (n, sx, sq), (n1, x1, q1) = sigma**2, at.total.T, at.first.T
    n2, d1, d2 = n - n1, x1 - mu1 * n1, sx - x1 - mu2 * (n - n1)
    second = (q1 - mu1 * (x1 + d1) + (sq - q1) - mu2 * (sx - x1 + d2)) / s
    score = np.stack([n1 - n * weight, d1 / s, d2 / s, second - n], axis=1)
    c = np.stack([np.ones_like(s), -mu1 / s, mu2 / s, (mu1**2 - mu2**2) / s], axis=1)
    e = np.stack([np.zeros_like(s), 1 / s, -1 / s, 2 * (mu2 - mu1) / s], axis=1)
    cross = c[:, :, None] * e[:, None]
    u0, u1, u2 = at.unsure.T[:, :, None, None]
    information = -(u0 * c[:, :, None] * c[:, None] + u1 * (cross + cross.mT) + u2 * e[:, :, None] * e[:, None])
    information[:, range(4), range(4)] += np.stack([n * weight * (1 - weight), n1 / s, n2 / s, 2 * second], axis=1)
    for k, d in ((1, d1), (2, d2)):
        information[:, k, 3] += 2 * d / s
        information[:, 3, k] += 2 * d / s
    return _stepped(at, theta, score, information)


def _stepped(at: _Sums, theta: Floats, score: Floats, information: Floats) -> tuple[Floats, Floats]:
    unit = 1 / np.sqrt(np.maximum(np.abs(np.diagonal(information, axis1=1, axis2=2)), TINY))
    shares, axes = np.linalg.eigh(information * unit[:, :, None] * unit[:, None])
    along = np.einsum("rij,ri->rj", axes, score * unit)
    positive = shares[:, 0] > 0
    step = unit * np.einsum("rij,rj->ri", axes, along / np.where(positive[:, None], shares, 1.0))
    scaled = np.abs(step / np.stack([np.ones(len(theta)), *[theta[:, 3]] * 2, np.ones(len(theta))], axis=1))
    step *= np.minimum(1, STRIDE / np.maximum(scaled.max(axis=1), TINY))[:, None]
    ahead = theta + step
    ahead[:, 0], ahead[:, 3] = expit(logit(theta[:, 0]) + step[:, 0]), theta[:, 3] * np.exp(step[:, 3])
    ahead = np.where((positive & (np.abs(ahead[:, 0] - 0.5) < 0.5 - EMPTY))[:, None], ahead, _em(at))
    squared = np.sum(along**2 / np.where(positive[:, None], shares, 1.0), axis=1)
    return ahead, np.where(positive, np.sqrt(squared), math.inf)


def bootstrap_intervals(fit: EMFit, *, level: float = 0.95, replicates: int = 200, seed: int = 0) -> Floats:
    """Parametric-bootstrap percentile intervals (Efron & Tibshirani 1993, ch. 13), shape ``(4, 2)``, data units.

    Refits start at the estimate and climb from there: another maximum far away, should a replicate have one, is not
    looked for.

    Args:
        fit: The EM fit.
        level: Coverage aimed at, in (0, 1).
        replicates: Data sets drawn, at least 20; an end stands on ``replicates * (1 - level) / 2`` of them.
        seed: Seed of the simulation.

    Raises:
        ValueError: ``level`` or ``replicates`` is out of its range.
    """
    require_level(level)
    estimates = bootstrap_estimates(fit, replicates=replicates, seed=seed)
    return np.quantile(estimates, [(1 - level) / 2, (1 + level) / 2], axis=0, method="weibull").T


def bootstrap_estimates(fit: EMFit, *, replicates: int = 200, seed: int = 0) -> Floats:
    """Estimates from data sets simulated at the fit, shape ``(replicates, 4)``, data units.

    Raises:
        ValueError: ``replicates`` is below 20.
    """
    if replicates < 20:  # noqa: PLR2004  (stated in the docstring)
        msg = f"replicates must be at least 20, got {replicates}"
        raise ValueError(msg)
    drawn = draw_replicates(fit.parameters, n=fit.sample.n, replicates=replicates, seed=seed)
    theta, _ = refit(drawn, drawn.theta)
    _, mu1, mu2, sigma = fit.parameters
    estimates: Floats = theta * np.array([1, sigma, sigma, sigma]) + np.array([0, 1, 1, 0]) * (mu1 + mu2) / 2
    return estimates
