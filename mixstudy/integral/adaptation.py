"""How the proposal becomes known: draw, weigh, fit, and draw again (population Monte Carlo: Cappe et al. 2008).

It starts with a component at every mode and a wide one. In each round all draws so far are weighed against the mixture
of all proposals they came from (deterministic-mixture weights: Veach & Guibas 1995), the components move towards them
by EM, and new ones are added where the weights are largest, since the proposal lacks something there (Raftery & Bao
2010). What it moves towards is not the posterior but the posterior times ``1 + d^2``, where d is the distance from the
posterior mean in posterior sds (root mean square over the four parameters): standard deviations and interval ends are
best estimated from draws that reach farther into the tails.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixstudy.integral.modes import Peak
from mixstudy.integral.proposal import DEFENSIVE, Proposal
from mixstudy.integral.target import Target
from mixstudy.model import Floats

DRAWS = 4096
"""Draws of a round."""
FEWEST_ROUNDS, MOST_ROUNDS = 3, 8
"""Rounds."""
STEPS = 5
"""Steps of EM in a round."""
FIRST, BORN, MOST = 10, 3, 24
"""Components after the first round, those that each later round adds, and the most there are."""
ENOUGH = 0.6
"""Effective share of a round's draws at which the proposal is good enough; being tilted it can reach 0.75 or so."""
HEAVIEST = 8.0
"""Largest weight of a draw, in mean weights, that goes with it."""
STEADY = 400.0
"""Effective draws that a fit is made to; where there are fewer the weights are tempered."""
CENTRE = (0.0, -0.5, 0.0, 0.0)
WIDE = (2.5, 2.0, 1.5, 1.5)
"""Scales of the wide component: logit weight, log k, and mean and log sd in their standard errors."""
LEAST_KURTOSIS = 1.5
"""Kurtosis from which the standard error of log sd is taken, at least: two far clumps have 1."""
INFLATED = 1.3
"""Scale of the first components, in Laplace covariances."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weighed:
    """Draws of several proposals and their densities."""

    u: Floats
    """Mixture coordinates, shape ``(m, 4)``."""
    heights: Floats
    """Log posterior density up to the evidence, nats, shape ``(m,)``."""
    proposals: tuple[Proposal, ...] = ()
    """What they came from, equally many from each."""
    densities: Floats
    """Density of the mixture of all proposals, times their number, shape ``(m,)``."""

    def with_round(self, target: Target, proposal: Proposal, *, seed: np.random.Generator) -> Weighed:
        """With the draws of another proposal."""
        u = proposal.draw(DRAWS, seed=seed)
        before = sum((each.density(u) for each in self.proposals), np.zeros(len(u)))
        return Weighed(
            u=np.concatenate([self.u, u]),
            heights=np.concatenate([self.heights, target.log_density(u)]),
            proposals=(*self.proposals, proposal),
            densities=np.concatenate([self.densities + proposal.density(self.u), before + proposal.density(u)]),
        )

    @property
    def log_weights(self) -> Floats:
        """Of all draws, shape ``(m,)``."""
        return self.heights - np.log(self.densities)


def adapt(target: Target, peaks: Sequence[Peak], *, seed: np.random.Generator) -> tuple[Proposal, Weighed]:
    """A proposal fitted to the posterior, and the draws that it was fitted to."""
    proposal = first_proposal(target, peaks)
    weighed = Weighed(u=np.empty((0, 4)), heights=np.empty(0), densities=np.empty(0))
    for k in range(MOST_ROUNDS):
        weighed = weighed.with_round(target, proposal, seed=seed)
        own = np.exp(weighed.heights[-DRAWS:] - weighed.heights[-DRAWS:].max()) / proposal.density(weighed.u[-DRAWS:])
        own /= own.mean()
        if k >= FEWEST_ROUNDS and 1 / np.mean(own**2) > ENOUGH and own.max() < HEAVIEST:
            break
        p = tempered(weighed.log_weights)
        proposal = with_births(proposal, weighed.u, p, components=min(FIRST + BORN * k, MOST))
        aim = tilted(target, weighed.u, p)
        for _ in range(STEPS):
            proposal = proposal.fitted(weighed.u, aim)
    return proposal, weighed


def first_proposal(target: Target, peaks: Sequence[Peak]) -> Proposal:
    """A component at every mode, those of little mass with a share beyond it, and the wide one."""
    error = 1 / math.sqrt(target.n)
    kurtosis = max(float(target.weights @ target.t**4) / target.n, LEAST_KURTOSIS)
    wide = np.multiply(WIDE, [1, 1, error, error * math.sqrt(kurtosis - 1) / 2])
    masses = np.array([peak.log_mass for peak in peaks])
    shares = np.exp((masses - masses.max(initial=-np.inf)) / 4)
    return Proposal(
        shares=np.append(0.6 * shares / shares.sum(), 0.4) if peaks else np.ones(1),
        means=np.array([*(peak.u for peak in peaks), CENTRE]),
        scales=np.array([*(INFLATED * peak.covariance for peak in peaks), np.diag(wide**2)]),
    )


def tempered(log_weights: Floats) -> Floats:
    """Weights, sum 1, raised to the largest power up to 1 that leaves ``STEADY`` effective draws."""
    low, high = 0.0, 1.0
    for power in (1.0, *[None] * 20):
        tried = (low + high) / 2 if power is None else power
        p = np.exp(tried * (log_weights - log_weights.max()))
        p /= p.sum()
        if 1 / float(p @ p) < STEADY:
            high = tried
        elif power is not None:
            return p
        else:
            low = tried
    return p


def tilted(target: Target, u: Floats, p: Floats) -> Floats:
    """Weights for the posterior as weights for what the proposal moves towards."""
    theta = target.from_mixture(u)
    mean = p @ theta
    squares = (theta - mean) ** 2
    aim = p * (1 + (squares / (p @ squares)).mean(axis=1))
    return np.asarray(aim / aim.sum())


def with_births(proposal: Proposal, u: Floats, p: Floats, *, components: int) -> Proposal:
    """With new components at draws taken in proportion to the squares of the weights, up to ``components``."""
    born = components - (proposal.shares.size - 1)
    if born <= 0:
        return proposal
    squares = np.cumsum(p * p)
    place = np.searchsorted(squares / squares[-1], (np.arange(born) + 0.5) / born)
    centred = u - p @ u
    common = (p[:, None] * centred).T @ centred / math.sqrt(components)
    old = (1 - DEFENSIVE) * proposal.shares[:-1] / max(proposal.shares[:-1].sum(), 1e-300)
    share = born / components
    return Proposal(
        shares=np.concatenate([old * (1 - share), np.full(born, share / born * (1 - DEFENSIVE)), [DEFENSIVE]]),
        means=np.concatenate([proposal.means[:-1], u[place], proposal.means[-1:]]),
        scales=np.concatenate([proposal.scales[:-1], np.repeat(common[None], born, 0), proposal.scales[-1:]]),
    )
