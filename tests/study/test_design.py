"""A design is read as written, and what can't be meant is refused with the key's name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mixstudy.mcmc.settings import MANY
from mixstudy.study.design import Design, DesignError

PLAIN = replace(MANY, escalate=False)

FILE = """
n = [100, 1000]
weight = 0.5
separation = [2, 3.5]
replicates = 3
seed = 9
escalate = false
"""


def test_file_is_read(tmp_path):
    """A single value stands for a list of one, whole numbers for decimals, what is left out is the default."""
    path = tmp_path / "design.toml"
    path.write_text(FILE)
    design = Design.from_toml(path)
    assert design == Design(n=(100, 1000), weight=(0.5,), separation=(2.0, 3.5), replicates=3, seed=9, sampler=PLAIN)
    assert Design.from_mapping(design.as_dict()) == design


def test_a_round_number_may_be_written_with_an_exponent():
    """1e3 observations are a thousand; a number that is not whole stays refused."""
    assert Design.from_mapping({"n": [100, 1e3]}).n == (100, 1000)


def test_tasks_are_the_grid():
    """Each cell is there as often as it has replicates, the first of every cell before the second of any."""
    design = Design(n=(100, 1000), weight=(0.2, 0.5), separation=(3.0,), prior=(1.0, 0.1), replicates=3)
    tasks = design.tasks()
    assert len(tasks) == design.size == design.cells * 3 == 24
    cells = [(task.n, task.truth.weight, task.truth.mu2, task.prior) for task in tasks]
    assert len(set(cells)) == 8
    assert cells[:8] == cells[8:16] == cells[16:]
    assert [task.place[-1] for task in tasks] == [0] * 8 + [1] * 8 + [2] * 8


def test_default_is_small_enough():
    """At two data sets a second the default ends within ten minutes, with every n from 100 to a million."""
    design = Design()
    assert design.size <= 2 * 600
    assert design.n[0] == 100
    assert design.n[-1] == 1_000_000


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"replicate": 3}, "unknown key 'replicate' in the design; did you mean 'replicates'"),
        ({"mu1": 3}, "unknown key 'mu1' in the design; did you mean"),
        ({"n": "many"}, "n must be a whole number, got 'many'"),
        ({"n": [100, 2.5]}, "n must be a whole number, got 2.5"),
        ({"n": True}, "n must be a whole number, got True"),
        ({"n": []}, "n must hold at least one value"),
        ({"n": [3]}, "n must be at least 4, got 3"),
        ({"n": [50, 50]}, r"n must hold each value once, got \[50, 50\]"),
        ({"weight": 1.0}, "weight must lie strictly between 0 and 1, got 1.0"),
        ({"weight": "half"}, "weight must be a number, got 'half'"),
        ({"separation": 0}, "separation must be finite and above 0, got 0.0"),
        ({"prior": [-1.0]}, "prior must be finite and above 0, got -1.0"),
        ({"prior_weight": [1]}, "the prior of the weight needs the two numbers of a Beta"),
        ({"prior_means": 0}, "the prior's means must lie from 0.001 to 1000, got 0.0"),
        ({"replicates": 0}, "replicates must be at least 1, got 0"),
        ({"escalate": 1}, "escalate must be true or false, got 1"),
        ({"level": 2.0}, "level must lie between 0.5 and 0.999999999, got 2.0"),
        ({"chains": 1}, "chains must be at least 2, got 1"),
        ({"draws": 10**9}, "draws must be at most 1000000, got 1000000000"),
        ({"n": 10**27}, "n must be at most 1000000000, got 1000"),
        ({"replicates": 10**9}, "replicates must be at most 666666, got 1000000000"),
    ],
)
def test_bad_designs(values, message):
    """An unknown key, a wrong type and a value out of range are each told by name."""
    with pytest.raises(ValueError, match=message):
        Design.from_mapping(values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n = [100", r"design.toml: can't be read as TOML"),
        ("nn = 100", r"design.toml: unknown key 'nn'.*mean 'n'"),
        ("n = " + "[" * 20_000, r"design.toml: can't be read as TOML"),
        ("#" * 2_000_000, r"design.toml: can't be read as TOML: it holds more than a megabyte"),
    ],
)
def test_bad_files(tmp_path, text, message):
    """The message names the file."""
    path = tmp_path / "design.toml"
    path.write_text(text)
    with pytest.raises(DesignError, match=message):
        Design.from_toml(path)


def test_missing_file(tmp_path):
    """A file that isn't there is named."""
    with pytest.raises(DesignError, match=r"nowhere.toml: no such file; check the path"):
        Design.from_toml(tmp_path / "nowhere.toml")
