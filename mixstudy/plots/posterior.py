"""Figures of the posterior: its draws, their densities and intervals, the integral, and the maximum beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import arviz as az
import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.ticker import MaxNLocator

from mixstudy.compression.refine import compress_if_large
from mixstudy.model import LABELS, Floats, log_likelihood, log_likelihoods
from mixstudy.plots.labels import (
    STEPS,
    Names,
    credible_interval,
    estimator,
    finish,
    legend_above,
    percent,
    shared_legend,
)
from mixstudy.plots.style import (
    BAND,
    BLUE,
    EM_LINE,
    VERMILION,
    collection,
    ground,
    ink,
    is_dark,
    is_first,
    own_style,
    panel,
    panels,
    truth_line,
)

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison

PAIRS = tuple((LABELS[column], LABELS[row]) for row in range(1, 4) for column in range(row))
"""The six pairs, across and upwards, in the reading order of a lower triangle."""
MAX_VECTORS = 5000
"""Draws of a parameter beyond which the lines of their chains take more room than their picture."""
LIGHTEST = 0.85
"""How far the chains' colours go from dark to light (viridis), or back on dark ground: beyond, they are lost on it."""


@own_style
def plot_joint(
    result: Comparison, axes: Sequence[Axes] | None = None, *, legend: bool = True, unit: str | None = None
) -> tuple[Axes, ...]:
    """Draw the joint posterior of each pair as points, with EM's estimate and its confidence ellipse.

    The ellipse has the level of the credible intervals: ``d' V^-1 d = -2 log(1 - level)``. There are six panels in
    the order of ``PAIRS``, in three rows; ArviZ's ``plot_pair`` would draw them without ellipses, into no other axes.
    """
    axes = panels(axes, 3, 2, height=6.4)
    draws, names = result.posterior.draws, Names.of(result, label=None, unit=unit)
    for ax, pair in zip(axes, PAIRS, strict=True):
        i, j = (LABELS.index(label) for label in pair)
        ax.plot(
            draws[:, i], draws[:, j], ".", rasterized=True, color=BLUE, alpha=0.3, markersize=2.2, markeredgewidth=0
        )
        ax.plot([], [], "o", color=BLUE, markersize=3, label="posterior draws")
        _draw_ellipse(result, [i, j], ax)
        ax.set(xlim=limits(result, pair[0]), ylim=limits(result, pair[1]))
        finish(ax, names.of_parameter(pair[0]), names.of_parameter(pair[1]), ticks=4)
    if legend:
        shared_legend(axes)
    return axes


def _draw_ellipse(result: Comparison, pair: list[int], ax: Axes) -> None:
    """The estimate, its ellipse where there is a covariance, and the truth."""
    centre = result.estimate.array[pair]
    if result.em is not None and np.isfinite(result.em.covariance).all():
        root = np.linalg.cholesky(result.em.covariance[np.ix_(pair, pair)])
        angle = np.linspace(0, 2 * math.pi, 121)
        around = math.sqrt(-2 * math.log1p(-result.level)) * root @ np.array([np.cos(angle), np.sin(angle)])
        ax.plot(*(centre[:, None] + around), label=f"EM: {percent(result.level)} ellipse", **EM_LINE)
    ax.plot(*centre, "+", color=VERMILION, markersize=9, markeredgewidth=1.8, label=estimator(result))
    if result.truth is not None:
        truth = result.truth.array[pair]
        ax.plot(*truth, "x", color=ink(ax), markersize=6, markeredgewidth=1.4, label="truth")


@own_style
def plot_traces(
    result: Comparison, axes: Sequence[Axes] | None = None, *, legend: bool = True, unit: str | None = None
) -> tuple[Axes, ...]:
    """Draw the draws of each chain in their order, four panels (ArviZ's ``plot_trace``); ticks mark divergences.

    The colours of the chains go from dark to light, so that they are told apart in grey.
    """
    axes = panels(axes, len(LABELS), 1, height=5.2)
    posterior = result.posterior.data["posterior"].to_dataset()[[*LABELS]]
    ends = (1, 1 - LIGHTEST) if is_dark(axes[0]) else (0, LIGHTEST)
    shades = mpl.colormaps["viridis"](np.linspace(*ends, posterior.sizes["chain"]))
    colours = [to_hex(shade) for shade in shades]
    dense, names = posterior[LABELS[0]].size > MAX_VECTORS, Names.of(result, label=None, unit=unit)
    az.plot_trace(
        result.posterior.data,
        var_names=[*LABELS],
        plot_collection=collection(posterior, axes, aes={"color": ["chain"], "overlay": ["chain"]}, color=colours),
        visuals={
            "trace": {"width": 0.5, "alpha": 0.8, "rasterized": dense},
            **dict.fromkeys(("title", "xlabel", "ticklabels"), False),
        },
    )
    for number, colour in enumerate(colours):
        axes[0].plot([], [], color=colour, linewidth=2, label=f"chain {number + 1}")
    for ax, label in zip(axes, LABELS, strict=True):
        last = ax is axes[-1]
        ax.set_xlim(0, posterior.sizes["draw"])
        finish(ax, "draw" if last else "", names.of_parameter(label))
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=STEPS, integer=True))
        ax.tick_params(labelbottom=last)
    if legend:
        shared_legend(axes, columns=8)
    return axes


