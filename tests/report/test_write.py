"""The report: what it says, what it writes, what it refuses, and that a failure leaves nothing behind."""

from __future__ import annotations

import errno
import io
import json
import math
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from typer.testing import CliRunner

import mixstudy as ms
from mixstudy.cli.app import app
from mixstudy.cli.terminal import console_table
from mixstudy.comparison.compare import Comparison
from mixstudy.comparison.supplement import LOOComparison
from mixstudy.data.sample import Source
from mixstudy.faults.case import Recognition
from mixstudy.faults.catalogue import FAULTS
from mixstudy.mcmc.diagnostics import SamplerStatus
from mixstudy.mcmc.posterior import Attempt
from mixstudy.report.captions import _humps, pictures
from mixstudy.report.comparison import comparison_document
from mixstudy.report.document import Document, Table
from mixstudy.report.folder import FILES, NAMES, OutputError
from mixstudy.report.numbers import rounded
from mixstudy.report.render import render_html, render_markdown
from mixstudy.report.serialise import as_json
from mixstudy.report.write import check_output, parse_formats, write_report

PROVENANCE: dict[str, object] = {"program": "mixstudy", "version": "0", "versions": {"numpy": "2"}, "created": "now"}
PARAMETER_KEYS = {
    "em", "em_se", "posterior_mean", "posterior_sd", "lower", "upper", "inside", "offset_sd", "sd_ratio",
}  # fmt: skip
HOSTILE = "a <b>_& 100 %|c"
TABLES = {"comparison.json", "comparison.csv", "em_trace.csv", "posterior.nc"}


@pytest.fixture(scope="module")
def result(origin_sample: ms.WeightedSample, origin_posterior: ms.Posterior) -> Comparison:
    """A comparison of a thousand observations whose description has characters that mean something in every format."""
    sample = replace(origin_sample, source=Source(description=HOSTILE, sha256="ab" * 32, dropped=2, seed=0))
    return ms.compare(ms.fit_em(sample), replace(origin_posterior, sample=sample), truth=ms.ORIGIN)


@pytest.fixture(scope="module")
def bare(result: Comparison) -> Comparison:
    """The same comparison for an estimate that came as bare parameters, truth unknown."""
    return replace(result, em=None, truth=None)


