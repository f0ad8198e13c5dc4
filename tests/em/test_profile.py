"""Profile-likelihood intervals against SciPy's optimiser, theory and symmetry."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq, minimize
from scipy.special import expit, log_expit, logit
from scipy.stats import chi2, norm

import mixstudy as ms
from mixstudy.em.profile import profile_intervals

OVERLAP = ms.Parameters(weight=0.4, mu1=-1, mu2=2, sigma=2)
"""Means 1.5 sigma apart."""
HARDLY = ms.Parameters(weight=0.4, mu1=0, mu2=0.5, sigma=1)
"""Means 0.5 sigma apart: one normal distribution will do."""


def to_unbounded(theta):
    """Coordinates in which SciPy's optimiser needs no bounds."""
    return np.array([logit(theta[0]), theta[1], theta[2], np.log(theta[3])])


def minus_log_likelihood(u, x):
    """From SciPy's normal density alone."""
    sigma = np.exp(u[3])
    first, second = norm.logpdf(x, u[1], sigma), norm.logpdf(x, u[2], sigma)
    return -np.sum(np.logaddexp(log_expit(u[0]) + first, log_expit(-u[0]) + second))


def scipy_interval(t, peak, j):
    """The profile interval of coordinate j (unbounded) by nested optimisation and root finding."""
    free, last = np.delete(np.arange(4), j), peak.copy()
    top = minus_log_likelihood(peak, t)

    def excess(value):
        starts = (last[free], peak[free])  # the neighbour's end, and where BFGS can't have run away to
        climbs = [minimize(lambda v: minus_log_likelihood(np.insert(v, j, value), t), each) for each in starts]
        found = min(climbs, key=lambda climb: climb.fun)
        last[free] = found.x
        return 2 * (found.fun - top) - chi2.ppf(0.95, 1)

    def end(side):
        step, last[:] = 0.05, peak
        while excess(peak[j] + side * step) < 0:
            step *= 1.5
        return brentq(excess, peak[j] + side * step / 1.5, peak[j] + side * step, xtol=1e-9)

    return np.array([end(-1), end(1)])


@pytest.mark.parametrize("case", ["faithful", "overlap"])
@pytest.mark.parametrize("j", range(4))
def test_profile_is_scipys(case, j, faithful):
    """Every end is where SciPy's constrained maximum, on SciPy's density, has fallen by half a chi-squared quantile."""
    x = faithful.points if case == "faithful" else ms.simulate(OVERLAP, n=2000, seed=4)
    fit, mean, sd = ms.fit_em(x), x.mean(), x.std()
    standard = (np.array([*fit.parameters]) - [0, mean, mean, 0]) / [1, sd, sd, sd]
    ends = scipy_interval((x - mean) / sd, to_unbounded(standard), j)
    expected = (expit(ends), mean + sd * ends, mean + sd * ends, sd * np.exp(ends))[j]
    np.testing.assert_allclose(profile_intervals(fit)[j], expected, rtol=1e-5)


def test_profile_moves_with_the_data():
    """Under x -> a x + b the ends move alike; the weight's stay."""
    x = ms.simulate(OVERLAP, n=1000, seed=4)
    ends, moved = profile_intervals(ms.fit_em(x)), profile_intervals(ms.fit_em(1e6 + 1e-3 * x))
    expected = np.array([[1], [1e-3], [1e-3], [1e-3]]) * ends + np.array([[0], [1e6], [1e6], [0]])
    np.testing.assert_allclose(moved[[0, 3]], expected[[0, 3]], rtol=1e-5)
    np.testing.assert_allclose(moved[1:3], expected[1:3], atol=1e-8)


@pytest.mark.parametrize("truth", [OVERLAP, HARDLY])
def test_profile_mirrors_with_the_data(truth):
    """Under x -> -x the means trade places, and so do the weights and the sides of their intervals."""
    x = ms.simulate(truth, n=1000, seed=4)
    (weight, mu1, mu2, sigma), mirrored = profile_intervals(ms.fit_em(x)), profile_intervals(ms.fit_em(-x))
    expected = np.array([1 - weight[::-1], -mu2[::-1], -mu1[::-1], sigma])
    np.testing.assert_allclose(mirrored, expected, rtol=1e-4, atol=1e-4)


def test_profile_is_wald_for_large_n():
    """With n = 1e5 well separated, both intervals agree to a fiftieth of a standard error."""
    fit = ms.fit_em(ms.simulate(ms.ORIGIN, n=100_000, seed=2))
    off = (profile_intervals(fit) - fit.interval()) / np.array([*fit.standard_errors])[:, None]
    assert np.abs(off).max() < 0.02
    assert np.abs(off).max() > 1e-6


def test_profile_of_weighted_points(faithful):
    """A value counted three times, or five times and minus two, is the same data."""
    fit, x = ms.fit_em(faithful), faithful.points
    split = ms.WeightedSample(
        points=np.concatenate([x, x]), weights=np.repeat([1.5, -0.5], x.size), source=faithful.source
    )
    np.testing.assert_allclose(profile_intervals(split, fit.parameters), profile_intervals(fit), rtol=1e-7)


def test_one_component_opens_the_interval():
    """Where one normal distribution will do, the weight is anything and an empty component may lie anywhere."""
    weight, mu1, mu2, sigma = profile_intervals(ms.fit_em(ms.simulate(HARDLY, n=300, seed=1)))
    assert weight.tolist() == [0, 1]
    assert (mu1[0], mu2[1]) == (-np.inf, np.inf)
    assert np.isfinite([mu1[1], mu2[0], *sigma]).all()


def test_the_normal_alone_sets_the_open_ends():
    """There sigma's upper end is at least where the normal distribution itself meets the cutoff."""
    x = ms.simulate(HARDLY, n=300, seed=1)
    fit, s = ms.fit_em(x), np.std(x)
    sigma = profile_intervals(fit)[3, 1]
    lost = 2 * (fit.log_likelihood - norm.logpdf(x, x.mean(), sigma).sum())
    assert sigma > s
    assert lost == pytest.approx(chi2.ppf(0.95, 1), abs=1e-6)


def test_a_bad_call_says_why(faithful):
    """Level out of range, and observations without parameters, are refused with the value."""
    fit = ms.fit_em(faithful)
    with pytest.raises(ValueError, match=r"level must lie between 0\.5 and 0\.999999999, got 95"):
        profile_intervals(fit, level=95)
    with pytest.raises(ValueError, match=r"parameters at their maximum, got None"):
        profile_intervals(faithful)
