"""From checks to a verdict on somebody's estimate: the first rule that applies decides.

*Disagree* where the estimate is not the maximum of the likelihood, the data bear the mark of a mistake, or a known
truth is out of reach; *inconclusive* where two components are not established, the printed figures are too few or the
posterior can't be trusted; else *agree*.
"""

from __future__ import annotations

from mixstudy.comparison.goodness_of_fit import AdequacyStatus
from mixstudy.comparison.rules import POSTERIOR_RULES
from mixstudy.comparison.verdict import CheckStatus, Rule, Ruling, Verdict
from mixstudy.diagnosis.checks import ROUNDING, Diagnosis
from mixstudy.diagnosis.location import Location
from mixstudy.em.run import EMStatus
from mixstudy.faults.case import SLACK
from mixstudy.faults.fault import CLEAR, Recognition

TOO_COARSE = 1.0
"""Rounding of the printed figures, in standard errors, from which they say too little."""
FEW_DRAWS = 100.0
"""Bulk ESS below which draws say too little: the Monte Carlo error of a mean is then a tenth of its sd and more."""
AT_THE_MAXIMUM = frozenset({"likelihood", "stationary"})
"""The two checks that say whether an estimate is the maximum of the likelihood."""
SURROUNDINGS = {
    "data": "the data",
    "truth": "the data",
    "trace": "the steps to it",
    "printed likelihood": "the log-likelihoods beside it",
    "draws": "the draws",
}
"""What a failed check finds wrong where the estimate itself is right."""


def _draws_alone(evidence: Diagnosis, failed: tuple[str, ...]) -> Ruling | None:
    """Where draws came without an estimate, the verdict is about the draws."""
    found = evidence.reading
    if not evidence.alone or found is None:
        return None
    if "draws" in failed:
        return Verdict.DISAGREE, "Disagree: the draws are not those of the posterior of these data."
    if failed_too := dict.fromkeys(what for name, what in SURROUNDINGS.items() if name in failed):
        text = "Disagree: the draws are those of the posterior, but"
        return Verdict.DISAGREE, f"{text} {' and '.join(failed_too)} are not what they should be."
    if found.outcome.status is CheckStatus.NOT_APPLICABLE:
        return Verdict.INCONCLUSIVE, "Inconclusive: the integral that the draws would be held against can't be trusted."
    ess = float(found.ess.min())
    if ess < FEW_DRAWS:
        text = "Inconclusive: the draws may be those of the posterior, but they are too few to tell"
        return Verdict.INCONCLUSIVE, f"{text}: the smallest bulk ESS is {ess:.0f}."
    weak = "under the given prior" if found.gauge is not None and found.gauge.known else "under a weak prior"
    text = f"Agree: the draws are those of the posterior {weak}, as far as their Monte Carlo errors tell"
    return Verdict.AGREE, f"{text} (largest R-hat {found.r_hat.max():.3f}, smallest bulk ESS {ess:.0f})."


def _no_reference(evidence: Diagnosis, _: tuple[str, ...]) -> Ruling | None:
    if evidence.fit.status is EMStatus.CONVERGED:
        return None
    text = f"Inconclusive: there is nothing to hold the estimate against. {evidence.fit.status.value}"
    return Verdict.INCONCLUSIVE, text


def _higher_than_em(evidence: Diagnosis, _: tuple[str, ...]) -> Ruling | None:
    if evidence.deficit >= -ROUNDING * abs(evidence.fit.log_likelihood):
        return None
    text = "Inconclusive: the estimate has a higher likelihood than anything that EM found on these data,"
    return Verdict.INCONCLUSIVE, f"{text} by {-evidence.deficit:.3g} nats."


def _broke_down(evidence: Diagnosis, _: tuple[str, ...]) -> Ruling | None:
    """A loop that broke down is wrong, whatever its last numbers are."""
    if evidence.broken is None or not evidence.stranded:
        return None
    broke = evidence.broken.sentence
    text = f"Disagree: {broke[0].lower()}{broke[1:]} The row before it is {evidence.off:.3g} standard errors from"
    return Verdict.DISAGREE, f"{text} the maximum of the likelihood."


def _empty(evidence: Diagnosis, failed: tuple[str, ...]) -> Ruling | None:
    """One normal distribution, written as two, is no mistake where one will do."""
    one_will_do = evidence.adequacy.status is AdequacyStatus.ONE_WILL_DO
    if evidence.estimate.weight not in (0, 1) or not one_will_do or "likelihood" in failed:
        return None
    return Verdict.INCONCLUSIVE, f"Inconclusive: a component is empty. {evidence.adequacy.status.value}"


