"""The reports of a replication study and of a calibration: the answer in words, the cells, what failed and why."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import mixstudy as ms
from mixstudy.report.calibration import calibration_document
from mixstudy.report.document import Document, Section, Table
from mixstudy.report.results import write_results
from mixstudy.report.study import study_document
from mixstudy.study.calibrate import BY, QUANTITIES, SCHEMA, Calibration, CalibrationDesign
from mixstudy.study.design import Design
from mixstudy.study.replicate import Study

FIGURES = ("coverage", "offsets", "verdicts")


def told(table: pd.DataFrame) -> Document:
    """The report of such a table."""
    return study_document(table, Design().as_dict(), {"program": "mixstudy"}, drawn=FIGURES)


@pytest.fixture(scope="module")
def found(study_table: pd.DataFrame) -> Document:
    """The report of a study as right estimators would leave it, the offset falling as theory says."""
    pull = {
        f"posterior_mean_{label}": study_table[f"posterior_mean_{label}"] + 1 / study_table["n"] for label in ms.LABELS
    }
    return told(study_table.assign(**pull))


def section(document: Document, title: str) -> Section:
    """The section of this title."""
    return next(each for each in document.sections if each.title == title)


def rows(part: Section) -> tuple[tuple[str, ...], ...]:
    """The rows of its first table."""
    return next(block.rows for block in part.blocks if isinstance(block, Table))


def test_answer_counts_verdicts_and_coverage(found: Document) -> None:
    """The sentence has the verdicts of all data sets and the coverage where theory should hold."""
    share = 100 * 319 / 320
    assert f"Of 320 data sets EM and the posterior agree on 319 ({share:.1f} %), disagree on 0" in found.sentence
    assert re.search(r"in 9\d\.\d % to 9\d\.\d % of the data sets with n ≥ 1000 and means 3 sigma", found.sentence)
    assert "as often as they should" in found.sentence
    assert "in the 240 data sets" in found.note
    assert re.search(r"n to the power -0\.5, which lies in \d of the \d intervals", found.note)


def test_coverage_is_counted(study_table: pd.DataFrame, found: Document) -> None:
    """The numbers of the first screen are the shares of intervals that hold the truth, in percent."""
    some = study_table[study_table["n"] >= 1000]
    hit = (some["wald_lower_mu1"] <= some["truth_mu1"]) & (some["truth_mu1"] <= some["wald_upper_mu1"])
    assert found.table.rows[1][1].startswith(f"{100 * hit.mean():.1f} ± ")


def test_intervals_that_miss_are_not_praised(study_table: pd.DataFrame) -> None:
    """Intervals that hold the truth too rarely make the answer a bad one."""
    narrow = study_table.assign(wald_upper_mu1=study_table["em_mu1"])
    assert "as they should" not in told(narrow).sentence
    assert told(narrow).tone == "bad"


def test_disagreements_make_the_answer_bad(study_table: pd.DataFrame, found: Document) -> None:
    """All pairs are right, so more than one disagreement in a hundred is a bad answer; a failure is a warning."""
    wrong = study_table.assign(verdict=["disagree"] * 10 + ["agree"] * 310)
    assert told(wrong).tone == "bad"
    assert found.tone == "warn"
    assert told(study_table.assign(reason=None)).tone == "good"


def test_small_studies_say_what_they_cannot_tell(study_table: pd.DataFrame) -> None:
    """Without a cell large enough coverage is told of all cells, and the slope of the offset not at all."""
    small = told(study_table[study_table["n"] == 100])
    assert "none has n and separation enough" in small.sentence
    assert "can't be told from these data sets" in small.note


def test_nothing_is_praised_that_was_not_judged(study_table: pd.DataFrame) -> None:
    """Coverage where theory promises none is no merit, and where no interval was found it is not told."""
    assert "as they should" not in told(study_table[study_table["n"] == 100]).sentence
    ends = [name for name in study_table if re.search("_(lower|upper)_", name)]
    assert "No interval was found" in told(study_table.assign(**dict.fromkeys(ends, np.nan))).sentence


def test_failures_are_listed_with_their_reasons(found: Document) -> None:
    """A data set that failed stands there with its place, its seed and the reason."""
    assert rows(section(found, "Failures")) == (
        ("100", "0.3", "3", "1", "0", "7", "LinAlgError: the matrix <b>melted</b>"),
    )


def test_attempts_of_the_sampler_are_counted(found: Document) -> None:
    """Each way through the sampler's attempts has its count, and the escalated are told in words."""
    part = section(found, "Sampler")
    assert rows(part)[1] == ("1", "as asked: not mixed; draws of the integral: passed")
    assert "on 319 as asked, on 1 after it went on by other means" in getattr(part.blocks[0], "text", "")