@pytest.fixture(scope="module")
def written(result: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its report in all formats."""
    folder = tmp_path_factory.mktemp("a") / "b" / "study"
    return write_report(result, folder, formats=("html", "md", "tex"), provenance=PROVENANCE).parent


@pytest.fixture
def _quick_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the drawing of figures out where only the files matter."""

    def write(_result: Comparison, stage: Path, *_: object) -> None:
        (stage / "report.html").write_text("page")

    monkeypatch.setattr("mixstudy.report.write._write_documents", write)


def document(result: Comparison) -> Document:
    """What the report says, were all figures drawn."""
    return comparison_document(result, PROVENANCE, drawn=NAMES, frames=(0, 1) if result.em else ())


def page(result: Comparison) -> str:
    """The page, without figures."""
    return render_html(document(result), dict.fromkeys((*NAMES, "player"), '<svg width="1"></svg>'))


def texts(result: Comparison) -> str:
    """All paragraphs and lists of the report, one line each."""
    blocks = [block for section in document(result).sections for block in section.blocks]
    return "\n".join(getattr(block, "text", "") + "\n".join(getattr(block, "lines", ())) for block in blocks)


def table(result: Comparison, title: str) -> Table:
    """The table of this title."""
    blocks = [block for section in document(result).sections for block in section.blocks]
    return next(block for block in blocks if isinstance(block, Table) and block.title == title)


def contents(directory: Path) -> dict[str, bytes]:
    """Every file below the directory, hidden ones included."""
    return {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


def further(result: Comparison, **changes: Any) -> Comparison:
    """The comparison with other answers beside the verdict."""
    assert result.supplement is not None
    return replace(result, supplement=replace(result.supplement, **changes))


def test_json_has_the_promised_keys(result: Comparison) -> None:
    """comparison.json has exactly the keys of the design, in its order."""
    content = as_json(result, PROVENANCE)
    assert list(content) == [
        "verdict", "level", "kind", "parameters", "intervals", "checks", "adequacy", "further", "em", "sampler", "data",
        "certificate", "provenance",
    ]  # fmt: skip
    assert list(content["parameters"]) == list(ms.LABELS)
    assert all(set(row) == PARAMETER_KEYS for row in content["parameters"].values())
    assert all(set(check) == {"name", "status", "value", "explanation"} for check in content["checks"])


def test_json_not_finite_is_null(result: Comparison) -> None:
    """A number that is not finite becomes null, so that every JSON reader can read the file."""
    nothing = replace(result.checks[0], value=float("nan"))
    content = as_json(replace(result, checks=(nothing,)), PROVENANCE)
    assert content["checks"][0]["value"] is None
    json.dumps(content, allow_nan=False)


def test_json_bare_parameters_have_no_em(bare: Comparison) -> None:
    """Without an EM run its entry is null."""
    assert as_json(bare, PROVENANCE)["em"] is None


def test_first_screen_has_four_numbers_of_each(result: Comparison) -> None:
    """The small table gives each parameter by EM, by the posterior and in truth, to two figures of its spread."""
    numbers = document(result).table
    assert numbers.header == ("parameter", "EM ± s.e.", "posterior ± sd", "truth")
    assert [row[0] for row in numbers.rows] == list(ms.LABELS)
    assert re.fullmatch(r"0\.\d{3} ± 0\.\d{3}", numbers.rows[0][1])
    assert numbers.rows[1][3] == "5"


def test_intervals_are_in_the_page_and_the_json(result: Comparison) -> None:
    """Each parameter has its four kinds of interval in both."""
    rows = as_json(result, PROVENANCE)["intervals"]
    assert list(rows) == list(ms.LABELS)
    assert [len(row) for row in rows.values()] == [8] * 4
    shown = table(result, "Four kinds of 95 % interval")
    assert shown.header[1:] == ("Wald", "profile likelihood", "bootstrap", "credible")
    assert f"{rows['mu1']['profile_lower']:.2f} to {rows['mu1']['profile_upper']:.2f}" in shown.rows[1]


def test_findings_of_adequacy_are_shown(result: Comparison) -> None:
    """Every finding has its value, p-value and sentence, and the answer stands above."""
    shown = table(result, "Checks of adequacy")
    assert [row[0] for row in shown.rows] == [each.name for each in result.adequacy.findings]
    assert [row[-1] for row in shown.rows] == [each.explanation for each in result.adequacy.findings]
    assert result.adequacy.status.value in texts(result)


def test_leave_one_out_in_words(result: Comparison) -> None:
    """The comparison of one component with two is told; where it could not be made the report says why."""
    loo = LOOComparison(difference=59.0, standard_error=9.0, worst_pareto_k=0.2, observations=272)
    assert loo.sentence in texts(further(result, loo=loo))
    assert "needs each of them by itself" in texts(further(result, loo=None))


def test_prior_sensitivity_in_words(result: Comparison) -> None:
    """Parameters that follow their prior are named; where none does it says so."""
    assert result.supplement is not None
    quiet = result.supplement.sensitivity.assign(diagnosis="fine")
    loud = quiet.assign(diagnosis=["fine", "potential prior-data conflict", "fine", "potential prior-data conflict"])
    assert "The prior moves none of the parameters" in texts(further(result, sensitivity=quiet))
    assert "The prior moves mu1 and sigma." in texts(further(result, sensitivity=loud))
    assert table(further(result, sensitivity=loud), "Prior sensitivity").rows[1][-1] == "potential prior-data conflict"


def test_marks_of_mistakes_are_told(result: Comparison) -> None:
    """A known mistake that the draws bear the mark of is named with what was found; without any it says so."""
    found = Recognition(fault=FAULTS[0], strength=3.0, distance=0.1, explanation="The draws are narrow.")
    assert f"{FAULTS[0].name}: The draws are narrow." in texts(further(result, mistakes=(found,)))
    assert "mark of none of the known mistakes" in texts(further(result, mistakes=()))


def test_attempts_of_the_sampler_are_told(result: Comparison) -> None:
    """Where it took more than one attempt each is listed; one alone is a line."""
    made = (
        Attempt(name="as asked", status=SamplerStatus.NOT_MIXED, seconds=1.24),
        Attempt(name="longer", status=SamplerStatus.PASSED, seconds=3.0),
    )
    again = replace(result, posterior=replace(result.posterior, attempts=made))
    assert table(again, "Attempts of the sampler").rows[0] == ("as asked", "1.2", SamplerStatus.NOT_MIXED.value)
    assert "It was sampled once, as asked, and passed." in texts(result)


def test_alternatives_tell_what_is_seen(result: Comparison) -> None:
    """A figure's text says how the curves lie, where the humps are, and what the chains and the path did."""
    alt = {name: picture.alt for name, picture in pictures(result).items()}
    at = result.estimate
    assert "EM's estimate and the posterior mean nearly coincide: two humps" in alt["data"]
    assert f"of components at {at.mu1:.1f} and {at.mu2:.1f}" in alt["data"]
    assert "look alike" in alt["traces"]
    assert alt["challengers"] in [check.explanation for check in result.checks]
    assert "reaches a maximum" in alt["climb"]


def test_alternatives_tell_what_is_wrong(result: Comparison) -> None:
    """Where the estimate is off the text names the parameter that parts most; overlapping humps are one."""
    off = replace(result, estimate=replace(result.estimate, mu2=result.estimate.mu2 + 1), truth=None)
    assert "part, most in mu2" in pictures(off)["data"].alt
    near = ms.Parameters.relabelled([0.3, 5.0, 6.0, 1.0])
    close = replace(result, estimate=near, table=result.table.assign(posterior_mean=[*near]), truth=None)
    assert "one hump, of components at 5.0 and 6.0, 1 sigma apart" in pictures(close)["data"].alt


@pytest.mark.parametrize(("weight", "apart"), [(0.5, 1.9), (0.5, 2.1), (0.1, 3.1), (0.1, 3.5), (0.02, 3.8)])
def test_humps_are_counted_right(weight: float, apart: float) -> None:
    """One hump or two is what the density has on a fine grid."""
    at = ms.Parameters(weight=weight, mu1=0.0, mu2=apart, sigma=1.0)
    rises = np.diff(ms.log_density(np.linspace(-3, 7, 100_001), at)) > 0
    tops = np.sum(rises[:-1] & ~rises[1:])
    assert _humps(at).startswith({1: "one hump,", 2: "two humps,"}[int(tops)])


def test_probability_is_told_where_the_data_are(result: Comparison) -> None:
    """Components that overlap all over leave no observation certain, and the text does not say so."""
    close = replace(result, estimate=ms.Parameters(weight=0.5, mu1=11.0, mu2=13.0, sigma=5.0))
    x = result.posterior.sample.points
    first, last = (1 / (1 + math.exp(2 / 5**2 * (end - 12))) for end in (x.min(), x.max()))
    told = f"from {first:.3f} at the left end of the data to {last:.3f} at the right; it is one half at 12.0."
    assert pictures(close)["responsibilities"].alt.endswith(told)


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ((1.234, 5.678), "1.2 to 5.7"),
        ((-math.inf, 5.678), "open to 5.7"),
        ((math.nan, 5.678), "not found to 5.7"),
        ((math.nan, math.nan), "not found"),
    ],
)
def test_open_ends_and_missing_intervals(result: Comparison, ends: tuple[float, float], told: str) -> None:
    """An end that the data leave open is told from one that was not found, in the table and beside the figure."""
    intervals = result.intervals.copy()
    intervals.loc["mu1", ["profile_lower", "profile_upper"]] = ends
    other = replace(result, intervals=intervals, table=result.table.assign(posterior_sd=1.0))
    assert table(other, "Four kinds of 95 % interval").rows[1][2] == told
    seen = f"most for mu1: Wald 4.8 to 5.3, profile likelihood {told}, bootstrap"
    assert seen in pictures(other)["forest"].alt


