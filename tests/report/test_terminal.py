"""Tables for the terminal."""

from __future__ import annotations

import re

import pytest

import mixstudy as ms
from mixstudy.cli.terminal import console_table
from mixstudy.comparison.compare import Comparison


@pytest.fixture
def result(faithful: ms.WeightedSample, faithful_posterior: ms.Posterior) -> Comparison:
    """Old Faithful."""
    return ms.compare(ms.fit_em(faithful), faithful_posterior, thorough=False)


def test_console_has_a_row_for_each_parameter(result: Comparison) -> None:
    """The terminal's table has the four parameters, rounded by the posterior standard deviation."""
    columns = [[str(cell) for cell in column.cells] for column in console_table(result).columns]
    assert columns[0] == list(ms.LABELS)
    assert re.fullmatch(r"0\.\d{3}", columns[1][0])
