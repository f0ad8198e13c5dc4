"""The report: what it writes, what it refuses, and that a failure leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.figure import Figure

from mixstudy import plots, report
from mixstudy.adequacy import check_adequacy
from mixstudy.checks import Check, CheckStatus, Verdict
from mixstudy.diagnostics import SamplerStatus
from mixstudy.em import fit_em
from mixstudy.escalation import Attempt
from mixstudy.evidence import interval_table
from mixstudy.model import LABELS, ORIGIN, simulate
from mixstudy.sample import Source, as_sample

if TYPE_CHECKING:
    from matplotlib.patches import StepPatch

    from mixstudy.comparison import Comparison

PROVENANCE: dict[str, object] = {"program": "mixstudy", "version": "0", "versions": {"numpy": "2"}, "created": "now"}
PARAMETER_KEYS = {
    "em", "em_se", "posterior_mean", "posterior_sd", "lower", "upper", "inside", "offset_sd", "sd_ratio",
}  # fmt: skip


class Word(Enum):
    """Stands for the status of the sampler."""

    MIXED = "The chains mixed."


@dataclass(frozen=True)
class Settings:
    """Stands for the sampler's settings."""

    sampler: str = "nutpie"
    chains: int = 4
    seed: int = 7


@pytest.fixture
def fake_result() -> Comparison:
    """A comparison whose posterior is normal draws about EM's estimate."""
    data = as_sample(
        simulate(ORIGIN, n=1000, seed=0), source=Source(description="a <b> & c", sha256="ab" * 32, dropped=2, seed=0)
    )
    em = fit_em(data)
    draws = np.random.default_rng(1).multivariate_normal([*em.parameters], em.covariance, size=(4, 250))
    mean, sd = draws.mean((0, 1)), draws.std((0, 1))
    lower, upper = np.quantile(draws, [0.025, 0.975], axis=(0, 1))
    columns = {
        "em": [*em.parameters], "em_se": em.standard_errors, "posterior_mean": mean, "posterior_sd": sd,
        "lower": lower, "upper": upper, "inside": "inside", "offset_sd": ([*em.parameters] - mean) / sd,
        "sd_ratio": em.standard_errors / sd,
    }  # fmt: skip
    variables = {label: (("chain", "draw"), draws[..., k]) for k, label in enumerate(LABELS)}
    posterior = SimpleNamespace(
        data=xr.DataTree.from_dict({"posterior": xr.Dataset(variables)}),
        prior=SimpleNamespace(lines=lambda: ("weight ~ Beta(1, 1)",)),
        status=Word.MIXED,
        diagnostics=pd.DataFrame({"mean": mean, "sd": sd, "r_hat": 1.0, "ess_bulk": 990.0}, index=LABELS),
        divergences=0,
        bfmi=float("nan"),
        settings=Settings(),
        attempts=(Attempt(name="as asked", status=SamplerStatus.PASSED, seconds=1.0),),
        sample=data,
    )
    checks = (
        Check(name="sampler", status=CheckStatus.PASS, value=1.001, explanation="It mixed."),
        Check(name="truth", status=CheckStatus.NOT_APPLICABLE, value=float("nan"), explanation="Truth is unknown."),
    )
    result = SimpleNamespace(
        verdict=Verdict.AGREE, sentence="Both agree.", table=pd.DataFrame(columns, index=LABELS), checks=checks,
        intervals=interval_table(em, np.column_stack([lower, upper]), level=0.95), level=0.95, kind="eti",
        estimate=em.parameters, em=em, posterior=posterior, truth=ORIGIN, certificate=None,
        adequacy=check_adequacy(em), further=None,
    )  # fmt: skip
    return cast("Comparison", result)


def without_em(result: Comparison) -> Comparison:
    """The same comparison for an estimate that came as bare parameters, truth unknown."""
    return cast("Comparison", SimpleNamespace(**(vars(result) | {"em": None, "truth": None})))


