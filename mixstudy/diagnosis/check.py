"""Are these numbers right? An estimate from anywhere, held against the data, and the mistake behind it named.

Two numbers carry the verdict: how far the estimate is from the maximum of the likelihood, in standard errors, and how
many nats of log-likelihood that costs. Neither is asked to be smaller than the rounding of the printed figures makes
it. A posterior, where there is one, has its say by ``compare``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.comparison.checks import CHECKS as COMPARISON_CHECKS
from mixstudy.comparison.evidence import PosteriorEvidence, hold_against_posterior, standing
from mixstudy.comparison.goodness_of_fit import Adequacy, AdequacyStatus, check_adequacy
from mixstudy.comparison.verdict import Check, Verdict, judge, run_checks
from mixstudy.compression.compress import CompressedSample, Region
from mixstudy.data.sample import DataError, WeightedSample, as_sample
from mixstudy.diagnosis.alternatives import better_model
from mixstudy.diagnosis.assessment import Assessment
from mixstudy.diagnosis.breaking import Break, find_break
from mixstudy.diagnosis.checks import CHECKS, OF_DRAWS_ALONE, Diagnosis, at_maximum
from mixstudy.diagnosis.columns import refuse_other_columns
from mixstudy.diagnosis.draws import are_posterior_means, read_draws_beside
from mixstudy.diagnosis.draws_explained import marks_of
from mixstudy.diagnosis.heights import judge_heights, judged_rows
from mixstudy.diagnosis.inputs import four_numbers, require_beginning, require_rows, until_rest
from mixstudy.diagnosis.localise import localise_trace
from mixstudy.diagnosis.oddities import Oddity, find_oddities
from mixstudy.diagnosis.rules import RULES, headline, worth_naming, worth_telling
from mixstudy.diagnosis.where import locate_mistake
from mixstudy.em.fit import EMFit, fit_em
from mixstudy.faults.case import FLOAT, SLACK, Case, make_case
from mixstudy.faults.draws_case import ordered
from mixstudy.faults.figures import Printed
from mixstudy.faults.following import begins
from mixstudy.faults.precision import OF_SUMS
from mixstudy.faults.recognise import recognise
from mixstudy.model import Floats, Parameters, Prior, require_level

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison
    from mixstudy.mcmc.posterior import Posterior

RAW = 50_000
"""Observations up to which mistakes are recognised on the observations themselves: two seconds' worth."""


def check_estimate(
    estimate: Sequence[float | str] | None,
    x: ArrayLike | WeightedSample,
    *,
    truth: Parameters | None = None,
    start: Sequence[float | str] | None = None,
    trace: Sequence[Sequence[float | str]] | None = None,
    log_likelihood: Sequence[float | str] | None = None,
    draws: ArrayLike | None = None,
    prior: Prior | None = None,
    posterior: Posterior | None = None,
    level: float = 0.95,
    kind: Literal["eti", "hdi"] = "eti",
    seed: int = 0,
) -> Assessment:
    """Judge an estimate that came from somewhere else.

    Args:
        estimate: Weight, mu1, mu2, sigma, data units, means in any order; text keeps the printed figures. A weight of 0
            or 1 leaves a component empty. The last row of the trace where None; EM's own where there are draws alone.
        x: Observations, shape ``(n,)``, data units, or a weighted sample.
        truth: The parameters that the data were drawn from, where known.
        start: Where the iterations started, where known; the first row of the trace by default.
        trace: Successive iterates, shape ``(k, 4)``, k at least 2 (``read_trace`` reads them from a file). It is
            judged up to the row in which the loop broke down, if it did.
        log_likelihood: The log-likelihood that was printed beside each row of the trace, as it was printed.
        draws: Somebody's posterior draws, shape ``(chains, draws, 4)`` in the order of the labels, data units, means
            in any order (``read_draws`` reads them from a file).
        prior: The prior of those draws, where it is known.
        posterior: The posterior of the same data, where it was sampled.
        level: Probability of the credible intervals, in (0, 1).
        kind: Equal-tailed or highest-density intervals.
        seed: Seed of the simulations behind the check of adequacy.

    Raises:
        DataError: The observations cannot be used.
        ValueError: There is no estimate, four numbers are not four numbers, or one is out of its range.
    """
    require_level(level)
    if trace is not None:
        require_rows(trace)
        if estimate is None:
            require_beginning(trace)
    sample = as_sample(x)
    fit = fit_em(sample)
    broken = None if trace is None else find_break(trace, sample)
    if trace is not None and broken is not None:
        refuse_other_columns(trace, sample)
    rows = broken.before if broken is not None else None if trace is None else until_rest(trace)
    alone, stranded = estimate is None and trace is None, estimate is None and broken is not None
    estimate = _subject(estimate, rows, draws, fit)
    if one_row := rows is not None and len(rows) < 2:  # noqa: PLR2004  (one step)
        rows = None
    raw = four_numbers(estimate, "estimate", empty=True)
    theta = Parameters.relabelled(raw)
    seen, on_points = _seen(sample, fit, theta)
    adequacy = check_adequacy(fit, seed=seed)
    with np.errstate(all="ignore"):  # numbers out of all proportion overflow; infinities are handled
        evidence = _gather(
            estimate,
            seen,
            fit,
            start=_begin(start, rows),
            truth=truth,
            rows=rows,
            broken=broken if broken is not None and broken.step is not None else None,
            log_likelihood=log_likelihood,
            draws=draws,
            adequacy=adequacy,
            level=level,
            prior=prior,
            alone=alone,
            stranded=stranded,
        )
        if posterior is not None:
            evidence = replace(evidence, posterior=_beside(evidence, posterior, kind=kind))
        own, shared = run_checks(evidence, CHECKS), run_checks(evidence, COMPARISON_CHECKS)
    shown = tuple(check for check in (*own, *shared) if not alone or check.name in OF_DRAWS_ALONE)
    return _conclude(
        evidence,
        estimate,
        checks=shown,
        comparison=_comparison(evidence, shared, kind=kind),
        oddities=find_oddities(sample, fit),
        notes=(*_labels(raw), *_said_of_the_trace(broken, one_row=one_row), *on_points),
    )


