"""The checks of a comparison: each answers with a number, a status and a sentence."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import chdtrc, ndtri

from mixstudy.comparison.goodness_of_fit import Adequacy, AdequacyStatus
from mixstudy.comparison.verdict import Check, CheckStatus, tail_status
from mixstudy.em.likelihood import distance_to_maximum
from mixstudy.model import LABELS, Parameters, log_likelihood, log_likelihoods

if TYPE_CHECKING:
    from mixstudy.comparison.evidence import Evidence

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


def _check(name: str, status: CheckStatus, value: float, explanation: str) -> Check:
    return Check(name=name, status=status, value=float(value), explanation=explanation)


def _sampler(evidence: Evidence) -> Check:
    """The chains mixed, so that the posterior can be trusted."""
    posterior = evidence.posterior
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
    return _check("sampler", status, worst["r_hat"].max(), posterior.status.value + detail)


def _inside(evidence: Evidence) -> Check:
    """Each estimate lies in its credible interval."""
    found = evidence.table["inside"]
    count = int((found == "inside").sum())
    interval = f"{evidence.level:.0%} credible interval"
    if (found == "outside").any():
        out = ", ".join(found.index[found == "outside"])
        return _check("inside interval", CheckStatus.FAIL, count, f"Outside its {interval}: {out}.")
    if (found == "borderline").any():
        edge = ", ".join(found.index[found == "borderline"])
        text = f"Within Monte Carlo error of the end of its {interval}: {edge}; more draws would decide."
        return _check("inside interval", CheckStatus.BORDERLINE, count, text)
    return _check("inside interval", CheckStatus.PASS, count, f"All four estimates lie in their {interval}.")


def _offset(evidence: Evidence) -> Check:
    """The estimate stands off the posterior mean only as far as skewness, prior and Monte Carlo error explain."""
    if not evidence.gauged:
        return _too_little("offset", float(evidence.table["offset_sd"].abs().max()))
    offset = evidence.table["offset_sd"].to_numpy()
    error = (evidence.posterior.diagnostics["mcse_mean"] / evidence.posterior.diagnostics["sd"]).to_numpy()
    shift = evidence.expansion.shift
    excess = np.abs(offset + shift)
    allowed = np.abs(shift) + evidence.expansion.beyond + MC_ERRORS * error
    worst = int(np.argmax(excess - allowed))
    text = (
        f"{LABELS[worst]} lies {offset[worst]:+.3f} posterior sd from the posterior mean; n and the prior explain "
        f"{-shift[worst]:+.3f}, give or take {allowed[worst]:.3f}."
    )
    return _check(
        "offset", CheckStatus.PASS if excess[worst] <= allowed[worst] else CheckStatus.FAIL, offset[worst], text
    )


def _width(evidence: Evidence) -> Check:
    """The standard error matches the posterior's standard deviation."""
    ratio = evidence.table["sd_ratio"].to_numpy()
    if not (evidence.gauged and np.isfinite(ratio).all()):
        return _too_little("width", float(ratio[np.argmax(np.abs(np.log(ratio)))]))
    relative = (evidence.posterior.diagnostics["mcse_sd"] / evidence.posterior.diagnostics["sd"]).to_numpy()
    allowed = np.max(np.abs(evidence.expansion.shift)) + evidence.expansion.beyond + MC_ERRORS * relative
    off = np.abs(np.log(ratio))
    worst = int(np.argmax(off - allowed))
    text = (
        f"The standard error of {LABELS[worst]} is {ratio[worst]:.3f} of its posterior sd; between "
        f"{math.exp(-allowed[worst]):.3f} and {math.exp(allowed[worst]):.3f} is expected at this n."
    )
    return _check("width", CheckStatus.PASS if off[worst] <= allowed[worst] else CheckStatus.FAIL, ratio[worst], text)


def _joint(evidence: Evidence) -> Check:
    """All four at once, with their correlation."""
    squared, beyond = evidence.distances(evidence.theta)
    text = (
        f"All four together, {evidence.source} is {math.sqrt(squared):.2f} posterior sds from the posterior mean; "
        f"{beyond:.1%} of draws are farther."
    )
    return _check("joint", tail_status(beyond, 1 - evidence.level), math.sqrt(squared), text)


