r"""Which known mistake explains four numbers.

For an estimate ``e`` and a faulty iteration ``M`` the nearest numbers at which ``M`` rests are, to first order,
``e + (I - M')^-1 (M(e) - e)``: five steps of ``M``, whatever its start. After any right M-step, whatever the
responsibilities, the fitted mean and variance are those of the data,

    w mu1 + (1 - w) mu2 = mean,    w mu1^2 + (1 - w) mu2^2 + s^2 = mean of squares,

so that an estimate that keeps both and is not at the maximum was on its way there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.data.sample import WeightedSample
from mixstudy.em.fit import EMFit
from mixstudy.faults.case import ALIKE, FINEST, SLACK, TEN_TIMES, Case, Match, Recognition, make_case
from mixstudy.faults.catalogue import BY_NAME, FAULTS
from mixstudy.faults.steps import (
    LOOSE,
    RIGHT,
    Points,
    Step,
    k_means_start,
    mean_log_likelihood,
    path,
    single_precision,
    unshared,
)
from mixstudy.model import Floats

RIGHT_ENOUGH = 0.01
"""Distance to the maximum, in standard errors, below which no fault is named."""
FAMILY, AT_MOST = 0.6, 1.9
"""An estimate on its way keeps two identities, not four numbers, so its strength counts for less; and a wrong E-step
that has come to rest keeps them too, so it is never strong."""
PLATEAU = 0.1
"""Share of the variance between the means below which, sigma being the data's sd, it is one normal in two guises."""
FREE_WEIGHT = 0.8
"""The saddle leaves the weight free, so a fault that also gives the weight says more."""
ALREADY = 0.1
"""A fault's step within rounding counts as rest where rounding is below this share of the right algorithm's step."""
JACOBIAN_STEP = 1e-3
"""Difference step in standard errors: truncation and rounding errors are both far below the printed figures."""
NEUTRAL = 1e-6
"""Relative singular value below which the iteration leaves a direction as it is."""


def from_estimate(
    values: Sequence[float | str], sample: WeightedSample, fit: EMFit, start: ArrayLike | None
) -> tuple[Recognition, ...]:
    """Judge four numbers as printed: which faults give them, best first; none where they are right."""
    raw = np.array([float(v) for v in values])
    case = make_case(values, sample, fit)
    found = list(_swapped_labels(raw, case))
    if case.off <= max(RIGHT_ENOUGH, SLACK * case.rounding):
        return tuple(found)
    matches = [*_matches(case, start)]
    if not any(match.distance <= SLACK * case.rounding for match in matches):
        matches += _two_at_once(case)
    return (*found, *(_explained(match, case) for match in _tell_apart(matches, case)))


def _swapped_labels(raw: Floats, case: Case) -> Iterator[Recognition]:
    if raw[1] > raw[2]:
        shift = np.array([0, case.sample.mean, case.sample.mean, 0])
        apart = case.distance(raw - shift - case.right)
        text = (
            f"mu1 = {raw[1]:g} is above mu2 = {raw[2]:g}. With the labels exchanged the numbers are {case.off:.2g} "
            "standard errors from the right answer."
        )
        strength = max(math.log10(apart / max(case.off, case.rounding)), TEN_TIMES)
        yield Recognition(fault=BY_NAME["swapped labels"], strength=strength, distance=case.off, explanation=text)


def _explained(match: Match, case: Case) -> Recognition:
    fault = BY_NAME[match.name]
    exact = match.reprinted or match.distance <= SLACK * case.rounding
    fits = "explains the numbers to the printed digits" if exact else f"comes within {match.distance:.2g} of them"
    detail = f" ({match.detail})" if match.detail else ""
    name = fault.name[0].upper() + fault.name[1:]
    text = f"{name}{detail} {fits}; the right answer is {case.off:.3g} standard errors off."
    return Recognition(fault=fault, strength=match.strength, distance=match.distance, explanation=text)


def _tell_apart(matches: Iterable[Match], case: Case) -> list[Match]:
    """Keep the matches that are strong enough and that the best one does not put in the shade."""
    strong = sorted(
        (m for m in matches if m.reprinted or m.strength >= TEN_TIMES), key=lambda m: m.strength, reverse=True
    )
    if not strong:
        return []
    closest = SLACK * max(strong[0].distance, case.rounding)
    return [m for m in strong if m.strength >= strong[0].strength - ALIKE or m.distance <= closest]


