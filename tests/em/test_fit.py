"""EM climbs, arrives at the highest maximum, and says how precisely."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_expit, logit
from scipy.stats import norm
from sklearn.mixture import GaussianMixture

import mixstudy as ms
from mixstudy.em.run import EMStatus

PRINTED_START = [0.1130842168240086, 3.401472765079545, 2.445209909135907, 2.3046528697572635]


def mixture(n, *, weight=0.4, gap=2.0, seed=1):
    """A sample with unit sigma and means ``gap`` apart."""
    return ms.simulate(ms.Parameters(weight=weight, mu1=0.0, mu2=gap, sigma=1.0), n=n, seed=seed)


HARD = {
    "weight 0.02": mixture(1000, weight=0.02, gap=3),
    "overlap": mixture(1000, gap=1.5),
    "n = 30": mixture(30),
    "offset 1e8": mixture(500) + 1e8,
    "scale 1e-9": mixture(500) * 1e-9,
    "scale 1e9": mixture(500) * 1e9,
    "ties": np.round(mixture(300)),
    "heavy tails": np.random.default_rng(1).standard_t(2, size=300),
    "one outlier": np.append(mixture(300), 1e6),
}


def highest_by_scipy(x, tries=40):
    """Highest log-likelihood that L-BFGS-B finds from many starts, by the density written out on standardised data."""
    rng = np.random.default_rng(0)
    centre, scale = np.mean(x), np.std(x)
    t = (x - centre) / scale

    def minus_log_likelihood(u):
        first, second = (-(((t - mu) / np.exp(u[3])) ** 2) / 2 for mu in u[1:3])  # SciPy's own takes ten times as long
        terms = np.logaddexp(log_expit(u[0]) + first, log_expit(-u[0]) + second)
        return t.size * (u[3] + np.log(2 * np.pi) / 2) - terms.sum()

    bounds = [(-12, 12), (None, None), (None, None), (-9, 2)]
    best = np.inf
    for _ in range(tries):
        means = rng.choice([t.min(), *np.quantile(t, [0.05, 0.25, 0.5, 0.75, 0.95]), t.max()], 2, replace=False)
        start = [logit(rng.uniform(0.01, 0.99)), *np.sort(means), rng.uniform(-2, 0)]
        best = min(best, minimize(minus_log_likelihood, start, method="L-BFGS-B", bounds=bounds).fun)
    return -best - len(x) * np.log(scale)


def test_old_faithful_to_the_last_published_digit(faithful):
    """The converged figures of mixtools' example and flexmix's standard errors."""
    em = ms.fit_em(faithful)
    assert em.status is EMStatus.CONVERGED
    assert [f"{v:.7f}" for v in em.parameters] == ["0.3608494", "54.6136263", "80.0903036", "5.8690914"]
    assert f"{em.log_likelihood:.6f}" == "-1034.001760"
    assert [f"{v:.4f}" for v in em.standard_errors] == ["0.0301", "0.6461", "0.4763", "0.2709"]


@pytest.mark.parametrize("name", HARD)
def test_reaches_the_highest_maximum(name):
    """No start of an independent optimiser ends higher."""
    em = ms.fit_em(HARD[name])
    assert em.status is EMStatus.CONVERGED
    assert em.log_likelihood >= highest_by_scipy(HARD[name]) - 1e-6


@pytest.mark.parametrize("name", HARD)
def test_likelihood_is_scipys_and_never_falls(name):
    """The trace climbs, up to rounding, and its end is what SciPy's density gives on the raw data."""
    em = ms.fit_em(HARD[name])
    heights = em.trace["log_likelihood"].to_numpy()
    rounding = 1e-13 * np.abs(heights).max() + 1e-13 * len(HARD[name])
    assert (np.diff(heights) >= -rounding).all()
    assert ms.log_likelihood(HARD[name], em.parameters) == pytest.approx(em.log_likelihood, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(("a", "b"), [(3.0, -7.0), (1e9, 0.0), (1e-9, 0.0), (1.0, 1e6)])
def test_follows_a_change_of_units(a, b):
    """Estimates and standard errors of ``a x + b`` are those of x, mapped, to a thousandth of a standard error."""
    x = mixture(500)
    em, other = ms.fit_em(x), ms.fit_em(a * x + b)
    expected = em.parameters.rescaled(centre=b, scale=a)
    errors = np.array([*em.standard_errors]) * [1, a, a, a]
    assert np.abs(np.subtract([*other.parameters], [*expected]) / errors).max() < 1e-3
    np.testing.assert_allclose([*other.standard_errors], errors, rtol=1e-4)


def test_follows_a_mirror():
    """Minus x swaps the components."""
    x = mixture(500)
    em, mirrored = ms.fit_em(x).parameters, ms.fit_em(-x).parameters
    assert [*mirrored] == pytest.approx([1 - em.weight, -em.mu2, -em.mu1, em.sigma], abs=1e-6)


def test_copies_divide_standard_errors():
    """Nine copies of the data leave the estimate and divide standard errors by three."""
    x = mixture(400)
    once, copies = ms.fit_em(x), ms.fit_em(ms.as_sample(x, weights=np.full(x.size, 9.0)))
    assert [*copies.parameters] == pytest.approx([*once.parameters], abs=1e-6)
    np.testing.assert_allclose(3 * np.array(copies.standard_errors), once.standard_errors, rtol=1e-4)


def test_equals_scikit_learn():
    """scikit-learn's tied mixture, run to a tight tolerance from another start, ends at the same estimate."""
    x = mixture(2000, gap=3.0)
    peer = GaussianMixture(2, covariance_type="tied", reg_covar=0, tol=1e-13, max_iter=5000, random_state=0)
    peer.fit(x[:, None])
    low, high = np.argsort(peer.means_[:, 0])
    expected = [peer.weights_[low], peer.means_[low, 0], peer.means_[high, 0], np.sqrt(peer.covariances_[0, 0])]
    assert [*ms.fit_em(x).parameters] == pytest.approx(expected, abs=1e-5)


def test_plain_em_is_the_textbook():
    """Every plain iteration is that of a slow, obvious EM, labels as the start has them."""
    x = ms.simulate(ms.ORIGIN, n=300, seed=4)
    weight, mu1, mu2, sigma = PRINTED_START
    em = ms.fit_em_plain(x, start=PRINTED_START, iterations=20)
    for row in em.trace.itertuples():
        assert [row.weight, row.mu1, row.mu2, row.sigma] == pytest.approx([weight, mu1, mu2, sigma], rel=1e-8)
        first = np.exp(np.log(weight) + norm.logpdf(x, mu1, sigma))
        second = np.exp(np.log(1 - weight) + norm.logpdf(x, mu2, sigma))
        r = first / (first + second)
        weight, mu1, mu2 = r.mean(), r @ x / r.sum(), (1 - r) @ x / (1 - r).sum()
        sigma = np.sqrt((r @ (x - mu1) ** 2 + (1 - r) @ (x - mu2) ** 2) / x.size)
    assert em.trace["mu1"].iloc[-1] > em.trace["mu2"].iloc[-1]
    assert em.parameters.mu1 < em.parameters.mu2


def test_saddle_is_no_maximum(faithful):
    """No reported maximum has both means together, though plain EM from such a start rests there."""
    for maximum in ms.fit_em(faithful).maxima:
        assert maximum.parameters.mu2 - maximum.parameters.mu1 > 0.1 * maximum.parameters.sigma
    resting = ms.fit_em_plain(faithful, start=[0.5, faithful.mean, faithful.mean, 10.0])
    assert np.isinf(resting.distance)
    assert np.isnan(resting.standard_errors).all()


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"start": [0.5, 1, 2]}, "four numbers"),
        ({"start": [1.0, 1, 2, 1]}, "strictly between 0 and 1"),
        ({"start": [0.5, 1, 2, 0]}, "sigma must be above 0"),
        ({"start": [0.5, np.nan, 2, 1]}, "mu1 must be a finite number"),
        ({"iterations": 0}, "iterations must be at least 1, got 0"),
    ],
)
def test_bad_start(faithful, bad, message):
    """A start out of range is refused with the value."""
    with pytest.raises(ValueError, match=message):
        ms.fit_em_plain(faithful, **bad)


