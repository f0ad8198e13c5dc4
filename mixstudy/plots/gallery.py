"""All figures of a report, in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.figure import Figure

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
from mixstudy.plots.style import figure_of, new_figure, own_style
from mixstudy.plots.surface import plot_surface

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison


OVERVIEW = (11.0, 7.6)
"""Width and height in inches of the figure that shows everything at a glance."""


@own_style
def figures(result: Comparison) -> dict[str, Figure]:
    """Draw every figure of a comparison's report, by name and in its order.

    Without raw observations there is no ``pit``, without an EM run neither ``climb`` nor ``surface``, without an
    integral that can be trusted no ``verification``.
    """
    found = {
        "data": figure_of(plot_data(result)),
        "forest": figure_of(plot_forest(result)),
        "posteriors": figure_of(plot_posteriors(result)),
        "joint": figure_of(plot_joint(result)),
        "responsibilities": figure_of(plot_responsibilities(result)),
    }
    if result.adequacy.pit is not None:
        found["pit"] = figure_of(plot_pit(result))
    found["challengers"] = figure_of(plot_challengers(result))
    if result.em is not None:
        found["climb"] = new_figure(6.4)
        upper, lower = found["climb"].subplots(2, 1)
        plot_em_trace(result, upper)
        plot_likelihood(result, lower)
        found["surface"] = figure_of(plot_surface(result))
    if result.posterior.verification is not None:
        found["verification"] = figure_of(plot_verification(result))
    found["traces"] = figure_of(plot_traces(result))
    return found


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
    """Draw every figure of a replication study's report: ``coverage``, ``offsets``, ``verdicts``.

    Args:
        table: Of the study.
        level: The probability of its intervals.
    """
    from mixstudy.study.summary import summarise  # here, as a report of one comparison does without

    summary = summarise(table)
    return {
        "coverage": figure_of(plot_coverage(summary, level=level)),
        "offsets": figure_of(plot_offsets(table)),
        "verdicts": figure_of(plot_verdicts(summary)),
    }
