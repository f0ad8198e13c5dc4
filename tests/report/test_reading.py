"""Who asks what a check means is sent to a section that is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import mixstudy as ms
from mixstudy.comparison.checks import CHECKS
from mixstudy.diagnosis import checks as of_numbers
from mixstudy.report.assessment import assessment_document
from mixstudy.report.reading import OF_CHECKS, OF_FAULTS
from mixstudy.report.render import render_html
from mixstudy.study.provenance import provenance

FOLDER = Path(__file__).parents[2] / "notebooks"


def headings(document):
    """The headings of a lesson or a document, in the order in which they stand."""
    text = (FOLDER / document).read_text("utf-8")
    if document.endswith(".ipynb"):
        cells = json.loads(text)["cells"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return re.findall(r"^##+ (.+)$", text, re.MULTILINE)


@pytest.mark.parametrize("reading", sorted({*OF_CHECKS.values(), *OF_FAULTS.values()}), ids=str)
def test_each_section_is_there(reading):
    """Just one heading of the document begins as the mapping says."""
    assert sum(each.startswith(reading.section) for each in headings(reading.document)) == 1


def test_every_check_and_mistake_has_its_section():
    """The mapping has each check and each mistake of the catalogue, and nothing else."""
    assert {*OF_CHECKS} == {*CHECKS, *of_numbers.CHECKS}
    assert {*OF_FAULTS} == {fault.name for fault in ms.FAULTS}


def test_a_wrong_answer_says_where_to_read_on(faithful):
    """Advice on a terminal and in the report name the section of the mistake and of what failed."""
    wrong = [0.6391506, 54.6136263, 80.0903036, 5.8690914]
    found = ms.check_estimate(wrong, faithful)
    [section] = [each for each in ms.explain(found) if each.title == "Where to read on"]
    assert "weight of the other component: notebooks/01-what-went-wrong.ipynb, section “4.4 The" in section.lines[0]
    assert any("03-em-from-scratch.ipynb" in line for line in section.lines)
    page = render_html(assessment_document(found, provenance(), drawn=()), {})
    assert page.count("01-what-went-wrong.ipynb") == 1
    assert "Read on about what did not pass" in page


def test_a_right_answer_sends_nobody_to_read(faithful):
    """Where everything passes there is nothing to explain."""
    found = ms.check_estimate([*ms.fit_em(faithful).parameters], faithful)
    assert all(each.title != "Where to read on" for each in ms.explain(found))
