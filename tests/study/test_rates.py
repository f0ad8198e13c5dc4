"""The error rates that reports quote are counts of right pairs, with exact limits, from the nearest cell."""

from __future__ import annotations

import pandas as pd
import pytest
from scipy.stats import binomtest

import mixstudy as ms
from mixstudy.study.rates import count_rates, error_rate_sentence, exact_limits, nearest_rate, rates


@pytest.mark.parametrize(("count", "of"), [(0, 405), (3, 405), (405, 405), (1, 20)])
def test_limits_are_exact(count, of):
    """Both ends are SciPy's Clopper-Pearson limits."""
    expected = binomtest(count, of).proportion_ci(method="exact")
    assert exact_limits(count, of) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_no_limit_is_below_the_share_that_zero_proves():
    """None wrong of 405 proves a rate below 0.9 % (1 - 0.025^(1/405)), not zero."""
    assert exact_limits(0, 405) == (0.0, pytest.approx(0.00907, abs=1e-5))


def test_the_cell_is_the_nearest():
    """A cell's own place finds it, whichever component is the smaller; places between find the nearer."""
    for cell in rates():
        for weight in (cell.weight, 1 - cell.weight):
            assert nearest_rate(cell.n, ms.Parameters(weight, 10, 10 + 3 * cell.separation, 3)) == cell
    found = nearest_rate(900, ms.Parameters(0.28, 0, 2.9, 1))
    assert (found.n, found.separation, found.weight) == (1000, 3.0, 0.3)


def test_a_place_at_the_edge_has_a_cell():
    """Equal means and an empty component have a nearest cell too."""
    assert nearest_rate(10, ms.Parameters(1e-300, 0, 0, 1)).separation == 1.0


def test_counts_are_of_those_that_were_judged():
    """A data set that failed counts for nothing; the others count by their verdict."""
    verdicts = ["agree", "agree", "disagree", "inconclusive", None]
    found = count_rates(pd.DataFrame({"n": 100, "separation": 3.0, "weight": 0.3, "verdict": verdicts}))
    assert found.iloc[0].to_dict() == {
        "n": 100, "separation": 3.0, "weight": 0.3, "data_sets": 4, "disagree": 1, "inconclusive": 1,
    }  # fmt: skip


def test_the_sentence_gives_the_limit():
    """The sentence names the cell and the limit of its rate."""
    cell = nearest_rate(1000, ms.Parameters(0.3, 0, 3, 1))
    high = 100 * exact_limits(cell.disagree, cell.data_sets)[1]
    text = error_rate_sentence(1000, ms.Parameters(0.3, 0, 3, 1))
    assert f"Of {cell.data_sets} right pairs near here (n = 1000, means 3 sigma apart, smaller weight 0.3)" in text
    assert f"{cell.disagree} were called wrong, a rate below {high:.2g} %" in text
