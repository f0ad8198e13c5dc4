"""The posterior with all that ArviZ's gallery asks for.

Beside the draws, the sampler's statistics and the prior: the log prior and the log likelihood of each draw, which power
scaling wants, and, where the observations are few and none stands for several, the log density of each observation and
a replicate of it under each draw, which leave-one-out and predictive checks want.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from scipy.stats import norm

from mixstudy.compression import THRESHOLD
from mixstudy.model import LABELS, Floats, log_likelihoods
from mixstudy.sensitivity import log_prior

if TYPE_CHECKING:
    from mixstudy.posterior import Posterior

OF_EACH_DRAW = ("chain", "draw")
OF_EACH_OBSERVATION = (*OF_EACH_DRAW, "point")


def for_arviz(posterior: Posterior) -> xr.DataTree:
    """Gather the posterior and what follows from it in the groups and names that ArviZ knows.

    Args:
        posterior: The posterior.

    Returns:
        Groups posterior, sample_stats, prior, observed_data, log_prior and log_likelihood. Of up to 500 plain
        observations, shape ``(n,)``, there is also posterior_predictive, and log_likelihood has the log density of
        each (nats), both of shape ``(chains, draws, n)`` in single precision; otherwise log_likelihood has the sum over
        them, shape ``(chains, draws)``.
    """
    groups = {f"/{name}": group.to_dataset() for name, group in posterior.data.children.items()}
    draws = groups["/posterior"].sizes
    places = {name: np.arange(draws[name]) for name in OF_EACH_DRAW}
    theta, sample = np.stack([groups["/posterior"][label].to_numpy() for label in LABELS], axis=-1), posterior.sample
    groups["/log_prior"] = xr.Dataset({"log_prior": (OF_EACH_DRAW, log_prior(theta, posterior))}, places)
    if sample.points.size > THRESHOLD or not (sample.weights == 1).all():
        total = log_likelihoods(sample.points, theta.reshape(-1, len(LABELS)), weights=sample.weights)
        groups["/log_likelihood"] = xr.Dataset({"x": (OF_EACH_DRAW, total.reshape(theta.shape[:2]))}, places)
        return xr.DataTree.from_dict(groups)
    places["point"] = np.arange(sample.points.size)
    groups["/observed_data"] = xr.Dataset({"x": ("point", sample.points)}, {"point": places["point"]})
    for name, values in (
        ("log_likelihood", _log_densities(sample.points, theta)),
        ("posterior_predictive", _replicates(sample.points.size, theta, seed=posterior.settings.seed)),
    ):
        groups[f"/{name}"] = xr.Dataset({"x": (OF_EACH_OBSERVATION, values.astype(np.float32))}, places)
    return xr.DataTree.from_dict(groups)


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