def test_captions_hold_without_a_run_of_em(bare: Comparison) -> None:
    """What is said of bare parameters does not call them EM's."""
    found = document(bare)
    assert found.title == f"An estimate and the posterior: {HOSTILE}"
    assert "EM" not in found.picture.caption + found.picture.alt


def test_html_requests_nothing(written: Path) -> None:
    """The page refers to nothing but itself."""
    found = (written / "report.html").read_text()
    targets = re.findall(r"\b(?:src|(?:xlink:)?href|action|data)\s*=\s*[\"']([^\"']*)", found)
    targets += re.findall(r"url\(([^)]*)\)", found)
    assert targets
    assert [t for t in targets if not t.startswith(("#", "data:"))] == []
    assert "@import" not in found


def test_html_ids_are_unique_and_references_resolve(written: Path) -> None:
    """No id is shared by two figures, and every reference within them has its target."""
    found = (written / "report.html").read_text()
    ids = re.findall(r'\bid="([^"]*)"', found)
    references = re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', found)
    assert len(ids) == len(set(ids))
    assert {a or b for a, b in references} <= set(ids)


def test_html_states_the_verdict_and_escapes(result: Comparison) -> None:
    """The verdict stands at the top with its colour, and text from the data is escaped."""
    found = page(result)
    assert f'<p class="answer good">{result.sentence.replace("'", "&#39;")}</p>' in found
    assert '<meta name="generator" content="mixstudy">' in found
    assert "a &lt;b&gt;_&amp; 100 %|c" in found
    assert "<b>" not in found


