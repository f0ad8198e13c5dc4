"""What is to be said about an estimate that came from somewhere else: the verdict and what it follows from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mixstudy.comparison.goodness_of_fit import Adequacy
from mixstudy.comparison.verdict import Check, CheckStatus, Verdict
from mixstudy.data.text import glance, html_glance
from mixstudy.diagnosis.alternatives import Alternative
from mixstudy.diagnosis.draws import DrawsReading, draws_rows
from mixstudy.diagnosis.location import Location
from mixstudy.diagnosis.oddities import Oddity
from mixstudy.diagnosis.rules import AT_THE_MAXIMUM, worth_telling
from mixstudy.em.fit import EMFit
from mixstudy.faults.fault import Recognition
from mixstudy.model import LABELS, Floats, Parameters

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison


NEXT = "More: .checks; ms.explain(found); ms.plots.plot_check(found); ms.write_report(found, folder)"
"""Where to go on from an assessment, as it is told with it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assessment:
    """What is to be said about an estimate that came from somewhere else.

    ``mixstudy.explain(found)`` says it as a teacher would, ``mixstudy.plots.plot_check(found)`` draws the estimate on
    the likelihood, ``plots.plot_steps(found)`` the steps of its trace, and ``mixstudy.write_report`` writes it all.
    """

    verdict: Verdict
    """Whether it is right, in one word."""
    sentence: str
    """The same in a sentence or two."""
    estimate: Parameters
    """The estimate, means in order, data units."""
    distance: float
    """Its distance from the maximum of the likelihood, standard errors."""
    rounding: float
    """How much of that the rounding of its printed figures may be."""
    deficit: float
    """How far its log-likelihood is below the maximum, nats."""
    fit: EMFit
    """EM's fit, the maximum it is held against."""
    checks: tuple[Check, ...]
    """All checks, in their order."""
    location: Location | None
    """Where the mistake is, known or not; None where nothing can be located."""
    steps: Location | None
    """What the trace alone says, step by step; None without one."""
    draws: Floats | None
    """Somebody's posterior draws, shape ``(chains, draws, 4)``, data units, means in any order; None without any."""
    reading: DrawsReading | None
    """What those draws say beside the integral; None without any."""
    alone: bool
    """Whether there is nothing to judge but those draws: then the estimate is EM's own."""
    faults: tuple[Recognition, ...]
    """Known mistakes that explain it, best first."""
    oddities: tuple[Oddity, ...]
    """What is odd about the data themselves."""
    alternative: Alternative | None
    """A mixture that fits the data better, where they do not look like the model."""
    adequacy: Adequacy
    """Whether the data look like the model."""
    comparison: Comparison | None
    """The comparison with the posterior; None without one."""
    notes: tuple[str, ...]
    """What was done to the input: labels put in order, observations compressed."""

    def __repr__(self) -> str:
        return glance("Assessment", self.sentence, self._mistakes(), NEXT, rows=self._rows())

    def _repr_html_(self) -> str:
        return html_glance(f"{self.sentence} {self._mistakes()}", self._rows(), below=NEXT)

    def _mistakes(self) -> str:
        named = "; ".join(each.fault.name for each in self.told)
        return f"Known mistakes that would explain it: {named}." if named else "No known mistake explains it."

    def _rows(self) -> list[tuple[str, ...]]:
        """The estimate beside EM's, or the draws beside the integral, for a reader."""
        if self.alone and self.reading is not None:
            return draws_rows(self.reading)
        values = zip(self.estimate, self.fit.parameters, self.fit.standard_errors, self.offsets.tolist(), strict=True)
        rows = [(f"{own:.6g}", f"{em:.6g}", f"{error:.3g}", f"{off:+.3g}") for own, em, error, off in values]
        names = ("", "estimate", "EM", "s.e.", "off by (s.e.)")
        return [names, *((label, *row) for label, row in zip(LABELS, rows, strict=True))]

    @property
    def right(self) -> bool:
        """Whether the estimate is the maximum of the likelihood as far as its figures tell."""
        return not any(check.status is CheckStatus.FAIL for check in self.checks if check.name in AT_THE_MAXIMUM)

    @property
    def told(self) -> tuple[Recognition, ...]:
        """The mistakes worth telling, best first."""
        return worth_telling(self.faults, right=self.right)

    @property
    def traced(self) -> bool:
        """Whether a trace came with it."""
        return any(check.name == "trace" for check in self.checks)

    @property
    def offsets(self) -> Floats:
        """Estimate less EM's, in its standard errors, shape ``(4,)``."""
        off = self.estimate.array - self.fit.parameters.array
        return np.asarray(off / np.array(self.fit.standard_errors))
