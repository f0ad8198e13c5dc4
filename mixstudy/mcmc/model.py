"""The same model in PyMC.

    weight ~ Beta(1, 1),  mu1 < mu2 each ~ Normal(centre, 2.5 scale),  sigma ~ HalfNormal(scale)

Written from PyMC's own distributions and differentiated by PyTensor: no likelihood code is shared with EM.

The posterior is the same in any coordinates; the sampler's path through it is not. *Mixture* coordinates are

    logit weight,  log k with k = (mu2 - mu1) / sigma,  m = weight mu1 + (1 - weight) mu2,  log S,
    sigma = S / sqrt(1 + weight (1 - weight) k^2),  mu1 = m - (1 - weight) k sigma,  mu2 = m + weight k sigma,

mean and standard deviation of the whole mixture, which the data fix even where they hardly tell its components apart.
Every point is valid and the Jacobian is ``weight (1 - weight) (mu2 - mu1) sigma``.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import pymc as pm
import pytensor.tensor as pt
from numpy.typing import ArrayLike

from mixstudy.model import MU_SCALES, Prior


class Coordinates(Enum):
    """Unconstrained coordinates in which the posterior is drawn."""

    PLAIN = "logit weight, ordered means, log sigma"
    MIXTURE = "logit weight, log((mu2 - mu1) / sigma), mean and log sd of the mixture"


def build_model(
    points: ArrayLike, weights: ArrayLike, prior: Prior, *, coordinates: Coordinates = Coordinates.PLAIN
) -> pm.Model:
    """The mixture of weighted points as a PyMC model, in the units of ``prior``.

    The likelihood is a potential because each point counts ``weights`` times; with unit weights it is what
    ``pm.NormalMixture(..., observed=points)`` would give, at two thirds of its cost. All that changes from data set to
    data set is ``pm.Data``.

    Args:
        points: Where observations are, shape ``(k,)``.
        weights: How many stand at each, shape ``(k,)``.
        prior: The prior.
        coordinates: What the sampler moves in; the posterior is the same.
    """
    with pm.Model(coords={"cluster": [1, 2]}) as model:
        centre, scale = pm.Data("centre", prior.centre), pm.Data("scale", prior.scale)
        weight = pm.Beta("weight", 1, 1)
        mu, sigma = _VARIABLES[coordinates](weight, centre, scale)
        x, counts = pm.Data("points", points), pm.Data("weights", weights)
        first = pt.log(weight) + pm.logp(pm.Normal.dist(mu[0], sigma), x)
        second = pt.log1p(-weight) + pm.logp(pm.Normal.dist(mu[1], sigma), x)
        pm.Potential("log_likelihood", (counts * pt.logaddexp(first, second)).sum())
    return model


def _plain(_: Any, centre: Any, scale: Any) -> tuple[Any, Any]:  # noqa: ANN401  (PyTensor's are untyped)
    mu = pm.Normal("mu", centre, MU_SCALES * scale, dims="cluster", transform=pm.distributions.transforms.ordered)
    return mu, pm.HalfNormal("sigma", scale)


def _mixture(weight: Any, centre: Any, scale: Any) -> tuple[Any, Any]:  # noqa: ANN401  (likewise)
    """The formulas of the module's docstring; the Beta brings its own part of the Jacobian."""
    log_ratio, mean, log_sd = pm.Flat("log_ratio"), pm.Flat("mean"), pm.Flat("log_sd")
    ratio = pt.exp(log_ratio)
    sigma = pm.Deterministic("sigma", pt.exp(log_sd) / pt.sqrt(1 + weight * (1 - weight) * ratio**2))
    means = pt.stack([mean - (1 - weight) * ratio * sigma, mean + weight * ratio * sigma])
    mu = pm.Deterministic("mu", means, dims="cluster")
    prior = pm.logp(pm.Normal.dist(centre, MU_SCALES * scale), mu).sum() + pm.logp(pm.HalfNormal.dist(scale), sigma)
    pm.Potential("prior", prior + log_ratio + 2 * pt.log(sigma))
    return mu, sigma


_VARIABLES = {Coordinates.PLAIN: _plain, Coordinates.MIXTURE: _mixture}


def starting_points(coordinates: Coordinates) -> dict[str, Any]:
    """Where chains start: random variables about the middle of standardised data, a new draw for each chain."""
    weight = pm.Uniform.dist(0.2, 0.8)
    if coordinates is Coordinates.PLAIN:
        return {"weight": weight, "mu": pt.sort(pm.Normal.dist(0, 1, size=2)), "sigma": pm.Uniform.dist(0.3, 1.0)}
    log_ratio, mean, log_sd = pm.Uniform.dist(-0.5, 1.5), pm.Normal.dist(0, 0.3), pm.Uniform.dist(-0.3, 0.3)
    return {"weight": weight, "log_ratio": log_ratio, "mean": mean, "log_sd": log_sd}
