"""Somebody's posterior draws: do their chains mix, and do they give the posterior that the integral gives?

Where their prior is not known the posterior is integrated under weak priors of several scales, and the draws may lie
anywhere between those, as far outside as those lie apart, and farther by both Monte Carlo errors. That holds at any n.
Where it is known only the errors are left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixstudy.comparison.verdict import CheckStatus, Outcome
from mixstudy.data.sample import WeightedSample, default_prior
from mixstudy.diagnosis.location import listed
from mixstudy.faults.case import FLOAT, SLACK, Case
from mixstudy.faults.identities import off_the_identities
from mixstudy.integral.integrate import integrate
from mixstudy.integral.result import Estimates, Integral, IntegralStatus
from mixstudy.integral.verification import ERRORS, QUANTITIES, summarise_draws, summarise_integral, with_least_errors
from mixstudy.model import LABELS, Floats, Prior, log_likelihoods

SHORT = ("mean", "sd", "2.5 %", "97.5 %")
"""Headings of ``QUANTITIES``."""
SCALES = (1.0, 3.0, 10.0)
"""Scales of the weak priors, in those of the default prior."""
LARGE_R_HAT = 1.05
"""R-hat above which chains do not agree; 1.01 is asked of one's own, and of somebody's a little less."""
CHANCE = 5.0
"""Independent chains whose halves are m long have an R-hat above ``sqrt(1 + 5 / m)`` hardly once in 10 000."""
NEAR_ENOUGH = 3.0
"""Standard errors from the maximum within which numbers may be the means of a posterior."""
NEARER, DRAWN_MEAN = 0.25, 0.1
"""How much nearer they must then be to its means, and the Monte Carlo error of a mean of 100 draws, in sds."""
DISTINCT = 8
"""Distinct draws that the shortest usable chain has."""
MEASURED = frozenset({IntegralStatus.TRUSTED, IntegralStatus.IMPRECISE})
"""What an integral under a wide prior may be: one that is not precise knows its errors, and they are allowed for."""
LOOKED_AT = 2_000
"""Draws whose likelihood is computed."""
FINE = 0.2
"""Rounding of draws, in posterior sds, up to which their likelihood is looked at."""
DECIMALS = 6
"""Decimals to which rounded draws are looked for."""
LARGEST = 1e100
"""Size, in standard deviations of the data, beyond which draws are out of all proportion."""


class Gauge(NamedTuple):
    """The integrals that draws are held against."""

    priors: Sequence[Prior]
    """The given one, or weak ones of several scales, the default first."""
    expected: Sequence[Estimates]
    """What the posterior under each has, rows and columns as in ``DrawsReading``."""
    heights: Sequence[float]
    """Median log-likelihood of the posterior under each, nats."""
    sample: WeightedSample
    """The observations."""

    @property
    def known(self) -> bool:
        """Whether the prior was given."""
        return len(self.priors) == 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawsReading:
    """What somebody's draws say, beside the integral; rows in the order of the labels, columns of ``QUANTITIES``."""

    outcome: Outcome
    """Whether they mix, and whether they give the posterior that the integral gives."""
    drawn: Estimates
    """Mean, sd and interval ends by the draws, with their Monte Carlo errors, shape ``(4, 4)``, data units."""
    gauge: Gauge | None
    """The integrals; None where they can't be trusted."""
    r_hat: Floats
    """R-hat of each parameter, shape ``(4,)``."""
    ess: Floats
    """Bulk ESS of each parameter, shape ``(4,)``."""
    mixed: bool
    """Whether the chains have reached one distribution, so that it can be judged."""

    @property
    def integrated(self) -> Estimates | None:
        """What the integral gives where ``drawn`` is what the draws give, under the given prior or the default one."""
        return None if self.gauge is None else self.gauge.expected[0]


