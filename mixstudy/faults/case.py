"""An estimate to be judged: in standard errors of the right answer, no finer than its printed figures."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.data.sample import WeightedSample
from mixstudy.em.fit import EMFit
from mixstudy.em.likelihood import curvature
from mixstudy.faults.figures import Printed, half_units, typed_units
from mixstudy.faults.single import in_turn, single_precision
from mixstudy.faults.steps import Points, centred, exchanged, k_means_start, path, unshared
from mixstudy.model import Floats, Parameters

FINEST = 1e-4
"""Distance, in standard errors, to which anybody's EM converges; finer printed figures say no more."""
MISPRINTED = 3.0
"""How many half-units of the last digit the right answer must be off before rounding is ruled out."""
SLACK = 1.5
"""Rounding distances that count as rounding: the last step of an iteration and second-order terms come on top."""
NEAR = 0.1
"""Distance, in standard errors, within which a fault that does not give the printed figures may still be named: its
iteration was not quite at rest."""
TEN_TIMES = 1.0
"""Strength from which a fault is named: a chance match of four numbers is then one in 10 000."""
JUST_SHORT = 1.9
"""Strength of what is as good as certain without giving the printed figures: short of strong."""
AT_MOST = 0.9
"""Strength of what an unfinished run, or means that have met, may come from: two identities alone show it, and a wrong
E-step keeps them too, so it is never named in a headline."""
FLOAT = 1e-9
"""Relative error of a step in floating point, whichever way its sums are written."""
CANCELLED = 1e-14
"""The same for each square of (mean / sigma), where squares are summed about 0."""


class Match(NamedTuple):
    """How a fault explains what was given."""

    text: str
    """For an estimate the detail that tells this variant, for data and draws what was found."""
    distance: float
    """What is left unexplained, in standard errors or as the text says."""
    strength: float
    """Evidence, a power of ten."""
    exact: bool = False
    """Whether the fault gives all printed figures, which the right answer does not."""


class Runs:
    """What right and other programs give on one sample, each computed once; centred units."""

    def __init__(self, sample: WeightedSample, *, right: Floats, start: Floats | None) -> None:
        """Nothing is run before it is asked for; ``right`` is EM's estimate, ``start`` the given start, centred."""
        self._sample, self._right, self._start = sample, right, start

    @cached_property
    def data(self) -> Points:
        """The points about their mean."""
        return centred(self._sample)

    @cached_property
    def from_start(self) -> Floats | None:
        """Textbook EM's iterates from the given start, shape ``(k, 4)``; None where there is none."""
        return None if self._start is None else np.array([self._start, *path(self.data, self._start)])

    @cached_property
    def from_k_means(self) -> Floats:
        """Textbook EM's iterates from the clusters of k-means, shape ``(k, 4)``."""
        start = k_means_start(self.data)
        return np.array([start, *path(self.data, start)])

    @cached_property
    def two_sigmas(self) -> tuple[Floats, Floats]:
        """The fit with two sigmas, with sigma1 and with sigma2 in sigma's place."""
        return unshared(self.data, self._right)

    @cached_property
    def single(self) -> Floats:
        """Textbook EM in single precision, about zero."""
        centre = self._sample.centre
        return single_precision(self._sample.points, self._sample.weights, self._right + centre) - centre

    @cached_property
    def single_in_turn(self) -> Floats:
        """The same with its sums added one after the other, in the order of the observations."""
        sample, centre = self._sample, self._sample.centre
        return single_precision(sample.points, sample.weights, self._right + centre, in_turn) - centre


