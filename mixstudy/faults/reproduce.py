"""Each mistake made on purpose: on an estimate, in the data, in posterior draws."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.data.sample import WeightedSample
from mixstudy.em.fit import EMFit, fit_em
from mixstudy.faults.catalogue import BY_NAME, FAULTS
from mixstudy.faults.fault import Fault, Making
from mixstudy.faults.steps import centred, iterate
from mixstudy.model import LABELS, Floats, Parameters


def reproduce(
    name: str, sample: WeightedSample, *, fit: EMFit | None = None, start: ArrayLike | None = None, seed: int = 0
) -> dict[str, Floats]:
    """Make a mistake on purpose: what it gives on these data, one estimate for each of its variants.

    Args:
        name: Name of a fault that is seen in an estimate.
        sample: The observations, uncompressed where the fault is sharp (hard assignment, precedence).
        fit: The right answer, from which faulty iterations start; fitted where None.
        start: Start of the iterations in its place, data units.
        seed: Seed of the blind start of a run that is stopped too early.

    Returns:
        Variant to ``(weight, mu1, mu2, sigma)``, data units, labels as they come; NaN where it breaks down.

    Raises:
        ValueError: The fault is unknown or is not seen in an estimate.
    """
    fault = _known(name, [each for each in FAULTS if each.seen_in == "estimate"], "an estimate")
    fit = fit or fit_em(sample)
    centre, right = sample.centre, fit.parameters.array
    first = right if start is None else np.asarray(start, dtype=np.float64)
    made = {label: iterate(step, centred(sample), first - centre) + centre for label, step in fault.steps}
    made |= {slip.label: slip.make(right, sample) for slip in fault.slips}
    if fault.make is not None:
        begin = None if start is None else first - centre
        making = Making(sample=sample, fit=fit, right=right - centre, start=begin, seed=seed)
        made |= {label: theta + centre for label, theta in fault.make(making)}
    return made


def _known(name: str, faults: list[Fault], where: str) -> Fault:
    if name not in (each.name for each in faults):
        known = ", ".join(f"'{each.name}'" for each in faults)
        msg = f"name must be a fault seen in {where} ({known}), got {name!r}"
        raise ValueError(msg)
    return BY_NAME[name]


def reproduce_data(name: str, truth: Parameters, *, n: int, seed: int) -> Floats:
    """Draw data by a mistaken recipe, shape ``(n,)``.

    Raises:
        ValueError: The fault is unknown or not one of the data.
    """
    fault = _known(name, [each for each in FAULTS if each.make_data is not None], "the data")
    return np.empty(0) if fault.make_data is None else fault.make_data(truth, n, np.random.default_rng(seed))


def reproduce_draws(name: str, fit: EMFit, *, seed: int, chains: int = 4, draws: int = 1000) -> Floats:
    """Draw from the large-sample posterior with a mistake, shape ``(chains, draws, 4)``; a right one for ``""``.

    NaN where the mistake breaks down on these data, as a sigma left unshared does that shrinks to a point.

    Raises:
        ValueError: The fault is unknown or not one of the draws.
    """
    rng, shape = np.random.default_rng(seed), (chains, draws, len(LABELS))
    fault = _known(name, [each for each in FAULTS if each.make_draws is not None], "draws") if name else None
    if not np.isfinite(fit.covariance).all():
        return np.full(shape, math.nan)
    right = rng.multivariate_normal(fit.parameters.array, fit.covariance, size=shape[:2])
    made = right if fault is None or fault.make_draws is None else fault.make_draws(fit, right, rng)
    return made if np.isfinite(made).all() else np.full(shape, math.nan)