def read_draws_beside(draws: Floats, sample: WeightedSample, *, prior: Prior | None = None) -> DrawsReading:
    """Judge draws, shape ``(chains, draws, 4)``, data units, means in order, whose prior may be known."""
    r_hat, ess = mixing(draws)
    trouble = _stuck(draws) or _wild(draws, sample) or _unmixed(draws, r_hat)
    gauge = _integrals(sample, prior)
    said = f"Largest R-hat {r_hat.max():.3f}, smallest bulk ESS {ess.min():.0f}."
    if trouble is not None:
        outcome = Outcome(CheckStatus.FAIL, float(r_hat.max()), f"{trouble} {said}")
    elif gauge is None:
        text = f"They show no known mistake. Not held against the integral, which can't be trusted. {said}"
        outcome = Outcome(CheckStatus.NOT_APPLICABLE, math.nan, text)
    else:
        outcome = against_integrals(draws, gauge)
        outcome = outcome._replace(explanation=f"{outcome.explanation} {said}")
    with np.errstate(all="ignore"):
        drawn = summarise_draws(draws)
    return DrawsReading(outcome=outcome, drawn=drawn, gauge=gauge, r_hat=r_hat, ess=ess, mixed=trouble is None)


def _integrals(sample: WeightedSample, prior: Prior | None) -> Gauge | None:
    default = default_prior(sample)
    priors = [replace(default, scale=scale * default.scale) for scale in SCALES] if prior is None else [prior]
    integrals = [integrate(sample, prior=each) for each in priors]
    return gauge_of(integrals, sample)


def gauge_of(integrals: Sequence[Integral], sample: WeightedSample) -> Gauge | None:
    """What draws of these posteriors must have, their likelihood being that of the sample.

    None where the first can't be trusted, or the error of another is not known.
    """
    if not (integrals[0].trusted and all(each.status in MEASURED for each in integrals)):
        return None
    heights = []
    for each in integrals:
        places = np.searchsorted(np.cumsum(each.weights), (np.arange(LOOKED_AT) + 0.5) / LOOKED_AT)
        heights.append(float(np.median(_heights(each.theta[np.minimum(places, len(each.theta) - 1)], sample))))
    return Gauge([each.prior for each in integrals], [summarise_integral(each) for each in integrals], heights, sample)


def _heights(theta: Floats, sample: WeightedSample) -> Floats:
    with np.errstate(all="ignore"):
        return log_likelihoods(sample.points, theta, weights=sample.weights)


def mixing(draws: Floats) -> tuple[Floats, Floats]:
    """R-hat and bulk ESS of each parameter, shape ``(4,)`` (Vehtari et al. 2021, by ArviZ)."""
    from arviz_stats.base.array import array_stats  # here, as it loads xarray

    half = draws.shape[1] // 2
    chains = draws if len(draws) > 1 else np.stack([draws[0, :half], draws[0, -half:]])  # ArviZ asks for two chains
    with np.errstate(all="ignore"):
        r_hat = array_stats.rhat(chains, chain_axis=0, draw_axis=1)
        ess = array_stats.ess(draws, chain_axis=0, draw_axis=1)
    return np.asarray(r_hat), np.asarray(ess)


