"""The content of ``comparison.json`` and ``check.json``: plain Python values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from mixstudy.diagnosis.assessment import Assessment
from mixstudy.diagnosis.location import Location
from mixstudy.faults.fault import Recognition
from mixstudy.integral.verification import QUANTITIES
from mixstudy.model import LABELS
from mixstudy.report.explanation import explain
from mixstudy.study.rates import nearest_rate

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison
    from mixstudy.comparison.supplement import Supplement
    from mixstudy.diagnosis.draws import DrawsReading
    from mixstudy.em.fit import EMFit
    from mixstudy.integral.result import Estimates, Integral
    from mixstudy.mcmc.posterior import Posterior


def provenance_pairs(provenance: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Names and values of a provenance, versions among them; what is not known is left out."""
    found: dict[str, Any] = {}
    for name, value in provenance.items():
        found |= value if isinstance(value, Mapping) else {name: value}
    return tuple((name, str(value)) for name, value in found.items() if value is not None)


def as_json(result: Comparison, provenance: Mapping[str, object]) -> dict[str, Any]:
    """Return the content of ``comparison.json``: plain Python values, None where a number is not finite."""
    sample, held = result.posterior.sample, result.certificate
    numbers = {"n": sample.n, "mean": sample.mean, "sd": sample.sd}
    content: dict[str, Any] = {
        "verdict": result.verdict,
        "identified": result.identified,
        "level": result.level,
        "kind": result.kind,
        "parameters": result.table.to_dict("index"),
        "intervals": result.intervals.to_dict("index"),
        "checks": [asdict(check) for check in result.checks],
        "error_rate": asdict(nearest_rate(sample.n, result.estimate)),
        "adequacy": result.adequacy.as_dict(),
        "further": result.supplement and _supplement_json(result.supplement),
        "em": result.em and _em_json(result.em),
        "sampler": _sampler_json(result.posterior),
        "data": {**asdict(sample.source), **numbers, "truth": result.truth and asdict(result.truth)},
        "certificate": held and {**asdict(held), "region": held.region._asdict(), "holds": held.holds},
        "provenance": provenance,
    }
    return {key: plain(value) for key, value in content.items()}


def _em_json(em: EMFit) -> dict[str, Any]:
    outcome = {"status": em.status.name, "sentence": em.status.value, "distance": em.distance}
    heights = {"log_likelihood": em.log_likelihood, "maxima": [asdict(peak) for peak in em.maxima]}
    return {**outcome, "iterations": len(em.steps) - 1, **heights}


def _supplement_json(found: Supplement) -> dict[str, Any]:
    mistakes = [{"name": each.fault.name, "explanation": each.explanation} for each in found.mistakes]
    loo = found.loo and asdict(found.loo)
    bayes = found.bayes and asdict(found.bayes) | {"prior": found.bayes.prior.lines()}
    return {"sensitivity": found.sensitivity.to_dict("index"), "loo": loo, "bayes": bayes, "mistakes": mistakes}


def _sampler_json(posterior: Posterior) -> dict[str, Any]:
    outcome = {"status": posterior.status.name, "sentence": posterior.status.value}
    numbers = {"divergences": posterior.divergences, "bfmi": posterior.bfmi, "prior": posterior.prior.lines()}
    tables = {"diagnostics": posterior.diagnostics.to_dict("index"), "settings": asdict(posterior.settings)}
    attempts = [{"name": each.name, "status": each.status.name, "seconds": each.seconds} for each in posterior.attempts]
    known = {"verified": posterior.verified, "integral": posterior.integral and _integral_json(posterior.integral)}
    return {**outcome, **numbers, **tables, "attempts": attempts, **known}


def _integral_json(found: Integral) -> dict[str, Any]:
    outcome = {"status": found.status.name, "sentence": found.status.value, "precision": found.precision}
    weights = {"ess": found.ess, "pareto_k": found.pareto_k}
    evidence = {"log_evidence": found.log_evidence, "log_evidence_error": found.log_evidence_error}
    return {**outcome, **weights, **evidence, "modes": [asdict(mode) for mode in found.modes]}


def plain(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Reduce to what JSON holds: None where a number is not finite, else the value."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Enum | np.generic):
        return plain(value.value if isinstance(value, Enum) else value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def assessment_json(found: Assessment, provenance: Mapping[str, object]) -> dict[str, Any]:
    """Return the content of ``check.json``: plain Python values, None where a number is not finite."""
    fit, comparison = found.fit, found.comparison
    content: dict[str, Any] = {
        "verdict": found.verdict,
        "sentence": found.sentence,
        "estimate": asdict(found.estimate),
        "distance": found.distance,
        "rounding": found.rounding,
        "deficit": found.deficit,
        "em": {
            "parameters": asdict(fit.parameters),
            "standard_errors": fit.standard_errors._asdict(),
            "log_likelihood": fit.log_likelihood,
            "status": fit.status.name,
        },
        "checks": [asdict(check) for check in found.checks],
        "location": found.location and _location_json(found.location),
        "draws": found.reading and _draws_json(found.reading),
        "faults": [_fault_json(each) for each in found.faults],
        "oddities": [each._asdict() | {"without": None} for each in found.oddities],
        "alternative": found.alternative and found.alternative._asdict(),
        "adequacy": found.adequacy.as_dict(),
        "parameters": comparison and comparison.table.to_dict("index"),
        "intervals": comparison and comparison.intervals.to_dict("index"),
        "explanation": {section.title: list(section.lines) for section in explain(found)},
        "data": {**asdict(fit.sample.source), "n": fit.sample.n, "mean": fit.sample.mean, "sd": fit.sample.sd},
        "provenance": provenance,
    }
    return {key: plain(value) for key, value in content.items()}


def _draws_json(found: DrawsReading) -> dict[str, Any]:
    names = [name.replace(" ", "_") for name in QUANTITIES]

    def table(values: Estimates) -> dict[str, dict[str, float]]:
        return {
            label: dict(zip(names, row, strict=True)) for label, row in zip(LABELS, values.value.tolist(), strict=True)
        }

    mixing = {"r_hat": found.r_hat.tolist(), "ess": found.ess.tolist()}
    by_label = {name: dict(zip(LABELS, values, strict=True)) for name, values in mixing.items()}
    integrated = None if found.integrated is None else table(found.integrated)
    prior = None if found.gauge is None else ("given" if found.gauge.known else "default")
    return {"prior": prior, **by_label, "drawn": table(found.drawn), "integrated": integrated}


def _location_json(found: Location) -> dict[str, Any]:
    arrays = {name: getattr(found, name).tolist() for name in ("theirs", "right", "wrong")}
    return {"sentence": found.sentence, "places": [place.name for place in found.places], **arrays}


def _fault_json(found: Recognition) -> dict[str, Any]:
    texts = {key: getattr(found.fault, key) for key in ("name", "wrong", "right", "source", "advice")}
    evidence = {key: getattr(found, key) for key in ("strength", "evidence", "distance", "explanation")}
    return texts | evidence
