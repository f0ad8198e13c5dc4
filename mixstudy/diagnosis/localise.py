"""Where a mistake is, known or not: which of the four updates disagree with a right step, from which row on, by how much.

From each printed row one right step is taken. The numbers that it gives to their rounding are right; those that it does
not give are wrong, and how they hang together with the right ones (``patterns``) tells the line. Four numbers alone are
a step as well, from themselves to themselves: a faulty EM rests where the equation of its wrong line is violated and the
others hold. A weight and means that are all wrong come from wrong responsibilities; if the two moment identities hold,
every M-step was right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixstudy.data.sample import WeightedSample
from mixstudy.diagnosis.e_step import describe
from mixstudy.diagnosis.patterns import Steps, relation, sigma_about
from mixstudy.em.fit import EMFit
from mixstudy.faults.by_trace import from_other_data
from mixstudy.faults.case import SLACK, Case, make_case, smallest_error
from mixstudy.faults.fault import Fault
from mixstudy.faults.figures import Printed, Rows, printed_rows
from mixstudy.faults.following import STRAIGHT, Followed, begins, carried, follow_right, update, usable, wrong_at_first
from mixstudy.faults.identities import excess, gap, means_have_met
from mixstudy.faults.place import UPDATES, Place
from mixstudy.faults.slips import slips, undo_rows
from mixstudy.faults.steps import RIGHT, centred
from mixstudy.model import LABELS, Floats

SIGMA = LABELS.index("sigma")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Location:
    """Where a mistake is."""

    sentence: str
    """What is right, what is wrong, from which row on, and how it hangs together."""
    places: tuple[Place, ...]
    """Where to look; empty where everything is right."""
    slipped: tuple[Fault, ...]
    """Slips of the report that were taken back before the steps were judged."""
    theirs: Floats
    """Printed rows after the first, or the estimate, slips taken back; shape ``(k, 4)``, data units."""
    right: Floats
    """What a right step makes of the row before, or of the estimate itself; shape ``(k, 4)``, data units."""
    wrong: NDArray[np.bool_]
    """Where the two differ by more than the printed figures allow, shape ``(k, 4)``."""


def localise_trace(trace: Sequence[Printed] | Floats, sample: WeightedSample) -> Location | None:
    """Hold every printed row against a right step from the row before; None where no step can be judged.

    Args:
        trace: Successive iterates as they were printed, data units.
        sample: The observations.
    """
    with np.errstate(all="ignore"):
        rows = usable(printed_rows(trace))
        if len(rows.values) < 2:  # noqa: PLR2004  (one step)
            return None
        found, slipped, rows = _fewest_wrong(rows, sample)
        if _count(found) > 1 and (misprinted := _misprinted_sigma(rows, sample)):
            return misprinted
        steps = Steps(rows.values[:-1], rows.values[1:], found.made, found.allowed, sample)
        wrong = ~(found.ratio <= 1)
        places, sentence = _in_trace(found, steps, wrong, rows)
    return _location(places, sentence, slipped, steps, wrong)


def localise_estimate(estimate: Printed, sample: WeightedSample, fit: EMFit) -> Location | None:
    """Say which of EM's four equations an estimate violates; None where it is the maximum to its figures.

    Args:
        estimate: Four numbers as they were printed, data units, means in any order.
        sample: The observations.
        fit: The right answer.
    """
    with np.errstate(all="ignore"):
        case = make_case(estimate, sample, fit)
        if case.off <= SLACK * case.rounding:
            return None
        slipped, case, steps, wrong = _fewest_violated(case)
        places, sentence = _at_rest(case, steps, wrong, slipped)
    return _location(places, sentence, slipped, steps, wrong)


def _location(
    places: tuple[Place, ...], sentence: str, slipped: tuple[Fault, ...], steps: Steps, wrong: NDArray[np.bool_]
) -> Location:
    if slipped:
        names = " and ".join(fault.name for fault in slipped)
        places = (Place.REPORT, *(place for place in places if place is not Place.REPORT))
        sentence = f"Taken back '{names}', {sentence[0].lower()}{sentence[1:]}"
    for array in (steps.theirs, steps.right, wrong):
        array.setflags(write=False)
    return Location(
        sentence=sentence, places=places, slipped=slipped, theirs=steps.theirs, right=steps.right, wrong=wrong
    )


def _fewest_wrong(rows: Rows, sample: WeightedSample) -> tuple[Followed, tuple[Fault, ...], Rows]:
    """The rows as printed, or with a slip of the report taken back where that leaves fewer numbers wrong."""
    best: tuple[Followed, tuple[Fault, ...], Rows] = (follow_right(rows, sample), (), rows)
    fewest = _count(best[0])
    for undone in slips() if fewest > 1 and not all(_identities(rows, sample)) else ():
        inner = undo_rows(undone, rows, sample)
        if inner is not None and wrong_at_first(inner, sample) <= 1:
            found = follow_right(inner, sample)
            if _count(found) < min(fewest, 2):
                best, fewest = (found, undone.faults, inner), _count(found)
    return best


def _count(found: Followed) -> int:
    """Numbers of the four that are wrong in some row."""
    return int((~(found.ratio <= 1)).any(axis=0).sum())


def _in_trace(found: Followed, steps: Steps, wrong: NDArray[np.bool_], rows: Rows) -> tuple[tuple[Place, ...], str]:
    ever = wrong.any(axis=0)
    if not ever.any():
        return (), _all_right(found)
    if from_other_data(rows, steps.sample):
        return (Place.OTHER_DATA,), "The rows come from other data: the mean that they imply is not that of these."
    if ever[:3].all():
        return _wrong_responsibilities(steps, wrong, rows)
    return _wrong_updates(steps, wrong)


def _all_right(found: Followed) -> str:
    text = "Every row follows from the one before by a right step, to every printed figure"
    if found.stride > 1:
        return f"{text}, {found.stride} iterations at a time."
    ways = [f"{label} {way}" for label, way in zip(LABELS, found.ways, strict=True) if way != STRAIGHT]
    return f"{text}; {' and '.join(ways)}, which is as right." if ways else f"{text}."


def _wrong_updates(steps: Steps, wrong: NDArray[np.bool_]) -> tuple[tuple[Place, ...], str]:
    ever = wrong.any(axis=0)
    clauses = [
        f"{label} is not, {_since(wrong[:, j])}: {relation(label, _only(steps, wrong[:, j]))}"
        for j, label in enumerate(LABELS)
        if ever[j]
    ]
    right = _listed([label for j, label in enumerate(LABELS) if not ever[j]])
    places = tuple(place for place, bad in zip(UPDATES, ever, strict=True) if bad)
    where = "in every row" if len(wrong) > 1 else "in the step"
    return places, f"{right} {where}; {'; '.join(clauses)}."


def _wrong_responsibilities(steps: Steps, wrong: NDArray[np.bool_], rows: Rows) -> tuple[tuple[Place, ...], str]:
    """Weight and both means are wrong: so are the responsibilities behind them, and perhaps sigma on top."""
    mean_kept, variance_kept = _identities(rows, steps.sample)
    since = _since(wrong[:, :3].any(axis=1))
    if not mean_kept:
        text = f"Weight and both means are wrong, {since}, and do not keep the mean of the data"
        return (
            Place.E_STEP,
        ), f"{text}: the responsibilities of an observation do not add up to 1, or differ by update."
    told = describe(_only(steps, wrong[:, :3].any(axis=1)))
    detail = f": {told}" if told else ""
    if variance_kept:
        text = f"Weight, means and sigma are wrong, {since}, but keep the mean and the variance of the data"
        return (Place.E_STEP,), f"{text}: every M-step is right, and the E-step is not{detail}."
    own = steps._replace(right=np.column_stack([steps.right[:, :3], sigma_about(steps)]))
    text = f"Weight and means are wrong, {since}, but keep the mean of the data: the E-step is wrong{detail}"
    return (Place.E_STEP, Place.SIGMA), f"{text}. Sigma does not go with them: {relation('sigma', own)}."


def _identities(rows: Rows, sample: WeightedSample) -> tuple[bool, bool]:
    """Whether every row after the first keeps the mean, and the variance, of the data as far as its figures tell."""
    data, kept = centred(sample), []
    for theta, rounding in zip(rows.values[1:] - sample.centre, rows.half[1:], strict=True):
        missed, slope = excess(data, theta)
        floor = smallest_error(sample, theta)
        kept.append(np.abs(missed) <= SLACK * np.abs(slope) @ (rounding + floor))
    mean_kept, variance_kept = np.array(kept).all(axis=0)
    return bool(mean_kept), bool(variance_kept)


def _only(steps: Steps, chosen: NDArray[np.bool_]) -> Steps:
    """The steps in which something is wrong."""
    begins, theirs, right, allowed, sample = steps
    return Steps(begins[chosen], theirs[chosen], right[chosen], allowed[chosen], sample)


def _since(wrong: NDArray[np.bool_]) -> str:
    """From which row on, in words; the first step is the one from the first printed row to the second."""
    where = np.flatnonzero(wrong)
    if len(wrong) == 1:
        return "in the one step there is"
    if wrong[where[0] :].all():
        return "from the first step on" if where[0] == 0 else f"from step {where[0] + 1} on"
    if len(where) == 1:
        return f"in step {where[0] + 1} alone"
    return f"in {len(where)} of {len(wrong)} steps, first in step {where[0] + 1}"


def _listed(labels: Sequence[str]) -> str:
    """``weight and both means are right``, in words."""
    words = list(labels)
    if "mu1" in words and "mu2" in words:
        words = [word for word in words if word not in {"mu1", "mu2"}]
        words.insert(1 if "weight" in words else 0, "both means")
    if not words:
        return "Nothing is right"
    text = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    plural = len(words) > 1 or words == ["both means"]
    return f"{text[0].upper()}{text[1:]} {'are' if plural else 'is'} right"


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


UNEXPLAINED = 3
"""What is left to explain where nothing is understood; below it, 2 is a right M-step, 1 one violated equation."""


def _left_to_explain(case: Case, wrong: NDArray[np.bool_]) -> int:
    if case.off <= SLACK * case.rounding:
        return 0
    if wrong.sum() == 1:
        return 1
    return 2 if all(_kept(case)) else UNEXPLAINED


def _kept(case: Case) -> tuple[bool, bool]:
    """Whether the estimate keeps the mean, and the variance, of the data."""
    theta = case.estimate + case.sample.centre
    return _identities(Rows(np.array([theta, theta]), np.array([case.half, case.half])), case.sample)


def _at_rest(
    case: Case, steps: Steps, wrong: NDArray[np.bool_], slipped: tuple[Fault, ...]
) -> tuple[tuple[Place, ...], str]:
    if slipped and case.off <= SLACK * case.rounding:
        return (), "The numbers are those of the maximum."
    if means_have_met(case):
        return (
            Place.SADDLE,
        ), f"The two means have met ({gap(case)}): this is one normal distribution, written as two."
    if wrong[0].sum() > 1 and (reported := _reported(case, steps)):
        return reported
    if not wrong.any() or wrong[0, :3].all():
        return _no_equation(case, steps)
    places, _ = _wrong_updates(steps, wrong)
    right = _listed([label for label, bad in zip(LABELS, wrong[0], strict=True) if not bad])
    right = f"{right.removesuffix('are right').removesuffix('is right')}stay{'' if 'are' in right else 's'}"
    clauses = [
        f"{label} does not: {relation(label, steps)}" for label, bad in zip(LABELS, wrong[0], strict=True) if bad
    ]
    return places, f"{right} where a right step from these numbers leaves them; {'; '.join(clauses)}."


def _reported(case: Case, steps: Steps) -> tuple[tuple[Place, ...], str] | None:
    """Three of the numbers are the maximum's own, so that the fourth is wrong in the report alone."""
    errors = np.array(case.fit.standard_errors)
    same = np.abs(case.estimate - case.right) <= case.half + AS_GOOD * np.nan_to_num(errors)
    if same.sum() != len(LABELS) - 1:
        return None
    (j,) = np.flatnonzero(~same)
    right = (case.right + case.sample.centre)[None]
    clause = relation(LABELS[j], steps._replace(right=right, allowed=case.half[None]))
    rest = _listed([label for label, each in zip(LABELS, same, strict=True) if each])
    text = (
        f"{rest.removesuffix(' right')} those of the maximum, so that the loop was right; {LABELS[j]} is not: {clause}"
    )
    return (Place.REPORT,), f"{text}."


