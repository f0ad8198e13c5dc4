"""The modes of the posterior density."""

import numpy as np
import pytest
from integral.reference import DATA_SETS
from scipy.optimize import minimize

import mixstudy as ms
from mixstudy.data.sample import default_prior
from mixstudy.integral.modes import climb, distinct, find_peaks, starts
from mixstudy.integral.target import Target


def target_of(x):
    """The posterior of observations under the default prior."""
    sample = ms.as_sample(x)
    return Target.of(sample, default_prior(sample))


@pytest.mark.parametrize("name", ["galaxies", "overlap, small", "an outlier", "Old Faithful", "n = 12"])
def test_a_peak_is_where_scipys_optimiser_ends(name):
    """From each peak Nelder and Mead's simplex finds nothing higher, and goes nowhere."""
    target = target_of(DATA_SETS[name]())
    for peak in find_peaks(target):
        spread = np.sqrt(np.diag(peak.covariance))
        found = minimize(
            lambda z, p=peak, s=spread: -target.log_density((p.u + s * z)[None])[0], np.zeros(4), method="Nelder-Mead"
        )
        assert -found.fun - peak.log_density < 0.01
        assert np.abs(found.x).max() < 0.2


def test_the_galaxies_have_two_modes():
    """Both ways to cut the galaxies in two are found, the lower one far below the other."""
    target = target_of(DATA_SETS["galaxies"]())
    first, second = find_peaks(target)
    assert target.from_mixture(first.u)[0] < 0.2
    assert target.from_mixture(second.u)[0] > 0.9
    assert first.log_density - second.log_density > 5


def test_every_maximum_of_em_leads_to_a_known_mode():
    """Handing over EM's maxima adds nothing: the starts had found them."""
    for name in ("galaxies", "heavy tails", "three clumps", "exponential"):
        sample = ms.as_sample(DATA_SETS[name]())
        target = Target.of(sample, default_prior(sample))
        handed = [sample.to_standard(top.parameters.array) for top in ms.fit_em(sample).maxima]
        assert len(find_peaks(target, handed=handed)) == len(find_peaks(target))


def test_the_covariance_is_that_of_a_normal_posterior():
    """With many observations the peak's covariance is the inverse information in mixture coordinates."""
    x = DATA_SETS["n = 5000"]()
    fit = ms.fit_em(x)
    peak = find_peaks(target_of(x))[0]
    assert np.sqrt(peak.covariance[0, 0]) == pytest.approx(
        fit.standard_errors.weight / (fit.parameters.weight * (1 - fit.parameters.weight)), rel=0.03
    )


def test_starts_are_valid_parameters_of_all_weights():
    """The ladder of cuts reaches from single observations at either end to halves."""
    target = target_of(DATA_SETS["heavy tails"]())
    weights = target.from_mixture(starts(target))[:, 0]
    assert weights.min() < 0.005
    assert weights.max() > 0.995


def test_ends_in_one_place_are_one_peak():
    """Climbing from two starts near each other gives one peak."""
    target = target_of(DATA_SETS["Old Faithful"]())
    top = find_peaks(target)[0]
    assert len(distinct(climb(target, np.array([top.u, top.u + 0.01])))) == 1
