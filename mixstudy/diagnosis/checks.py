"""Are these numbers right? An estimate from anywhere, held against the data, and the mistake behind it named.

Two numbers carry the verdict: how far the estimate is from the maximum of the likelihood, in standard errors, and how
many nats of log-likelihood that costs. Neither is asked to be smaller than the rounding of the printed figures makes
it. A posterior, where there is one, has its say by ``compare``.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtrc

from mixstudy.comparison.checks import MC_ERRORS, NOT_STATIONARY, STATIONARY
from mixstudy.comparison.verdict import Check, CheckStatus, tail_status
from mixstudy.data.sample import WeightedSample, default_prior
from mixstudy.diagnosis.assessment import ROUNDING
from mixstudy.em.asymptotics import LARGE_SHIFT, expand, identified, merged_variance
from mixstudy.em.fit import EMFit
from mixstudy.em.likelihood import curvature_from, distance_to_maximum, expectation
from mixstudy.faults.by_draws import ordered
from mixstudy.faults.by_trace import from_trace, steps_are_right
from mixstudy.faults.case import SLACK, Recognition
from mixstudy.model import LABELS, Floats, Parameters

EXTREME = 300.0
"""Logs of weight and of sigma over the data's sd beyond which squares leave the range of floats."""


def deficit_and_distance(theta: Parameters, sample: WeightedSample, fit: EMFit) -> tuple[float, float]:
    """Log-likelihood below the maximum, nats, and distance to the maximum by the score, standard errors."""
    standard = (np.array([*theta]) - [0, sample.mean, sample.mean, 0]) / [1, sample.sd, sample.sd, sample.sd]
    sums = expectation(sample.standardised, sample.weights, standard)
    height = sums.log_likelihood - sample.n * math.log(sample.sd)
    if not math.isfinite(height):
        return math.inf, math.inf
    if not (np.abs(np.log(standard[[0, 3]])) < EXTREME).all():
        return fit.log_likelihood - height, math.inf
    at = curvature_from(sums, standard)
    distance = distance_to_maximum(at) if np.isfinite(at.information).all() else math.inf
    return fit.log_likelihood - height, distance


def likelihood_check(deficit: float, rounding: float, fit: EMFit) -> Check:
    """The likelihood of the estimate is the highest there is; a distance d costs ``d^2 / 2`` nats."""
    floor = ROUNDING * abs(fit.log_likelihood)
    good, fair = (max(limit, SLACK * rounding) ** 2 / 2 + floor for limit in (STATIONARY, NOT_STATIONARY))
    status = CheckStatus.PASS if deficit <= good else CheckStatus.BORDERLINE
    text = (
        f"The log-likelihood of the estimate is {max(deficit, 0.0):.3g} nats below the highest; up to {good:.2g} would "
        "be the rounding of its printed figures."
    )
    return _check("likelihood", CheckStatus.FAIL if deficit > fair else status, deficit, text)


def _check(name: str, status: CheckStatus, value: float, text: str) -> Check:
    return Check(name=name, status=status, value=value, explanation=text)


def data_check(found: tuple[Recognition, ...]) -> Check:
    """The data are what a sample should be."""
    for each in found:
        if each.fault.seen_in == "data":
            return _check("data", CheckStatus.FAIL, each.strength, each.explanation)
    text = "The data are no heights of a curve, and bear no mark of a sampler known for its mistake."
    return _check("data", CheckStatus.PASS, math.nan, text)


def trace_check(rows: Floats, sample: WeightedSample) -> Check:
    """Each row of the trace follows from the one before."""
    found = from_trace(rows, sample)
    if found:
        return _check("trace", CheckStatus.FAIL, found[0].strength, found[0].explanation)
    if steps_are_right(rows, sample):
        text = "Each row follows from the one before by a right step, as far as its figures tell."
        return _check("trace", CheckStatus.PASS, math.nan, text)
    text = "No iteration known here, right or wrong, takes each row to the next."
    return _check("trace", CheckStatus.BORDERLINE, math.nan, text)


def truth_check(truth: Parameters | None, sample: WeightedSample, fit: EMFit, *, level: float) -> Check:
    """Twice the log-likelihood from the truth to the maximum is chi^2 with 4 degrees of freedom (Wilks 1938)."""
    if truth is None:
        return _check("truth", CheckStatus.NOT_APPLICABLE, math.nan, "The truth is not known for these data.")
    squared = 2 * max(deficit_and_distance(truth, sample, fit)[0], 0.0)
    beyond = float(chdtrc(len(LABELS), squared))
    text = f"Twice the log-likelihood from the truth to the maximum is {squared:.4g}; "
    text += f"data from the truth give as much with probability {beyond:.2g}."
    return _check("truth", tail_status(beyond, 1 - level), squared, text)


CHAIN = ("chain", ".chain", "chain_id", "chain__")
"""Names by which a column may tell the chain: ArviZ, posterior, emcee, CmdStan."""
BATCHES = 20
"""Parts of the draws whose means tell the Monte Carlo error."""
FEWEST = 8
"""Draws of a chain below which nothing can be seen in it."""


def draws_check(draws: Floats, fit: EMFit, marks: tuple[Recognition, ...]) -> Check:
    """Hold draws against what large-sample theory expects of the posterior under a weak prior.

    Args:
        draws: Shape ``(chains, draws, 4)`` in the order of the labels, data units, means in any order.
        fit: EM's fit of the data.
        marks: Known mistakes that the draws bear the marks of.
    """
    if marks:
        return _draws_check(CheckStatus.FAIL, marks[0].strength, marks[0].explanation)
    prior = default_prior(fit.sample)
    found = expand(fit.sample, np.array([*fit.parameters]), prior)
    if not identified(found.shift, merged_variance(fit, prior)) or found.beyond > LARGE_SHIFT:
        text = "They bear no mark of a known mistake. These data say too little of where a posterior should be."
        return _draws_check(CheckStatus.NOT_APPLICABLE, math.nan, text)
    flat, errors = ordered(draws).reshape(-1, len(LABELS)), np.array(fit.standard_errors)
    batches = np.array([batch.mean(axis=0) for batch in np.array_split(flat, BATCHES)])
    noise = batches.std(axis=0, ddof=1) / math.sqrt(BATCHES) / errors
    offset = (flat.mean(axis=0) - np.array([*fit.parameters])) / errors
    off = np.abs(offset - found.shift) - np.abs(found.shift) - found.beyond - MC_ERRORS * noise
    ratio = flat.std(axis=0) / errors
    wide = np.abs(np.log(ratio)) - np.abs(found.shift).max() - found.beyond - MC_ERRORS * noise
    j, k = int(np.argmax(off)), int(np.argmax(wide))
    text = (
        f"Their mean of {LABELS[j]} is {offset[j]:+.3g} standard errors from EM's estimate, their sd of {LABELS[k]} "
        f"{ratio[k]:.3g} of its standard error"
    )
    if max(off[j], wide[k]) > 0:
        return _draws_check(CheckStatus.FAIL, float(offset[j]), f"{text}: more than n and a weak prior explain.")
    text += ": no more than n and a weak prior explain. They bear no mark of a known mistake."
    return _draws_check(CheckStatus.PASS, float(offset[j]), text)


def _draws_check(status: CheckStatus, value: float, text: str) -> Check:
    return Check(name="draws", status=status, value=value, explanation=text)