def test_agreement_on_a_wrong_model_is_not_green(result: Comparison) -> None:
    """Where the data do not look like the model, agreement is marked as something to beware of."""
    found = replace(result.adequacy.findings[0], judged=True, p_value=0.0)
    off = replace(result, adequacy=replace(result.adequacy, findings=(found,)))
    assert document(result).tone == "good"
    assert document(off).tone == "warn"


def test_html_allows_no_other_script(result: Comparison) -> None:
    """The policy of the page names its one script by its hash, and nothing else may run or load."""
    import base64
    import hashlib

    (script,) = re.findall(r"<script>(.*?)</script>", page(result), flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page(result)
    assert "default-src 'none'" in page(result)


def test_html_every_figure_has_an_alternative(written: Path) -> None:
    """Each figure, the player among them, carries a role and a text alternative."""
    found = (written / "report.html").read_text()
    named = re.findall(r'role="img" aria-label="[^"]{40,}"><svg aria-hidden="true"', found)
    assert len(named) == found.count("<svg ") == len(NAMES) + 1


def test_html_without_em(bare: Comparison) -> None:
    """A comparison of bare parameters is rendered without EM's figures, and says why."""
    found = page(bare)
    assert "no run of EM to show" in found
    assert "player-frame" not in found
    assert found.count("<svg ") == len(NAMES) - 2


def test_html_same_result_same_page(result: Comparison, written: Path, tmp_path: Path) -> None:
    """Writing twice gives the same bytes."""
    again = write_report(result, tmp_path, provenance=PROVENANCE)
    assert again.read_bytes() == (written / "report.html").read_bytes()


def test_markdown_finds_its_figures(written: Path) -> None:
    """The Markdown refers to its figures by relative links that resolve, tells what is seen, and escapes."""
    text = (written / "report.md").read_text()
    links = re.findall(r"!\[(.{40,}?)\]\(([^)]*)\)", text)
    assert {target for _, target in links} == {f"figures/{name}.svg" for name in NAMES}
    assert all((written / target).is_file() for _, target in links)
    assert "# EM and the posterior: a \\<b\\>\\_\\& 100 %\\|c\n" in text


def test_markdown_tables_are_rectangular(result: Comparison) -> None:
    """Every row of a table has as many cells as its header, whatever characters the cells hold."""
    lines = render_markdown(document(result)).splitlines()
    blocks = "\n".join(line if line.startswith("|") else "" for line in lines).split("\n\n")
    tables = [block.strip().splitlines() for block in blocks if block.strip()]
    assert len(tables) >= 8
    for rows in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
        assert re.fullmatch(r"\|( :?---:? \|)+", rows[1])


def test_writing_writes_all(written: Path, result: Comparison) -> None:
    """All files of all formats are written, and nothing else is left."""
    figures = {f"figures/{name}{suffix}" for name in NAMES for suffix in (".svg", ".pdf")}
    found = set(contents(written.parents[1]))
    assert found == {f"b/study/{name}" for name in TABLES | {"report.html", "report.md", "report.tex"} | figures}
    assert {name.removeprefix("b/study/") for name in found} == set(FILES)
    assert json.loads((written / "comparison.json").read_text())["provenance"]["program"] == "mixstudy"
    with xr.open_datatree(written / "posterior.nc", engine="h5netcdf") as stored:
        own = result.posterior.data["posterior"].to_dataset()
        xr.testing.assert_identical(stored["posterior"].load().to_dataset(), own)


def test_writing_one_format(bare: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one format only its files are written, and its path is returned."""
    monkeypatch.setattr("mixstudy.plots.figures", lambda _: {"data": Figure()})
    assert write_report(bare, tmp_path, formats=("md",)) == tmp_path / "report.md"
    names = {name for name in contents(tmp_path) if not name.startswith("figures/")}
    assert names == TABLES - {"em_trace.csv"} | {"report.md"}
    assert {path.suffix for path in (tmp_path / "figures").iterdir()} == {".svg"}


@pytest.mark.usefixtures("_quick_page")
def test_writing_replaces_an_earlier_report(bare: Comparison, written: Path, tmp_path: Path) -> None:
    """A second report replaces the first, and what it does not have goes: files of other formats, and the figures."""
    folder = tmp_path / "s"
    for name, data in contents(written).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    write_report(bare, folder)
    assert set(contents(folder)) == TABLES - {"em_trace.csv"} | {"report.html"}
    assert not (folder / "figures").exists()


@pytest.mark.usefixtures("_quick_page")
@pytest.mark.parametrize("name", ["notes.txt", "report.html", "figures", "figures/data.svg", "figures/mine.svg"])
def test_writing_refuses_foreign_files(bare: Comparison, tmp_path: Path, name: str) -> None:
    """A directory with a file that is not ours is refused and left alone, even where the name is one of ours."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    for refuse in (lambda: check_output(tmp_path), lambda: write_report(bare, tmp_path)):
        with pytest.raises(OutputError, match=f"holds '{name}', which mixstudy did not write"):
            refuse()
    assert contents(tmp_path) == {name: b"mine"}


@pytest.mark.usefixtures("_quick_page")
def test_writing_refuses_a_stranger_among_ours(bare: Comparison, tmp_path: Path) -> None:
    """Somebody's picture beside the figures of a report is not lost when the report is written again."""
    write_report(bare, tmp_path)
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "mine.svg").write_text("mine")
    with pytest.raises(OutputError, match=r"holds 'figures/mine\.svg'"):
        write_report(bare, tmp_path)


def test_writing_refuses_what_is_no_directory(tmp_path: Path) -> None:
    """A file, or a path through one, is refused with the reason."""
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="can't be created or written: Not a directory"):
            check_output(path)


