"""The profile likelihood over both means: contours with EM's path, and the map on which a page starts EM anywhere."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mixstudy.compression.refine import compress_if_large
from mixstudy.data.sample import WeightedSample
from mixstudy.em.run import run_em
from mixstudy.model import Floats
from mixstudy.plots.data import density, draw_histogram, grid
from mixstudy.plots.labels import Names, finish, finish_bar, legend_above
from mixstudy.plots.style import EM_LINE, TEXT, VERMILION, inches, new_figure, own_style, panel, run_of

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison
    from mixstudy.em.fit import EMFit

EVEN, FINE = 31, 11
"""Positions of each mean: over the whole figure, and about the maximum, where the peak may be sharp."""
SMALLEST_WEIGHT = 0.02
"""Where the climbs over weight and sigma begin at the least."""
MARGIN = 0.25
"""How far the figure goes beyond the path, in its length or the data's standard deviation."""
EDGE: dict[str, Any] = {"markeredgecolor": "white", "linestyle": ""}
"""What makes a mark stand out from the contours."""
NARROW = 3.5
"""Inches of width below which the scale of colours lies below the map, that it not take half of it."""
PEAK = 4.0
"""Standard errors about the maximum with finer positions."""


def profile(sample: WeightedSample, mu1: Floats, mu2: Floats) -> Floats:
    """Log-likelihood with weight and sigma maximised out, nats, at pairs of means of shape ``(k,)``, data units."""
    m1, m2 = ((mu - sample.mean) / sample.sd for mu in (mu1, mu2))
    weight = m2 / np.where(m1 == m2, 1.0, m2 - m1)  # with which the mixture has the data's mean
    weight = np.clip(weight, SMALLEST_WEIGHT, 1 - SMALLEST_WEIGHT)
    variance = 1 - 1 / sample.n + weight * m1**2 + (1 - weight) * m2**2
    starts = np.stack([weight, m1, m2, np.sqrt(variance)], axis=1)
    ends = run_em(sample.standardised, sample.weights, starts[:, None], held=(1, 2))
    return ends.log_likelihood[:, 0] - sample.n * math.log(sample.sd)


@own_style
def plot_surface(result: Comparison, ax: Axes | None = None, *, legend: bool = True, unit: str | None = None) -> Axes:
    """Draw the profile likelihood over both means as contours, with EM's path, the maxima and the saddle.

    On the line ``mu1 = mu2`` the mixture is a single normal; its highest point, both means at the data's, is the
    saddle. Beyond that line the components have changed places.

    Raises:
        ValueError: The estimate came as bare parameters.
    """
    em = run_of(result)
    ax = panel(ax, height=4.4)
    path = em.iterates[:, 1:3] if em.iterates[-1, 1] <= em.iterates[-1, 2] else em.iterates[:, 2:0:-1]
    draw_ground(em, path, ax, Names.of(result, label=None, unit=unit))
    ax.plot(*path.T, "--o", color=VERMILION, linewidth=1.2, markersize=3, label="EM's path")
    ax.plot(*path[0], "s", color=VERMILION, markerfacecolor="white", markersize=6, label="start")
    draw_ends(em, ax)
    if legend:
        legend_above(ax, columns=3)
    return ax


def draw_ground(em: EMFit, path: Floats, ax: Axes, names: Names) -> None:
    """The contours that show a path over both means, shape ``(k, 2)``, all maxima and the saddle; and equal means."""
    mu1, mu2 = _positions(em, path, 1), _positions(em, path, 2)
    across, up = np.meshgrid(mu1, mu2)
    heights = profile(compress_if_large(em.sample), across.ravel(), up.ravel()).reshape(across.shape)
    _draw_contours(ax, mu1, mu2, max(em.log_likelihood, heights.max()) - heights)
    ax.axline((em.sample.mean, em.sample.mean), slope=1, color=TEXT, linewidth=1.0, linestyle=":", label="equal means")
    ax.plot(em.sample.mean, em.sample.mean, "X", color=TEXT, markersize=8, label="saddle", **EDGE)
    ax.set(xlim=(mu1[0], mu1[-1]), ylim=(mu2[0], mu2[-1]))
    finish(ax, names.of_parameter("mu1"), names.of_parameter("mu2"))


def draw_ends(em: EMFit, ax: Axes) -> None:
    """Where EM ends, and the other maxima."""
    name = "maximum" if em.maxima else "last iterate"
    ax.plot(em.parameters.mu1, em.parameters.mu2, "*", color=VERMILION, markersize=13, label=name, **EDGE)
    if others := em.maxima[1:]:
        places = zip(*((peak.parameters.mu1, peak.parameters.mu2) for peak in others), strict=True)
        ax.plot(*places, "^", color=TEXT, markersize=9, label="lower maximum", **EDGE)


def _positions(em: EMFit, path: Floats, which: int) -> Floats:
    """Positions of a mean that show its path, all maxima and the saddle, finer about the maximum."""
    peaks = [[*peak.parameters][which] for peak in em.maxima]
    places = [*path[:, which - 1], *peaks, em.sample.mean]
    margin = MARGIN * max(max(places) - min(places), em.sample.sd)
    low, high = min(places) - margin, max(places) + margin
    centre, reach = [*em.parameters][which], PEAK * np.nan_to_num(em.standard_errors[which])
    fine = centre + np.linspace(-reach, reach, FINE)
    return np.unique(np.concatenate([np.linspace(low, high, EVEN), fine[(fine > low) & (fine < high)]]))


