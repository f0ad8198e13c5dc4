"""The notebooks are lessons: their exercises have solutions that run, their figures words for those who can't see."""

from __future__ import annotations

import ast
import json
import re
import symtable
from pathlib import Path
from runpy import run_path

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt

FOLDER = Path(__file__).parents[1] / "notebooks"
LESSONS = [path.name for path in sorted(FOLDER.glob("0[1-6]*.ipynb"))]
FOLDED = re.compile(r"<details>\n<summary><b>Solution</b></summary>\n\n(.*?)\n\n</details>", re.DOTALL)
"""A solution as JupyterLab and the code hosts fold it: HTML with blank lines about the Markdown inside."""


def cells(name):
    """Kind and text of each cell."""
    found = json.loads((FOLDER / name).read_text("utf-8"))["cells"]
    return [(cell["cell_type"], "".join(cell["source"])) for cell in found]


def solutions(name):
    """The code of each solution that has some, with all code before it."""
    before = []
    for kind, text in cells(name):
        if kind == "code":
            before.append(text)
        for folded in FOLDED.findall(text):
            if blocks := re.findall(r"```python\n(.*?)```", folded, re.DOTALL):
                yield before.copy(), "\n".join(blocks)


def made(code):
    """Names that a cell makes for the others."""
    names = symtable.symtable(code, "cell", "exec").get_symbols()
    return {each.get_name() for each in names if each.is_assigned() or each.is_imported() or each.is_namespace()}


def used(code):
    """Names that a cell may want from the others."""
    return {each.id for each in ast.walk(ast.parse(code)) if isinstance(each, ast.Name)}


def needed(before, code):
    """The first cell, which sets up, and the last ones that make what the code uses, and what they use in turn."""
    names, chosen = used(code), []
    for cell in reversed(before[1:]):
        if made(cell) & names:
            chosen.append(cell)
            names = (names - made(cell)) | used(cell)
    return [before[0], *reversed(chosen)]


@pytest.fixture(scope="module")
def lessons():
    """For each lesson what its cells have made so far, and which of them have run: each runs once."""
    plt.switch_backend("agg")
    return {name: ({"display": lambda *_, **__: None}, set()) for name in LESSONS}


@pytest.mark.parametrize(
    ("name", "before", "code"),
    [pytest.param(name, *each, id=f"{name[:2]}-{k}") for name in LESSONS for k, each in enumerate(solutions(name), 1)],
)
def test_solutions_run(lessons, name, before, code, monkeypatch):
    """The code of a solution runs after the lesson's, and what it asserts holds."""
    names, ran = lessons[name]
    monkeypatch.chdir(FOLDER)
    with mpl.rc_context():
        for cell in needed(before, code):
            if cell not in ran:
                exec(cell, names)  # noqa: S102
                ran.add(cell)
        exec(code, names.copy())  # noqa: S102
        plt.close("all")


@pytest.mark.parametrize("name", LESSONS)
def test_exercises_have_folded_solutions(name):
    """Each exercise has its solution folded below it, and there are some."""
    headings = [text.splitlines()[0] for kind, text in cells(name) if kind == "markdown" and "### Exercise" in text]
    folded = [text for kind, text in cells(name) if kind == "markdown" and FOLDED.search(text)]
    assert [text.splitlines()[0] for text in folded] == headings
    assert [int(re.match(r"### Exercise (\d+): ", each)[1]) for each in headings] == [*range(1, len(headings) + 1)]
    assert headings


@pytest.mark.parametrize("name", LESSONS)
def test_images_have_words(name):
    """Every figure comes with a description of what is seen in it."""
    found = json.loads((FOLDER / name).read_text("utf-8"))["cells"]
    shown = [each for cell in found for each in cell.get("outputs", []) if "image/png" in each.get("data", {})]
    assert shown
    assert all(len(each["metadata"].get("image/png", {}).get("alt", "")) > 60 for each in shown)


@pytest.mark.parametrize("name", LESSONS)
def test_pages_need_no_network(name):
    """The page of a lesson loads nothing, has every formula drawn, and the words of every figure."""
    page = run_path(str(FOLDER / "pages.py"))["page"](FOLDER / name)
    assert not re.search(r"<script|<link|(?:src|href)=[\"']?https?:|@import|url\(http", page)
    assert page.count("<math") > 5
    assert not re.search(
        r"\$|\\\w+", re.sub(r"<pre.*?</pre>|<style.*?</style>|<code.*?</code>", "", page, flags=re.DOTALL)
    )
    assert "No description" not in page
