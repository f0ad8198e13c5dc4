r"""Which known mistake explains four numbers.

For an estimate ``e`` and a faulty iteration ``M`` the nearest numbers at which ``M`` rests are, to first order,
``e + (I - M')^-1 (M(e) - e)``: five steps of ``M``, whatever its start. A fault explains the estimate where these are
the printed figures, or where ``M`` moves none of them by more than their rounding can.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.data.sample import WeightedSample
from mixstudy.em.fit import EMFit
from mixstudy.faults.case import SLACK, TEN_TIMES, Case, Match, make_case
from mixstudy.faults.catalogue import FAULTS
from mixstudy.faults.fault import Fault, Recognition
from mixstudy.faults.figures import Printed
from mixstudy.faults.following import rests
from mixstudy.faults.identities import means_have_met
from mixstudy.faults.slips import slips
from mixstudy.faults.steps import RIGHT, Step, in_order
from mixstudy.model import Floats

RIGHT_ENOUGH = 0.01
"""Distance to the maximum, in standard errors, below which no fault is named."""
ALIKE = 0.5
"""Strengths closer than this (a factor of 3) do not tell two faults apart."""
JACOBIAN_STEP = 1e-3
"""Difference step in standard errors: truncation and rounding errors are both far below the printed figures."""

type Explanation = tuple[Fault, Match]


def from_estimate(
    values: Printed, sample: WeightedSample, fit: EMFit, start: ArrayLike | None
) -> tuple[Recognition, ...]:
    """Judge four numbers as printed: which faults give them, best first; none where they are right."""
    case = make_case(values, sample, fit, start=start)
    found = list(_exchanged_labels(np.array([float(v) for v in values]), case))
    if case.off <= max(RIGHT_ENOUGH, SLACK * case.rounding):
        return tuple(found)
    matches = [(fault, match) for fault in FAULTS for match in _matches(fault, case)]
    if not any(match.exact for _, match in matches):
        matches += _two_at_once(case)
    return (*found, *(_explained(fault, match, case) for fault, match in _tell_apart(matches, case)))


def _exchanged_labels(raw: Floats, case: Case) -> Iterator[Recognition]:
    if raw[1] > raw[2]:
        apart = case.distance(raw - case.sample.centre - case.right)
        text = (
            f"mu1 = {raw[1]:g} is above mu2 = {raw[2]:g}. With the labels exchanged the numbers are {case.off:.2g} "
            "standard errors from the right answer."
        )
        strength = max(math.log10(apart / max(case.off, case.rounding)), TEN_TIMES)
        fault = next(fault for fault in FAULTS if fault.harmless)
        yield Recognition(fault=fault, strength=strength, distance=case.off, explanation=text)


def _explained(fault: Fault, match: Match, case: Case) -> Recognition:
    fits = "explains the numbers to the printed digits"
    if not match.exact:
        fits = f"comes within {match.distance:.2g} standard errors of them"
    detail = f" ({match.text})" if match.text else ""
    text = f"{fault.title}{detail} {fits}; the right answer is {case.off:.3g} standard errors off."
    return Recognition(fault=fault, strength=match.strength, distance=match.distance, explanation=text)


def _tell_apart(matches: Iterable[Explanation], case: Case) -> list[Explanation]:
    """Keep matches that are strong enough and not clearly weaker than the best."""
    kept = [each for each in matches if each[1].strength >= TEN_TIMES or each[1].exact]
    kept = kept or [each for each in matches if each[1].strength > 0]
    kept.sort(key=lambda each: each[1].strength, reverse=True)
    if not kept:
        return []
    best = kept[0][1]
    closest = SLACK * max(best.distance, case.rounding)
    return [each for each in kept if each[1].strength >= best.strength - ALIKE or each[1].distance <= closest]


def _matches(fault: Fault, case: Case) -> Iterator[Match]:
    """Every way in which a fault may give the estimate; where the means have met, its iteration says nothing."""
    if not means_have_met(case):
        yield from (_by_step(case, label, step) for label, step in fault.steps)
        for slip in () if fault.harmless else fault.slips:
            reported = slip.make(case.right + case.sample.centre, case.sample)
            yield case.match_given(slip.label, in_order(reported) - case.sample.centre)
    if fault.find is not None:
        yield from fault.find(case)


def _by_step(case: Case, label: str, step: Step) -> Match:
    """How near a faulty iteration comes to resting at the estimate."""
    if rests(step, case) and not rests(RIGHT, case):
        return case.match(label, min(case.rounding, case.distance(step(case.data, case.estimate) - case.estimate)))
    return case.match(label, _to_rest(case, step))


def _to_rest(case: Case, step: Step) -> float:
    """Distance to the fixed point nearest to the estimate, by one Newton step with a numerical Jacobian.

    Infinite where the step would not bring the iteration nearer to rest, so that the estimate is not near one.
    """
    theta, unit = case.estimate, 1 / np.sqrt(np.diag(case.information))
    after = step(case.data, theta)
    columns = [(step(case.data, theta + h) - after) / JACOBIAN_STEP for h in JACOBIAN_STEP * np.diag(unit)]
    system = np.eye(4) - np.column_stack(columns) / unit[:, None]
    if not np.isfinite(system).all():
        return math.inf
    ahead = np.linalg.lstsq(system, (after - theta) / unit, rcond=1e-6)[0] * unit  # some directions it leaves alone
    left = case.distance(step(case.data, theta + ahead) - theta - ahead)
    length = case.distance(ahead)
    return length if left <= max(length / 2, case.rounding) else math.inf


def _two_at_once(case: Case) -> Iterator[Explanation]:
    """A slip of the report on top of another slip, of a faulty iteration, or of a run that was stopped early."""
    for undone in slips():
        inner = case.undone(undone.undo)
        if inner is None or means_have_met(inner):
            continue
        slipped = " and ".join(f"'{fault.name}'" for fault in undone.faults)
        if len(undone.faults) > 1 and inner.off <= SLACK * inner.rounding:
            match = Match(f"together: {slipped}", inner.off, case.strength(inner.rounding), exact=True)
            yield from ((fault, match) for fault in undone.faults)
        for fault in (fault for fault in FAULTS if fault not in undone.faults):
            for match in _exact(fault, inner):
                yield fault, match._replace(text=f"{match.text}, together with {slipped}".removeprefix(", "))
                yield from ((each, match._replace(text=f"together with '{fault.name}'")) for each in undone.faults)


def _exact(fault: Fault, case: Case) -> Iterator[Match]:
    """The ways in which a fault gives the printed figures, beside a slip that was taken back.

    A run that was stopped early need only come near: k-means, from which some programs start, is itself not finished.
    """
    if any(rests(step, case) for _, step in fault.steps) and not rests(RIGHT, case):
        yield from (_by_step(case, label, step) for label, step in fault.steps if rests(step, case))
    if fault.find is not None:
        enough = TEN_TIMES if fault.stops_right_steps else math.inf
        yield from (match for match in fault.find(case) if match.exact or match.strength >= enough)
