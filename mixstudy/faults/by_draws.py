"""Which known mistakes posterior draws show."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.data.sample import WeightedSample
from mixstudy.em.fit import EMFit, fit_em
from mixstudy.faults.case import TEN_TIMES
from mixstudy.faults.catalogue import FAULTS
from mixstudy.faults.draws_case import DrawsCase, deficit, make_draws_case
from mixstudy.faults.fault import Recognition, merged, recognised
from mixstudy.faults.slips import slips
from mixstudy.model import LABELS

FEWEST = 8
"""Draws of a chain below which nothing can be seen in it."""
FAR = 10.0
"""Median log-likelihood of draws below the maximum, nats, that no right posterior of four parameters has (about 2)."""
CLOSE = 5.0
"""The same after a slip is undone, at most, so that it explains the draws."""


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
    if array.ndim != 3 or array.shape[2] != len(LABELS) or array.shape[1] < FEWEST:  # noqa: PLR2004
        msg = f"draws have the shape (chains, draws, {len(LABELS)}) with {FEWEST} or more draws; got {array.shape}"
        raise ValueError(msg)
    if not (array.std(axis=(0, 1)) > 0).all():
        return ()  # without any spread there is nothing to recognise a mistake by
    fit = fit or fit_em(sample)
    case = make_draws_case(array, sample, fit)
    slipped, seen = _slipped(case)
    marks = [(fault, fault.find_in_draws(seen)) for fault in FAULTS if fault.find_in_draws is not None]
    return merged([*slipped, *recognised(marks)])


def _slipped(case: DrawsCase) -> tuple[list[Recognition], DrawsCase]:
    """Slips of the report that lift the draws' likelihood to where a posterior's is, and the draws without them."""
    before = case.deficit
    if before < FAR or not case.mixed:
        return [], case
    with np.errstate(all="ignore"):
        tried = [(undone, undone.undo(case.given, case.sample)) for undone in slips()]
    after, k = min((deficit(draws, case.fit), k) for k, (_, draws) in enumerate(tried))
    if after > CLOSE:
        return [], case
    undone, draws = tried[k]
    text = (
        f"The draws' log-likelihood is {before:.3g} nats below the maximum in the median, where a posterior's is about "
        f"2; with this undone it is {after:.2g}."
    )
    strength = math.log10(before / max(after, 2.0)) + TEN_TIMES
    slipped = [Recognition(fault=fault, strength=strength, distance=after, explanation=text) for fault in undone.faults]
    return slipped, make_draws_case(draws, case.sample, case.fit)