def _gather(
    estimate: Printed,
    sample: WeightedSample,
    fit: EMFit,
    *,
    start: Floats | None,
    truth: Parameters | None,
    rows: Sequence[Printed] | None,
    broken: Break | None,
    log_likelihood: Sequence[float | str] | None,
    draws: ArrayLike | None,
    adequacy: Adequacy,
    level: float,
    prior: Prior | None,
    alone: bool,
    stranded: bool,
) -> Diagnosis:
    """What the likelihood, the known mistakes, the steps and the draws say of an estimate, without a posterior."""
    case, theta = make_case(estimate, sample, fit), Parameters.relabelled([float(value) for value in estimate])
    deficit, distance = standing(theta, sample, fit)
    if case.off <= SLACK * case.rounding:
        distance = min(distance, case.off)  # rounding may have moved it that far, where the information is another
    location = None if rows is None else localise_trace(rows, sample)
    given, heights = None if draws is None else _kept(draws), None
    reading = None if given is None else read_draws_beside(ordered(given), fit.sample, prior=prior)
    if rows is not None and location is not None and log_likelihood is not None:
        error = OF_SUMS if location.single else FLOAT
        heights = judge_heights(log_likelihood, judged_rows(rows, location, sample), sample, error=error)
    at_its_start = stranded and rows is None
    usable = estimate if begins(theta.array) and not at_its_start else None
    faults = recognise(usable, sample, start=start, truth=truth, trace=rows, fit=fit)
    if stranded:  # what broke down did not stop
        faults = tuple(each for each in faults if not each.fault.stops_right_steps)
    return Diagnosis(
        estimate=theta,
        fit=fit,
        sample=sample,
        deficit=deficit,
        distance=distance,
        rounding=case.rounding,
        off=case.off,
        adequacy=adequacy,
        truth=truth,
        level=level,
        posterior=None,
        faults=faults,
        posterior_means=rows is None
        and broken is None
        and not worth_naming(faults)
        and are_posterior_means(case, prior=prior),
        location=location,
        broken=broken,
        stranded=stranded,
        heights=heights,
        draws=given,
        reading=reading,
        alone=alone,
        marks=() if given is None or reading is None else marks_of(given, reading, fit),
    )


def _conclude(
    evidence: Diagnosis,
    estimate: Printed,
    *,
    checks: tuple[Check, ...],
    comparison: Comparison | None,
    oddities: tuple[Oddity, ...],
    notes: tuple[str, ...],
) -> Assessment:
    """The verdict, with the likely mistake, a misfit and what is odd about the data in its sentence."""
    verdict, sentence = judge(evidence, checks, RULES)
    faults, location = (*evidence.faults, *evidence.marks), locate_mistake(evidence, estimate)
    rest = None if evidence.alone else _without(oddities, estimate)
    if rest is not None and rest.off <= SLACK * rest.rounding < math.inf:
        faults, location = tuple(each for each in faults if each.fault.seen_in == "data"), None
    if verdict is Verdict.DISAGREE:
        sentence += headline(location, worth_telling(faults, right=at_maximum(evidence)))
    misfit = evidence.adequacy.status is AdequacyStatus.MISFIT
    return Assessment(
        verdict=verdict,
        sentence=sentence + evidence.adequacy.caveat + _said_of_the_rest(rest, oddities),
        estimate=evidence.estimate,
        distance=evidence.off,
        rounding=evidence.rounding,
        deficit=evidence.deficit,
        fit=evidence.fit,
        checks=checks,
        faults=faults,
        adequacy=evidence.adequacy,
        comparison=comparison,
        location=location,
        steps=evidence.location,
        draws=evidence.draws,
        reading=evidence.reading,
        alone=evidence.alone,
        oddities=oddities,
        alternative=better_model(evidence.fit.sample) if misfit else None,
        notes=notes,
    )


