"""Figures over the data: both fitted densities, responsibilities, and where the data part from the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from mixstudy.adequacy import BAND as PIT_BAND
from mixstudy.model import Floats, Parameters, responsibilities
from mixstudy.plots.shapes import density, draw_histogram, grid, histogram
from mixstudy.plots.style import (
    BAND,
    BAR,
    BLUE,
    EM_LINE,
    POSTERIOR_LINE,
    TEXT,
    TRUTH_LINE,
    estimator,
    finish,
    legend_above,
    panel,
    percent,
)

if TYPE_CHECKING:
    from mixstudy.comparison import Comparison

MAX_DRAWS = 200
"""Draws by which a band is drawn, evenly spaced: its edges are then off by a tenth of its width or so."""
SETTLED = 8.0
"""Log-odds beyond which a responsibility is as good as 0 or 1: 3 in 10 000 off."""
OVER_BARS: dict[str, Any] = {"facecolor": to_rgba(BLUE, 0.25), "edgecolor": BLUE, "linewidth": 0.5}
"""A band under which the data can be seen; its edge tells it from their bars in grey."""
BARS = 0.25
"""Height of the data's bars under the responsibilities."""


def plot_data(result: Comparison, ax: Axes | None = None) -> Axes:
    """Draw the data's histogram under both fitted densities.

    These are the density at the estimate and the posterior mean of the density, with its pointwise credible band.
    """
    ax = panel(ax)
    edges = draw_histogram(result, ax, label="data")
    means = Parameters.relabelled(result.table["posterior_mean"].to_numpy())
    x = grid(edges, *(p for p in (result.estimate, means, result.truth) if p is not None))
    _draw_curves(result, density, x, ax)
    finish(ax, "x (data units)", "density (per data unit)")
    legend_above(ax, columns=5)
    return ax


def plot_responsibilities(result: Comparison, ax: Axes | None = None) -> Axes:
    """Draw the responsibility of the lower component along x, where it is neither 0 nor 1, over the data's bars.

    The posterior's mean and pointwise credible band lie under the estimate's curve; the bars are not to scale.
    """
    ax = panel(ax, height=3.2)
    heights, edges = histogram(result)
    x = _undecided(result.estimate, edges)
    ax.stairs(BARS * heights / heights.max(), edges, fill=True, color=BAR, label="data")
    _draw_curves(result, responsibilities, x, ax)
    ax.set(xlim=(x[0], x[-1]), ylim=(-0.02, 1.02))
    finish(ax, "x (data units)", "P(component 1 | x)")
    legend_above(ax, columns=5)
    return ax


def _draw_curves(result: Comparison, curve: Callable[[Floats, Parameters], Floats], x: Floats, ax: Axes) -> None:
    """A curve at the estimate and at the truth, over its posterior mean and pointwise credible band."""
    draws = result.posterior.draws
    chosen = draws[np.linspace(0, len(draws) - 1, min(MAX_DRAWS, len(draws))).astype(int)]
    curves = np.array([curve(x, Parameters.relabelled(draw)) for draw in chosen])
    lower, upper = np.quantile(curves, [(1 - result.level) / 2, (1 + result.level) / 2], axis=0)
    ax.fill_between(x, lower, upper, label=f"{percent(result.level)} band", **OVER_BARS)
    ax.plot(x, curves.mean(axis=0), label="posterior mean", **POSTERIOR_LINE)
    ax.plot(x, curve(x, result.estimate), label=estimator(result), **EM_LINE)
    if result.truth is not None:
        ax.plot(x, curve(x, result.truth), label="truth", **TRUTH_LINE)


def _undecided(theta: Parameters, edges: Floats) -> Floats:
    """The stretch of the data over which the log-odds are not beyond ``SETTLED``, even positions."""
    slope = (theta.mu2 - theta.mu1) / theta.sigma**2
    low, high = edges[0], edges[-1]
    if slope > 0:
        middle = (theta.mu1 + theta.mu2) / 2 + np.log(theta.weight / (1 - theta.weight)) / slope
        near, far = middle - SETTLED / slope, middle + SETTLED / slope
        if near < high and far > low:
            low, high = max(low, near), min(high, far)
    return np.linspace(low, high, 401)


def plot_pit(result: Comparison, ax: Axes | None = None) -> Axes:
    """Draw empirical less fitted distribution function with its simultaneous band.

    Raises:
        ValueError: There were no raw observations to compute it from.
    """
    pit = result.adequacy.pit
    if pit is None:
        msg = "this comparison has no PIT to draw: it takes the observations themselves, at a fit that is a maximum"
        raise ValueError(msg)
    ax = panel(ax, height=3.0)
    band_name = f"{percent(PIT_BAND)} simultaneous band"
    ax.fill_between(pit.x, -pit.half_width, pit.half_width, color=BAND, linewidth=0, label=band_name)
    ax.axhline(0, color=TEXT, linewidth=0.8, linestyle=":")
    ax.plot(pit.x, pit.difference, color=BLUE, linewidth=1.4, label="empirical less fitted")
    outside = np.abs(pit.difference) > pit.half_width
    if outside.any():
        ax.plot(pit.x[outside], pit.difference[outside], "o", color="black", markersize=3, label="outside the band")
    finish(ax, "x (data units)", "difference (probability)")
    legend_above(ax)
    return ax
