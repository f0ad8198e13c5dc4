"""EM in motion: the fitted density iteration by iteration, for a player in a page and as a GIF."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.animation import PillowWriter
from matplotlib.figure import Figure

from mixstudy.model import Floats, Parameters
from mixstudy.plots.likelihood import iterate
from mixstudy.plots.shapes import density, draw_histogram, grid
from mixstudy.plots.style import LABEL_SIZE, TEXT, VERMILION, finish, new_figure, run_of

if TYPE_CHECKING:
    from mixstudy.comparison import Comparison

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
    title = ax.set_title(" ", loc="left", fontsize=LABEL_SIZE, color=TEXT)
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
    curves = [_curve(edges, iterate(em, iteration)) for iteration in frames(result)]
    ax.set_xlim(edges[0], edges[-1])
    ax.set_ylim(0, 1.05 * max(ax.get_ylim()[1] / 1.05, *(float(heights.max()) for _, heights in curves)))
    finish(ax, "x (data units)", "density (per data unit)")
    return figure, curves


def _curve(edges: Floats, theta: Parameters) -> tuple[Floats, Floats]:
    """A density at few positions, as there are many curves."""
    x = grid(edges, theta, even=101, about=31)
    return x, density(x, theta)
