"""Which known mistake takes each row of a trace to the next.

A fault explains a trace where its step gives every number of every row to its rounding, and the right step does not.
Rows that come from other data than those at hand can't be followed that closely. They are recognised by a mean
``w mu1 + (1 - w) mu2`` that stays the same from row to row without being the data's; sampling noise then shifts every
step alike, and it is the change of the error from step to step that tells.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from mixstudy.data.sample import WeightedSample
from mixstudy.faults.by_estimate import ALIKE
from mixstudy.faults.case import JUST_SHORT, TEN_TIMES
from mixstudy.faults.catalogue import FAULTS
from mixstudy.faults.fault import Fault, Recognition, merged
from mixstudy.faults.figures import Printed, Rows, printed_rows
from mixstudy.faults.following import follows, usable
from mixstudy.faults.precision import right_but_for_single
from mixstudy.faults.rounded import no_finer_than_data
from mixstudy.faults.slips import slips, undo_rows
from mixstudy.faults.steps import HARMLESS, Points, Step, centred
from mixstudy.faults.variations import follow_right, wrong_at_first
from mixstudy.model import Floats

STEP_RATIO = 0.5
"""Strength from which the steps of rows from other data name a fault: three times nearer in half of all steps."""
MAX_ROWS = 16
"""Rows from other data that are looked at; faults differ most in the first ones."""
NOISE = 10.0
"""Times 1/sqrt(n), the relative error of a step on other data from the same source: a mean's, with room for a small
component and for the heavy tail of heights."""
OTHER_DATA = 8.0
"""Standard errors of the mean within which rows may belong to other data from the same source."""


def from_trace(trace: Sequence[Printed] | Floats, sample: WeightedSample) -> tuple[tuple[Recognition, ...], bool]:
    """Judge each fault by whether its step takes every row to the next, and say whether a right one does."""
    rows = usable(printed_rows(trace))
    if len(rows.values) < 2:  # noqa: PLR2004  (one step)
        return (), False
    rows = no_finer_than_data(rows, sample)
    right = follow_right(rows, sample)
    if right.right:
        return (), True
    strength = TEN_TIMES + math.log10(float(np.nan_to_num(right.ratio, nan=math.inf).max()))
    exact = list(_exact(rows, sample, strength))
    if not exact and right_but_for_single(right, rows, sample) is not None:
        return (), False
    exact = exact or list(_slipped(rows, sample, strength))
    if exact or not from_other_data(rows, sample):
        return merged(exact), False
    return _by_noise(rows, sample), False


def _exact(rows: Rows, sample: WeightedSample, strength: float) -> Iterator[Recognition]:
    """Faults whose step gives all printed figures."""
    for fault in FAULTS:
        for label, step in fault.steps:
            if follows(step, rows, sample):
                yield _recognition(fault, label, rows, strength)


def _recognition(fault: Fault, detail: str, rows: Rows, strength: float) -> Recognition:
    name = fault.title + (f" ({detail})" if detail else "")
    text = (
        f"{name} takes each of the {len(rows.values)} rows to the next, to every printed figure; a right step misses "
        f"them by up to {10 ** (strength - TEN_TIMES):.3g} times what their rounding allows."
    )
    return Recognition(fault=fault, strength=strength, distance=0.0, explanation=text)


def _slipped(rows: Rows, sample: WeightedSample, strength: float) -> Iterator[Recognition]:
    """Slips of the report in every row, with right steps or faulty ones in between."""
    for undone in slips():
        inner = undo_rows(undone, rows, sample)
        if inner is None or not _worth_following(inner, sample):
            continue
        followed = follow_right(inner, sample)
        if followed.right and followed.told:
            yield from (_recognition(fault, "the steps are right", rows, strength) for fault in undone.faults)
        for found in _exact(inner, sample, strength):
            yield found
            beside = f"together with '{found.fault.name}'"
            yield from (_recognition(fault, beside, rows, strength) for fault in undone.faults)


def _worth_following(rows: Rows, sample: WeightedSample) -> bool:
    """Whether a right or a faulty step may take the first row to the second: most slips were not made."""
    first = Rows(rows.values[:2], rows.half[:2])
    steps = (step for fault in FAULTS for _, step in fault.steps)
    return wrong_at_first(first, sample) == 0 or any(follows(step, first, sample) for step in steps)


def from_other_data(rows: Rows, sample: WeightedSample) -> bool:
    """Whether the mean that the rows imply stays the same from the first step on, near the data's but not at it.

    While weight and means move: numbers that are held imply the same mean, too.
    """
    weight, mu1, mu2, _ = rows.values[1:].T
    means = weight * mu1 + (1 - weight) * mu2
    half = np.abs(mu1 - mu2) * rows.half[1:, 0] + np.maximum(rows.half[1:, 1], rows.half[1:, 2])
    half += 1e-9 * sample.sd
    away = abs(float(means.mean()) - sample.mean)
    same = len(means) > 1 and float(np.ptp(means)) <= 2 * float(half.max())
    moving = bool((np.ptp(rows.values[1:, :3], axis=0) > 2 * rows.half[1:, :3].max(axis=0)).all())
    return same and moving and float(half.max()) < away < OTHER_DATA * sample.sd / math.sqrt(sample.n)


class _Errors(NamedTuple):
    """Typical error of a step, and typical change of that error from one step to the next."""

    level: float
    drift: float


def _by_noise(rows: Rows, sample: WeightedSample) -> tuple[Recognition, ...]:
    data, theta = centred(sample), rows.values[:MAX_ROWS] - sample.centre
    scale = _scale(theta)
    floor = max(float(np.max(rows.half[:MAX_ROWS].min(axis=0) / scale.min(axis=0))), 1e-9)
    right = min((_errors(data, theta, step) for step in HARMLESS), key=lambda e: e.level)
    found = []
    for fault in FAULTS:
        for label, step in fault.steps:
            errors = _errors(data, theta, step)
            strength = _noisy_strength(errors, right, floor=floor, noise=NOISE / math.sqrt(sample.n))
            if strength >= STEP_RATIO:
                found.append(_noisy_recognition(fault, label, errors, right, strength))
    top = max((r.strength for r in found), default=0.0)
    return merged(r for r in found if r.strength >= top - ALIKE)


def _scale(theta: Floats) -> Floats:
    """What one per cent is one per cent of: the smaller weight, and sigma; shape ``(k, 4)``."""
    weight, sigma = np.minimum(theta[:, 0], 1 - theta[:, 0]), theta[:, 3]
    return np.asarray(np.maximum(np.column_stack([weight, sigma, sigma, sigma]), 1e-12))


def _errors(data: Points, theta: Floats, step: Step) -> _Errors:
    after = np.array([step(data, row) for row in theta[:-1]])
    errors = (after - theta[1:]) / _scale(theta[1:])
    if not np.isfinite(errors).all():
        return _Errors(math.inf, math.inf)
    change = np.abs(np.diff(errors, axis=0)).max(axis=1)
    return _Errors(float(np.median(np.abs(errors).max(axis=1))), float(np.median(change)) if change.size else math.inf)


def _noisy_strength(errors: _Errors, right: _Errors, *, floor: float, noise: float) -> float:
    """Evidence from the errors themselves or, where noise in the data shifts all of them, from their changes."""
    if not math.isfinite(errors.level):
        return -math.inf
    level = math.log10(right.level / max(errors.level, floor))
    if errors.level > max(2 * right.level, noise) or not math.isfinite(right.drift):
        return min(level, JUST_SHORT)
    return min(max(level, math.log10(max(right.drift, floor) / max(errors.drift, floor))), JUST_SHORT)


def _noisy_recognition(fault: Fault, label: str, errors: _Errors, right: _Errors, strength: float) -> Recognition:
    name = f"{fault.name} ({label})" if label else fault.name
    text = (
        f"The rows come from other data than these. Step by step, {name} takes each to the next within "
        f"{errors.level:.2g} (relative), changing by {errors.drift:.2g} from step to step; the right algorithm within "
        f"{right.level:.2g}, changing by {right.drift:.2g}."
    )
    return Recognition(fault=fault, strength=strength, distance=errors.level, explanation=text)