def contents(directory: Path) -> dict[str, bytes]:
    """Every file below the directory, hidden ones included."""
    return {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


def test_json_has_the_promised_keys(fake_result: Comparison) -> None:
    """comparison.json has exactly the keys of the design, in its order."""
    content = report.as_json(fake_result, PROVENANCE)
    assert list(content) == [
        "verdict",
        "level",
        "kind",
        "parameters",
        "intervals",
        "checks",
        "adequacy",
        "further",
        "em",
        "sampler",
        "data",
        "certificate",
        "provenance",
    ]
    assert list(content["parameters"]) == list(LABELS)
    assert all(set(row) == PARAMETER_KEYS for row in content["parameters"].values())
    assert all(set(check) == {"name", "status", "value", "explanation"} for check in content["checks"])


def test_json_not_finite_is_null(fake_result: Comparison) -> None:
    """A number that is not finite becomes null, so that every JSON reader can read the file."""
    content = report.as_json(fake_result, PROVENANCE)
    assert content["checks"][1]["value"] is None
    assert content["sampler"]["bfmi"] is None
    json.dumps(content, allow_nan=False)


def test_json_bare_parameters_have_no_em(fake_result: Comparison) -> None:
    """Without an EM run its entry is null."""
    assert report.as_json(without_em(fake_result), PROVENANCE)["em"] is None


def test_intervals_are_in_the_page_and_the_json(fake_result: Comparison) -> None:
    """Each parameter has its four kinds of interval in both."""
    rows = report.as_json(fake_result, PROVENANCE)["intervals"]
    page = report.render_html(fake_result, PROVENANCE)
    assert list(rows) == list(LABELS)
    assert [len(row) for row in rows.values()] == [8] * 4
    assert all(f'<th scope="col">{name}</th>' in page for name in ("Wald", "profile likelihood", "bootstrap"))
    assert f"{rows['mu1']['profile_lower']:.2f} to {rows['mu1']['profile_upper']:.2f}" in page


def test_html_requests_nothing(fake_result: Comparison) -> None:
    """The page refers to nothing but itself."""
    page = report.render_html(fake_result, PROVENANCE)
    targets = re.findall(r"\b(?:src|(?:xlink:)?href|action|data)\s*=\s*[\"']([^\"']*)", page)
    targets += re.findall(r"url\(([^)]*)\)", page)
    assert targets
    assert [t for t in targets if not t.startswith(("#", "data:"))] == []
    assert "@import" not in page


def test_html_ids_are_unique_and_references_resolve(fake_result: Comparison) -> None:
    """No id is shared by two figures, and every reference within them has its target."""
    page = report.render_html(fake_result, PROVENANCE)
    ids = re.findall(r'\bid="([^"]*)"', page)
    references = re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', page)
    assert len(ids) == len(set(ids))
    assert {a or b for a, b in references} <= set(ids)


def test_html_states_the_verdict_and_escapes(fake_result: Comparison) -> None:
    """The verdict stands at the top with its class, and text from the data is escaped."""
    page = report.render_html(fake_result, PROVENANCE)
    assert '<p class="verdict agree">Both agree.</p>' in page
    assert '<meta name="generator" content="mixstudy">' in page
    assert "a &lt;b&gt; &amp; c" in page
    assert "<b>" not in page


def test_html_every_figure_has_an_alternative(fake_result: Comparison) -> None:
    """Each of the five figures carries a role and a text alternative."""
    page = report.render_html(fake_result, PROVENANCE)
    assert len(re.findall(r'<div role="img" aria-label="[^"]+"><svg ', page)) == page.count("<svg ") == 5


def test_html_without_em(fake_result: Comparison) -> None:
    """A comparison of bare parameters is rendered without EM's figure."""
    page = report.render_html(without_em(fake_result), PROVENANCE)
    assert "no run of EM to show" in page
    assert page.count("<svg ") == 4


def test_html_same_result_same_page(fake_result: Comparison) -> None:
    """Rendering twice gives the same bytes."""
    assert report.render_html(fake_result, PROVENANCE) == report.render_html(fake_result, PROVENANCE)


def test_writing_writes_all_five(fake_result: Comparison, tmp_path: Path) -> None:
    """All five files are written, and nothing else is left."""
    page = report.write_report(fake_result, tmp_path / "a" / "study")
    assert page == tmp_path / "a" / "study" / "report.html"
    assert set(contents(tmp_path)) == {f"a/study/{name}" for name in report.FILES}
    assert json.loads((page.parent / "comparison.json").read_text())["provenance"]["program"] == "mixstudy"
    with xr.open_datatree(page.parent / "posterior.nc", engine="h5netcdf") as stored:
        xr.testing.assert_identical(
            stored["posterior"].load().to_dataset(), fake_result.posterior.data["posterior"].to_dataset()
        )


@pytest.mark.usefixtures("_quick_page")
def test_writing_replaces_an_earlier_report(fake_result: Comparison, tmp_path: Path) -> None:
    """A second report replaces the first, and a file that it does not have goes."""
    report.write_report(fake_result, tmp_path)
    report.write_report(without_em(fake_result), tmp_path)
    assert set(contents(tmp_path)) == set(report.FILES) - {"em_trace.csv"}


@pytest.mark.usefixtures("_quick_page")
@pytest.mark.parametrize("name", ["notes.txt", "report.html"])
def test_writing_refuses_foreign_files(fake_result: Comparison, tmp_path: Path, name: str) -> None:
    """A directory with a file that is not ours is refused and left alone, even where the name is one of ours."""
    (tmp_path / name).write_text("mine")
    for refuse in (lambda: report.check_output(tmp_path), lambda: report.write_report(fake_result, tmp_path)):
        with pytest.raises(report.OutputError, match=f"holds '{name}', which mixstudy did not write"):
            refuse()
    assert contents(tmp_path) == {name: b"mine"}


def test_writing_refuses_what_is_no_directory(tmp_path: Path) -> None:
    """A file, or a path through one, is refused with the reason."""
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(report.OutputError, match="can't be created or written: Not a directory"):
            report.check_output(path)


def test_writing_checking_leaves_nothing(tmp_path: Path) -> None:
    """A directory that can be used is accepted, and nothing of the check remains."""
    report.check_output(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def _quick_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the drawing of figures out where only the files matter."""
    monkeypatch.setattr(report, "render_html", lambda *_: "page")


@pytest.mark.usefixtures("_quick_page")
@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("where", ["mixstudy.report.render_html", "os.replace"])
def test_writing_failure_changes_nothing(
    fake_result: Comparison,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    failure: type[BaseException],
) -> None:
    """Whatever interrupts the writing or the moving, an earlier report stands as it was and no other file remains."""
    report.write_report(fake_result, tmp_path / "old", provenance=PROVENANCE)
    before = contents(tmp_path)
    replace, calls = os.replace, []

    def fail(source: Path, destination: Path) -> None:
        calls.append(source)
        if where != "os.replace" or len(calls) == 3:
            raise failure
        replace(source, destination)

    monkeypatch.setattr(where, fail)
    for name in ("old", "new"):
        calls.clear()
        with pytest.raises(failure):
            report.write_report(without_em(fake_result), tmp_path / name)
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_console_has_a_row_for_each_parameter(fake_result: Comparison) -> None:
    """The terminal's table has the four parameters, rounded by the posterior standard deviation."""
    table = report.console_table(fake_result)
    cells = [[str(cell) for cell in column.cells] for column in table.columns]
    assert cells[0] == list(LABELS)
    assert re.fullmatch(r"0\.\d{3}", cells[1][0])


@pytest.mark.parametrize(
    ("value", "sd", "text"),
    [
        (12.3456, 0.0123, "12.346"),
        (1234.5, 45.0, "1234"),
        (1.23456e-9, 1.2e-11, "1.235e-09"),
        (2.5, float("nan"), "2.5"),
    ],
)
def test_console_rounding(value: float, sd: float, text: str) -> None:
    """A value keeps two significant figures of its standard deviation."""
    assert report._rounded(value, sd) == text


def test_plots_density_has_mass_one(fake_result: Comparison) -> None:
    """The histogram of a weighted sample, scaled by its weights, has area one."""
    vars(fake_result.posterior)["sample"] = as_sample([0.0, 5.0, 6.0, 15.0], weights=[1.0, 100.0, 50.0, 9.0])
    ax = Figure().subplots()
    plots.plot_data(fake_result, ax)
    heights, edges, _ = cast("StepPatch", ax.patches[0]).get_data()
    np.testing.assert_allclose(heights @ np.diff(edges), 1)


def test_plots_needs_a_run_of_em(fake_result: Comparison) -> None:
    """EM's trace can't be drawn where the estimate came as bare parameters, and the message says so."""
    with pytest.raises(ValueError, match="no EM run to draw"):
        plots.plot_em_trace(without_em(fake_result), Figure().subplots())
