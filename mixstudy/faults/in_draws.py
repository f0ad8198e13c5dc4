"""Mistakes in posterior draws: in the model, in the prior, in how the chains were run."""

from __future__ import annotations

import math

import numpy as np

from mixstudy.em.fit import EMFit
from mixstudy.faults.case import TEN_TIMES, Match
from mixstudy.faults.draws_case import APART, TRAVELS, DrawsCase
from mixstudy.faults.fault import Fault
from mixstudy.faults.steps import centred, exchanged, unshared, unshared_errors
from mixstudy.model import LABELS, Floats

EXCHANGED = 0.001
"""Share of draws with mu1 > mu2 that an ordered model never has."""
NARROW = 0.8
"""Posterior sd over standard error below which the prior holds as much as half the likelihood's information."""
UNSHARED_NEAR, UNSHARED_FAR = 0.25, 0.1
"""How near the unshared model's sd of sigma must be, and how far the shared model's, relative."""
SAME_FACTOR = 0.07
"""Largest spread of log(sd / standard error) over the four parameters that counts as one factor: Monte Carlo error."""
TEMPERED = 0.2
"""Log of that factor from which the likelihood is not counted once."""
CENTRED = 0.5
"""Offset in standard errors within which a posterior sits on the likelihood's maximum, so that no prior pulls."""


def _unordered(case: DrawsCase) -> Match | None:
    exchanged_ = case.given[:, :, 1] > case.given[:, :, 2]
    share, by_chain = float(exchanged_.mean()), ", ".join(f"{each:.0%}" for each in exchanged_.mean(axis=1))
    if not EXCHANGED < share < 1 - EXCHANGED:  # all of them: one labelling, the other way round
        return None
    text = f"mu1 is above mu2 in {share:.1%} of the draws (by chain: {by_chain}): the labels are exchanged."
    return Match(text, share, math.log10(share / EXCHANGED))