def _unmixed(draws: Floats, r_hat: Floats) -> str | None:
    limit = max(LARGE_R_HAT, math.sqrt(1 + CHANCE / (draws.shape[1] // 2)))
    if r_hat.max() <= limit:
        return None
    return "The chains do not agree with each other: they have not reached one distribution."


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


def against_integrals(draws: Floats, gauge: Gauge) -> Outcome:
    """Whether draws give what the integrals give, anywhere between those under the weak priors."""
    which, allowed = ("given", "both errors") if gauge.known else ("default", "both errors and a weak prior")
    values = np.array([each.value for each in gauge.expected])
    sds, apart = values[0][:, 1:2], np.ptp(values, axis=0) + _grain(draws)[:, None]
    found = with_least_errors(summarise_draws(draws), draws, values[0][:, 1])
    error = np.hypot(found.error, np.max([each.error for each in gauge.expected], axis=0))
    off = (found.value - values[0]) / sds
    with np.errstate(all="ignore"):
        outside = np.maximum(values.min(axis=0) - apart - found.value, found.value - values.max(axis=0) - apart) / error
    worst = np.unravel_index(int(np.argmax(np.nan_to_num(outside, nan=np.inf))), outside.shape)
    text = (
        f"Their {QUANTITIES[worst[1]]} of {LABELS[worst[0]]} is {off[worst]:+.3g} posterior sds from that of the "
        f"integral under the {which} prior"
    )
    right = (outside <= ERRORS).all(axis=1)
    if not right.all():
        beyond = "" if gauge.known else " beyond what weak priors explain"
        text += f", {outside[worst]:.3g} errors of both{beyond}. {_apart(right)}"
        return Outcome(CheckStatus.FAIL, float(off[worst]), text)
    fine = bool((_grain(draws) <= FINE * sds[:, 0]).all())  # rounding by itself parts what goes together
    untold = Outcome(CheckStatus.PASS, float(off[worst]), f"{text}: no more than {allowed} explain.")
    return (_joint(draws, gauge) if fine else None) or untold


def _grain(draws: Floats) -> Floats:
    """Half a unit of the decimals to which the draws of each parameter were rounded, shape ``(4,)``."""
    flat = draws.reshape(-1, len(LABELS))
    grain = np.zeros(len(LABELS))
    for decimals in range(DECIMALS, -1, -1):
        on_grid = (np.abs(flat - np.round(flat, decimals)) <= FLOAT * np.abs(flat)).all(axis=0)
        grain[on_grid] = 0.5 * 10.0**-decimals
    return grain


def _joint(draws: Floats, gauge: Gauge) -> Outcome | None:
    """A failure where each parameter is right and the four do not go together: their likelihood is too low, or high.

    The median of ``LOOKED_AT`` likelihoods has an error of 1.25 of their sd over the root of their number.
    """
    flat = draws.reshape(-1, len(LABELS))
    heights = _heights(flat[np.linspace(0, len(flat) - 1, LOOKED_AT).astype(int)], gauge.sample)
    middle, spread = float(np.median(heights)), float(np.ptp(np.quantile(heights, [0.25, 0.75]))) / 1.35
    error = 1.25 * spread * math.sqrt(1 / min(LOOKED_AT, float(mixing(draws)[1].min())) + 1 / LOOKED_AT)
    apart = float(np.ptp(gauge.heights)) + FLOAT * abs(middle)
    lower, upper = min(gauge.heights) - apart, max(gauge.heights) + apart
    if lower - ERRORS * error <= middle <= upper + ERRORS * error:
        return None
    text = (
        "Each parameter has the mean, sd and ends of the integral, but the four do not go together: their "
        f"log-likelihood is {middle - gauge.heights[0]:+.3g} nats from that of the posterior in the median."
    )
    return Outcome(CheckStatus.FAIL, middle - gauge.heights[0], text)


def _apart(right: NDArray[np.bool_]) -> str:
    """Which parameters the draws have as the integral has them, and which not."""
    kept, bad = (
        [label for label, good in zip(LABELS, right, strict=True) if bool(good) is wanted] for wanted in (True, False)
    )
    if not kept:
        return "No parameter is as the integral has it."
    return f"{listed(kept)}, to mean, sd and ends; {' and '.join(bad)} not."


def are_posterior_means(case: Case, *, prior: Prior | None) -> bool:
    """Whether four numbers are the means of the posterior and not the maximum of the likelihood.

    Under the given prior or anywhere between weak ones, ``NEARER`` to them than to the maximum, and each within the
    Monte Carlo error of somebody's draws.
    """
    slack = SLACK * case.rounding  # a right M-step keeps the identities, posterior means do not
    if not slack < case.off < NEAR_ENOUGH or off_the_identities(case) <= slack:
        return False
    if (gauge := _integrals(case.sample, prior)) is None:
        return False
    means = np.array([each.value[:, 0] for each in gauge.expected]) - case.sample.centre
    off = case.estimate - np.clip(case.estimate, means.min(axis=0), means.max(axis=0))
    within = np.abs(off) <= DRAWN_MEAN * gauge.expected[0].value[:, 1] + case.half
    return bool(within.all()) and case.distance(off) <= max(NEARER * case.off, case.rounding)


def draws_rows(found: DrawsReading) -> list[tuple[str, ...]]:
    """Two rows for each parameter, the draws and the integral, below a row of names."""
    rows: list[tuple[str, ...]] = [("", "", *SHORT, "R-hat", "ESS")]
    for j, label in enumerate(LABELS):
        mixed = (f"{found.r_hat[j]:.3f}", f"{found.ess[j]:.0f}")
        rows.append((label, "draws", *_shown(found.drawn.value[j]), *mixed))
        if found.integrated is not None:
            rows.append(("", "integral", *_shown(found.integrated.value[j]), "", ""))
    return rows


def _shown(values: Floats) -> tuple[str, ...]:
    return tuple(f"{value:.4g}" for value in values.tolist())
