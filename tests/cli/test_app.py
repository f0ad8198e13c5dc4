"""The command line as a person meets it: help, exit codes, files, clear errors."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import mixstudy as ms
from mixstudy.cli.app import app
from mixstudy.cli.terminal import sentence

QUICK = ["--n", "400", "--draws", "600", "--tune", "600"]


def run(*arguments: str):
    """Run the command in this process."""
    return CliRunner().invoke(app, list(arguments))


def test_study_agrees_and_writes_its_files(tmp_path: Path):
    """The main job ends with exit code 0, the verdict agree and the five files."""
    folder = tmp_path / "study"
    result = run("study", "--out", str(folder), *QUICK)
    assert result.exit_code == 0, result.output
    names = {path.name for path in folder.iterdir()}
    assert names == {"report.html", "comparison.json", "comparison.csv", "em_trace.csv", "posterior.nc"}
    report = json.loads((folder / "comparison.json").read_text())
    assert report["verdict"] == "agree"
    assert list(report["parameters"]) == list(ms.LABELS)
    assert "Agree" in result.output


def test_study_with_too_few_draws_is_inconclusive(tmp_path: Path):
    """Chains that can't be trusted end with exit code 3."""
    result = run("study", "--out", str(tmp_path / "s"), "--n", "100", "--draws", "20", "--tune", "20", "--quiet")
    assert result.exit_code == 3


def test_study_with_another_truth_disagrees(tmp_path: Path):
    """Data from another truth end with exit code 1, the check named; without a file they are simulated from it."""
    run("simulate", str(tmp_path / "x.csv"), "--seed", "0")
    given = ["--truth", "0.618,5,15,2", "--quiet"]
    assert run("study", "--out", str(tmp_path / "s"), *QUICK, *given).exit_code == 0
    result = run("study", str(tmp_path / "x.csv"), "--out", str(tmp_path / "s"), *QUICK, *given)
    assert result.exit_code == 1
    assert "truth" in result.output


def test_a_prior_of_ones_own_is_used_and_told(tmp_path: Path):
    """What --prior says in sds of the data stands in data units in comparison.json and in the report's settings."""
    out = tmp_path / "s"
    assert run("study", "--n", "500", "--prior", "means=10, weight=2:3", "--out", str(out)).exit_code == 0
    x = ms.as_sample(ms.simulate(ms.ORIGIN, n=500, seed=0))
    told = json.loads((out / "comparison.json").read_text())["sampler"]["prior"]
    assert told[0] == "weight ~ Beta(2, 3)"
    assert told[1] == f"mu1 ~ Normal({x.mean:.6g}, {10 * x.sd:.6g})"
    assert told[3] == f"sigma ~ HalfNormal({x.sd:.6g})"
    assert all(line.replace("<", "&lt;") in (out / "report.html").read_text() for line in told)


def test_plain_fit_prints_every_iteration():
    """The origin's command prints the start and fifty iterations."""
    result = run("fit", "--start", "0.11,3.4,2.4,2.3", "--iterations", "50", "--plain", "--n", "500")
    assert result.exit_code == 0
    rows = [line for line in result.output.splitlines() if line[:2].strip().isdigit()]
    assert len(rows) == 51


