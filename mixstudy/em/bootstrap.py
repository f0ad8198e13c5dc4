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

from mixstudy.em.fit import EMFit
from mixstudy.em.run import run_em
from mixstudy.model import Floats, Parameters, require_level

LATTICE_STEP = 0.1
"""Lattice step in sigma: the pole of the responsibility lies ``pi / separation`` sigma away, which at 10 sigma still
makes the trapezoidal rule err by only 3e-9, and there the density itself is next to nothing."""
LATTICE_REACH = 8.5
"""Lattice beyond both means, in sigma: 1e-17 of the mass is left out."""


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


def refit(drawn: Replicates, starts: Floats) -> tuple[Floats, Floats]:
    """Fit every replicate, from the same starts, and keep the highest end.

    ``starts`` have the shape ``(starts, 4)``, in the units of the data sets.

    Returns:
        The estimates, shape ``(replicates, 4)``, and their log-likelihoods, shape ``(replicates,)``.
    """
    ends = run_em(drawn.points, drawn.counts, np.broadcast_to(starts, (len(drawn.counts), *starts.shape)))
    best = np.argmax(ends.log_likelihood, axis=1)
    rows = np.arange(len(best))
    return ends.theta[rows, best], ends.log_likelihood[rows, best]


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
    theta, _ = refit(drawn, drawn.theta[None])
    _, mu1, mu2, sigma = fit.parameters
    estimates: Floats = theta * np.array([1, sigma, sigma, sigma]) + np.array([0, 1, 1, 0]) * (mu1 + mu2) / 2
    return estimates
