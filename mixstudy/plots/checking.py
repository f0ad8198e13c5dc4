"""Figures of a check: somebody's numbers on the likelihood's surface, and their steps against right ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from mixstudy.model import LABELS, Floats
from mixstudy.plots.labels import STEPS, Names, finish, legend_above, shared_legend
from mixstudy.plots.style import EM_LINE, ORANGE, TEXT, VERMILION, ground, ink, own_style, panel, panels, shade
from mixstudy.plots.surface import draw_ends, draw_ground

if TYPE_CHECKING:
    from mixstudy.diagnosis.assessment import Assessment
    from mixstudy.diagnosis.location import Location

MAX_DRAWS = 1000
"""Draws that are shown, evenly spaced: more are not told apart."""
TAIL = 0.01
"""Share of the draws on each side that may lie outside the figure."""
DECADES = 30.0
"""Largest over smallest value from which a scale is logarithmic."""
FEW = 40
"""Steps up to which each has a mark of its own."""


@own_style
def plot_check(found: Assessment, ax: Axes | None = None, *, legend: bool = True, unit: str | None = None) -> Axes:
    """Draw somebody's numbers over the profile likelihood of both means: their path, their estimate, their draws."""
    ax = panel(ax, height=4.0)
    path, draws = path_of(found), _shown(found.draws)
    names = Names.of_source(found.fit.sample.source, unit=unit)
    draw_ground(found.fit, _within(np.concatenate([path, _most_of(draws)]), found), ax, names)
    ax.plot(*draws.T, "o", color=ORANGE, markersize=2.5, alpha=0.6, linestyle="", label="draws" if len(draws) else None)
    if len(path) > 1:
        ax.plot(*path.T, "-o", color=TEXT, linewidth=1.0, markersize=3, label="printed path")
        ax.plot(*path[0], "s", color=TEXT, markerfacecolor="white", markersize=6, label="start")
    draw_ends(found.fit, ax)
    if found.estimate != found.fit.parameters:
        hollow: dict[str, Any] = {"markerfacecolor": "none", "markeredgewidth": 1.6}  # the maximum is seen through it
        ax.plot(found.estimate.mu1, found.estimate.mu2, "D", color=TEXT, markersize=9, label="estimate", **hollow)
    if legend:
        legend_above(ax, columns=3)
    return ax


def path_of(found: Assessment) -> Floats:
    """Both means, the lower last one first: of every printed row, else of the estimate alone; shape ``(k, 2)``."""
    estimate = np.array([[found.estimate.mu1, found.estimate.mu2]])
    if found.steps is None:
        return estimate
    path: Floats = np.concatenate([found.steps.begins[:1], found.steps.theirs])[:, 1:3]
    return path if path[-1, 0] <= path[-1, 1] else path[:, ::-1]


def _shown(draws: Floats | None) -> Floats:
    """Both means of some of the draws, shape ``(k, 2)``."""
    if draws is None:
        return np.empty((0, 2))
    means = draws.reshape(-1, len(LABELS))[:, 1:3]
    shown: Floats = means[np.linspace(0, len(means) - 1, min(MAX_DRAWS, len(means))).astype(int)]
    return shown


def _most_of(draws: Floats) -> Floats:
    return np.quantile(draws, [TAIL, 1 - TAIL], axis=0) if len(draws) else draws


def _within(places: Floats, found: Assessment) -> Floats:
    """The places, those far beyond the data drawn in."""
    points = found.fit.sample.points
    margin = 0.25 * np.ptp(points)  # no mean of a right step lies outside the data
    return places.clip(points.min() - margin, points.max() + margin)


@own_style
def plot_steps(found: Assessment, axes: Sequence[Axes] | None = None, *, legend: bool = True) -> tuple[Axes, ...]:
    """Draw printed numbers by step against those that one right step makes of each row before, and the difference.

    A row of two panels for each number that is wrong in some step, else for sigma (``numbers_of``).

    Raises:
        ValueError: There was no trace, or the axes are not two for each number.
    """
    steps = found.steps
    if steps is None:
        msg = "this assessment has no steps to draw: it was made without a trace"
        raise ValueError(msg)
    numbers = numbers_of(steps)
    axes = panels(axes, len(numbers), 2, height=0.6 + 2.2 * len(numbers))
    names = Names.of_source(found.fit.sample.source)
    for j, left, right in zip(numbers, axes[::2], axes[1::2], strict=True):
        _draw_values(steps, j, found.fit.parameters.array[j], left)
        _draw_differences(steps, j, right)
        label = names.of_parameter(LABELS[j])
        finish(left, "step", label)
        finish(right, "step", label.replace(LABELS[j], f"{LABELS[j]} less the right one", 1))
        for ax in (left, right):
            ax.xaxis.set_major_locator(MaxNLocator(5, steps=STEPS, integer=True))
    if legend:
        shared_legend(axes, columns=5)
    return axes


def numbers_of(steps: Location) -> tuple[int, ...]:
    """Positions of the numbers that are wrong in some step, in the order of the labels; of sigma where none is."""
    wrong = np.flatnonzero(steps.wrong.any(axis=0)).tolist()
    return tuple(wrong) or (LABELS.index("sigma"),)


def _draw_values(steps: Location, j: int, highest: float, ax: Axes) -> None:
    """A printed number from the start on, and the right one after each step."""
    theirs = np.append(steps.begins[0, j], steps.theirs[:, j])
    at = np.arange(theirs.size)
    mark: dict[str, Any] = {"marker": "o", "markersize": 3} if at.size <= FEW else {}
    ax.plot(at, theirs, "-", color=ink(ax), linewidth=1.4, label="printed", **mark)
    ax.plot(at[1:], steps.right[:, j], label="after a right step", **{**EM_LINE, **mark, "markerfacecolor": ground(ax)})
    ax.axhline(highest, color=VERMILION, linewidth=0.8, linestyle=":", label="at the maximum")
    every = np.concatenate([theirs, steps.right[:, j], [highest]])
    if every.min() > 0 and every.max() > DECADES * every.min():
        ax.set_yscale("log")


def _draw_differences(steps: Location, j: int, ax: Axes) -> None:
    """The printed number less the right one, marked where the printed figures do not allow it."""
    off, allowed, wrong = (steps.theirs - steps.right)[:, j], steps.allowed[:, j], steps.wrong[:, j]
    at = np.arange(1, off.size + 1)
    ax.fill_between(at, -allowed, allowed, color=shade(ax), linewidth=0, label="what rounding allows")
    ax.axhline(0, color=ink(ax), linewidth=0.8, linestyle=":")
    ax.plot(at, off, "-", color=ink(ax), linewidth=1.0)
    if wrong.any():
        size = 4.0 if at.size <= FEW else 1.5
        ax.plot(at[wrong], off[wrong], "o", color=VERMILION, markersize=size, label="more than that")
