"""The posterior, integrated: importance sampling from a proposal that has learnt what the posterior looks like.

    E[f] = sum_i w_i f(u_i) / sum_i w_i,    w_i = likelihood * prior / q at u_i ~ q,    evidence = mean w_i

Everything happens in units of the data's own mean and standard deviation, in the mixture coordinates of ``target``:
modes (``modes``), a proposal with a component at each and a wide one (``proposal``), fitted in a few rounds
(``adaptation``). Then quasi-random draws from it in independent batches, twice as many again until their differences
say that every interval end is known. No likelihood code is shared with EM or with the PyMC model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.compression.compress import CompressedSample, Region
from mixstudy.compression.refine import compress_if_large, refine, refine_until_accurate
from mixstudy.data.sample import WeightedSample, default_prior, require_scale
from mixstudy.integral.adaptation import adapt, tempered
from mixstudy.integral.modes import Peak, apart, climb, distinct, find_peaks
from mixstudy.integral.proposal import Proposal
from mixstudy.integral.result import BATCHES, Integral, Mode
from mixstudy.integral.target import Target
from mixstudy.model import Floats, Parameters, Prior

DRAWS, MOST = 2048, 16384
"""Draws of a batch at first, and the most; powers of two."""
APART = 6.0
"""Distance of the means in sigma from which each observation's component is certain."""
AIM = 0.02
"""Monte Carlo error, in posterior sds, at which no more are drawn."""
LEFT_OUT = 1e-4
"""Mass where points need not be accurate: too little to move an interval end or a standard deviation."""


def integrate(
    x: ArrayLike | WeightedSample, *, prior: Prior | None = None, modes: Sequence[Parameters] = (), seed: int = 0
) -> Integral:
    """Integrate the posterior by adaptive mixture importance sampling.

    Args:
        x: Observations, shape ``(n,)``, data units, or a weighted sample.
        prior: Replaces the prior that is scaled to the data.
        modes: Where there may be modes, data units, such as the maxima of the likelihood; others are looked for anyway.
        seed: Of the draws.

    Raises:
        DataError: The observations cannot be used.
    """
    sample = compress_if_large(x)
    require_scale(sample)
    prior, rng = prior or default_prior(sample), np.random.default_rng(seed)
    shape = _explore(sample, prior, modes, seed=rng)
    return refine_until_accurate(
        refine(sample, [shape.bulk]) or sample,
        lambda points: _integrate(points, prior, shape, seed=rng),
        lambda integral: [bulk(integral.theta, integral.weights)],
    )


def bulk(theta: Floats, weights: Floats) -> Region:
    """The parameters that hold all but ``LEFT_OUT`` of the mass."""
    order = np.argsort(weights)
    return Region.around(theta[order[np.cumsum(weights[order]) > LEFT_OUT]])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shape:
    """What the posterior looks like; good enough to draw by where the points were not quite accurate."""

    g: float | None
    """Of the target's coordinates."""
    peaks: Floats
    """Modes in those, shape ``(k, 4)``."""
    proposal: Proposal
    """Fitted to it."""
    bulk: Region
    """Where nearly all of the mass lies."""


def _explore(sample: WeightedSample, prior: Prior, modes: Sequence[Parameters], *, seed: np.random.Generator) -> _Shape:
    target = Target.of(sample, prior)
    target, peaks = _aligned(target, find_peaks(target, handed=[sample.to_standard(mode.array) for mode in modes]))
    proposal, weighed = adapt(target, peaks, seed=seed)
    where = bulk(_in_data_units(target, sample, weighed.u), tempered(weighed.log_weights))
    return _Shape(g=target.g, peaks=np.array([peak.u for peak in peaks]).reshape(-1, 4), proposal=proposal, bulk=where)


