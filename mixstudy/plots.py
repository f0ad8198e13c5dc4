"""Figures of a comparison, and their SVG.

One style throughout: EM is a dashed vermilion line, the posterior solid blue, the truth dotted black (colours of Okabe
& Ito 2008), so that the three are told apart in grey and by colour-blind readers. Legends stand outside the axes.
"""

from __future__ import annotations

import io
import math
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mixstudy.model import LABELS, Floats, Parameters, log_density

if TYPE_CHECKING:
    from mixstudy.comparison import Comparison
    from mixstudy.em import EMFit

BLUE, VERMILION, ORANGE, GREEN = "#0072B2", "#D55E00", "#E69F00", "#009E73"
BAR, BAND, TEXT = "#D9D9D9", "#BFDDF0", "#222222"
CHAINS = (BLUE, ORANGE, GREEN, "#CC79A7", "#56B4E9", VERMILION, "#000000", "#F0E442")
EM_LINE: dict[str, Any] = {"color": VERMILION, "linestyle": "--", "linewidth": 1.6}
POSTERIOR_LINE: dict[str, Any] = {"color": BLUE, "linestyle": "-", "linewidth": 3.2, "alpha": 0.6}
TRUTH_LINE: dict[str, Any] = {"color": "#000000", "linestyle": ":", "linewidth": 1.8}

WIDTH = 6.6
"""Width of every figure in inches."""
EVERY = 7
"""The origin drew the density at every 7th iteration."""
MAX_CURVES = 30
"""More curves than this can't be told apart; the stride is then a larger multiple of ``EVERY``."""
MAX_DRAWS = 200
"""Draws over which the posterior density is averaged, evenly spaced: a line's width of Monte Carlo error."""
MAX_BINS = 200
"""Bars narrower than this many to a figure are no longer seen."""
CUT_OFF = 6.0
"""Posterior sds from the posterior mean at which a drawn interval ends where it is open."""
SCOTT = 3.49
"""Bin width over ``sigma n^(-1/3)`` (Scott 1979)."""


def plot_data(result: Comparison, ax: Axes) -> None:
    """Draw the data's histogram under both fitted densities: EM's, and the posterior mean of the density."""
    edges = _histogram(result, ax)
    grid = _grid(result, edges)
    ax.plot(grid, _posterior_density(result, grid), label="posterior mean", **POSTERIOR_LINE)
    ax.plot(grid, np.exp(log_density(grid, result.estimate)), label=_estimator(result), **EM_LINE)
    if result.truth is not None:
        ax.plot(grid, np.exp(log_density(grid, result.truth)), label="truth", **TRUTH_LINE)
    _finish(ax, "x (data units)", "density (per data unit)")


def plot_posteriors(result: Comparison) -> Figure:
    """Draw four panels: each parameter's posterior draws, credible interval, estimate and truth."""
    figure = Figure(figsize=(WIDTH, 5.0), layout="constrained")
    truth = asdict(result.truth) if result.truth else {}
    rows = result.table.to_dict("index")
    for ax, label in zip(figure.subplots(2, 2).flat, LABELS, strict=True):
        row = rows[label]
        draws = _draws(result, label).ravel()
        draws = draws[np.isfinite(draws)]
        ax.axvspan(row["lower"], row["upper"], color=BAND, linewidth=0, label=_interval(result))
        ax.hist(draws, bins="sqrt", density=True, histtype="step", color=BLUE, linewidth=1.2, label="posterior")
        ax.axvline(row["em"], label=_estimator(result), **EM_LINE)
        if label in truth:
            ax.axvline(truth[label], label="truth", **TRUTH_LINE)
        _finish(ax, _with_unit(label), "density", legend=False)
    handles, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper left", ncols=4, frameon=False, fontsize=9)
    return figure


def plot_intervals(result: Comparison) -> Figure:
    """Draw four panels: each parameter's four kinds of interval, one below the other, cut off where they are open."""
    figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
    kinds = ("Wald", "profile", "bootstrap", "credible")
    colours = (*[VERMILION] * 3, BLUE)
    ends = result.intervals.to_numpy().reshape(len(LABELS), len(kinds), 2)
    for ax, label, rows in zip(figure.subplots(2, 2).flat, LABELS, ends, strict=True):
        row = result.table.loc[label]
        reach = row["posterior_mean"] + CUT_OFF * row["posterior_sd"] * np.array([-1, 1])
        ax.hlines(range(len(kinds)), *np.clip(rows, *reach).T, colors=colours, linewidth=2.4)
        ax.axvline(row["em"], **EM_LINE)
        ax.set_yticks(range(len(kinds)), kinds)
        ax.set_ylim(len(kinds) - 0.5, -0.5)
        _finish(ax, _with_unit(label), "", legend=False)
    return figure


