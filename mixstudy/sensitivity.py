"""How far a posterior follows its prior."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import norm

from mixstudy.model import LABELS, Floats, log_likelihoods
from mixstudy.prior import MU_SCALES

if TYPE_CHECKING:
    from mixstudy.posterior import Posterior


def prior_sensitivity(posterior: Posterior) -> pd.DataFrame:
    """How far the posterior follows its prior and its likelihood when either is scaled to a power near 1.

    Power scaling (Kallioinen, Paananen, Buerkner & Vehtari 2024) by ArviZ, log prior and log likelihood by SciPy.

    Returns:
        One row for each parameter: ``prior`` and ``likelihood``, the sensitivities (above 0.05 the posterior follows),
        and ``diagnosis``, in words.
    """
    tree = posterior.data
    draws, sample = np.stack([tree.posterior[label].to_numpy() for label in LABELS], axis=-1), posterior.sample
    prior = log_prior(draws, posterior)
    likelihood = log_likelihoods(sample.points, draws.reshape(-1, 4), weights=sample.weights).reshape(prior.shape)
    groups = {
        "/posterior": tree.posterior.to_dataset()[list(LABELS)],
        "/log_prior": xr.Dataset({"log_prior": (("chain", "draw"), prior)}),
        "/log_likelihood": xr.Dataset({"sample": (("chain", "draw"), likelihood)}),
    }
    log = logging.getLogger("arviz_stats.psense")
    level = log.level
    log.setLevel(logging.ERROR)  # its warning repeats the column of diagnoses
    try:
        table = az.psense_summary(xr.DataTree.from_dict(groups), round_to=6)
    finally:
        log.setLevel(level)
    return pd.DataFrame(table).loc[list(LABELS)].rename_axis("parameter").replace({"diagnosis": {"✓": "fine"}})


def log_prior(draws: Floats, posterior: Posterior) -> Floats:
    """Log prior density of draws, shape ``(..., 4)``, up to a constant, nats; weight is uniform."""
    centre, scale = posterior.prior.centre, posterior.prior.scale
    means = norm.logpdf(draws[..., 1:3], centre, MU_SCALES * scale).sum(axis=-1)
    return np.asarray(means + norm.logpdf(draws[..., 3], 0, scale))
