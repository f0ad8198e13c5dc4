"""Where a mistake is, in words: what is right, what is wrong, from which row on, and how it hangs together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixstudy.data.sample import WeightedSample
from mixstudy.diagnosis.patterns import Steps, relation
from mixstudy.faults.case import SLACK, Case, smallest_error
from mixstudy.faults.fault import Fault
from mixstudy.faults.figures import Rows
from mixstudy.faults.following import still, update
from mixstudy.faults.identities import excess
from mixstudy.faults.place import UPDATES, Place
from mixstudy.faults.steps import Points, centred
from mixstudy.model import LABELS, Floats

type Found = tuple[tuple[Place, ...], str]
"""Where to look, and the sentence that says why."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Location:
    """Where a mistake is."""

    sentence: str
    """What is right, what is wrong, from which row on, and how it hangs together."""
    places: tuple[Place, ...]
    """Where to look; empty where everything is right."""
    slipped: tuple[Fault, ...]
    """Slips of the report that were taken back before the steps were judged."""
    begins: Floats
    """Printed rows before the last, or the estimate, slips taken back; shape ``(k, 4)``, data units."""
    theirs: Floats
    """Printed rows after the first, or the estimate, slips taken back; shape ``(k, 4)``, data units."""
    right: Floats
    """What a right step makes of the row before, or of the estimate itself; shape ``(k, 4)``, data units."""
    allowed: Floats
    """How far the rounding of the printed figures lets the two be apart, shape ``(k, 4)``."""
    wrong: NDArray[np.bool_]
    """Where the two differ by more than the printed figures allow, shape ``(k, 4)``."""
    single: bool = False
    """Whether the steps are right as far as single precision tells."""


def locate(
    places: tuple[Place, ...], sentence: str, slipped: tuple[Fault, ...], steps: Steps, wrong: NDArray[np.bool_]
) -> Location:
    """Put a location together; slips of the report that were taken back come first."""
    if slipped:
        names = " and ".join(fault.name for fault in slipped)
        places = (Place.REPORT, *(place for place in places if place is not Place.REPORT))
        sentence = f"Taken back '{names}', {sentence[0].lower()}{sentence[1:]}"
    for array in (steps.begins, steps.theirs, steps.right, steps.allowed, wrong):
        array.setflags(write=False)
    return Location(
        sentence=sentence,
        places=places,
        slipped=slipped,
        begins=steps.begins,
        theirs=steps.theirs,
        right=steps.right,
        allowed=steps.allowed,
        wrong=wrong,
    )


def wrong_updates(steps: Steps, wrong: NDArray[np.bool_]) -> Found:
    """The updates that are wrong in some step, and how each hangs together with the right one."""
    ever = wrong.any(axis=0)
    clauses = [
        f"{label} is not, {since(wrong[:, j])}: {relation(label, chosen_of(steps, wrong[:, j]))}"
        for j, label in enumerate(LABELS)
        if ever[j]
    ]
    right = listed([label for j, label in enumerate(LABELS) if not ever[j]])
    places = tuple(place for place, bad in zip(UPDATES, ever, strict=True) if bad)
    where = "in every row" if len(wrong) > 1 else "in the step"
    return places, f"{right} {where}; {'; '.join(clauses)}."


def one_step(case: Case) -> tuple[Steps, NDArray[np.bool_]]:
    """One right step from the estimate, sigma about the estimate's own means, and what it moves beyond rounding."""
    data, theta = case.data, case.estimate
    made, allowed = _about_own_means(data, theta), still(_about_own_means, case)
    rows = (each[None] for each in (theta, theta, made))
    begins, theirs, right = (each + case.sample.centre for each in rows)
    steps = Steps(begins, theirs, right, allowed[None], case.sample)
    return steps, ~(np.abs(steps.theirs - steps.right) <= allowed)


def _about_own_means(data: Points, theta: Floats) -> Floats:
    return update(data, theta, theta[1:3])


def identities_kept(rows: Rows, sample: WeightedSample) -> tuple[bool, bool]:
    """Whether every row after the first keeps the mean, and the variance, of the data as far as its figures tell."""
    data, kept = centred(sample), []
    for theta, rounding in zip(rows.values[1:] - sample.centre, rows.half[1:], strict=True):
        missed, slope = excess(data, theta)
        floor = smallest_error(sample, theta)
        kept.append(np.abs(missed) <= SLACK * np.abs(slope) @ (rounding + floor))
    mean_kept, variance_kept = np.array(kept).all(axis=0)
    return bool(mean_kept), bool(variance_kept)


def chosen_of(steps: Steps, chosen: NDArray[np.bool_]) -> Steps:
    """The steps in which something is wrong."""
    begins, theirs, right, allowed, sample = steps
    return Steps(begins[chosen], theirs[chosen], right[chosen], allowed[chosen], sample)


def since(wrong: NDArray[np.bool_]) -> str:
    """From which row on, in words; the first step is the one from the first printed row to the second."""
    where = np.flatnonzero(wrong)
    if len(wrong) == 1:
        return "in the one step there is"
    if wrong[where[0] :].all():
        return "from the first step on" if where[0] == 0 else f"from step {where[0] + 1} on"
    if len(where) == 1:
        return f"in step {where[0] + 1} alone"
    return f"in {len(where)} of {len(wrong)} steps, first in step {where[0] + 1}"


def listed(labels: Sequence[str]) -> str:
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
