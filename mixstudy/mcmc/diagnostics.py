"""Whether chains can be trusted: R-hat, effective sample sizes, divergences and energy, and a status from them."""

from __future__ import annotations

from enum import Enum

import numpy as np
import pandas as pd

from mixstudy.model import LABELS, Floats

MAX_R_HAT = 1.01
"""Vehtari, Gelman, Simpson, Carpenter & Buerkner (2021)."""
MIN_ESS_PER_CHAIN = 100
"""Bulk and tail effective sample size for each chain, as they recommend."""
TAILS = (0.05, 0.95)
"""Quantiles whose effective sample size is that of the tails (Vehtari et al. 2021)."""
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


def diagnose(chains: Floats) -> pd.DataFrame:
    """ArviZ's diagnostics of draws, shape ``(chains, draws, 4)``: a row for each parameter.

    Columns: mean, sd, r_hat (rank-normalised, split), ess_bulk, ess_tail, mcse_mean, mcse_sd.
    """
    from arviz_stats.base.array import array_stats  # here, as the status alone is read where nothing is sampled

    axes = {"chain_axis": 0, "draw_axis": 1}
    flat = chains.reshape(-1, chains.shape[-1])
    columns = {
        "mean": flat.mean(axis=0),
        "sd": flat.std(axis=0, ddof=1),
        "r_hat": array_stats.rhat(chains, **axes),
        "ess_bulk": array_stats.ess(chains, method="bulk", **axes),
        "ess_tail": array_stats.ess(chains, method="tail", prob=TAILS, **axes),
        "mcse_mean": array_stats.mcse(chains, method="mean", **axes),
        "mcse_sd": array_stats.mcse(chains, method="sd", **axes),
    }
    return pd.DataFrame(columns, index=list(LABELS))


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
