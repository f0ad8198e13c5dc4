"""An estimate to be judged: in standard errors of the right answer, no finer than its printed figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from mixstudy.data.sample import WeightedSample
from mixstudy.em.fit import EMFit
from mixstudy.em.likelihood import curvature
from mixstudy.faults.catalogue import Fault
from mixstudy.faults.steps import Points, centred
from mixstudy.model import Floats, Parameters

FINEST = 1e-4
"""Distance, in standard errors, to which anybody's EM converges; finer printed figures say no more."""
PROGRAM = 4
"""Significant figures from which numbers are a program's."""
PADS = 2
"""Padded zeros from which figures count as rounded to fewer."""
MISPRINTED = 3.0
"""Half units of its last figure by which the right answer must miss a coarse estimate: no rounding does that."""


class Match(NamedTuple):
    """A fault that comes within ``distance`` standard errors of the estimate."""

    name: str
    detail: str
    distance: float
    strength: float
    reprinted: bool = False
    """Whether it prints as every figure of the estimate, where the right answer does not."""


class Case(NamedTuple):
    """An estimate to be judged, in centred units with the means in order."""

    sample: WeightedSample
    data: Points
    fit: EMFit
    right: Floats
    information: Floats
    estimate: Floats
    half: Floats
    typed: Floats

    def distance(self, difference: Floats) -> float:
        """Length of a difference in standard errors; infinite where it is not finite."""
        squared = float(difference @ self.information @ difference)
        return math.sqrt(max(squared, 0.0)) if math.isfinite(squared) else math.inf

    @property
    def rounding(self) -> float:
        """Largest distance that rounding of the printed figures can account for."""
        return max(math.sqrt(float(self.half @ np.abs(self.information) @ self.half)), FINEST)

    @property
    def off(self) -> float:
        """Distance of the estimate from the right answer."""
        return self.distance(self.estimate - self.right)

    def strength(self, distance: float) -> float:
        """Evidence for a fault that comes within ``distance``."""
        far, near = max(self.off, self.rounding), max(distance, self.rounding)
        return math.log10(far / near) if math.isfinite(near) else -math.inf

    def match(self, name: str, detail: str, distance: float) -> Match:
        """A fault that comes within ``distance``, with its evidence."""
        return Match(name, detail, distance, self.strength(distance))

    def match_given(self, name: str, detail: str, given: Floats) -> Match:
        """A fault that gives four numbers, which coarse figures may be without being ten times nearer to them.

        They are where all four print as the estimate does and one of the right answer's is off by ``MISPRINTED`` half
        units or more; that many times the fault is then nearer.
        """
        found = self.match(name, detail, self.distance(self.estimate - given))
        missed = float(np.max(np.abs(self.estimate - self.right) / self.typed))
        if (np.abs(self.estimate - given) <= self.typed).all() and missed >= MISPRINTED:
            return found._replace(strength=max(found.strength, math.log10(missed)), reprinted=True)
        return found


def half_units(values: Sequence[float | str]) -> Floats:
    """Half a unit of the last printed figure of each value, shape ``(4,)``.

    Floats have lost their trailing zeros, which are given back as far as the other values' decimals and significant
    figures both allow. Text means what it says, but for a single zero among figures that a program printed (``%g``
    drops one in ten numbers' last): people round a 4 and a 0.81 each as they like.
    """
    digits = _digits(values)
    decimals = [_decimals(d) for d in digits]
    before = [d.adjusted() + 1 for d in digits]
    figures = max(a + b for a, b in zip(decimals, before, strict=True))
    if (padded := _padded(digits)) is not None:
        return padded
    most = max(decimals)
    full = [max(a, min(most, figures - b)) for a, b in zip(decimals, before, strict=True)]
    if all(isinstance(value, str) for value in values):
        one = 1 if figures >= PROGRAM else 0
        full = [f if f - a <= one else a for a, f in zip(decimals, full, strict=True)]
    return np.array([0.5 * 10.0**-f for f in full])


def _padded(digits: Sequence[Decimal]) -> Floats | None:
    """Half units of figures that were rounded first and padded with zeros then, as R prints a vector; else None.

    Told by zeros at the end of the values beyond what the fullest of them needs: chance makes ``PADS`` of them once in
    a hundred times.
    """
    needed = max(len(d.normalize().as_tuple().digits) for d in digits)
    given = [d.adjusted() + 1 + _decimals(d) for d in digits]
    if sum(max(0, each - needed) for each in given) < PADS:
        return None
    return np.array([0.5 * 10.0 ** (d.adjusted() + 1 - needed) for d in digits])


def typed_units(values: Sequence[float | str]) -> Floats:
    """The same with no trailing zeros given back: the least that was claimed."""
    return np.array([0.5 * 10.0 ** -_decimals(d) for d in _digits(values)])


def _digits(values: Sequence[float | str]) -> list[Decimal]:
    return [Decimal(v) if isinstance(v, str) else Decimal(repr(float(v))).normalize() for v in values]


def _decimals(number: Decimal) -> int:
    return -int(number.as_tuple().exponent)


def make_case(values: Sequence[float | str], sample: WeightedSample, fit: EMFit) -> Case:
    """Put an estimate in order and about the mean, with the information that measures distances from it.

    Args:
        values: The estimate as printed, means in any order, data units.
        sample: The observations.
        fit: The right answer.
    """
    raw = np.array([float(v) for v in values])
    shift = np.array([0, sample.mean, sample.mean, 0])
    estimate, right = np.array([*Parameters.relabelled(raw)]), np.array([*fit.parameters])
    unit = np.array([1, sample.sd, sample.sd, sample.sd])
    at = curvature(sample.standardised, sample.weights, (right - shift) / unit)
    identified = np.isfinite(fit.covariance).all()
    information = (at.information if identified else np.diag(at.complete)) / np.outer(unit, unit)
    smallest = np.array([1e-12, 0, 0, 0])
    estimate = np.clip(estimate - shift, [smallest[0], *[-math.inf] * 3], [1 - smallest[0], *[math.inf] * 3])
    return Case(
        sample, centred(sample), fit, right - shift, information, estimate, half_units(values), typed_units(values)
    )


TEN_TIMES = 1.0
"""Strength from which a fault is named: a chance match of four numbers is then one in 10 000."""
ALIKE = 0.5
"""Strengths closer than this (a factor of 3) do not tell two faults apart."""
SLACK = 1.5
"""Rounding distances that count as rounding: the last step of an iteration and second-order terms come on top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """A known mistake that explains what was given, and how strongly."""

    fault: Fault
    """The mistake."""
    strength: float
    """Evidence, log10 of how many times nearer the fault comes than the right answer does."""
    distance: float
    """What is left between the numbers and what the fault gives: standard errors, or as the explanation says."""
    explanation: str
    """What was found, in a sentence or two."""


def merged(found: Iterable[Recognition]) -> tuple[Recognition, ...]:
    """Keep each fault once, by its strongest evidence, the strongest first."""
    best: dict[str, Recognition] = {}
    for each in found:
        if each.fault.name not in best or each.strength > best[each.fault.name].strength:
            best[each.fault.name] = each
    return tuple(sorted(best.values(), key=lambda r: r.strength, reverse=True))
