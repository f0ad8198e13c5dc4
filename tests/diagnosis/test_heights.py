"""A printed column of log-likelihoods is told for what it is, and one that falls is a failure."""

import re

import numpy as np
import pytest

import mixstudy as ms
from mixstudy.comparison.verdict import CheckStatus
from mixstudy.diagnosis.heights import judge_heights
from mixstudy.faults.figures import printed_rows
from mixstudy.faults.outside import OUTSIDE_BY_NAME, run

N = 500
START = np.array([0.5, -1.0, 7.0, 2.0])


@pytest.fixture(scope="module")
def sample():
    """Five hundred observations."""
    return ms.as_sample(ms.simulate(ms.Parameters(0.4, 0, 5, 1), n=N, seed=2))


@pytest.fixture(scope="module")
def climb(sample):
    """Printed rows of a right run, and their log-likelihoods by SciPy's densities."""
    rows = run(sample.points, START, (), steps=12)
    heights = [ms.log_likelihood(sample.points, ms.Parameters(*row)) for row in rows]
    return [[f"{value:.4f}" for value in row] for row in rows], np.array(heights)


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        (lambda h: h, CheckStatus.PASS, "is the log-likelihood of its own row"),
        (lambda h: np.r_[np.nan, h[:-1]], CheckStatus.PASS, "the log-likelihood of the row before"),
        (lambda h: np.r_[h[1:], h[-1]], CheckStatus.PASS, "the log-likelihood of the row after"),
        (lambda h: -h, CheckStatus.PASS, "never rises, and is minus the log-likelihood"),
        (lambda h: h / N, CheckStatus.PASS, "the mean log-likelihood of its own row"),
        (lambda h: -h / N, CheckStatus.PASS, "minus the mean log-likelihood"),
        (lambda h: -2 * h, CheckStatus.PASS, "-2 times the log-likelihood"),
        (lambda h: h / np.log(2), CheckStatus.PASS, "the log-likelihood in base 2"),
        (lambda h: h + 500, CheckStatus.PASS, "plus the constant 500"),
        (lambda h: h + N * np.log(2 * np.pi) / 2, CheckStatus.PASS, r"1 / sqrt\(2 pi\) left out"),
        (lambda h: -2 * h + 4 * np.log(N), CheckStatus.PASS, "a BIC"),
        (lambda h: 3 * h, CheckStatus.PASS, "3 times the log-likelihood"),
        (lambda h: np.r_[h[:6], h[6:] - 300], CheckStatus.FAIL, "falls in step 6, from .* EM never does"),
        (lambda h: np.linspace(0, 1, len(h)), CheckStatus.BORDERLINE, "is not that of the rows"),
        (lambda h: np.linspace(1, 0, len(h)), CheckStatus.BORDERLINE, "as of a loss"),
    ],
)
def test_a_column_is_told_for_what_it_is(sample, climb, change, status, said):
    """Its rows' log-likelihood, times a factor or plus a constant, is right; a fall fails; the rest is in doubt."""
    rows, heights = climb
    for figures in (4, 8):
        found = judge_heights([f"{value:.{figures}f}" for value in change(heights)], printed_rows(rows), sample)
        assert found.status is status
        assert re.search(said, found.explanation)


def test_rounding_is_no_fall(sample):
    """At rest the last figures of sums in floating point go up and down."""
    rows = run(sample.points, START, (), steps=60)
    heights = [
        ms.log_likelihood(sample.points, ms.Parameters(*row)) * (1 + (-1) ** k * 1e-12) for k, row in enumerate(rows)
    ]
    assert judge_heights(heights, printed_rows(rows.tolist()), sample).status is CheckStatus.PASS


def test_fewer_than_two_numbers_say_nothing(sample, climb):
    """A column of blanks is none."""
    assert judge_heights(["-", "nan", "-12.3"], printed_rows(climb[0]), sample) is None


def test_a_fall_is_a_disagreement(sample):
    """Right numbers beside a log-likelihood that falls: the estimate is right and what stands beside it is not."""
    rows = run(sample.points, START, (), steps=60)
    heights = [ms.log_likelihood(sample.points, ms.Parameters(*row)) for row in rows]
    heights[9:] = [height - 5 for height in heights[9:]]
    found = ms.check_estimate(None, sample, trace=rows.tolist(), log_likelihood=heights)
    assert found.verdict is ms.Verdict.DISAGREE
    assert "the log-likelihoods beside it are not what they should be" in found.sentence


def test_the_likelihood_of_wrong_steps_falls(sample):
    """A wrong step whose own likelihood falls is told by it, too."""
    rows = run(sample.points, START, (OUTSIDE_BY_NAME["squares left unweighted"],), steps=12)
    heights = [ms.log_likelihood(sample.points, ms.Parameters(*row)) for row in rows]
    found = ms.check_estimate(None, sample, trace=rows.tolist(), log_likelihood=heights)
    check = next(check for check in found.checks if check.name == "printed likelihood")
    assert check.status is CheckStatus.FAIL
    assert "of its own row: a step is wrong" in check.explanation
