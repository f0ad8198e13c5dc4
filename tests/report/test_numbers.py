"""Numbers as a reader wants them."""

from __future__ import annotations

import pytest

from mixstudy.report.numbers import known, rounded


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


@pytest.mark.parametrize(
    ("value", "sd", "wanted"),
    [(0.3, 0.02, "0.3"), (5.0, 0.1, "5"), (55.6136263465, 0.65, "55.6136"), (100_000_054.6, 0.6, "100000054.6")],
)
def test_a_value_that_was_given_stands_as_it_was_given(value: float, sd: float, wanted: str) -> None:
    """The truth keeps its own figures, unless they go far beyond what its spread tells."""
    assert known(value, sd) == wanted
