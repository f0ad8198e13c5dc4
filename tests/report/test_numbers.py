"""Numbers as a reader wants them."""

from __future__ import annotations

import pytest

from mixstudy.report.numbers import rounded


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
