"""What the report of an assessment says, and how it is written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pages import HOSTILE, PROVENANCE, contents, trace_of

import mixstudy as ms
from mixstudy.data.sample import Source
from mixstudy.report.assessment import SHOWN, assessment_document
from mixstudy.report.document import Block, Document, Picture, Table
from mixstudy.report.folder import CHECK, OutputError

ADDED = 0.1
"""What the wrong program adds to every sigma^2."""


@pytest.fixture(scope="module")
def sample(origin_sample: ms.WeightedSample) -> ms.WeightedSample:
    """A thousand observations whose name means something in every format."""
    return replace(origin_sample, source=Source(description=HOSTILE, sha256="ab" * 32, label="<b>_$x^2$ [red]"))


@pytest.fixture(scope="module")
def wrong(sample: ms.WeightedSample) -> ms.Assessment:
    """Printed iterations whose sigma is wrong."""
    return ms.check_estimate(None, sample, trace=trace_of(sample.points, added=ADDED))


@pytest.fixture(scope="module")
def right(sample: ms.WeightedSample) -> ms.Assessment:
    """Printed iterations that are right, to the maximum."""
    return ms.check_estimate(None, sample, trace=trace_of(sample.points, steps=SHOWN + 5))


def document(found: ms.Assessment) -> Document:
    """What the report says, were all figures drawn."""
    return assessment_document(found, PROVENANCE, drawn=CHECK.figures)


def blocks(found: ms.Assessment, title: str) -> tuple[Block, ...]:
    """Those of the section of this title; none where it is not there."""
    return next((section.blocks for section in document(found).sections if section.title == title), ())


def steps(found: ms.Assessment, title: str = "Where the mistake is") -> Table:
    """The table of steps."""
    return next(block for block in blocks(found, title) if isinstance(block, Table))


def words(found: ms.Assessment, title: str) -> str:
    """What a section says in paragraphs and lists."""
    told = (getattr(block, "text", "") + " ".join(getattr(block, "lines", ())) for block in blocks(found, title))
    return " ".join(told)


def test_first_screen_answers(wrong: ms.Assessment, right: ms.Assessment) -> None:
    """The verdict in its sentence, a colour, the numbers beside EM's."""
    said = document(wrong)
    assert (said.answer, said.tone, said.sentence) == ("disagree", "bad", wrong.sentence)
    assert [row[0] for row in said.table.rows] == list(ms.LABELS)
    assert float(said.table.rows[3][3]) == pytest.approx(wrong.offsets[3], rel=1e-2)
    assert document(right).tone == "good"
    assert HOSTILE in said.title


def test_steps_are_printed_against_right(wrong: ms.Assessment, sample: ms.WeightedSample) -> None:
    """Each wrong sigma has the right one behind it, which is the root of its square less what was added."""
    rows = trace_of(sample.points, added=ADDED)[1:]
    shown = steps(wrong).rows
    assert len(shown) == len(rows)
    for printed, row in zip(rows, shown, strict=True):
        theirs, corrected = row[4].split(" for ")
        assert theirs == f"{float(printed[3]):.6g}"
        assert float(corrected) == pytest.approx(np.sqrt(float(printed[3]) ** 2 - ADDED), rel=1e-5)
        assert not any("for" in cell for cell in row[:4])
    assert "sigma^2 is 0.1 too large each time. Look at the update of sigma." in words(wrong, "Where the mistake is")


def test_right_steps_accuse_nobody(right: ms.Assessment) -> None:
    """Steps that are right stand alone, the first and the last of many, and the title names no mistake."""
    shown = steps(right, "Step by step").rows
    assert not any("for" in cell for row in shown for cell in row)
    assert [row[0] for row in shown] == [*map(str, range(1, SHOWN)), str(SHOWN + 5)]
    assert f"the first {SHOWN - 1} of {SHOWN + 5} steps" in words(right, "Step by step")
    assert not blocks(right, "Where the mistake is")


def test_numbers_that_differ_late_are_told_apart(wrong: ms.Assessment) -> None:
    """A number and the right one are written with as many figures as tell them apart."""
    assert wrong.steps is not None
    near = wrong.steps.right + np.array([0, 0, 0, 1e-7])
    found = replace(wrong, steps=replace(wrong.steps, theirs=near))
    theirs, corrected = steps(found).rows[0][4].split(" for ")
    assert theirs != corrected


def test_four_numbers_alone(sample: ms.WeightedSample) -> None:
    """Without a trace one right step from the estimate is shown, and the surface is the only figure."""
    found = ms.check_estimate(["0.32", "5.3", "15.1", "2.4"], sample)
    said = document(found)
    assert steps(found).title == "One step from the estimate"
    assert said.title.startswith("A check of an estimate")
    assert not [block for section in said.sections for block in section.blocks if isinstance(block, Picture)]
    assert said.picture is not None


