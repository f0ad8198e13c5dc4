"""Where a mistake is, known or not: which updates of a trace disagree with a right step, from which row on, how far.

From each printed row one right step is taken. The numbers that it gives to their rounding are right; those that it does
not give are wrong, and how they hang together with the right ones (``patterns``) tells the line. Four numbers that are
all wrong come from wrong responsibilities; if the two moment identities hold, every M-step was right (``e_step``).
Four numbers without a trace are located in ``resting``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mixstudy.data.sample import WeightedSample
from mixstudy.diagnosis.columns import trace_in_other_columns
from mixstudy.diagnosis.e_step import describe
from mixstudy.diagnosis.location import Found, Location, chosen_of, identities_kept, locate, since, wrong_updates
from mixstudy.diagnosis.patterns import Steps, relation, sigma_about
from mixstudy.faults.by_trace import from_other_data
from mixstudy.faults.fault import Fault
from mixstudy.faults.figures import Printed, Rows, printed_rows
from mixstudy.faults.following import STRAIGHT, Followed, begins, follows, usable
from mixstudy.faults.identities import excess
from mixstudy.faults.place import Place
from mixstudy.faults.precision import right_but_for_single
from mixstudy.faults.rounded import no_finer_than_data
from mixstudy.faults.slips import slips, undo_rows
from mixstudy.faults.steps import RIGHT, centred
from mixstudy.faults.variations import follow_right, leap_of, wrong_at_first
from mixstudy.model import LABELS, Floats

SIGMA = LABELS.index("sigma")
IMPLIED = 3
"""Rows from which a sigma that the others imply says something: two steps."""


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
        rows = no_finer_than_data(rows, sample)
        straight = follow_right(rows, sample)
        if _count(straight) and (otherwise := _right_otherwise(straight, rows, sample)):
            return otherwise
        found, slipped, rows = _fewest_wrong(straight, rows, sample)
        if _count(found) > 1 and (misprinted := _misprinted_sigma(rows, sample)):
            return misprinted
        steps = Steps(rows.values[:-1], rows.values[1:], found.made, found.allowed, sample)
        wrong = ~(found.ratio <= 1)
        places, sentence = _in_trace(found, steps, wrong, rows)
    return locate(places, sentence, slipped, steps, wrong)


def _right_otherwise(straight: Followed, rows: Rows, sample: WeightedSample) -> Location | None:
    """The steps, where they are right in single precision or in other columns."""
    return _in_single(straight, rows, sample) or trace_in_other_columns(rows, sample)


def _in_single(found: Followed, rows: Rows, sample: WeightedSample) -> Location | None:
    """The steps, where single precision is all that is wrong with them."""
    single = right_but_for_single(found, rows, sample)
    if single is None:
        return None
    steps = Steps(rows.values[:-1], rows.values[1:], found.made, found.allowed + single.errors, sample)
    text = (
        f"Every row follows from the one before by a right step, as far as single precision (float32{single.way}) tells"
    )
    return replace(locate((), f"{text}.", (), steps, np.zeros(found.missed.shape, dtype=bool)), single=True)


def _fewest_wrong(straight: Followed, rows: Rows, sample: WeightedSample) -> tuple[Followed, tuple[Fault, ...], Rows]:
    """The rows as printed, or with a slip of the report taken back where that leaves fewer numbers wrong."""
    best: tuple[Followed, tuple[Fault, ...], Rows] = (straight, (), rows)
    fewest = _count(best[0])
    for undone in slips() if fewest > 1 and not all(identities_kept(rows, sample)) else ():
        inner = undo_rows(undone, rows, sample)
        if inner is not None and wrong_at_first(inner, sample) <= 1:
            found = follow_right(inner, sample)
            if found.told and _count(found) < min(fewest, 2):
                best, fewest = (found, undone.faults, inner), _count(found)
    return best


def _count(found: Followed) -> int:
    """Numbers of the four that are wrong in some row."""
    return int((~(found.ratio <= 1)).any(axis=0).sum())


def _in_trace(found: Followed, steps: Steps, wrong: NDArray[np.bool_], rows: Rows) -> Found:
    ever = wrong.any(axis=0)
    if not ever.any():
        return (), _all_right(found)
    if from_other_data(rows, steps.sample):
        return (Place.OTHER_DATA,), "The rows come from other data: the mean that they imply is not that of these."
    if (row := _one_misprinted(wrong, rows, steps.sample)) is not None:
        return (Place.REPORT,), f"Row {row + 1} alone is not right: without it right steps lead from row to row."
    if ever.all():
        return _wrong_responsibilities(steps, wrong, rows)
    return wrong_updates(steps, wrong)


def _one_misprinted(wrong: NDArray[np.bool_], rows: Rows, sample: WeightedSample) -> int | None:
    """The row, counted from 0, that parts right rows: no step leads to it or from it, and two right ones lead past it.

    None where more than the two steps at one row are wrong, or where it is the first or the last.
    """
    bad = np.flatnonzero(wrong.any(axis=1))
    if len(bad) != 2 or bad[1] != bad[0] + 1:  # noqa: PLR2004  (to it and from it)
        return None
    row = int(bad[1])
    around = Rows(rows.values[[row - 1, row + 1]], rows.half[[row - 1, row + 1]])
    return row if follows(leap_of(RIGHT, 2), around, sample) else None


def _all_right(found: Followed) -> str:
    text = "Every row follows from the one before by a right step, to every printed figure"
    if found.relaxed != 1:
        return (
            f"Every row goes {found.relaxed:.3g} of the way of a right step from the one before, to every printed "
            "figure: damped or stretched steps end at the same place."
        )
    if found.stride > 1:
        return f"{text}, {found.stride} iterations at a time."
    ways = [f"{label} {way}" for label, way in zip(LABELS, found.ways, strict=True) if way != STRAIGHT]
    return f"{text}; {' and '.join(ways)}, which is as right." if ways else f"{text}."


def _wrong_responsibilities(steps: Steps, wrong: NDArray[np.bool_], rows: Rows) -> Found:
    """All four numbers are wrong: so are the responsibilities behind them, and perhaps sigma on top."""
    mean_kept, variance_kept = identities_kept(rows, steps.sample)
    where = since(wrong[:, :3].any(axis=1))
    if not mean_kept:
        text = f"Weight and both means are wrong, {where}, and do not keep the mean of the data"
        text += ": the responsibilities of an observation do not add up to 1, differ by update, or are those of other"
        text += " observations (a part of them, a resample)."
        return (Place.E_STEP,), text
    told = describe(chosen_of(steps, wrong[:, :3].any(axis=1)))
    detail = f": {told}" if told else ""
    if variance_kept:
        text = f"Weight, means and sigma are wrong, {where}, but keep the mean and the variance of the data"
        return (Place.E_STEP,), f"{text}: every M-step is right, and the E-step is not{detail}."
    own = steps._replace(right=np.column_stack([steps.right[:, :3], sigma_about(steps)]))
    text = f"Weight and means are wrong, {where}, but keep the mean of the data: the E-step is wrong{detail}"
    return (Place.E_STEP, Place.SIGMA), f"{text}. Sigma does not go with them: {relation('sigma', own)}."


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
    if len(implied.values) < IMPLIED or not all(begins(theta) for theta in implied.values[:-1]):
        return None
    found = follow_right(implied, sample)
    if not found.right:
        return None
    steps = Steps(rows.values[:-1], rows.values[1:], implied.values, rows.half[1:] + implied.half, sample)
    wrong = np.zeros(steps.theirs.shape, dtype=bool)
    wrong[:, SIGMA] = np.abs(steps.theirs - steps.right)[:, SIGMA] > steps.allowed[:, SIGMA]
    if not wrong.any():
        return None
    clause = relation("sigma", chosen_of(steps, wrong[:, SIGMA]))
    text = "Weight and both means follow from row to row by right steps with another sigma than the printed one"
    return locate(
        (Place.REPORT,), f"{text}, so that the loop is right; of the printed sigma, {clause}.", (), steps, wrong
    )
