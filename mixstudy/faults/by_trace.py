"""Which known mistake takes each row of a trace to the next.

Data that differ from the ones behind the trace by sampling noise shift every step alike, and then it is the change of
the error from step to step that tells.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mixstudy.data.sample import WeightedSample
from mixstudy.faults.case import ALIKE, SLACK, Recognition, half_units, merged
from mixstudy.faults.catalogue import FAULTS, Fault
from mixstudy.faults.steps import HARMLESS, Points, Step, centred
from mixstudy.model import Floats

STEP_RATIO = 0.5
"""Strength from which a trace's steps name a fault: three times nearer in half of all steps."""
MAX_ROWS = 16
"""Rows of a trace that are looked at; faults differ most in the first ones."""
AS_PRINTED = 5.0
"""Roundings that a step's own start and end may add up to."""
NOISE = 10.0
"""Times 1/sqrt(n), the relative error of a step on other data from the same source: a mean's, with room for a small
component and for the heavy tail of heights."""


def steps_are_right(rows: Floats, sample: WeightedSample) -> bool:
    """Whether the right algorithm, or a harmless variation of it, takes every row to the next as far as printed."""
    data, theta = centred(sample), rows[:MAX_ROWS] - np.array([0, sample.mean, sample.mean, 0])
    return min(_errors(data, theta, step).level for step in HARMLESS) <= AS_PRINTED * _floor(rows[:MAX_ROWS], theta)


def _floor(rows: Floats, theta: Floats) -> float:
    """Relative error that the rounding of the printed figures leaves in a step."""
    half = np.min([half_units(row.tolist()) for row in rows], axis=0)
    return max(float(np.max(half / _scale(theta).min(axis=0))), 1e-9)


def from_trace(rows: Floats, sample: WeightedSample) -> tuple[Recognition, ...]:
    """Judge each fault by how well its step takes every row to the next."""
    finite = np.isfinite(rows).all(axis=1)
    rows = rows[: int(np.argmin(finite)) if not finite.all() else len(rows)][:MAX_ROWS]
    if len(rows) < 2:  # noqa: PLR2004  (one step)
        return ()
    data, theta = centred(sample), rows - np.array([0, sample.mean, sample.mean, 0])
    floor = _floor(rows, theta)
    best = min((_errors(data, theta, step) for step in HARMLESS), key=lambda e: e.level)
    if best.level <= SLACK * floor:
        return ()
    found = []
    for fault in FAULTS:
        for label, step in fault.steps:
            errors = _errors(data, theta, step)
            strength = _step_strength(errors, best, floor=floor, noise=NOISE / math.sqrt(sample.n))
            if strength >= STEP_RATIO:
                found.append(_step_recognition(fault, label, errors, best, strength))
    top = max((r.strength for r in found), default=0.0)
    return merged(r for r in found if r.strength >= top - ALIKE)


class _Errors(NamedTuple):
    """Typical error of a step, and typical change of that error from one step to the next."""

    level: float
    drift: float


def _scale(theta: Floats) -> Floats:
    """What one per cent is one per cent of: the smaller weight, and sigma; shape ``(k, 4)``."""
    weight, sigma = np.minimum(theta[:, 0], 1 - theta[:, 0]), theta[:, 3]
    scale: Floats = np.maximum(np.column_stack([weight, sigma, sigma, sigma]), 1e-12)
    return scale


def _errors(data: Points, theta: Floats, step: Step) -> _Errors:
    after = np.array([step(data, row) for row in theta[:-1]])
    errors = (after - theta[1:]) / _scale(theta[1:])
    if not np.isfinite(errors).all():
        return _Errors(math.inf, math.inf)
    change = np.abs(np.diff(errors, axis=0)).max(axis=1)
    return _Errors(float(np.median(np.abs(errors).max(axis=1))), float(np.median(change)) if change.size else math.inf)


def _step_strength(errors: _Errors, right: _Errors, *, floor: float, noise: float) -> float:
    """Evidence from the errors themselves or, where noise in the data shifts all of them, from their changes."""
    if not math.isfinite(errors.level):
        return -math.inf
    level = math.log10(right.level / max(errors.level, floor))
    if errors.level > max(2 * right.level, noise) or not math.isfinite(right.drift):
        return level
    return max(level, math.log10(max(right.drift, floor) / max(errors.drift, floor)))


def _step_recognition(fault: Fault, label: str, errors: _Errors, right: _Errors, strength: float) -> Recognition:
    text = (
        f"Step by step, {fault.name} ({label or 'one variant'}) takes each row to the next within {errors.level:.2g} "
        f"(relative), changing by {errors.drift:.2g} from step to step; the right algorithm within {right.level:.2g}, "
        f"changing by {right.drift:.2g}."
    )
    return Recognition(fault=fault, strength=strength, distance=errors.level, explanation=text)