def test_draws_alone_stand_beside_the_integral(sample: ms.WeightedSample) -> None:
    """Where draws came without an estimate the table holds their means, sds and ends, and how they mixed."""
    fit = ms.fit_em(sample)
    draws = np.random.default_rng(0).normal(fit.parameters.array, fit.standard_errors, (4, 250, 4))
    shown = document(ms.check_estimate(None, sample, draws=draws)).table
    assert shown.header == ("parameter", "", "mean", "sd", "2.5 %", "97.5 %", "R-hat", "ESS")
    (label, whose, mean, sd, *_), integral = shown.rows[2], shown.rows[3]
    assert (label, whose, integral[1]) == ("mu1", "draws", "integral")
    assert float(mean) == pytest.approx(draws[..., 1].mean(), rel=1e-3)
    assert float(sd) == pytest.approx(draws[..., 1].std(), rel=1e-2)


def test_mistakes_have_their_lines(sample: ms.WeightedSample) -> None:
    """A known mistake stands with its line, wrong and right, and the evidence."""
    fit = ms.fit_em(sample)
    swapped = [f"{value:.8g}" for value in (1 - fit.parameters.weight, *[*fit.parameters][1:])]
    found = ms.check_estimate(swapped, sample)
    pairs = dict(getattr(blocks(found, "The likely mistake")[0], "pairs"))  # noqa: B009  (a block of one kind)
    fault = found.told[0].fault
    assert (pairs["mistake"], pairs["wrong"], pairs["right"]) == (fault.name, fault.wrong, fault.right)


def test_an_empty_component_has_no_step_to_show(sample: ms.WeightedSample) -> None:
    """Where a component is empty that is said; no step from there is shown, as there is none."""
    (block,) = blocks(ms.check_estimate(["1.0000", "12.2", "15", "4.87"], sample), "Where the mistake is")
    assert getattr(block, "text").startswith("A component is empty, as the weight is 1")  # noqa: B009


def test_the_posterior_has_its_sections(sample: ms.WeightedSample, origin_posterior: ms.Posterior) -> None:
    """With a posterior its table, its diagnostics, prior and settings are in the report."""
    found = ms.check_estimate([*ms.fit_em(sample).parameters], sample, posterior=origin_posterior)
    titles = [section.title for section in document(found).sections]
    assert {"Beside the posterior", "Posterior", "Settings", "Data and provenance"} <= set(titles)


def test_all_formats_are_written(wrong: ms.Assessment, tmp_path: Path) -> None:
    """The one way to write a report writes an assessment's: its JSON, the formats, the figures, and nothing else."""
    path = ms.write_report(wrong, tmp_path / "chk", formats=("html", "md", "tex"), provenance=PROVENANCE)
    assert path == tmp_path / "chk" / "report.html"
    assert set(contents(tmp_path / "chk")) == set(CHECK.files)
    content = json.loads((tmp_path / "chk" / "check.json").read_text("utf-8"))
    assert (content["verdict"], content["provenance"]) == ("disagree", PROVENANCE)


def test_hostile_names_are_text(wrong: ms.Assessment, tmp_path: Path) -> None:
    """What the data are called is text in every format."""
    path = ms.write_report(wrong, tmp_path, formats=("html", "md", "tex"), title="<script>[red] 50%_$#")
    page, markdown, latex = (path.with_suffix(ending).read_text("utf-8") for ending in (".html", ".md", ".tex"))
    assert "<script" not in page
    assert "a &lt;b&gt;_&amp; 100 %|c" in page
    assert "# \\<script\\>\\[red\\] 50%\\_\\$\\#\n" in markdown
    assert r"\title{\textless{}script\textgreater{}[red] 50\%\_\$\#}" in latex


def test_a_report_replaces_its_own_kind_alone(wrong: ms.Assessment, right: ms.Assessment, tmp_path: Path) -> None:
    """An earlier check is replaced; the folder of a study is left alone, and what is in it named."""
    ms.write_report(wrong, tmp_path / "chk", formats=("md",))
    ms.write_report(right, tmp_path / "chk")
    assert set(contents(tmp_path / "chk")) == {"check.json", "report.html"}
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "comparison.json").write_text(json.dumps({"provenance": PROVENANCE}))
    with pytest.raises(OutputError, match=r"holds 'comparison\.json', another report's; choose another"):
        ms.write_report(wrong, tmp_path / "study")
