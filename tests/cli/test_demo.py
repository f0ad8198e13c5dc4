"""The first minute: the bare command, the demo, completion, and errors that say what to do next."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from mixstudy.cli import demo as cli_demo
from mixstudy.cli.app import app

PROGRAM = Path(sys.executable).with_name("mixstudy")


def run(*arguments: str):
    """Run the command in this process."""
    return CliRunner().invoke(app, list(arguments))


def words(text: str) -> str:
    """The text on one line, so that it does not matter where it wraps."""
    return " ".join(text.split())


@pytest.fixture(scope="module")
def told() -> str:
    """The demo's story, told within a minute and without an error."""
    begin = time.perf_counter()
    done = run("demo")
    assert done.exit_code == 0, done.output
    assert time.perf_counter() - begin < 60
    return done.output


def test_the_bare_command_says_what_to_do_next():
    """``mixstudy`` alone names the three commands to begin with and where help is, and is no error."""
    done = run()
    assert done.exit_code == 0
    assert all(f"mixstudy {each}" in done.output for each in ("demo", "study YOUR.csv", "check", "--help"))
    assert len(done.output.splitlines()) < 10


def test_the_bare_command_is_quick():
    """It loads nothing heavy, and is the same by ``python -m mixstudy``."""
    code = "import sys, mixstudy.cli.app as c; c.app([], standalone_mode=False); print([*sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout  # noqa: S603
    module = subprocess.run([sys.executable, "-m", "mixstudy"], capture_output=True, text=True, check=True).stdout
    assert not any(f"'{name}'" in loaded for name in ("numpy", "scipy", "pandas", "pymc", "matplotlib"))
    assert loaded.startswith(module)


def test_the_story_comes_in_order(told):
    """Strange numbers with both mistakes, the right answer to wrong data, the mended run, what to do next."""
    landmarks = [
        "1 Strange numbers",
        "5 0.07053 0.04164",
        "Disagree: the estimate is",
        "heights used as data and sigma from one component",
        "wrong: s^2 = sum r (x - mu1)^2 / sum r",
        "2 The answer that was still wrong",
        "Agree: the estimate is the maximum of the likelihood",
        "--truth 0.3,5,15,2",
        "The likely mistake: the randn sampler.",
        "3 Mended",
        "11 checks passed",
        "Agree: EM's estimate is the maximum of the likelihood and the posterior says the same.",
        "mixstudy study YOUR.csv",
    ]
    story = words(told)
    places = [story.find(each) for each in landmarks]
    assert -1 not in places
    assert places == sorted(places)


def test_its_commands_are_commands(told):
    """Every command line that the story shows is understood: the commands and their options exist."""
    lines = [part.split("\n\n")[0] for part in told.replace(" \n \n", "\n\n").split("$ mixstudy ")[1:]]
    assert len(lines) == 4
    for line in lines:
        name, *rest = words(line.replace("\\", "")).split()
        known = run(name, "--help").output
        assert all(option in known for option in rest if option.startswith("--")), line


def test_its_commands_can_be_tried(tmp_path, capsys, monkeypatch):
    """The files that --save leaves are those of the commands, which say what the story said; none is written over."""
    folder = tmp_path / "my files"
    monkeypatch.setattr(cli_demo, "out", Console(width=1000))
    cli_demo._make_room(folder)
    cli_demo._strange_numbers(0, folder)
    cli_demo._still_wrong(0, folder)
    story = capsys.readouterr().out
    shown = [shlex.split(part.split("\n \n")[0]) for part in story.replace("\\\n", "").split("$ mixstudy ")[1:]]
    assert [words[0] for words in shown] == ["check"] * 3
    for arguments, sentence in zip(shown, ("Disagree", "Agree", "Disagree"), strict=True):
        done = run(*[each.strip() for each in arguments if each.strip()], "--quiet")
        assert done.output.startswith(sentence), done.output
        assert words(done.output) in words(story)
    refused = run("demo", "--save", str(folder))
    assert refused.exit_code == 2
    assert "holds heights.csv, printed.txt, sample.csv already" in words(refused.output)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_story_does_not_hang_on_its_seed(seed, capsys, monkeypatch):
    """With other random numbers the same mistakes are named."""
    monkeypatch.setattr(cli_demo, "out", Console(width=200))
    cli_demo._strange_numbers(seed)
    cli_demo._still_wrong(seed)
    story = words(capsys.readouterr().out)
    assert "mistake: heights used as data and sigma from one component." in story
    assert "mistake: the randn sampler." in story


def test_a_histogram_shows_what_is_there(capsys, monkeypatch):
    """Each bar has its height in eighths, one observation is seen, and none is not."""
    monkeypatch.setattr(cli_demo, "out", Console(width=80, color_system=None))
    cli_demo._histogram(np.repeat([0.0, 1.0, 2.0], [3200, 1600, 1]))
    *lines, axis = [line[4:] for line in capsys.readouterr().out.splitlines() if line.strip()]
    columns = ["".join(column) for column in zip(*(line.ljust(64) for line in lines), strict=True)]
    assert [columns[k] for k in (0, 1, 32, 63)] == ["████", "    ", "  ██", "   ▁"]
    assert axis.split() == ["0.0", "2.0"]


def test_a_plain_terminal_is_served():
    """Where only ASCII can be printed the story is told all the same."""
    code = "import mixstudy.cli.demo as d; d._still_wrong(0)"
    env = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)  # noqa: S603
    assert "####" in done.stdout


@pytest.mark.parametrize(
    ("line", "wanted"), [("mixstudy s", {"study", "simulate"}), ("mixstudy study --kind ", {"eti", "hdi"})]
)
def test_bash_completes(line, wanted):
    """Commands and the choices of an option are completed, in a fraction of a second's imports."""
    settings = {"_MIXSTUDY_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    done = subprocess.run([PROGRAM], env=os.environ | settings, capture_output=True, text=True, check=False)  # noqa: S603
    assert set(done.stdout.split()) == wanted


@pytest.mark.parametrize(
    ("header", "begun", "wanted"),
    [
        ("eruptions,waiting", "", {"eruptions", "waiting"}),
        ('"waiting time";id', "w", {"waiting time"}),
        ("1.5", "", set()),
    ],
)
@pytest.mark.parametrize("command", ["study", "check", "fit"])
def test_bash_completes_a_column(tmp_path, command, header, begun, wanted):
    """--column is completed from the header of the file that stands before it; where there is none, by nothing."""
    file = tmp_path / "data.csv"
    file.write_text(f"{header}\n1;2\n")
    words = f"mixstudy {command} {file} --column {begun}"
    settings = {"_MIXSTUDY_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": "4"}
    done = subprocess.run([PROGRAM], env=os.environ | settings, capture_output=True, text=True, check=False)  # noqa: S603
    assert {*done.stdout.strip().splitlines()} == wanted


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["stdy"], "Did you mean 'study'?"),
        (["study", "--colum", "x"], "--column"),
        (["study", "--n", "100000000000000"], "take fewer observations"),
        (["simulate", "no/such/x.csv"], "the folder no/such does not exist: create it first"),
        (["fit", "--plain", "--start", "1,2"], "such as 0.3,5,15,2; got '1,2'"),
        (["demo", "--seed", "-1"], "greater than or equal to 0"),
    ],
)
def test_errors_say_the_next_step(tmp_path, monkeypatch, arguments, message):
    """A bad call ends with exit code 2 and what to do about it, and writes nothing."""
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.exit_code == 2
    assert message in words(done.output.replace("│", ""))
    assert not list(tmp_path.iterdir())