def _challengers(evidence: Evidence) -> Check:
    """No posterior draw has a higher likelihood than the maximum."""
    x, weights = evidence.sample.points, evidence.sample.weights
    peak = log_likelihood(x, Parameters.relabelled(evidence.theta), weights=weights)
    heights = log_likelihoods(x, evidence.draws, weights=weights)
    excess = heights.max() - peak
    above = int((heights > peak + LIKELIHOOD_ROUNDING * abs(peak)).sum())
    if above:
        text = (
            f"{above} posterior draw(s) have a higher likelihood than {evidence.source}, by up to {excess:.3g} nats: "
            "it is not the maximum."
        )
        return _check("challengers", CheckStatus.FAIL, excess, text)
    text = f"No posterior draw has a higher likelihood; the best comes within {-excess:.3g} nats."
    return _check("challengers", CheckStatus.PASS, excess, text)


def _stationary(evidence: Evidence) -> Check:
    """The score at the estimate is zero."""
    return stationary_check(distance_to_maximum(evidence.expansion.curvature))


def stationary_check(distance: float, *, rounding: float = 0.0) -> Check:
    """What the distance to the maximum by the score comes to, as a check.

    Args:
        distance: In standard errors; infinite where no maximum is near.
        rounding: How much of it the printed figures may leave open.
    """
    if math.isinf(distance):
        text = "The observed information is not positive definite at the estimate: a saddle or a slope, not a maximum."
        return _check("stationary", CheckStatus.FAIL, math.nan, text)
    text = f"By its score the estimate is {distance:.2g} standard errors from the maximum of the likelihood."
    status = CheckStatus.PASS if distance <= max(STATIONARY, rounding) else CheckStatus.BORDERLINE
    wrong = distance > max(NOT_STATIONARY, rounding)
    return _check("stationary", CheckStatus.FAIL if wrong else status, distance, text)


def _truth(evidence: Evidence) -> Check:
    """The truth lies inside the posterior."""
    if evidence.truth is None:
        return _check("truth", CheckStatus.NOT_APPLICABLE, math.nan, "The truth is not known for these data.")
    squared, beyond = evidence.distances(np.array([*evidence.truth]))
    beyond = max(beyond, float(chdtrc(4, squared)))
    text = (
        f"All four together, the truth is {math.sqrt(squared):.2f} posterior sds from the posterior mean; "
        f"{beyond:.2g} of the posterior is farther."
    )
    return _check("truth", tail_status(beyond, 1 - evidence.level), math.sqrt(squared), text)


def _adequacy(evidence: Evidence) -> Check:
    """The data look like the model."""
    return adequacy_check(evidence.adequacy)


def adequacy_check(found: Adequacy) -> Check:
    """What the adequacy of the model comes to, as a check; its value is the smallest judged p-value."""
    status = {
        AdequacyStatus.ADEQUATE: CheckStatus.PASS,
        AdequacyStatus.ONE_WILL_DO: CheckStatus.BORDERLINE,
        AdequacyStatus.MISFIT: CheckStatus.FAIL,
        AdequacyStatus.NOT_JUDGED: CheckStatus.NOT_APPLICABLE,
    }[found.status]
    worst = sorted(found.misfits, key=lambda each: each.p_value)[:MISFITS_TOLD]
    smallest = min((each.p_value for each in found.findings if each.judged), default=math.nan)
    return _check("adequacy", status, smallest, " ".join([found.status.value, *(each.explanation for each in worst)]))


def _compression(evidence: Evidence) -> Check:
    """The points have the likelihood of the observations."""
    found = evidence.certificate
    if found is None:
        return _check("compression", CheckStatus.NOT_APPLICABLE, math.nan, "All observations were used as they are.")
    measured = f"; {found.measured:.1g} nats was measured on {found.checked} of them" if found.checked else ""
    text = (
        f"{evidence.sample.points.size} points stand for {evidence.sample.n:.0f} observations: their log-likelihoods "
        f"differ by at most {found.bound:.1g} nats, where {found.tolerance:.1g} counts as none{measured}."
    )
    return _check("compression", CheckStatus.PASS if found.holds else CheckStatus.FAIL, found.bound, text)


def _too_little(name: str, value: float) -> Check:
    text = "Not judged: the data identify two components too weakly for large-sample theory to say what to expect."
    return _check(name, CheckStatus.NOT_APPLICABLE, value, text)


CHECKS: tuple[Callable[[Evidence], Check], ...] = (
    _sampler,
    _inside,
    _offset,
    _width,
    _joint,
    _challengers,
    _stationary,
    _truth,
    _adequacy,
    _compression,
)
"""The checks, in the order in which they are reported."""
LARGE_SAMPLE = frozenset({"inside interval", "offset", "width", "joint"})
"""Checks that may fail for a right pair where the data hardly identify two components."""
