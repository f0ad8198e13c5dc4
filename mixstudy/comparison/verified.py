"""The check ``verified``: do the chains give the posterior that an independent integral gives?"""

from __future__ import annotations

import math

from mixstudy.comparison.evidence import Evidence
from mixstudy.comparison.verdict import CheckStatus, Outcome
from mixstudy.model import LABELS


def verified(evidence: Evidence) -> Outcome | None:
    """Means, standard deviations and interval ends of the draws are those of the integral, within both errors."""
    if evidence.posterior is None:
        return None
    posterior = evidence.posterior.posterior
    integral, found = posterior.integral, posterior.verification
    if integral is None or found is None:
        why = "there is no integral" if integral is None else integral.status.value
        return Outcome(CheckStatus.NOT_APPLICABLE, math.nan, f"Not verified: {why}")
    if posterior.integrated:
        text = (
            f"No chain gave the posterior, so the draws are those of an integral that knows every mean, standard "
            f"deviation and interval end to {integral.precision:.2g} posterior sds."
        )
        return Outcome(CheckStatus.PASS, integral.precision, text)
    if not found.agrees:
        return Outcome(CheckStatus.FAIL, float(abs(found.sds[found.worst])), f"Not verified. {found.sentence}")
    row, column = found.worst
    text = (
        f"Every mean, standard deviation and interval end is known to {integral.precision:.2g} posterior sds, by an "
        f"integral with which the chains agree; they differ most in {LABELS[row]}, by "
        f"{abs(found.sds[row, column]):.2g} "
        f"posterior sds, {abs(found.errors[row, column]):.2g} errors of both."
    )
    return Outcome(CheckStatus.PASS, integral.precision, text)
