"""The command measures, goes on, and is added to."""

from __future__ import annotations

import json

import pandas as pd
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
    assert json.loads((folder / "power.json").read_text())["right"] == 2
    assert (folder / "power.png").exists()


def test_bad_input_is_one_sentence(tmp_path):
    """What can't be measured is refused before anything is written."""
    refused = run("--out", tmp_path / "p", "--weight", "1.5")
    assert refused.exit_code == 2
    assert "weight must lie strictly between 0 and 1, got 1.5" in " ".join(refused.output.split())
    assert not (tmp_path / "p").exists()
