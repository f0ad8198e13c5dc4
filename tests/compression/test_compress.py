"""A few hundred points have the likelihood of all observations, for every parameter that they serve."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

import mixstudy as ms
from mixstudy.compression import compress as module
from mixstudy.compression.compress import CompressedSample, Region, compress, condensed, interpolation_error
from mixstudy.data.sample import DataError


def mixture(n, *, weight=0.3, gap=5.0, seed=0):
    """A sample with unit sigma and means ``gap`` apart."""
    return ms.simulate(ms.Parameters(weight=weight, mu1=0.0, mu2=gap, sigma=1.0), n=n, seed=seed)


def served(sample, *, seed=0, count=30):
    """Random parameters, extreme ones among them, whose slope the sample serves."""
    rng = np.random.default_rng(seed)
    limit = module.SLOPE / sample.cells.spread
    while count:
        mu1, mu2 = np.sort(rng.choice(sample.points, 2))
        sigma = rng.uniform(0.2, 3) * sample.sd
        if (mu2 - mu1) / sigma**2 <= limit:
            count -= 1
            yield ms.Parameters(weight=float(expit(rng.normal(0, 3))), mu1=mu1, mu2=mu2, sigma=sigma)


@pytest.mark.parametrize("gap", [0.5, 2.0, 5.0])
@pytest.mark.parametrize(("scale", "offset"), [(1, 0), (1e-9, 0), (1e9, 0), (1, 1e6)])
def test_log_likelihood_is_the_datas(gap, scale, offset):
    """At random parameters the points give SciPy's log-likelihood of all observations to a millionth of a nat."""
    x = mixture(20_000, gap=gap) * scale + offset
    sample = compress(x)
    assert sample.points.size < 1200
    for parameters in served(sample):
        exact = math.fsum(ms.log_density(x, parameters))
        found = ms.log_likelihood(sample.points, parameters, weights=sample.weights)
        assert abs(found - exact) < 1e-6 + 1e-13 * abs(exact) * max(1, abs(offset) / 1e3)


@pytest.mark.parametrize(
    "x",
    [np.round(mixture(20_000) * 2), np.append(mixture(20_000), 1e6), np.random.default_rng(0).standard_t(2, 20_000)],
    ids=["ties", "one outlier", "heavy tails"],
)
def test_awkward_data(x):
    """Ties, far outliers and heavy tails keep the likelihood as well."""
    sample = compress(x)
    for parameters in served(sample):
        exact = math.fsum(ms.log_density(x, parameters))
        assert ms.log_likelihood(sample.points, parameters, weights=sample.weights) == pytest.approx(exact, abs=1e-6)


def test_count_mean_and_sd_are_the_datas():
    """Count, mean and standard deviation are exact, as a quadratic is."""
    x = mixture(50_000) + 1e4
    sample = compress(x)
    assert sample.n == x.size
    assert sample.mean == pytest.approx(np.mean(x), rel=1e-14)
    assert sample.sd == pytest.approx(np.std(x, ddof=1), rel=1e-10)


@pytest.mark.parametrize("order", [4, 8, 20])
def test_interpolation_error_is_a_bound_and_no_wild_one(order):
    """Interpolating softplus by NumPy never errs more than the bound, and nearly as much somewhere."""
    half_width, slope, nearest = 0.4, 3.0, np.inf
    for midpoint in np.linspace(-1.5, 1.5, 61):
        softplus = np.polynomial.Chebyshev.interpolate(
            lambda x, m=midpoint: np.logaddexp(0, slope * (m - x)), order - 1, domain=[-half_width, half_width]
        )
        x = np.linspace(-half_width, half_width, 500)
        error = np.abs(softplus(x) - np.logaddexp(0, slope * (midpoint - x))).max()
        away = np.array(max(0.0, abs(midpoint) - half_width))
        bound = float(interpolation_error(away, half_width=half_width, order=order, slope=slope))
        assert error <= bound + 1e-14
        nearest = min(nearest, bound / max(error, 1e-14))
    assert nearest < 30


