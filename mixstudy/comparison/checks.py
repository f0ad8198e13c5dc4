"""The checks of a comparison: each answers with a number, a status and a sentence."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps

import numpy as np
from scipy.special import chdtrc, ndtri

from mixstudy.comparison.evidence import Evidence, PosteriorEvidence, standing
from mixstudy.comparison.goodness_of_fit import AdequacyStatus
from mixstudy.comparison.verdict import CheckStatus, Looks, Outcome, tail_status
from mixstudy.faults.case import SLACK
from mixstudy.model import LABELS, Parameters, log_likelihood, log_likelihoods

MC_ERRORS = float(ndtri(1 - 0.001 / 8))
"""Monte Carlo errors allowed: four two-sided looks together err once in 1000 (Bonferroni)."""
STATIONARY = 0.01
"""Distance to the maximum, in standard errors, of an estimate that was rounded for printing."""
NOT_STATIONARY = 0.1
"""Distance that rounding no longer explains: it changes the third figure of a standard error's worth."""
LIKELIHOOD_ROUNDING = 1e-12
"""Relative rounding error of a sum of log densities, with a margin."""
MISFITS_TOLD = 2
"""Misfits that a sentence names, the oddest first."""


def of_posterior(check: Callable[[Evidence, PosteriorEvidence], Outcome]) -> Looks[Evidence]:
    """A check that has something to look at where there is a posterior."""

    @wraps(check)
    def checked(evidence: Evidence) -> Outcome | None:
        return None if evidence.posterior is None else check(evidence, evidence.posterior)

    return checked


@of_posterior
def _sampler(_: Evidence, found: PosteriorEvidence) -> Outcome:
    """The chains mixed, so that the posterior can be trusted."""
    posterior = found.posterior
    status = CheckStatus.PASS if posterior.passed else CheckStatus.FAIL
    worst = posterior.diagnostics
    detail = (
        f" Largest R-hat {worst['r_hat'].max():.3f}, smallest bulk ESS {worst['ess_bulk'].min():.0f}, "
        f"{posterior.divergences} divergence(s)."
    )
    if len(posterior.attempts) > 1:
        tried = f"{len(posterior.attempts)} attempts"
        passed = f" It took {tried}, the last: {posterior.attempts[-1].name}."
        detail += passed if posterior.passed else f" None of {tried} passed."
    own = "No chains passed: these are independent draws of the integral." if posterior.integrated else None
    return Outcome(status, float(worst["r_hat"].max()), (own or posterior.status.value) + detail)


@of_posterior
def _verified(_: Evidence, beside: PosteriorEvidence) -> Outcome:
    """Means, standard deviations and interval ends of the draws are those of the integral, within both errors."""
    posterior = beside.posterior
    integral, found = posterior.integral, posterior.verification
    if integral is None or found is None:
        why = "there is no integral" if integral is None else integral.status.value
        return Outcome(CheckStatus.NOT_APPLICABLE, math.nan, f"Not verified: {why}")
    if posterior.integrated:
        text = (
            f"No chain gave the posterior, so the draws are those of an integral that knows every mean, standard "
            f"deviation and interval end to {integral.precision:.2g} posterior sds."
        )
        return Outcome(CheckStatus.PASS, integral.precision, text)
    if not found.agrees:
        return Outcome(CheckStatus.FAIL, float(abs(found.sds[found.worst])), f"Not verified. {found.sentence}")
    row, column = found.worst
    text = (
        f"Every mean, standard deviation and interval end is known to {integral.precision:.2g} posterior sds, by an "
        f"integral with which the chains agree; they differ most in {LABELS[row]}, by "
        f"{abs(found.sds[row, column]):.2g} posterior sds, {abs(found.errors[row, column]):.2g} errors of both."
    )
    return Outcome(CheckStatus.PASS, integral.precision, text)


