"""A sample keeps the observations as they came, and counts, centres and scales them exactly enough."""

from __future__ import annotations

import hashlib
import math
import re
import struct
from fractions import Fraction

import numpy as np
import pytest

import mixstudy as ms
from mixstudy.compression.refine import compress_if_large
from mixstudy.data.sample import DataError, Source, as_sample

X = np.random.default_rng(8).normal(1.0, 2.0, 40)
COUNTS = np.random.default_rng(9).integers(1, 6, 40)
SHARES = np.random.default_rng(10).uniform(0.3, 3.0, 40)


def exact_mean_and_sd(x, weights, scale):
    """Mean and standard deviation by exact arithmetic, rounded once at the end."""
    values, counts = [Fraction(float(v)) for v in x], [Fraction(float(w)) for w in weights]
    n = sum(counts)
    mean = sum(w * v for w, v in zip(counts, values, strict=True)) / n
    variance = sum(w * (v - mean) ** 2 for w, v in zip(counts, values, strict=True)) / (n - 1)
    return float(mean), scale * math.sqrt(variance / Fraction(scale) ** 2)


@pytest.mark.parametrize("weights", [np.ones(40), SHARES], ids=["plain", "weighted"])
@pytest.mark.parametrize(
    ("offset", "scale"), [(0.0, 1.0), (1e8, 1.0), (-1e12, 1.0), (0.0, 1e-9), (0.0, 1e9), (0.0, 1e-200), (0.0, 1e200)]
)
def test_mean_and_sd_are_exact(weights, offset, scale):
    """Mean and standard deviation are those of exact arithmetic, to rounding, at any offset and scale."""
    x = offset + scale * X
    sample = as_sample(x, weights=weights)
    mean, sd = exact_mean_and_sd(x, weights, scale)
    assert sample.mean == pytest.approx(mean, rel=1e-14, abs=0)
    assert sample.sd == pytest.approx(sd, rel=1e-13, abs=0)


def test_weighted_is_repeated():
    """A weight of k stands for k observations of the same value."""
    weighted, repeated = as_sample(X, weights=COUNTS), as_sample(np.repeat(X, COUNTS))
    assert weighted.n == repeated.n == COUNTS.sum()
    assert weighted.mean == pytest.approx(repeated.mean, rel=1e-13)
    assert weighted.sd == pytest.approx(repeated.sd, rel=1e-13)


def test_sd_is_numpys():
    """Whole weights are numpy.cov's fweights; others are its aweights, with divisor n - 1 in place of n."""
    whole, other = as_sample(X, weights=COUNTS), as_sample(X, weights=SHARES)
    assert whole.sd**2 == pytest.approx(np.cov(X, fweights=COUNTS), rel=1e-13)
    assert other.sd**2 * (other.n - 1) / other.n == pytest.approx(np.cov(X, aweights=SHARES, ddof=0), rel=1e-13)


@pytest.mark.parametrize(("offset", "scale"), [(0.0, 1.0), (1e6, 1.0), (0.0, 1e-9), (0.0, 1e9)])
def test_standardised(offset, scale):
    """The standardised points have weighted mean 0 and standard deviation 1 and keep their order."""
    sample = as_sample(offset + scale * X, weights=COUNTS)
    t = sample.standardised
    assert np.average(t, weights=COUNTS) == pytest.approx(0, abs=1e-9)
    assert np.cov(t, fweights=COUNTS) == pytest.approx(1, abs=1e-9)
    np.testing.assert_array_equal(np.argsort(t), np.argsort(X))


@pytest.mark.parametrize(
    "x",
    [[3, -1, 2, 7], np.array([3, -1, 2, 7], dtype=">f8"), np.array([3, 0, -1, 0, 2, 0, 7, 0], dtype=np.int16)[::2]],
    ids=["list", "big-endian", "strided"],
)
def test_hash_is_of_little_endian_float64(x):
    """The hash is of the values as little-endian float64 in their order, however they were stored."""
    sample = as_sample(x)
    assert sample.source.sha256 == hashlib.sha256(struct.pack("<4d", 3, -1, 2, 7)).hexdigest()
    assert sample.points.dtype == np.float64
    assert sample.points.tolist() == [3, -1, 2, 7]


def test_source_is_kept():
    """The source that is given is the sample's; without one the sample is an array."""
    source = Source(description="waiting.csv", sha256="ab" * 32, dropped=2, seed=1)
    assert as_sample(X, source=source).source is source
    assert as_sample(X).source.description == "an array"
    assert (as_sample(X).source.dropped, as_sample(X).source.seed) == (0, None)


