"""Several studies side by side: names of their folders, exit code, table, and a folder that is whole or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pages import contents

from mixstudy.comparison.compare import Comparison
from mixstudy.comparison.verdict import Verdict
from mixstudy.report.folder import OVERVIEW, OutputError, check_output, folder_names, study_layout
from mixstudy.report.overview import Studied, overview_document, worst, write_overview
from mixstudy.report.render import render_html, render_latex, render_markdown
from mixstudy.report.write import write_report


def studied(result: Comparison, *outcomes: str) -> list[Studied]:
    """A file for each outcome: a verdict, or the sentence why there is none."""
    verdicts = {each.value: each for each in Verdict}
    made = [replace(result, verdict=verdicts[each]) if each in verdicts else each for each in outcomes]
    return [Studied(file=f"file-{place}.csv", outcome=each) for place, each in enumerate(made)]


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["a/x.csv", "b/X.csv", "c/x.csv.gz"], ["x", "X-2", "x-3"]),
        (["../..", "-", "/", "..csv"], ["data", "data-2", "data-3", "data-4"]),
        (["report.html.csv", "figures.csv", "a b/c d (1).txt", "été.csv"], ["report-html", "figures", "c-d-1", "été"]),
        (["s3://bucket/part.parquet?version=2&x=<b>", "x" * 300], ["part", "x" * 60]),
        (["x.csv", "x-2.csv", "x.tsv"], ["x", "x-2", "x-3"]),
    ],
)
def test_folders_are_safe_and_no_two_alike(files: list[str], names: list[str]) -> None:
    """A folder's name comes from the file's, holds nothing that a path or a link may misread, and is there once."""
    assert list(folder_names(files)) == names


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        (["agree", "agree"], 0),
        (["agree", "inconclusive"], 3),
        (["inconclusive", "no such file", "agree"], 2),
        (["no such file", "disagree", "inconclusive"], 1),
    ],
)
def test_the_worst_counts(bare: Comparison, outcomes: list[str], code: int) -> None:
    """A disagreement is 1, before a file that was not read, before what is inconclusive."""
    assert worst(studied(bare, *outcomes)) == code


def test_the_table_holds_both_estimates_of_every_file(bare: Comparison) -> None:
    """Two rows a file with its link, one row with the reason and no link where it was not studied."""
    table = overview_document(studied(bare, "disagree", "<b>no</b> such file"), ("a", "b"), {}).table
    first, second, bad = table.rows
    row = bare.table.loc["mu1"]
    assert first[4] == f"{row['em']:.2f} ± {row['em_se']:.2f}"
    assert second[4] == f"{row['posterior_mean']:.2f} ± {row['posterior_sd']:.2f}"
    assert (first[1], first[7], bad[7], bad[8]) == ("1000", "disagree", "not studied", "<b>no</b> such file")
    assert table.links == ("a", "a", "")


def test_what_files_say_is_escaped(bare: Comparison) -> None:
    """No format takes a file's name or an error's words for its own commands, and links lead to the reports."""
    found = [replace(each, file="a_<i>|[x](y)") for each in studied(bare, "agree", "<b>no</b>")]
    document = overview_document(found, ("été", "b"), {})
    html, text = render_html(document, {}), render_markdown(document)
    assert "<b>no" not in html
    assert '<a href="%C3%A9t%C3%A9/report.html">a_&lt;i&gt;|[x](y)</a>' in html
    assert r"[a\_\<i\>\|\[x\](y)](%C3%A9t%C3%A9/report.md)" in text
    assert r"\textless{}b\textgreater{}no" in render_latex(document)


@pytest.mark.usefixtures("_quick_page")
def test_a_later_overview_replaces_an_earlier_one(bare: Comparison, tmp_path: Path) -> None:
    """Folders of files that are no longer studied go; numbers are those of each comparison."""
    found = studied(bare, "agree", "no such file", "agree")
    write_overview(found, tmp_path / "o")
    assert {path.name for path in (tmp_path / "o").iterdir()} == {
        *("file-0", "file-2", "report.html", "studies.csv", OVERVIEW)
    }
    told = json.loads((tmp_path / "o" / OVERVIEW).read_text())["studies"]
    assert [each["verdict"] for each in told] == ["agree", "not studied", "agree"]
    table = pd.read_csv(tmp_path / "o" / "studies.csv", index_col=["folder", "parameter"])
    assert table.loc[("file-2", "mu2"), "em"] == bare.table.loc["mu2", "em"]
    write_overview(found[:1], tmp_path / "o", formats=("md",))
    assert {path.name for path in (tmp_path / "o").iterdir()} == {"file-0", "report.md", "studies.csv", OVERVIEW}


@pytest.mark.usefixtures("_quick_page")
@pytest.mark.parametrize("exchanged", [True, False])
def test_one_study_and_several_replace_each_other(
    bare: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, exchanged: bool
) -> None:
    """In either order nothing of the earlier report is left, and somebody's file still stops the later one."""
    if not exchanged:
        monkeypatch.setattr("mixstudy.report.folder.exchange", lambda *_: False)
    several = studied(bare, "agree", "agree")
    write_report(bare, tmp_path / "one")
    write_overview(several, tmp_path / "all", formats=("md",))
    alone, together = contents(tmp_path / "one").keys(), contents(tmp_path / "all").keys()
    write_overview(several, tmp_path / "one", formats=("md",))
    write_report(bare, tmp_path / "all")
    assert contents(tmp_path / "one").keys() == together
    assert contents(tmp_path / "all").keys() == alone
    (tmp_path / "one/file-1/notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds 'file-1/notes\.txt'"):
        write_report(bare, tmp_path / "one")


@pytest.mark.usefixtures("_quick_page")
@pytest.mark.parametrize("name", ["notes.txt", "file-0/notes.txt", "other/notes.txt"])
def test_an_overview_leaves_foreign_files_alone(bare: Comparison, tmp_path: Path, name: str) -> None:
    """Somebody's file among ours, at whatever depth, is refused before any work, and nothing is touched."""
    found = studied(bare, "agree", "agree")
    write_overview(found, tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    before = contents(tmp_path)
    for refuse in (
        lambda: check_output(tmp_path, study_layout(tmp_path, ["file-0"])),
        lambda: write_overview(found, tmp_path),
    ):
        with pytest.raises(
            OutputError, match=f"holds '{name.removesuffix('/notes.txt') if 'other' in name else name}'"
        ):
            refuse()
    assert contents(tmp_path) == before


@pytest.mark.usefixtures("_quick_page")
@pytest.mark.parametrize("exchanged", [True, False])
def test_an_overview_appears_whole_or_not_at_all(
    bare: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, exchanged: bool
) -> None:
    """Where the last report fails the earlier ones stand, byte for byte, and nothing is left beside them."""
    if not exchanged:
        monkeypatch.setattr("mixstudy.report.folder.exchange", lambda *_: False)
    write_overview(studied(bare, "agree", "agree"), tmp_path / "o")
    before = contents(tmp_path)

    def fails(*_: object, **__: object) -> None:
        msg = "stopped"
        raise RuntimeError(msg)

    monkeypatch.setattr("mixstudy.report.overview.render_html", fails)
    with pytest.raises(RuntimeError, match="stopped"):
        write_overview(studied(bare, "agree", "agree", "agree"), tmp_path / "o")
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["o"]
