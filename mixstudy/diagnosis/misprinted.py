"""A number that was reported in another way than the loop used it: it is solved for, and the others tell.

Where sigma or the weight is printed as something else, no equation of a maximum holds with the printed one. Its own
equation gives the value that the loop must have used, the other three being as printed; if at least two of theirs then
hold, which none did before, that was it, and a third that does not is a mistake of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

from mixstudy.diagnosis.location import Found, listed, one_step
from mixstudy.diagnosis.patterns import relation
from mixstudy.faults.case import MISPRINTED, Case
from mixstudy.faults.following import update
from mixstudy.faults.identities import root_mean_square
from mixstudy.faults.place import UPDATES, Place
from mixstudy.model import LABELS, Floats

WEIGHT, SIGMA = LABELS.index("weight"), LABELS.index("sigma")
NARROWEST, WIDEST = 1e-3, 3.0
"""Where sigma is looked for, in sds of the data: about means at their opposite ends the residuals are twice that."""
EDGE = 1e-6
"""How near 0 and 1 a weight is looked for."""


def misprinted(case: Case) -> Found | None:
    """Say which number was printed in another way than it was used; None where no one number explains the others.

    Those that it explains must have been off by ``MISPRINTED`` times what their rounding allows, or more.
    """
    steps, _ = one_step(case)
    before = (np.abs(steps.theirs - steps.right) / steps.allowed)[0]
    for j in (SIGMA, WEIGHT):
        inner = _solved(case, j)
        if inner is None:
            continue
        steps, wrong = one_step(inner)
        others = np.arange(len(LABELS)) != j
        told = before[others & ~wrong[0]] >= MISPRINTED
        if wrong.sum() > 1 or wrong[0, j] or not told.all():
            continue
        label, used, printed = LABELS[j], float(steps.theirs[0, j]), float(case.estimate[j])
        kept = listed([name for k, name in enumerate(LABELS) if k != j and not wrong[0, k]])
        kept = kept.removesuffix(" is right").removesuffix(" are right")
        text = (
            f"With {label} {used:.6g} in place of the printed {printed:.6g} a right step leaves {kept.lower()} where "
            f"they are: the loop used that {label} and printed {printed / used:.4g} times as much"
        )
        bad = np.flatnonzero(wrong[0]).tolist()
        said = [text, *(f"{LABELS[k]} is not right: {relation(LABELS[k], steps)}" for k in bad)]
        return (Place.REPORT, *(UPDATES[k] for k in bad)), f"{'; '.join(said)}."
    return None


def _solved(case: Case, j: int) -> Case | None:
    """The case with one number that solves its own equation, as the others' rounding leaves it; None without one."""
    solve = _sigma if j == SIGMA else _weight
    used = solve(case, case.estimate)
    if used is None:
        return None
    half, estimate = case.half.copy(), case.estimate.copy()
    shifts = [sign * h for k, h in enumerate(np.diag(case.half)) if k != j for sign in (1, -1)]
    moved = [solve(case, case.estimate + shift) for shift in shifts]
    if any(each is None for each in moved):
        return None
    half[j] = np.abs(np.array(moved, dtype=np.float64) - used).reshape(-1, 2).max(axis=1).sum()
    estimate[j] = used
    return case._replace(estimate=estimate, half=half, typed=half)


def _sigma(case: Case, theta: Floats) -> float | None:
    """The sigma at which its update rests, the other numbers being as they are."""
    spread = root_mean_square(case.data)

    def moved(sigma: float) -> float:
        return float(update(case.data, np.array([*theta[:SIGMA], sigma]), theta[1:3])[SIGMA]) - sigma

    return _root(moved, NARROWEST * spread, WIDEST * spread)


def _weight(case: Case, theta: Floats) -> float | None:
    """The weight at which its update rests: the likelihood is concave in it, so that there is one."""

    def slope(weight: float) -> float:
        after = float(update(case.data, np.array([weight, *theta[1:]]), theta[1:3])[WEIGHT])
        return (after - weight) / (weight * (1 - weight))

    return _root(slope, EDGE, 1 - EDGE)


def _root(function: Callable[[float], float], lower: float, upper: float) -> float | None:
    ends = function(lower), function(upper)
    if not (np.isfinite(ends).all() and ends[0] > 0 > ends[1]):
        return None
    return float(brentq(function, lower, upper, xtol=1e-12 * upper, rtol=1e-12))