def test_fit_is_that_of_all_observations():
    """Estimates agree to what EM stops at, a millionth of a standard error; standard errors to what that leaves."""
    x = mixture(30_000, gap=2.0)
    few, all_of_them = ms.fit_em(x), ms.fit_em(x, exact=True)
    assert isinstance(few.sample, CompressedSample)
    assert few.sample.points.size < 400
    apart = np.subtract([*few.parameters], [*all_of_them.parameters]) / all_of_them.standard_errors
    assert np.abs(apart).max() < 3e-6
    relative = 1 / np.sqrt(x.size)  # a standard error changes by about so much of itself within one of the estimate
    np.testing.assert_allclose(few.standard_errors, all_of_them.standard_errors, rtol=10 * 2e-6 * relative)
    assert few.log_likelihood == pytest.approx(all_of_them.log_likelihood, abs=1e-6)


@pytest.mark.parametrize("gap", [10.0, 20.0])
def test_wide_separations_are_refined(gap):
    """Where the fit is steeper than what is provided for, it is repeated on finer cells."""
    x = mixture(30_000, gap=gap)
    em = ms.fit_em(x)
    assert em.log_likelihood == pytest.approx(ms.log_likelihood(x, em.parameters), abs=1e-6)
    assert em.sample.serves(Region.around([*em.parameters]))


def test_a_lattice_too_wide_is_read_again():
    """A stream that begins with a wide spread is read once more on finer cells, where it can be."""
    rng = np.random.default_rng(0)
    groups = np.concatenate([rng.normal(0, 1e-3, 5000), rng.normal(1, 1e-3, 5000)])
    batches = [np.append(20 * np.round(rng.normal(0, 2, 100)) + 5, groups[:10]), groups]
    region = Region(1e6, 0.4, 0.6)
    assert compress(batches).serving(Region(1e6)) is None
    assert compress(batches).reread(region) is not None
    assert compress(iter(batches)).reread(region) is None


def test_data_that_change_between_passes_are_noticed():
    """A second pass that brings other observations is refused."""
    rng = np.random.default_rng(0)

    class Changing:
        def __iter__(self):
            yield rng.normal(0, 1, 5000)

    with pytest.raises(DataError, match="changed while they were read"):
        compress(Changing()).reread(Region(1e5))


def test_stream_is_compressed_like_an_array():
    """Batches of any sizes, a generator among them, give the array's likelihood."""
    x = mixture(20_000)
    theta = ms.Parameters(weight=0.3, mu1=0, mu2=5, sigma=1)
    one = compress(x)
    for stream in (np.array_split(x, 9), iter(np.array_split(x, 3))):
        sample = compress(stream)
        height = ms.log_likelihood(sample.points, theta, weights=sample.weights)
        assert height == pytest.approx(ms.log_likelihood(one.points, theta, weights=one.weights), abs=1e-6)


def test_threshold():
    """A few thousand observations are left as they are, and so is whoever weighs them."""
    assert not isinstance(condensed(mixture(module.THRESHOLD)), CompressedSample)
    assert isinstance(condensed(mixture(module.THRESHOLD + 1)), CompressedSample)
    weighted = ms.as_sample(mixture(100), weights=np.full(100, 100.0))
    assert condensed(weighted) is weighted


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.full(10_000, 3.0), "only 1 distinct"),
        (np.resize([0.0, 1.0], 10_000), "only 2 distinct"),
        (np.append(mixture(10_000), np.nan), "missing value"),
        ([np.zeros(2), np.ones(1)], "at least 4 observations, got 3"),
    ],
)
def test_unusable_data(x, message):
    """What can't be estimated from is refused, compressed or not."""
    with pytest.raises(DataError, match=message):
        compress(x)


def test_region_covers_what_it_is_made_from():
    """Slope and midpoint are those at which the log-odds of SciPy's densities vanish."""
    theta = np.array([[0.3, 1.0, 4.0, 1.5], [0.6, 0.0, 4.0, 1.2]])
    region = Region.around(theta)
    assert region.slope == pytest.approx(4 / 1.2**2)
    for midpoint, (weight, mu1, mu2, sigma) in zip((region.high, region.low), theta[[1, 0]], strict=True):
        odds = weight * norm.pdf(midpoint, mu1, sigma) / ((1 - weight) * norm.pdf(midpoint, mu2, sigma))
        assert odds == pytest.approx(1)
