"""Where the mistake behind four numbers is: which of EM's equations do they violate?

Four numbers are a step as well, from themselves to themselves. A faulty EM rests where the equation of its wrong line
is violated and the others hold; a wrong E-step violates all of them but keeps the two moment identities, and so does a
run that had not converged.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mixstudy.data.sample import WeightedSample
from mixstudy.diagnosis.columns import estimate_in_other_columns
from mixstudy.diagnosis.location import Found, Location, identities_kept, listed, locate, one_step, wrong_updates
from mixstudy.diagnosis.misprinted import misprinted
from mixstudy.diagnosis.patterns import Steps, relation, sigma_about
from mixstudy.diagnosis.remaining import remaining
from mixstudy.em.fit import EMFit
from mixstudy.faults.case import SLACK, Case, make_case, smallest_error
from mixstudy.faults.fault import Fault
from mixstudy.faults.figures import Printed, Rows, half_units
from mixstudy.faults.identities import gap, means_have_met, off_the_identities, root_mean_square
from mixstudy.faults.place import Place
from mixstudy.faults.precision import right_to_single
from mixstudy.faults.slips import slips
from mixstudy.model import LABELS

WEIGHT, SIGMA = LABELS.index("weight"), LABELS.index("sigma")
EMPTY_SHARE = 1e-3
"""Weight below which a component is called empty."""
MISREPORTED = 3
"""Equations that a number printed for another one violates, being in all of them."""
UNEXPLAINED, NEARLY = 4, 3
"""What is left to explain where nothing is understood, and where a right M-step is missed by hardly anything; below it,
2 is a right M-step, 1 one violated equation."""
AS_GOOD = 0.01
"""Standard errors within which a number is the maximum's own."""
EQUAL = (
    "A right run comes near such a point ever more slowly and does not reach it in print: the means were equal at the "
    "start, or a wrong E-step or update of a mean made them so, which these numbers can't tell apart."
)
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
            steps, wrong = one_step(case)
            text = EMPTY.format(float(estimate[0]))
            return locate((Place.WEIGHT, Place.START), text, (), steps, np.zeros_like(wrong))
        if case.off <= SLACK * case.rounding:
            return None
        if (moved := estimate_in_other_columns(estimate, sample, fit)) is not None:
            return moved
        case = _held_at_a_round_number(case, estimate)
        slipped, case, steps, wrong = _fewest_violated(case)
        places, sentence = _at_rest(case, steps, wrong, slipped)
    return locate(places, sentence, slipped, steps, wrong)


def _held_at_a_round_number(case: Case, estimate: Printed) -> Case:
    """The case with a round number taken for exact, where all other equations then hold and its own does not.

    A 0.5 or a 4 among numbers of six figures is not always a rounded one: a number that is never updated is printed so.
    """
    exact = case._replace(half=half_units([float(value) for value in estimate]))
    _, wrong = one_step(exact)
    held = wrong[0] & (exact.half < case.half)
    return exact if wrong.sum() == 1 and held.any() else case


def _fewest_violated(case: Case) -> tuple[tuple[Fault, ...], Case, Steps, NDArray[np.bool_]]:
    """The estimate as printed, or with the slip of the report taken back that leaves the least to explain."""
    steps, wrong = one_step(case)
    best: tuple[tuple[Fault, ...], Case, Steps, NDArray[np.bool_]] = ((), case, steps, wrong)
    least = _left_to_explain(case, wrong)
    for undone in slips() if least > 1 and not all(_kept(case)) else ():
        inner = case.undone(undone.undo)
        if inner is None or means_have_met(inner):
            continue
        steps, wrong = one_step(inner)
        if (left := _left_to_explain(inner, wrong)) < min(least, UNEXPLAINED):
            best, least = (undone.faults, inner, steps, wrong), left
    return best


def _left_to_explain(case: Case, wrong: NDArray[np.bool_]) -> int:
    if case.off <= SLACK * case.rounding:
        return 0
    if wrong.sum() == 1:
        return 1
    if all(_kept(case)):
        return 2
    return NEARLY if off_the_identities(case) <= AS_GOOD else UNEXPLAINED


def _kept(case: Case) -> tuple[bool, bool]:
    """Whether the estimate keeps the mean, and the variance, of the data."""
    theta = case.estimate + case.sample.centre
    return identities_kept(Rows(np.array([theta, theta]), np.array([case.half, case.half])), case.sample)


def _at_rest(case: Case, steps: Steps, wrong: NDArray[np.bool_], slipped: tuple[Fault, ...]) -> Found:
    return next(_explanations(case, steps, wrong[0], at_maximum=bool(slipped) and case.off <= SLACK * case.rounding))