def _matches(case: Case, start: ArrayLike | None) -> Iterator[Match]:
    away = _off_the_identities(case)
    if _on_plateau(case):
        yield from _one_normal(case, away)
    else:
        yield from _by_step(case)
        yield from _by_report(case)
        yield from _at_other_maximum(case)
        yield from _single(case)
    yield from _from_known_start(case, start)
    yield from _on_the_way(case, away)


def _by_step(case: Case) -> Iterator[Match]:
    """How near each faulty iteration comes to resting at the estimate, or how slowly it leaves it."""
    theta = case.estimate
    right_step = max(case.distance(RIGHT(case.data, theta) - theta), FINEST)
    for fault in FAULTS:
        for label, step in fault.steps:
            moved = case.distance(step(case.data, theta) - theta)
            slow = moved * (1 if moved <= case.rounding < ALREADY * right_step else case.off / right_step)
            yield case.match(fault.name, label, slow if fault.collapses else min(_to_rest(case, step), slow))


def _to_rest(case: Case, step: Step) -> float:
    """Distance to the fixed point nearest to the estimate, by one Newton step with a numerical Jacobian.

    Infinite where the step would not bring the iteration nearer to rest, so that the estimate is not near one.
    """
    theta, unit = case.estimate, 1 / np.sqrt(np.diag(case.information))
    after = step(case.data, theta)
    columns = [(step(case.data, theta + h) - after) / JACOBIAN_STEP for h in JACOBIAN_STEP * np.diag(unit)]
    system = np.eye(4) - np.column_stack(columns) / unit[:, None]
    if not np.isfinite(system).all():
        return math.inf
    ahead = np.linalg.lstsq(system, (after - theta) / unit, rcond=NEUTRAL)[0] * unit
    left = case.distance(step(case.data, theta + ahead) - theta - ahead)
    length = case.distance(ahead)
    return length if left <= max(length / 2, case.rounding) else math.inf


def _root_mean_square(data: Points) -> float:
    return math.sqrt(float(data.weights @ data.x**2) / float(data.weights.sum()))


def _by_report(case: Case) -> Iterator[Match]:
    """Right numbers, wrongly reported; and those of the model with two sigmas."""
    shift = np.array([0, case.sample.mean, case.sample.mean, 0])
    for fault in FAULTS:
        if fault.reports is not None and fault.name != "swapped labels":
            given = fault.reports(case.right + shift) - shift
            yield case.match_given(fault.name, "of the right fit", given)
    for k, given in enumerate(unshared(case.data, case.right), 1):
        yield case.match_given("sigma left unshared", f"sigma{k} of two", given)


def _at_other_maximum(case: Case) -> Iterator[Match]:
    shift = np.array([0, case.sample.mean, case.sample.mean, 0])
    for top in case.fit.maxima[1:]:
        lower = case.fit.log_likelihood - top.log_likelihood
        away = case.distance(case.estimate - np.array([*top.parameters]) + shift)
        yield case.match("a lower maximum", f"{lower:.3g} nats below the highest", away)


def _on_plateau(case: Case) -> bool:
    """Whether the estimate is one normal in the guise of two: means that have met, or an empty component."""
    weight, mu1, mu2, sigma = case.estimate
    between = weight * (1 - weight) * (mu2 - mu1) ** 2
    return bool(between < PLATEAU * sigma**2 and abs(math.log(sigma / _root_mean_square(case.data))) < PLATEAU / 2)


def _one_normal(case: Case, away: float) -> Iterator[Match]:
    """Tell apart what ends on the plateau; ``away`` is how far the estimate is off the two identities.

    Equal responsibilities leave the weight where it was; without weights in them, it goes to 1/2. A mean that is
    updated by the other's responsibilities is equal to it at once.
    """
    weight, mu1, mu2, sigma = case.estimate
    sd = _root_mean_square(case.data)
    gap = case.distance(case.estimate - np.array([weight, 0, 0, sd]))
    found = f"means {(mu2 - mu1) / sigma:.2g} sigma apart, sigma {sigma / sd:.4g} of the data's sd"
    saddle = "a start that falls into the saddle"
    yield Match(saddle, found, away, max(FREE_WEIGHT * case.strength(away), TEN_TIMES))
    even = max(away, abs(weight - 0.5) * math.sqrt(case.information[0, 0]))
    for name in ("weights left out of the E-step", "responsibilities swapped in one update"):
        yield _floored(case.match(name, f"the weight goes to 1/2; {found}", even), case)
    name = "responsibilities swapped in one mean's or sigma's update"
    by_sigma = next(step for label, step in BY_NAME[name].steps if label == "sigma's")
    met = gap if gap <= SLACK * case.rounding else math.inf
    left = case.distance(by_sigma(case.data, case.estimate) - case.estimate)
    yield _floored(case.match(name, found, min(met, left)), case)