def plot_em_trace(result: Comparison, ax: Axes) -> None:
    """Draw EM's density at the start, every 7th iteration (light to dark) and the last, over the data."""
    em = _em(result)
    edges = _histogram(result, ax, label=None)
    last = len(em.trace) - 1
    stride = EVERY * max(1, math.ceil(last / EVERY / MAX_CURVES))
    blues = mpl.colormaps["Blues"]
    grid = _grid(result, edges)
    for iteration in sorted({*range(0, last, stride), last}):
        theta = Parameters.relabelled(em.trace[list(LABELS)].iloc[iteration].to_numpy())
        style: dict[str, Any] = {"color": blues(0.4 + 0.6 * iteration / max(last, 1)), "linewidth": 1.2}
        if iteration == 0:
            style |= {"color": TEXT, "linestyle": ":", "label": "start"}
        elif iteration == last:
            style |= {"linewidth": 2.2, "label": f"last: iteration {last}"}
        elif iteration == stride:
            style |= {"label": f"every {stride}th iteration"}
        ax.plot(grid, np.exp(log_density(grid, theta)), **style)
    _finish(ax, "x (data units)", "density (per data unit)")


def plot_likelihood(result: Comparison, ax: Axes) -> None:
    """Draw how far each iteration's log-likelihood lies below the highest, on a log scale."""
    em = _em(result)
    heights = em.trace["log_likelihood"].to_numpy(dtype=np.float64)
    top = max([heights.max(), *(peak.log_likelihood for peak in em.maxima)])
    rounding = np.finfo(np.float64).eps * max(1.0, abs(top))
    gap = np.maximum(top - heights, rounding)
    ax.semilogy(np.arange(gap.size), gap, color=BLUE, linewidth=1.2)
    steps = em.trace["step"].to_numpy()
    for kind, marker, name in (("start", "s", "start"), ("em", "o", "EM step"), ("squarem", "D", "accelerated step")):
        where = np.flatnonzero(steps == kind)
        if where.size:
            face = "white" if kind == "squarem" else BLUE
            ax.plot(where, gap[where], marker, color=BLUE, markerfacecolor=face, markersize=4, label=name)
    ax.axhline(rounding, color=TEXT, linewidth=0.8, linestyle=":", label="rounding")
    _finish(ax, "iteration", f"below the {'maximum' if em.maxima else 'highest point reached'} (nats)")


def plot_traces(result: Comparison) -> Figure:
    """Draw the draws of each chain in their order, one row for each parameter."""
    figure = Figure(figsize=(WIDTH, 6.6), layout="constrained")
    for ax, label in zip(figure.subplots(len(LABELS), 1, sharex=True).flat, LABELS, strict=True):
        for number, chain in enumerate(_draws(result, label)):
            colour = CHAINS[number % len(CHAINS)]
            ax.plot(chain, color=colour, linewidth=0.5, alpha=0.8, rasterized=True, label=f"chain {number + 1}")
        _finish(ax, "draw" if label == LABELS[-1] else "", _with_unit(label), legend=False)
    handles, names = figure.axes[0].get_legend_handles_labels()
    legend = figure.legend(handles, names, loc="outside upper left", ncols=6, frameon=False, fontsize=9)
    for handle in legend.get_lines():
        handle.set(linewidth=2, rasterized=False)
    return figure


def drawings(result: Comparison) -> dict[str, str]:
    """Draw every figure of the report as an ``<svg>`` element: data, posteriors, intervals, em (if any), traces."""
    data = Figure(figsize=(WIDTH, 3.6), layout="constrained")
    plot_data(result, data.subplots())
    figures = {"data": data, "posteriors": plot_posteriors(result), "intervals": plot_intervals(result)}
    if result.em is not None:
        figures["em"] = Figure(figsize=(WIDTH, 6.4), layout="constrained")
        upper, lower = figures["em"].subplots(2, 1)
        plot_em_trace(result, upper)
        plot_likelihood(result, lower)
    figures["traces"] = plot_traces(result)
    return {name: svg(figure, name=name) for name, figure in figures.items()}


