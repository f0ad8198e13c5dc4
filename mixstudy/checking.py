"""Are these numbers right? An estimate from anywhere, held against the data, and the mistake behind it named.

Two numbers carry the verdict: how far the estimate is from the maximum of the likelihood, in standard errors, and how
many nats of log-likelihood that costs. Neither is asked to be smaller than the rounding of the printed figures makes
it. A posterior, where there is one, has its say by ``compare``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from mixstudy.adequacy import check_adequacy
from mixstudy.assessment import ROUNDING, Assessment, Found, judge, told
from mixstudy.checks import (
    NOT_STATIONARY,
    STATIONARY,
    Check,
    CheckStatus,
    adequacy_check,
    stationary_check,
    tail_status,
)
from mixstudy.compression import CompressedSample, Region
from mixstudy.em import EMFit, fit_em
from mixstudy.information import curvature_from, distance_to_maximum, expectation, require_level
from mixstudy.model import LABELS, Floats, Parameters
from mixstudy.printed import four_numbers, usable_rows
from mixstudy.recognition import Recognition, recognise, recognise_draws
from mixstudy.recognition.by_trace import from_trace, steps_are_right
from mixstudy.recognition.case import make_case
from mixstudy.recognition.result import SLACK
from mixstudy.sample import WeightedSample, as_sample

if TYPE_CHECKING:
    from mixstudy.comparison import Comparison
    from mixstudy.posterior import Posterior

RAW = 50_000
"""Observations up to which mistakes are recognised on the observations themselves: two seconds' worth."""
EXTREME = 300.0
"""Logs of weight and of sigma over the data's sd beyond which squares leave the range of floats."""
OWN = frozenset({"stationary", "adequacy"})
"""Checks of the comparison that are not repeated: here they are about the estimate as it was printed."""


def check_estimate(
    estimate: Sequence[float | str] | None,
    x: ArrayLike | WeightedSample,
    *,
    truth: Parameters | None = None,
    start: Sequence[float | str] | None = None,
    trace: Sequence[Sequence[float | str]] | None = None,
    draws: ArrayLike | None = None,
    posterior: Posterior | None = None,
    level: float = 0.95,
    kind: Literal["eti", "hdi"] = "eti",
    seed: int = 0,
) -> Assessment:
    """Judge an estimate that came from somewhere else.

    Args:
        estimate: Weight, mu1, mu2, sigma, data units, means in any order; text keeps the printed figures. The last row
            of the trace where None; EM's own where there are draws alone.
        x: Observations, shape ``(n,)``, data units, or a weighted sample.
        truth: The parameters that the data were drawn from, where known.
        start: Where the iterations started, where known; the first row of the trace by default.
        trace: Successive iterates, shape ``(k, 4)``, k at least 2 (``read_trace`` reads them from a file).
        draws: Somebody's posterior draws, shape ``(chains, draws, 4)`` in the order of the labels, data units, means
            in any order (``read_draws`` reads them from a file).
        posterior: The posterior of the same data, where it was sampled.
        level: Probability of the credible intervals, in (0, 1).
        kind: Equal-tailed or highest-density intervals.
        seed: Seed of the simulations behind the check of adequacy.

    Raises:
        DataError: The observations cannot be used.
        ValueError: There is no estimate, four numbers are not four numbers, or one is out of its range.
    """
    require_level(level)
    rows, broken = (None, ()) if trace is None else usable_rows(trace)
    sample = as_sample(x)
    fit = fit_em(sample)
    estimate, stands_in = _subject(estimate, rows, draws, fit)
    raw = four_numbers(estimate, "estimate")
    theta = Parameters.relabelled(raw)
    seen, notes = _seen(sample, fit, theta)
    begin = _begin(start, rows)
    steps = None if rows is None else [[float(value) for value in row] for row in rows]
    case, adequacy = make_case(estimate, seen, fit), check_adequacy(fit, seed=seed)
    with np.errstate(all="ignore"):  # numbers from another world overflow; infinities are handled
        faults = recognise(estimate, seen, start=begin, truth=truth, trace=steps, fit=fit)
        distance, rounding, (deficit, stationary) = case.off, case.rounding, _at(theta, seen, fit)
        looped = () if steps is None else (_looped(np.array(steps), seen),)
        marks = () if draws is None else recognise_draws(draws, fit.sample, fit=fit)
        known = _truth(truth, seen, fit, level=level)
    at_maximum = _likelihood(deficit, rounding, fit), stationary_check(stationary, rounding=SLACK * rounding)
    right = all(check.status is not CheckStatus.FAIL for check in at_maximum)
    comparison = _comparison(fit if right else theta, posterior, truth=truth, level=level, kind=kind)
    drawn = () if draws is None else (_drawn(draws, fit, marks),)
    faults = (*faults, *marks)
    checks = (*at_maximum, _data(faults), *looped, *drawn, known, adequacy_check(adequacy))
    found = Found(fit, distance, deficit, rounding, checks, adequacy, comparison, told(faults, right=right))
    verdict, sentence = judge(found)
    return Assessment(
        verdict=verdict,
        sentence=sentence,
        estimate=theta,
        distance=distance,
        rounding=rounding,
        deficit=deficit,
        fit=fit,
        checks=checks if comparison is None else _together(checks, comparison),
        faults=faults,
        adequacy=adequacy,
        comparison=comparison,
        notes=(*stands_in, *_labels(raw), *broken, *notes),
    )