@of_posterior
def _inside(evidence: Evidence, found: PosteriorEvidence) -> Outcome:
    """Each estimate lies in its credible interval."""
    where = found.table["inside"]
    count = int((where == "inside").sum())
    interval = f"{100 * evidence.level:.10g}% credible interval"
    if (where == "outside").any():
        out = ", ".join(where.index[where == "outside"])
        return Outcome(CheckStatus.FAIL, float(count), f"Outside its {interval}: {out}.")
    if (where == "borderline").any():
        edge = ", ".join(where.index[where == "borderline"])
        text = f"Within Monte Carlo error of the end of its {interval}: {edge}; more draws would decide."
        return Outcome(CheckStatus.BORDERLINE, float(count), text)
    return Outcome(CheckStatus.PASS, float(count), f"All four estimates lie in their {interval}.")


@of_posterior
def _offset(evidence: Evidence, found: PosteriorEvidence) -> Outcome:
    """The estimate stands off the posterior mean only as far as skewness, prior and Monte Carlo error explain."""
    if not found.gauged:
        return _too_little(float(found.table["offset_sd"].abs().max()))
    offset = found.table["offset_sd"].to_numpy()
    known = found.posterior.summary(evidence.level)
    error = known.error[:, 0] / known.value[:, 1]
    shift = found.expansion.shift
    excess = np.abs(offset + shift)
    allowed = np.abs(shift) + found.expansion.beyond + MC_ERRORS * error
    worst = int(np.argmax(excess - allowed))
    text = (
        f"{LABELS[worst]} lies {offset[worst]:+.3f} posterior sd from the posterior mean; n and the prior explain "
        f"{-shift[worst]:+.3f}, give or take {allowed[worst]:.3f}."
    )
    return Outcome(CheckStatus.PASS if excess[worst] <= allowed[worst] else CheckStatus.FAIL, offset[worst], text)


@of_posterior
def _width(evidence: Evidence, found: PosteriorEvidence) -> Outcome:
    """The standard error matches the posterior's standard deviation."""
    ratio = found.table["sd_ratio"].to_numpy()
    if not (found.gauged and np.isfinite(ratio).all()):
        return _too_little(float(ratio[np.argmax(np.abs(np.log(ratio)))]))
    known = found.posterior.summary(evidence.level)
    relative = known.error[:, 1] / known.value[:, 1]
    allowed = np.max(np.abs(found.expansion.shift)) + found.expansion.beyond + MC_ERRORS * relative
    off = np.abs(np.log(ratio))
    worst = int(np.argmax(off - allowed))
    text = (
        f"The standard error of {LABELS[worst]} is {ratio[worst]:.3f} of its posterior sd; between "
        f"{math.exp(-allowed[worst]):.3f} and {math.exp(allowed[worst]):.3f} is expected at this n."
    )
    return Outcome(CheckStatus.PASS if off[worst] <= allowed[worst] else CheckStatus.FAIL, ratio[worst], text)


@of_posterior
def _joint(evidence: Evidence, found: PosteriorEvidence) -> Outcome:
    """All four at once, with their correlation."""
    squared, beyond = found.distances(found.theta)
    text = (
        f"All four together, {found.source} is {math.sqrt(squared):.2f} posterior sds from the posterior mean; "
        f"{beyond:.1%} of draws are farther."
    )
    return Outcome(tail_status(beyond, 1 - evidence.level), math.sqrt(squared), text)


@of_posterior
def _challengers(_: Evidence, found: PosteriorEvidence) -> Outcome:
    """No posterior draw has a higher likelihood than the maximum."""
    x, weights = found.sample.points, found.sample.weights
    peak = log_likelihood(x, Parameters.relabelled(found.theta), weights=weights)
    heights = log_likelihoods(x, found.draws, weights=weights)
    excess = heights.max() - peak
    above = int((heights > peak + LIKELIHOOD_ROUNDING * abs(peak)).sum())
    if above:
        text = (
            f"{above} posterior draw(s) have a higher likelihood than {found.source}, by up to {excess:.3g} nats: "
            "it is not the maximum."
        )
        return Outcome(CheckStatus.FAIL, excess, text)
    text = f"No posterior draw has a higher likelihood; the best comes within {-excess:.3g} nats."
    return Outcome(CheckStatus.PASS, excess, text)