def test_fit_prints_the_published_estimate(tmp_path: Path):
    """Old Faithful's published figures appear with their standard errors."""
    path = tmp_path / "waiting.csv"
    pd.DataFrame({"waiting": ms.old_faithful().points}).to_csv(path, index=False)
    result = run("fit", str(path))
    for figure in ("0.3608494", "54.61362", "80.09030", "5.869091", "-1034.001760"):
        assert figure in result.output


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_simulate_writes_what_the_api_draws(tmp_path: Path, name: str):
    """The file holds the API's sample to the last digit, and nothing else is left in the folder."""
    path = tmp_path / name
    assert run("simulate", str(path), "--n", "50", "--seed", "3").exit_code == 0
    assert ms.read_sample(path).points.tolist() == ms.simulate(ms.ORIGIN, n=50, seed=3).tolist()
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_simulate_replaces_a_file_only_when_asked(tmp_path: Path):
    """What is there already stays, whoever made it, and --overwrite replaces it."""
    path = tmp_path / "x.csv"
    path.write_text("precious")
    refused = run("simulate", str(path), "--n", "50")
    assert (refused.exit_code, path.read_text()) == (2, "precious")
    assert "exists: replace it by --overwrite" in refused.output.replace("\n", " ")
    assert run("simulate", str(path), "--n", "50", "--overwrite").exit_code == 0
    assert ms.read_sample(path).n == 50


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["study", "no-such.csv"], "no-such.csv"),
        (["study", "--level", "1.5"], "level must lie between 0.5 and 0.999999999, got 1.5"),
        (["study", "--truth", "1,2"], "--truth takes four numbers"),
        (["study", "--truth", "0.2_62,5,15,2"], "--truth takes four numbers"),
        (["study", "--truth", "0.3,\u0665,15,2"], "--truth takes four numbers"),
        (["study", "--prior", "means=1_0"], "--prior takes"),
        (["replicate", "--n", "\u0661\u0660\u0660"], "--n takes numbers separated by commas"),
        (["replicate", "--separation", "3_1.5"], "--separation takes numbers separated by commas"),
        (["fit", "--level", "1e-320"], "level must lie between 0.5 and 0.999999999, got 1e-320"),
        (["check", "x.csv", "--estimate", "0.2_62,5,15,2"], "four finite numbers"),
        (["check", "x.csv", "--estimate", "0.3,\u0665,15,2"], "four finite numbers"),
        (["study", "--truth", "2,5,15,2"], "weight must lie in [0, 1], got 2.0"),
        (["study", "--prior", "means=10,weight=2"], "--prior takes means=A, sigma=B and weight=A:B"),
        (["study", "--prior", "mean=10"], "such as means=10,sigma=3,weight=2:2; got 'mean=10'"),
        (["study", "--prior", "sigma=1,sigma=2"], "--prior takes"),
        (["study", "--prior", ""], "--prior takes"),
        (["study", "--prior", "sigma=-1"], "the prior's sigma must lie from 0.001 to 1000, got -1.0"),
        (["study", "--chains", "1"], "chains must be at least 2, got 1"),
        (["study", "--n", "3"], "at least 4 observations, got 3"),
        (["study", "--column", "x"], "--column, --drop-missing and --cluster need a data file"),
        (["fit", "--plain", "--start", "0.5,1,2,-1"], "sigma must be above 0, got -1.0"),
        (["fit", "--plain", "--start", "0,1,2,1"], "strictly between 0 and 1"),
        (["fit", "--start", "0.5,1,2,1"], "add --plain"),
        (["simulate", "x.xls"], "must end in .csv or .parquet"),
        (["simulate", "no/such/folder/x.csv"], "no/such/folder"),
    ],
)
def test_bad_input_is_exit_code_2(tmp_path: Path, monkeypatch, arguments, message):
    """Bad input is one clear sentence, exit code 2, and no file."""
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output.replace("\n", " ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["stduy"], "Did you mean 'study'?"),
        (["study", "good.csv", "--column", "y"], "no column 'y'; the columns are 'x'"),
        (["study", "text.csv"], "column 'x' holds text, first in row 3: 'two'; it must hold numbers only"),
        (["study", "missing.csv"], "column 'x' holds missing values only; it must hold numbers"),
        (["study", "empty.csv"], "the file is empty; it needs a header and one row per observation"),
        (["study", "folder"], "the directory holds no data files; it needs some, such as .csv"),
        (["study", "good.csv", "./good.csv"], "./good.csv: named twice, and would count twice; name it once"),
        (["study", "good.csv", "--out", "text.csv"], "--out is a folder to write to; text.csv is a file"),
        (["check", "good.csv", "--estimate", "0.3,5,15,2", "--out", "text.csv"], "--out is a folder to write to"),
        (["demo", "--save", "text.csv"], "--save is a folder to write to; text.csv is a file"),
        (["fit", "good.csv", "--out", "text.csv"], "text.csv exists: replace it by --overwrite"),
    ],
)
def test_a_wrong_file_is_told_in_one_sentence(tmp_path: Path, monkeypatch, arguments, message):
    """What a newcomer gives by mistake ends with exit code 2 and a sentence that says what, and no file is touched."""
    monkeypatch.chdir(tmp_path)
    texts = {
        "good.csv": "x\n1\n2\n3\n7\n8\n",
        "text.csv": "x\n1\n2\ntwo\n",
        "missing.csv": "x\nnan\n\n",
        "empty.csv": "",
    }
    for name, text in texts.items():
        Path(name).write_text(text)
    Path("folder").mkdir()
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in " ".join(re.sub("[│╭╰─╮╯]", " ", result.output).split())
    assert {path.name: path.read_text() for path in tmp_path.iterdir() if path.is_file()} == texts


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_fit_keeps_its_iterations(tmp_path: Path, ending: str):
    """--out has every iteration as printed, with all digits, and a bad name is refused before the work."""
    path = tmp_path / f"trace.{ending}"
    assert (
        run("fit", "--plain", "--start", "0.3,4,14,3", "--iterations", "6", "--n", "500", "--out", str(path)).exit_code
        == 0
    )
    table = pd.read_csv(path) if ending == "csv" else pd.read_parquet(path)
    expected = ms.fit_em_plain(ms.simulate(ms.ORIGIN, n=500, seed=0), start=[0.3, 4, 14, 3], iterations=6).trace
    pd.testing.assert_frame_equal(table.set_index("iteration"), expected)
    assert "must end in .csv or .parquet" in run("fit", "--n", "500", "--out", str(tmp_path / "trace.txt")).output


