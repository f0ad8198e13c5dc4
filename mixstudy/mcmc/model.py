"""The same model in PyMC.

    weight ~ Beta(a, b),  mu1 < mu2 each ~ Normal(centre, mu_scale),  sigma ~ HalfNormal(sigma_scale)

Written from PyMC's own distributions and differentiated by PyTensor: no likelihood code is shared with EM.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import ArrayLike
from pymc.distributions.transforms import ordered

from mixstudy.model import Prior


def prior_data(prior: Prior) -> dict[str, Any]:
    """What of the model's data is the prior, by its names there."""
    return {
        "beta": np.array(prior.weight),
        "centre": prior.centre,
        "mu_scale": prior.mu_scale,
        "sigma_scale": prior.sigma_scale,
    }


def build_model(points: ArrayLike, weights: ArrayLike, prior: Prior) -> pm.Model:
    """The mixture of weighted points as a PyMC model, in the units of ``prior``.

    The likelihood is a potential because each point counts ``weights`` times; with unit weights it is what
    ``pm.NormalMixture(..., observed=points)`` would give, at two thirds of its cost. All that changes from data set to
    data set is ``pm.Data``.

    Args:
        points: Where observations are, shape ``(k,)``.
        weights: How many stand at each, shape ``(k,)``.
        prior: The prior.
    """
    with pm.Model(coords={"cluster": [1, 2]}) as model:
        beta, centre, mu_scale, sigma_scale = (pm.Data(name, value) for name, value in prior_data(prior).items())
        weight = pm.Beta("weight", beta[0], beta[1])
        mu = pm.Normal("mu", centre, mu_scale, dims="cluster", transform=ordered)
        sigma = pm.HalfNormal("sigma", sigma_scale)
        x, counts = pm.Data("points", points), pm.Data("weights", weights)
        first = pt.log(weight) + pm.logp(pm.Normal.dist(mu[0], sigma), x)
        second = pt.log1p(-weight) + pm.logp(pm.Normal.dist(mu[1], sigma), x)
        apart = abs(first - second)
        either = (first + second + apart) / 2 + pt.log1p(pt.exp(-apart))  # log(e^first + e^second), symmetric
        pm.Potential("log_likelihood", (counts * either).sum())
    return model


def starting_points() -> dict[str, Any]:
    """Where chains start: random variables about the middle of standardised data, a new draw for each chain."""
    mu = pt.sort(pm.Normal.dist(0, 1, size=2))
    return {"weight": pm.Uniform.dist(0.2, 0.8), "mu": mu, "sigma": pm.Uniform.dist(0.3, 1.0)}