def test_writing_checking_leaves_nothing(tmp_path: Path) -> None:
    """A directory that can be used is accepted, and nothing of the check remains."""
    check_output(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_formats_are_named(bare: Comparison, tmp_path: Path) -> None:
    """Formats are separated by commas, in any order and each once; an unknown one is named with those there are."""
    assert parse_formats("tex, html,tex") == ("tex", "html")
    for refuse in (
        lambda: parse_formats("html,pdf"),
        lambda: write_report(bare, tmp_path / "s", formats=("pdf",)),
    ):
        with pytest.raises(ValueError, match=r"the format must be among html, md, tex, got 'pdf'"):
            refuse()
    assert not (tmp_path / "s").exists()


@pytest.mark.usefixtures("_quick_page")
@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("where", ["mixstudy.report.write._write_documents", "os.replace"])
def test_writing_failure_changes_nothing(
    result: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, failure: type[BaseException]
) -> None:
    """Whatever interrupts the writing or the moving, an earlier report stands as it was and no other file remains."""
    write_report(result, tmp_path / "old", provenance=PROVENANCE)
    before = contents(tmp_path)
    replace_file, calls = os.replace, []

    def fail(source: Path, *others: Any) -> None:
        calls.append(source)
        if where != "os.replace" or len(calls) == 3:
            raise failure
        replace_file(source, *others)

    monkeypatch.setattr(where, fail)
    for name in ("old", "new"):
        calls.clear()
        with pytest.raises(failure):
            write_report(replace(result, em=None), tmp_path / name)
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_console_has_a_row_for_each_parameter(result: Comparison) -> None:
    """The terminal's table has the four parameters, rounded by the posterior standard deviation."""
    columns = [[str(cell) for cell in column.cells] for column in console_table(result).columns]
    assert columns[0] == list(ms.LABELS)
    assert re.fullmatch(r"0\.\d{3}", columns[1][0])


@pytest.mark.parametrize(
    ("value", "sd", "text"),
    [
        (12.3456, 0.0123, "12.346"),
        (1234.5, 45.0, "1234"),
        (1.23456e-9, 1.2e-11, "1.235e-09"),
        (2.5, float("nan"), "2.5"),
    ],
)
def test_rounding(value: float, sd: float, text: str) -> None:
    """A value keeps two significant figures of its standard deviation."""
    assert rounded(value, sd) == text


@pytest.mark.parametrize("can", [True, False])
@pytest.mark.usefixtures("_quick_page")
def test_study_opens_the_report_it_names(
    origin_posterior: ms.Posterior, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, can: bool
) -> None:
    """``study --open`` prints the path of the report and opens it, or says that it can't be opened from here."""
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda target: opened.append(target) or can)
    monkeypatch.setattr("mixstudy.mcmc.posterior.sample_posterior", lambda *_, **__: origin_posterior)
    options = ["--n", "1000", "--out", str(tmp_path / "s"), "--open"]
    done = CliRunner().invoke(app, ["study", *options])
    path = (tmp_path / "s" / "report.html").resolve()
    assert done.exit_code == 0, done.output
    assert opened == [path.as_uri()]
    assert f"Report: {path}" in done.output
    assert ("can't be opened from here" in done.output) != can