def _kept(draws: ArrayLike) -> Floats:
    """A copy that nobody changes."""
    values = np.array(draws, dtype=np.float64)
    values.setflags(write=False)
    return values


def _beside(evidence: Diagnosis, posterior: Posterior, *, kind: Literal["eti", "hdi"]) -> PosteriorEvidence:
    """The posterior beside EM's maximum where the estimate is that to its figures, else beside the estimate."""
    subject = evidence.fit if at_maximum(evidence) else evidence.estimate
    return hold_against_posterior(subject, posterior, fit=evidence.fit, level=evidence.level, kind=kind)


def _comparison(evidence: Diagnosis, checks: tuple[Check, ...], *, kind: Literal["eti", "hdi"]) -> Comparison | None:
    if evidence.posterior is None:
        return None
    from mixstudy.comparison.compare import conclude  # here, as these load ArviZ
    from mixstudy.comparison.supplement import supplement_for

    supplement = supplement_for(evidence.posterior.posterior, fit=evidence.fit)
    return conclude(evidence, evidence.posterior, checks, kind=kind, supplement=supplement)


def _subject(
    estimate: Sequence[float | str] | None,
    rows: Sequence[Sequence[float | str]] | None,
    draws: ArrayLike | None,
    fit: EMFit,
) -> Sequence[float | str]:
    """What is judged: the estimate, the trace's last row, or EM's own in the place of one that draws came without."""
    if estimate is not None:
        return estimate
    if rows is not None:
        last = [row for row in rows if begins(np.array(row, dtype=np.float64))] or rows
        return last[-1]
    if draws is None:
        msg = "there is nothing to check: give an estimate, a trace or draws"
        raise ValueError(msg)
    return [*fit.parameters]


def _begin(start: Sequence[float | str] | None, rows: Sequence[Sequence[float | str]] | None) -> Floats | None:
    """The start, or the trace's first row where an EM can start there."""
    if start is not None or rows is None:
        return None if start is None else four_numbers(start, "start")
    with suppress(ValueError):
        return four_numbers(rows[0], "start")
    return None


def _without(oddities: tuple[Oddity, ...], estimate: Printed) -> Case | None:
    """The estimate beside the maximum of the observations that a reader should keep; None where that is all of them."""
    rest = next((each.without for each in oddities if each.without is not None), None)
    if rest is None:
        return None
    with suppress(DataError):
        inner = as_sample(rest)
        return make_case(estimate, inner, fit_em(inner))
    return None


def _said_of_the_rest(rest: Case | None, oddities: tuple[Oddity, ...]) -> str:
    if rest is None:
        return ""
    name = next(each.name for each in oddities if each.without is not None)
    if rest.off <= SLACK * rest.rounding:
        return f" Without {name} the estimate is the maximum, to its figures: it is the data that are to be looked at."
    return f" Without {name} the estimate is {rest.off:.2g} standard errors from the maximum."


def _labels(raw: Floats) -> tuple[str, ...]:
    weight, mu1, mu2, _ = raw.tolist()
    if mu1 <= mu2:
        return ()
    return (f"mu1 = {mu1:g} is above mu2 = {mu2:g}: labels exchanged, so that weight {weight:g} is {1 - weight:g}.",)


def _said_of_the_trace(broken: Break | None, *, one_row: bool) -> tuple[str, ...]:
    if broken is not None:
        return (broken.sentence,)
    return ("The trace has one row, which is judged as an estimate: there is no step.",) if one_row else ()


def _seen(sample: WeightedSample, fit: EMFit, theta: Parameters) -> tuple[WeightedSample, tuple[str, ...]]:
    """What recognition looks at: the observations if they are not too many, else points accurate for the estimate."""
    if sample.n <= RAW and not isinstance(sample, CompressedSample):
        return sample, ()
    points = fit.sample
    if isinstance(points, CompressedSample):
        points = points.recompress(Region.around([[*theta], [*fit.parameters]])) or points
    text = (
        f"Mistakes were looked for on {points.points.size} points that stand for all {sample.n:.0f} observations: "
        "sharp ones (hard assignment, a wrong exponent) may go unseen."
    )
    return points, (text,)
