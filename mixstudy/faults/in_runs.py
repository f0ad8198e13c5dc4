"""Mistakes in a whole run: where it starts, when it stops, which model it fits, in which arithmetic."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mixstudy.compression.compress import CompressedSample
from mixstudy.em.fit import random_start
from mixstudy.faults.case import AT_MOST, SLACK, Case, Match
from mixstudy.faults.fault import Fault, Making
from mixstudy.faults.identities import gap, means_have_met, off_the_identities
from mixstudy.faults.in_draws import UNSHARED_DRAWS
from mixstudy.faults.in_steps import ORIGIN, SIGMA
from mixstudy.faults.single import single_precision
from mixstudy.faults.steps import (
    FEW,
    LOOSE,
    RIGHT,
    centred,
    in_order,
    iterate,
    k_means_start,
    mean_log_likelihood,
    tolerance_stop,
    unshared,
)
from mixstudy.model import Floats

STOP = "stop when sqrt(g' I^-1 g), the distance left in standard errors, is small (g the score, I the information)"


def _near_saddle(making: Making) -> Iterator[tuple[str, Floats]]:
    sd = making.sample.sd
    yield "", iterate(RIGHT, centred(making.sample), np.array([0.4, -0.02 * sd, 0.02 * sd, sd]), steps=FEW)


def _find_saddle(case: Case) -> Iterator[Match]:
    if means_have_met(case):
        away = off_the_identities(case)
        yield Match(gap(case), away, AT_MOST, exact=away <= SLACK * case.rounding)
        start = case.runs.from_start
        if start is not None and means_have_met(case._replace(estimate=in_order(start[0]))):
            away, k, rise = _nearest_iterate(case, start)
            yield case.match(f"{gap(case)}; {_iteration(k, 'your start', rise)}", away)


def _lower_maxima(making: Making) -> Iterator[tuple[str, Floats]]:
    for k, top in enumerate(making.fit.maxima[1:], 2):
        yield f"number {k}", top.parameters.array - making.sample.centre


def _find_lower_maximum(case: Case) -> Iterator[Match]:
    for top in case.fit.maxima[1:]:
        lower = case.fit.log_likelihood - top.log_likelihood
        given = top.parameters.array - case.sample.centre
        yield case.match(f"{lower:.3g} nats below the highest", case.distance(case.estimate - given))


def _few_iterations(making: Making) -> Iterator[tuple[str, Floats]]:
    sample, start = making.sample, making.start
    first = random_start(sample, seed=making.seed) - sample.centre if start is None else start
    yield f"{FEW}", iterate(RIGHT, centred(sample), first, steps=FEW)


def _find_few_iterations(case: Case) -> Iterator[Match]:
    if case.runs.from_start is not None:
        away, k, rise = _nearest_iterate(case, case.runs.from_start)
        yield case.match(_iteration(k, "your start", rise), away)
    yield from _unfinished(case, loose=False)


def _early_stops(making: Making) -> Iterator[tuple[str, Floats]]:
    data = centred(making.sample)
    first = k_means_start(data) if making.start is None else making.start
    yield from ((f"{each:g}", tolerance_stop(data, first, tolerance=each)) for each in (10 * LOOSE, LOOSE))


def _find_early_stop(case: Case) -> Iterator[Match]:
    away, k, rise = _nearest_iterate(case, case.runs.from_k_means)
    yield case.match(_iteration(k, "a k-means start", rise), away)
    if case.runs.from_start is not None:
        away, k, rise = _nearest_iterate(case, case.runs.from_start)
        if rise < LOOSE:
            yield case.match(_iteration(k, "your start", rise), away)
    yield from _unfinished(case, loose=True)


def _iteration(number: int, whose: str, rise: float) -> str:
    return f"iteration {number} from {whose}; the mean log-likelihood rose by {rise:.1g} in it"


def _nearest_iterate(case: Case, iterates: Floats) -> tuple[float, int, float]:
    """Distance to the nearest iterate, its number, and the rise of the mean log-likelihood that led to it."""
    apart = [case.distance(case.estimate - in_order(theta)) for theta in iterates]
    k = int(np.argmin(apart))
    before, after = (mean_log_likelihood(case.data, iterates[i]) for i in (max(k - 1, 0), k))
    return apart[k], k, after - before


def _unfinished(case: Case, *, loose: bool) -> Iterator[Match]:
    """The estimate keeps the data's mean and variance, as every right M-step does, but is not at the maximum."""
    after = RIGHT(case.data, case.estimate)
    rise = mean_log_likelihood(case.data, after) - mean_log_likelihood(case.data, case.estimate)
    away = off_the_identities(case)
    if (rise < LOOSE) == loose and away <= SLACK * case.rounding:
        detail = (
            "mean and variance are kept, as by every right M-step, also after a wrong E-step; "
            f"the next right step gains {rise * case.sample.n:.2g} nats"
        )
        yield Match(detail, away, min(case.strength(away), AT_MOST))