def _subject(
    estimate: Sequence[float | str] | None,
    rows: Sequence[Sequence[float | str]] | None,
    draws: ArrayLike | None,
    fit: EMFit,
) -> tuple[Sequence[float | str], tuple[str, ...]]:
    """What is judged: the estimate, the trace's last row, or beside draws alone EM's own, and a note that says so."""
    if estimate is not None:
        return estimate, ()
    if rows is not None:
        return rows[-1], ()
    if draws is None:
        msg = "there is nothing to check: give an estimate, a trace or draws"
        raise ValueError(msg)
    return [*fit.parameters], ("The draws came without an estimate: EM's own stands in for it.",)


def _begin(start: Sequence[float | str] | None, rows: Sequence[Sequence[float | str]] | None) -> Floats | None:
    """The start, or the trace's first row where an EM can start there."""
    if start is not None or rows is None:
        return None if start is None else four_numbers(start, "start")
    with suppress(ValueError):
        return four_numbers(rows[0], "start")
    return None


def _labels(raw: Floats) -> tuple[str, ...]:
    weight, mu1, mu2, _ = raw.tolist()
    if mu1 <= mu2:
        return ()
    return (f"mu1 = {mu1:g} is above mu2 = {mu2:g}: labels exchanged, so that weight {weight:g} is {1 - weight:g}.",)


def _seen(sample: WeightedSample, fit: EMFit, theta: Parameters) -> tuple[WeightedSample, tuple[str, ...]]:
    """What recognition looks at: the observations where they are not too many, else points that serve the estimate."""
    if sample.n <= RAW and not isinstance(sample, CompressedSample):
        return sample, ()
    points = fit.sample
    if isinstance(points, CompressedSample):
        points = points.serving(Region.around([[*theta], [*fit.parameters]])) or points
    text = (
        f"Mistakes were looked for on {points.points.size} points that stand for all {sample.n:.0f} observations: "
        "sharp ones (hard assignment, a wrong exponent) may go unseen."
    )
    return points, (text,)


def _at(theta: Parameters, sample: WeightedSample, fit: EMFit) -> tuple[float, float]:
    """Log-likelihood below the maximum, nats, and distance to the maximum by the score, standard errors."""
    standard = (np.array([*theta]) - [0, sample.mean, sample.mean, 0]) / [1, sample.sd, sample.sd, sample.sd]
    sums = expectation(sample.standardised, sample.weights, standard)
    height = sums.log_likelihood - sample.n * math.log(sample.sd)
    if not math.isfinite(height):
        return math.inf, math.inf
    if not (np.abs(np.log(standard[[0, 3]])) < EXTREME).all():
        return fit.log_likelihood - height, math.inf
    at = curvature_from(sums, standard)
    distance = distance_to_maximum(at) if np.isfinite(at.information).all() else math.inf
    return fit.log_likelihood - height, distance


