"""Right data pass, wrong data fail by the check made for them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

import mixstudy as ms
from mixstudy.comparison import goodness_of_fit as adequacy
from mixstudy.comparison.goodness_of_fit import AdequacyStatus, check_adequacy, likelihood_ratio

NORMAL = norm.ppf((np.arange(500) + 0.5) / 500)
"""A normal sample without its accidents."""


def heights(n):
    """The origin's mistake: heights of its curve at uniform positions, taken for data."""
    weight, mu1, mu2, sigma = ms.ORIGIN
    at = np.random.default_rng(0).uniform(0, 30, n)
    return weight * np.exp(-((at - mu1) ** 2) / 2 * sigma**2) + (1 - weight) * np.exp(-((at - mu2) ** 2) / 2 * sigma**2)


@pytest.mark.parametrize("n", [100, 1000, 10_000])
def test_heights_as_data_fail_loudly(n):
    """Heights of the curve are no sample from the mixture: a misfit with p below 1e-12, at every n."""
    found = check_adequacy(ms.fit_em(heights(n)), x=heights(n))
    assert found.status is AdequacyStatus.MISFIT
    assert min(each.p_value for each in found.misfits) < 1e-12


def test_right_data_pass(faithful, origin_sample):
    """Old Faithful and a sample from the model look like the model."""
    assert check_adequacy(ms.fit_em(faithful)).status is AdequacyStatus.ADEQUATE
    assert check_adequacy(ms.fit_em(origin_sample)).status is AdequacyStatus.ADEQUATE


@pytest.mark.parametrize("separation", [1.5, 4])
def test_p_values_are_calibrated(separation, monkeypatch):
    """Over 40 right data sets no misfit, and each p-value below 0.05 in at most 8 (by chance once in 2500)."""
    monkeypatch.setattr(adequacy, "NULL_REPLICATES", 0)
    truth = ms.Parameters(weight=0.3, mu1=0, mu2=separation, sigma=1)
    found = [check_adequacy(ms.fit_em(ms.simulate(truth, n=300, seed=k)), seed=k) for k in range(40)]
    p_values = np.array([[each.p_value for each in one.findings if each.judged] for one in found])
    assert p_values.shape == (40, 5)
    assert not any(one.misfits for one in found)
    assert (np.sum(p_values < 0.05, axis=0) <= 8).all()
    assert (np.sum(p_values > 0.3, axis=0) >= 15).all()


@pytest.mark.parametrize(
    ("name", "x"),
    [
        ("spread", np.r_[NORMAL, 8 + 2 * NORMAL]),
        ("range", np.r_[ms.simulate(ms.ORIGIN, n=1000, seed=1), 30.0]),
        ("kurtosis", np.random.default_rng(0).uniform(size=500)),
        ("skewness", np.random.default_rng(0).exponential(size=500)),
        ("PIT", np.r_[NORMAL, 9 + NORMAL, np.full(100, 9.5)]),
    ],
)
def test_each_check_finds_its_misfit(name, x):
    """Unequal spreads, an outlier, flat data, a long tail, a heap of one value: each is among the misfits."""
    found = check_adequacy(ms.fit_em(x), x=x)
    assert name in [each.name for each in found.misfits]


def test_the_band_holds_the_data(origin_sample):
    """Right data stay inside their simultaneous band, which is far narrower than for known parameters."""
    pit = check_adequacy(ms.fit_em(origin_sample)).pit
    assert (np.abs(pit.difference) <= pit.half_width).all()
    empirical = np.array([np.mean(origin_sample.points <= at) for at in pit.x])
    np.testing.assert_allclose(pit.difference, empirical - pit.u, atol=1 / 1000)
    assert 0.3 < pit.half_width.max() / (1.358 / np.sqrt(1000)) < 0.8


def test_the_ratio_tells_two_components_from_one():
    """Separated data need two; a normal sample does not, and its simulation stops early."""
    two = likelihood_ratio(ms.fit_em(ms.simulate(ms.ORIGIN, n=200, seed=0)))
    fit = ms.fit_em(np.random.default_rng(3).normal(size=200))
    assert two.p_value == pytest.approx(1 / 100)
    assert likelihood_ratio(fit).p_value > 0.05
    assert check_adequacy(fit).status is AdequacyStatus.ONE_WILL_DO


def test_without_raw_observations_range_and_pit_are_left_out(faithful):
    """Negative weights are no counts: then there is no range and no PIT, unless the raw data come along."""
    x = faithful.points
    split = ms.WeightedSample(points=np.r_[x, x], weights=np.repeat([1.5, -0.5], x.size), source=faithful.source)
    fit = ms.fit_em(split)
    assert [each.name for each in check_adequacy(fit).findings] == ["skewness", "kurtosis", "spread", "components"]
    assert check_adequacy(fit, x=x).pit is not None
    with pytest.raises(ms.DataError, match=r"observations of the fit, which are 272; got 100"):
        check_adequacy(fit, x=x[:100])


def test_compressed_observations_are_read_again():
    """Points that stand for 10 000 observations are judged as the observations are, range and PIT included."""
    x = ms.simulate(ms.ORIGIN, n=10_000, seed=0)
    fit = ms.fit_em(x)
    assert fit.sample.points.size < 1000
    assert check_adequacy(fit).findings == check_adequacy(fit, x=x).findings
    assert "PIT" in [each.name for each in check_adequacy(fit).findings]


def test_a_fit_short_of_the_maximum_is_not_judged(faithful):
    """After two iterations there is nothing to hold the data against."""
    found = check_adequacy(ms.fit_em_plain(faithful, iterations=2))
    assert found.status is AdequacyStatus.NOT_JUDGED
    assert not found.findings
