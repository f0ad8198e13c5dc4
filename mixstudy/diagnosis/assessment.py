"""What is to be said about an estimate that came from somewhere else: the verdict and what it follows from.

*Disagree* where the estimate is not the maximum of the likelihood, the data bear the mark of a mistake, or a known
truth is out of reach; *inconclusive* where two components are not established, the printed figures are too few or the
posterior can't be trusted; else *agree*. An estimate may well be right about a model that the data do not look like:
then the sentence adds a warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mixstudy.comparison.goodness_of_fit import Adequacy, AdequacyStatus
from mixstudy.comparison.verdict import Check, CheckStatus, Verdict
from mixstudy.em.algorithm import EMStatus
from mixstudy.em.fit import EMFit
from mixstudy.faults.case import SLACK, Recognition
from mixstudy.model import Floats, Parameters

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison

TOO_COARSE = 1.0
"""Rounding of the printed figures, in standard errors, from which they say too little."""
ROUNDING = 1e-12
"""Relative rounding error of a log-likelihood, with a margin."""
AT_THE_MAXIMUM = frozenset({"likelihood", "stationary"})
"""The two checks that say whether an estimate is the maximum of the likelihood."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assessment:
    """What is to be said about an estimate that came from somewhere else."""

    verdict: Verdict
    """Whether it is right, in one word."""
    sentence: str
    """The same in a sentence or two."""
    estimate: Parameters
    """The estimate, means in order, data units."""
    distance: float
    """Its distance from the maximum of the likelihood, standard errors."""
    rounding: float
    """How much of that the rounding of its printed figures may be."""
    deficit: float
    """How far its log-likelihood is below the maximum, nats."""
    fit: EMFit
    """EM's fit, the maximum it is held against."""
    checks: tuple[Check, ...]
    """All checks, in their order."""
    faults: tuple[Recognition, ...]
    """Known mistakes that explain it, best first."""
    adequacy: Adequacy
    """Whether the data look like the model."""
    comparison: Comparison | None
    """The comparison with the posterior; None without one."""
    notes: tuple[str, ...]
    """What was done to the input: labels put in order, observations compressed."""

    @property
    def right(self) -> bool:
        """Whether the estimate is the maximum of the likelihood as far as its figures tell."""
        return not any(check.status is CheckStatus.FAIL for check in self.checks if check.name in AT_THE_MAXIMUM)

    @property
    def told(self) -> tuple[Recognition, ...]:
        """The mistakes worth telling, best first."""
        return told(self.faults, right=self.right)

    @property
    def offsets(self) -> Floats:
        """Estimate less EM's, in its standard errors, shape ``(4,)``."""
        off = np.array([*self.estimate]) - np.array([*self.fit.parameters])
        return np.asarray(off / np.array(self.fit.standard_errors))


class Found(NamedTuple):
    """What the verdict follows from."""

    fit: EMFit
    distance: float
    deficit: float
    rounding: float
    checks: tuple[Check, ...]
    adequacy: Adequacy
    comparison: Comparison | None
    told: tuple[Recognition, ...]


def told(faults: tuple[Recognition, ...], *, right: bool) -> tuple[Recognition, ...]:
    """Exchanged labels are no news beside another mistake, and no mistake of a wrong fit."""
    others = tuple(each for each in faults if each.fault.name != "swapped labels")
    return others if others or not right else faults


def judge(found: Found) -> tuple[Verdict, str]:
    """The verdict, and the sentence that says why."""
    verdict, sentence = _about_the_estimate(found)
    if verdict is Verdict.AGREE and found.comparison is not None:
        if found.comparison.verdict is not Verdict.AGREE:
            return found.comparison.verdict, found.comparison.sentence
        sentence += " The posterior says the same."
    elif verdict is Verdict.AGREE and found.adequacy.status is AdequacyStatus.ONE_WILL_DO:
        text = "Inconclusive: the estimate is the maximum of the likelihood, as far as its printed figures tell."
        return Verdict.INCONCLUSIVE, f"{text} {found.adequacy.status.value}"
    if verdict is Verdict.DISAGREE and found.told:
        sentence += f" The likely mistake: {_likely(found.told)}."
    return verdict, sentence + found.adequacy.caveat


def _about_the_estimate(found: Found) -> tuple[Verdict, str]:
    """What the likelihood, the data and the truth say."""
    failed = [check.name for check in found.checks if check.status is CheckStatus.FAIL and check.name != "adequacy"]
    if found.fit.status is not EMStatus.CONVERGED:
        text = f"Inconclusive: there is nothing to hold the estimate against. {found.fit.status.value}"
        return Verdict.INCONCLUSIVE, text
    if found.deficit < -ROUNDING * abs(found.fit.log_likelihood):
        text = "Inconclusive: the estimate has a higher likelihood than anything that EM found on these data,"
        return Verdict.INCONCLUSIVE, f"{text} by {-found.deficit:.3g} nats."
    if AT_THE_MAXIMUM & set(failed):
        text = f"Disagree: the estimate is {found.distance:.3g} standard errors from the maximum of the likelihood"
        return Verdict.DISAGREE, f"{text} and {found.deficit:.3g} nats below it."
    if failed:
        text = "Disagree: the estimate is the maximum of the likelihood, but"
        wrong = [name for name in ("data", "truth", "trace", "draws") if name in failed]
        what = {"truth": "the data", "data": "the data", "trace": "the steps to it", "draws": "the draws"}
        named = " and ".join(dict.fromkeys(what[name] for name in wrong))
        return Verdict.DISAGREE, f"{text} {named} are not what they should be."
    if SLACK * found.rounding > TOO_COARSE:
        text = "Inconclusive: the estimate may be the maximum of the likelihood, but its printed figures are too few:"
        return Verdict.INCONCLUSIVE, f"{text} rounding alone may move it by {found.rounding:.2g} standard errors."
    return Verdict.AGREE, "Agree: the estimate is the maximum of the likelihood, as far as its printed figures tell."


def _likely(faults: tuple[Recognition, ...]) -> str:
    """Mistakes in the data come on top of those in the estimate, of which one or the other will do."""
    data = [each.fault.name for each in faults if each.fault.seen_in == "data"]
    other = [each.fault.name for each in faults if each.fault.seen_in != "data"][:2]
    return " and ".join([*data, *filter(None, [" or ".join(other)])])