AS_GOOD = 0.01
"""Standard errors within which a number is the maximum's own."""


def _no_equation(case: Case, steps: Steps) -> tuple[tuple[Place, ...], str]:
    """None of the equations of weight and means holds: what do the moment identities say?"""
    mean_kept, variance_kept = _kept(case)
    moves = ", ".join(
        f"{label} by {move:+.3g}" for label, move in zip(LABELS, (steps.right - steps.theirs)[0], strict=True)
    )
    if mean_kept and variance_kept:
        text = (
            "The numbers keep the mean and the variance of the data, so that every M-step is right: either the run had "
            f"not converged, or its E-step is wrong. The next right step moves {moves}."
        )
        return (Place.E_STEP_OR_STOP,), text
    if mean_kept:
        clause = relation("sigma", steps._replace(right=np.column_stack([steps.right[:, :3], sigma_about(steps)])))
        text = f"Weight and means keep the mean of the data, sigma does not go with them: {clause}"
        return (
            Place.E_STEP_OR_STOP,
            Place.SIGMA,
        ), f"{text}. Beside that the run had not converged, or its E-step is wrong."
    return (Place.UNKNOWN,), f"None of the four equations of a maximum holds: the next right step moves {moves}."


def _implied(rows: Rows, sample: WeightedSample) -> Rows:
    """The rows with the sigma that weight and means imply; the first row, a start, implies none and is left out."""
    values, half = rows.values[1:].copy(), rows.half[1:].copy()
    data, centre = centred(sample), sample.centre
    steps = Steps(values, values, values, half, sample)
    values[:, SIGMA] = sigma_about(steps)
    slopes = np.array([excess(data, theta - centre)[1][1] for theta in values])
    half[:, SIGMA] = (np.abs(slopes[:, :SIGMA]) * half[:, :SIGMA]).sum(axis=1) / (2 * values[:, SIGMA])
    return Rows(values, half)


def _misprinted_sigma(rows: Rows, sample: WeightedSample) -> Location | None:
    """Every step is right once sigma is what weight and means imply: then the loop is right and sigma is misprinted."""
    implied = _implied(rows, sample)
    if len(implied.values) < 3 or not all(begins(theta) for theta in implied.values[:-1]):  # noqa: PLR2004
        return None
    found = follow_right(implied, sample)
    if not found.right:
        return None
    steps = Steps(rows.values[:-1], rows.values[1:], implied.values, rows.half[1:] + implied.half, sample)
    wrong = np.zeros(steps.theirs.shape, dtype=bool)
    wrong[:, SIGMA] = np.abs(steps.theirs - steps.right)[:, SIGMA] > steps.allowed[:, SIGMA]
    if not wrong.any():
        return None
    clause = relation("sigma", _only(steps, wrong[:, SIGMA]))
    text = "Weight and both means follow from row to row by right steps with another sigma than the printed one"
    return _location(
        (Place.REPORT,), f"{text}, so that the loop is right; of the printed sigma, {clause}.", (), steps, wrong
    )
