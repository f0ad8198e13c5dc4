"""A comparison and its written report, made once for the tests of reports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pages import HOSTILE, PROVENANCE

import mixstudy as ms
from mixstudy.comparison.compare import Comparison
from mixstudy.data.sample import Source
from mixstudy.report.write import write_report


@pytest.fixture(scope="session")
def result(origin_sample: ms.WeightedSample, origin_posterior: ms.Posterior) -> Comparison:
    """A comparison of a thousand observations whose description has characters that mean something in every format."""
    sample = replace(origin_sample, source=Source(description=HOSTILE, sha256="ab" * 32, dropped=2, seed=0))
    return ms.compare(ms.fit_em(sample), replace(origin_posterior, sample=sample), truth=ms.ORIGIN)


@pytest.fixture(scope="session")
def bare(result: Comparison) -> Comparison:
    """The same comparison for an estimate that came as bare parameters, truth unknown."""
    return replace(result, em=None, truth=None)


@pytest.fixture(scope="session")
def written(result: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its report in all formats."""
    folder = tmp_path_factory.mktemp("a") / "b" / "study"
    return write_report(result, folder, formats=("html", "md", "tex"), provenance=PROVENANCE).parent


@pytest.fixture
def _quick_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the drawing of figures out where only the files matter."""

    def write(_result: Comparison, stage: Path, *_: object, **__: object) -> None:
        (stage / "report.html").write_text("page")

    monkeypatch.setattr("mixstudy.plots.figure_makers", lambda _: {})
    monkeypatch.setattr("mixstudy.report.write._write_documents", write)