def _mix_labels(_: EMFit, draws: Floats, __: np.random.Generator) -> Floats:
    chains, count, _ = draws.shape
    flipped = (np.arange(count) // (count // 5) + np.arange(chains)[:, None]) % 2 == 1
    return np.where(flipped[:, :, None], exchanged(draws), draws)


def _tight(case: DrawsCase) -> Match | None:
    """A posterior much narrower than the likelihood must have its information from the prior."""
    if case.slack is None or not case.mixed or _factor(case) is not None:
        return None
    ratio, j = case.ratio, int(np.argmin(case.ratio))
    if not 0 < ratio[j] < NARROW * math.exp(-case.slack):
        return None
    text = (
        f"The posterior sd of {LABELS[j]} is {ratio[j]:.2g} of its standard error and its mean is "
        f"{case.offset[j]:+.2g} standard errors from the likelihood's maximum: the prior holds "
        f"{1 - ratio[j] ** 2:.0%} of what is known."
    )
    return Match(text, float(ratio[j]), -math.log10(ratio[j]))


def _tighten(fit: EMFit, draws: Floats, _: np.random.Generator) -> Floats:
    """A prior three standard errors off the maximum, a third of a standard error wide."""
    errors = np.array(fit.standard_errors)
    prior, information = np.diag(9 / errors**2), np.linalg.inv(fit.covariance)
    covariance = np.linalg.inv(information + prior)
    shrink = np.linalg.cholesky(covariance) @ np.linalg.inv(np.linalg.cholesky(fit.covariance))
    centre = fit.parameters.array
    return np.asarray((draws - centre) @ shrink.T + centre + covariance @ prior @ (3 * errors))


def _travelling(case: DrawsCase) -> Match | None:
    """A chain that travels is in warm-up."""
    travel = case.travel
    if not travel.any():
        return None
    k, j = np.unravel_index(int(np.argmax(travel)), travel.shape)
    text = f"{LABELS[j]} in chain {k + 1} moves by {travel.max():.3g} sd from its first quarter to its last half."
    return Match(text, float(travel.max()), math.log10(travel.max() / TRAVELS) + TEN_TIMES)


def _travel(fit: EMFit, draws: Floats, rng: np.random.Generator) -> Floats:
    chains, count, _ = draws.shape
    fading = np.exp(-np.arange(count) / (count / 3))[:, None]
    return np.asarray(draws + 20 * np.array(fit.standard_errors) * fading * rng.choice([-1, 1], (chains, 1, 4)))


def _separate(case: DrawsCase) -> Match | None:
    """Chains at rest in different places are in different modes."""
    if case.travel.any() or not case.apart.max() > APART:
        return None
    far = float(case.apart.max())
    text = f"The chains' means of {LABELS[int(np.argmax(case.apart))]} are {far:.3g} sds apart, and each stays there."
    return Match(text, far, math.log10(far / APART) + TEN_TIMES)


def _part(fit: EMFit, draws: Floats, _: np.random.Generator) -> Floats:
    chains = draws.shape[0]
    return np.asarray(draws + 8 * np.array(fit.standard_errors) * (np.arange(chains) < chains // 2)[:, None, None])


def _still(case: DrawsCase) -> Match | None:
    """A chain whose draws are all the same never moved."""
    still = np.flatnonzero((np.ptp(case.draws, axis=1) == 0).all(axis=1))
    if not still.size:
        return None
    text = f"Every draw of chain {still[0] + 1} is the same: it never moved from where it began."
    return Match(text, float(still.size), math.log10(case.draws.shape[1]))


def _stop_one(_: EMFit, draws: Floats, __: np.random.Generator) -> Floats:
    made = draws.copy()
    made[-1] = made[-1, :1]
    return made


def _factor(case: DrawsCase) -> float | None:
    """One factor by which all four sds differ from the standard errors, the means being right; None without one."""
    if case.slack is None or not case.mixed:
        return None
    logs = np.log(np.maximum(case.ratio, 1e-300))
    same = np.ptp(logs) < SAME_FACTOR + case.slack and np.abs(case.offset).max() < CENTRED
    return float(logs.mean()) if same and abs(logs.mean()) > TEMPERED + case.slack else None


def _counted(case: DrawsCase) -> Match | None:
    """A likelihood to the power p makes every sd 1 / sqrt(p) of what it should be."""
    factor = _factor(case)
    if factor is None:
        return None
    text = (
        f"All four sds are {math.exp(factor):.3g} of their standard errors and the means are right: the likelihood "
        f"counts {math.exp(-2 * factor):.3g} times."
    )
    return Match(text, abs(factor), TEN_TIMES + abs(factor))


def _count_half(fit: EMFit, draws: Floats, _: np.random.Generator) -> Floats:
    centre = fit.parameters.array
    return np.asarray(centre + math.sqrt(2) * (draws - centre))


def _one_sigma_each(case: DrawsCase) -> Match | None:
    """Sigma's mean and sd are those of one of two sigmas, which is wider, being known from one component."""
    if case.slack is None or not case.mixed or _factor(case) is not None:
        return None
    mean, sd = float(case.draws[:, :, 3].mean()), float(case.draws[:, :, 3].std())
    shared, data = float(case.errors[3]), centred(case.sample)
    both = unshared(data, case.fit.parameters.array - case.sample.centre)
    for k, (theta, expected) in enumerate(zip(both, unshared_errors(data, both).tolist(), strict=True), 1):
        if math.isnan(expected):
            continue
        near, far = abs(math.log(sd / expected)), abs(math.log(sd / shared))
        off = abs(mean - theta[3]) / expected
        if near < UNSHARED_NEAR and far > UNSHARED_FAR + case.slack and near < far / 2 and off < 1:
            text = (
                f"Sigma has posterior sd {sd:.3g}, that of component {k}'s own sigma ({expected:.3g}), where a shared "
                f"one has {shared:.3g}; its mean is {off:.2g} sds from component {k}'s."
            )
            return Match(text, near, math.log10(far / max(near, 0.01)))
    return None


def _unshare(fit: EMFit, draws: Floats, _: np.random.Generator) -> Floats:
    """Sigma with the mean and the sd of component 1's own; NaN where that shrinks to a point."""
    data, centre = centred(fit.sample), fit.parameters.array
    both = unshared(data, centre - fit.sample.centre)
    wider = np.array([1, 1, 1, unshared_errors(data, both)[0] / fit.standard_errors.sigma])
    return np.asarray(both[0] + fit.sample.centre + (draws - centre) * wider)


COUNTED = _counted
"""Finds a likelihood that does not count once."""
UNSHARED_DRAWS = (_unshare, _one_sigma_each)
"""How a sigma left unshared is made in draws, and found there; the entry itself stands with the runs."""
DRAWS_FAULTS = (
    Fault(
        name="unordered means",
        wrong="mu1 ~ Normal(c, 2.5 s), mu2 ~ Normal(c, 2.5 s) without an order",
        right="mu1 < mu2 as a constraint in the model",
        source="label switching: Stephens 2000; Betancourt 2017",
        advice="Order the means in the model; means over draws of exchanged labels say nothing.",
        seen_in="draws",
        make_draws=_mix_labels,
        find_in_draws=_unordered,
    ),
    Fault(
        name="a prior far too tight",
        wrong="a prior whose information is not small beside the likelihood's",
        right="prior sds a few times the spread of the data",
        source="Kallioinen et al. 2024 (power-scaling)",
        advice="Widen the prior tenfold: a posterior of this much data should hardly move.",
        seen_in="draws",
        make_draws=_tighten,
        find_in_draws=_tight,
    ),
    Fault(
        name="a likelihood counted more or less than once",
        wrong="log posterior = log prior + p * log likelihood with p other than 1",
        right="p = 1: every observation once, and no temperature left on",
        source="power posteriors: Friel & Pettitt 2008; observations entered twice",
        advice="Look for a temperature, a weight of the observations or data entered twice in the model.",
        seen_in="draws",
        make_draws=_count_half,
        find_in_draws=_counted,
    ),
    Fault(
        name="a chain stopped in warm-up",
        wrong="draws taken before the chain has reached the posterior",
        right="discard the warm-up; R-hat below 1.01",
        source="Gelman & Rubin 1992; Vehtari et al. 2021",
        advice="Plot the draws in their order; discard the part that still travels and run longer.",
        seen_in="draws",
        make_draws=_travel,
        find_in_draws=_travelling,
    ),
    Fault(
        name="chains in different modes",
        wrong="chains that never meet, averaged as if they had",
        right="R-hat below 1.01 over chains from scattered starts",
        source="Gelman & Rubin 1992",
        advice="Compare the log-likelihood of each chain; keep none until all visit the same place.",
        seen_in="draws",
        make_draws=_part,
        find_in_draws=_separate,
    ),
    Fault(
        name="a chain that stands still",
        wrong="every proposal rejected, or the start repeated",
        right="an acceptance rate above 0 in every chain; a bulk ESS of 400 or more over all chains",
        source="Vehtari et al. 2021",
        advice="Look at that chain's acceptance rate and step size, and leave it out of all means.",
        seen_in="draws",
        make_draws=_stop_one,
        find_in_draws=_still,
    ),
)