def test_every_cell_has_its_row(found: Document) -> None:
    """The table of cells has n and separation, shares and coverages."""
    part = rows(section(found, "Cells of the design"))
    assert [row[:2] for row in part] == [(str(n), apart) for n in (100, 1000, 10000, 100000) for apart in ("3", "5")]
    assert [row[2] for row in part] == ["97.5 %", *["100.0 %"] * 7]


def test_study_page_is_written(study_table: pd.DataFrame, tmp_path: Path) -> None:
    """The page stands beside the results, with its three figures, and text from the table is escaped."""
    path = write_results(Study(design=Design(), folder=tmp_path, table=study_table, damaged=()))
    page = path.read_text()
    assert {"report.html", "results.parquet", "summary.csv"} <= {each.name for each in tmp_path.iterdir()}
    assert page.count("<svg ") == 3
    assert "&lt;b&gt;melted" in page
    assert "<b>" not in page


def test_a_study_that_failed_throughout_has_its_page(study_table: pd.DataFrame, tmp_path: Path) -> None:
    """Where every data set failed the page says so and why, with empty figures."""
    kept = study_table[["n", "weight", "separation", "prior", "replicate", "seed"]]
    failed = kept.reindex(columns=study_table.columns).astype(study_table.dtypes).assign(reason="no sampler")
    page = write_results(Study(design=Design(), folder=tmp_path, table=failed, damaged=())).read_text()
    assert "320 of 320 data sets failed" in page
    assert page.count("<svg ") == 3


@pytest.fixture
def ranks() -> pd.DataFrame:
    """A calibration of sixty data sets, made up: uniform ranks, ten data sets on which the chains did not pass."""
    rng, found = np.random.default_rng(2), []
    for number in range(60):
        row = dict.fromkeys(SCHEMA.names) | {"n": (100, 1000)[number % 2], "replicate": number, "seed": number}
        row |= {"sampler_status": "PASSED" if number % 6 else "NOT_MIXED", "attempts": "as asked", "versions": "0"}
        row |= {f"{by}_{name}": rng.random() for by in BY for name in QUANTITIES} | {"integral_status": "TRUSTED"}
        found.append(row)
    return pa.Table.from_pylist(found, schema=SCHEMA).to_pandas()


def calibrated(ranks: pd.DataFrame) -> Document:
    """The report of such ranks."""
    return calibration_document(ranks, {"replicates": len(ranks)}, {}, drawn=("chains",))


def test_calibration_in_words(ranks: pd.DataFrame) -> None:
    """Ranks that keep to their band are calibrated; those that leave it are named, and more than one is bad."""
    assert calibrated(ranks).sentence.startswith(
        "Calibrated: the truth's ranks (50 by the chains and 60 by the integral)"
    )
    assert calibrated(ranks).tone == "good"
    off = ranks.assign(integral_mu1=ranks["integral_mu1"] ** 3)
    assert calibrated(off).sentence.endswith("for mu1 by the integral.")
    assert calibrated(off).tone == "warn"
    assert calibrated(off.assign(chains_mu2=off["integral_mu1"])).tone == "bad"
    assert "too few to tell" in calibrated(ranks[:3]).sentence


def test_calibration_page_is_written(ranks: pd.DataFrame, tmp_path: Path) -> None:
    """The page shows the ranks by the chains and, below, by the integral."""
    design = CalibrationDesign(replicates=60)
    path = write_results(Calibration(design=design, folder=tmp_path, table=ranks, damaged=()))
    assert path.read_text().count("<svg ") == 2
    few = Calibration(design=design, folder=tmp_path, table=ranks[:3], damaged=())
    assert write_results(few).read_text().count("<svg ") == 0
