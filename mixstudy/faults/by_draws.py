"""Which known mistake posterior draws show."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.data.sample import WeightedSample, default_prior
from mixstudy.em.asymptotics import expand, identified, merged_variance
from mixstudy.em.fit import EMFit, fit_em
from mixstudy.faults.case import TEN_TIMES, Recognition, merged
from mixstudy.faults.catalogue import BY_NAME
from mixstudy.faults.steps import centred, unshared, unshared_errors
from mixstudy.model import LABELS, Floats

EXCHANGED = 0.001
"""Share of draws with mu1 > mu2 that an ordered model never has."""
APART = 3.0
"""Distance between means of chains, in sds within chains, that says they are in different places."""
TRAVELS = 1.0
"""Drift of a chain from its first quarter to its last half, in sds of the last half, that says warm-up."""
AT_REST = 3.0
"""How many times that drift must be what is left within the last half: a slow chain wanders there as well."""
NARROW = 0.8
"""Posterior sd over standard error below which the prior holds as much as half the likelihood's information."""
UNSHARED_NEAR, UNSHARED_FAR = 0.25, 0.1
"""How near the unshared model's sd of sigma must be, and how far the shared model's, relative."""


def recognise_draws(draws: ArrayLike, sample: WeightedSample, *, fit: EMFit | None = None) -> tuple[Recognition, ...]:
    """Name the known mistakes that posterior draws show, best first.

    Args:
        draws: Shape ``(chains, draws, 4)`` in the order of the labels, data units, before any reordering.
        sample: The observations.
        fit: The right answer by EM; fitted where None.

    Raises:
        ValueError: The draws have another shape.
    """
    array = np.asarray(draws, dtype=np.float64)
    if array.ndim != 3 or array.shape[2] != len(LABELS) or array.shape[1] < 8:  # noqa: PLR2004
        msg = f"draws have the shape (chains, draws, {len(LABELS)}) with 8 or more draws; got {array.shape}"
        raise ValueError(msg)
    fit = fit or fit_em(sample)
    found = [*_unordered(array[:, :, 1] > array[:, :, 2]), *_unmixed(ordered(array))]
    mixed = not any(r.fault.name != "unordered means" for r in found)
    moves = bool((array.std(axis=(0, 1)) > 0).all())
    if mixed and moves and (slack := _slack(fit)) is not None:
        found += [*_unshared_draws(ordered(array), sample, fit, slack)] or [*_tight(ordered(array), fit, slack)]
    return merged(found)


def ordered(draws: Floats) -> Floats:
    """The draws with the labels exchanged wherever mu1 is above mu2, shape ``(chains, draws, 4)``."""
    exchanged = draws[:, :, 1] > draws[:, :, 2]
    found = np.where(exchanged[:, :, None], draws[:, :, [0, 2, 1, 3]], draws)
    found[:, :, 0] = np.where(exchanged, 1 - draws[:, :, 0], draws[:, :, 0])
    return found


def _slack(fit: EMFit) -> float | None:
    """How far the log of a right posterior's sd over the standard error may be from 0; None where nobody knows."""
    if not np.isfinite(fit.covariance).all():
        return None
    prior = default_prior(fit.sample)
    found = expand(fit.sample, np.array([*fit.parameters]), prior)
    known = identified(found.shift, merged_variance(fit, prior))
    return float(np.max(np.abs(found.shift))) + found.beyond if known else None


def _unordered(exchanged: np.typing.NDArray[np.bool_]) -> Iterator[Recognition]:
    share, by_chain = float(exchanged.mean()), ", ".join(f"{each:.0%}" for each in exchanged.mean(axis=1))
    if share > EXCHANGED:
        text = f"mu1 is above mu2 in {share:.1%} of the draws (by chain: {by_chain}): the labels are exchanged."
        strength = math.log10(share / EXCHANGED)
        yield Recognition(fault=BY_NAME["unordered means"], strength=strength, distance=share, explanation=text)