def svg(figure: Figure, *, name: str) -> str:
    """Render as an ``<svg>`` element, the same for the same figure; ``name`` starts each id, so that none is shared."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", dpi=150, metadata=nothing)
    text = buffer.getvalue()
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text[text.index("<svg") :])


def _em(result: Comparison) -> EMFit:
    if result.em is None:
        msg = "this comparison has no EM run to draw: its estimate came as bare parameters"
        raise ValueError(msg)
    return result.em


def _with_unit(label: str) -> str:
    return "weight (share)" if label == "weight" else f"{label} (data units)"


def _estimator(result: Comparison) -> str:
    return "estimate" if result.em is None else "EM estimate"


def _interval(result: Comparison) -> str:
    return f"{100 * result.level:g} % {'equal-tailed' if result.kind == 'eti' else 'highest-density'} interval"


def plot_power(summary: pd.DataFrame) -> Figure:
    """Draw how often the verdict was *disagree*: a row for each mistake, a column for each cell, a panel for each n."""
    sizes = sorted(summary["n"].unique())
    faults = ["none", *sorted(set(summary["fault"]) - {"none"})]
    figure = Figure(figsize=(1.5 * WIDTH, 0.26 * len(faults) + 1.6), layout="constrained")
    panels = figure.subplots(1, len(sizes), sharey=True, squeeze=False)[0]
    for ax, n in zip(panels, sizes, strict=True):
        shares = summary[summary["n"] == n].set_index(["fault", "separation", "weight"])["disagree"]
        cells = shares.index.droplevel("fault").unique().sort_values()
        shares = pd.DataFrame({cell: shares.xs(cell, level=(1, 2)) for cell in cells}).reindex(faults)
        image = ax.imshow(shares.to_numpy(), cmap="cividis", vmin=0, vmax=1, aspect="auto")
        ax.set_title(f"n = {n}", fontsize=9, color=TEXT)
        labels = [f"{separation:g} σ, {weight:g}" for separation, weight in cells.tolist()]
        ax.set_xticks(range(shares.shape[1]), labels, rotation=90, fontsize=7)
        ax.set_facecolor("white")
    panels[0].set_yticks(range(len(faults)), ["right pair", *faults[1:]], fontsize=8)
    figure.supxlabel(
        "separation of the means, weight of the lower component (white: not one data set counts)", fontsize=9
    )
    figure.colorbar(image, ax=panels, label="share of data sets: disagree")
    return figure


def _draws(result: Comparison, label: str) -> Floats:
    """Draws of one parameter, shape ``(chain, draw)``, data units."""
    return np.asarray(result.posterior.data["posterior"][label].transpose("chain", "draw"), dtype=np.float64)


def _posterior_density(result: Comparison, grid: Floats) -> Floats:
    """Mean of the density over evenly spaced draws."""
    draws = np.stack([_draws(result, label).ravel() for label in LABELS], axis=1)
    chosen = draws[np.linspace(0, len(draws) - 1, min(MAX_DRAWS, len(draws))).astype(int)]
    return np.mean([np.exp(log_density(grid, Parameters.relabelled(draw))) for draw in chosen], axis=0)


def _histogram(result: Comparison, ax: Axes, *, label: str | None = "data") -> Floats:
    """Draw the weighted histogram as a density; the bins follow the components' sigma, not the spread of both."""
    sample = result.posterior.sample
    points, counts = sample.located
    low, high = float(points.min()), float(points.max())
    width = SCOTT * float(_draws(result, "sigma").mean()) * sample.n ** (-1 / 3)
    gap = float(np.diff(np.unique(points)).min())
    if gap * MAX_BINS > high - low:  # rounded data: a bin holds a whole number of steps
        width = gap * max(1, round(width / gap))
        low -= gap / 2
    count = max(1, min(MAX_BINS, math.ceil((high - low) / width)))
    edges: Floats = low + max(width, (high - low) / count) * np.arange(count + 1)
    heights, _ = np.histogram(points, bins=edges, weights=counts)
    ax.stairs(heights / (sample.n * np.diff(edges)), edges, fill=True, color=BAR, label=label)
    return edges


def _grid(result: Comparison, edges: Floats) -> Floats:
    """Positions at which densities are drawn: even, and finer about every mean so that no peak is missed."""
    means = Parameters.relabelled(result.table["posterior_mean"].to_numpy())
    reach = np.linspace(-5, 5, 121)
    peaks = [
        mu + p.sigma * reach for p in (result.estimate, means, result.truth) if p is not None for mu in (p.mu1, p.mu2)
    ]
    margin = 0.04 * (edges[-1] - edges[0])
    even = np.linspace(edges[0] - margin, edges[-1] + margin, 401)
    grid: Floats = np.unique(np.concatenate([even, *peaks]))
    inside: Floats = grid[(grid >= even[0]) & (grid <= even[-1])]
    return inside


def _finish(ax: Axes, x_label: str, y_label: str, *, legend: bool = True) -> None:
    """Label and quieten the axes; the legend stands above them."""
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=x_label in {"iteration", "draw"}))
    ax.set_xlabel(x_label, fontsize=9, color=TEXT)
    ax.set_ylabel(y_label, fontsize=9, color=TEXT)
    ax.tick_params(labelsize=8, color=TEXT, labelcolor=TEXT)
    ax.spines[["top", "right"]].set_visible(False)
    if legend:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, fontsize=9, borderaxespad=0.2)
