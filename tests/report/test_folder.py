"""A report replaces what is its own, touches nothing else, and a failure leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pages import PROVENANCE, TABLES, contents

from mixstudy.comparison.compare import Comparison
from mixstudy.report.folder import OURS, STUDY, OutputError, check_output
from mixstudy.report.write import write_report


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
    for refuse in (lambda: check_output(tmp_path, STUDY), lambda: write_report(bare, tmp_path)):
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
            check_output(path, STUDY)


def test_writing_checking_leaves_nothing(tmp_path: Path) -> None:
    """A directory that can be used is accepted, and nothing of the check remains."""
    check_output(tmp_path / "a" / "b", STUDY)
    assert list(tmp_path.iterdir()) == []


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
    monkeypatch.setattr("mixstudy.report.folder.exchange", lambda *_: False)  # as where folders can't change places

    def fail(source: Path, *others: Any, **_: Any) -> None:
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


@pytest.mark.usefixtures("_quick_page")
def test_a_report_is_replaced_in_one_step(result: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where folders can change places no file is renamed by itself, so that no kill can mix two reports."""
    folder = tmp_path / "s"
    folder.mkdir(mode=0o750)
    write_report(result, folder, provenance=PROVENANCE)
    monkeypatch.setattr(os, "replace", None)
    write_report(replace(result, em=None), folder, provenance=PROVENANCE)
    assert not (folder / "em_trace.csv").exists()
    assert folder.stat().st_mode & 0o777 == 0o750
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


@pytest.mark.usefixtures("_quick_page")
def test_a_report_goes_where_one_works(bare: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder in which we work takes a report and stays the folder in which we work."""
    (tmp_path / "s").mkdir()
    monkeypatch.chdir(tmp_path / "s")
    write_report(bare, ".")
    assert Path("report.html").exists()


def test_what_a_kill_left_is_swept(tmp_path: Path) -> None:
    """The stage of a process that is gone is removed by the next report, that of one that runs is not."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for process in (gone.pid, os.getppid()):
        (tmp_path / f"{OURS}{process}-abc").mkdir()
    check_output(tmp_path / "s", STUDY)
    assert [path.name for path in tmp_path.iterdir()] == [f"{OURS}{os.getppid()}-abc"]
