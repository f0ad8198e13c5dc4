"""The discrepancies against SciPy, and the reference distributions against simulation."""

import numpy as np
import pytest
from scipy.stats import ks_2samp, kurtosis, norm, skew

import mixstudy as ms
from mixstudy.comparison.discrepancies import discrepancies, null_ratios, range_within, two_tails, upper_tail


def test_discrepancies_are_scipys():
    """Skewness and kurtosis are SciPy's, less those of a large sample from the model (to its Monte Carlo error)."""
    truth = ms.Parameters(weight=0.3, mu1=-1, mu2=2, sigma=1)
    x, large = ms.simulate(truth, n=500, seed=0), ms.simulate(truth, n=1_000_000, seed=1)
    third, fourth, spread = discrepancies(x, np.ones((1, 500)), np.array([[*truth]]))[0]
    assert third == pytest.approx(skew(x) - skew(large), abs=0.01)
    assert fourth == pytest.approx(kurtosis(x) - kurtosis(large), abs=0.02)
    r = ms.responsibilities(x, truth)
    above, below = (np.sqrt((1 + p @ (x - m) ** 2) / (1 + p.sum())) for p, m in ((r, -1), (1 - r, 2)))
    assert spread == pytest.approx(np.log(above / below), rel=1e-10)


def test_the_range_has_its_distribution():
    """The range of n observations stays within a reach as often as simulation says, to four Monte Carlo errors."""
    truth = ms.Parameters(weight=0.3, mu1=-1.5, mu2=1.5, sigma=1)
    x = ms.simulate(truth, n=50 * 20_000, seed=0).reshape(-1, 50)
    for reach in (5.5, 6.5, 8):
        simulated = np.mean(np.ptp(x, axis=1) <= reach)
        assert range_within(reach, np.array([*truth]), 50) == pytest.approx(simulated, abs=4 * 0.5 / np.sqrt(20_000))


def test_tails_are_cautious_for_a_normal():
    """The extrapolated tail of 400 normal values lies above the truth, and within a factor of 30 at 4 sd."""
    simulated = norm.ppf((np.arange(400) + 0.5) / 400)
    for value in (2.5, 3.0, 4.0):
        assert 1 < upper_tail(value, simulated) / norm.sf(value) < 30
    assert two_tails(-1.0, simulated) == pytest.approx(2 * norm.sf(1.0), abs=0.01)


def test_the_null_ratio_is_that_of_normal_samples():
    """Ratios simulated on the lattice are distributed as EM's on 40 normal samples (Kolmogorov-Smirnov)."""
    ratios, rng = [], np.random.default_rng(0)
    for x in rng.normal(size=(40, 100)):
        one = norm.logpdf(x, x.mean(), x.std()).sum()
        ratios.append(2 * (ms.fit_em(x).log_likelihood - one))
    simulated = null_ratios(100, 200, seed=1)
    assert ks_2samp(ratios, simulated).pvalue > 0.01
    assert simulated.min() >= 0
