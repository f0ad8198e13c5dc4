"""False alarms and power are counted as they are defined."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from mixstudy.study import power
from mixstudy.study.power import RIGHT, Cell, grid, measure_power, summarise


@pytest.fixture(scope="module")
def rows(compiled):
    """One data set of one well separated cell, with every mistake."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(power, "_compiled", lambda: compiled)
        return measure_power((Cell(n=1000, separation=5.0, weight=0.3),), replicates=1, seed=1, workers=1)


def test_the_right_pair_agrees_and_is_accused_of_nothing(rows):
    """The first row is the right pair: it agrees, and no mistake is named."""
    right = rows[rows["fault"] == RIGHT]
    assert right["verdict"].tolist() == ["agree"]
    assert right["named"].all()


def test_mistakes_that_matter_are_found_and_named(rows):
    """Every mistake that moves the answer by half a posterior standard deviation disagrees and is named."""
    moved = rows[rows["moved"] > 0.5]
    assert {"variance reported as sigma", "weight of the other component", "sigma divided by n1"} <= set(moved["fault"])
    assert (moved["verdict"] == "disagree").all()
    assert moved["named"].all()


def test_place_in_the_design_makes_the_data(compiled, monkeypatch, rows):
    """The same data set comes out alone, as the second of two, or in another process."""
    monkeypatch.setattr(power, "_compiled", lambda: compiled)
    cell = Cell(n=1000, separation=5.0, weight=0.3)
    again = measure_power((cell,), replicates=1, faults=False, seed=1, workers=1)
    other = measure_power((cell,), replicates=1, first=1, faults=False, seed=1, workers=1)
    pd.testing.assert_frame_equal(again, rows[rows["fault"] == RIGHT])
    assert other["replicate"].tolist() == [1]


def test_grid_is_the_stated_one():
    """Three sizes, three separations and three weights."""
    assert len(set(grid())) == 27


def test_summary_counts_what_it_says():
    """Only data sets with a posterior to be trusted count, and of mistakes only those that matter; exact intervals."""
    rows = pd.DataFrame(
        {
            "fault": [RIGHT] * 4 + ["float32"] * 2,
            "replicate": [0, 1, 2, 3, 0, 1],
            "n": 100,
            "separation": 3.0,
            "weight": 0.3,
            "moved": [0.0] * 4 + [0.05, 2.0],
            "sampler": ["pass", "pass", "pass", "fail", "pass", "pass"],
            "verdict": ["agree", "disagree", "agree", "inconclusive", "agree", "disagree"],
            "named": [True, True, False, True, False, True],
        }
    )
    right, faulty = (summarise(rows).set_index("fault").loc[name] for name in (RIGHT, "float32"))
    assert (right["counted"], right["data_sets"], right["inconclusive"]) == (3, 4, 0.25)
    exact = binomtest(1, 3).proportion_ci(method="exact")
    np.testing.assert_allclose([right["disagree_low"], right["disagree_high"]], [exact.low, exact.high])
    assert (faulty["counted"], faulty["disagree"], faulty["named"]) == (1, 1.0, 1.0)


def test_no_replicates():
    """Nothing can be measured on no data."""
    with pytest.raises(ValueError, match="replicates must be at least 1, got 0"):
        measure_power(replicates=0)
