"""Somebody's posterior draws: do their chains mix, and do they give the posterior that the integral gives?

Where their prior is not known the posterior is integrated under weak priors of several scales, and the draws may lie
anywhere between those, as far outside as those lie apart, and farther by both Monte Carlo errors. That holds at any n.
Where it is known only the errors are left.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from mixstudy.comparison.verdict import CheckStatus, Outcome
from mixstudy.data.sample import WeightedSample, default_prior
from mixstudy.integral.verification import ERRORS, QUANTITIES, summarise_draws, summarise_integral, with_least_errors
from mixstudy.model import LABELS, Floats, Prior

SCALES = (1.0, 3.0, 10.0)
"""Scales of the weak priors, in those of the default prior."""
LARGE_R_HAT = 1.05
"""R-hat above which chains do not agree; 1.01 is asked of one's own, and of somebody's a little less."""
CHANCE = 5.0
"""Independent chains whose halves are m long have an R-hat above ``sqrt(1 + 5 / m)`` hardly once in 10 000."""
DISTINCT = 8
"""Distinct draws that the shortest usable chain has."""
LARGEST = 1e100
"""Size, in standard deviations of the data, beyond which draws are out of all proportion."""


def look_at_draws(draws: Floats, sample: WeightedSample, *, prior: Prior | None = None) -> Outcome:
    """Judge draws, shape ``(chains, draws, 4)``, data units, means in order, whose prior may be known."""
    trouble = _stuck(draws) or _wild(draws, sample)
    if trouble is not None:
        return Outcome(CheckStatus.FAIL, math.nan, trouble)
    r_hat, ess = mixing(draws)
    mixed = f"Largest R-hat {r_hat:.3f}, smallest bulk ESS {ess:.0f}."
    limit = max(LARGE_R_HAT, math.sqrt(1 + CHANCE / (draws.shape[1] // 2)))
    if not r_hat <= limit:
        text = f"The chains do not agree with each other: they have not reached one distribution. {mixed}"
        return Outcome(CheckStatus.FAIL, r_hat, text)
    return _against_integrals(draws, sample, prior, mixed)


def mixing(draws: Floats) -> tuple[float, float]:
    """Largest R-hat and smallest bulk ESS of the parameters (Vehtari et al. 2021, by ArviZ)."""
    from arviz_stats.base.array import array_stats  # here, as it loads xarray

    half = draws.shape[1] // 2
    chains = draws if len(draws) > 1 else np.stack([draws[0, :half], draws[0, -half:]])  # ArviZ asks for two chains
    with np.errstate(all="ignore"):
        r_hat = array_stats.rhat(chains, chain_axis=0, draw_axis=1)
        ess = array_stats.ess(draws, chain_axis=0, draw_axis=1)
    return float(np.max(r_hat)), float(np.min(ess))


def _stuck(draws: Floats) -> str | None:
    """A chain that hardly moves, or two chains that are one."""
    for k, chain in enumerate(draws):
        distinct = min(np.unique(column).size for column in chain.T)
        if distinct < DISTINCT:
            return f"Chain {k + 1} is stuck: it has only {distinct} distinct value(s) of a parameter."
        for j in range(k):
            if np.array_equal(chain, draws[j]):
                return f"Chains {j + 1} and {k + 1} are the same draws: their seeds are the same, or one is a copy."
    return None


def _wild(draws: Floats, sample: WeightedSample) -> str | None:
    with np.errstate(all="ignore"):
        largest = float(np.abs(sample.to_standard(draws)).max())
    return None if largest < LARGEST else "Some draws are out of all proportion: no posterior of these data has such."


def _against_integrals(draws: Floats, sample: WeightedSample, given: Prior | None, mixed: str) -> Outcome:
    from mixstudy.integral.integrate import integrate  # here, as it loads SciPy's statistics, which take half a second

    default = default_prior(sample)
    priors = [replace(default, scale=scale * default.scale) for scale in SCALES] if given is None else [given]
    which, allowed = ("default", "both errors and a weak prior") if given is None else ("given", "both errors")
    integrals = [integrate(sample, prior=each) for each in priors]
    if not all(each.trusted for each in integrals):
        text = f"They show no known mistake. Not held against the integral, which can't be trusted. {mixed}"
        return Outcome(CheckStatus.NOT_APPLICABLE, math.nan, text)
    expected = [summarise_integral(each) for each in integrals]
    values = np.array([each.value for each in expected])
    sds, apart = values[0][:, 1:2], np.ptp(values, axis=0)
    found = with_least_errors(summarise_draws(draws), draws, values[0][:, 1])
    error = np.hypot(found.error, np.max([each.error for each in expected], axis=0))
    off = (found.value - values[0]) / sds
    with np.errstate(all="ignore"):
        outside = np.maximum(values.min(axis=0) - apart - found.value, found.value - values.max(axis=0) - apart) / error
    worst = np.unravel_index(int(np.argmax(np.nan_to_num(outside, nan=np.inf))), outside.shape)
    text = (
        f"Their {QUANTITIES[worst[1]]} of {LABELS[worst[0]]} is {off[worst]:+.3g} posterior sds from that of the "
        f"integral under the {which} prior"
    )
    if not (outside <= ERRORS).all():
        beyond = " beyond what weak priors explain" if given is None else ""
        text += f", {outside[worst]:.3g} errors of both{beyond}. {mixed}"
        return Outcome(CheckStatus.FAIL, float(off[worst]), text)
    text += f": no more than {allowed} explain. {mixed} They show no known mistake."
    return Outcome(CheckStatus.PASS, float(off[worst]), text)
