"""Do EM and the posterior agree, and is each of them right?

Every check answers with a number, a status and a sentence. The verdict follows from the statuses alone: *inconclusive*
where the posterior cannot be trusted or the data do not identify two components, *disagree* where a check failed, else
*agree*. Nothing here estimates anything; the likelihood is the referee's, from SciPy's normal density.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal

import arviz as az
import numpy as np
import pandas as pd
from scipy.stats import chi2, norm

from mixstudy.compress import Certificate, CompressedSample, Region, certify
from mixstudy.em import EMFit
from mixstudy.information import Curvature, covariance, curvature, distance_to_maximum
from mixstudy.model import LABELS, Floats, Parameters, log_likelihood, log_likelihoods
from mixstudy.sample import WeightedSample

if TYPE_CHECKING:
    from mixstudy.posterior import Posterior

MC_ERRORS = float(norm.ppf(1 - 0.001 / 8))
"""Monte Carlo errors allowed: four two-sided looks together err once in 1000 (Bonferroni)."""
RARE = 0.001
"""Tail probability at which a distance counts as a failure rather than bad luck."""
LARGE_SHIFT = 0.5
"""Expected offset, in posterior sds, beyond which large-sample theory says too little about n this small."""
STATIONARY = 0.01
"""Distance to the maximum, in standard errors, of an estimate that was rounded for printing."""
NOT_STATIONARY = 0.1
"""Distance that rounding no longer explains: it changes the third figure of a standard error's worth."""
CHUNK = 1_000_000
"""Densities computed at a time: 8 MB."""
SAME_DATA = 1e-9
"""Differences of mean and standard deviation, in standard deviations, that rounding may leave."""
PLACES = 4
"""Draws at which the likelihood of the compressed observations is checked, beside the estimate."""
LIKELIHOOD_ROUNDING = 1e-12
"""Relative rounding error of a sum of log densities, with a margin."""


class Verdict(Enum):
    """The answer in one word."""

    AGREE = "agree"
    DISAGREE = "disagree"
    INCONCLUSIVE = "inconclusive"


