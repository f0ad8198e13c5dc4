"""Printed iterations are read in the forms that programs print, and what does not fit is named by its row."""

import math

import pytest

import mixstudy as ms
from mixstudy.diagnosis.inputs import LONG, require_beginning, require_rows, until_rest

ROWS = [["0.50", "3", "9", "2.0"], ["0.4", "4", "14", "2.4"]]


@pytest.mark.parametrize(
    "text",
    [
        "0.50,3,9,2.0\n0.4,4,14,2.4\n",
        "[0.50, 3, 9, 2.0]\n\n[0.4, 4, 14, 2.4]\n",
        "  0.50 3\t9 2.0\n0.4 4 14 2.4",
        "(0.50; 3; 9; 2.0)\n(0.4; 4; 14; 2.4)\n",
        "weight,mu1,mu2,sigma\n0.50,3,9,2.0\n0.4,4,14,2.4\n",
        "0 [0.50, 3, 9, 2.0]\n1 [0.4, 4, 14, 2.4]\n",
        "1,0.50,3,9,2.0\n2,0.4,4,14,2.4\n",
        "iteration,step,weight,mu1,mu2,sigma,log_likelihood\n0,start,0.50,3,9,2.0,-9\n1,em,0.4,4,14,2.4,-8\n",
        "sigma pi_1 mu_1 mu_2\n2.0 0.50 3 9\n2.4 0.4 4 14\n",
    ],
)
def test_the_forms_of_a_trace(tmp_path, text):
    """Separators, brackets, a header in any order and an iteration column make no difference; figures stay text."""
    (tmp_path / "trace.txt").write_text(text)
    assert ms.read_trace(tmp_path / "trace.txt") == ROWS


def test_our_own_trace_is_read(tmp_path, faithful):
    """The file em_trace.csv of a report is a trace."""
    em = ms.fit_em(faithful)
    em.trace.to_csv(tmp_path / "em_trace.csv", index_label="iteration")
    rows = ms.read_trace(tmp_path / "em_trace.csv")
    assert [float(value) for value in rows[-1]] == em.iterates[-1, :4].tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.5 3 9 2\n0.4 4 14\n", r"row 2 has 3 columns, expected 4: weight,mu1,mu2,sigma; found 0.4 4 14"),
        ("0.5 3 9 2 7\n0.4 4 14 2 8\n", r"row 1 has 5 columns, expected 4"),
        ("0 0.5 3 9 2\n1 0.4 4 14\n", r"row 2 has 4 columns, expected 5: weight,mu1,mu2,sigma; found 1 0.4 4 14"),
        ("w,mu1,mu2,sigma\n0.5,3,9\n", r"row 2 has 3 columns, fewer than the header names"),
        ("0.5 3 9 two\n0.4 4 14 2\n", r"row 1 has 3 columns, expected 4: .* found 0.5 3 9 two"),
        ("\n", r"there are no iterations"),
        ("weight mu1 mu2 sigma\n", r"there are no iterations"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, text, message):
    """The message names the file, the row and what is wrong with it."""
    (tmp_path / "trace.txt").write_text(text)
    with pytest.raises(ms.DataError, match=rf"trace.txt: {message}"):
        ms.read_trace(tmp_path / "trace.txt")


def test_a_missing_file_is_named(tmp_path):
    """No file is bad input."""
    with pytest.raises(ms.DataError, match=r"none.txt: no such file; check the path"):
        ms.read_trace(tmp_path / "none.txt")


def test_an_index_without_a_name_is_no_column(tmp_path):
    """A table as pandas and R print it has a field more in each row than in its header."""
    (tmp_path / "t.txt").write_text("weight mu1 mu2 sigma\n0 0.4 4.0 14.0 3.0\n1 0.3 5.0 15.0 2.5\n")
    assert ms.read_trace(tmp_path / "t.txt") == [["0.4", "4.0", "14.0", "3.0"], ["0.3", "5.0", "15.0", "2.5"]]


def test_a_trace_of_very_many_rows_is_refused():
    """Minutes of work are refused before they begin, with what to do."""
    with pytest.raises(ValueError, match="the trace has 100001 rows; give the first 100000 or fewer"):
        require_rows([[0.4, 4, 14, 3]] * 100_001)


def test_a_trace_that_begins_with_no_number_is_refused():
    """There is nothing to judge, and the message says what to give."""
    with pytest.raises(ValueError, match=r"row 1 of the trace is not finite \(nan, nan, nan, nan\): give the start"):
        require_beginning([[math.nan] * 4, [0.4, 4, 14, 3]])


def test_a_trace_without_rows_is_refused():
    """No rows, no work."""
    with pytest.raises(ValueError, match="a trace needs rows of four numbers weight,mu1,mu2,sigma, got none"):
        require_rows([])


@pytest.mark.parametrize(
    ("moving", "resting", "kept"), [(3, 100, 103), (LONG, 1, LONG + 1), (LONG, 2, LONG + 2), (LONG + 9, 500, LONG + 11)]
)
def test_rows_at_rest_of_a_long_trace_are_kept_once(moving, resting, kept):
    """Of rows that are all alike at the end the first step between two is left; a short trace stays as it is."""
    trace = [[k, 0, 1, 1] for k in range(1, moving + 1)] + [["0.5", "4", "14", "3"]] * resting
    assert until_rest(trace) == trace[:kept]
