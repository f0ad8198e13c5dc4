"""The cells hold the data's power sums, whatever the order, the splitting and the extremes."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from mixstudy.compression import lattice
from mixstudy.compression.lattice import Cells, count_array, count_batches, exponent_for
from mixstudy.data.sample import DataError

X = np.random.default_rng(0).normal(5.0, 2.0, 20_000)


def total(cells, power):
    """Sum of x^power over all observations, exactly, from the cells' sums about their centres."""
    result = Fraction(0)
    for centre, sums in zip(cells.centres, cells.sums, strict=True):
        for k in range(power + 1):
            term = math.comb(power, k) * Fraction(centre) ** (power - k) * Fraction(cells.half_width) ** k
            result += term * Fraction(float(sums[k]))
    return result


@pytest.mark.parametrize(
    "x",
    [X, X + 1e8, X * 1e-9, np.round(X), np.append(X, 1e6), np.append(X, [-1e300, 1e300]), np.full(5000, 0.1)],
    ids=["plain", "offset", "scale", "ties", "outlier", "absurd outliers", "constant"],
)
def test_power_sums_are_those_of_the_data(x):
    """Count, sum and sum of squares equal exact rational arithmetic."""
    cells = count_array(x, exponent_for(x))
    assert cells.n == x.size
    for power in (1, 2):
        exact = sum(Fraction(value) ** power for value in x.tolist())
        size = sum(abs(Fraction(value)) ** power for value in x.tolist())
        assert abs(total(cells, power) - exact) <= size / 10**14


def test_any_splitting_gives_the_same():
    """Parts in any number and order add up to the whole's sums, to rounding, and its fingerprint, to the bit."""
    whole = count_array(X, -6)
    pieces = np.array_split(np.random.default_rng(1).permutation(X), 7)
    split = count_batches(pieces, -6)
    assert split.fingerprint() == whole.fingerprint()
    np.testing.assert_array_equal(split.index, whole.index)
    np.testing.assert_allclose(split.sums, whole.sums, rtol=0, atol=1e-12 * whole.counts.max())


def test_large_arrays_are_split_between_cores():
    """Several blocks, on several threads, give what one gives."""
    x = np.resize(X, 3 * lattice.BLOCK + 17)
    cells = count_array(x, -6)
    once = count_array(X, -6)
    assert cells.n == x.size
    np.testing.assert_allclose(cells.counts / x.size, once.counts / X.size, atol=1e-4)


def test_wider_cells_are_exact():
    """Two cells make one of twice the width: widening equals counting on the wider lattice."""
    widened, counted = count_array(X, -6).widened(-2), count_array(X, -2)
    np.testing.assert_array_equal(widened.index, counted.index)
    np.testing.assert_allclose(widened.sums, counted.sums, rtol=1e-12, atol=1e-11 * counted.counts.max())


def test_sums_of_different_widths_add():
    """The wider of two lattices takes both."""
    together = count_array(X[:100], -8) + count_array(X[100:], -6)
    assert together.exponent == -6
    assert together.fingerprint() == count_array(X, -6).fingerprint()


def test_heavy_tails_do_not_fill_memory(monkeypatch):
    """More cells than can be held are merged, and every observation is still counted."""
    monkeypatch.setattr(lattice, "MAX_CELLS", 1000)
    x = np.random.default_rng(0).standard_cauchy(50_000)
    cells = count_array(x, exponent_for(x))
    assert cells.index.size <= 1000
    assert cells.n == x.size


def test_an_outlier_leaves_the_lattice_alone():
    """One point a million sigma away changes neither the width of the cells nor more than one of them."""
    far = np.append(X, 1e6)
    assert exponent_for(far) == exponent_for(X)
    assert count_array(far, -6).index.size == count_array(X, -6).index.size + 1


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [0, 777, -1])
def test_missing_and_infinite_values_are_refused(bad, place):
    """Not one value that is no number is skipped, wherever it stands."""
    x = X.copy()
    x[place] = bad
    with pytest.raises(DataError, match=r"missing value|infinite value"):
        count_array(x, -6)


def test_empty_stream():
    """A stream without observations is an error where the width must come from it, and else an empty result."""
    with pytest.raises(DataError, match="every batch was empty"):
        count_batches([np.empty(0)])
    nothing = count_batches([], -6)
    assert nothing.n == 0
    assert (nothing + count_array(X, -6)).fingerprint() == count_array(X, -6).fingerprint()


def test_spread_is_robust():
    """The spread is a normal's standard deviation, which outliers hardly move."""
    x = np.append(np.random.default_rng(0).normal(0, 3, 100_000), [1e9] * 100)
    assert count_array(x, exponent_for(x)).spread == pytest.approx(3, rel=0.02)
    assert isinstance(count_array(x, -6), Cells)
