"""Figures over the data: both fitted densities, responsibilities, and where the data part from the model."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from mixstudy.comparison.goodness_of_fit import BAND as PIT_BAND
from mixstudy.compression.compress import CompressedSample
from mixstudy.data.sample import WeightedSample
from mixstudy.model import Floats, Parameters, log_density, responsibilities
from mixstudy.plots.labels import Names, estimator, finish, legend_above, percent
from mixstudy.plots.style import BAND, BLUE, EM_LINE, POSTERIOR_LINE, ink, own_style, panel, shade, truth_line

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison

MAX_DRAWS = 200
"""Draws by which a band is drawn, evenly spaced: its edges are then off by a tenth of its width or so."""
SETTLED = 8.0
"""Log-odds beyond which a responsibility is as good as 0 or 1: 3 in 10 000 off."""


@own_style
def plot_data(
    result: Comparison,
    ax: Axes | None = None,
    *,
    legend: bool = True,
    label: str | None = None,
    unit: str | None = None,
) -> Axes:
    """Draw the data's histogram under both fitted densities.

    These are the density at the estimate and the posterior mean of the density, with its pointwise credible band.
    """
    ax = panel(ax, height=3.4)
    edges = draw_histogram(result, ax, label="data")
    means = Parameters.relabelled(result.table["posterior_mean"].to_numpy())
    x = grid(edges, *(p for p in (result.estimate, means, result.truth) if p is not None))
    _draw_curves(result, density, x, ax)
    names = Names.of(result, label=label, unit=unit)
    finish(ax, names.x, names.density)
    if legend:
        legend_above(ax, columns=5)
    return ax


@own_style
def plot_responsibilities(
    result: Comparison,
    ax: Axes | None = None,
    *,
    legend: bool = True,
    label: str | None = None,
    unit: str | None = None,
) -> Axes:
    """Draw the responsibility of the lower component along x, where it is neither 0 nor 1, over the data's bars.

    The posterior's mean and pointwise credible band lie under the estimate's curve; the bars are not to scale.
    """
    ax = panel(ax, height=3.2)
    heights, edges = histogram(result)
    x = _undecided(result.estimate, edges)
    ax.stairs(0.25 * heights / heights.max(), edges, fill=True, color=shade(ax), label="data")
    _draw_curves(result, responsibilities, x, ax)
    ax.set(xlim=(x[0], x[-1]), ylim=(-0.02, 1.02))
    finish(ax, Names.of(result, label=label, unit=unit).x, "P(component 1 | x)")
    if legend:
        legend_above(ax, columns=5)
    return ax


def _draw_curves(result: Comparison, curve: Callable[[Floats, Parameters], Floats], x: Floats, ax: Axes) -> None:
    """A curve at the estimate and at the truth, over its posterior mean and pointwise credible band."""
    draws = result.posterior.draws
    chosen = draws[np.linspace(0, len(draws) - 1, min(MAX_DRAWS, len(draws))).astype(int)]
    curves = np.array([curve(x, Parameters.relabelled(draw)) for draw in chosen])
    lower, upper = np.quantile(curves, [(1 - result.level) / 2, (1 + result.level) / 2], axis=0)
    edge: dict[str, Any] = {"edgecolor": BLUE, "linewidth": 0.5}  # tells the band from the data's bars in grey
    ax.fill_between(x, lower, upper, facecolor=BAND, label=f"{percent(result.level)} band", **edge)
    ax.plot(x, curves.mean(axis=0), label="posterior mean", **POSTERIOR_LINE)
    ax.plot(x, curve(x, result.estimate), label=estimator(result), **EM_LINE)
    if result.truth is not None:
        ax.plot(x, curve(x, result.truth), label="truth", **truth_line(ax))


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


@own_style
def plot_pit(
    result: Comparison,
    ax: Axes | None = None,
    *,
    legend: bool = True,
    label: str | None = None,
    unit: str | None = None,
) -> Axes:
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
    ax.axhline(0, color=ink(ax), linewidth=0.8, linestyle=":")
    ax.plot(pit.x, pit.difference, color=BLUE, linewidth=1.4, label="empirical less fitted")
    outside = np.abs(pit.difference) > pit.half_width
    if outside.any():
        ax.plot(pit.x[outside], pit.difference[outside], "o", color=ink(ax), markersize=3, label="outside the band")
    finish(ax, Names.of(result, label=label, unit=unit).x, "difference (probability)")
    if legend:
        legend_above(ax)
    return ax


MAX_BINS = 200
"""Bars narrower than this many to a figure are no longer seen."""
MARGIN = 0.04
"""Share of the data's range that is left empty on both sides."""


def histogram(result: Comparison) -> tuple[Floats, Floats]:
    """Heights (a density) and edges of the data's histogram; the bins follow sigma, not the spread of both groups."""
    sample = result.posterior.sample
    points, counts = sample.positions_and_counts
    step, low = _lattice(sample)
    reach = float(points.max()) - low
    width = max(3.49 * result.posterior.draws[:, 3].mean() * sample.n ** (-1 / 3), reach / MAX_BINS)  # Scott 1979
    if step:
        width = step * max(1, round(width / step))
    edges: Floats = low + width * np.arange(max(1, math.ceil(reach / width)) + 1)
    heights, _ = np.histogram(points, bins=edges, weights=counts)
    return heights / (sample.n * np.diff(edges)), edges


def _lattice(sample: WeightedSample) -> tuple[float, float]:
    """Distance of the places where observations can lie and the lowest bin's edge; 0 where they lie anywhere.

    A bin must hold a whole number of places: of rounded values, or of the cells of compressed observations. With some
    of one more than others the histogram would ripple.
    """
    points = np.unique(sample.positions_and_counts[0])
    gap, low = float(np.diff(points).min()), float(points[0])
    cell = 2 * sample.cells.half_width if isinstance(sample, CompressedSample) else 0.0
    if gap * MAX_BINS > points[-1] - low and gap >= cell:
        return gap, low - gap / 2
    return cell, math.floor(low / cell) * cell if cell else low


def draw_histogram(result: Comparison, ax: Axes, *, label: str | None = None) -> Floats:
    """Draw the data's histogram as grey bars, and return their edges."""
    heights, edges = histogram(result)
    ax.stairs(heights, edges, fill=True, color=shade(ax), label=label)
    return edges


def grid(edges: Floats, *parameters: Parameters, even: int = 201, about: int = 81) -> Floats:
    """Positions at which densities are drawn: even, and finer about every mean so that no peak is missed.

    Between them the line leaves a normal density by less than two in a thousand of its height.
    """
    reach = np.linspace(-5, 5, about)
    peaks = [mu + p.sigma * reach for p in parameters for mu in (p.mu1, p.mu2)]
    margin = MARGIN * (edges[-1] - edges[0])
    low, high = edges[0] - margin, edges[-1] + margin
    places = np.unique(np.concatenate([np.linspace(low, high, even), *peaks]))
    inside: Floats = places[(places >= low) & (places <= high)]
    return inside


def density(x: ArrayLike, parameters: Parameters) -> Floats:
    """The mixture density at ``x``, per data unit."""
    return np.exp(log_density(x, parameters))
