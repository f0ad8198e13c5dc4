"""How many points a sample needs: few at first, more where a fit or draws lie beyond what those are accurate for."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.compression.compress import CompressedSample, Region, compress
from mixstudy.data.sample import WeightedSample, as_sample

THRESHOLD = 500
"""Up to this many observations are left as they are: their points would hardly be fewer."""
MARGIN = 1.25
"""Slopes beyond those that were found wanting, so that the points are accurate for the next fit or its draws, too."""
MAX_REFINEMENTS = 4
"""Times that work is repeated, each on finer cells than the one before."""


def compress_if_large(x: ArrayLike | WeightedSample) -> WeightedSample:
    """Compress plain observations where there are more than ``THRESHOLD``; leave the rest as they are.

    Raises:
        DataError: The observations cannot be used (see ``as_sample``).
    """
    if isinstance(x, np.ndarray) and x.ndim == 1 and x.dtype == np.float64 and x.size > THRESHOLD:
        return compress(x)
    sample = as_sample(x)
    plain = not isinstance(sample, CompressedSample) and sample.n > THRESHOLD and bool((sample.weights == 1).all())
    return compress(sample) if plain else sample


def refine_until_accurate[R](
    sample: WeightedSample, work: Callable[[WeightedSample], R], where: Callable[[R], Iterable[Region]]
) -> R:
    """Do the work on the sample, and again on finer cells until its points are accurate where the result stands.

    Args:
        sample: The observations; those that are not compressed are accurate everywhere.
        work: What is done with them: a fit, or draws from the posterior.
        where: The regions in which a result has used the likelihood.
    """
    result = work(sample)
    if not isinstance(sample, CompressedSample):
        return result
    for _ in range(MAX_REFINEMENTS):
        finer = refine(sample, where(result))
        if finer is None:
            break
        sample, result = finer, work(finer)
    return result


def refine(sample: WeightedSample, regions: Iterable[Region]) -> CompressedSample | None:
    """The sample on points for the first region for which its own are not accurate; None where nothing is to be won."""
    if not isinstance(sample, CompressedSample):
        return None
    for region in regions:
        if not sample.is_accurate_over(region):
            finer = sample.recompress(region.widened(MARGIN)) or sample.recompress(region) or sample.reread(region)
            if finer is not None:
                return finer
    return None


def coarsen(sample: WeightedSample, region: Region) -> WeightedSample:
    """The sample on fewer points where those are as accurate over the region."""
    if not isinstance(sample, CompressedSample):
        return sample
    return sample.recompress(region, below=sample.points.size) or sample