def test_results_are_read_only(faithful):
    """Neither the sample nor the covariance can be written to."""
    em = ms.fit_em(faithful)
    for array in (em.covariance, em.sample.points, em.sample.weights):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_sigma_a_billionth_of_the_spread():
    """Two tight groups far apart end converged, each estimate that of its group."""
    rng = np.random.default_rng(0)
    low, high = rng.normal(0, 1e-9, 50), rng.normal(1, 1e-9, 80)
    em = ms.fit_em(np.concatenate([low, high]))
    assert em.status is EMStatus.CONVERGED
    pooled = np.sqrt((low.var() * 50 + high.var() * 80) / 130)
    assert em.parameters.sigma == pytest.approx(pooled, rel=1e-6)


@pytest.mark.parametrize("scale", [1e120, 1e-120])
def test_absurd_scales_are_refused(scale):
    """A spread whose powers are no floats is refused with what to do."""
    with pytest.raises(ms.DataError, match="rescale the data"):
        ms.fit_em(scale * ms.simulate(ms.ORIGIN, n=300, seed=0))


def test_a_climb_that_rounding_stops_short_is_not_called_converged():
    """Where the last digits of the score leave a thousandth of a standard error, the status says what floats allow."""
    fit = ms.fit_em(np.array([0.0, 0.0, 1141.0, 1.5590896135496512e16]))
    assert fit.status is ms.EMStatus.ROUNDED
    assert fit.distance > 1e-3
