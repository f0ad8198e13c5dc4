"""Results at a glance, in a console and in a notebook."""

from __future__ import annotations

import html
import operator
import re
from pathlib import Path

import pandas as pd
import pytest

import mixstudy as ms
from mixstudy.compression.compress import compress
from mixstudy.data.text import glance, html_glance
from mixstudy.study.design import Design
from mixstudy.study.replicate import Study


@pytest.fixture(scope="module")
def results(faithful: ms.WeightedSample, faithful_posterior: ms.Posterior) -> dict[str, object]:
    """One of each result."""
    em = ms.fit_em(faithful)
    return {
        "EMFit": em,
        "Posterior": faithful_posterior,
        "Comparison": ms.compare(em, faithful_posterior, thorough=False),
        "Assessment": ms.check_estimate([0.36, 54.6, 80.1, 34.4], faithful),
        "WeightedSample": faithful,
        "CompressedSample": compress(ms.simulate(ms.ORIGIN, n=5000, seed=0)),
        "Study": Study(
            design=Design(), folder=Path("here"), table=pd.DataFrame({"reason": ["LinAlgError", None]}), damaged=()
        ),
    }


NAMES = ["EMFit", "Posterior", "Comparison", "Assessment", "WeightedSample", "CompressedSample", "Study"]


@pytest.mark.parametrize("name", NAMES)
def test_a_result_is_read_at_a_glance(name: str, results: dict[str, object]) -> None:
    """A console shows its name, what it says and its table, in ten lines that fit a screen."""
    lines = repr(results[name]).split("\n")
    assert lines[0].startswith(f"{name}: ")
    assert len(lines) <= 10
    assert max(map(len, lines)) <= 102


def test_the_numbers_are_the_results(results: dict[str, object]) -> None:
    """The text holds the estimates and errors of the object."""
    em = results["EMFit"]
    assert isinstance(em, ms.EMFit)
    row = next(line.split() for line in repr(em).split("\n") if line.split()[0] == "mu1")
    assert float(row[1]) == pytest.approx(em.parameters.mu1, rel=1e-5)
    assert float(row[2]) == pytest.approx(em.standard_errors.mu1, rel=5e-3)
    assert "1 failed" in repr(results["Study"])
    assert "variance reported as sigma" in repr(results["Assessment"])


def test_a_long_sentence_is_wrapped_and_the_rest_is_cut() -> None:
    """The first sentence takes three lines at most, every other one."""
    lines = glance("Name", "word " * 200, "more " * 200, rows=[("", "a"), ("x", "10")]).split("\n")
    assert len(lines) == 3 + 1 + 2
    assert lines[2].endswith("...")
    assert lines[-2:] == ["      a", "  x  10"]


@pytest.mark.parametrize("name", ["EMFit", "Posterior", "Comparison", "Assessment"])
def test_a_notebook_shows_a_table(name: str, results: dict[str, object]) -> None:
    """A notebook shows the sentence and a row for each parameter."""
    found = results[name]
    assert isinstance(found, ms.EMFit | ms.Posterior | ms.Comparison | ms.Assessment)
    text = found._repr_html_()
    said = found.status.value if isinstance(found, ms.EMFit | ms.Posterior) else found.sentence
    assert html.escape(said) in text
    assert text.count("<tr>") == 1 + len(ms.LABELS)


@pytest.mark.parametrize("name", ["Comparison", "Assessment"])
def test_a_result_says_where_to_go_on(name: str, results: dict[str, object]) -> None:
    """The functions that draw, explain and report it are named with it, whole, and exist."""
    named = re.findall(r"ms\.([\w.]+)\(", repr(results[name]))
    assert {"write_report"} < {*named}
    assert all(operator.attrgetter(each)(ms) for each in named)


def test_html_is_escaped() -> None:
    """What comes from the data is text, not markup."""
    assert "<b>" not in html_glance("<b>", [("<b>", "&"), ("<b>", "<b>")])


def test_the_catalogue_is_a_table() -> None:
    """The known mistakes are listed by name, and in a notebook beside the line that is wrong."""
    assert len(repr(ms.FAULTS).split("\n")) == len(ms.FAULTS) + 2
    assert all(fault.name in repr(ms.FAULTS) for fault in ms.FAULTS)
    assert ms.FAULTS._repr_html_().count("<tr>") == len(ms.FAULTS) + 1
