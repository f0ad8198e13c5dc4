"""What made a result can be made again."""

from __future__ import annotations

import sys

import pytest

from mixstudy.report.serialise import provenance_pairs
from mixstudy.study.provenance import provenance


@pytest.mark.parametrize(
    ("started", "command"),
    [
        (["/opt/bin/mixstudy", "study", "my data.csv", "--seed", "3"], "mixstudy study 'my data.csv' --seed 3"),
        (["C:/bin/mixstudy.exe", "study"], "mixstudy study"),
        (["/lib/mixstudy/__main__.py", "fit"], "mixstudy fit"),
        (["notebook_kernel.py", "-f", "x.json"], None),
        ([""], None),
    ],
)
def test_the_command_line_is_kept(monkeypatch, started, command):
    """A shell takes it as it stands; a script or a notebook that imports the package has none, and no line for it."""
    monkeypatch.setattr(sys, "argv", started)
    found = provenance()
    assert found["command"] == command
    assert dict(provenance_pairs(found)).get("command") == command
