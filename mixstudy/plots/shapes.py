"""What several figures draw: the data's histogram, and densities at positions that miss no peak."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from mixstudy.compression import CompressedSample
from mixstudy.model import Floats, Parameters, log_density
from mixstudy.plots.style import BAR
from mixstudy.sample import WeightedSample

if TYPE_CHECKING:
    from mixstudy.comparison import Comparison

MAX_BINS = 200
"""Bars narrower than this many to a figure are no longer seen."""
SCOTT = 3.49
"""Bin width over ``sigma n^(-1/3)`` (Scott 1979)."""
MARGIN = 0.04
"""Share of the data's range that is left empty on both sides."""


def histogram(result: Comparison) -> tuple[Floats, Floats]:
    """Heights (a density) and edges of the data's histogram; the bins follow sigma, not the spread of both groups."""
    sample = result.posterior.sample
    points, counts = sample.located
    step, low = _lattice(sample)
    reach = float(points.max()) - low
    width = max(SCOTT * result.posterior.draws[:, 3].mean() * sample.n ** (-1 / 3), reach / MAX_BINS)
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
    points = np.unique(sample.located[0])
    gap, low = float(np.diff(points).min()), float(points[0])
    cell = 2 * sample.cells.half_width if isinstance(sample, CompressedSample) else 0.0
    if gap * MAX_BINS > points[-1] - low and gap >= cell:
        return gap, low - gap / 2
    return cell, math.floor(low / cell) * cell if cell else low


def draw_histogram(result: Comparison, ax: Axes, *, label: str | None = None) -> Floats:
    """Draw the data's histogram as grey bars, and return their edges."""
    heights, edges = histogram(result)
    ax.stairs(heights, edges, fill=True, color=BAR, label=label)
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
