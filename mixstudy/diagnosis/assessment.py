"""What is to be said about an estimate that came from somewhere else: the verdict and what it follows from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mixstudy.comparison.goodness_of_fit import Adequacy
from mixstudy.comparison.verdict import Check, CheckStatus, Verdict
from mixstudy.diagnosis.rules import AT_THE_MAXIMUM, worth_telling
from mixstudy.em.fit import EMFit
from mixstudy.faults.case import Recognition
from mixstudy.model import Floats, Parameters

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assessment:
    """What is to be said about an estimate that came from somewhere else."""

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
    faults: tuple[Recognition, ...]
    """Known mistakes that explain it, best first."""
    adequacy: Adequacy
    """Whether the data look like the model."""
    comparison: Comparison | None
    """The comparison with the posterior; None without one."""
    notes: tuple[str, ...]
    """What was done to the input: labels put in order, observations compressed."""

    @property
    def right(self) -> bool:
        """Whether the estimate is the maximum of the likelihood as far as its figures tell."""
        return not any(check.status is CheckStatus.FAIL for check in self.checks if check.name in AT_THE_MAXIMUM)

    @property
    def told(self) -> tuple[Recognition, ...]:
        """The mistakes worth telling, best first."""
        return worth_telling(self.faults, right=self.right)

    @property
    def offsets(self) -> Floats:
        """Estimate less EM's, in its standard errors, shape ``(4,)``."""
        off = self.estimate.array - self.fit.parameters.array
        return np.asarray(off / np.array(self.fit.standard_errors))