def _unmixed(draws: Floats) -> Iterator[Recognition]:
    """A chain that travels is in warm-up; chains at rest in different places are in different modes."""
    half, quarter = draws.shape[1] // 2, draws.shape[1] // 4
    late = draws[:, half:]
    within = late.std(axis=1).mean(axis=0)
    travel = np.abs(draws[:, :quarter].mean(axis=1) - late.mean(axis=1)) / within
    apart = np.ptp(late.mean(axis=1), axis=0) / within
    rest = np.abs(late[:, :quarter].mean(axis=1) - late[:, quarter:].mean(axis=1)) / within
    if travel.max() > max(TRAVELS, AT_REST * rest.max()):
        k, j = np.unravel_index(int(np.argmax(travel)), travel.shape)
        text = f"{LABELS[j]} in chain {k + 1} moves by {travel.max():.3g} sd from its first quarter to its last half."
        strength = math.log10(travel.max() / TRAVELS) + TEN_TIMES
        yield Recognition(
            fault=BY_NAME["a chain stopped in warm-up"],
            strength=strength,
            distance=float(travel.max()),
            explanation=text,
        )
    elif apart.max() > APART:
        label = LABELS[int(np.argmax(apart))]
        text = f"The chains' means of {label} are {apart.max():.3g} sds apart, and each chain stays where it is."
        strength = math.log10(apart.max() / APART) + TEN_TIMES
        yield Recognition(
            fault=BY_NAME["chains in different modes"], strength=strength, distance=float(apart.max()), explanation=text
        )


def _tight(draws: Floats, fit: EMFit, slack: float) -> Iterator[Recognition]:
    """A posterior much narrower than the likelihood must have its information from the prior."""
    ratio = draws.std(axis=(0, 1)) / np.array(fit.standard_errors)
    pull = (draws.mean(axis=(0, 1)) - np.array([*fit.parameters])) / np.array(fit.standard_errors)
    j = int(np.argmin(ratio))
    if ratio[j] < NARROW * math.exp(-slack):
        text = (
            f"The posterior sd of {LABELS[j]} is {ratio[j]:.2g} of its standard error and its mean is {pull[j]:+.2g} "
            f"standard errors from the likelihood's maximum: the prior holds {1 - ratio[j] ** 2:.0%} of what is known."
        )
        strength = -math.log10(ratio[j])
        yield Recognition(
            fault=BY_NAME["a prior far too tight"], strength=strength, distance=float(ratio[j]), explanation=text
        )


def _unshared_draws(draws: Floats, sample: WeightedSample, fit: EMFit, slack: float) -> Iterator[Recognition]:
    """Sigma's mean and sd are those of one of two sigmas, which is wider, being known from one component."""
    mean, sd = float(draws[:, :, 3].mean()), float(draws[:, :, 3].std())
    shift = np.array([0, sample.mean, sample.mean, 0])
    both = unshared(data := centred(sample), np.array([*fit.parameters]) - shift)
    for k, (theta, expected) in enumerate(zip(both, unshared_errors(data, both).tolist(), strict=True), 1):
        if math.isnan(expected):
            continue
        near, far = abs(math.log(sd / expected)), abs(math.log(sd / fit.standard_errors.sigma))
        off = abs(mean - theta[3]) / expected
        if near < UNSHARED_NEAR and far > UNSHARED_FAR + slack and near < far / 2 and off < 1:
            text = (
                f"Sigma has posterior sd {sd:.3g}, that of component {k}'s own sigma ({expected:.3g}), where a shared "
                f"one has {fit.standard_errors.sigma:.3g}; its mean is {off:.2g} sds from component {k}'s."
            )
            strength = math.log10(far / max(near, 0.01))
            yield Recognition(fault=BY_NAME["sigma left unshared"], strength=strength, distance=near, explanation=text)
