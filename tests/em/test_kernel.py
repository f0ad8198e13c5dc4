"""exp and log as series are NumPy's, to a few units of the last place."""

import numpy as np

from mixstudy.em.kernel import exp_minus, log_1_plus

ULP = np.finfo(np.float64).eps


def test_exp():
    """Over the whole range, and no overflow, underflow or exception beyond it."""
    y = np.concatenate([np.linspace(0, 700, 20_001), np.geomspace(1e-300, 1, 1_001)])
    np.testing.assert_allclose([exp_minus(each) for each in y], np.exp(-y), rtol=2 * ULP)
    assert 0 <= exp_minus(1e300) < 1e-300


def test_log():
    """From responsibilities that are next to nothing to those of a half."""
    e = np.concatenate([np.linspace(0, 1, 10_001), np.geomspace(1e-300, 1, 1_001)])
    np.testing.assert_allclose([log_1_plus(each) for each in e], np.log1p(e), rtol=4 * ULP)