@own_style
def plot_challengers(result: Comparison, ax: Axes | None = None, *, legend: bool = True) -> Axes:
    """Draw how far the likelihood of the posterior draws lies from the estimate's, the maximum being at 0.

    In large samples twice the shortfall has a chi-square distribution with 4 degrees of freedom (Wilks 1938), so that
    the shortfall d has the density ``d exp(-d)``. A draw above 0 proves that the estimate is not the maximum.
    """
    ax = panel(ax, height=3.0)
    sample, draws = compress_if_large(result.posterior.sample), result.posterior.draws
    peak = log_likelihood(sample.points, result.estimate, weights=sample.weights)
    gaps = log_likelihoods(sample.points, draws, weights=sample.weights) - peak
    low, high = float(np.quantile(gaps, 0.005)), max(0.0, float(gaps.max()))
    heights, edges = np.histogram(gaps, 40, (low, high), density=True)
    ax.stairs(heights, edges, fill=True, color=BAND, label="posterior draws")
    above = int((gaps > 0).sum())
    if not above:
        d = np.linspace(low, 0, 301)
        ax.plot(d, -d * np.exp(d), color=BLUE, linewidth=1.6, label="large-sample theory")
    name = f"{estimator(result)}: {above} of {gaps.size} draws above" if above else estimator(result)
    ax.axvline(0, label=name, **EM_LINE)
    finish(ax, "log-likelihood of a draw less the estimate's (nats)", "density (per nat)")
    if legend:
        legend_above(ax)
    return ax


TAIL = 0.001
"""Share of the draws on either side that may lie outside a panel: a few far ones would squash the rest."""
MARKERS = {"Wald": "o", "profile": "s", "bootstrap": "D", "credible": "o"}
"""The kinds of interval in the order of their columns, and the marker of each."""
BINS = 60
"""Bars of a histogram that is to look like a density."""
PLAIN = dict.fromkeys(("title", "point_estimate", "point_estimate_text", "credible_interval", "remove_axis"), False)
"""What ArviZ would add to a density."""


@own_style
def plot_posteriors(
    result: Comparison, axes: Sequence[Axes] | None = None, *, legend: bool = True, unit: str | None = None
) -> tuple[Axes, ...]:
    """Draw four panels: each parameter's posterior density (ArviZ's ``plot_dist``), interval, estimate and truth.

    The dashed curve is what EM says of itself: a normal density about its estimate, with its standard error.
    """
    axes = panels(axes, 2, 2, height=4.8)
    names = Names.of(result, label=None, unit=unit)
    _draw_densities(result, axes)
    for ax, label in zip(axes, LABELS, strict=True):
        row = _row(result, label)
        ax.axvspan(row["lower"], row["upper"], color=BAND, linewidth=0, zorder=0, label=credible_interval(result))
        if result.em is not None and math.isfinite(row["em_se"]):
            z = np.linspace(-4, 4, 161)
            heights = np.exp(-(z**2) / 2) / (row["em_se"] * math.sqrt(2 * math.pi))
            ax.plot(row["em"] + row["em_se"] * z, heights, label="EM: normal approximation", **EM_LINE)
        _mark_values(result, label, ax)
        ax.set(xlim=limits(result, label), ylim=(0, None))
        finish(ax, names.of_parameter(label), "density (per unit)", ticks=4)
    if legend:
        shared_legend(axes, columns=3)
    return axes


