"""Work is done on few points, and again on more until they are accurate where its result stands."""

from __future__ import annotations

import numpy as np
import pytest

import mixstudy as ms
from mixstudy.compression.compress import CompressedSample, Region, compress
from mixstudy.compression.refine import (
    MAX_REFINEMENTS,
    THRESHOLD,
    coarsen,
    compress_if_large,
    refine,
    refine_until_accurate,
)


def mixture(n, *, gap=5.0):
    """A sample with unit sigma and means ``gap`` apart."""
    return ms.simulate(ms.Parameters(weight=0.3, mu1=0.0, mu2=gap, sigma=1.0), n=n, seed=0)


def test_threshold():
    """A few hundred observations are left as they are, and so is whoever weighs them."""
    assert not isinstance(compress_if_large(mixture(THRESHOLD)), CompressedSample)
    assert isinstance(compress_if_large(mixture(THRESHOLD + 1)), CompressedSample)
    weighted = ms.as_sample(mixture(100), weights=np.full(100, 100.0))
    assert compress_if_large(weighted) is weighted


@pytest.mark.parametrize("gap", [10.0, 20.0])
def test_wide_separations_are_refined(gap):
    """Where the fit is steeper than what is provided for, it is repeated on finer cells."""
    x = mixture(30_000, gap=gap)
    assert not compress(x).is_accurate_over(Region(gap))
    em = ms.fit_em(x)
    assert em.log_likelihood == pytest.approx(ms.log_likelihood(x, em.parameters), abs=1e-6)
    assert em.sample.is_accurate_over(Region.around([*em.parameters]))


def test_work_is_repeated_until_the_points_are_accurate():
    """Each result is of finer points than the last, that of accurate ones is returned."""
    slopes = iter([10.0, 40.0, 45.0, 1e3])
    seen = []

    def work(sample):
        seen.append(sample)
        return next(slopes)

    assert refine_until_accurate(compress(mixture(30_000)), work, lambda slope: [Region(slope)]) == 45.0
    assert seen[1].is_accurate_over(Region(10.0))
    assert not seen[1].is_accurate_over(Region(40.0))
    assert seen[2].is_accurate_over(Region(45.0))


def test_work_that_is_never_served_ends():
    """Results that run away from the points are given up after some refinements, with the last of them."""
    slopes = iter(8.0 * 2.0 ** np.arange(20))
    last = refine_until_accurate(compress(mixture(30_000)), lambda _: next(slopes), lambda slope: [Region(slope)])
    assert last == 8.0 * 2.0**MAX_REFINEMENTS


def test_observations_as_they_are_need_no_refinement():
    """What is not compressed has its own likelihood everywhere: the work is done once."""
    sample = ms.as_sample(mixture(100))
    assert refine_until_accurate(sample, lambda points: [points], lambda _: [Region(1e9)]) == [sample]
    assert coarsen(sample, Region(0.1)) is sample


def test_coarser_points_are_fewer_and_accurate():
    """Fewer points are taken where they are accurate over the region, and none where there are no fewer."""
    fine = refine(compress(mixture(30_000)), [Region(40.0)])
    few = coarsen(fine, Region(2.0))
    assert few.points.size < fine.points.size
    assert few.is_accurate_over(Region(2.0))
    assert coarsen(few, Region(2.0)) is few
