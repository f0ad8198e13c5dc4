"""The command study and its report."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest
from pages import PROVENANCE, contents
from typer.testing import CliRunner

import mixstudy as ms
from mixstudy.cli.app import app
from mixstudy.comparison.compare import Comparison
from mixstudy.report.folder import OutputError
from mixstudy.report.write import write_report


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

    monkeypatch.setattr("mixstudy.report.folder.exchange", lambda *_: False)  # as on a file system that can't
    monkeypatch.setattr(where, full)
    monkeypatch.setattr("mixstudy.report.folder.exchange", lambda *_: False)  # which copies nothing
    for name in ("old", "new") if where != "shutil.copy2" else ("old",):
        sentence = f"{tmp_path / name}: the disk is full: free some space or choose another --out"
        with pytest.raises(OutputError, match=re.escape(sentence)):
            write_report(bare, tmp_path / name)
    assert contents(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.usefixtures("_quick_page")
def test_several_files_are_a_study_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is studied as if alone, a bad one is told of and does not lose the others, and the exit code says so."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b.csv"):
        CliRunner().invoke(app, ["simulate", name, "--n", "300", "--seed", str(ord(name[0]))])
    quick = ["--draws", "600", "--tune", "600"]
    done = CliRunner().invoke(app, ["study", "a.csv", "no.csv", "b.csv", "--out", "all", *quick])
    assert done.exit_code == 2, done.output
    for told in (
        "a.csv, column x, n = 300",
        "b.csv, column x, n = 300",
        "error: no.csv: no such file",
        "all/report.html",
    ):
        assert told in done.output
    assert CliRunner().invoke(app, ["study", "b.csv", "--out", "alone", *quick]).exit_code == 0
    assert (tmp_path / "all/b/comparison.csv").read_bytes() == (tmp_path / "alone/comparison.csv").read_bytes()


def test_several_files_of_which_none_can_be_read(tmp_path: Path) -> None:
    """Each is told of, the exit code is 2, and there is no report and no folder."""
    out = tmp_path / "all"
    done = CliRunner().invoke(app, ["study", "no.csv", "nor.csv", "--out", str(out)])
    assert done.exit_code == 2
    for told in ("error: no.csv: no such file", "nor.csv: no such file", "not one of the 2 files could be studied"):
        assert told in " ".join(done.output.split())
    assert not out.exists()
