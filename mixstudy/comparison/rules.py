"""From checks to a verdict: the first rule that applies decides.

*Inconclusive* where the posterior cannot be trusted or the data do not identify two components, *disagree* where a
check failed, else *agree*. One failure does not overturn it: where the data do not look like the model the two methods
may well agree, and both be right about a model that is wrong; then the sentence adds a warning.
"""

from __future__ import annotations

from mixstudy.comparison.checks import LARGE_SAMPLE
from mixstudy.comparison.evidence import OWN, Evidence
from mixstudy.comparison.verdict import Rule, Ruling, Verdict

FAR = frozenset({"inside interval", "joint"})
"""Checks that look at the draws alone, whatever the points are good for."""


def untrusted_posterior(evidence: Evidence, failed: tuple[str, ...]) -> Ruling | None:
    """Inconclusive where the chains can't be trusted."""
    if evidence.posterior is None or "sampler" not in failed:
        return None
    status = evidence.posterior.posterior.status
    return Verdict.INCONCLUSIVE, f"Inconclusive: the posterior can't be trusted. {status.value}"


def uncertain_points(evidence: Evidence, failed: tuple[str, ...]) -> Ruling | None:
    """Inconclusive where the compressed observations are not certain to serve, and the draws alone do not decide."""
    decided = evidence.posterior is not None and evidence.posterior.identified and FAR & set(failed)
    if "compression" not in failed or decided:
        return None
    text = "Inconclusive: the compressed observations are not certain to have the likelihood of all of them."
    return Verdict.INCONCLUSIVE, text


def failed_checks(evidence: Evidence, failed: tuple[str, ...]) -> Ruling | None:
    """Disagree where a check failed that a right pair passes; misfit is another question."""
    if evidence.posterior is None:
        return None
    excused = {"adequacy", "compression", *(() if evidence.posterior.identified else LARGE_SAMPLE)}
    telling = [f"the check '{name}'" for name in failed if name not in excused]
    return (Verdict.DISAGREE, f"Disagree: {', '.join(telling)} failed.") if telling else None


def unidentified(evidence: Evidence, _: tuple[str, ...]) -> Ruling | None:
    """Inconclusive where the data hardly identify two components."""
    if evidence.posterior is None or evidence.posterior.identified:
        return None
    text = "Inconclusive: the data hardly identify two components, so the prior and skewness move the posterior."
    return Verdict.INCONCLUSIVE, text


def _agreement(evidence: Evidence, _: tuple[str, ...]) -> Ruling:
    own = evidence.posterior is not None and evidence.posterior.source == OWN
    subject = "EM's estimate" if own else "The estimate"
    return Verdict.AGREE, f"Agree: {subject} is the maximum of the likelihood and the posterior says the same."


POSTERIOR_RULES: tuple[Rule[Evidence], ...] = (untrusted_posterior, uncertain_points, failed_checks, unidentified)
"""What a posterior may have against an agreement, in this order."""
RULES: tuple[Rule[Evidence], ...] = (*POSTERIOR_RULES, _agreement)
"""The rules of a comparison."""