def _in_float32(making: Making) -> Iterator[tuple[str, Floats]]:
    sample = making.sample
    yield "", single_precision(sample.points, sample.weights, making.right + sample.centre) - sample.centre


def _find_float32(case: Case) -> Iterator[Match]:
    yield case.match("run on these data", case.distance(case.estimate - case.runs.single))
    if not isinstance(case.sample, CompressedSample):
        away = case.distance(case.estimate - case.runs.single_in_turn)
        yield case.match("run on these data, its sums added one after the other", away)


def _two_sigmas(making: Making) -> Iterator[tuple[str, Floats]]:
    yield from zip(("sigma1", "sigma2"), unshared(centred(making.sample), making.right), strict=True)


def _find_two_sigmas(case: Case) -> Iterator[Match]:
    for k, given in enumerate(case.runs.two_sigmas, 1):
        yield case.match_given(f"sigma{k} of two", given)


RUN_FAULTS = (
    Fault(
        name="sigma left unshared",
        wrong="s1^2 = sum r (x - mu1)^2 / sum r and s2^2 likewise, each used for its own component",
        right=SIGMA,
        source="mclust's model V, scikit-learn's covariance_type='full'",
        advice="Ask for one variance: mclust 'E', scikit-learn 'tied', one sigma in the model.",
        make=_two_sigmas,
        find=_find_two_sigmas,
        make_draws=UNSHARED_DRAWS[0],
        find_in_draws=UNSHARED_DRAWS[1],
    ),
    Fault(
        name="a start that falls into the saddle",
        wrong="mu1 = mu2 = mean, sigma = sd: the gradient is zero but it is no maximum",
        right="start with means on either side of the data's mean, at least a sigma apart",
        source=ORIGIN,
        advice="Start again from other means, and compare log-likelihoods.",
        stops_right_steps=True,
        make=_near_saddle,
        find=_find_saddle,
    ),
    Fault(
        name="a lower maximum",
        wrong="the nearest maximum of the likelihood",
        right="the highest one, from several starts",
        source="McLachlan & Peel 2000, on starting values",
        advice="Run from several starts and keep the highest log-likelihood.",
        stops_right_steps=True,
        make=_lower_maxima,
        find=_find_lower_maximum,
    ),
    Fault(
        name="too few iterations",
        wrong=f"for k in range({FEW})",
        right=STOP,
        source=ORIGIN,
        advice="Go on from these numbers: they still move.",
        stops_right_steps=True,
        make=_few_iterations,
        find=_find_few_iterations,
    ),
    Fault(
        name="a loose tolerance",
        wrong="stop when the log-likelihood rises by less than a tolerance (1e-3 per observation in scikit-learn)",
        right=STOP,
        source="Lindstrom & Bates 1988: a lack of progress is not convergence; scikit-learn's tol=1e-3",
        advice="Tighten the tolerance a thousandfold and see whether the printed figures change.",
        stops_right_steps=True,
        make=_early_stops,
        find=_find_early_stop,
    ),
    Fault(
        name="float32",
        wrong="x, r and their sums in single precision: 7 figures, fewer after x - mu at an offset",
        right="float64 throughout, and x centred first",
        source="deep-learning defaults (PyTorch, JAX)",
        advice="Repeat in double precision, or subtract the mean of the data first.",
        make=_in_float32,
        find=_find_float32,
    ),
)
