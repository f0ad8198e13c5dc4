"""The posterior with all that ArviZ's gallery asks for.

Beside the draws, the sampler's statistics and the prior: the log prior and the log likelihood of each draw, which power
scaling wants, and, where the observations are few and none stands for several, the log density of each observation and
a replicate of it under each draw, which leave-one-out and predictive checks want.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import norm

from mixstudy.compression.refine import THRESHOLD
from mixstudy.model import LABELS, Floats, log_likelihoods

if TYPE_CHECKING:
    from mixstudy.mcmc.posterior import Posterior

OF_EACH_DRAW = ("chain", "draw")
OF_EACH_OBSERVATION = (*OF_EACH_DRAW, "point")
"""Dimensions of what there is one of for each draw, and for each observation under it."""


def for_arviz(posterior: Posterior) -> xr.DataTree:
    """Gather the posterior and what follows from it in the groups and names that ArviZ knows.

    Returns:
        Groups posterior, sample_stats, prior, observed_data, log_prior and log_likelihood. Of up to 500 plain
        observations, shape ``(n,)``, there is also posterior_predictive, and log_likelihood has the log density of
        each (nats), both of shape ``(chains, draws, n)`` in single precision; otherwise log_likelihood has the sum over
        them, shape ``(chains, draws)``.
    """
    groups = {f"/{name}": group.to_dataset() for name, group in posterior.data.children.items()}
    theta = np.stack([groups["/posterior"][label].to_numpy() for label in LABELS], axis=-1)
    groups["/log_prior"] = _dataset("log_prior", OF_EACH_DRAW, posterior.prior.log_density(theta))
    sample = posterior.sample
    if sample.points.size <= THRESHOLD and (sample.weights == 1).all():
        return xr.DataTree.from_dict(groups | _of_each_observation(theta, posterior))
    total = log_likelihoods(sample.points, theta.reshape(-1, len(LABELS)), weights=sample.weights)
    groups["/log_likelihood"] = _dataset("x", OF_EACH_DRAW, total.reshape(theta.shape[:2]))
    return xr.DataTree.from_dict(groups)


def _of_each_observation(theta: Floats, posterior: Posterior) -> dict[str, xr.Dataset]:
    """The groups that ask for the observations one by one; in single precision, as they are large."""
    x, seed = posterior.sample.points, posterior.settings.seed
    heights, replicates = _log_densities(x, theta), _replicates(x.size, theta, seed=seed)
    return {
        "/observed_data": _dataset("x", OF_EACH_OBSERVATION[-1:], x),
        "/log_likelihood": _dataset("x", OF_EACH_OBSERVATION, heights.astype(np.float32)),
        "/posterior_predictive": _dataset("x", OF_EACH_OBSERVATION, replicates.astype(np.float32)),
    }


def _dataset(name: str, dimensions: tuple[str, ...], values: NDArray[np.floating]) -> xr.Dataset:
    """One variable whose places are counted from 0."""
    places = {dimension: np.arange(size) for dimension, size in zip(dimensions, values.shape, strict=True)}
    return xr.Dataset({name: (dimensions, values)}, places)


def _log_densities(x: Floats, theta: Floats) -> Floats:
    """Log density of each observation under each draw, shape ``(chains, draws, n)``, nats."""
    weight, mu1, mu2, sigma = np.moveaxis(theta, -1, 0)[..., None]
    lower, upper = norm.logpdf(x, mu1, sigma), norm.logpdf(x, mu2, sigma)
    return np.asarray(np.logaddexp(np.log(weight) + lower, np.log1p(-weight) + upper))


def _replicates(n: int, theta: Floats, *, seed: int) -> Floats:
    """A sample of ``n`` observations from the mixture under each draw, shape ``(chains, draws, n)``, data units."""
    rng = np.random.default_rng(seed)
    weight, mu1, mu2, sigma = np.moveaxis(theta, -1, 0)[..., None]
    shape = (*theta.shape[:2], n)
    return np.asarray(np.where(rng.random(shape) < weight, mu1, mu2) + sigma * rng.standard_normal(shape))
