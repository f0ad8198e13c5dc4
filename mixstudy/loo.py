"""Two components against one by expected predictive accuracy, one observation left out at a time."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from mixstudy.model import Floats, Parameters, log_density
from mixstudy.sample import as_sample

LEFT_OUT = 500
"""Largest number of observations that are left out, one at a time: half a second's worth."""
LARGE_K = 0.7
"""Pareto k above which importance sampling can't be trusted (Vehtari, Gelman & Gabry 2017)."""
CLEAR = 2.0
"""Standard errors from which a difference is spoken of."""
DRAWS = 1000
"""Largest number of draws that each is weighed by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LOOComparison:
    """Two components against one by expected predictive accuracy."""

    difference: float
    """Expected log predictive density of all n observations, two components less one, nats."""
    standard_error: float
    """Of the difference."""
    worst_pareto_k: float
    """Largest Pareto k of either model: above ``LARGE_K`` the importance sampling can't be trusted."""
    observations: int
    """How many observations were left out, one at a time."""

    @property
    def sentence(self) -> str:
        """The answer in words."""
        if abs(self.difference) < CLEAR * self.standard_error:
            better = "one component predicts about as well as two; the gain of the second is"
        elif self.difference > 0:
            better = "two components predict better than one, by"
        else:
            better = "one component predicts better than two, by"
        doubt = f" Not to be trusted: Pareto k is {self.worst_pareto_k:.2g}." if self.worst_pareto_k > LARGE_K else ""
        size = self.difference if abs(self.difference) < CLEAR * self.standard_error else abs(self.difference)
        return (
            f"Left out one at a time, {better} {size:.4g} nats over all observations (standard error "
            f"{self.standard_error:.2g}, from {self.observations} of them).{doubt}"
        )


def compare_loo(x: ArrayLike, draws: Floats, *, seed: int = 0) -> LOOComparison:
    """Compare two components with one by PSIS-LOO (Vehtari, Gelman & Gabry 2017), with ArviZ.

    Of more than ``LEFT_OUT`` observations a simple random subset is left out in turn. It corrects the sum over all of
    what is nearly the same, the difference of the log densities at the means of the posteriors (the difference
    estimator of Magnusson et al. 2020); the posteriors are still those of all. That of one component is exact, for the
    prior ``1 / sigma``: ``(n - 1) s^2 / sigma^2 ~ chi^2(n - 1)``, ``mu | sigma ~ N(mean, sigma^2 / n)``.

    Args:
        x: The raw observations, shape ``(n,)``, data units.
        draws: Posterior draws of the mixture in the order of the labels, shape ``(draws, 4)``, data units.
        seed: Seed of the subset and of the draws for one component.

    Raises:
        DataError: ``x`` cannot be used.
    """
    rng, points = np.random.default_rng(seed), as_sample(x).points
    n, mean, sd = points.size, float(points.mean()), float(points.std(ddof=1))
    picked = np.arange(n) if n <= LEFT_OUT else rng.choice(n, LEFT_OUT, replace=False)
    left_out = points[picked]
    chosen = draws[np.linspace(0, len(draws) - 1, min(DRAWS, len(draws))).astype(int)]
    weight, mu1, mu2, sigma = chosen.T[:, :, None]
    two = np.logaddexp(
        np.log(weight) + norm.logpdf(left_out, mu1, sigma), np.log1p(-weight) + norm.logpdf(left_out, mu2, sigma)
    )
    spread = sd * np.sqrt((n - 1) / rng.chisquare(n - 1, (len(chosen), 1)))
    one = norm.logpdf(left_out, mean + spread / math.sqrt(n) * rng.standard_normal(spread.shape), spread)
    (elpd2, k2), (elpd1, k1) = _loo(np.asarray(two)), _loo(np.asarray(one))
    near = log_density(points, Parameters.relabelled(draws.mean(axis=0))) - norm.logpdf(points, mean, sd)
    rest, m = elpd2 - elpd1 - near[picked], picked.size
    return LOOComparison(
        difference=float(near.sum() + n * rest.mean()),
        standard_error=math.sqrt(n * near.var(ddof=1) + n * (n - m) / m * rest.var(ddof=1)),
        worst_pareto_k=max(k1, k2),
        observations=m,
    )


def _loo(log_densities: Floats) -> tuple[Floats, float]:
    """Expected log predictive density of each observation, shape ``(m,)``, and the largest Pareto k."""
    import arviz as az
    import xarray as xr

    values = xr.Dataset({"x": (("chain", "draw", "observation"), log_densities[None])})
    tree = xr.DataTree.from_dict({"/posterior": values.isel(observation=0), "/log_likelihood": values})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a large Pareto k is reported
        found = az.loo(tree, pointwise=True, reff=1.0)
    return np.asarray(found.elpd_i), float(found.pareto_k.max())
