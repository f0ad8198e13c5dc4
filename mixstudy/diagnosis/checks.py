"""The checks of somebody's numbers: their likelihood, their data, the steps that led to them, their draws.

They come before the checks of a comparison (``comparison.checks``), which look at the same evidence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mixstudy.comparison.checks import NOT_STATIONARY, STATIONARY, stationary
from mixstudy.comparison.evidence import Evidence
from mixstudy.comparison.verdict import CheckStatus, Looks, Outcome
from mixstudy.diagnosis.breaking import Break
from mixstudy.diagnosis.draws import DrawsReading
from mixstudy.diagnosis.location import Location
from mixstudy.faults.case import SLACK
from mixstudy.faults.fault import CLEAR, Recognition
from mixstudy.faults.place import Place
from mixstudy.model import Floats

ROUNDING = 1e-12
"""Relative rounding error of a log-likelihood, with a margin."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Diagnosis(Evidence):
    """What is known of somebody's estimate: beside the likelihood and the posterior, what they gave with it."""

    off: float
    """Distance from EM's maximum in its standard errors, by the information there."""
    faults: tuple[Recognition, ...]
    """Known mistakes that explain the estimate, the trace or the data, best first."""
    posterior_means: bool
    """Whether the estimate is the means of the posterior instead of the maximum of the likelihood."""
    location: Location | None
    """What the trace says of where a mistake is; None without one."""
    broken: Break | None
    """Where the loop broke down that made the trace; None where it did not, or a right step prints the same."""
    stranded: bool
    """Whether the estimate is the last row before that."""
    heights: Outcome | None
    """What the log-likelihoods say that were printed beside the trace; None without any."""
    draws: Floats | None
    """Posterior draws, shape ``(chains, draws, 4)``, data units, means in any order."""
    reading: DrawsReading | None
    """What they say beside the integral; None without any."""
    alone: bool
    """Whether there is nothing to judge but draws, EM's own estimate standing in for one."""
    marks: tuple[Recognition, ...]
    """Known mistakes that those draws show, best first."""


def _likelihood(evidence: Diagnosis) -> Outcome:
    """The likelihood of the estimate is the highest there is; a distance d costs ``d^2 / 2`` nats."""
    deficit, rounding = evidence.deficit, SLACK * evidence.rounding
    floor = ROUNDING * abs(evidence.fit.log_likelihood)
    good, fair = (max(limit, rounding) ** 2 / 2 + floor for limit in (STATIONARY, NOT_STATIONARY))
    status = CheckStatus.PASS if deficit <= good else CheckStatus.BORDERLINE
    text = (
        f"The log-likelihood of the estimate is {max(deficit, 0.0):.3g} nats below the highest; up to {good:.2g} would "
        "be the rounding of its printed figures."
    )
    return Outcome(CheckStatus.FAIL if deficit > fair else status, deficit, text)


def at_maximum(evidence: Diagnosis) -> bool:
    """Whether the estimate is the maximum of the likelihood, as far as its printed figures tell."""
    return all(look(evidence).status is not CheckStatus.FAIL for look in (_likelihood, stationary))


def _data(evidence: Diagnosis) -> Outcome:
    """The data are what a sample should be."""
    for each in evidence.faults:
        if each.fault.seen_in == "data":
            return Outcome(CheckStatus.FAIL, each.strength, each.explanation)
    text = "The data are no heights of a curve, and bear no mark of a sampler known for its mistake."
    return Outcome(CheckStatus.PASS, math.nan, text)


def _trace(evidence: Diagnosis) -> Outcome | None:
    """Each row of the trace follows from the one before, to every printed figure."""
    found, broken = evidence.location, evidence.broken
    wrong = 0.0 if found is None else float(found.wrong.any(axis=1).sum())
    if broken is not None:
        text = broken.sentence if found is None else f"{found.sentence} {broken.sentence}"
        return Outcome(CheckStatus.FAIL, wrong, text)
    if found is None:
        return None
    if not found.places:
        return Outcome(CheckStatus.PASS, wrong, found.sentence)
    named = any(each.fault.steps or each.fault.slips for each in evidence.faults if not each.fault.harmless)
    another_way = set(found.places) <= {Place.E_STEP, Place.OTHER_DATA} and at_maximum(evidence) and not named
    return Outcome(CheckStatus.BORDERLINE if another_way else CheckStatus.FAIL, wrong, found.sentence)


def _draws(evidence: Diagnosis) -> Outcome | None:
    """Somebody's draws mix, and give the posterior that the integral gives under their prior or a weak one."""
    found, marks = evidence.reading, evidence.marks
    if found is None:
        return None
    told = marks and (marks[0].strength >= CLEAR or found.outcome.status is not CheckStatus.FAIL)
    return Outcome(CheckStatus.FAIL, marks[0].strength, marks[0].explanation) if told else found.outcome


CHECKS: dict[str, Looks[Diagnosis]] = {
    "likelihood": _likelihood,
    "data": _data,
    "trace": _trace,
    "printed likelihood": lambda evidence: evidence.heights,
    "draws": _draws,
}
"""The checks of what somebody gave, in the order in which they are reported; those of a comparison follow."""
OF_DRAWS_ALONE = frozenset({"data", "draws", "truth", "adequacy"})
"""What is checked where draws came without an estimate: EM's own is not on trial."""