def _likelihood(deficit: float, rounding: float, fit: EMFit) -> Check:
    """The likelihood of the estimate is the highest there is; a distance d costs ``d^2 / 2`` nats."""
    floor = ROUNDING * abs(fit.log_likelihood)
    good, fair = (max(limit, SLACK * rounding) ** 2 / 2 + floor for limit in (STATIONARY, NOT_STATIONARY))
    status = CheckStatus.PASS if deficit <= good else CheckStatus.BORDERLINE
    text = (
        f"The log-likelihood of the estimate is {max(deficit, 0.0):.3g} nats below the highest; up to {good:.2g} would "
        "be the rounding of its printed figures."
    )
    return _check("likelihood", CheckStatus.FAIL if deficit > fair else status, deficit, text)


def _check(name: str, status: CheckStatus, value: float, text: str) -> Check:
    return Check(name=name, status=status, value=value, explanation=text)


def _data(found: tuple[Recognition, ...]) -> Check:
    """The data are what a sample should be."""
    for each in found:
        if each.fault.seen_in == "data":
            return _check("data", CheckStatus.FAIL, each.strength, each.explanation)
    text = "The data are no heights of a curve, and bear no mark of a sampler known for its mistake."
    return _check("data", CheckStatus.PASS, math.nan, text)


def _looped(rows: Floats, sample: WeightedSample) -> Check:
    """Each row of the trace follows from the one before."""
    found = from_trace(rows, sample)
    if found:
        return _check("trace", CheckStatus.FAIL, found[0].strength, found[0].explanation)
    if steps_are_right(rows, sample):
        text = "Each row follows from the one before by a right step, as far as its figures tell."
        return _check("trace", CheckStatus.PASS, math.nan, text)
    text = "No iteration known here, right or wrong, takes each row to the next."
    return _check("trace", CheckStatus.BORDERLINE, math.nan, text)


def _drawn(draws: ArrayLike, fit: EMFit, marks: tuple[Recognition, ...]) -> Check:
    from mixstudy.drawn import draws_check  # here, as it loads xarray

    return draws_check(np.asarray(draws, dtype=np.float64), fit, marks)


def _truth(truth: Parameters | None, sample: WeightedSample, fit: EMFit, *, level: float) -> Check:
    """Twice the log-likelihood from the truth to the maximum is chi^2 with 4 degrees of freedom (Wilks 1938)."""
    if truth is None:
        return _check("truth", CheckStatus.NOT_APPLICABLE, math.nan, "The truth is not known for these data.")
    squared = 2 * max(_at(truth, sample, fit)[0], 0.0)
    beyond = float(chdtrc(len(LABELS), squared))
    text = f"Twice the log-likelihood from the truth to the maximum is {squared:.4g}; "
    text += f"data from the truth give as much with probability {beyond:.2g}."
    return _check("truth", tail_status(beyond, 1 - level), squared, text)


def _comparison(
    subject: EMFit | Parameters,
    posterior: Posterior | None,
    *,
    truth: Parameters | None,
    level: float,
    kind: Literal["eti", "hdi"],
) -> Comparison | None:
    """Compare with the posterior: EM's maximum where the estimate is that to its figures, else the estimate."""
    if posterior is None:
        return None
    from mixstudy.comparison import compare  # here, as it loads ArviZ

    return compare(subject, posterior, truth=truth, level=level, kind=kind)


def _together(checks: tuple[Check, ...], comparison: Comparison) -> tuple[Check, ...]:
    """Our checks, then those of the comparison that they leave out."""
    own = tuple(check for check in checks if check.name != "truth")
    return (*own, *(check for check in comparison.checks if check.name not in OWN))
