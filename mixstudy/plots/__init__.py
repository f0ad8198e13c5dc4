"""Figures: results as matplotlib axes, in one quiet style. No other module draws.

Each takes a result and the axes to draw into, or makes a figure of its own: one panel (``ax``) gives its axes, several
(``axes``, in reading order) give a tuple. ``figure_of`` gives their figure. The legend of several panels
stands at the top of their figure or subfigure.

    figure = plt.figure(layout="constrained")
    left, right = figure.subfigures(1, 2)
    plots.plot_forest(result, left.subplots(2, 2))
    plots.plot_data(result, right.subplots())
"""

from mixstudy.plots.data import plot_data, plot_pit, plot_responsibilities
from mixstudy.plots.draws import plot_challengers, plot_joint, plot_traces
from mixstudy.plots.likelihood import plot_em_trace, plot_likelihood
from mixstudy.plots.moving import animate_em, frames, player
from mixstudy.plots.output import save, svg
from mixstudy.plots.parameters import plot_forest, plot_posteriors
from mixstudy.plots.sets import figures, study_figures
from mixstudy.plots.studies import plot_coverage, plot_offsets, plot_power, plot_ranks, plot_verdicts
from mixstudy.plots.style import BLUE, GREEN, TEXT, VERMILION, WIDTH, figure_of
from mixstudy.plots.surface import plot_surface

__all__ = [
    "BLUE",
    "GREEN",
    "TEXT",
    "VERMILION",
    "WIDTH",
    "animate_em",
    "figure_of",
    "figures",
    "frames",
    "player",
    "plot_challengers",
    "plot_coverage",
    "plot_data",
    "plot_em_trace",
    "plot_forest",
    "plot_joint",
    "plot_likelihood",
    "plot_offsets",
    "plot_pit",
    "plot_posteriors",
    "plot_power",
    "plot_ranks",
    "plot_responsibilities",
    "plot_surface",
    "plot_traces",
    "plot_verdicts",
    "save",
    "study_figures",
    "svg",
]