@pytest.mark.parametrize("arguments", [["fit", "--plain", "--iterations", "5000", "--n", "50"], ["--help"]])
def test_a_closed_pipe_ends_quietly(arguments):
    """Output that nobody reads to its end is no disagreement: exit code 141 and not a word."""
    command = [sys.executable, "-m", "mixstudy", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:  # noqa: S603
        if arguments != ["--help"]:
            running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_said():
    """Output that can't be written is one sentence and exit code 2."""
    command = [sys.executable, "-m", "mixstudy", "cite"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
    assert done.returncode == 2
    assert done.stderr.startswith("error: the output: No space left on device")


def test_a_crash_is_exit_code_70(monkeypatch):
    """What nobody foresaw is one sentence that says how to report it, never the code that means disagree."""

    def crash(*_, **__):
        message = "an impossible thing"
        raise RuntimeError(message)

    monkeypatch.setattr("mixstudy.em.fit.fit_em", crash)
    result = run("fit", "--n", "50")
    assert result.exit_code == 70
    assert "RuntimeError: an impossible thing). Please report it" in result.output
    assert "Traceback" not in result.output


def test_help_lists_the_exit_codes():
    """Whoever writes a script finds the codes in the help."""
    shown = " ".join(run("--help").output.split())
    assert "0 agree" in shown
    assert all(f"{code} " in shown for code in (1, 2, 3, 70, 130, 141))


def test_the_row_number_is_never_fitted(tmp_path: Path):
    """Of a file of R's with semicolons and decimal commas its column is read; the first line says which."""
    table = pd.DataFrame({"waiting": ms.old_faithful().points / 4})
    table.index += 1
    table.to_csv(tmp_path / "data.csv", sep=";", decimal=",", index_label="")
    result = run("fit", str(tmp_path / "data.csv"))
    assert result.exit_code == 0
    assert result.output.splitlines()[0] == "data.csv, column waiting, n = 272"
    assert "13.65340" in result.output  # a quarter of the published 54.61362


def test_several_files_are_one_sample_on_request_only(tmp_path: Path):
    """Two files are pooled where that is asked for, and in no other case."""
    for name in ("a.csv", "b.csv"):
        run("simulate", str(tmp_path / name), "--n", "50", "--seed", str(ord(name[0])))
    files = [str(tmp_path / name) for name in ("a.csv", "b.csv")]
    alone = run("fit", *files)
    assert alone.exit_code == 2
    assert "--pool" in alone.output
    pooled = run("fit", *files, "--pool")
    assert pooled.exit_code == 0
    assert "column x, n = 100" in pooled.output


def test_foreign_folder_is_refused_before_any_work(tmp_path: Path):
    """A folder with somebody's file is left alone."""
    (tmp_path / "thesis.txt").write_text("mine")
    result = run("study", "--out", str(tmp_path))
    assert result.exit_code == 2
    assert "thesis.txt" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_help_loads_neither_pymc_nor_matplotlib():
    """Help and the package itself come without the heavy imports."""
    code = "import sys, mixstudy.cli.app; print([m for m in ('pymc', 'matplotlib', 'scipy') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert answer.stdout.strip() == "[]"


def test_version():
    """The version is the package's."""
    assert run("--version").output.startswith("mixstudy 0.")


def test_interrupt_leaves_nothing(tmp_path: Path):
    """Ctrl-C while the chains run ends with exit code 130, one sentence, no folder and no stage."""
    code = (
        "import signal, mixstudy.mcmc.posterior as p, mixstudy.cli.app as c;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"  # a job in the background ignores it
        "p.sample_posterior = lambda *_, **__: signal.raise_signal(signal.SIGINT);"
        "c.app(['study', '--n', '100'])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 130
    assert done.stderr.strip() == "Interrupted: nothing was written."
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mask", [0o022, 0o027])
def test_files_honour_the_umask(tmp_path: Path, mask: int):
    """The files of simulate and of check are as open to others as the umask says, and nothing lies beside them."""
    before = os.umask(mask)
    try:
        for name in ("x.csv", "x.parquet"):
            assert run("simulate", str(tmp_path / name), "--n", "50").exit_code == 0
        numbers = ("--estimate", "0.3,5,15,2", "--no-mcmc", "--out", str(tmp_path / "chk"))
        run("check", str(tmp_path / "x.csv"), *numbers)
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*.*")}
    assert modes == dict.fromkeys(("x.csv", "x.parquet", "check.json", "report.html"), 0o666 & ~mask)


def test_a_folder_for_compiled_code_that_cannot_be_written():
    """What PyTensor says of it is told with a way out."""
    error = ValueError("Unable to create the compiledir directory '/proc/x'. Check the permissions.")
    assert sentence(error).endswith("write elsewhere: PYTENSOR_FLAGS=base_compiledir=FOLDER mixstudy ...")


SWALLOWED = """
import os, signal, time, weakref
import mixstudy.cli.terminal as terminal

class Thing:
    pass

def called_back(_):
    os.kill(os.getpid(), signal.SIGTERM)
    for _ in range(1000):
        pass

signal.signal(signal.SIGTERM, terminal.terminated)
with terminal.clear_errors():
    thing = Thing()
    reference = weakref.ref(thing, called_back)
    del thing
    time.sleep(30)
"""


def test_sigterm_that_a_callback_swallows_ends_the_program_all_the_same():
    """An interrupt that Python prints and forgets comes again, and nothing is printed of the first."""
    done = subprocess.run([sys.executable, "-c", SWALLOWED], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    assert (done.returncode, done.stderr) == (130, "Interrupted: nothing was written.\n")


AT_ITS_END = """
import os, signal, sys, threading
from mixstudy.cli.app import app

threading._register_atexit(lambda: os.kill(os.getpid(), signal.SIGTERM))
sys.argv = ["mixstudy", "cite"]
app()
"""


def test_sigterm_at_the_end_of_the_program_is_silent():
    """When all is written the signal ends Python's own clearing up, without a traceback."""
    done = subprocess.run([sys.executable, "-c", AT_ITS_END], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    assert (done.returncode, done.stderr) == (-signal.SIGTERM, "")
    assert "mixstudy" in done.stdout
