"""Figures of EM's climb: its density, and the likelihood by iteration, plain against accelerated."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.animation import PillowWriter
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mixstudy.em.algorithm import MEANS_MET
from mixstudy.em.fit import EMFit, fit_em_plain
from mixstudy.model import LABELS, Floats, Parameters
from mixstudy.plots.data import density, draw_histogram, grid
from mixstudy.plots.labels import STEPS, Names, finish, legend_above
from mixstudy.plots.style import (
    VERMILION,
    ground,
    ink,
    is_dark,
    new_figure,
    own_style,
    panel,
    run_of,
)

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison

EVERY = 7
"""The origin drew the density at every 7th iteration."""
FEW = 14
"""Up to so many iterations each one is drawn."""
MAX_CURVES = 30
"""More curves than this can't be told apart; the stride is then a larger multiple of ``EVERY``."""
LONGER = 3
"""How many times as many E-steps plain EM is shown for."""
E_STEPS = {"start": 1, "em": 1, "squarem": 2, "newton": 1}
"""E-steps that an iteration takes: a squared one looks at the leap, and at the EM step that settles it."""
MARKS = (("em", "o", True, "EM step"), ("squarem", "o", False, "squared step"), ("newton", "D", False, "Newton step"))
"""How each kind of step is drawn: its mark, filled or not, and its name."""


def iterate(em: EMFit, iteration: int) -> Parameters:
    """The parameters after an iteration."""
    return Parameters.relabelled(em.iterates[iteration, : len(LABELS)])


@own_style
def plot_em_trace(
    result: Comparison,
    ax: Axes | None = None,
    *,
    legend: bool = True,
    label: str | None = None,
    unit: str | None = None,
) -> Axes:
    """Draw EM's density at the start, at each iteration or every 7th (light to dark) and the last, over the data.

    Raises:
        ValueError: The estimate came as bare parameters.
    """
    em = run_of(result)
    ax = panel(ax)
    edges = draw_histogram(result, ax)
    last = len(em.steps) - 1
    stride = EVERY * max(1, math.ceil(last / EVERY / MAX_CURVES)) if last > FEW else 1
    for iteration in sorted({*range(0, last, stride), last}):
        theta = iterate(em, iteration)
        x = grid(edges, theta)
        ax.plot(x, density(x, theta), **_look(iteration, ax, last=last, stride=stride))
    names = Names.of(result, label=label, unit=unit)
    finish(ax, names.x, names.density)
    if legend:
        legend_above(ax)
    return ax


def _look(iteration: int, ax: Axes, *, last: int, stride: int) -> dict[str, Any]:
    """How a density is drawn: the start dotted, the last heavy, and of those between only the first named."""
    if iteration == 0:
        return {"color": ink(ax), "linewidth": 1.2, "linestyle": ":", "zorder": 3, "label": "start"}
    along = 0.6 * iteration / last
    color = mpl.colormaps["Blues"](0.6 - along if is_dark(ax) else 0.4 + along)
    if iteration == last:
        return {"color": color, "linewidth": 2.2, "label": f"last: iteration {last}"}
    name = f"every {stride} iterations" if stride > 1 else "each iteration"
    return {"color": color, "linewidth": 1.2, "label": name if iteration == stride else None}


@own_style
def plot_likelihood(result: Comparison, ax: Axes | None = None, *, legend: bool = True) -> Axes:
    """Draw how far below the maximum the log-likelihood is after each E-step, on a log scale.

    Beside an accelerated run stands plain EM from the same start, whose name tells where it rests on a saddle. Leaps
    that were turned down are not counted.

    Raises:
        ValueError: The estimate came as bare parameters.
    """
    em = run_of(result)
    ax = panel(ax, height=3.2)
    steps, heights = np.array(em.steps), em.iterates[:, -1]
    cost = np.cumsum([E_STEPS[step] for step in em.steps])
    plain = plain_run(em)
    top = max(float(heights.max()), float(plain.iterates[:, -1].max()))
    rounding = np.finfo(np.float64).eps * max(1.0, abs(top))
    gap, plain_gap = (np.maximum(top - curve, rounding) for curve in (heights, plain.iterates[:, -1]))
    if plain is not em:
        name = "plain EM, still at the saddle" if at_saddle(plain) else "plain EM"
        ax.semilogy(np.arange(1, plain_gap.size + 1), plain_gap, color=ink(ax), linewidth=1.4, label=name)
    ax.semilogy(cost, gap, color=VERMILION, linestyle="--", linewidth=1.2)
    for kind, mark, filled, name in MARKS:
        where, face = steps == kind, VERMILION if filled else ground(ax)
        if where.any():
            ax.plot(cost[where], gap[where], mark, color=VERMILION, markerfacecolor=face, markersize=4, label=name)
    ax.axhline(rounding, color=ink(ax), linewidth=0.8, linestyle=":", label="rounding")
    finish(ax, "E-steps", f"below the {'maximum' if em.maxima else 'highest point reached'} (nats)")
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=STEPS, integer=True))
    if legend:
        legend_above(ax)
    return ax