def test_sample_is_returned_as_it_is():
    """A sample passes through unchanged."""
    sample = as_sample(X, weights=COUNTS)
    assert as_sample(sample) is sample


def test_sample_is_a_copy():
    """Changing the arrays later changes no sample, and making a sample leaves them writable."""
    x, weights = X.copy(), SHARES.copy()
    sample = as_sample(x, weights=weights)
    x[:], weights[:] = 0, 9
    np.testing.assert_array_equal(sample.points, X)
    np.testing.assert_array_equal(sample.weights, SHARES)


@pytest.mark.parametrize("weights", [None, COUNTS], ids=["plain", "weighted"])
def test_sample_is_read_only(weights):
    """Neither points nor weights can be written to."""
    sample = as_sample(X, weights=weights)
    for array in (sample.points, sample.weights):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


@pytest.mark.parametrize(("x", "weights"), [([1, 2, 3, 3], None), ([1, 2, 3], [1, 1, 2]), ([1, 2, 3, 4, 5], [0.8] * 5)])
def test_just_enough(x, weights):
    """Four observations, counted by weight, of three distinct values are enough."""
    assert as_sample(x, weights=weights).n == pytest.approx(4)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[1, 2, 3, 4]], r"must be one-dimensional, got shape \(1, 4\)"),
        (5.0, r"must be one-dimensional, got shape \(\)"),
        (["a", "b", "c", "d"], "must be numbers; could not convert string to float: 'a'"),
        ([[1, 2], [3]], "must be numbers; .*inhomogeneous"),
        ([1, 2, np.nan, 4, np.nan], r"2 missing value\(s\), the first at position 2"),
        ([1, None, 3, 4], r"1 missing value\(s\), the first at position 1"),
        ([1, 2, 3, np.inf], r"1 infinite value\(s\), the first at position 3"),
        ([-np.inf, 2, 3, np.inf], r"2 infinite value\(s\), the first at position 0"),
        ([1, 2, 3], "needs at least 4 observations, got 3"),
        ([], "needs at least 4 observations, got 0"),
        ([5, 5, 5, 5], r"only 1 distinct value\(s\) and the model needs at least 3"),
        ([1, 2, 2, 1, 2], r"only 2 distinct value\(s\) and the model needs at least 3"),
    ],
)
def test_bad_observations(x, message):
    """Observations that no mixture can be fitted to are refused with what was found."""
    with pytest.raises(DataError, match=message):
        as_sample(x)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 1, 1], "as many as the 4 observations"),
        (2.0, r"one-dimensional, got shape \(\)"),
        ([1, 1, 1, 0], "finite, above 0"),
        ([1, 1, 1, -1], "finite, above 0"),
        ([1, 1, np.nan, 1], "finite, above 0"),
        ([1, np.inf, 1, 1], "finite, above 0"),
        ([1, 1, 1, 0.5], "needs at least 4 observations, got 3.5"),
        (["a", "b", "c", "d"], "must be numbers"),
    ],
)
def test_bad_weights(weights, message):
    """Weights that cannot count observations are refused."""
    with pytest.raises(DataError, match=message):
        as_sample([1, 2, 3, 4], weights=weights)


@pytest.mark.parametrize("size", [40, 20_000])
@pytest.mark.parametrize("largest", [1e308, -1e301])
def test_overflowing_observations_are_refused(size, largest):
    """Values whose sums overflow are refused, few or compressed, and the message names the largest."""
    x = np.linspace(-0.99, 1, size) * largest
    with pytest.raises(DataError, match=rf"the value {re.escape(f'{largest:g}')} is so large .* rescale the data"):
        compress_if_large(x)


def test_parameters_in_standard_units_are_those_of_the_standardised_points():
    """The density of a standardised point under the standard parameters is that of the point, times sd; and back."""
    sample = ms.as_sample(ms.simulate(ms.ORIGIN, n=50, seed=0))
    standard = sample.to_standard(ms.ORIGIN.array)
    there = ms.log_density(sample.standardised, ms.Parameters(*standard))
    np.testing.assert_allclose(there, ms.log_density(sample.points, ms.ORIGIN) + np.log(sample.sd), rtol=1e-12)
    np.testing.assert_allclose(sample.from_standard([standard] * 2), [ms.ORIGIN.array] * 2, rtol=1e-15)


def test_names_are_text():
    """What a source, a label or a unit is called holds no control characters and nothing that is no text."""
    source = Source(description="\x1b[31mred", sha256="", label="a\x00\udce9", unit="\u202emin")
    assert (source.description, source.label, source.unit) == ("\\x1b[31mred", "a\\x00\\udce9", "\\x202emin")
