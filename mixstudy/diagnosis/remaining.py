"""How far a run that stopped early still had to go: right steps from its numbers on, counted up to the maximum."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mixstudy.em.run import follow
from mixstudy.faults.case import SLACK, Case

ARRIVED = 0.01
"""Distance to the maximum, in standard errors, at which a run counts as arrived."""
MOST_STEPS = 3_000
"""Right steps that are taken at most."""


class Remaining(NamedTuple):
    """What was left of a run."""

    distance: float
    """Distance to the maximum, standard errors."""
    steps: int | None
    """Right steps after which it is ``ARRIVED``, or within the rounding of its figures; None where it never does."""

    @property
    def sentence(self) -> str:
        """What a reader is told."""
        text = f"From these numbers it is {self.distance:.3g} standard errors to the maximum"
        if self.steps is None:
            return f"{text}, and right steps do not lead there within {MOST_STEPS}: start again from elsewhere."
        return f"{text}, which a right run would reach in about {self.steps} more iteration{'s' * (self.steps != 1)}."


def remaining(case: Case) -> Remaining:
    """Take right steps from an estimate until they arrive at the maximum."""
    sample = case.fit.sample
    start = sample.to_standard(case.estimate + case.sample.centre)
    path = follow(sample.standardised, sample.weights, start, iterations=MOST_STEPS)
    off = sample.from_standard(path.iterates[:, :4]) - case.sample.centre - case.right
    with np.errstate(all="ignore"):
        distance = np.sqrt(np.einsum("ij,jk,ik->i", off, case.information, off))
    there = np.flatnonzero(distance <= max(ARRIVED, SLACK * case.rounding))
    return Remaining(case.off, int(there[0]) if there.size else None)
