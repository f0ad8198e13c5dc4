"""Traces of data that were saved with fewer decimals than the program had are held against what those tell."""

from __future__ import annotations

import numpy as np
import pytest

import mixstudy as ms
from mixstudy.diagnosis.localise import localise_trace
from mixstudy.faults.by_trace import from_trace
from mixstudy.faults.place import Place
from mixstudy.model import Floats


def trace_of(x: Floats, *, mean_of_sds: bool = False) -> Floats:
    """A textbook run on the full data; or one whose sigma is the mean of two standard deviations."""
    theta, rows = np.array([0.5, -1.0, 4.0, 2.0]), []
    for _ in range(12):
        rows.append(theta)
        weight, mu1, mu2, sigma = theta
        odds = weight / (1 - weight) * np.exp(((x - mu2) ** 2 - (x - mu1) ** 2) / (2 * sigma**2))
        r = odds / (1 + odds)
        means = (r @ x / r.sum(), (1 - r) @ x / (1 - r).sum())
        squares = (r @ (x - means[0]) ** 2, (1 - r) @ (x - means[1]) ** 2)
        own = np.sqrt([squares[0] / r.sum(), squares[1] / (1 - r).sum()]).mean()
        theta = np.array([r.mean(), *means, own if mean_of_sds else np.sqrt(sum(squares) / len(x))])
    return np.array(rows)


@pytest.mark.parametrize("decimals", [1, 2, 4, 6])
@pytest.mark.parametrize("n", [100, 2000])
def test_right_steps_are_right_on_rounded_data(n: int, decimals: int) -> None:
    """Whatever the decimals, a right run is no run on other data, and none of its numbers is wrong."""
    for seed in range(5):
        x = ms.simulate(ms.Parameters(0.3, 0, 3, 1), n=n, seed=seed)
        saved, trace = ms.as_sample(np.round(x, decimals)), trace_of(x)
        assert localise_trace(trace, saved).places == ()
        assert from_trace(trace, saved)[1]


def test_wrong_steps_are_located_on_rounded_data() -> None:
    """A sigma that is the mean of two standard deviations is told, where it was told to be of other data."""
    x = ms.simulate(ms.Parameters(0.3, 0, 3, 1), n=2000, seed=1)
    found = localise_trace(trace_of(x, mean_of_sds=True), ms.as_sample(np.round(x, 4)))
    assert found.places == (Place.SIGMA,)
    assert "Weight and both means are right in every row; sigma is not" in found.sentence


def test_other_data_stay_other_data() -> None:
    """A run on other observations from the same source is not excused by the decimals of these."""
    x, y = (ms.simulate(ms.Parameters(0.3, 0, 3, 1), n=2000, seed=seed) for seed in (1, 2))
    found = localise_trace(trace_of(x), ms.as_sample(np.round(y, 4)))
    assert found.places == (Place.OTHER_DATA,)
