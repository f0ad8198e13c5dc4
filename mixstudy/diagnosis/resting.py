"""Where the mistake behind four numbers is: which of EM's equations do they violate?

Four numbers are a step as well, from themselves to themselves. A faulty EM rests where the equation of its wrong line
is violated and the others hold; a wrong E-step violates all of them but keeps the two moment identities, and so does a
run that had not converged.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mixstudy.data.sample import WeightedSample
from mixstudy.diagnosis.location import Found, Location, identities_kept, listed, locate, wrong_updates
from mixstudy.diagnosis.patterns import Steps, relation, sigma_about
from mixstudy.diagnosis.remaining import remaining
from mixstudy.em.fit import EMFit
from mixstudy.faults.case import SLACK, Case, make_case, smallest_error
from mixstudy.faults.fault import Fault
from mixstudy.faults.figures import Printed, Rows
from mixstudy.faults.following import carried, update
from mixstudy.faults.identities import gap, means_have_met
from mixstudy.faults.place import Place
from mixstudy.faults.slips import slips
from mixstudy.faults.steps import RIGHT
from mixstudy.model import LABELS

UNEXPLAINED = 3
"""What is left to explain where nothing is understood; below it, 2 is a right M-step, 1 one violated equation."""
AS_GOOD = 0.01
"""Standard errors within which a number is the maximum's own."""
EMPTY = "A component is empty, as the weight is {:g}: this is one normal distribution, and no step leads out of it."


def localise_estimate(estimate: Printed, sample: WeightedSample, fit: EMFit) -> Location | None:
    """Say which of EM's four equations an estimate violates; None where it is the maximum to its figures.

    Args:
        estimate: Four numbers as they were printed, data units, means in any order.
        sample: The observations.
        fit: The right answer.
    """
    with np.errstate(all="ignore"):
        case = make_case(estimate, sample, fit)
        if float(estimate[0]) in (0, 1):
            steps, wrong = _resting(case)
            text = EMPTY.format(float(estimate[0]))
            return locate((Place.WEIGHT, Place.START), text, (), steps, np.zeros_like(wrong))
        if case.off <= SLACK * case.rounding:
            return None
        slipped, case, steps, wrong = _fewest_violated(case)
        places, sentence = _at_rest(case, steps, wrong, slipped)
    return locate(places, sentence, slipped, steps, wrong)


def _resting(case: Case) -> tuple[Steps, NDArray[np.bool_]]:
    """One right step from the estimate, sigma about the estimate's own means, and what it moves beyond rounding."""
    data, theta = case.data, case.estimate
    made, floor = update(data, theta, theta[1:3]), smallest_error(case.sample, theta)
    allowed = case.half + carried(RIGHT, data, theta, np.maximum(case.half, floor)) + floor
    rows = (each[None] for each in (theta, theta, made))
    begins, theirs, right = (each + case.sample.centre for each in rows)
    steps = Steps(begins, theirs, right, allowed[None], case.sample)
    return steps, ~(np.abs(steps.theirs - steps.right) <= allowed)


def _fewest_violated(case: Case) -> tuple[tuple[Fault, ...], Case, Steps, NDArray[np.bool_]]:
    """The estimate as printed, or with the slip of the report taken back that leaves the least to explain."""
    steps, wrong = _resting(case)
    best: tuple[tuple[Fault, ...], Case, Steps, NDArray[np.bool_]] = ((), case, steps, wrong)
    least = _left_to_explain(case, wrong)
    for undone in slips() if least > 1 and not all(_kept(case)) else ():
        inner = case.undone(undone.undo)
        if inner is None or means_have_met(inner):
            continue
        steps, wrong = _resting(inner)
        if (left := _left_to_explain(inner, wrong)) < min(least, UNEXPLAINED):
            best, least = (undone.faults, inner, steps, wrong), left
    return best


def _left_to_explain(case: Case, wrong: NDArray[np.bool_]) -> int:
    if case.off <= SLACK * case.rounding:
        return 0
    if wrong.sum() == 1:
        return 1
    return 2 if all(_kept(case)) else UNEXPLAINED


def _kept(case: Case) -> tuple[bool, bool]:
    """Whether the estimate keeps the mean, and the variance, of the data."""
    theta = case.estimate + case.sample.centre
    return identities_kept(Rows(np.array([theta, theta]), np.array([case.half, case.half])), case.sample)


def _at_rest(case: Case, steps: Steps, wrong: NDArray[np.bool_], slipped: tuple[Fault, ...]) -> Found:
    if slipped and case.off <= SLACK * case.rounding:
        return (), "The numbers are those of the maximum."
    if means_have_met(case) and not wrong.any():
        text = f"The two means have met ({gap(case)}): this is one normal distribution, written as two."
        return (Place.START,), text
    if wrong[0].sum() > 1 and (reported := _reported(case, steps)):
        return reported
    if not wrong.any():
        text = "All four equations hold as far as the figures tell: another maximum than the highest, or few figures."
        return (Place.START,), text
    if wrong.all():
        return _no_equation(case, steps)
    places, _ = wrong_updates(steps, wrong)
    right = listed([label for label, bad in zip(LABELS, wrong[0], strict=True) if not bad])
    right = f"{right.removesuffix('are right').removesuffix('is right')}stay{'' if 'are' in right else 's'}"
    clauses = [
        f"{label} does not: {relation(label, steps)}" for label, bad in zip(LABELS, wrong[0], strict=True) if bad
    ]
    return places, f"{right} where a right step from these numbers leaves them; {'; '.join(clauses)}."


def _reported(case: Case, steps: Steps) -> Found | None:
    """Three of the numbers are the maximum's own, so that the fourth is wrong in the report alone."""
    errors = np.array(case.fit.standard_errors)
    same = np.abs(case.estimate - case.right) <= case.half + AS_GOOD * np.nan_to_num(errors)
    if same.sum() != len(LABELS) - 1:
        return None
    (j,) = np.flatnonzero(~same)
    right = (case.right + case.sample.centre)[None]
    clause = relation(LABELS[j], steps._replace(right=right, allowed=case.half[None]))
    rest = listed([label for label, each in zip(LABELS, same, strict=True) if each])
    text = (
        f"{rest.removesuffix(' right')} those of the maximum, so that the loop was right; {LABELS[j]} is not: {clause}"
    )
    return (Place.REPORT,), f"{text}."


def _no_equation(case: Case, steps: Steps) -> Found:
    """None of the equations of weight and means holds: what do the moment identities say?"""
    mean_kept, variance_kept = _kept(case)
    moves = ", ".join(
        f"{label} by {move:+.3g}" for label, move in zip(LABELS, (steps.right - steps.theirs)[0], strict=True)
    )
    if mean_kept and variance_kept:
        text = (
            "The numbers keep the mean and the variance of the data, so that every M-step is right: either the run had "
            f"not converged, or its E-step is wrong. The next right step moves {moves}. {remaining(case).sentence}"
        )
        if means_have_met(case):
            text += f" The means have nearly met ({gap(case)}), where EM is slow: start with means farther apart."
        return (Place.E_STEP_OR_STOP,), text
    if mean_kept:
        clause = relation("sigma", steps._replace(right=np.column_stack([steps.right[:, :3], sigma_about(steps)])))
        text = f"Weight and means keep the mean of the data, sigma does not go with them: {clause}"
        text += ". Beside that the run had not converged, or its E-step is wrong."
        return (Place.E_STEP_OR_STOP, Place.SIGMA), text
    return (Place.UNKNOWN,), f"None of the four equations of a maximum holds: the next right step moves {moves}."
