"""Where the mistake is, of all that was given: by the trace where one of its steps is wrong, else by the estimate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mixstudy.diagnosis.checks import Diagnosis, at_maximum
from mixstudy.diagnosis.location import Location
from mixstudy.diagnosis.remaining import remaining
from mixstudy.diagnosis.resting import localise_estimate
from mixstudy.faults.case import FLOAT, make_case
from mixstudy.faults.figures import Printed, half_units
from mixstudy.faults.place import Place
from mixstudy.faults.steps import exchanged


def locate_mistake(evidence: Diagnosis, estimate: Printed) -> Location | None:
    """Where the mistake is: by the trace where one of its steps is wrong, else by the estimate itself."""
    by_trace = evidence.location
    if evidence.posterior_means:
        return None
    if by_trace is not None and by_trace.places:
        return by_trace
    if evidence.broken is not None and evidence.stranded:
        return evidence.broken.step
    if at_maximum(evidence):
        return by_trace
    found = localise_estimate(estimate, evidence.sample, evidence.fit)
    if by_trace is not None and found is not None and _its_last(by_trace, estimate):
        found = _on_its_way(evidence, estimate, by_trace, found)
    return found


def _on_its_way(evidence: Diagnosis, estimate: Printed, by_trace: Location, found: Location) -> Location:
    """Right steps that end before the maximum: where would they have led?"""
    if by_trace.single and found.places == (Place.PRECISION,):
        return replace(found, sentence=f"{by_trace.sentence} {found.sentence}")
    left = remaining(make_case(estimate, evidence.sample, evidence.fit))
    if left.steps is None:
        return replace(found, places=(Place.START,), sentence=f"{by_trace.sentence} {left.sentence}")
    text = f"{by_trace.sentence} The run was on its way when it stopped. {left.sentence}"
    return replace(found, places=(Place.STOP,), sentence=text)


def _its_last(by_trace: Location, estimate: Printed) -> bool:
    """Whether an estimate is the last row of a trace, as far as both were printed; labels aside."""
    last, half = by_trace.theirs[-1], half_units(estimate)
    given = np.array([float(value) for value in estimate])
    rounding = 2 * half + FLOAT * np.abs(last)
    return any((np.abs(given - row) <= rounding).all() for row in (last, exchanged(last)))
