"""The README tells the truth: its commands, options, names, paths and numbers exist, and nothing is left out."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
from pathlib import Path

import matplotlib as mpl
import pytest
import typer
from matplotlib import pyplot as plt

import mixstudy as ms
from mixstudy.cli.app import app

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text("utf-8")
COMMANDS = typer.main.get_command(app).commands
OPTIONS = {name: {o for each in command.params for o in each.opts} | {"--help"} for name, command in COMMANDS.items()}
APP_OPTIONS = {o for each in typer.main.get_command(app).params for o in each.opts} | {"--help"}
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", TEXT, re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
INLINE = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))
LINES = [line.split("#")[0].strip() for language, code in BLOCKS if not language for line in code.splitlines()]
CALLS = [call for each in [*LINES, *INLINE] for call in re.findall(r"(?:^|\s)mixstudy(?: +-\S.*| +[a-z].*|$)", each)]


def pages():
    """Words of the README that look like paths of the repository."""
    linked = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    named = [
        each.strip("/") for each in INLINE if re.fullmatch(r"\.?[\w-]+(/[\w.-]+)*(/|\.(py|md|json|ipynb|toml))", each)
    ]
    slashed = [each for each in INLINE if re.fullmatch(r"\.?[\w-]+/[\w./-]*[\w/]", each)]
    return sorted({*linked, *named, *slashed} - WRITTEN)


WRITTEN = {"study", "study/report.html", "report.md", "figures", "check.json", "comparison.json", "power.json"}
"""Paths that the program writes."""


@pytest.mark.parametrize("call", CALLS)
def test_commands_and_options_exist(call):
    """Every command line names a command that there is, with options that it has."""
    words = shlex.split(call)[1:]
    if words and words[0] in COMMANDS:
        known = OPTIONS[words[0]]
    else:
        assert not words or words[0].startswith("-"), f"no command {words[0]}"
        known = APP_OPTIONS
    assert {word for word in words if re.match(r"--?[a-z]", word)} <= known


def test_options_in_the_text_exist():
    """Every option that the prose names is one of some command."""
    named = {
        option for each in INLINE if not each.startswith(("uv ", "pip ")) for option in re.findall(r"--[a-z-]+", each)
    }
    assert named - set().union(APP_OPTIONS, *OPTIONS.values()) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name):
    """Each command of the program stands in a command line of the README."""
    assert any(shlex.split(call)[1:2] == [name] for call in CALLS)


@pytest.mark.parametrize("path", pages())
def test_paths_exist(path):
    """Each file and folder that is named is there."""
    assert (ROOT / path).exists()


@pytest.mark.parametrize("code", PYTHON)
def test_python_is_the_packages(code):
    """Snippets compile; the public names they use exist and take the arguments that they are given."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ms":
            assert node.attr in ms.__all__
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("ms."):
            given = {word.arg: None for word in node.keywords}
            inspect.signature(getattr(ms, node.func.attr)).bind(*node.args, **given)


@pytest.mark.parametrize("code", [code for code in PYTHON if "import mixstudy as ms" not in code])
def test_python_runs(code, faithful, faithful_posterior):
    """Snippets that go on from the first one run on its names."""
    plt.switch_backend("agg")
    with mpl.rc_context({"figure.dpi": 20}):
        exec(code, {"ms": ms, "x": faithful.points, "post": faithful_posterior})  # noqa: S102
        plt.close("all")


def test_the_version_is_the_packages():
    """The entry to cite and the changelog have the version that is built."""
    assert f"version = {{{ms.__version__}}}" in TEXT
    assert re.search(r"^## ([\d.]+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)[1] == ms.__version__


def test_every_wing_has_its_place_in_the_house():
    """The contributors' table names each wing once, and no other."""
    table = TEXT.partition("| wing | idea |")[2].partition("\n\n")[0]
    named = [name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1] if row else "")]
    found = {
        path.stem for path in (ROOT / "mixstudy").glob("*") if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert sorted(named) == sorted(found - {"__init__", "__main__"})


def test_the_table_of_checks_is_that_of_the_comparison(faithful_posterior, faithful):
    """Each check of a comparison stands in the README's table."""
    result = ms.compare(ms.fit_em(faithful), faithful_posterior, thorough=False)
    rows = re.findall(
        r"^\| ([a-z ]+) \|", TEXT.partition("## What the checks tell")[2].partition("\n## ")[0], re.MULTILINE
    )
    assert {check.name for check in result.checks} == {*rows} - {"check"}
