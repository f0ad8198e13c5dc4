"""Figures of a check: printed numbers, right ones and the surface, at the places that the numbers say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pages import trace_of

import mixstudy as ms
from mixstudy import plots
from mixstudy.plots.checking import MAX_DRAWS

ADDED = 0.1


@pytest.fixture(scope="module")
def wrong(origin_sample: ms.WeightedSample) -> ms.Assessment:
    """Printed iterations whose sigma is wrong."""
    return ms.check_estimate(None, origin_sample, trace=trace_of(origin_sample.points, added=ADDED))


@pytest.fixture(scope="module")
def four(origin_sample: ms.WeightedSample) -> ms.Assessment:
    """Four numbers alone."""
    return ms.check_estimate([0.32, 5.3, 15.1, 2.4], origin_sample)


def line(ax: Axes, label: str) -> np.ndarray:
    """The points of the line with that label, shape ``(k, 2)``."""
    (found,) = [each for each in ax.get_lines() if each.get_label() == label]
    return np.asarray(found.get_xydata())


def test_the_printed_path_is_drawn(wrong: ms.Assessment, origin_sample: ms.WeightedSample) -> None:
    """Both means of every printed row, from the start to the estimate, with the maximum."""
    ax = plots.plot_check(wrong)
    printed = np.array(trace_of(origin_sample.points, added=ADDED), dtype=np.float64)
    np.testing.assert_array_equal(line(ax, "printed path"), printed[:, 1:3])
    np.testing.assert_array_equal(line(ax, "start"), printed[:1, 1:3])
    np.testing.assert_array_equal(line(ax, "estimate"), printed[-1:, 1:3])
    best = ms.fit_em(origin_sample).parameters
    np.testing.assert_allclose(line(ax, "maximum"), [[best.mu1, best.mu2]])


def test_a_path_with_exchanged_labels_ends_in_order(wrong: ms.Assessment, origin_sample: ms.WeightedSample) -> None:
    """Iterations whose first component is the upper one lie on the same side of the surface."""
    rows = [[f"{1 - float(w):.8g}", b, a, s] for w, a, b, s in trace_of(origin_sample.points, added=ADDED)]
    ax = plots.plot_check(ms.check_estimate(None, origin_sample, trace=rows))
    np.testing.assert_array_equal(line(ax, "printed path"), line(plots.plot_check(wrong), "printed path"))


def test_the_map_stays_with_the_data(wrong: ms.Assessment) -> None:
    """A mean at a million does not make the map one dot."""
    assert wrong.steps is not None
    far = wrong.steps.theirs.copy()
    far[2, 2] = 1e6
    ax = plots.plot_check(replace(wrong, steps=replace(wrong.steps, theirs=far)))
    assert ax.get_ylim()[1] < 60


def test_four_numbers_and_draws_lie_on_the_surface(four: ms.Assessment) -> None:
    """The estimate is marked, without a path; draws as they are, no more than can be seen."""
    ax = plots.plot_check(four)
    np.testing.assert_array_equal(line(ax, "estimate"), [[5.3, 15.1]])
    assert "printed path" not in ax.get_legend_handles_labels()[1]
    draws = np.random.default_rng(0).normal([0.3, 5, 15, 2], 0.1, (4, 1000, 4))
    shown = line(plots.plot_check(replace(four, draws=draws)), "draws")
    assert len(shown) == MAX_DRAWS
    assert {tuple(pair) for pair in shown} <= {tuple(pair) for pair in draws.reshape(-1, 4)[:, 1:3]}


def test_sigma_is_drawn_against_the_right_one(wrong: ms.Assessment, origin_sample: ms.WeightedSample) -> None:
    """Printed sigma from the start on, the right one of every step, and that they differ by more than rounding."""
    left, right = plots.plot_steps(wrong)
    printed = np.array(trace_of(origin_sample.points, added=ADDED), dtype=np.float64)[:, 3]
    np.testing.assert_array_equal(line(left, "printed"), np.column_stack([np.arange(7), printed]))
    corrected = np.sqrt(printed[1:] ** 2 - ADDED)
    np.testing.assert_allclose(line(left, "after a right step")[:, 1], corrected, rtol=1e-6)
    np.testing.assert_allclose(line(right, "more than that")[:, 1], printed[1:] - corrected, rtol=1e-4)
    assert left.get_ylabel() == "sigma (data units)"


def test_every_wrong_number_has_its_panels(wrong: ms.Assessment) -> None:
    """Two panels for each number that is wrong somewhere; for sigma where none is; none without a trace."""
    assert wrong.steps is not None
    bad = np.zeros_like(wrong.steps.wrong)
    bad[1, [0, 2]] = True
    axes = plots.plot_steps(replace(wrong, steps=replace(wrong.steps, wrong=bad)))
    assert [ax.get_ylabel().split()[0] for ax in axes] == ["weight", "weight", "mu2", "mu2"]
    none = replace(wrong, steps=replace(wrong.steps, wrong=np.zeros_like(bad)))
    assert [ax.get_ylabel().split()[0] for ax in plots.plot_steps(none)] == ["sigma", "sigma"]
    with pytest.raises(ValueError, match="no steps to draw"):
        plots.plot_steps(replace(wrong, steps=None))


def test_a_wide_range_is_logarithmic(wrong: ms.Assessment) -> None:
    """A sigma over two powers of ten is drawn on a log scale; one that has reached 0 can't be."""
    assert wrong.steps is not None
    for last, scale in ((200.0, "log"), (0.0, "linear")):
        theirs = wrong.steps.theirs.copy()
        theirs[-1, 3] = last
        left, _ = plots.plot_steps(replace(wrong, steps=replace(wrong.steps, theirs=theirs)))
        assert left.get_yscale() == scale


def test_figures_are_drawn_where_asked(wrong: ms.Assessment, four: ms.Assessment) -> None:
    """They take the axes given; all of a report are ``surface`` and, with a trace, ``steps``."""
    ax = Figure().subplots()
    assert plots.plot_check(wrong, ax) is ax
    axes = Figure(layout="constrained").subplots(1, 2)
    assert plots.plot_steps(wrong, axes) == tuple(axes)
    assert [*plots.check_figures(wrong)] == ["surface", "steps"]
    assert [*plots.check_figures(four)] == ["surface"]
