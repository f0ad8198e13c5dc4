"""Are these numbers right? An estimate from anywhere, held against the data, and the mistake behind it named.

Two numbers carry the verdict: how far the estimate is from the maximum of the likelihood, in standard errors, and how
many nats of log-likelihood that costs. Neither is asked to be smaller than the rounding of the printed figures makes
it. A posterior, where there is one, has its say by ``compare``.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.comparison.checks import adequacy_check, stationary_check
from mixstudy.comparison.goodness_of_fit import check_adequacy
from mixstudy.comparison.verdict import Check, CheckStatus
from mixstudy.compression.compress import CompressedSample, Region
from mixstudy.data.sample import WeightedSample, as_sample
from mixstudy.diagnosis.assessment import Assessment, Found, judge, told
from mixstudy.diagnosis.checks import data_check, deficit_and_distance, likelihood_check, trace_check, truth_check
from mixstudy.diagnosis.inputs import four_numbers, usable_rows
from mixstudy.em.fit import EMFit, fit_em
from mixstudy.faults.by_draws import recognise_draws
from mixstudy.faults.case import SLACK, Recognition, make_case
from mixstudy.faults.recognise import recognise
from mixstudy.model import Floats, Parameters, require_level

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison
    from mixstudy.mcmc.posterior import Posterior

RAW = 50_000
"""Observations up to which mistakes are recognised on the observations themselves: two seconds' worth."""
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
        distance, rounding, (deficit, stationary) = case.off, case.rounding, deficit_and_distance(theta, seen, fit)
        looped = () if steps is None else (trace_check(np.array(steps), seen),)
        marks = () if draws is None else recognise_draws(draws, fit.sample, fit=fit)
        known = truth_check(truth, seen, fit, level=level)
    at_maximum = likelihood_check(deficit, rounding, fit), stationary_check(stationary, rounding=SLACK * rounding)
    right = all(check.status is not CheckStatus.FAIL for check in at_maximum)
    comparison = _comparison(fit if right else theta, posterior, truth=truth, level=level, kind=kind)
    drawn = () if draws is None else (_drawn(draws, fit, marks),)
    faults = (*faults, *marks)
    checks = (*at_maximum, data_check(faults), *looped, *drawn, known, adequacy_check(adequacy))
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


def _drawn(draws: ArrayLike, fit: EMFit, marks: tuple[Recognition, ...]) -> Check:
    from mixstudy.diagnosis.checks import draws_check  # here, as it loads xarray

    return draws_check(np.asarray(draws, dtype=np.float64), fit, marks)


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
    from mixstudy.comparison.compare import compare  # here, as it loads ArviZ

    return compare(subject, posterior, truth=truth, level=level, kind=kind)


def _together(checks: tuple[Check, ...], comparison: Comparison) -> tuple[Check, ...]:
    """Our checks, then those of the comparison that they leave out."""
    own = tuple(check for check in checks if check.name != "truth")
    return (*own, *(check for check in comparison.checks if check.name not in OWN))