class Case(NamedTuple):
    """An estimate to be judged, in centred units with the means in order."""

    sample: WeightedSample
    fit: EMFit
    right: Floats
    information: Floats
    estimate: Floats
    half: Floats
    typed: Floats
    runs: Runs

    @property
    def data(self) -> Points:
        """The points about their mean."""
        return self.runs.data

    def distance(self, difference: Floats) -> float:
        """Length of a difference in standard errors; infinite where it is not finite."""
        with np.errstate(over="ignore", invalid="ignore"):
            squared = float(difference @ self.information @ difference)
        return math.sqrt(max(squared, 0.0)) if math.isfinite(squared) else math.inf

    @property
    def rounding(self) -> float:
        """Largest distance that rounding of the printed figures can account for; infinite where no float holds it."""
        with np.errstate(over="ignore"):
            return max(math.sqrt(float(self.half @ np.abs(self.information) @ self.half)), FINEST)

    @property
    def off(self) -> float:
        """Distance of the estimate from the right answer."""
        return self.distance(self.estimate - self.right)

    def strength(self, distance: float) -> float:
        """Evidence for a fault that comes within ``distance``."""
        far, near = max(self.off, self.rounding), max(distance, self.rounding)
        return math.log10(far / near) if math.isfinite(near) else -math.inf

    def match(self, text: str, distance: float) -> Match:
        """A fault that comes within ``distance``: strong evidence only where that is rounding."""
        strength = self.strength(distance)
        exact = distance <= SLACK * self.rounding and strength >= TEN_TIMES
        if not exact:
            strength = min(strength, JUST_SHORT if distance <= NEAR else -math.inf)
        return Match(text, distance, strength, exact)

    def match_given(self, text: str, given: Floats) -> Match:
        """A fault that gives four numbers, which coarse figures may be without being ten times nearer to them.

        They are where all four print as the estimate does and one of the right answer's is off by ``MISPRINTED`` half
        units or more; that many times the fault is then nearer.
        """
        found = self.match(text, self.distance(self.estimate - given))
        missed = float(np.max(np.abs(self.estimate - self.right) / self.typed))
        if (np.abs(self.estimate - given) <= self.typed).all() and missed >= MISPRINTED:
            return found._replace(strength=max(found.strength, min(math.log10(missed), JUST_SHORT)), exact=True)
        return found

    def undone(self, undo: Callable[[Floats, WeightedSample], Floats]) -> Case | None:
        """The same case with a slip of the report taken back, rounding and all; None where that gives no estimate."""
        given = self.estimate + self.sample.centre
        steps = np.vstack([np.zeros(4), np.diag(self.half), np.diag(-self.half)])
        with np.errstate(all="ignore"):
            found = undo(given + steps, self.sample)
        found = exchanged(found) if found[0, 1] > found[0, 2] else found
        inner, half = found[0], np.abs(found[1:] - found[0]).max(axis=0)
        if not (np.isfinite(inner).all() and np.isfinite(half).all() and 0 < inner[0] < 1 and inner[3] > 0):
            return None
        return self._replace(estimate=inner - self.sample.centre, half=half, typed=half)


def make_case(values: Printed, sample: WeightedSample, fit: EMFit, *, start: ArrayLike | None = None) -> Case:
    """Put an estimate in order and about the mean, with the information that measures distances from it.

    ``values`` are as printed, means in any order; ``start`` is where the iterations started, where known; data units.

    Raises:
        ValueError: A number is out of its range.
    """
    estimate = Parameters.relabelled([float(v) for v in values]).array - sample.centre
    right = fit.parameters.array
    at = curvature(sample.standardised, sample.weights, sample.to_standard(right))
    identified = np.isfinite(fit.covariance).all()
    information = (at.information if identified else np.diag(at.complete)) / np.outer(sample.unit, sample.unit)
    begin = None if start is None else np.asarray(start, dtype=np.float64) - sample.centre
    estimate[0] = min(max(estimate[0], 1e-12), 1 - 1e-12)
    return Case(
        sample=sample,
        fit=fit,
        right=right - sample.centre,
        information=information,
        estimate=estimate,
        half=half_units(values),
        typed=typed_units(values),
        runs=Runs(sample, right=right - sample.centre, start=begin),
    )


def smallest_error(sample: WeightedSample, theta: Floats) -> Floats:
    """Error that a step ending at ``theta`` (centred) may have in floating point, shape ``(..., 4)``."""
    weight, sigma = np.minimum(theta[..., 0], 1 - theta[..., 0]), np.maximum(theta[..., 3], 1e-300)  # 0 is no divisor
    relative = FLOAT + CANCELLED * (sample.mean / sigma) ** 2
    return np.asarray(np.stack([weight, sigma, sigma, sigma], axis=-1) * relative[..., None])
