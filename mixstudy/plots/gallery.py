"""All figures of a report, in its order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mixstudy.diagnosis.assessment import Assessment
from mixstudy.plots.checking import plot_check, plot_steps
from mixstudy.plots.data import plot_data, plot_pit, plot_responsibilities
from mixstudy.plots.em import plot_em_trace, plot_likelihood
from mixstudy.plots.posterior import (
    plot_challengers,
    plot_forest,
    plot_joint,
    plot_posteriors,
    plot_traces,
    plot_verification,
)
from mixstudy.plots.studies import plot_coverage, plot_offsets, plot_verdicts
from mixstudy.plots.style import figure_of, new_figure, own_style, panels
from mixstudy.plots.surface import plot_surface

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison

OVERVIEW = (11.0, 7.6)
"""Width and height in inches of the figure that shows everything at a glance."""


def figures(result: Comparison) -> dict[str, Figure]:
    """Draw every figure of a comparison's report, by name and in its order.

    Without raw observations there is no ``pit``, without an EM run neither ``climb`` nor ``surface``, without an
    integral that can be trusted no ``verification``.
    """
    return {name: draw() for name, draw in figure_makers(result).items()}


def figure_makers(result: Comparison | Assessment) -> dict[str, Callable[[], Figure]]:
    """What draws each figure of a report, by name and in its order."""
    plots = _of_assessment(result) if isinstance(result, Assessment) else _of_comparison(result)
    return {name: partial(_figure, plot, result) for name, plot in plots.items()}


def _figure(plot: Callable[[Any], Axes | tuple[Axes, ...]], result: Comparison | Assessment) -> Figure:
    return figure_of(plot(result))


def _of_comparison(result: Comparison) -> dict[str, Callable[[Any], Any]]:
    found: dict[str, Callable[[Any], Any]] = {
        "data": plot_data,
        "forest": plot_forest,
        "posteriors": plot_posteriors,
        "joint": plot_joint,
        "responsibilities": plot_responsibilities,
    }
    if result.adequacy.pit is not None:
        found["pit"] = plot_pit
    found["challengers"] = plot_challengers
    if result.em is not None:
        found |= {"climb": _plot_climb, "surface": plot_surface}
    if result.posterior.verification is not None:
        found["verification"] = plot_verification
    return found | {"traces": plot_traces}


@own_style
def _plot_climb(result: Comparison) -> tuple[Axes, ...]:
    """EM's density by iteration, above how far its likelihood is from the maximum."""
    axes = panels(None, 2, 1, height=6.4)
    plot_em_trace(result, axes[0])
    plot_likelihood(result, axes[1])
    return axes


def check_figures(found: Assessment) -> dict[str, Figure]:
    """Draw every figure of an assessment's report: ``surface`` and, where there is a trace to judge, ``steps``."""
    return {name: draw() for name, draw in figure_makers(found).items()}


def _of_assessment(found: Assessment) -> dict[str, Callable[[Any], Any]]:
    return {"surface": plot_check} | ({} if found.steps is None else {"steps": plot_steps})


@own_style
def overview(result: Comparison) -> Figure:
    """Draw the most telling panels of a comparison in one figure: data, intervals, posteriors and, of EM, its climb."""
    figure = new_figure(OVERVIEW[1], width=OVERVIEW[0])
    quarters: Any = figure.subfigures(2, 2)
    (data, posteriors), (forest, climb) = quarters
    plot_data(result, data.subplots())
    plot_posteriors(result, posteriors.subplots(2, 2))
    plot_forest(result, forest.subplots(2, 2))
    if result.em is None:
        plot_challengers(result, climb.subplots())
    else:
        plot_surface(result, climb.subplots())
    return figure


@own_style
def study_figures(table: pd.DataFrame, *, level: float = 0.95) -> dict[str, Figure]:
    """Draw every figure of a replication study's report: ``coverage``, ``offsets``, ``verdicts``."""
    from mixstudy.study.summary import summarise  # here, as a report of one comparison does without

    summary = summarise(table)
    return {
        "coverage": figure_of(plot_coverage(summary, level=level)),
        "offsets": figure_of(plot_offsets(table)),
        "verdicts": figure_of(plot_verdicts(summary)),
    }
