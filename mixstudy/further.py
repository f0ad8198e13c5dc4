"""What a reader asks after the verdict, which does not depend on it.

Does the posterior follow its prior? Would one component predict as well? Do the draws bear the mark of a mistake?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mixstudy.adequacy import raw_observations
from mixstudy.loo import LOOComparison, compare_loo
from mixstudy.model import LABELS
from mixstudy.recognition import Recognition, recognise_draws
from mixstudy.sensitivity import prior_sensitivity

if TYPE_CHECKING:
    from mixstudy.em import EMFit
    from mixstudy.posterior import Posterior

FOLLOWS = 0.05
"""Sensitivity above which a posterior follows what is scaled (Kallioinen et al. 2024)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Further:
    """Answers beside the verdict."""

    sensitivity: pd.DataFrame
    """A row for each parameter: how far its posterior follows the prior and the likelihood (power scaling)."""
    loo: LOOComparison | None
    """Two components against one by leave-one-out; None without raw observations."""
    mistakes: tuple[Recognition, ...]
    """Known mistakes whose marks the draws bear, best first."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answers in words, one for each question that could be put."""
        follows = [str(label) for label, row in self.sensitivity.iterrows() if row["prior"] > FOLLOWS]
        prior = f"The prior is felt in {', '.join(follows)}" if follows else "The prior is not felt"
        largest = self.sensitivity["prior"].max()
        found = [
            f"{prior}: for each doubling of its power a posterior moves by {largest:.2g} at most (a distance between "
            f"distributions), where {FOLLOWS:g} counts."
        ]
        if self.loo is not None:
            found.append(self.loo.sentence)
        found += [f"{each.fault.name[0].upper()}{each.fault.name[1:]}: {each.explanation}" for each in self.mistakes]
        return tuple(found)


def look_further(posterior: Posterior, *, fit: EMFit) -> Further:
    """Answer what does not change the verdict; about half a second."""
    raw = raw_observations(posterior.sample)
    usable = raw is not None and bool((raw.counts == 1).all())
    draws = np.stack([posterior.data["posterior"][label].to_numpy() for label in LABELS], axis=-1)
    return Further(
        sensitivity=prior_sensitivity(posterior),
        loo=compare_loo(raw.x, posterior.draws, seed=posterior.settings.seed) if raw is not None and usable else None,
        mistakes=recognise_draws(draws, posterior.sample, fit=fit),
    )
