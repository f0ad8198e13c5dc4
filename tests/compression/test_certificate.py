"""The certificate holds where the points have the data's likelihood, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import mixstudy as ms
from mixstudy.compression.certificate import certify
from mixstudy.compression.compress import Region, compress


def mixture(n):
    """A sample with unit sigma and means 5 apart."""
    return ms.simulate(ms.Parameters(weight=0.3, mu1=0.0, mu2=5.0, sigma=1.0), n=n, seed=0)


def test_certificate_holds_and_can_fail():
    """A sample is certified for what it serves, measured by SciPy; for too steep parameters it is not."""
    x = mixture(20_000)
    sample = compress(x)
    theta = np.array([[0.3, 0, 5, 1], [0.31, 0.01, 5.02, 0.99]])
    good = certify(sample, theta, places=theta)
    assert good.holds
    assert good.checked == x.size
    assert good.measured < 1e-7
    steep = np.array([[0.5, 0.0, 0.5, 0.02]])
    bad = certify(sample, steep, places=steep)
    assert not bad.holds
    assert bad.measured > 1e-6


def test_a_measured_error_alone_fails_the_certificate():
    """Weights that lost an observation are found out by the referee, whatever the bound says."""
    x, theta = mixture(20_000), np.array([[0.3, 0, 5, 1]])
    sample = compress(x)
    faulty = replace(sample, weights=sample.weights * (1 - 1 / x.size))
    assert faulty.bound(Region.around(theta)) <= faulty.tolerance
    assert not certify(faulty, theta, places=theta).holds


def test_a_part_is_measured_where_all_is_too_much(monkeypatch):
    """Beyond a million observations a part of them is read again, compressed alike and compared."""
    monkeypatch.setattr("mixstudy.compression.certificate.CHECKED", 5000)
    theta = np.array([[0.3, 0, 5, 1]])
    found = certify(compress(mixture(20_000)), theta, places=theta)
    assert found.checked == 5000
    assert found.holds