def _draw_contours(ax: Axes, mu1: Floats, mu2: Floats, below: Floats, *, bar: bool = True) -> None:
    """Contours 1, 2, 5, 10, ... nats below the maximum, the darker the higher, those too small to be seen left out."""
    series = np.outer(10.0 ** np.arange(-9, 16), [1, 2, 5]).ravel()
    visible = series[(series > below.max() / 400) & (series < below.max())]
    levels = np.array([0.0, *visible, below.max()])
    shades = mpl.colormaps["Blues"](np.linspace(0.85, 0.05, len(levels) - 1))
    filled = ax.contourf(mu1, mu2, below, levels=levels, colors=shades)
    ax.contour(mu1, mu2, below, levels=visible, colors="white", linewidths=0.5)
    if not bar:
        return
    narrow = inches(ax)[0] < NARROW
    every = slice(0, -1, 2 if narrow else 1)
    place: dict[str, Any] = {"location": "bottom", "shrink": 0.9} if narrow else {"pad": 0.02}
    scale = ax.figure.colorbar(filled, ax=ax, ticks=levels[every], format="{x:,.10g}", **place)
    finish_bar(scale, "nats below the maximum")


SIDE = 4.4
"""Width of the map and of the data beside it, inches."""
FAR = 4.0
"""Standard deviations from the mean up to which the map shows the range of the data."""
ROUND = 0.04
"""Room round the map, in its width."""
HEADROOM = 1.3
"""Height of the data's panel over the highest bar or density, for curves that are narrower."""


@own_style
def landscape(result: Comparison) -> dict[str, Figure]:
    """Draw the ground of climbs from anywhere: ``landscape``, a map of the profile likelihood, and ``landscape-data``.

    The map spans the range of the data and is symmetric about the line of equal means: beyond it the components have
    changed places. The field within the axes has the gid ``field`` in both, for a page to draw into.

    Raises:
        ValueError: The estimate came as bare parameters.
    """
    em = run_of(result)
    figures = {"landscape": new_figure(SIDE, width=SIDE), "landscape-data": new_figure(0.75 * SIDE, width=SIDE)}
    ground, beside = (figure.subplots() for figure in figures.values())
    names = Names.of(result, label=None, unit=None)
    _draw_map(em, ground)
    finish(ground, names.of_parameter("mu1"), names.of_parameter("mu2"))
    legend_above(ground, columns=4)
    edges = draw_histogram(result, beside, label="data")
    x = grid(edges, result.estimate)
    beside.plot(x, density(x, result.estimate), label="the maximum" if em.maxima else "the estimate", **EM_LINE)
    beside.set(xlim=(edges[0], edges[-1]), ylim=(0, HEADROOM * beside.get_ylim()[1]))
    finish(beside, names.x, names.density)
    legend_above(beside)
    for ax in (ground, beside):
        ax.patch.set_gid("field")
    return figures


def _draw_map(em: EMFit, ax: Axes) -> None:
    """The contours of the landscape, its maxima in either order of the means, and its saddle."""
    sample, peaks = compress_if_large(em.sample), [peak.parameters for peak in em.maxima]
    means = [sample.mean, *(mean for theta in peaks for mean in (theta.mu1, theta.mu2))]
    reach = sample.mean + FAR * sample.sd * np.array([-1, 1])
    low = max(float(sample.points.min()), reach[0])
    high = min(float(sample.points.max()), reach[1])
    low, high = min(low, *means), max(high, *means)
    low, high = low - ROUND * (high - low), high + ROUND * (high - low)
    about = np.concatenate([mean + PEAK * (high - low) / EVEN * np.linspace(-1, 1, 7) / 4 for mean in means[:5]])
    places = np.unique(np.concatenate([np.linspace(low, high, EVEN), about.clip(low, high)]))
    heights = _symmetric_profile(sample, places)
    _draw_contours(ax, places, places, max(em.log_likelihood, heights.max()) - heights, bar=False)
    ax.axline((low, low), slope=1, color=TEXT, linewidth=1.0, linestyle=":", label="equal means")
    for theta, mark, size, name in _marks(em):
        ax.plot([theta[1], theta[2]], [theta[2], theta[1]], mark, color=TEXT, markersize=size, label=name, **EDGE)
    ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")


def _symmetric_profile(sample: WeightedSample, places: Floats) -> Floats:
    """The profile likelihood at all pairs of places, half of them worked out, shape ``(k, k)``."""
    lower, upper = np.triu_indices(places.size)
    heights = np.empty((places.size, places.size))
    heights[lower, upper] = heights[upper, lower] = profile(sample, places[lower], places[upper])
    return heights


def _marks(em: EMFit) -> Iterator[tuple[Floats, str, int, str]]:
    """Where the saddle and the maxima lie, and how each is drawn."""
    yield np.array([0.5, em.sample.mean, em.sample.mean, em.sample.sd]), "X", 8, "saddle"
    for number, peak in enumerate(em.maxima):
        mark, size, name = ("^", 8, "lower maximum") if number else ("*", 13, "maximum")
        yield peak.parameters.array, mark, size, name if number < 2 else "_"  # noqa: PLR2004  (each named once)