def _integrate(sample: WeightedSample, prior: Prior, shape: _Shape, *, seed: np.random.Generator) -> Integral:
    target, proposal = replace(Target.of(sample, prior), g=shape.g), shape.proposal
    u, log_weights, draws = np.empty((BATCHES, 0, 4)), np.empty((BATCHES, 0)), DRAWS
    while True:
        more = np.array([proposal.draw(draws, seed=seed) for _ in range(BATCHES)])
        flat = more.reshape(-1, 4)
        found = target.log_density(flat) - np.log(proposal.density(flat))
        u = np.concatenate([u, more], axis=1)
        log_weights = np.concatenate([log_weights, found.reshape(BATCHES, -1)], axis=1)
        draws = u.shape[1]
        integral = _integral(target, shape, u=u, log_weights=log_weights, sample=sample, prior=prior)
        if integral.precision <= AIM or draws >= MOST:
            return integral


def _aligned(target: Target, peaks: list[Peak]) -> tuple[Target, list[Peak]]:
    """The target in the coordinates for means far apart, where the highest peak's are, and the peaks there."""
    if not peaks or peaks[0].u[1] < math.log(APART):
        return target, peaks
    theta = target.from_mixture(np.array([peak.u for peak in peaks]))
    aligned = replace(target, g=float(theta[0, 0]))
    return aligned, distinct(climb(aligned, aligned.to_mixture(theta)))


def _in_data_units(target: Target, sample: WeightedSample, u: Floats) -> Floats:
    """Parameters in data units at mixture coordinates, shape ``(..., 4)``."""
    return sample.from_standard(target.from_mixture(u))


def _integral(
    target: Target, shape: _Shape, *, u: Floats, log_weights: Floats, sample: WeightedSample, prior: Prior
) -> Integral:
    """What weighted draws in batches, shape ``(b, m, 4)``, come to."""
    from arviz_stats.base.array import array_stats  # here, as it loads xarray

    largest = log_weights.max()
    weights = np.exp(log_weights - largest)
    each = weights.mean(axis=1)
    theta, p = _in_data_units(target, sample, u.reshape(-1, 4)), (weights / weights.sum()).ravel()
    accurate = not isinstance(sample, CompressedSample) or sample.is_accurate_over(bulk(theta, p))
    return Integral(
        theta=theta,
        weights=p,
        log_evidence=float(largest + np.log(each.mean()) - sample.n * math.log(sample.sd)),
        log_evidence_error=float(each.std(ddof=1) / math.sqrt(BATCHES) / each.mean()),
        modes=_modes(target, shape, u=u, log_weights=log_weights, sample=sample),
        pareto_k=float(array_stats.psislw(-log_weights[np.isfinite(log_weights)])[1]),
        ess=float(1 / (p @ p)),
        accurate=accurate,
        prior=prior,
        sample=sample,
    )


def _modes(
    target: Target, shape: _Shape, *, u: Floats, log_weights: Floats, sample: WeightedSample
) -> tuple[Mode, ...]:
    """All modes and their masses: what the proposal's components that climb to each are responsible for.

    None where no climb arrived.
    """
    proposal = shape.proposal
    ends = climb(target, np.concatenate([proposal.means[:-1], shape.peaks]))
    peaks = distinct(ends)
    if not peaks:
        return ()
    places = [mean if end is None else end.u for mean, end in zip(proposal.means[:-1], ends, strict=False)]
    owner = np.array([np.argmin([apart(place, peak) for peak in peaks]) for place in places])
    weights = np.exp(log_weights - log_weights.max())
    taken = np.array([proposal.masses(*each) for each in zip(u, weights, strict=True)])
    shares = np.array([taken[:, owner == k].sum(axis=1) for k in range(len(peaks))])
    mass, error = shares.mean(axis=1), shares.std(axis=1, ddof=1) / math.sqrt(BATCHES)
    where = _in_data_units(target, sample, np.array([peak.u for peak in peaks]))
    found = [
        Mode(parameters=Parameters.relabelled(where[k]), mass=float(mass[k]), error=float(error[k]))
        for k in np.argsort(-mass, kind="stable")
    ]
    return tuple(found)
