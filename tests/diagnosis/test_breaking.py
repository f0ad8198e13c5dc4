"""Traces that break are judged up to there, and what broke them is named."""

import numpy as np
import pytest

import mixstudy as ms
from mixstudy.diagnosis.breaking import Cause, find_break
from mixstudy.faults.outside import OUTSIDE_BY_NAME, run

NAN = ["nan"] * 4


@pytest.fixture(scope="module")
def sample():
    """Five hundred observations."""
    return ms.as_sample(ms.simulate(ms.Parameters(0.4, 0, 5, 1), n=500, seed=2))


@pytest.mark.parametrize(
    ("before", "row", "cause"),
    [
        (["0.5", "0.1", "5.1", "1.0"], ["0.4", "0.1", "5.1", "nan"], Cause.NEGATIVE),
        (["0.5", "0.1", "5.1", "0.05"], NAN, Cause.UNDERFLOW),
        (["0.0100", "0.1", "5.1", "1.0"], NAN, Cause.EMPTIED),
        (["0.5", "0.1", "5.1", "1.0"], ["1.0000", "3.0", "5.1", "1.0"], Cause.EMPTIED),
        (["0.5", "0.1", "5.1", "1.0"], ["0.5", "0.1", "5.1", "0.0000"], Cause.COLLAPSED),
        (["0.5", "0.1", "5.1", "0.0001"], NAN, Cause.COLLAPSED),
        (["0.5", "0.1", "5.1", "1.0"], ["1.7", "0.1", "5.1", "1.0"], Cause.RANGE),
        (["0.5", "0.1", "5.1", "1.0"], NAN, Cause.UNKNOWN),
    ],
)
def test_a_break_has_a_row_and_a_cause(sample, before, row, cause):
    """The first row from which no step can begin is found, and what led to it."""
    found = find_break([["0.5", "0.2", "5.2", "1.1"], before, row, NAN], sample)
    assert (found.row, found.cause) == (3, cause)


def test_a_trace_without_a_break_has_none(sample):
    """Rows of ordinary numbers are no break."""
    assert find_break([["0.5", "0.2", "5.2", "1.1"], ["0.4", "0.1", "5.1", "1.0"]], sample) is None


@pytest.mark.parametrize("name", ["no weights in the denominator", "divided by n"])
def test_a_component_that_empties_is_judged_up_to_there(sample, name):
    """The rows before a printed 0.0000 locate the mistake, and the note names the break."""
    rows = run(sample.points, np.array([0.5, -1.0, 7.0, 2.0]), (OUTSIDE_BY_NAME[name],), steps=300)
    trace = [[f"{value:.4f}" for value in row] for row in rows if np.isfinite(row).all()]
    found = ms.check_estimate(None, sample, trace=trace)
    assert found.verdict is ms.Verdict.DISAGREE
    assert set(found.location.places) == set(OUTSIDE_BY_NAME[name].places)
    assert find_break(trace, sample) is None or "lost all its observations" in found.notes[0]
