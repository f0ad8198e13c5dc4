"""An estimate to be judged: in standard errors of the right answer, no finer than its printed figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from mixstudy.em import EMFit
from mixstudy.faults import Points, centred
from mixstudy.information import curvature
from mixstudy.model import Floats, Parameters
from mixstudy.sample import WeightedSample

FINEST = 1e-4
"""Distance, in standard errors, to which anybody's EM converges; finer printed figures say no more."""


class Match(NamedTuple):
    """A fault that comes within ``distance`` standard errors of the estimate."""

    name: str
    detail: str
    distance: float
    strength: float


class Case(NamedTuple):
    """An estimate to be judged, in centred units with the means in order."""

    sample: WeightedSample
    data: Points
    fit: EMFit
    right: Floats
    information: Floats
    estimate: Floats
    half: Floats

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


def half_units(values: Sequence[float | str]) -> Floats:
    """Half a unit of the last printed figure of each value, shape ``(4,)``.

    Floats and ``%g`` lose trailing zeros; they are given back as far as the other values' decimals and significant
    figures both allow.
    """
    digits = [Decimal(v) if isinstance(v, str) else Decimal(repr(float(v))).normalize() for v in values]
    decimals = [-int(d.as_tuple().exponent) for d in digits]
    before = [d.adjusted() + 1 for d in digits]
    figures = max(a + b for a, b in zip(decimals, before, strict=True))
    most = max(decimals)
    return np.array([0.5 * 10.0 ** -max(a, min(most, figures - b)) for a, b in zip(decimals, before, strict=True)])


def make_case(raw: Floats, half: Floats, sample: WeightedSample, fit: EMFit) -> Case:
    """Put an estimate in order and about the mean, with the information that measures distances from it."""
    shift = np.array([0, sample.mean, sample.mean, 0])
    estimate, right = np.array([*Parameters.relabelled(raw)]), np.array([*fit.parameters])
    unit = np.array([1, sample.sd, sample.sd, sample.sd])
    at = curvature(sample.standardised, sample.weights, (right - shift) / unit)
    identified = np.isfinite(fit.covariance).all()
    information = (at.information if identified else np.diag(at.complete)) / np.outer(unit, unit)
    smallest = np.array([1e-12, 0, 0, 0])
    estimate = np.clip(estimate - shift, [smallest[0], *[-math.inf] * 3], [1 - smallest[0], *[math.inf] * 3])
    return Case(sample, centred(sample), fit, right - shift, information, estimate, half)
