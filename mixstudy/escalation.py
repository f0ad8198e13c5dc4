"""A sampler that does not give up: what is tried, in which order, until the diagnostics pass.

Plain settings fail on a third to a half of truths drawn from the prior: few observations in a component, means hardly
apart, two modes. Each rung of the ladder is another way to the same posterior; the first that passes is kept. The order
is by cost: in coordinates that suit weak identification chains of twice the length pass on nearly all that failed
(``Coordinates.MIXTURE``), plain coordinates suit far outlying components better, and sequential Monte Carlo, which
crosses between modes, takes as long as all the others together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mixstudy.diagnostics import MIN_ESS_PER_CHAIN, SamplerStatus
from mixstudy.sampling import Coordinates, SamplerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One way to draw from the posterior."""

    name: str
    """As a reader would call it."""
    coordinates: Coordinates | None
    """Coordinates of the chains; None for sequential Monte Carlo."""
    tune: int = 1
    """Tuning draws, in multiples of those asked for."""
    draws: int = 1
    """Draws kept, likewise."""
    target_accept: float = 0.0
    """Acceptance rate tuned for, at least; the one asked for where that is higher."""

    def settings(self, asked: SamplerSettings) -> SamplerSettings:
        """The settings that were asked for, as far as this rung changes them."""
        return replace(
            asked,
            tune=self.tune * asked.tune,
            draws=self.draws * asked.draws,
            target_accept=max(self.target_accept, asked.target_accept),
        )


LADDER = (
    Rung(name="as asked", coordinates=Coordinates.PLAIN),
    Rung(name="longer, in mixture coordinates", coordinates=Coordinates.MIXTURE, tune=2, draws=2, target_accept=0.98),
    Rung(name="longer, in plain coordinates", coordinates=Coordinates.PLAIN, tune=3, draws=3, target_accept=0.99),
    Rung(name="longest, in mixture coordinates", coordinates=Coordinates.MIXTURE, tune=3, draws=5, target_accept=0.99),
    Rung(name="sequential Monte Carlo", coordinates=None, draws=2),
)
"""All rungs, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at a posterior."""

    name: str
    """Which rung of the ladder."""
    status: SamplerStatus
    """How it ended."""
    seconds: float
    """How long it took."""


def ladder(settings: SamplerSettings) -> tuple[Rung, ...]:
    """The rungs to be tried with these settings; the first alone where chains are too short to pass on any."""
    hopeless = settings.draws < MIN_ESS_PER_CHAIN
    return LADDER if settings.escalate and not hopeless else LADDER[:1]
