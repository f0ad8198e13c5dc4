"""Figures of the four parameters, EM and posterior side by side: densities and intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import arviz as az
import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from mixstudy.model import LABELS, Floats
from mixstudy.plots.arviz_axes import collection
from mixstudy.plots.shapes import draws_of, row_of
from mixstudy.plots.style import (
    BAND,
    BLUE,
    EM_LINE,
    LABEL_SIZE,
    TRUTH_LINE,
    VERMILION,
    credible_interval,
    estimator,
    finish,
    panels,
    shared_legend,
    with_unit,
)

if TYPE_CHECKING:
    from mixstudy.comparison import Comparison

TAIL = 0.001
"""Share of the draws on either side that may lie outside a panel: a few far ones would squash the rest."""
CUT_OFF = 6.0
"""Posterior sds from the posterior mean at which an interval ends in an arrow, being open or far longer."""
MARKERS = {"Wald": "o", "profile": "s", "bootstrap": "D", "credible": "o"}
"""The kinds of interval in the order of their columns, and the marker of each."""
PLAIN = dict.fromkeys(("title", "point_estimate", "point_estimate_text", "credible_interval", "remove_axis"), False)
"""What ArviZ would add to a density."""


def plot_posteriors(result: Comparison, axes: Sequence[Axes] | None = None) -> tuple[Axes, ...]:
    """Draw four panels: each parameter's posterior density (ArviZ's ``plot_dist``), interval, estimate and truth.

    The dashed curve is what EM says of itself: a normal density about its estimate, with its standard error.
    """
    axes = panels(axes, 2, 2, height=4.8)
    draws = draws_of(result)
    data = xr.Dataset({label: ("sample", draws[:, k]) for k, label in enumerate(LABELS)})
    line = {"color": BLUE, "width": 1.8, "label": "posterior"}
    az.plot_dist(
        data,
        kind="kde",
        sample_dims=["sample"],
        plot_collection=collection(data, axes),
        visuals={"dist": line, **PLAIN},
    )
    for ax, label in zip(axes, LABELS, strict=True):
        row = row_of(result, label)
        ax.axvspan(row["lower"], row["upper"], color=BAND, linewidth=0, zorder=0, label=credible_interval(result))
        if result.em is not None and math.isfinite(row["em_se"]):
            z = np.linspace(-4, 4, 161)
            heights = np.exp(-(z**2) / 2) / (row["em_se"] * math.sqrt(2 * math.pi))
            ax.plot(row["em"] + row["em_se"] * z, heights, label="EM: normal approximation", **EM_LINE)
        mark_values(result, label, ax)
        ax.set(xlim=shown(result, label, draws), ylim=(0, None))
        finish(ax, with_unit(label), "density (per unit)", ticks=4)
    shared_legend(axes, columns=3)
    return axes


def mark_values(result: Comparison, label: str, ax: Axes) -> None:
    """Draw a parameter's estimate and, where it is known, its true value as upright lines."""
    ax.axvline(row_of(result, label)["em"], color=VERMILION, linewidth=1.0, zorder=1, label=estimator(result))
    if result.truth is not None:
        ax.axvline(asdict(result.truth)[label], zorder=1, label="truth", **TRUTH_LINE)


def shown(result: Comparison, label: str, draws: Floats) -> tuple[float, float]:
    """Ends of an axis that shows a parameter's interval, estimate, truth and all but the outermost draws."""
    row = row_of(result, label)
    inner = np.quantile(draws[:, LABELS.index(label)], [TAIL, 1 - TAIL]).tolist()
    values = [*inner, row["em"], row["lower"], row["upper"]]
    if result.truth is not None:
        values.append(asdict(result.truth)[label])
    margin = 0.05 * (max(values) - min(values))
    return min(values) - margin, max(values) + margin


def plot_forest(result: Comparison, axes: Sequence[Axes] | None = None) -> tuple[Axes, ...]:
    """Draw four panels: each parameter's Wald, profile, bootstrap and credible interval, one below the other.

    EM's three are about its maximum, the credible interval has the posterior mean as its point. An interval that is
    open, or far longer than the posterior is wide, ends in an arrow; one that was not found is left out.
    """
    axes = panels(axes, 2, 2, height=3.8)
    for ax, label in zip(axes, LABELS, strict=True):
        row = row_of(result, label)
        ends = result.intervals.loc[label].to_numpy(dtype=np.float64).reshape(len(MARKERS), 2)
        reach = row["posterior_mean"] + CUT_OFF * row["posterior_sd"] * np.array([-1, 1])
        points = [*[ends[0].mean()] * (len(MARKERS) - 1), row["posterior_mean"]]
        for place, (marker, point) in enumerate(zip(MARKERS.values(), points, strict=True)):
            colour = VERMILION if place < len(MARKERS) - 1 else BLUE
            ax.hlines(place, *np.clip(ends[place], *reach), color=colour, linewidth=2.2)
            ax.plot(point, place, marker, color=colour, markersize=5, markerfacecolor="white")
            beyond = np.abs(ends[place] - row["posterior_mean"]) > CUT_OFF * row["posterior_sd"]
            for end, arrow in zip(reach[beyond], np.array(["<", ">"])[beyond], strict=True):
                ax.plot(end, place, arrow, color=colour, markersize=6)
        mark_values(result, label, ax)
        ax.margins(x=0.06)
        finish(ax, with_unit(label), "", ticks=4)
        ax.set_yticks(range(len(MARKERS)), [*MARKERS], fontsize=LABEL_SIZE)
        ax.set_ylim(len(MARKERS) - 0.5, -0.5)
    shared_legend(axes)
    return axes