def _explanations(case: Case, steps: Steps, wrong: NDArray[np.bool_], *, at_maximum: bool) -> Iterator[Found]:
    """What the numbers may come from, the first one that holds first; the last always does."""
    mean_kept, variance_kept = _kept(case)
    if at_maximum:
        yield (), "The numbers are those of the maximum."
    if not wrong.any():
        yield _stationary(case)
    if not (mean_kept and variance_kept) and (single := _to_single(case, steps)):
        yield single
    if wrong.sum() >= MISREPORTED and (reported := _reported(case, steps)):
        yield reported
    if mean_kept and wrong[:SIGMA].any() and (variance_kept or wrong[SIGMA]):
        yield _by_another_e_step(case, steps, variance_kept=variance_kept)
    if wrong.all() and (printed := misprinted(case)) is not None:
        yield printed
    if wrong.sum() > 1 and wrong[WEIGHT] and not mean_kept and (weighed := _by_another_weight(case)):
        yield weighed
    if wrong.all():
        text = "None of the four equations of a maximum holds, nor do weight and means keep the mean of the data"
        text += ": several lines are wrong, or the numbers are of other data"
        yield (Place.UNKNOWN,), f"{text}. The next right step moves {_moves(steps)}."
    yield _violated(steps, wrong)


def _stationary(case: Case) -> Found:
    """What is said of numbers that a right step leaves where they are, and which are not the maximum."""
    equal = bool(abs(case.estimate[2] - case.estimate[1]) <= case.half[1] + case.half[2])
    if means_have_met(case):
        text = f"The two means have {'' if equal else 'nearly '}met ({gap(case)}): this is one normal distribution, "
        text += "written as two. "
        return (Place.START,), text + (EQUAL if equal else remaining(case).sentence)
    left = remaining(case)
    if left.steps is None:
        return (Place.START,), f"All four equations hold: another maximum than the highest. {left.sentence}"
    text = "All four equations hold as far as the figures tell, as in a slow run that had not converged"
    return (Place.E_STEP_OR_STOP,), f"{text}. {left.sentence}"


def _to_single(case: Case, steps: Steps) -> Found | None:
    """A right step moves the numbers by no more than rounding in float32 does."""
    printed = Rows(steps.theirs, case.half[None])
    single = right_to_single(steps.begins, steps.theirs - steps.right, steps.allowed, printed, case.sample)
    if single is None:
        return None
    text = f"A right step moves these numbers by no more than rounding in single precision (float32{single.way}) does"
    return (Place.PRECISION,), f"{text}. From them it is {case.off:.3g} standard errors to the maximum."


def _violated(steps: Steps, wrong: NDArray[np.bool_]) -> Found:
    """The equations that do not hold, and how each number hangs together with the right one."""
    places, _ = wrong_updates(steps, wrong[None])
    right = listed([label for label, bad in zip(LABELS, wrong, strict=True) if not bad])
    right = f"{right.removesuffix('are right').removesuffix('is right')}stay{'' if 'are' in right else 's'}"
    clauses = [f"{label} does not: {relation(label, steps)}" for label, bad in zip(LABELS, wrong, strict=True) if bad]
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


def _by_another_e_step(case: Case, steps: Steps, *, variance_kept: bool) -> Found:
    """Weight and means keep the mean, as right updates do whatever the responsibilities: what does the variance say?"""
    if variance_kept:
        text = (
            "The numbers keep the mean and the variance of the data, so that every M-step is right: either the run had "
            f"not converged, or its E-step is wrong. The next right step moves {_moves(steps)}. "
            f"{remaining(case).sentence}"
        )
        if means_have_met(case):
            empty = min(case.estimate[0], 1 - case.estimate[0]) < EMPTY_SHARE
            near = "One component is nearly empty" if empty else "The means have nearly met"
            text += f" {near} ({gap(case)}), where EM is slow: start with means farther apart."
        return (Place.E_STEP_OR_STOP,), text
    clause = relation("sigma", steps._replace(right=np.column_stack([steps.right[:, :SIGMA], sigma_about(steps)])))
    text = f"Weight and means keep the mean of the data, sigma does not go with them: {clause}"
    text += ". Beside that the run had not converged, or its E-step is wrong."
    return (Place.E_STEP_OR_STOP, Place.SIGMA), text


def _by_another_weight(case: Case) -> Found | None:
    """Means and sigma go together as right updates leave them, whatever the responsibilities; the weight does not.

    About the mean of the data ``w mu1 + (1 - w) mu2 = 0``, so that ``w = mu2 / (mu2 - mu1)`` and the identity of the
    variance becomes ``s^2 - mu1 mu2 = mean of squares``, which has no weight in it.
    """
    _, mu1, mu2, sigma = case.estimate
    half = case.half + smallest_error(case.sample, case.estimate)
    missed = sigma**2 - mu1 * mu2 - root_mean_square(case.data) ** 2
    if not mu1 < 0 < mu2 or abs(missed) > SLACK * (2 * sigma * half[SIGMA] + abs(mu2) * half[1] + abs(mu1) * half[2]):
        return None
    text = (
        f"Means and sigma go together as right updates leave them, but with a weight of {mu2 / (mu2 - mu1):.6g}: the "
        f"printed {case.estimate[WEIGHT]:.6g} is not the share of component 1. Beside that the run had not converged, "
        "or its E-step is wrong."
    )
    return (Place.E_STEP_OR_STOP, Place.WEIGHT), text


def _moves(steps: Steps) -> str:
    moves = (steps.right - steps.theirs)[0].tolist()
    return ", ".join(f"{label} by {move:+.3g}" for label, move in zip(LABELS, moves, strict=True))
