"""EM on any number of fits in one call, or on one, followed step by step; the climb itself is in ``algorithm``."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixstudy.em.algorithm import MAX_STEPS, climb, climb_all
from mixstudy.model import LABELS, Floats

STEPS = ("start", "em", "squarem", "newton")
"""What a step of a climb can be, in the order of ``algorithm``'s numbers."""


class EMStatus(Enum):
    """How a run of EM ended, in the order of ``algorithm``'s numbers."""

    CONVERGED = "EM converged: it stands within a millionth of a standard error of a maximum of the likelihood."
    ITERATION_LIMIT = "EM was stopped by its limit on iterations before it reached a maximum."
    SADDLE = "EM came to rest on a saddle of the likelihood (both means equal), which is not a maximum."
    EMPTIED = "EM lost a component: its expected count fell to zero."
    PLAIN = "Textbook EM ran for the iterations asked for; whether it had converged was not judged."
    ROUNDED = "EM came as near to a maximum as floats allow: sigma is hardly wider than the gaps between them there."


class Ends(NamedTuple):
    """Where the climbs of each data set ended, one from each of its starts; arrays of shape ``(sets, starts)``."""

    theta: Floats
    """The parameters, shape ``(sets, starts, 4)``."""
    log_likelihood: Floats
    """Their height, nats."""
    distance: Floats
    """Distance to the maximum, standard errors; infinite where there is none near."""
    status: NDArray[np.int64]
    """How it ended: the place in ``EMStatus``."""
    leader: NDArray[np.int64]
    """The start whose climb it went on as: its own, or an earlier one whose maximum it met."""


def run_em(points: Floats, weights: Floats, starts: Floats, *, held: Sequence[int] = ()) -> Ends:
    """Climb to a maximum from every start of every data set (accelerated EM).

    Args:
        points: Shape ``(m,)``.
        weights: Of the points, one row for each data set, shape ``(sets, m)``; or ``(m,)`` for all.
        starts: Shape ``(sets, starts, 4)``.
        held: Parameters that keep the start's value, by their place in ``LABELS``.
    """
    ends = climb_all(points, np.atleast_2d(weights), np.ascontiguousarray(starts), _mask(held))
    codes = ends[..., 6:].astype(np.int64)
    return Ends(ends[..., :4], ends[..., 4], ends[..., 5], codes[..., 0], codes[..., 1])


class Path(NamedTuple):
    """One climb, step by step."""

    steps: tuple[str, ...]
    """What each was."""
    iterates: Floats
    """Parameters and log-likelihood after each, shape ``(k, 5)``."""
    distance: float
    """Distance of the last from the maximum, standard errors."""
    status: EMStatus
    """How the climb ended."""


def follow(points: Floats, weights: Floats, start: Floats, *, iterations: int | None = None) -> Path:
    """Climb from one start and keep the path: accelerated to a maximum, or by so many iterations of textbook EM."""
    limit = MAX_STEPS if iterations is None else iterations
    path = np.empty((limit + 1, 1 + len(LABELS) + 1))
    known = np.empty((0, len(LABELS)))
    _, _, status, distance, steps, _ = climb(points, weights, start, _mask(()), iterations is None, limit, known, path)
    kinds, iterates = path[: steps + 1, 0], path[: steps + 1, 1:].copy()
    return Path(tuple(STEPS[int(kind)] for kind in kinds), iterates, distance, tuple(EMStatus)[status])


def _mask(held: Sequence[int]) -> NDArray[np.bool_]:
    return np.isin(np.arange(len(LABELS)), held)
