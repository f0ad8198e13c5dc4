"""Right numbers in the wrong columns are told by the order in which they are right."""

from itertools import permutations

import numpy as np
import pytest

import mixstudy as ms
from mixstudy.diagnosis.columns import AS_IS, MEANS_ALONE
from mixstudy.faults.outside import OUTSIDE_BY_NAME, run
from mixstudy.faults.place import Place
from mixstudy.model import LABELS

ORDERS = [order for order in permutations(range(4)) if order not in {AS_IS, MEANS_ALONE}]
START = np.array([0.5, 0.4, 0.9, 0.2])


@pytest.fixture(scope="module")
def x():
    """A thousand observations all of whose parameters lie between 0 and 1, so that each may pass for each."""
    return ms.simulate(ms.Parameters(0.3, 0.45, 0.95, 0.1), n=1000, seed=1)


def printed(theta, order):
    """Six figures, number ``order[k]`` in column k."""
    return [f"{theta[k]:.6g}" for k in order]


@pytest.mark.parametrize("order", ORDERS)
def test_an_estimate_in_any_other_order(x, order):
    """The maximum in another order is wrong as it stands, and said to be right in that one."""
    found = ms.check_estimate(printed([*ms.fit_em(x).parameters], order), x)
    assert found.verdict is ms.Verdict.DISAGREE
    assert found.location.places == (Place.REPORT,)
    assert f"stand in the order {', '.join(LABELS[k] for k in order)}, not in that" in found.location.sentence
    assert not found.told


@pytest.mark.parametrize("order", ORDERS)
def test_a_trace_in_any_other_order(x, order):
    """Right steps under the wrong names are right steps."""
    found = ms.check_estimate(None, x, trace=[printed(row, order) for row in run(x, START, (), steps=10)])
    assert found.location.places == (Place.REPORT,)
    assert f"stand in the order {', '.join(LABELS[k] for k in order)}, not in that" in found.location.sentence


@pytest.mark.parametrize("order", [(3, 1, 2, 0), (1, 0, 2, 3), (1, 2, 0, 3)])
def test_wrong_numbers_in_the_wrong_columns_are_not_called_right(x, order):
    """Another order is told only where it makes everything right."""
    rows = run(x, START, (OUTSIDE_BY_NAME["mean of two variances"],), steps=60)
    for given in (
        {"estimate": printed(rows[-1], order)},
        {"estimate": None, "trace": [printed(r, order) for r in rows]},
    ):
        found = ms.check_estimate(x=x, **given)
        assert "stand in the order" not in found.sentence


def test_numbers_out_of_range_are_refused_with_the_order_in_which_they_are_right(origin_sample):
    """A mean is no weight: the message says which column holds it."""
    points = origin_sample.points
    rows = run(points, np.array([0.5, 3.0, 14.0, 4.0]), (), steps=5)
    with pytest.raises(ValueError, match="stand in the order mu1, mu2, sigma, weight, not in that of weight"):
        ms.check_estimate(None, points, trace=[printed(row, (1, 2, 3, 0)) for row in rows])
