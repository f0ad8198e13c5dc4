"""Traces that break are judged up to there, and what broke them is named."""

import json

import numpy as np
import pytest
from scipy import stats

import mixstudy as ms
from mixstudy.diagnosis.breaking import Cause, find_break
from mixstudy.faults.outside import OUTSIDE_BY_NAME, run
from mixstudy.faults.place import Place

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


START = ["0.5000", "-1.0000", "7.0000", "2.0000"]


@pytest.mark.parametrize(
    ("row", "places", "told"),
    [
        (NAN, {Place.E_STEP}, "gives weight 0.440307, mu1 0.246973, mu2 5.07429, sigma 1.2232."),
        (["0.4403", "0.2470", "5.0743", "nan"], {Place.SIGMA}, "sigma 1.2232; weight and both means are right."),
        (["0.4403", "0.2470", "5.0743", "-0.3000"], {Place.SIGMA}, "a number has left its range"),
        (["0.0000", "nan", "5.0743", "1.2232"], {Place.WEIGHT, Place.MU1}, "a component has lost all its observations"),
        (["1.7000", "0.2470", "5.0743", "1.2232"], {Place.WEIGHT}, "a number has left its range"),
    ],
)
def test_a_loop_that_breaks_in_its_first_step_is_judged(sample, row, places, told):
    """The start before it is no estimate at rest: the step into the break is held against a right one."""
    found = ms.check_estimate(None, sample, trace=[START, row, NAN])
    assert found.verdict is ms.Verdict.DISAGREE
    assert "row 2 of the trace is where the loop broke down" in found.sentence
    assert told in found.sentence
    assert set(found.location.places) == places
    assert not found.told


def test_what_a_right_step_gives_in_the_break_is_that_of_plain_formulas(sample):
    """The numbers that stand in for the broken row are those of SciPy's densities."""
    first, second = (0.5 * stats.norm.pdf(sample.points, mu, 2) for mu in (-1, 7))
    r = first / (first + second)
    means = r @ sample.points / r.sum(), (1 - r) @ sample.points / (1 - r).sum()
    squares = r @ (sample.points - means[0]) ** 2 + (1 - r) @ (sample.points - means[1]) ** 2
    found = find_break([START, NAN], sample)
    assert found.step.right[0] == pytest.approx([r.mean(), *means, np.sqrt(squares / sample.n)], rel=1e-9)


def test_a_right_estimate_after_a_broken_loop_is_not_agreed_with(sample):
    """Numbers may be right although the loop that is shown broke down: that is said."""
    right = [f"{value:.5f}" for value in ms.fit_em(sample).parameters]
    found = ms.check_estimate(right, sample, trace=[START, NAN])
    assert found.verdict is ms.Verdict.DISAGREE
    assert found.sentence.startswith("Disagree: the estimate is the maximum of the likelihood, but the steps to it")


def test_one_row_is_judged_as_an_estimate(sample):
    """A trace of one row holds no step, but four numbers."""
    right = [f"{value:.5f}" for value in ms.fit_em(sample).parameters]
    found = ms.check_estimate(None, sample, trace=[right])
    assert found.verdict is ms.Verdict.AGREE
    assert found.notes == ("The trace has one row, which is judged as an estimate: there is no step.",)


def test_right_rows_whose_small_numbers_print_as_zero_are_no_break(sample):
    """A sigma of 0.0000 is a right one, printed coarsely, where a right step gives as little."""
    small = ms.as_sample(sample.points * 1e-6)
    rows = run(small.points, np.array([0.5, -1e-6, 7e-6, 2e-6]), (), steps=3)
    trace = [[f"{value:.4f}" for value in row] for row in rows]
    assert find_break([*trace[:1], *trace], small).step is None


def test_a_broken_loop_is_written_to_a_report(sample, tmp_path):
    """The step into the break is a table of the report, and a row of check.json."""
    found = ms.check_estimate(None, sample, trace=[START, NAN])
    report = ms.write_report(found, tmp_path / "check")
    assert "nan for 0.440307" in report.read_text("utf-8")
    told = json.loads((tmp_path / "check" / "check.json").read_text("utf-8"), parse_constant=pytest.fail)
    assert told["location"]["sentence"] == found.location.sentence