def _floored(match: Match, case: Case) -> Match:
    """On the plateau the right answer is far: what explains the printed figures there is worth telling."""
    exact = match.distance <= SLACK * case.rounding
    return match._replace(strength=max(match.strength, TEN_TIMES)) if exact else match


def _single(case: Case) -> Iterator[Match]:
    """What single precision gives, and how far its last figure reaches."""
    shift = np.array([0, case.sample.mean, case.sample.mean, 0])
    given = single_precision(case.sample.points, case.sample.weights, case.right + shift) - shift
    yield case.match("float32", "run on these data", case.distance(case.estimate - given))


def _from_known_start(case: Case, start: ArrayLike | None) -> Iterator[Match]:
    """Iterates of textbook EM, from the given start and from k-means."""
    if start is not None:
        shift = np.array([0, case.sample.mean, case.sample.mean, 0])
        away, k, rise = _nearest_iterate(case, np.asarray(start, dtype=np.float64) - shift)
        detail = f"iteration {k} from your start; the mean log-likelihood rose by {rise:.1g} in it"
        yield case.match("too few iterations", detail, away)
        if rise < LOOSE:
            yield case.match("a loose tolerance", detail, away)
    away, k, rise = _nearest_iterate(case, k_means_start(case.data))
    detail = f"iteration {k} from a k-means start; the mean log-likelihood rose by {rise:.1g} in it"
    yield case.match("a loose tolerance", detail, away)


def _nearest_iterate(case: Case, start: Floats) -> tuple[float, int, float]:
    """Distance to the nearest iterate, its number, and the rise of the mean log-likelihood that led to it."""
    iterates = [start, *path(case.data, start)]
    apart = [case.distance(case.estimate - _ordered(theta)) for theta in iterates]
    k = int(np.argmin(apart))
    before, after = (mean_log_likelihood(case.data, iterates[i]) for i in (max(k - 1, 0), k))
    return apart[k], k, after - before


def _ordered(theta: Floats) -> Floats:
    return theta if theta[1] <= theta[2] else np.array([1 - theta[0], theta[2], theta[1], theta[3]])


def _off_the_identities(case: Case) -> float:
    """Distance in standard errors to the nearest numbers that keep the data's mean and variance."""
    weight, mu1, mu2, sigma = case.estimate
    means, shares = np.array([mu1, mu2]), np.array([weight, 1 - weight])
    excess = np.array([shares @ means, shares @ means**2 + sigma**2 - _root_mean_square(case.data) ** 2])
    slope = np.array([[mu1 - mu2, *shares, 0], [mu1**2 - mu2**2, *2 * shares * means, 2 * sigma]])
    spread = slope @ np.linalg.inv(case.information) @ slope.T
    return math.sqrt(max(float(excess @ np.linalg.solve(spread, excess)), 0.0))


def _on_the_way(case: Case, away: float) -> Iterator[Match]:
    """The estimate keeps the data's mean and variance, as every right M-step does, but is not at the maximum."""
    after = RIGHT(case.data, case.estimate)
    rise = mean_log_likelihood(case.data, after) - mean_log_likelihood(case.data, case.estimate)
    names = ("a loose tolerance", "too few iterations")
    detail = (
        "mean and variance are kept, as by every right M-step, also after a wrong E-step; "
        f"the next right step gains {rise * case.sample.n:.2g} nats"
    )
    for name in names if rise < LOOSE else names[::-1]:
        yield Match(name, detail, away, min(FAMILY * case.strength(away), AT_MOST))


def _two_at_once(case: Case) -> Iterator[Match]:
    """A faulty iteration whose result was also wrongly reported."""
    weight, mu1, mu2, sigma = case.estimate
    undone = {
        "variance reported as sigma": np.array([weight, mu1, mu2, math.sqrt(sigma)]),
        "weight of the other component": np.array([1 - weight, mu1, mu2, sigma]),
    }
    for name, estimate in undone.items():
        inner = case._replace(estimate=estimate)
        for match in _by_step(inner):
            if match.distance <= SLACK * inner.rounding:
                yield match._replace(detail=f"{match.detail}, together with '{name}'")
                yield case.match(name, f"together with '{match.name}'", match.distance)