def _posterior_means(evidence: Diagnosis, _: tuple[str, ...]) -> Ruling | None:
    """Another estimator is no mistake, if it was meant."""
    if not evidence.posterior_means:
        return None
    text = f"Inconclusive: the estimate is not the maximum of the likelihood, from which it is {evidence.off:.3g}"
    text += " standard errors, but the means of the posterior under a weak prior: right, if those were meant."
    return Verdict.INCONCLUSIVE, text


def _not_at_maximum(evidence: Diagnosis, failed: tuple[str, ...]) -> Ruling | None:
    if not AT_THE_MAXIMUM & set(failed):
        return None
    text = f"Disagree: the estimate is {evidence.off:.3g} standard errors from the maximum of the likelihood"
    return Verdict.DISAGREE, f"{text} and {evidence.deficit:.3g} nats below it."


def _surroundings(_: Diagnosis, failed: tuple[str, ...]) -> Ruling | None:
    """Right numbers, but what they were made from or came with is wrong."""
    named = dict.fromkeys(what for name, what in SURROUNDINGS.items() if name in failed)
    if not named:
        return None
    text = "Disagree: the estimate is the maximum of the likelihood, but"
    return Verdict.DISAGREE, f"{text} {' and '.join(named)} are not what they should be."


def _too_coarse(evidence: Diagnosis, _: tuple[str, ...]) -> Ruling | None:
    if SLACK * evidence.rounding <= TOO_COARSE:
        return None
    text = "Inconclusive: the estimate may be the maximum of the likelihood, but its printed figures are too few:"
    text += f" rounding alone may move it by {evidence.rounding:.2g} standard errors."
    return Verdict.INCONCLUSIVE, text


def _one_will_do(evidence: Diagnosis, _: tuple[str, ...]) -> Ruling | None:
    if evidence.posterior is not None or evidence.adequacy.status is not AdequacyStatus.ONE_WILL_DO:
        return None
    text = "Inconclusive: the estimate is the maximum of the likelihood, as far as its printed figures tell."
    return Verdict.INCONCLUSIVE, f"{text} {evidence.adequacy.status.value}"


def _agreement(evidence: Diagnosis, _: tuple[str, ...]) -> Ruling:
    text = "Agree: the estimate is the maximum of the likelihood, as far as its printed figures tell."
    return Verdict.AGREE, text if evidence.posterior is None else f"{text} The posterior says the same."


RULES: tuple[Rule[Diagnosis], ...] = (
    _draws_alone,
    _no_reference,
    _higher_than_em,
    _broke_down,
    _empty,
    _posterior_means,
    _not_at_maximum,
    _surroundings,
    _too_coarse,
    *POSTERIOR_RULES,
    _one_will_do,
    _agreement,
)
"""The rules of a diagnosis: the likelihood first, then what came with the estimate, then the posterior."""


def headline(location: Location | None, told: tuple[Recognition, ...]) -> str:
    """Where the mistake is, and its name where the evidence for that is clear or strong."""
    where = f" {location.sentence}" if location is not None and location.places else ""
    named = worth_naming(told)
    return f"{where} The likely mistake: {likely(named)}." if named else where


def worth_naming(faults: tuple[Recognition, ...]) -> tuple[Recognition, ...]:
    """The mistakes for which the evidence is clear or strong."""
    return tuple(each for each in faults if each.strength >= CLEAR)


def likely(faults: tuple[Recognition, ...]) -> str:
    """Mistakes in the data come on top of those in the estimate, of which one or the other will do.

    Those made together are given together.
    """
    data = [each.fault.name for each in faults if each.fault.seen_in == "data"]
    other = [each for each in faults if each.fault.seen_in != "data"]
    both = " and " if any("together" in each.explanation for each in other[:1]) else " or "
    return " and ".join([*data, *filter(None, [both.join(each.fault.name for each in other[:2])])])


def worth_telling(faults: tuple[Recognition, ...], *, right: bool) -> tuple[Recognition, ...]:
    """Leave swapped labels out where another mistake explains the numbers, or where they are wrong anyway."""
    others = tuple(each for each in faults if not each.fault.harmless)
    return others if others or not right else faults
