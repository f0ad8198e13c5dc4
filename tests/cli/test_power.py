"""The command measures, goes on, and is added to."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from mixstudy.cli.app import app


def run(*arguments):
    """Run the command in this process."""
    return CliRunner().invoke(app, ["power", "--workers", "1", *map(str, arguments)])


def test_power_writes_its_tables_and_grows(tmp_path):
    """One right pair of one cell, then another: the design is read from the folder, the summary counts both."""
    folder = tmp_path / "p"
    cell = ("--n", 400, "--separation", 4, "--weight", 0.3, "--replicates", 0)
    first = run("--out", folder, *cell, "--right", 1, "-q")
    assert first.exit_code == 0, first.output
    assert run("--out", folder, "--resume", "--right", 2).exit_code == 0
    summary = pd.read_csv(folder / "power.csv")
    assert summary[["fault", "n", "data_sets"]].to_numpy().tolist() == [["none", 400, 2]]
    assert json.loads((folder / "power.json").read_text())["cells"][0]["right"] == 2
    assert (folder / "power.png").exists()


@pytest.fixture
def asked(monkeypatch):
    """The designs that would be run."""
    designs = []
    monkeypatch.setattr("mixstudy.cli.power.carry_out", lambda _, __, design, *___, **____: designs.append(design))
    return designs


def test_cells_come_from_a_file_and_a_share_of_them_is_done(tmp_path, asked):
    """A tenth of what the file asks for, with another seed."""
    (tmp_path / "d.toml").write_text("right = 400\nreplicates = 0\n[[cells]]\nn = 30\nseparation = 1\nweight = 0.02\n")
    result = run("--design", tmp_path / "d.toml", "--share", 0.1, "--seed", 3, "--out", tmp_path / "p")
    assert result.exit_code == 0, result.output
    assert [(*cell.place, cell.replicates, cell.right) for cell in asked[0].cells] == [(30, 1.0, 0.02, 0, 40)]
    assert asked[0].seed == 3


def test_bad_input_is_one_sentence(tmp_path, asked):
    """What can't be measured is refused before anything is written."""
    (tmp_path / "d.toml").write_text("cells = 3\n")
    for arguments, message in (
        (["--weight", "1.5"], "weight must lie strictly between 0 and 1, got 1.5"),
        (["--share", "2"], "share must lie in (0, 1], got 2.0"),
        (["--n", "[/x]"], "--n takes numbers separated by commas, got '[/x]'"),
        (["--design", tmp_path / "d.toml"], "d.toml: cells must be a list of tables, got 3"),
        (["--design", tmp_path / "d.toml", "--right", 3], "--right can't go with --design"),
        (["--resume"], "holds no study to go on with"),
    ):
        refused = run("--out", tmp_path / "p", *arguments)
        assert refused.exit_code == 2
        assert message in " ".join(refused.output.split())
    assert not asked
