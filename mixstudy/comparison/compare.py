"""Do EM and the posterior agree, and is each of them right?

The verdict follows from the checks' statuses alone: *inconclusive* where the posterior cannot be trusted or the data do
not identify two components, *disagree* where a check failed, else *agree*. One failure does not overturn it: where the
data do not look like the model the two methods may well agree, and both be right about a model that is wrong; then the
sentence says so. The likelihood is the referee's, from SciPy's normal density. Bare parameters are held against the
maximum that EM finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from mixstudy.comparison.checks import CHECKS, LARGE_SAMPLE
from mixstudy.comparison.evidence import Evidence, gather
from mixstudy.comparison.goodness_of_fit import Adequacy
from mixstudy.comparison.supplement import Further, look_further
from mixstudy.comparison.verdict import Check, CheckStatus, Verdict
from mixstudy.compression.certificate import Certificate
from mixstudy.data.sample import WeightedSample
from mixstudy.em.fit import EMFit, fit_em
from mixstudy.model import Parameters, require_level

if TYPE_CHECKING:
    from mixstudy.mcmc.posterior import Posterior

SAME_DATA = 1e-9
"""Differences of mean and standard deviation, in standard deviations, that rounding may leave."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """EM's estimate (or one from elsewhere) against the posterior."""

    verdict: Verdict
    """The answer in one word."""
    sentence: str
    """The answer in a sentence."""
    table: pd.DataFrame
    """A row for each parameter: em, em_se, posterior_mean, posterior_sd, lower, upper, inside, offset_sd, sd_ratio."""
    intervals: pd.DataFrame
    """A row for each parameter: lower and upper ends of the wald, profile, bootstrap and credible intervals."""
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
    adequacy: Adequacy
    """Whether the data look like the model, and by what."""
    further: Further | None
    """What a reader asks next: prior sensitivity, leave-one-out, marks of mistakes; None where it was not asked for."""
    certificate: Certificate | None
    """That the points give the likelihood of the observations; None where no observations were compressed."""


def compare(
    em: EMFit | Parameters,
    posterior: Posterior,
    *,
    truth: Parameters | None = None,
    level: float = 0.95,
    kind: Literal["eti", "hdi"] = "eti",
    thorough: bool = True,
) -> Comparison:
    """Compare an estimate with the posterior of the same data.

    Args:
        em: The EM fit, or bare parameters that came from somewhere else.
        posterior: The posterior; it carries the data.
        truth: The true parameters, where they are known.
        level: Probability of the credible intervals, in (0, 1).
        kind: Equal-tailed (``"eti"``) or highest-density (``"hdi"``) intervals.
        thorough: Whether to look further than the verdict needs, which takes half a second.

    Raises:
        ValueError: ``level`` or ``kind`` is out of its range, the weight of bare parameters is 0 or 1, or the fit
            and the posterior are of different data.
    """
    require_level(level)
    _require(kind in ("eti", "hdi"), f"kind must be 'eti' or 'hdi', got {kind!r}")
    fit = em if isinstance(em, EMFit) else None
    estimate = em.parameters if isinstance(em, EMFit) else em
    sample = posterior.sample
    _require(0 < estimate.weight < 1, f"weight must lie strictly between 0 and 1, got {estimate.weight!r}")
    _require(
        fit is None or _same_data(fit.sample, sample),
        "the EM fit and the posterior are of different data: fit both to the same observations",
    )
    maximum = fit or fit_em(sample)
    evidence = gather(
        estimate,
        posterior,
        level=level,
        kind=kind,
        truth=truth,
        source="EM" if fit else "the estimate",
        fit=maximum,
        thorough=thorough,
    )
    checks = tuple(check(evidence) for check in CHECKS)
    verdict, sentence = _verdict(evidence, checks)
    return Comparison(
        verdict=verdict,
        sentence=sentence + evidence.adequacy.caveat,
        table=evidence.table,
        intervals=evidence.intervals,
        checks=checks,
        level=level,
        kind=kind,
        estimate=estimate,
        em=fit,
        posterior=posterior,
        truth=truth,
        adequacy=evidence.adequacy,
        further=look_further(posterior, fit=maximum) if thorough else None,
        certificate=evidence.certificate,
    )


def _require(holds: bool, message: str) -> None:  # noqa: FBT001  (reads as a sentence)
    if not holds:
        raise ValueError(message)


def _same_data(one: WeightedSample, two: WeightedSample) -> bool:
    """Whether count, mean and standard deviation agree, which compression leaves alone."""
    apart = abs(one.mean - two.mean) + abs(one.sd - two.sd)
    return one.n == two.n and apart <= SAME_DATA * one.sd


def _verdict(evidence: Evidence, checks: tuple[Check, ...]) -> tuple[Verdict, str]:
    failed = [check.name for check in checks if check.status is CheckStatus.FAIL and check.name != "adequacy"]
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