class CheckStatus(Enum):
    """How one check came out."""

    PASS = "pass"
    BORDERLINE = "borderline"
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of the comparison."""

    name: str
    """Which check."""
    status: CheckStatus
    """How it came out."""
    value: float
    """The number it looked at; NaN where there is none."""
    explanation: str
    """One sentence: what was found and what it means."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """EM's estimate (or one from elsewhere) against the posterior."""

    verdict: Verdict
    """The answer in one word."""
    sentence: str
    """The answer in a sentence."""
    table: pd.DataFrame
    """A row for each parameter: em, em_se, posterior_mean, posterior_sd, lower, upper, inside, offset_sd, sd_ratio."""
    checks: tuple[Check, ...]
    """All checks, in their order."""
    level: float
    """Probability of the credible intervals."""
    kind: Literal["eti", "hdi"]
    """Equal-tailed or highest-density intervals."""
    estimate: Parameters
    """The estimate that was judged, data units."""
    em: EMFit | None
    """The EM fit it came from; None for bare parameters."""
    posterior: Posterior
    """The posterior it was judged by."""
    truth: Parameters | None
    """The true parameters, where they are known."""
    certificate: Certificate | None
    """That the points give the likelihood of the observations; None where no observations were compressed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Evidence:
    """What the checks look at, computed once; ``theta`` and ``draws`` in the order of the labels."""

    theta: Floats
    at: Curvature
    draws: Floats
    sample: WeightedSample
    certificate: Certificate | None
    posterior: Posterior
    table: pd.DataFrame
    shift: Floats
    level: float
    truth: Parameters | None
    source: str

    @property
    def identified(self) -> bool:
        """Whether large-sample theory can speak: the shift it expects is small against a posterior sd."""
        return bool(np.max(np.abs(self.shift)) <= LARGE_SHIFT)

    def distances(self, theta: Floats) -> tuple[float, float]:
        """Squared Mahalanobis distance of ``theta`` from the posterior mean, and the share of draws farther out."""
        mean, precision = self.draws.mean(axis=0), np.linalg.inv(np.cov(self.draws.T))

        def squared(points: Floats) -> Floats:
            return np.sum((points - mean) @ precision * (points - mean), axis=-1, dtype=np.float64)

        own = float(squared(theta))
        return own, float(np.mean(squared(self.draws) > own))


def compare(
    em: EMFit | Parameters,
    posterior: Posterior,
    *,
    truth: Parameters | None = None,
    level: float = 0.95,
    kind: Literal["eti", "hdi"] = "eti",
) -> Comparison:
    """Compare an estimate with the posterior of the same data.

    Args:
        em: The EM fit, or bare parameters that came from somewhere else.
        posterior: The posterior; it carries the data.
        truth: The true parameters, where they are known.
        level: Probability of the credible intervals, in (0, 1).
        kind: Equal-tailed (``"eti"``) or highest-density (``"hdi"``) intervals.

    Raises:
        ValueError: ``level`` or ``kind`` is out of its range, the weight of bare parameters is 0 or 1, or the fit
            and the posterior are of different data.
    """
    _require(0 < level < 1, f"level must lie strictly between 0 and 1, got {level!r}")
    _require(kind in ("eti", "hdi"), f"kind must be 'eti' or 'hdi', got {kind!r}")
    fit = em if isinstance(em, EMFit) else None
    estimate = em.parameters if isinstance(em, EMFit) else em
    sample = posterior.sample
    _require(0 < estimate.weight < 1, f"weight must lie strictly between 0 and 1, got {estimate.weight!r}")
    _require(
        fit is None or _same_data(fit.sample, sample),
        "the EM fit and the posterior are of different data: fit both to the same observations",
    )
    evidence = _gather(estimate, posterior, level=level, kind=kind, truth=truth, source="EM" if fit else "the estimate")
    checks = tuple(check(evidence) for check in CHECKS)
    verdict, sentence = _verdict(evidence, checks)
    return Comparison(
        verdict=verdict,
        sentence=sentence,
        table=evidence.table,
        checks=checks,
        level=level,
        kind=kind,
        estimate=estimate,
        em=fit,
        posterior=posterior,
        truth=truth,
        certificate=evidence.certificate,
    )


def _require(holds: bool, message: str) -> None:  # noqa: FBT001  (reads as a sentence)
    if not holds:
        raise ValueError(message)


def _same_data(one: WeightedSample, two: WeightedSample) -> bool:
    """Whether count, mean and standard deviation agree, which compression leaves alone."""
    apart = abs(one.mean - two.mean) + abs(one.sd - two.sd)
    return one.n == two.n and apart <= SAME_DATA * one.sd


def _gather(
    estimate: Parameters,
    posterior: Posterior,
    *,
    level: float,
    kind: Literal["eti", "hdi"],
    truth: Parameters | None,
    source: str,
) -> _Evidence:
    theta = np.array([*estimate])
    draws = posterior.draws
    sample, certificate = _certified(posterior.sample, theta, draws)
    at, shift = _curvature_and_shift(sample, theta, posterior)
    return _Evidence(
        theta=theta,
        at=at,
        draws=draws,
        sample=sample,
        certificate=certificate,
        posterior=posterior,
        table=_table(theta, np.sqrt(np.diag(covariance(at))), posterior, level=level, kind=kind),
        shift=shift,
        level=level,
        truth=truth,
        source=source,
    )


def _certified(sample: WeightedSample, theta: Floats, draws: Floats) -> tuple[WeightedSample, Certificate | None]:
    """The sample on points that serve the estimate and all draws, where that is possible, and its certificate."""
    if not isinstance(sample, CompressedSample):
        return sample, None
    everything = np.vstack([theta, draws])
    if not sample.serves(region := Region.around(everything)):
        sample = sample.serving(region) or sample
    return sample, certify(sample, everything, places=everything[: PLACES * len(draws) : len(draws) // PLACES])


def _curvature_and_shift(sample: WeightedSample, theta: Floats, posterior: Posterior) -> tuple[Curvature, Floats]:
    """Curvature of the likelihood, and where theory expects the posterior mean, in posterior sds from ``theta``.

    To order 1/n the posterior mean lies at ``theta + V (prior score - tr(V dI) / 2)``, V the inverse information and dI
    its derivative (Lindley 1980). The derivative is a central difference of the exact information over a hundredth of a
    standard error. Worked out in standardised units; NaN where the information is singular.
    """
    unit = np.array([1, sample.sd, sample.sd, sample.sd])
    t, weights = sample.standardised, sample.weights
    standard = (theta - np.array([0, sample.mean, sample.mean, 0])) / unit
    at = curvature(t, weights, standard)
    v = covariance(at)
    pull = posterior.prior.score(theta) * unit
    skew = np.full(4, math.nan)
    if np.isfinite(v).all():
        for j, h in enumerate(0.01 * np.sqrt(np.diag(v))):
            step = h * np.eye(4)[j]
            if standard[0] - step[0] > 0 and standard[0] + step[0] < 1:
                rise = (
                    curvature(t, weights, standard + step).information
                    - curvature(t, weights, standard - step).information
                )
                skew[j] = np.sum(v * rise) / (2 * h)
    shift = v @ (pull - skew / 2) / np.sqrt(np.diag(v))
    scale = np.outer(unit, unit)
    return Curvature(at.score / unit, at.information / scale, at.complete / unit**2), np.nan_to_num(shift, nan=math.inf)


def _table(
    theta: Floats, standard_errors: Floats, posterior: Posterior, *, level: float, kind: Literal["eti", "hdi"]
) -> pd.DataFrame:
    """The four parameters side by side."""
    data, found = posterior.data, posterior.diagnostics
    tails = ((1 - level) / 2, (1 + level) / 2)
    ends = az.hdi(data, prob=level) if kind == "hdi" else az.eti(data, prob=level)
    errors = [az.mcse(data, method="quantile", prob=tail) for tail in tails]
    interval = np.array([ends[label].to_numpy() for label in LABELS])
    error = np.array([[float(each[label]) for each in errors] for label in LABELS])
    near = (np.abs(theta[:, None] - interval) <= error).any(axis=1)
    within = (interval[:, 0] <= theta) & (theta <= interval[:, 1])
    return pd.DataFrame(
        {
            "em": theta,
            "em_se": standard_errors,
            "posterior_mean": found["mean"].to_numpy(),
            "posterior_sd": found["sd"].to_numpy(),
            "lower": interval[:, 0],
            "upper": interval[:, 1],
            "inside": np.where(near, "borderline", np.where(within, "inside", "outside")),
            "offset_sd": (theta - found["mean"].to_numpy()) / found["sd"].to_numpy(),
            "sd_ratio": standard_errors / found["sd"].to_numpy(),
        },
        index=pd.Index(LABELS, name="parameter"),
    )


def _check(name: str, status: CheckStatus, value: float, explanation: str) -> Check:
    return Check(name=name, status=status, value=float(value), explanation=explanation)


def _sampler(evidence: _Evidence) -> Check:
    """The chains mixed, so that the posterior can be trusted."""
    posterior = evidence.posterior
    status = CheckStatus.PASS if posterior.passed else CheckStatus.FAIL
    worst = posterior.diagnostics
    detail = (
        f" Largest R-hat {worst['r_hat'].max():.3f}, smallest bulk ESS {worst['ess_bulk'].min():.0f}, "
        f"{posterior.divergences} divergence(s)."
    )
    return _check("sampler", status, worst["r_hat"].max(), posterior.status.value + detail)


def _inside(evidence: _Evidence) -> Check:
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


def _offset(evidence: _Evidence) -> Check:
    """The estimate stands off the posterior mean only as far as skewness, prior and Monte Carlo error explain."""
    if not evidence.identified:
        return _too_little("offset", float(evidence.table["offset_sd"].abs().max()))
    offset = evidence.table["offset_sd"].to_numpy()
    error = (evidence.posterior.diagnostics["mcse_mean"] / evidence.posterior.diagnostics["sd"]).to_numpy()
    excess = np.abs(offset + evidence.shift)
    allowed = np.abs(evidence.shift) + MC_ERRORS * error
    worst = int(np.argmax(excess - allowed))
    text = (
        f"{LABELS[worst]} lies {offset[worst]:+.3f} posterior sd from the posterior mean; n and the prior explain "
        f"{-evidence.shift[worst]:+.3f}, give or take {allowed[worst]:.3f}."
    )
    return _check(
        "offset", CheckStatus.PASS if excess[worst] <= allowed[worst] else CheckStatus.FAIL, offset[worst], text
    )


def _width(evidence: _Evidence) -> Check:
    """The standard error matches the posterior's standard deviation."""
    ratio = evidence.table["sd_ratio"].to_numpy()
    if not (evidence.identified and np.isfinite(ratio).all()):
        return _too_little("width", float(ratio[np.argmax(np.abs(np.log(ratio)))]))
    relative = (evidence.posterior.diagnostics["mcse_sd"] / evidence.posterior.diagnostics["sd"]).to_numpy()
    allowed = np.max(np.abs(evidence.shift)) + MC_ERRORS * relative
    off = np.abs(np.log(ratio))
    worst = int(np.argmax(off - allowed))
    text = (
        f"The standard error of {LABELS[worst]} is {ratio[worst]:.3f} of its posterior sd; between "
        f"{math.exp(-allowed[worst]):.3f} and {math.exp(allowed[worst]):.3f} is expected at this n."
    )
    return _check("width", CheckStatus.PASS if off[worst] <= allowed[worst] else CheckStatus.FAIL, ratio[worst], text)


