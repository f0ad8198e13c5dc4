"""How the wrong values of one parameter hang together with the right ones, in every row: a ratio, a constant, a power.

Each relation predicts the wrong value from the right one, or leaves one number open that must then be the same in all
rows. What holds in every row, to its rounding, says which line of a program to look at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mixstudy.data.sample import WeightedSample
from mixstudy.faults.identities import root_mean_square
from mixstudy.faults.steps import centred
from mixstudy.model import LABELS, Floats

FIGURES = 4
"""Significant figures of a ratio or a constant, at most."""
DIVISORS = (-2, -1)
"""Divisors n + k in place of n that are named: a sample variance's, and a pooled one's."""


class Steps(NamedTuple):
    """Rows in which one parameter is wrong, data units."""

    begins: Floats
    """Rows from which the steps start, shape ``(k, 4)``."""
    theirs: Floats
    """Rows that were printed next, shape ``(k, 4)``."""
    right: Floats
    """What a right step makes, shape ``(k, 4)``."""
    allowed: Floats
    """By how much rounding may part the two, shape ``(k, 4)``."""
    sample: WeightedSample


class Constant(NamedTuple):
    """A number that is the same in all rows: between these ends."""

    lower: float
    upper: float

    @property
    def shown(self) -> str:
        """The number, with the figures that are known of it."""
        middle, width = (self.lower + self.upper) / 2, self.upper - self.lower
        known = FIGURES if width <= 0 else math.floor(math.log10(max(abs(middle), width) / width)) + 1
        return f"{middle:.{max(1, min(FIGURES, known))}g}"

    def holds(self, value: float) -> bool:
        """Whether it may be this number."""
        return self.lower <= value <= self.upper


def relation(label: str, steps: Steps) -> str:
    """Say in words how a wrong parameter hangs together with its right value; how far off it is where nothing holds."""
    j = LABELS.index(label)
    found = next(_relations(j, steps), None)
    if found is not None:
        return found
    if (at_first := _at_first(j, steps)) is not None:
        return at_first
    off = steps.theirs[:, j] - steps.right[:, j]
    worst = int(np.argmax(np.abs(off)))
    if len(off) == 1:
        return f"it is {steps.theirs[0, j]:.6g} where a right step gives {steps.right[0, j]:.6g}"
    return f"it is off by {off[0]:+.3g} in the first of these rows, {off[worst]:+.3g} at the most"


def _relations(j: int, steps: Steps) -> Iterator[str]:
    """What holds, the plainest first."""
    theirs, right, allowed = steps.theirs[:, j], steps.right[:, j], steps.allowed[:, j]
    for text, values, slope in _predictions(j, steps):
        if (np.abs(theirs - values) <= allowed * np.maximum(slope, 1)).all():
            yield text
    yield from _open(j, theirs, right, allowed, steps)


def _at_first(j: int, steps: Steps) -> str | None:
    """What holds in the first rows, two or more, and not in the later ones, where a program may cut numbers off."""
    theirs, allowed = steps.theirs[:, j], steps.allowed[:, j]
    best, most = None, 1
    for text, values, slope in _predictions(j, steps):
        held = np.abs(theirs - values) <= allowed * np.maximum(slope, 1)
        count = len(held) if held.all() else int(np.argmin(held))
        if count > most:
            best, most = text, count
    return None if best is None else f"{best}, in the first {most} of these {len(theirs)} rows"


def _predictions(j: int, steps: Steps) -> Iterator[tuple[str, Floats, Floats]]:
    """Sentence, predicted value, and how much the rounding of the right value grows in it."""
    begins, right, label = steps.begins, steps.right, LABELS[j]
    one = np.ones(len(right))
    value = right[:, j]
    if (begins != steps.theirs).any():
        yield f"{label} is never updated", begins[:, j], one
    if label == "weight":
        yield "it is one less the right weight", 1 - value, one
        yield "it is the odds: the right weight over one less it", value / (1 - value), 1 / (1 - value) ** 2
        yield "it is 1/2 whatever the data", np.full_like(value, 0.5), one
    elif label == "sigma":
        yield "it is the square of the right sigma, a variance", value**2, 2 * value
        yield "it is one over the square of the right sigma, a precision", value**-2, 2 * value**-3
        yield "it is one over the right sigma", 1 / value, value**-2
        yield "it is the sd of all the data", np.full_like(value, root_mean_square(centred(steps.sample))), one
        for k, share in ((1, right[:, 0]), (2, 1 - right[:, 0])):
            text = f"sigma^2 is divided by the count of component {k} in place of n"
            yield text, value / np.sqrt(share), 1 / np.sqrt(share)
    else:
        share = right[:, 0] if label == "mu1" else 1 - right[:, 0]
        other = right[:, 3 - j]
        yield "its sum is divided by n in place of the count of its component", value * share, 1 + np.abs(value)
        yield f"it is the right {LABELS[3 - j]}", other, one
        yield "it is cut to a whole number", np.trunc(value), one
        yield "it is rounded to a whole number", np.round(value), one
        yield "it is the mean of all the data", np.full_like(value, steps.sample.mean), one


def _open(j: int, theirs: Floats, right: Floats, allowed: Floats, steps: Steps) -> Iterator[str]:
    """Relations with one number left open, which must be the same in all rows."""
    label = LABELS[j]
    each = "each time" if len(theirs) > 1 else "here"
    if len(theirs) > 2 and np.ptp(theirs) == 0 and np.ptp(right) > 2 * allowed.max():  # noqa: PLR2004  (no chance)
        yield f"it is {theirs[0]:.6g} each time, whatever the right one"
    if label == "sigma":
        ratio = _same((theirs / right) ** 2, 2 * allowed * (1 + theirs / right) * theirs / right**2)
        added = _same(theirs**2 - right**2, 2 * allowed * (theirs + right) / 2)
        if ratio is not None and (divisor := _divisor(ratio, steps.sample.n)):
            yield f"sigma^2 is divided by {divisor} in place of n"
        if ratio is not None and len(theirs) > 1:
            yield f"sigma^2 is {ratio.shown} times what it should be {each}"
        if added is not None:
            large = "large" if added.lower + added.upper > 0 else "small"
            shown = Constant(*sorted((abs(added.lower), abs(added.upper)))).shown
            yield f"sigma^2 is {shown} too {large} {each}"
        return
    if label == "weight" and (count := _pseudo_count(theirs, right, allowed, steps.sample.n)):
        yield f"{count} observations are added to the count of each component"
    ratio = _same(theirs / right, allowed / np.abs(right))
    if ratio is not None and len(theirs) > 1:
        yield f"{label} is {ratio.shown} times what it should be {each}"
    added = _same(theirs - right, allowed)
    if added is not None and len(theirs) > 1:
        yield f"{label} is off by {added.shown} {each}"


def _same(values: Floats, half: Floats) -> Constant | None:
    """The number that all values may be, each to its rounding; None where there is none."""
    lower, upper = float((values - half).max()), float((values + half).min())
    return Constant(lower, upper) if lower <= upper else None


def _divisor(ratio: Constant, n: float) -> str | None:
    """The one divisor near n by which a variance may have been divided; None where none or several may."""
    held = [k for k in DIVISORS if n + k > 0 and ratio.holds(n / (n + k))] if not ratio.holds(1.0) else []
    return f"n {'+' if held[0] > 0 else '-'} {abs(held[0])}" if len(held) == 1 else None


def _pseudo_count(theirs: Floats, right: Floats, allowed: Floats, n: float) -> str | None:
    """The c of ``(n1 + c) / (n + 2 c)``, as a Dirichlet prior adds it; None where there is none."""
    room = 1 - 2 * theirs
    if len(theirs) < 2 or np.abs(room).min() < 0.01:  # noqa: PLR2004  (at 1/2 nothing is told)
        return None
    found = _same(n * (theirs - right) / room, 2 * n * allowed / np.abs(room))
    return found.shown if found is not None and found.lower > 0 else None


def sigma_about(steps: Steps) -> Floats:
    """Right sigmas for responsibilities that give the printed weight and means, whatever they are; shape ``(k,)``.

    From the identity of variances, ``s^2 = mean of squares - w mu1^2 - (1 - w) mu2^2``.
    """
    weight, mu1, mu2, _ = (steps.theirs - steps.sample.centre).T
    left = root_mean_square(centred(steps.sample)) ** 2 - weight * mu1**2 - (1 - weight) * mu2**2
    return np.asarray(np.sqrt(np.maximum(left, 0)))
