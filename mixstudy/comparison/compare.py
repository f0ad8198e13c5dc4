"""Do EM and the posterior agree, and is each of them right?

``evidence`` puts the two side by side, ``checks`` looks at it and ``rules`` draws the verdict. The likelihood is the
referee's, from SciPy's normal density. Bare parameters are held against the maximum that EM finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from mixstudy.comparison.checks import CHECKS
from mixstudy.comparison.evidence import OWN, Evidence, PosteriorEvidence, hold_against_posterior, standing
from mixstudy.comparison.goodness_of_fit import Adequacy, check_adequacy
from mixstudy.comparison.rules import RULES
from mixstudy.comparison.supplement import Supplement, supplement_for
from mixstudy.comparison.verdict import Check, Verdict, judge, run_checks
from mixstudy.compression.certificate import Certificate
from mixstudy.data.sample import WeightedSample
from mixstudy.data.text import glance, html_glance
from mixstudy.em.fit import EMFit, fit_em
from mixstudy.model import Parameters, require_level

if TYPE_CHECKING:
    from mixstudy.mcmc.posterior import Posterior

SAME_DATA = 1e-9
"""Differences of mean and standard deviation, in standard deviations, that rounding may leave."""


NEXT = "More: .table, .checks; ms.plots.overview(result); ms.write_report(result, folder)"
"""Where to go on from a result, as it is told with it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """EM's estimate (or one from elsewhere) against the posterior.

    ``mixstudy.plots`` draws it: ``plots.overview(result)`` at a glance, ``plots.figures(result)`` all of it,
    ``plots.plot_data(result, ax)`` and the others into axes of your own.
    """

    verdict: Verdict
    """The answer in one word."""
    sentence: str
    """The answer in a sentence."""
    table: pd.DataFrame
    """A row for each parameter: em, em_se, posterior_mean, posterior_sd, lower, upper, inside, offset_sd, sd_ratio."""
    intervals: pd.DataFrame
    """A row for each parameter: lower and upper ends of the wald, profile, bootstrap and credible intervals."""
    checks: tuple[Check, ...]
    """All checks, in their order."""
    level: float
    """Probability of the credible intervals."""
    kind: Literal["eti", "hdi"]
    """Equal-tailed or highest-density intervals."""
    estimate: Parameters
    """The estimate that was judged, data units."""
    em: EMFit | None
    """The EM fit it came from; None for bare parameters."""
    posterior: Posterior
    """The posterior it was judged by."""
    truth: Parameters | None
    """The true parameters, where they are known."""
    adequacy: Adequacy
    """Whether the data look like the model, and by what."""
    identified: bool
    """Whether the data identify two components, so that large-sample theory holds."""
    supplement: Supplement | None
    """What a reader asks next: prior sensitivity, leave-one-out, marks of mistakes; None where it was not asked for."""
    certificate: Certificate | None
    """That the points give the likelihood of the observations; None where no observations were compressed."""

    def __repr__(self) -> str:
        return glance("Comparison", self.sentence, self.posterior.sample.source.description, NEXT, rows=self._rows())

    def _repr_html_(self) -> str:
        return html_glance(self.sentence, self._rows(), below=NEXT)

    def _rows(self) -> list[tuple[str, ...]]:
        """Both estimates with their errors, for a reader."""
        columns = {"em": ".6g", "em_se": ".3g", "posterior_mean": ".6g", "posterior_sd": ".3g", "inside": ""}
        names = ("", "EM" if self.em else "estimate", "s.e.", "posterior mean", "sd", "the estimate lies")
        cells = [(str(label), row) for label, row in self.table.to_dict("index").items()]
        return [names, *((label, *(format(row[key], spec) for key, spec in columns.items())) for label, row in cells)]


def compare(
    em: EMFit | Parameters,
    posterior: Posterior,
    *,
    truth: Parameters | None = None,
    level: float = 0.95,
    kind: Literal["eti", "hdi"] = "eti",
    thorough: bool = True,
) -> Comparison:
    """Compare an estimate with the posterior of the same data.

    Args:
        em: The EM fit, or bare parameters that came from somewhere else.
        posterior: The posterior; it carries the data.
        truth: The true parameters, where they are known.
        level: Probability of the credible intervals, in (0, 1).
        kind: Equal-tailed (``"eti"``) or highest-density (``"hdi"``) intervals.
        thorough: Whether to look further than the verdict needs, which takes half a second.

    Raises:
        ValueError: ``level`` or ``kind`` is out of its range, the weight of bare parameters is 0 or 1, or the fit
            and the posterior are of different data.
    """
    require_level(level)
    _require(kind in ("eti", "hdi"), f"kind must be 'eti' or 'hdi', got {kind!r}")
    estimate = em.parameters if isinstance(em, EMFit) else em
    _require(0 < estimate.weight < 1, f"weight must lie strictly between 0 and 1, got {estimate.weight!r}")
    _require(
        not isinstance(em, EMFit) or _same_data(em.sample, posterior.sample),
        "the EM fit and the posterior are of different data: fit both to the same observations",
    )
    fit = em if isinstance(em, EMFit) else fit_em(posterior.sample)
    beside = hold_against_posterior(em, posterior, fit=fit, level=level, kind=kind)
    deficit, distance = standing(estimate, beside.sample, fit)
    evidence = Evidence(
        estimate=estimate,
        fit=fit,
        sample=beside.sample,
        deficit=deficit,
        distance=distance,
        rounding=0.0,
        adequacy=check_adequacy(fit),
        truth=truth,
        level=level,
        posterior=beside,
    )
    supplement = supplement_for(posterior, fit=fit) if thorough else None
    return conclude(evidence, beside, run_checks(evidence, CHECKS), kind=kind, supplement=supplement)


def conclude(
    evidence: Evidence,
    beside: PosteriorEvidence,
    checks: tuple[Check, ...],
    *,
    kind: Literal["eti", "hdi"],
    supplement: Supplement | None,
) -> Comparison:
    """Draw the verdict from the checks, and put beside it what a reader wants to see."""
    verdict, sentence = judge(evidence, checks, RULES)
    return Comparison(
        verdict=verdict,
        sentence=sentence + evidence.adequacy.caveat,
        table=beside.table,
        intervals=beside.intervals,
        checks=checks,
        level=evidence.level,
        kind=kind,
        estimate=Parameters(*beside.theta.tolist()),
        em=evidence.fit if beside.source == OWN else None,
        posterior=beside.posterior,
        truth=evidence.truth,
        adequacy=evidence.adequacy,
        identified=beside.identified,
        supplement=supplement,
        certificate=beside.certificate,
    )


def _require(holds: bool, message: str) -> None:  # noqa: FBT001  (reads as a sentence)
    if not holds:
        raise ValueError(message)


def _same_data(one: WeightedSample, two: WeightedSample) -> bool:
    """Whether count, mean and standard deviation agree, which compression leaves alone."""
    apart = abs(one.mean - two.mean) + abs(one.sd - two.sd)
    return one.n == two.n and apart <= SAME_DATA * one.sd
