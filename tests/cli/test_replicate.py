"""The command runs a design, goes on where it was interrupted, and says what is wrong with bad input."""

from __future__ import annotations

import json

import pandas as pd
from typer.testing import CliRunner

from mixstudy.cli.app import app

TINY = ["--n", "40", "--separation", "4", "--replicates", "2", "--chains", "2", "--draws", "60", "--tune", "60"]


def run(*arguments):
    """Run the command in this process."""
    return CliRunner().invoke(app, ["replicate", "--workers", "1", *map(str, arguments)])


def test_design_from_options_runs_and_is_gone_on_with(tmp_path):
    """Results and summaries are written; --resume reads the design from the folder, and more replicates are added."""
    folder = tmp_path / "r"
    result = run("--out", folder, *TINY, "--quiet")
    assert result.exit_code == 0, result.output
    assert f"2 data sets. Results: {folder}" in result.output
    assert len(pd.read_parquet(folder / "results.parquet")) == 2
    summary = pd.read_csv(folder / "summary.csv")
    assert {"wald coverage", "credible coverage", "agree", "seconds all"} <= set(summary["measure"])
    before = (folder / "results.parquet").read_bytes()
    assert run("--out", folder, "--resume").exit_code == 0
    assert (folder / "results.parquet").read_bytes() == before
    assert run("--out", folder, "--resume", "--replicates", 3).exit_code == 0
    assert len(pd.read_parquet(folder / "results.parquet")) == 3
    refused = run("--out", folder, "--resume", "--seed", "3")
    assert refused.exit_code == 2
    assert "holds other results: seed is 0 there and 3 here" in " ".join(refused.output.split())
    assert run("--out", folder, *TINY).exit_code == 2


def test_calibration_from_the_command_line(tmp_path):
    """--calibrate ranks truths from the prior and writes its summary."""
    folder = tmp_path / "c"
    result = run("--calibrate", 2, "--n", "40", "--chains", 2, "--draws", 60, "--tune", 60, "--out", folder, "-q")
    assert result.exit_code == 0, result.output
    assert set(pd.read_csv(folder / "calibration.csv")["quantity"]) >= {"weight", "log_likelihood"}


def test_the_prior_is_that_of_study(tmp_path):
    """--prior takes the shape that study takes, tells it, and keeps it in the design, of truths too."""
    shape = ["--prior", "means=9, weight=2:3", "--n", "40", *TINY[4:]]
    for calibrate in ([], ["--calibrate", 2]):
        folder = tmp_path / f"r{len(calibrate)}"
        result = run("--out", folder, *shape, *calibrate)
        assert result.exit_code == 0, result.output
        assert "Prior: means=9,sigma=1,weight=2:3" in result.output
        assert "…" not in result.output  # cut off
        assert calibrate or result.output.count("covers") == 3
        design = json.loads((folder / "design.json").read_text())
        assert (design["prior_means"], design["prior_sigma"], design["prior_weight"]) == (9, 1, [2, 3])
        assert "prior_means" in (folder / "report.html").read_text("utf-8")


def test_bad_input_is_one_sentence(tmp_path):
    """An unknown key, a bad list and an option that makes no sense exit with 2, named; nothing is written."""
    design = tmp_path / "d.toml"
    design.write_text("seperation = 3\n")
    for arguments, message in (
        (["--design", design], "unknown key 'seperation' in the design; did you mean 'separation'"),
        (["--n", "few"], "--n takes numbers separated by commas, got 'few'"),
        (["--n", "[/x]\\"], "--n takes numbers separated by commas, got"),
        (["--calibrate", 3, "--n", "100.5"], "n must be a whole number, got 100.5"),
        (["--n", "2"], "n must be at least 4, got 2"),
        (["--calibrate", 3, "--weight", "0.5"], "--weight can't go with --calibrate"),
        (["--prior", "mean=3"], "--prior takes means=A, sigma=B and weight=A:B"),
        (["--prior", "sigma=0"], "the prior's sigma must lie from 0.001 to 1000"),
        (["--resume"], "holds no study to go on with: leave out --resume"),
        (["--design", tmp_path / "none.toml"], "none.toml: no such file; check the path"),
    ):
        result = run("--out", tmp_path / "r", *arguments)
        assert result.exit_code == 2
        assert message in " ".join(result.output.split())
    assert not (tmp_path / "r").exists()