def _joint(evidence: _Evidence) -> Check:
    """All four at once, with their correlation."""
    squared, beyond = evidence.distances(evidence.theta)
    text = (
        f"Taken together {evidence.source} is {math.sqrt(squared):.2f} from the posterior mean; "
        f"{beyond:.1%} of draws are farther."
    )
    return _check("joint", _tail(beyond, 1 - evidence.level), squared, text)


def _challengers(evidence: _Evidence) -> Check:
    """No posterior draw has a higher likelihood than the maximum."""
    x, weights = evidence.sample.points, evidence.sample.weights
    peak = log_likelihood(x, Parameters.relabelled(evidence.theta), weights=weights)
    parts = np.array_split(evidence.draws, math.ceil(evidence.draws.shape[0] * x.size / CHUNK))
    heights = np.concatenate([log_likelihoods(x, part, weights=weights) for part in parts])
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


def _stationary(evidence: _Evidence) -> Check:
    """The score at the estimate is zero."""
    distance = distance_to_maximum(evidence.at)
    if math.isinf(distance):
        text = "The observed information is not positive definite at the estimate: a saddle or a slope, not a maximum."
        return _check("stationary", CheckStatus.FAIL, math.nan, text)
    text = f"By its score the estimate is {distance:.2g} standard errors from the maximum of the likelihood."
    status = CheckStatus.PASS if distance <= STATIONARY else CheckStatus.BORDERLINE
    return _check("stationary", CheckStatus.FAIL if distance > NOT_STATIONARY else status, distance, text)


