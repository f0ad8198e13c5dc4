"""What right and other programs give on the same data, each computed once."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from mixstudy.data.sample import WeightedSample
from mixstudy.faults.single import in_turn, single_precision
from mixstudy.faults.steps import Points, centred, k_means_start, path, unshared
from mixstudy.model import Floats


class Runs:
    """Runs on one sample, in centred units."""

    def __init__(self, sample: WeightedSample, *, right: Floats, start: Floats | None) -> None:
        """Nothing is run before it is asked for; ``right`` is EM's estimate, ``start`` the given start, centred."""
        self._sample, self._right, self._start = sample, right, start

    @cached_property
    def data(self) -> Points:
        """The points about their mean."""
        return centred(self._sample)

    @cached_property
    def from_start(self) -> Floats | None:
        """Textbook EM's iterates from the given start, shape ``(k, 4)``; None where there is none."""
        return None if self._start is None else np.array([self._start, *path(self.data, self._start)])

    @cached_property
    def from_k_means(self) -> Floats:
        """Textbook EM's iterates from the clusters of k-means, shape ``(k, 4)``."""
        start = k_means_start(self.data)
        return np.array([start, *path(self.data, start)])

    @cached_property
    def two_sigmas(self) -> tuple[Floats, Floats]:
        """The fit with two sigmas, with sigma1 and with sigma2 in sigma's place."""
        return unshared(self.data, self._right)

    @cached_property
    def single(self) -> Floats:
        """Textbook EM in single precision, about zero."""
        centre = self._sample.centre
        return single_precision(self._sample.points, self._sample.weights, self._right + centre) - centre

    @cached_property
    def single_in_turn(self) -> Floats:
        """The same with its sums added one after the other, in the order of the observations."""
        sample, centre = self._sample, self._sample.centre
        return single_precision(sample.points, sample.weights, self._right + centre, in_turn) - centre
