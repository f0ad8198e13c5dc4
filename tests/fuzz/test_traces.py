"""Whatever is printed: read as it was printed, or refused; and anything at all ends in rows or in a refusal."""

import itertools
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mixstudy as ms
from mixstudy.diagnosis.printed import parse_estimate, parse_trace
from mixstudy.diagnosis.tokens import PrintedError

NUMBERS = st.one_of(
    st.floats(-1e6, 1e6, allow_nan=False), st.floats(-1e-6, 1e-6), st.integers(-1000, 1000).map(float), st.just(0.0)
)
POSITIVE = st.floats(1e-12, 1e9)
WEIGHTS = st.floats(0, 1)
ROWS = st.lists(st.tuples(WEIGHTS, NUMBERS, NUMBERS, POSITIVE), min_size=2, max_size=6)
FORMATS = ["{!r}", "{:.4f}", "{:.6g}", "{:+.3e}", "{:>12.5f}", "{:.17g}", "{:_>1.3f}"]
NAMES = [("w", "pi", "weight", "p", "lambda1"), ("mu1", "m1", "mean1"), ("mu2", "m2", "mean2"), ("sigma", "s", "sd")]
BEFORE = ["", "iter {k}: ", "[{k}] ", "Iteration {k} | ", "{k}\t", "step {k}; ", "{k}) "]


def as_read(text):
    """The rows that were read, as numbers, or None where the text is refused."""
    try:
        return np.array(parse_trace(text).rows, dtype=float)
    except PrintedError:
        return None


@st.composite
def printings(draw):
    """A trace in a form that somebody might print, and the figures in it."""
    style, before = draw(st.sampled_from(FORMATS)), draw(st.sampled_from(BEFORE))
    gap = draw(st.sampled_from([" ", ", ", "; ", "\t", "  ", " | "]))
    names = [draw(st.sampled_from(each)) for each in NAMES]
    equals = draw(st.sampled_from([None, "=", ": ", " = "]))
    opening, closing = draw(st.sampled_from([("", ""), ("[", "]"), ("(", ")"), ("{", "}"), ("array([", "])")]))
    order = draw(st.permutations(range(4))) if equals else range(4)
    comma = gap not in (", ",) and draw(st.booleans())
    lines, figures = [], []
    for k, row in enumerate(draw(ROWS)):
        shown = [style.format(value) for value in row]
        cells = [f"{names[j]}{equals}{shown[j]}" if equals else shown[j] for j in order]
        text = gap.join(cell.replace(".", ",") if comma else cell for cell in cells)
        lines.append(before.format(k=k) + opening + text + closing)
        figures.append([float(cell) for cell in shown])
    return "\n".join(lines), np.array(figures)


@settings(max_examples=400)
@given(printings())
def test_a_trace_is_read_as_printed_or_refused(printed):
    """Labels, brackets, separators, decimal commas, counters: never other numbers than those that were printed."""
    text, figures = printed
    found = as_read(text)
    assert found is None or np.array_equal(found, figures)


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=200), printings().flatmap(lambda each: mutated(each[0]))))
def test_any_text_is_rows_or_a_refusal(text):
    """Whatever stands in a file: rows of four figures, or one error."""
    found = as_read(text)
    assert found is None or found.shape[1:] == (4,)
    assert all(isinstance(part, str) for part in parse_estimate(text))


@st.composite
def mutated(draw, text):
    """The text with a few letters changed, lost or doubled."""
    letters = list(text)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(letters) - 1))
        letters[place] = draw(
            st.one_of(st.characters(), st.sampled_from(["", "\n", "-", ".", ",", "e", "nan", letters[place] * 2]))
        )
    return "".join(itertools.chain(letters))


@pytest.mark.parametrize("text", ["LAMBDA0:0$M1:0:0$S:0", "pi2=0.4, mu=[1, 2], sigma=1"])
def test_the_weight_of_the_second_mean_is_refused(text):
    """A lone weight that is numbered otherwise than the means before it is no weight of the first."""
    with pytest.raises(PrintedError, match="is the weight of"):
        parse_trace(text)


@pytest.mark.parametrize("number", ["0e309", "0e5000", "0e-5000", "1e-400", "0e99999", "1" + "0" * 5000])
def test_exponents_beyond_floats(number):
    """A figure whose last digit no float holds is read or refused, and so is a check of it."""
    text = f"{number} 1 2 3\n0.4 1 2 3"
    assert as_read(text) is None or as_read(text).shape == (2, 4)
    with suppress(ValueError):
        ms.check_estimate(parse_estimate(f"0.5 {number} 2 3"), np.arange(9.0) ** 2)
