"""Right numbers in the wrong columns: the weight where sigma belongs, mu1 where the weight does, and every other order.

Told only where the numbers are right to their figures once they are read in another order: an estimate is then the
maximum of the likelihood, a trace goes by right steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np

from mixstudy.data.sample import WeightedSample
from mixstudy.diagnosis.location import Location, locate
from mixstudy.diagnosis.patterns import Steps
from mixstudy.em.fit import EMFit
from mixstudy.faults.case import SLACK, make_case
from mixstudy.faults.figures import Printed, Rows, printed_rows
from mixstudy.faults.following import begins
from mixstudy.faults.place import Place
from mixstudy.faults.variations import follow_right, wrong_at_first
from mixstudy.model import LABELS

type Order = tuple[int, ...]
"""In which column each of the four numbers stands."""
AS_IS, MEANS_ALONE = (0, 1, 2, 3), (0, 2, 1, 3)
ORDERS: tuple[Order, ...] = tuple(
    order for order in permutations(range(len(LABELS))) if order not in (AS_IS, MEANS_ALONE)
)
"""Orders other than that of the labels; means that are exchanged alone are another component's weight."""
FINE = 0.5
"""Rounding of the figures, in standard errors, up to which another order that fits is no chance."""


def estimate_in_other_columns(estimate: Printed, sample: WeightedSample, fit: EMFit) -> Location | None:
    """Where four numbers are the maximum in another order; None where they are in none."""
    for order in ORDERS:
        read = [estimate[column] for column in order]
        if not begins(np.array(read, dtype=np.float64)):
            continue
        case = make_case(read, sample, fit)
        if case.off <= SLACK * case.rounding < FINE:
            theirs = np.array(estimate, dtype=np.float64)[None]
            right, half = np.array(fit.parameters)[None], case.half[np.argsort(order)][None]
            return _told(order, Steps(theirs, theirs, right, half, sample), "they are those of the maximum")
    return None


def trace_in_other_columns(rows: Rows, sample: WeightedSample) -> Location | None:
    """Where every row follows from the one before by a right step in another order; None where there is none."""
    for order in ORDERS:
        read = Rows(rows.values[:, order], rows.half[:, order])
        if not all(begins(theta) for theta in read.values) or wrong_at_first(read, sample):
            continue
        found = follow_right(read, sample)
        if found.right and found.told:
            back = np.argsort(order)
            steps = Steps(rows.values[:-1], rows.values[1:], found.made[:, back], found.allowed[:, back], sample)
            return _told(order, steps, "every row follows from the one before by a right step")
    return None


def refuse_other_columns(trace: Sequence[Printed], sample: WeightedSample) -> None:
    """Refuse rows that are out of range as they stand, and right in another order.

    Raises:
        ValueError: They are; the message says in which.
    """
    if not np.isfinite([[float(value) for value in row] for row in trace]).all():
        return  # a loop that broke down, of right steps or not
    with np.errstate(all="ignore"):
        found = trace_in_other_columns(printed_rows(trace), sample) if len(trace) > 1 else None
    if found is not None:
        raise ValueError(found.sentence)


def _told(order: Order, steps: Steps, right: str) -> Location:
    columns = ", ".join(LABELS[number] for number in np.argsort(order))
    text = f"The numbers stand in the order {columns}, not in that of {', '.join(LABELS)}: read so, {right}."
    return locate((Place.REPORT,), text, (), steps, np.zeros(steps.theirs.shape, dtype=bool))
