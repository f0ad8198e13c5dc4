"""A power study's cells are those that were asked for, and grow by those that are added."""

from __future__ import annotations

import numpy as np
import pytest

from mixstudy.study.design import DesignError
from mixstudy.study.power_design import Cell, PowerDesign, asked_for

FILE = """
separation = [1.5, 3]
weight = 0.3
n = 100
right = 400
replicates = 0
seed = 4
draws = 500

[[cells]]
n = [100, 1000]
separation = 3
weight = 0.3
replicates = 20

[[cells]]
n = 30
separation = 1
weight = 0.02
right = 50
"""


def shown(design):
    """Cells and their numbers."""
    return [(*cell.place, cell.replicates, cell.right) for cell in design.cells]


def cell(**changed):
    """A cell."""
    return Cell(**{"n": 100, "separation": 3.0, "weight": 0.3, "replicates": 2, "right": 4, **changed})


def test_default_is_the_stated_grid():
    """Three sizes, three separations and three weights."""
    assert len({cell.place for cell in PowerDesign().cells}) == 27


def test_file_holds_a_grid_and_a_list_of_cells(tmp_path):
    """A listed cell has numbers of its own or the file's; a place named twice has the larger ones."""
    (tmp_path / "d.toml").write_text(FILE)
    design = PowerDesign.from_toml(tmp_path / "d.toml")
    assert shown(design) == [
        (100, 1.5, 0.3, 0, 400),
        (100, 3.0, 0.3, 20, 400),
        (1000, 3.0, 0.3, 20, 400),
        (30, 1.0, 0.02, 0, 50),
    ]
    assert (design.seed, design.sampler.draws) == (4, 500)
    assert PowerDesign.from_mapping(design.as_dict()) == design


def test_every_stretch_of_tasks_is_alike():
    """The first half holds half of every cell and kind, so that the time left is honest and an early end fair."""
    tasks = PowerDesign(cells=(cell(), cell(n=1000, replicates=4, right=40))).tasks()
    kinds = [(task.cell.n, task.with_faults) for task in tasks[: len(tasks) // 2]]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        (100, True): 1,
        (100, False): 2,
        (1000, True): 2,
        (1000, False): 20,
    }


def test_seeds_follow_from_the_place_alone():
    """More cells and more data sets leave the seeds as they are, and nearby cells share none."""
    few = PowerDesign(cells=(cell(),)).tasks()
    more = PowerDesign(cells=(cell(weight=0.31), cell(weight=0.02), cell(replicates=3, right=9))).tasks()
    seeds = {(*task.cell.place, task.replicate): task.seeds for task in more}
    assert all(seeds[(*task.cell.place, task.replicate)] == task.seeds for task in few)
    assert len(set(seeds.values())) == len(more)


def test_seeds_are_those_of_the_committed_run():
    """Cells in tenths have the seeds that notebooks/results/power.csv was made with."""
    words = np.random.SeedSequence([7, 100, 15, 3, 2]).generate_state(2).tolist()
    assert list(cell(separation=1.5).seeds(7, 2)) == words


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [(100, 3.0, 0.3, 2, 4)]),
        ({"right": 9}, [(100, 3.0, 0.3, 2, 9)]),
        ({"right": 1}, [(100, 3.0, 0.3, 2, 4)]),
        ({"n": 30, "separation": 1, "weight": 0.5, "right": 5}, [(100, 3.0, 0.3, 2, 4), (30, 1.0, 0.5, 10, 5)]),
        ({"n": 100, "separation": 3, "weight": 0.3, "right": 8}, [(100, 3.0, 0.3, 10, 8)]),
    ],
)
def test_what_is_there_grows(values, expected):
    """Named cells are added; numbers alone are for the cells that are there; nothing is taken away."""
    there = PowerDesign(cells=(cell(),), seed=5)
    found = asked_for(values, there)
    assert shown(found) == expected
    assert found.seed == 5


def test_a_share_is_that_part_of_every_cell():
    """A tenth, rounded up; the whole can be added to it."""
    values = {"n": 100, "separation": [1, 2], "weight": 0.5, "replicates": 0, "right": 41}
    tenth = asked_for(values, share=0.1)
    assert [each[3:] for each in shown(tenth)] == [(0, 5), (0, 5)]
    assert asked_for(values, tenth) == asked_for(values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weights": 0.5}, "unknown key 'weights' in the design; did you mean 'weight'"),
        ({"cells": [{"weigth": 0.5}]}, "unknown key 'weigth' in the design; did you mean 'weight'"),
        ({"cells": 3}, "cells must be a list of tables, got 3"),
        ({"n": 3}, "n must be at least 4, got 3"),
        ({"n": 10**12}, "n must be at most 1000000000"),
        ({"weight": 1.0}, "weight must lie strictly between 0 and 1, got 1.0"),
        ({"separation": -1}, "separation must be finite and above 0, got -1.0"),
        ({"right": 10**9}, "right must be at most 10000000, got 1000000000"),
        ({"right": 0, "replicates": 0}, "replicates and right together must be at least 1, got 0"),
        ({"chains": 1}, "chains must be at least 2, got 1"),
    ],
)
def test_bad_designs(values, message):
    """An unknown key, a wrong type and a value out of range are each told by name."""
    with pytest.raises(ValueError, match=message):
        PowerDesign.from_mapping(values)


@pytest.mark.parametrize("share", [0.0, 1.5])
def test_bad_share(share):
    """A share is a part of the whole."""
    with pytest.raises(DesignError, match=r"share must lie in \(0, 1\], got"):
        asked_for({}, share=share)