def stationary(evidence: Evidence) -> Outcome:
    """The score at the estimate is zero, as far as its printed figures allow."""
    distance, rounding = evidence.distance, SLACK * evidence.rounding
    if math.isinf(distance):
        text = "The observed information is not positive definite at the estimate: a saddle or a slope, not a maximum."
        return Outcome(CheckStatus.FAIL, math.nan, text)
    text = f"By its score the estimate is {distance:.2g} standard errors from the maximum of the likelihood."
    status = CheckStatus.PASS if distance <= max(STATIONARY, rounding) else CheckStatus.BORDERLINE
    wrong = distance > max(NOT_STATIONARY, rounding)
    return Outcome(CheckStatus.FAIL if wrong else status, distance, text)


def _truth(evidence: Evidence) -> Outcome:
    """The truth lies inside the posterior; without one, its likelihood is not far below the maximum."""
    if evidence.truth is None:
        return Outcome(CheckStatus.NOT_APPLICABLE, math.nan, "The truth is not known for these data.")
    if evidence.posterior is None:
        return _truth_by_likelihood(evidence, evidence.truth)
    squared, beyond = evidence.posterior.distances(evidence.truth.array)
    beyond = max(beyond, float(chdtrc(4, squared)))
    text = (
        f"All four together, the truth is {math.sqrt(squared):.2f} posterior sds from the posterior mean; "
        f"{beyond:.2g} of the posterior is farther."
    )
    return Outcome(tail_status(beyond, 1 - evidence.level), math.sqrt(squared), text)


def _truth_by_likelihood(evidence: Evidence, truth: Parameters) -> Outcome:
    """Twice the log-likelihood from the truth to the maximum is chi^2 with 4 degrees of freedom (Wilks 1938)."""
    squared = 2 * max(standing(truth, evidence.sample, evidence.fit)[0], 0.0)
    beyond = float(chdtrc(len(LABELS), squared))
    text = (
        f"Twice the log-likelihood from the truth to the maximum is {squared:.4g}; "
        f"data from the truth give as much with probability {beyond:.2g}."
    )
    return Outcome(tail_status(beyond, 1 - evidence.level), squared, text)


def _adequacy(evidence: Evidence) -> Outcome:
    """The data look like the model; the value is the smallest judged p-value."""
    found = evidence.adequacy
    status = {
        AdequacyStatus.ADEQUATE: CheckStatus.PASS,
        AdequacyStatus.ONE_WILL_DO: CheckStatus.BORDERLINE,
        AdequacyStatus.MISFIT: CheckStatus.FAIL,
        AdequacyStatus.NOT_JUDGED: CheckStatus.NOT_APPLICABLE,
    }[found.status]
    worst = sorted(found.misfits, key=lambda each: each.p_value)[:MISFITS_TOLD]
    smallest = min((each.p_value for each in found.findings if each.judged), default=math.nan)
    return Outcome(status, smallest, " ".join([found.status.value, *(each.explanation for each in worst)]))


@of_posterior
def _compression(_: Evidence, beside: PosteriorEvidence) -> Outcome:
    """The points have the likelihood of the observations."""
    found = beside.certificate
    if found is None:
        return Outcome(CheckStatus.NOT_APPLICABLE, math.nan, "All observations were used as they are.")
    measured = f"; {found.measured:.1g} nats was measured on {found.checked} of them" if found.checked else ""
    text = (
        f"{beside.sample.points.size} points stand for {beside.sample.n:.0f} observations: their log-likelihoods "
        f"differ by at most {found.bound:.1g} nats, where {found.tolerance:.1g} counts as none{measured}."
    )
    return Outcome(CheckStatus.PASS if found.holds else CheckStatus.FAIL, found.bound, text)


def _too_little(value: float) -> Outcome:
    text = "Not judged: the data identify two components too weakly for large-sample theory to say what to expect."
    return Outcome(CheckStatus.NOT_APPLICABLE, value, text)


LARGE_SAMPLE: dict[str, Looks[Evidence]] = {
    "inside interval": _inside,
    "offset": _offset,
    "width": _width,
    "joint": _joint,
}
"""Checks that may fail for a right pair where the data hardly identify two components."""

CHECKS: dict[str, Looks[Evidence]] = {
    "sampler": _sampler,
    "verified": _verified,
    **LARGE_SAMPLE,
    "challengers": _challengers,
    "stationary": stationary,
    "truth": _truth,
    "adequacy": _adequacy,
    "compression": _compression,
}
"""The checks by their names, in the order in which they are reported."""
