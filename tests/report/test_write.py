"""What is written, in which formats."""

from __future__ import annotations

import io
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from matplotlib.figure import Figure
from pages import TABLES, contents

from mixstudy.comparison.compare import Comparison
from mixstudy.report.folder import STUDY, parse_formats
from mixstudy.report.write import write_report


def test_writing_writes_all(written: Path, result: Comparison) -> None:
    """All files of all formats are written, and nothing else is left."""
    figures = {f"figures/{name}{suffix}" for name in STUDY.figures for suffix in (".svg", ".pdf")}
    found = set(contents(written.parents[1]))
    assert found == {
        f"b/study/{name}" for name in TABLES | {"report.html", "report.md", "report.tex", "estimates.tex"} | figures
    }
    assert {name.removeprefix("b/study/") for name in found} == set(STUDY.files)
    assert json.loads((written / "comparison.json").read_text())["provenance"]["program"] == "mixstudy"
    with xr.open_datatree(written / "posterior.nc", engine="h5netcdf") as stored:
        own = result.posterior.data["posterior"].to_dataset()
        xr.testing.assert_identical(stored["posterior"].load().to_dataset(), own)


def test_writing_one_format(bare: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one format only its files are written, and its path is returned."""
    monkeypatch.setattr("mixstudy.plots.figure_makers", lambda _: {"data": Figure})
    assert write_report(bare, tmp_path, formats=("md",)) == tmp_path / "report.md"
    names = {name for name in contents(tmp_path) if not name.startswith("figures/")}
    assert names == TABLES - {"em_trace.csv"} | {"report.md"}
    assert {path.suffix for path in (tmp_path / "figures").iterdir()} == {".svg"}


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
def test_netcdf_is_made_in_memory(bare: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HDF5 never writes to the disk, where it crashes the process when the disk is full."""
    made, write = [], xr.DataTree.to_netcdf

    def kept(tree: xr.DataTree, *places: object, **options: Any) -> object:
        made.extend(type(place) for place in places)
        return write(tree, *places, **options)

    monkeypatch.setattr(xr.DataTree, "to_netcdf", kept)
    monkeypatch.setattr("mixstudy.report.write.beside", nullcontext)  # all of it here, where it can be watched
    write_report(bare, tmp_path / "s")
    assert made == [io.BytesIO]
