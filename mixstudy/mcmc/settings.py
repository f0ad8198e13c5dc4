"""How a posterior is sampled: the settings alone, so that they can be read and checked without loading PyMC."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

BOUNDS = {"chains": (2, 1000), "draws": (4, 10**6), "tune": (1, 10**6), "seed": (0, 2**63 - 1)}
"""Least and most; a thousand chains, or a million draws of each, are a slip of the pen that would fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerSettings:
    """How the posterior is sampled."""

    sampler: Literal["nutpie", "pymc"] = "nutpie"
    """Which NUTS."""
    chains: int = 4
    """Chains, at least 2, each from a point of its own."""
    draws: int = 1000
    """Draws kept from each chain, at least 4."""
    tune: int = 500
    """Tuning draws of each chain, thrown away, at least 1."""
    target_accept: float = 0.95
    """Acceptance rate that the step size is tuned for, in (0, 1)."""
    seed: int = 0
    """Seed of the chains and of their starting points, 0 or above."""
    escalate: bool = True
    """Whether chains that do not pass are tuned longer, where they had not arrived, or replaced by the integral."""

    def __post_init__(self) -> None:
        for name, (least, most) in BOUNDS.items():
            value = getattr(self, name)
            if not least <= value <= most:
                rule = f"at least {least}" if value < least else f"at most {most}"
                msg = f"{name} must be {rule}, got {value}"
                raise ValueError(msg)
        if self.sampler not in ("nutpie", "pymc"):
            msg = f"sampler must be 'nutpie' or 'pymc', got {self.sampler!r}"
            raise ValueError(msg)

    def tuned_longer(self, times: int) -> SamplerSettings:
        """The same with so many times as many tuning draws, as far as their bound."""
        return replace(self, tune=min(times * self.tune, BOUNDS["tune"][1]))


DEFAULT = SamplerSettings()
"""How one posterior is sampled, unless said otherwise."""
MANY = SamplerSettings(draws=500)
"""How those of many data sets are: half the draws pass as often, and the numbers of a row are the integral's."""
