"""Where a loop broke down, and by what: a trace is judged up to there.

A row ends a trace where no step can begin from it: a weight of 0 or 1, a sigma of 0, a number that is none. Which of
these it is, and what the row before would have made, tell the cause. One right step from the row before tells whether
a right loop would have broken, too, and which lines made what cannot be.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixstudy.data.sample import WeightedSample
from mixstudy.diagnosis.location import Location, listed, locate
from mixstudy.diagnosis.patterns import Steps
from mixstudy.faults.figures import Printed, Rows, half_units, printed_rows
from mixstudy.faults.following import begins, followed, pairs_of
from mixstudy.faults.place import UPDATES, Place
from mixstudy.faults.steps import RIGHT
from mixstudy.model import LABELS, Floats

UNDERFLOW = 38.5
"""Distance from a mean, in sigma, beyond which exp(-z^2 / 2) is 0 in double precision."""
EMPTY = 0.02
"""Weight of the row before from which a component counts as emptied bit by bit."""
NARROW = 1e-3
"""Sigma, in sds of the data, below which a component has fallen on one value."""


class Cause(Enum):
    """What broke a loop; each sentence ends with what to look for."""

    UNDERFLOW = (
        "every density underflows to 0 at some observation, so that its responsibilities are 0/0: subtract the larger "
        "log-density before the exponential, or start with a larger sigma"
    )
    EMPTIED = "a component has lost all its observations: look at the start, and at the line that makes the weight"
    COLLAPSED = "sigma has gone to 0, a component having fallen on equal values: look at the line that makes sigma"
    NEGATIVE = (
        "sigma alone is no number, as the root of a negative variance is none: take the squares about the new means, "
        "not as a difference of two sums"
    )
    RANGE = "a number has left its range: the weight must lie between 0 and 1, sigma above 0"
    UNKNOWN = "look for a division by zero, an overflow or a logarithm of 0"


class Break(NamedTuple):
    """Where a loop broke down."""

    row: int
    """The first row from which no step can begin, counted from 1."""
    cause: Cause
    before: tuple[Printed, ...]
    """The rows before it, and itself where its numbers are finite: as far as the steps can be judged."""
    step: Location | None
    """The step that led to it, beside a right one; None where no step did, or a right one may print the same."""

    @property
    def sentence(self) -> str:
        """What a reader is told."""
        return f"Row {self.row} of the trace is where the loop broke down: {self.cause.value}."


def find_break(trace: Sequence[Printed], sample: WeightedSample) -> Break | None:
    """Find the first row from which no step can begin; None where there is none but perhaps the last rows' rounding.

    Args:
        trace: Successive iterates as they were printed, ``nan`` and ``inf`` among them, data units.
        sample: The observations.
    """
    rows = np.array([[float(value) for value in row] for row in trace])
    broken = next((k for k, theta in enumerate(rows) if not begins(theta)), None)
    if broken is None:
        return None
    finite = bool(np.isfinite(rows[broken]).all())
    before = tuple(trace[: broken + 1]) if finite else tuple(trace[:broken])
    previous = rows[broken - 1] if broken else None
    step = _step_to(trace, rows, broken, sample) if broken else None
    return Break(broken + 1, _cause(rows[broken], previous, trace[broken], sample), before, step)


def _step_to(trace: Sequence[Printed], rows: Floats, broken: int, sample: WeightedSample) -> Location | None:
    """The step into the row that cannot be, beside a right one; None where that row is a right one to its figures."""
    half = np.array([_half_units(column) for column in zip(*trace[broken - 1 : broken + 1], strict=True)]).T
    before, after = rows[broken - 1 : broken + 1]
    given = np.isfinite(after)
    pair = Rows(np.array([before, np.where(given, after, before)]), half)
    with np.errstate(all="ignore"):
        found = followed(RIGHT, pairs_of(pair, sample), sample)
        wrong = _impossible(after) | (_at_an_end(after) & ~(np.abs(found.missed[0]) <= half[1]))
        kept = given & np.isfinite(found.allowed[0]) & (found.ratio[0] <= 1)
    if not wrong.any():
        return None
    steps = Steps(before[None], after[None], found.made, found.allowed, sample)
    places, text = _made_wrong(wrong, found.made[0], kept=kept)
    return locate(places, f"In place of step {broken} a right one {text}.", (), steps, wrong[None])


def _half_units(column: Sequence[float | str]) -> Floats:
    """Half a unit of the last figure of a number in two rows; 0 where it is none."""
    given = np.isfinite([float(value) for value in column])
    half = np.zeros(len(column))
    half[given] = printed_rows([[value] for value, there in zip(column, given, strict=True) if there]).half[:, 0]
    return half


def _impossible(theta: Floats) -> NDArray[np.bool_]:
    """Which numbers no step gives, whatever was rounded: none at all, a weight outside 0 to 1, a negative sigma."""
    out = np.array([not 0 <= theta[0] <= 1, False, False, theta[3] < 0])
    return np.asarray(out | ~np.isfinite(theta))


def _at_an_end(theta: Floats) -> NDArray[np.bool_]:
    """Which numbers no step begins from, but which may be rounded."""
    return np.array([theta[0] in (0, 1), False, False, theta[3] == 0])


def _made_wrong(wrong: NDArray[np.bool_], right: Floats, *, kept: NDArray[np.bool_]) -> tuple[tuple[Place, ...], str]:
    """Where to look, and what a right step gives in place of what cannot be."""
    if not begins(right):
        return (Place.START,), "breaks down as well"
    bad = np.flatnonzero(wrong).tolist()
    text = f"gives {', '.join(f'{LABELS[j]} {right[j]:.6g}' for j in bad)}"
    if kept.any():
        good = listed([label for label, same in zip(LABELS, kept, strict=True) if same])
        text += f"; {good[0].lower()}{good[1:]}"
    no_responsibilities = bool(wrong[:3].all())  # all three are sums of them
    return (Place.E_STEP,) if no_responsibilities else tuple(UPDATES[j] for j in bad), text


def _cause(theta: Floats, previous: Floats | None, printed: Printed, sample: WeightedSample) -> Cause:
    if np.isfinite(theta).all():
        at_end = min(theta[0], 1 - theta[0]) <= half_units(printed)[0] and 0 <= theta[0] <= 1
        if at_end and theta[3] > 0:
            return Cause.EMPTIED
        return Cause.COLLAPSED if theta[3] == 0 and 0 <= theta[0] <= 1 else Cause.RANGE
    if previous is None:
        return Cause.UNKNOWN
    if theta[0] in (0, 1):
        return Cause.EMPTIED
    if np.isfinite(theta[:3]).all():
        return Cause.NEGATIVE
    return _why_no_number(previous, sample)


def _why_no_number(previous: Floats, sample: WeightedSample) -> Cause:
    """What the row before leads to."""
    weight, mu1, mu2, sigma = previous
    nearest = np.minimum(np.abs(sample.points - mu1), np.abs(sample.points - mu2)) / sigma
    if sigma < NARROW * sample.sd:
        return Cause.COLLAPSED
    if float(nearest.max()) > UNDERFLOW:
        return Cause.UNDERFLOW
    return Cause.EMPTIED if min(weight, 1 - weight) < EMPTY else Cause.UNKNOWN