def test_study_refuses_an_unknown_format_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown format is one sentence and exit code 2; nothing is simulated, fitted or written."""
    monkeypatch.setattr("mixstudy.model.simulate", lambda *_, **__: pytest.fail("work was done"))
    done = CliRunner().invoke(app, ["study", "--out", str(tmp_path / "s"), "--format", "html,pdf"])
    assert done.exit_code == 2
    assert "the format must be among html, md, tex, got 'pdf'" in " ".join(done.output.split())
    assert not (tmp_path / "s").exists()


@pytest.mark.usefixtures("_quick_page")
@pytest.mark.parametrize("where", ["pathlib.Path.write_bytes", "pandas.DataFrame.to_csv", "shutil.copy2"])
def test_full_disk_is_one_sentence(
    bare: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """A disk that is full, at whatever file, is told in one sentence; an earlier report stands and nothing is left."""
    write_report(bare, tmp_path / "old", provenance=PROVENANCE)
    before = contents(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(where, full)
    for name in ("old", "new") if where != "shutil.copy2" else ("old",):
        sentence = f"{tmp_path / name}: the disk is full: free some space or choose another --out"
        with pytest.raises(OutputError, match=re.escape(sentence)):
            write_report(bare, tmp_path / name)
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.usefixtures("_quick_page")
def test_netcdf_is_made_in_memory(bare: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HDF5 never writes to the disk, where it crashes the process when the disk is full."""
    made, write = [], xr.DataTree.to_netcdf

    def kept(tree: xr.DataTree, *places: object, **options: Any) -> object:
        made.extend(type(place) for place in places)
        return write(tree, *places, **options)

    monkeypatch.setattr(xr.DataTree, "to_netcdf", kept)
    write_report(bare, tmp_path / "s")
    assert made == [io.BytesIO]
