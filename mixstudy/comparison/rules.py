"""From checks to a verdict: the first rule that applies decides.

*Inconclusive* where the posterior cannot be trusted, *disagree* where a check failed, else *agree*. Two findings do not
overturn it, and the sentence adds them. Where the data do not look like the model the two methods may well agree, and
both be right about a model that is wrong. Where the data hardly identify two components large-sample theory is silent:
then agreement means that EM's estimate is the maximum of the likelihood and the posterior what an integral gives. How
far one lies from the other is no mistake of either.
"""

from __future__ import annotations

from mixstudy.comparison.checks import LARGE_SAMPLE
from mixstudy.comparison.evidence import OWN, Evidence
from mixstudy.comparison.verdict import Rule, Ruling, Verdict
from mixstudy.data.sample import default_prior
from mixstudy.em.asymptotics import identified_under
from mixstudy.em.run import EMStatus

FAR = frozenset({"inside interval", "joint"})
"""Checks that look at the draws alone, whatever the points are good for."""


def untrusted_posterior(evidence: Evidence, failed: tuple[str, ...]) -> Ruling | None:
    """Inconclusive where the chains can't be trusted."""
    if evidence.posterior is None or "sampler" not in failed:
        return None
    status = evidence.posterior.posterior.status
    return Verdict.INCONCLUSIVE, f"Inconclusive: the posterior can't be trusted. {status.value}"


def uncertain_points(evidence: Evidence, failed: tuple[str, ...]) -> Ruling | None:
    """Inconclusive where the points are not certain to be accurate, and the draws alone do not decide."""
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
    """Each method by itself where the data hardly identify two components; inconclusive where one can't be judged."""
    if evidence.posterior is None or evidence.posterior.identified:
        return None
    weak = "the data hardly identify two components, so the prior and skewness move the posterior"
    if identified_under(evidence.fit, default_prior(evidence.fit.sample)):
        weak = "the prior, which is not the default, moves the posterior far"
    if evidence.fit.status is not EMStatus.CONVERGED or not evidence.posterior.posterior.verified:
        return Verdict.INCONCLUSIVE, f"Inconclusive: {weak}."
    text = f"Agree: {_subject(evidence)} is the maximum of the likelihood and the posterior is verified."
    return Verdict.AGREE, f"{text} But {weak}: it need not lie about the estimate."


def _agreement(evidence: Evidence, _: tuple[str, ...]) -> Ruling:
    text = f"Agree: {_subject(evidence)} is the maximum of the likelihood"
    return Verdict.AGREE, f"{text} and the posterior says the same."


def _subject(evidence: Evidence) -> str:
    own = evidence.posterior is not None and evidence.posterior.source == OWN
    return "EM's estimate" if own else "the estimate"


POSTERIOR_RULES: tuple[Rule[Evidence], ...] = (untrusted_posterior, uncertain_points, failed_checks, unidentified)
"""What a posterior may have against an agreement, in this order."""
RULES: tuple[Rule[Evidence], ...] = (*POSTERIOR_RULES, _agreement)
"""The rules of a comparison."""