def plain_run(em: EMFit) -> EMFit:
    """Textbook EM from the start of an accelerated run, for ``LONGER`` times its E-steps; else the run itself."""
    if {"squarem", "newton"}.isdisjoint(em.steps):
        return em
    cost = sum(E_STEPS[step] for step in em.steps)
    return fit_em_plain(em.sample, start=em.iterates[0, : len(LABELS)], iterations=LONGER * cost)


def at_saddle(run: EMFit) -> bool:
    """Whether a run ended with its means together at what is no maximum."""
    theta = run.parameters
    return theta.mu2 - theta.mu1 < MEANS_MET * theta.sigma and not math.isfinite(run.distance)


MAX_FRAMES = 40
"""More are not told apart."""
HELD = 8
"""Frames for which the last one stays before the GIF begins again."""
DPI = 90
"""Dots per inch of a GIF."""


def frames(result: Comparison) -> tuple[int, ...]:
    """The iterations of EM that are drawn: evenly chosen, the first and the last among them.

    Raises:
        ValueError: The estimate came as bare parameters.
    """
    last = len(run_of(result).steps) - 1
    return tuple(sorted({round(place) for place in np.linspace(0, last, MAX_FRAMES).tolist()}))


@own_style
def player(result: Comparison) -> Figure:
    """Draw the data's histogram and one curve for each of ``frames(result)``, for a page to show one at a time.

    The curve of the k-th frame, from 0, has the gid ``frame-k``; ``svg(figure, name="player")`` makes it the id
    ``player-frame-k``.

    Raises:
        ValueError: The estimate came as bare parameters.
    """
    figure, curves = _stage(result)
    for number, (x, heights) in enumerate(curves):
        (curve,) = figure.axes[0].plot(x, heights, color=VERMILION, linewidth=2.0)
        curve.set_gid(f"frame-{number}")
    return figure


@own_style
def animate_em(result: Comparison, path: str | Path, *, seconds: float = 6.0) -> None:
    """Write a GIF of EM's climb that repeats itself: curve, iteration, distance to the maximum in nats.

    Args:
        result: The comparison.
        path: The file to write.
        seconds: How long one round takes, above 0; the last frame stays for a while.

    Raises:
        ValueError: The estimate came as bare parameters, or ``seconds`` is not above 0.
    """
    if not seconds > 0:
        msg = f"seconds must be above 0, got {seconds!r}"
        raise ValueError(msg)
    figure, curves = _stage(result)
    ax = figure.axes[0]
    heights = run_of(result).iterates[:, -1]
    (line,) = ax.plot([], [], color=VERMILION, linewidth=2.0)
    title = ax.set_title(" ", loc="left")
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # laid out once: the axes must not move
    writer = PillowWriter(fps=(len(curves) + HELD) / seconds)  # type: ignore[arg-type]
    with writer.saving(figure, str(path), dpi=DPI):
        for iteration, curve in zip(frames(result), curves, strict=True):
            line.set_data(*curve)
            title.set_text(f"iteration {iteration}: {heights.max() - heights[iteration]:.3g} nats below the maximum")
            writer.grab_frame()
        for _ in range(HELD):
            writer.grab_frame()


def _stage(result: Comparison) -> tuple[Figure, list[tuple[Floats, Floats]]]:
    """The data's histogram, its axes wide and high enough for all curves, and the curves."""
    em = run_of(result)
    figure = new_figure(3.4)
    ax = figure.subplots()
    edges = draw_histogram(result, ax)
    curves = []
    for theta in (iterate(em, iteration) for iteration in frames(result)):
        x = grid(edges, theta, even=101, about=31)  # few positions, as there are many curves
        curves.append((x, density(x, theta)))
    ax.set_xlim(edges[0], edges[-1])
    ax.set_ylim(0, 1.05 * max(ax.get_ylim()[1] / 1.05, *(float(heights.max()) for _, heights in curves)))
    names = Names.of(result, label=None, unit=None)
    finish(ax, names.x, names.density)
    return figure, curves
