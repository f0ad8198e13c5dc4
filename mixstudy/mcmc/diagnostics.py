"""Whether chains can be trusted: R-hat, effective sample sizes, divergences and energy, and a status from them."""

from __future__ import annotations

from enum import Enum

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr

from mixstudy.model import LABELS, Floats

MAX_R_HAT = 1.01
"""Vehtari, Gelman, Simpson, Carpenter & Buerkner (2021)."""
MIN_ESS_PER_CHAIN = 100
"""Bulk and tail effective sample size for each chain, as they recommend."""
MIN_BFMI = 0.3
"""Below this the energy says that the tails are hardly visited (Betancourt 2016)."""
MAX_DIVERGENT = 0.001
"""Share of divergent transitions that is let pass: isolated ones are the integrator's false alarms."""


class SamplerStatus(Enum):
    """Whether the chains can be trusted."""

    PASSED = "The chains mixed well: the diagnostics give no reason to doubt the posterior."
    NOT_MIXED = "The chains do not agree with each other (R-hat above 1.01): they have not reached one distribution."
    TOO_FEW = "The chains are too short: fewer than 100 effective draws for each chain, in the bulk or in the tails."
    DIVERGENT = "Too many transitions diverged: part of the posterior may have been missed."
    NOT_VERIFIED = (
        "The chains mixed, but they miss part of the posterior: an independent integral gives other means, standard "
        "deviations or interval ends."
    )
    LOW_ENERGY = "The energy hardly changes between draws (BFMI below 0.3): the tails may have been missed."


def diagnose(data: xr.DataTree) -> pd.DataFrame:
    """ArviZ's diagnostics of the group posterior: a row for each parameter.

    Columns: mean, sd, r_hat (rank-normalised, split), ess_bulk, ess_tail, mcse_mean, mcse_sd.
    """
    table = pd.DataFrame(
        {
            "mean": {label: float(data.posterior[label].mean()) for label in LABELS},
            "sd": {label: float(data.posterior[label].std(ddof=1)) for label in LABELS},
        }
    ).loc[list(LABELS)]
    for name, found in {
        "r_hat": az.rhat(data),
        "ess_bulk": az.ess(data, method="bulk"),
        "ess_tail": az.ess(data, method="tail"),
        "mcse_mean": az.mcse(data, method="mean"),
        "mcse_sd": az.mcse(data, method="sd"),
    }.items():
        table[name] = [float(found[label]) for label in LABELS]
    return table


def smallest_bfmi(energy: Floats) -> float:
    """Mean squared change of the energy over its variance, the smallest of the chains (Betancourt 2016)."""
    return float(np.min(np.square(np.diff(energy, axis=-1)).mean(axis=-1) / energy.var(axis=-1)))


def judge(table: pd.DataFrame, *, chains: int, divergent: float, bfmi: float) -> SamplerStatus:
    """The status that follows from the diagnostics; ``divergent`` is a share of the draws."""
    if not (table["r_hat"] <= MAX_R_HAT).all():
        return SamplerStatus.NOT_MIXED
    if not (table[["ess_bulk", "ess_tail"]] >= MIN_ESS_PER_CHAIN * chains).all(axis=None):
        return SamplerStatus.TOO_FEW
    if divergent > MAX_DIVERGENT:
        return SamplerStatus.DIVERGENT
    if bfmi < MIN_BFMI:
        return SamplerStatus.LOW_ENERGY
    return SamplerStatus.PASSED
