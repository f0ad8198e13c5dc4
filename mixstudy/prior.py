"""The prior, scaled to the data.

weight ~ Beta(1, 1),  mu1 < mu2 each ~ Normal(centre, 2.5 scale),  sigma ~ HalfNormal(scale)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.model import Floats
from mixstudy.sample import WeightedSample

MU_SCALES = 2.5
"""Prior standard deviation of the means, in standard deviations of the data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """The prior, by the two numbers that scale it."""

    centre: float
    """Prior mean of both component means, data units."""
    scale: float
    """Unit of the prior: 2.5 of it spread the means, one of it spreads sigma; data units, above 0."""

    def __post_init__(self) -> None:
        if not (np.isfinite(self.centre) and np.isfinite(self.scale) and self.scale > 0):
            msg = f"a prior needs a finite centre and a finite scale above 0, got {self.centre!r} and {self.scale!r}"
            raise ValueError(msg)

    def lines(self) -> tuple[str, ...]:
        """The prior as a reader would write it, one line for each parameter."""
        mean = f"Normal({self.centre:.6g}, {MU_SCALES * self.scale:.6g})"
        return (
            "weight ~ Beta(1, 1)",
            f"mu1 ~ {mean}",
            f"mu2 ~ {mean}, mu1 < mu2",
            f"sigma ~ HalfNormal({self.scale:.6g})",
        )

    def score(self, theta: ArrayLike) -> Floats:
        """Gradient of the log prior in (weight, mu1, mu2, sigma) at ``theta``, shape ``(4,)``."""
        _, mu1, mu2, sigma = np.asarray(theta, dtype=np.float64)
        spread = MU_SCALES * self.scale
        pull = (self.centre - np.array([mu1, mu2])) / spread / spread  # squares of absurd scales overflow
        return np.array([0.0, *pull, -sigma / self.scale / self.scale])

    def draw(self, draws: int, *, seed: int) -> dict[str, Floats]:
        """Draw from the prior; each array has shape ``(draws,)``, data units."""
        rng = np.random.default_rng(seed)
        mu = np.sort(rng.normal(self.centre, MU_SCALES * self.scale, (draws, 2)), axis=1)
        sigma = np.abs(rng.normal(0, self.scale, draws))
        return {"weight": rng.random(draws), "mu1": mu[:, 0], "mu2": mu[:, 1], "sigma": sigma}


def default_prior(sample: WeightedSample) -> Prior:
    """The weakly informative prior: centred on the mean of the data, scaled by their standard deviation."""
    return Prior(centre=sample.mean, scale=sample.sd)
