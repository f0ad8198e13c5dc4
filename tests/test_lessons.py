"""The notebooks are lessons: they run, their exercises' solutions too, their figures have words for who can't see."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from runpy import run_path

import matplotlib as mpl
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats
from IPython.utils.capture import capture_output
from matplotlib import pyplot as plt
from traitlets.config import Config

FOLDER = Path(__file__).parents[1] / "notebooks"
LESSONS = [path.name for path in sorted(FOLDER.glob("0[1-6]*.ipynb"))]
FOLDED = re.compile(r"<details>\n<summary><b>Solution</b></summary>\n\n(.*?)\n\n</details>", re.DOTALL)
"""A solution as JupyterLab and the code hosts fold it: HTML with blank lines about the Markdown inside."""


def cells(name):
    """Kind and text of each cell."""
    found = json.loads((FOLDER / name).read_text("utf-8"))["cells"]
    return [(cell["cell_type"], "".join(cell["source"])) for cell in found]


def solutions(name):
    """The code of each solution that has some, with how many cells of code stand before it."""
    before = 0
    for kind, text in cells(name):
        before += kind == "code"
        for folded in FOLDED.findall(text):
            if blocks := re.findall(r"```python\n(.*?)```", folded, re.DOTALL):
                yield before, "\n".join(blocks)


class Lesson:
    """A lesson, run cell by cell by IPython in this process: most of a kernel's time goes into imports."""

    def __init__(self, name):
        """Nothing has run yet."""
        self.shell = InteractiveShell(user_ns={}, config=Config({"HistoryManager": {"enabled": False}}))
        formatter = self.shell.display_formatter
        formatter.active_types = formatter.format_types
        select_figure_formats(self.shell, {"png"})
        self.code = [text for kind, text in cells(name) if kind == "code"]
        self.ran = 0

    def go_on(self, count):
        """Run the cells up to so many, each once."""
        while self.ran < count:
            self.run(self.code[self.ran])
            self.ran += 1

    def run(self, code):
        """Run one cell, whose last expression is shown; what it raises is raised here."""
        with warnings.catch_warnings(), capture_output():
            warnings.simplefilter("default")
            self.shell.run_cell(code).raise_error()
        plt.close("all")


@pytest.fixture(scope="module")
def lessons():
    """The lessons, each of whose cells runs once."""
    plt.switch_backend("agg")
    return {name: Lesson(name) for name in LESSONS}


@pytest.mark.parametrize(
    ("name", "before", "code"),
    [pytest.param(name, *each, id=f"{name[:2]}-{k}") for name in LESSONS for k, each in enumerate(solutions(name), 1)],
)
def test_solutions_run(lessons, name, before, code, monkeypatch):
    """The code of a solution runs after the cells before it, and what it asserts holds; the lesson does not see it."""
    lesson = lessons[name]
    monkeypatch.chdir(FOLDER)
    with mpl.rc_context():
        lesson.go_on(before)
        exec(code, lesson.shell.user_ns.copy())  # noqa: S102
        plt.close("all")


@pytest.mark.parametrize("name", LESSONS)
def test_lessons_run(lessons, name, monkeypatch):
    """Every cell of a lesson runs, in order, and what it shows can be shown."""
    monkeypatch.chdir(FOLDER)
    with mpl.rc_context():
        lessons[name].go_on(len(lessons[name].code))


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