def _truth(evidence: _Evidence) -> Check:
    """The truth lies inside the posterior."""
    if evidence.truth is None:
        return _check("truth", CheckStatus.NOT_APPLICABLE, math.nan, "The truth is not known for these data.")
    squared, beyond = evidence.distances(np.array([*evidence.truth]))
    beyond = max(beyond, float(chi2.sf(squared, 4)))
    text = (
        f"The truth is {math.sqrt(squared):.2f} from the posterior mean, all four taken together; "
        f"{beyond:.2g} of the posterior is farther."
    )
    return _check("truth", _tail(beyond, 1 - evidence.level), squared, text)


def _compression(evidence: _Evidence) -> Check:
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


def _tail(beyond: float, unusual: float) -> CheckStatus:
    if beyond < RARE:
        return CheckStatus.FAIL
    return CheckStatus.BORDERLINE if beyond < unusual else CheckStatus.PASS


def _too_little(name: str, value: float) -> Check:
    text = "Not judged: the data identify two components too weakly for large-sample theory to say what to expect."
    return _check(name, CheckStatus.NOT_APPLICABLE, value, text)


CHECKS: tuple[Callable[[_Evidence], Check], ...] = (
    _sampler,
    _inside,
    _offset,
    _width,
    _joint,
    _challengers,
    _stationary,
    _truth,
    _compression,
)
"""The checks, in the order in which they are reported."""

LARGE_SAMPLE = frozenset({"inside interval", "offset", "width", "joint"})
"""Checks that may fail for a right pair where the data hardly identify two components."""


def _verdict(evidence: _Evidence, checks: tuple[Check, ...]) -> tuple[Verdict, str]:
    failed = [check.name for check in checks if check.status is CheckStatus.FAIL]
    if "sampler" in failed:
        return Verdict.INCONCLUSIVE, f"Inconclusive: the posterior can't be trusted. {evidence.posterior.status.value}"
    if "compression" in failed:
        text = "Inconclusive: the compressed observations are not certain to have the likelihood of all of them."
        return Verdict.INCONCLUSIVE, text
    telling = [name for name in failed if evidence.identified or name not in LARGE_SAMPLE]
    if telling:
        return Verdict.DISAGREE, f"Disagree: {', '.join(_named(telling))} failed."
    if not evidence.identified:
        text = "Inconclusive: the data hardly identify two components, so the prior and skewness move the posterior."
        return Verdict.INCONCLUSIVE, text
    subject = "EM's estimate" if evidence.source == "EM" else "The estimate"
    return Verdict.AGREE, f"Agree: {subject} is the maximum of the likelihood and the posterior says the same."


def _named(names: list[str]) -> Iterator[str]:
    return (f"the check '{name}'" for name in names)
