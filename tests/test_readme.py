"""README and documents tell the truth: commands, options, names and paths exist, and nothing is left out."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
import tomllib
from pathlib import Path

import matplotlib as mpl
import pytest
import typer
from matplotlib import pyplot as plt

import mixstudy as ms
from mixstudy.cli.app import app
from mixstudy.study.design import Design

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "notebooks").glob("*.md"))]
TEXTS = {page: page.read_text("utf-8") for page in PAGES}
README, TEXT = TEXTS[PAGES[0]], "\n".join(TEXTS.values())
COMMANDS = typer.main.get_command(app).commands
OPTIONS = {name: {o for each in command.params for o in each.opts} | {"--help"} for name, command in COMMANDS.items()}
APP_OPTIONS = {o for each in typer.main.get_command(app).params for o in each.opts} | {"--help"}
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", TEXT, re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
INLINE = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL))
LINES = [line.split("#")[0].strip() for language, code in BLOCKS if not language for line in code.splitlines()]
CALLS = [
    call
    for each in [*LINES, *INLINE]
    for call in re.findall(r"(?:^|(?<!reference)\s)mixstudy(?: +-\S.*| +[a-z].*|$)", each)
]


def named_paths():
    """Pages, and the words in them that look like paths: links from the page, other words from the top or beside it."""
    for page, text in TEXTS.items():
        prose = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
        linked = re.findall(r"\]\(([^)#:]+)\)", text)
        files = [each for each in prose if re.fullmatch(r"\.?[\w-]+(/[\w.-]+)*(/|\.(py|md|json|ipynb|toml))", each)]
        folders = [each for each in prose if re.fullmatch(r"\.?[\w-]+/[\w./-]*[\w/]", each)]
        yield from ((page, each.strip("/")) for each in sorted({*linked, *files, *folders}))


WRITTEN = {
    "study", "study/report.html", "report.md", "figures", "check.json", "comparison.json", "power.json", "design.json",
    "studies.json", "studies.csv", "reference/index.html", "reference/lessons", "results.json",
}  # fmt: skip
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
    """Each command of the program stands in a command line of the README or the manual."""
    assert any(shlex.split(call)[1:2] == [name] for call in CALLS)


@pytest.mark.parametrize(("page", "path"), [(page, path) for page, path in named_paths() if path not in WRITTEN])
def test_paths_exist(page, path):
    """Each file and folder that is named is there."""
    assert (page.parent / path).exists() or (ROOT / path).exists()


def test_the_readme_leads_to_every_document_and_notebook():
    """The table of contents leaves nothing out."""
    linked = {ROOT / path for path in re.findall(r"\]\(([^)#:]+)\)", README)}
    assert {*PAGES[1:], *(ROOT / "notebooks").glob("*.ipynb")} <= linked


def test_the_readme_names_the_two_commands():
    """A fresh machine needs no more than these."""
    assert "pip install uv && uv run mixstudy study" in README
    assert "pip install uv && uv run pytest" in README


@pytest.mark.parametrize("design", [code for language, code in BLOCKS if language == "toml"])
def test_designs_can_be_used(design):
    """Each TOML example is a design."""
    assert Design.from_mapping(tomllib.loads(design)).size > 0


def test_terms_stand_once_in_their_order():
    """The glossary has each term once, in alphabetical order."""
    terms = re.findall(r"^\| ([^|]+) \|", TEXTS[ROOT / "notebooks/glossary.md"], re.MULTILINE)[1:]
    assert terms == sorted(set(terms), key=str.casefold)


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
    """The changelog has the version that is built."""
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
    """Each check of a comparison stands in the manual's table."""
    result = ms.compare(ms.fit_em(faithful), faithful_posterior, thorough=False)
    rows = re.findall(
        r"^\| ([a-z ]+) \|", TEXT.partition("## What the checks tell")[2].partition("\n## ")[0], re.MULTILINE
    )
    assert {check.name for check in result.checks} == {*rows} - {"check"}
