"""Figures of EM's climb: its density, and the likelihood by iteration, plain against accelerated."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from mixstudy.em import EMFit, fit_em_plain
from mixstudy.model import LABELS, Floats, Parameters
from mixstudy.plots.shapes import density, draw_histogram, grid
from mixstudy.plots.style import STEPS, TEXT, VERMILION, finish, legend_above, panel, run_of

if TYPE_CHECKING:
    from mixstudy.comparison import Comparison

EVERY = 7
"""The origin drew the density at every 7th iteration."""
MAX_CURVES = 30
"""More curves than this can't be told apart; the stride is then a larger multiple of ``EVERY``."""
LONGER = 3
"""How many times as many E-steps plain EM is shown for."""
E_STEPS = {"start": 1, "em": 1, "squarem": 2}
"""E-steps that an iteration takes: an accelerated one looks at the leap, and at the EM step that settles it."""


def iterate(em: EMFit, iteration: int) -> Parameters:
    """The parameters after an iteration."""
    return Parameters.relabelled(em.iterates[iteration, : len(LABELS)])


def plot_em_trace(result: Comparison, ax: Axes | None = None) -> Axes:
    """Draw EM's density at the start, every 7th iteration (light to dark) and the last, over the data.

    Raises:
        ValueError: The estimate came as bare parameters.
    """
    em = run_of(result)
    ax = panel(ax)
    edges = draw_histogram(result, ax)
    last = len(em.steps) - 1
    stride = EVERY * max(1, math.ceil(last / EVERY / MAX_CURVES))
    for iteration in sorted({*range(0, last, stride), last}):
        theta = iterate(em, iteration)
        x = grid(edges, theta)
        ax.plot(x, density(x, theta), **_style(iteration, last=last, stride=stride))
    finish(ax, "x (data units)", "density (per data unit)")
    legend_above(ax)
    return ax


def _style(iteration: int, *, last: int, stride: int) -> dict[str, Any]:
    """How a density is drawn: the start dotted, the last heavy, and of those between only the first named."""
    if iteration == 0:
        return {"color": TEXT, "linewidth": 1.2, "linestyle": ":", "zorder": 3, "label": "start"}
    color = mpl.colormaps["Blues"](0.4 + 0.6 * iteration / last)
    if iteration == last:
        return {"color": color, "linewidth": 2.2, "label": f"last: iteration {last}"}
    return {"color": color, "linewidth": 1.2, "label": f"every {stride} iterations" if iteration == stride else None}


def plot_likelihood(result: Comparison, ax: Axes | None = None) -> Axes:
    """Draw how far below the maximum the log-likelihood is after each E-step, on a log scale.

    Beside an accelerated run stands plain EM from the same start. Leaps that were turned down are not counted.

    Raises:
        ValueError: The estimate came as bare parameters.
    """
    em = run_of(result)
    ax = panel(ax, height=3.2)
    steps, heights = np.array(em.steps), em.iterates[:, -1]
    cost = np.cumsum([E_STEPS[step] for step in em.steps])
    accelerated = "squarem" in em.steps
    plain = _plain(em, iterations=LONGER * int(cost[-1])) if accelerated else heights
    top = max(float(heights.max()), float(plain.max()))
    rounding = np.finfo(np.float64).eps * max(1.0, abs(top))
    gap, plain_gap = (np.maximum(top - curve, rounding) for curve in (heights, plain))
    if accelerated:
        ax.semilogy(np.arange(1, plain.size + 1), plain_gap, color=TEXT, linewidth=1.4, label="plain EM")
    ax.semilogy(cost, gap, color=VERMILION, linestyle="--", linewidth=1.2)
    for kind, face, name in (("em", VERMILION, "EM step"), ("squarem", "white", "accelerated step")):
        where = steps == kind
        if where.any():
            ax.plot(cost[where], gap[where], "o", color=VERMILION, markerfacecolor=face, markersize=4, label=name)
    ax.axhline(rounding, color=TEXT, linewidth=0.8, linestyle=":", label="rounding")
    finish(ax, "E-steps", f"below the {'maximum' if em.maxima else 'highest point reached'} (nats)")
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=STEPS, integer=True))
    legend_above(ax)
    return ax


def _plain(em: EMFit, *, iterations: int) -> Floats:
    """Log-likelihood of textbook EM from the run's own start: there and after each iteration, nats."""
    return fit_em_plain(em.sample, start=em.iterates[0, : len(LABELS)], iterations=iterations).iterates[:, -1]
