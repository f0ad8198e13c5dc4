"""Figures: results as matplotlib axes, in one quiet style. No other wing draws.

Each takes a result and the axes to draw into, or makes a figure of its own: one panel (``ax``) gives its axes, several
(``axes``, in reading order) give a tuple. ``figure_of`` gives their figure. The legend of several panels
stands at the top of their figure or subfigure.

    figure = plt.figure(layout="constrained")
    left, right = figure.subfigures(1, 2)
    plots.plot_forest(result, left.subplots(2, 2))
    plots.plot_data(result, right.subplots())

The functions are named in ``__init__.pyi`` and loaded when they are first used. Begin with ``data.plot_data``.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
