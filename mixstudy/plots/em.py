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
from scipy.special import expit

from mixstudy.compression.compress import condensed
from mixstudy.data.sample import WeightedSample
from mixstudy.em.fit import EMFit, fit_em_plain
from mixstudy.model import LABELS, Floats, Parameters, log_likelihoods
from mixstudy.plots.data import density, draw_histogram, grid
from mixstudy.plots.style import (
    LABEL_SIZE,
    STEPS,
    TEXT,
    VERMILION,
    finish,
    finish_bar,
    legend_above,
    new_figure,
    panel,
    run_of,
)

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison
    from mixstudy.em.fit import EMFit

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


PROFILE_STEPS = 12
"""EM steps at each pair of means: what is left is a few hundredths of the distance to the maximum, less than shows."""
EVEN, FINE = 31, 11
"""Positions of each mean: over the whole figure, and about the maximum, where the peak may be sharp."""
BLOCK = 30_000
"""Responsibilities worked out at a time: as many as stay in the cache."""
SMALLEST_WEIGHT, SMALLEST_VARIANCE = 0.02, 0.05
"""Where the steps begin at the least; the variance in units of the data's."""
TINY = 1e-12
"""Weights stay this far from 0 and 1, that their logarithms be finite."""
MARGIN = 0.25
"""How far the figure goes beyond the path, in its length or the data's standard deviation."""
EDGE: dict[str, Any] = {"markeredgecolor": "white", "linestyle": ""}
"""What makes a mark stand out from the contours."""
SHALLOWEST = 400.0
"""The whole height of the figure over the smallest step of its contours."""
PEAK = 4.0
"""Standard errors about the maximum with finer positions."""


def profile(sample: WeightedSample, mu1: Floats, mu2: Floats) -> Floats:
    """Log-likelihood with weight and sigma maximised out, nats, at pairs of means of shape ``(k,)``, data units."""
    blocks = -(-mu1.size * sample.points.size // BLOCK)
    pairs = zip(np.array_split(mu1, blocks), np.array_split(mu2, blocks), strict=True)
    return np.concatenate([_profile(sample, first, second) for first, second in pairs])


def _profile(sample: WeightedSample, mu1: Floats, mu2: Floats) -> Floats:
    """In standardised units, where ``sum x`` is 0 and ``sum x^2`` is n - 1."""
    t, n = sample.standardised, sample.n
    m1, m2 = ((mu - sample.mean) / sample.sd for mu in (mu1, mu2))
    gap = m2 - m1
    moments = np.column_stack([sample.weights, sample.weights * t])
    weight = m2 / np.where(gap == 0, 1.0, gap)  # with which the mixture has the data's mean
    weight = np.clip(weight, SMALLEST_WEIGHT, 1 - SMALLEST_WEIGHT)
    variance = np.maximum(1 - weight * (1 - weight) * gap**2, SMALLEST_VARIANCE)
    for _ in range(PROFILE_STEPS):
        slope = -gap / variance
        odds = np.log(weight / (1 - weight)) - slope * (m1 + m2) / 2
        n1, s1 = (expit(odds[:, None] + slope[:, None] * t) @ moments).T
        weight = np.clip(n1 / n, TINY, 1 - TINY)
        variance = (n - 1 + n * m2**2 + n1 * (m1**2 - m2**2) - 2 * s1 * (m1 - m2)) / n
    theta = np.column_stack([weight, mu1, mu2, sample.sd * np.sqrt(variance)])
    return log_likelihoods(sample.points, theta, weights=sample.weights)


def plot_surface(result: Comparison, ax: Axes | None = None) -> Axes:
    """Draw the profile likelihood over both means as contours, with EM's path, the maxima and the saddle.

    On the line ``mu1 = mu2`` the mixture is a single normal; its highest point, both means at the data's, is the
    saddle. Beyond that line the components have changed places.

    Raises:
        ValueError: The estimate came as bare parameters.
    """
    em = run_of(result)
    ax = panel(ax, height=4.4)
    path = em.iterates[:, 1:3] if em.iterates[-1, 1] <= em.iterates[-1, 2] else em.iterates[:, 2:0:-1]
    mu1, mu2 = _positions(em, path, 1), _positions(em, path, 2)
    across, up = np.meshgrid(mu1, mu2)
    heights = profile(condensed(em.sample), across.ravel(), up.ravel()).reshape(across.shape)
    _draw_contours(ax, mu1, mu2, max(em.log_likelihood, heights.max()) - heights)
    ax.axline((em.sample.mean, em.sample.mean), slope=1, color=TEXT, linewidth=1.0, linestyle=":", label="equal means")
    ax.plot(em.sample.mean, em.sample.mean, "X", color=TEXT, markersize=7, label="saddle")
    _draw_path(em, path, ax)
    ax.set(xlim=(mu1[0], mu1[-1]), ylim=(mu2[0], mu2[-1]))
    finish(ax, "mu1 (data units)", "mu2 (data units)")
    legend_above(ax, columns=3)
    return ax


def _draw_path(em: EMFit, path: Floats, ax: Axes) -> None:
    """EM's way over both means, where it starts and ends, and the other maxima."""
    ax.plot(*path.T, "--o", color=VERMILION, linewidth=1.2, markersize=3, label="EM's path")
    ax.plot(*path[0], "s", color=VERMILION, markerfacecolor="white", markersize=6, label="start")
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


def _draw_contours(ax: Axes, mu1: Floats, mu2: Floats, below: Floats) -> None:
    """Contours 1, 2, 5, 10, ... nats below the maximum, the darker the higher, those too small to be seen left out."""
    series = np.outer(10.0 ** np.arange(-9, 16), [1, 2, 5]).ravel()
    visible = series[(series > below.max() / SHALLOWEST) & (series < below.max())]
    levels = np.array([0.0, *visible, below.max()])
    shades = mpl.colormaps["Blues"](np.linspace(0.85, 0.05, len(levels) - 1))
    filled = ax.contourf(mu1, mu2, below, levels=levels, colors=shades)
    ax.contour(mu1, mu2, below, levels=visible, colors="white", linewidths=0.5)
    bar = ax.figure.colorbar(filled, ax=ax, ticks=levels[:-1], format="{x:,.10g}", pad=0.02)
    finish_bar(bar, "nats below the maximum")


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
