"""Each mistake made on purpose: on an estimate, in the data, in posterior draws."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.data.sample import WeightedSample
from mixstudy.em.fit import EMFit, fit_em, random_start
from mixstudy.faults.catalogue import BY_NAME, FAULTS
from mixstudy.faults.steps import (
    FEW,
    LOOSE,
    RIGHT,
    centred,
    iterate,
    k_means_start,
    single_precision,
    tolerance_stop,
    unshared,
    unshared_errors,
)
from mixstudy.model import Floats, Parameters


def reproduce(
    name: str, sample: WeightedSample, *, fit: EMFit | None = None, start: ArrayLike | None = None, seed: int = 0
) -> dict[str, Floats]:
    """Make a mistake on purpose: what it gives on these data, one estimate for each of its variants.

    Args:
        name: Name of a fault that is seen in an estimate.
        sample: The observations, uncompressed where the fault is sharp (hard assignment, precedence).
        fit: The right answer, from which faulty iterations start; fitted where None.
        start: Start of the iterations in its place, data units.
        seed: Seed of the blind start of "too few iterations".

    Returns:
        Variant to ``(weight, mu1, mu2, sigma)``, data units, labels as they come; NaN where it breaks down.

    Raises:
        ValueError: The fault is unknown or is not seen in an estimate.
    """
    fault = BY_NAME.get(name)
    if fault is None or fault.seen_in != "estimate":
        known = ", ".join(f"'{each.name}'" for each in FAULTS if each.seen_in == "estimate")
        msg = f"name must be a fault seen in an estimate ({known}), got {name!r}"
        raise ValueError(msg)
    fit = fit or fit_em(sample)
    shift = np.array([0, sample.mean, sample.mean, 0])
    right = np.array([*fit.parameters])
    first = right if start is None else np.asarray(start, dtype=np.float64)
    made = {label: iterate(step, centred(sample), first - shift) + shift for label, step in fault.steps}
    if fault.reports is not None:
        made["reported"] = fault.reports(right)
    return made | {k: theta + shift for k, theta in _special(name, sample, fit, start=start, seed=seed)}


def _special(
    name: str, sample: WeightedSample, fit: EMFit, *, start: ArrayLike | None, seed: int
) -> Iterator[tuple[str, Floats]]:
    """The mistakes that are no step of their own, in centred units."""
    data, shift = centred(sample), np.array([0, sample.mean, sample.mean, 0])
    right = np.array([*fit.parameters]) - shift
    if name == "sigma left unshared":
        yield from zip(("sigma1", "sigma2"), unshared(data, right), strict=True)
    elif name == "a start that falls into the saddle":
        near = np.array([0.4, -0.02 * sample.sd, 0.02 * sample.sd, sample.sd])
        yield "", iterate(RIGHT, data, near, steps=FEW)
    elif name == "a lower maximum":
        yield from ((f"number {k}", np.array([*top.parameters]) - shift) for k, top in enumerate(fit.maxima[1:], 2))
    elif name == "too few iterations":
        first = random_start(sample, seed=seed) if start is None else np.asarray(start, dtype=np.float64)
        yield f"{FEW}", iterate(RIGHT, data, first - shift, steps=FEW)
    elif name == "a loose tolerance":
        first = k_means_start(data) if start is None else np.asarray(start, dtype=np.float64) - shift
        yield from ((f"{each:g}", tolerance_stop(data, first, tolerance=each)) for each in (10 * LOOSE, LOOSE))
    elif name == "float32":
        yield "", single_precision(sample.points, sample.weights, right + shift) - shift


def reproduce_data(name: str, truth: Parameters, *, n: int, seed: int) -> Floats:
    """Draw data by a mistaken recipe, shape ``(n,)``: "heights used as data" or "the randn sampler".

    Raises:
        ValueError: The fault is unknown or not one of the data.
    """
    rng = np.random.default_rng(seed)
    weight, mu1, mu2, sigma = truth
    if name == "heights used as data":
        margin = mu2 - mu1
        u = rng.uniform(mu1 - margin / 2, mu2 + 3 * margin / 2, n)
        return weight * np.exp(-((u - mu1) ** 2) / 2 * sigma**2) + (1 - weight) * np.exp(
            -((u - mu2) ** 2) / 2 * sigma**2
        )
    if name == "the randn sampler":
        means = np.where(rng.standard_normal(n) < weight, mu1, mu2)
        return means + sigma * rng.standard_normal(n)
    msg = f"name must be a fault seen in the data, got {name!r}"
    raise ValueError(msg)


def reproduce_draws(name: str, fit: EMFit, *, seed: int, chains: int = 4, draws: int = 1000) -> Floats:
    """Draw from the large-sample posterior with a mistake, shape ``(chains, draws, 4)``; a right one for ``""``.

    NaN where the mistake breaks down on these data, as a sigma left unshared does that shrinks to a point.

    Raises:
        ValueError: The fault is unknown or not one of the draws.
    """
    rng = np.random.default_rng(seed)
    right, covariance = np.array([*fit.parameters]), fit.covariance
    errors = np.sqrt(np.diag(covariance))
    if name == "sigma left unshared":
        shift = np.array([0, fit.sample.mean, fit.sample.mean, 0])
        both = unshared(data := centred(fit.sample), right - shift)
        right = both[0] + shift
        wider = np.diag([1, 1, 1, unshared_errors(data, both)[0] / errors[3]])
        covariance = wider @ covariance @ wider
    elif name == "a prior far too tight":
        prior = np.diag(1 / (errors / 3) ** 2)
        covariance = np.linalg.inv(np.linalg.inv(covariance) + prior)
        right = right + covariance @ prior @ (3 * errors)
    if not (np.isfinite(covariance).all() and np.isfinite(right).all()):
        return np.full((chains, draws, 4), math.nan)
    made = rng.multivariate_normal(right, covariance, size=(chains, draws))
    if name == "unordered means":
        swapped = (np.arange(draws) // (draws // 5) + np.arange(chains)[:, None]) % 2 == 1
        made[swapped] = np.array([1, 0, 0, 0]) + made[swapped][:, [0, 2, 1, 3]] * np.array([-1, 1, 1, 1])
    elif name == "a chain stopped in warm-up":
        made += 20 * errors * np.exp(-np.arange(draws) / (draws / 3))[:, None] * rng.choice([-1, 1], (chains, 1, 4))
    elif name == "chains in different modes":
        made[: chains // 2] += 8 * errors
    elif name not in {"", "sigma left unshared", "a prior far too tight"}:
        msg = f"name must be a fault seen in draws, got {name!r}"
        raise ValueError(msg)
    return made
