"""The certificate that compressed observations have the likelihood of all of them: bounded, and measured by SciPy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.compression.compress import NATS, RELATIVE, CompressedSample, Region, weighted_points
from mixstudy.compression.lattice import count_batches
from mixstudy.model import Floats, Parameters, log_likelihood

CHECKED = 1_000_000
"""Observations that are read again, at most, to measure the error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """That the points give the likelihood of the observations."""

    region: Region
    """Where: it covers every parameter that was asked for."""
    bound: float
    """Bound on the error of the log-likelihood over the region, nats."""
    tolerance: float
    """Error that counts as none, nats."""
    checked: int
    """Observations that were read again to measure the error by SciPy's density; 0 where the stream is gone."""
    measured: float
    """Largest difference of their log-likelihood from that of their points, nats; NaN where none was measured."""
    rounding: float
    """What the measured difference may be, nats: the tolerance and the rounding of the log-likelihood itself."""

    @property
    def holds(self) -> bool:
        """Whether the bound and the measured error are both within what is allowed."""
        return self.bound <= self.tolerance and not self.measured > self.rounding  # NaN where none was measured


def certify(sample: CompressedSample, theta: ArrayLike, *, places: ArrayLike) -> Certificate:
    """Bound the error over all parameters ``theta``, shape ``(m, 4)``, and measure it at ``places``, shape ``(k, 4)``.

    Raises:
        DataError: The observations, read again, are not the same.
    """
    region = Region.around(theta)
    some = _read_again(sample)
    errors, heights = [math.nan], [0.0]
    if some is not None:
        points, weights = sample.points, sample.weights
        if some.size < sample.n:
            points, weights = weighted_points(count_batches([some], sample.cells.exponent), sample.level, sample.order)
        for place in np.atleast_2d(np.asarray(places, dtype=np.float64)):
            parameters = Parameters.relabelled(place)
            heights.append(log_likelihood(some, parameters))
            errors.append(abs(heights[-1] - log_likelihood(points, parameters, weights=weights)))
    return Certificate(
        region=region,
        bound=sample.bound(region),
        tolerance=sample.tolerance,
        checked=0 if some is None else some.size,
        measured=float(np.max(errors[1:], initial=0.0)) if some is not None else math.nan,
        rounding=NATS + RELATIVE * max(map(abs, heights)),
    )


def _read_again(sample: CompressedSample) -> Floats | None:
    """Evenly spaced observations of the first batches, up to ``CHECKED``."""
    if sample.again is None:
        return None
    batches, found = [], 0
    for batch in sample.again():
        batches.append(np.asarray(batch, dtype=np.float64))
        found += batch.size
        if found >= CHECKED:
            break
    together = np.concatenate(batches)
    return np.ascontiguousarray(together[:: -(-together.size // CHECKED)])