@own_style
def plot_verification(
    result: Comparison, axes: Sequence[Axes] | None = None, *, legend: bool = True, unit: str | None = None
) -> tuple[Axes, ...]:
    """Draw four panels: each parameter's posterior density by the draws, over its histogram by the integral.

    Raises:
        ValueError: The posterior was not integrated.
    """
    integral = result.posterior.integral
    if integral is None:
        msg = "this posterior was not integrated, so there is nothing to hold its draws against"
        raise ValueError(msg)
    axes = panels(axes, 2, 2, height=4.4)
    names = Names.of(result, label=None, unit=unit)
    _draw_densities(result, axes)
    for ax, label, values in zip(axes, LABELS, integral.theta.T, strict=True):
        ends = limits(result, label)
        heights, edges = np.histogram(values, BINS, ends, density=True, weights=integral.weights)
        ax.stairs(heights, edges, fill=True, color=BAND, label="integral", zorder=0)
        ax.set(xlim=ends, ylim=(0, None))
        finish(ax, names.of_parameter(label), "density (per unit)", ticks=4)
    if legend:
        shared_legend(axes, columns=3)
    return axes


def _draw_densities(result: Comparison, axes: Sequence[Axes]) -> None:
    """The posterior density of each parameter, a kernel estimate by ArviZ."""
    draws = result.posterior.draws
    data = xr.Dataset({label: ("sample", draws[:, k]) for k, label in enumerate(LABELS)})
    az.plot_dist(
        data,
        kind="kde",
        sample_dims=["sample"],
        plot_collection=collection(data, axes),
        visuals={"dist": {"color": BLUE, "width": 1.8, "label": "posterior"}, **PLAIN},
    )


def _row(result: Comparison, label: str) -> dict[str, Any]:
    """A parameter's row of the comparison's table."""
    return {str(name): value for name, value in result.table.loc[label].items()}


def _mark_values(result: Comparison, label: str, ax: Axes) -> None:
    """Draw a parameter's estimate and, where it is known, its true value as upright lines."""
    ax.axvline(_row(result, label)["em"], color=VERMILION, linewidth=1.0, zorder=1, label=estimator(result))
    if result.truth is not None:
        ax.axvline(asdict(result.truth)[label], zorder=1, label="truth", **truth_line(ax))


def limits(result: Comparison, label: str) -> tuple[float, float]:
    """Ends of an axis that shows a parameter's interval, estimate, truth and all but the outermost draws."""
    row = _row(result, label)
    inner = np.quantile(result.posterior.draws[:, LABELS.index(label)], [TAIL, 1 - TAIL]).tolist()
    values = [*inner, row["em"], row["lower"], row["upper"]]
    if result.truth is not None:
        values.append(asdict(result.truth)[label])
    margin = 0.05 * (max(values) - min(values))
    return min(values) - margin, max(values) + margin


@own_style
def plot_forest(
    result: Comparison, axes: Sequence[Axes] | None = None, *, legend: bool = True, unit: str | None = None
) -> tuple[Axes, ...]:
    """Draw four panels: each parameter's Wald, profile, bootstrap and credible interval, one below the other.

    The first three are about the maximum of the likelihood, the credible interval has the posterior mean as its point.
    An interval that is open, or far longer than the posterior is wide, ends in an arrow; one that was not found is left
    out.
    """
    axes = panels(axes, 2, 2, height=3.8)
    names = Names.of(result, label=None, unit=unit)
    for ax, label in zip(axes, LABELS, strict=True):
        row = _row(result, label)
        ends = result.intervals.loc[label].to_numpy(dtype=np.float64).reshape(len(MARKERS), 2)
        mean, maximum = row["posterior_mean"], ends[0].mean()
        beyond = 6 * row["posterior_sd"]  # where an interval ends in an arrow, being open or far longer
        reach = np.fmin(mean, maximum) - beyond, np.fmax(mean, maximum) + beyond
        for place, (kind, marker) in enumerate(MARKERS.items()):
            point, colour = (mean, BLUE) if kind == "credible" else (maximum, VERMILION)
            _draw_interval(ends[place], place, ax, reach=reach, color=colour)
            ax.plot(point, place, marker, color=colour, markersize=5, markerfacecolor=ground(ax))
        _mark_values(result, label, ax)
        ax.margins(x=0.06)
        finish(ax, names.of_parameter(label), "", ticks=4)
        ax.set_yticks(range(len(MARKERS)), [*MARKERS])
        ax.tick_params(labelleft=is_first(ax))
        ax.set_ylim(len(MARKERS) - 0.5, -0.5)
    if legend:
        shared_legend(axes)
    return axes


def _draw_interval(ends: Floats, place: int, ax: Axes, *, reach: tuple[float, float], color: str) -> None:
    """A line between the ends, with an arrow where one lies out of reach."""
    ax.hlines(place, *np.clip(ends, *reach), color=color, linewidth=2.2)
    if ends[0] < reach[0]:
        ax.plot(reach[0], place, "<", color=color, markersize=6)
    if ends[1] > reach[1]:
        ax.plot(reach[1], place, ">", color=color, markersize=6)
