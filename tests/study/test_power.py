"""False alarms and power are counted as they are defined."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from mixstudy.study.power import RIGHT, PowerDesign, measure_power, power_summary

ONE = PowerDesign(n=(1000,), separation=(5.0,), weight=(0.3,), replicates=1, right=0, seed=1)
"""One data set of one well separated cell, with every mistake."""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """That data set's rows."""
    return measure_power(ONE, tmp_path_factory.mktemp("power") / "p", workers=1)


@pytest.fixture
def rows(found):
    """The table alone."""
    return found.table


def test_the_right_pair_agrees_and_is_accused_of_nothing(rows):
    """The first row is the right pair: it agrees, and no mistake is named."""
    right = rows[rows["fault"] == RIGHT]
    assert right["verdict"].tolist() == ["agree"]
    assert right["named"].all()


def test_mistakes_that_matter_are_found_and_named(rows):
    """Every mistake that moves the answer by half a posterior sd disagrees and is named, or located if unknown."""
    moved = rows[rows["moved"] > 0.5]
    assert {"variance reported as sigma", "weight of the other component", "sigma divided by n1"} <= set(moved["fault"])
    assert (moved["verdict"] == "disagree").all()
    known = moved["named"].notna()
    assert moved.loc[known, "named"].all()
    assert not moved["wrongly_named"].fillna(value=False).any()


def test_power_is_added_to(found, rows):
    """A right pair more leaves the rows that are there, and a data set's seed follows from its cell and its number."""
    more = replace(ONE, weight=(0.2, 0.3), right=1)
    seeds = {(task.cell, task.replicate): task.seed for task in more.tasks()}
    assert seeds[ONE.cells[0], 0] == rows["seed"].iloc[0]
    assert len(set(seeds.values())) == 4
    told = []
    again = measure_power(replace(ONE, right=1), found.folder, resume=True, workers=1, progress=told.append)
    assert [each.done for each in told] == [1, 2]
    pd.testing.assert_frame_equal(again.table[again.table["replicate"] == 0], rows)
    assert again.table[again.table["replicate"] == 1]["fault"].tolist() == [RIGHT]


def test_default_grid_is_the_stated_one():
    """Three sizes, three separations and three weights."""
    assert len(set(PowerDesign().cells)) == 27


def test_a_data_set_that_fails_is_a_row(monkeypatch, tmp_path):
    """What goes wrong on one data set is its row's reason."""

    def melt(*_, **__):
        msg = "melted"
        raise ValueError(msg)

    monkeypatch.setattr("mixstudy.study.power.fit_em", melt)
    failed = measure_power(replace(ONE, seed=2), tmp_path / "p", workers=1)
    assert failed.table["reason"].tolist() == ["ValueError: melted"]


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
            "located": [None] * 6,
            "wrongly_named": [None] * 4 + [False, False],
        }
    )
    right, faulty = (power_summary(rows).set_index("fault").loc[name] for name in (RIGHT, "float32"))
    assert (right["counted"], right["data_sets"], right["inconclusive"]) == (3, 4, 0.25)
    exact = binomtest(1, 3).proportion_ci(method="exact")
    np.testing.assert_allclose([right["disagree_low"], right["disagree_high"]], [exact.low, exact.high])
    assert (faulty["counted"], faulty["disagree"], faulty["named"]) == (1, 1.0, 1.0)


@pytest.mark.parametrize(
    ("bad", "message"),
    [({"n": (3,)}, "n must be at least 4, got 3"), ({"weight": (1.0,)}, "weight must lie strictly between 0 and 1")],
)
def test_bad_designs(bad, message):
    """A value out of its range is refused by name."""
    with pytest.raises(ValueError, match=message):
        PowerDesign(**bad)


def test_nothing_to_do_is_refused():
    """Nothing can be measured on no data."""
    with pytest.raises(ValueError, match="replicates and right together must be at least 1, got 0"):
        PowerDesign(replicates=0, right=0)
