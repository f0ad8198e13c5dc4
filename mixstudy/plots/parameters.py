"""Figures of the four parameters, EM and posterior side by side: densities and intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import arviz as az
import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from mixstudy.model import LABELS, Floats
from mixstudy.plots.arviz_axes import collection
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
"""Posterior sds beyond posterior mean and maximum at which an interval ends in an arrow, being open or far longer."""
MARKERS = {"Wald": "o", "profile": "s", "bootstrap": "D", "credible": "o"}
"""The kinds of interval in the order of their columns, and the marker of each."""
PLAIN = dict.fromkeys(("title", "point_estimate", "point_estimate_text", "credible_interval", "remove_axis"), False)
"""What ArviZ would add to a density."""


def plot_posteriors(result: Comparison, axes: Sequence[Axes] | None = None) -> tuple[Axes, ...]:
    """Draw four panels: each parameter's posterior density (ArviZ's ``plot_dist``), interval, estimate and truth.

    The dashed curve is what EM says of itself: a normal density about its estimate, with its standard error.
    """
    axes = panels(axes, 2, 2, height=4.8)
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
        finish(ax, with_unit(label), "density (per unit)", ticks=4)
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
        ax.axvline(asdict(result.truth)[label], zorder=1, label="truth", **TRUTH_LINE)


def limits(result: Comparison, label: str) -> tuple[float, float]:
    """Ends of an axis that shows a parameter's interval, estimate, truth and all but the outermost draws."""
    row = _row(result, label)
    inner = np.quantile(result.posterior.draws[:, LABELS.index(label)], [TAIL, 1 - TAIL]).tolist()
    values = [*inner, row["em"], row["lower"], row["upper"]]
    if result.truth is not None:
        values.append(asdict(result.truth)[label])
    margin = 0.05 * (max(values) - min(values))
    return min(values) - margin, max(values) + margin


def plot_forest(result: Comparison, axes: Sequence[Axes] | None = None) -> tuple[Axes, ...]:
    """Draw four panels: each parameter's Wald, profile, bootstrap and credible interval, one below the other.

    The first three are about the maximum of the likelihood, the credible interval has the posterior mean as its point.
    An interval that is open, or far longer than the posterior is wide, ends in an arrow; one that was not found is left
    out.
    """
    axes = panels(axes, 2, 2, height=3.8)
    for ax, label in zip(axes, LABELS, strict=True):
        row = _row(result, label)
        ends = result.intervals.loc[label].to_numpy(dtype=np.float64).reshape(len(MARKERS), 2)
        mean, maximum = row["posterior_mean"], ends[0].mean()
        beyond = CUT_OFF * row["posterior_sd"]
        reach = np.fmin(mean, maximum) - beyond, np.fmax(mean, maximum) + beyond
        for place, (kind, marker) in enumerate(MARKERS.items()):
            point, colour = (mean, BLUE) if kind == "credible" else (maximum, VERMILION)
            _draw_interval(ends[place], place, ax, reach=reach, color=colour)
            ax.plot(point, place, marker, color=colour, markersize=5, markerfacecolor="white")
        _mark_values(result, label, ax)
        ax.margins(x=0.06)
        finish(ax, with_unit(label), "", ticks=4)
        ax.set_yticks(range(len(MARKERS)), [*MARKERS], fontsize=LABEL_SIZE)
        ax.set_ylim(len(MARKERS) - 0.5, -0.5)
    shared_legend(axes)
    return axes


def _draw_interval(ends: Floats, place: int, ax: Axes, *, reach: tuple[float, float], color: str) -> None:
    """A line between the ends, with an arrow where one lies out of reach."""
    ax.hlines(place, *np.clip(ends, *reach), color=color, linewidth=2.2)
    if ends[0] < reach[0]:
        ax.plot(reach[0], place, "<", color=color, markersize=6)
    if ends[1] > reach[1]:
        ax.plot(reach[1], place, ">", color=color, markersize=6)
