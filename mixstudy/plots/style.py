"""The one style of all figures: quiet, safe for colour-blind readers, readable in grey.

EM is a dashed vermilion line, the posterior solid blue, the truth dotted (colours of Okabe & Ito 2008), so that the
three are told apart by their dashes too. A figure of its own is drawn in ``STYLE`` whatever the caller's settings are;
axes that were given keep the look they have, dark ones too: what is neither EM nor posterior takes their ink.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from inspect import cleandoc, signature
from typing import TYPE_CHECKING, Any

import arviz as az
import matplotlib as mpl
import matplotlib.style
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison
    from mixstudy.em.fit import EMFit

BLUE, VERMILION, ORANGE, GREEN = "#0072B2", "#D55E00", "#E69F00", "#009E73"
TEXT = "#222222"
EM_LINE: dict[str, Any] = {"color": VERMILION, "linestyle": "--", "linewidth": 1.6}
POSTERIOR_LINE: dict[str, Any] = {"color": BLUE, "linestyle": "-", "linewidth": 3.2, "alpha": 0.6}
BAND = to_rgba(BLUE, 0.25)
"""A band of the posterior or of theory, on any ground."""
WIDTH = 5.0
"""Width of a figure in inches: little, so that its letters can still be read on a phone."""
LABEL_SIZE, TICK_SIZE = 9, 8
"""Sizes of the letters in points."""
STYLE: dict[str, Any] = {
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelsize": LABEL_SIZE,
    "axes.titlesize": LABEL_SIZE,
    "xtick.labelsize": TICK_SIZE,
    "ytick.labelsize": TICK_SIZE,
    "legend.fontsize": LABEL_SIZE,
    **dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "axes.titlecolor", "xtick.color", "ytick.color"), TEXT
    ),
}
"""What differs from matplotlib's default; for axes of one's own ``with plt.style.context(plots.STYLE)``."""
LUMA, HALF = (0.299, 0.587, 0.114), 0.5
"""What red, green and blue are in grey; grounds below half of it are dark."""


ARGUMENTS = {
    "result": "The comparison.",
    "found": "The assessment.",
    "ax": "Where to draw; a figure of its own by default.",
    "axes": "Where to draw, in reading order; a figure of its own by default.",
    "legend": "Whether to add the legend.",
    "label": "What was observed; by default the column's name.",
    "unit": "Of the data; by default that of their source.",
}
"""Arguments that mean the same in every figure."""


def own_style[**P, R](plot: Callable[P, R]) -> Callable[P, R]:
    """Draw in the house's style what is drawn into no axes of the caller's; ``ARGUMENTS`` are told in the docstring."""
    described = signature(plot)

    @wraps(plot)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        given = described.bind_partial(*args, **kwargs).arguments
        if given.get("ax", given.get("axes")) is not None:
            return plot(*args, **kwargs)
        with mpl.style.context(["default", STYLE]):
            return plot(*args, **kwargs)

    text, raises, rest = cleandoc(plot.__doc__ or "").partition("\n\nRaises:")
    told = [f"    {name}: {ARGUMENTS[name]}" for name in described.parameters if name in ARGUMENTS]
    if told and "Args:" not in text:
        drawn.__doc__ = "\n".join([text, "", "Args:", *told]) + raises + rest
    return drawn


def new_figure(height: float, *, width: float = WIDTH) -> Figure:
    """Make an empty figure of that size in inches."""
    return Figure(figsize=(width, height), layout="constrained")


def panel(ax: Axes | None, *, height: float = 3.6, width: float = WIDTH) -> Axes:
    """Return the axes given, or those of a new figure."""
    return new_figure(height, width=width).subplots() if ax is None else ax


def panels(
    axes: Sequence[Axes] | None, rows: int, columns: int, *, height: float, width: float = WIDTH
) -> tuple[Axes, ...]:
    """Return the axes given, in reading order, or those of a new figure.

    Raises:
        ValueError: There are not as many as the figure has panels.
    """
    if axes is None:
        return tuple(new_figure(height, width=width).subplots(rows, columns, squeeze=False).flat)
    given: list[Axes] = np.ravel(np.asarray(axes, dtype=object)).tolist()
    if len(given) != rows * columns:
        msg = f"this figure has {rows * columns} panels, got {len(given)} axes"
        raise ValueError(msg)
    return tuple(given)


def figure_of(axes: Axes | Sequence[Axes]) -> Figure:
    """Return the figure that axes are part of, to be saved or shown.

    Raises:
        ValueError: They were removed from it.
    """
    first = axes if isinstance(axes, Axes) else axes[0]
    figure = first.get_figure(root=True)
    if figure is None:
        msg = "these axes were removed from their figure"
        raise ValueError(msg)
    return figure


def inches(ax: Axes) -> tuple[float, float]:
    """Width and height that the axes will have: of those that are laid out yet, what their share leaves for them."""
    figure, place = figure_of(ax), ax.get_subplotspec()
    width, height = ax.bbox.width / figure.dpi, ax.bbox.height / figure.dpi
    if figure.get_layout_engine() is None or place is None or not isinstance(place.get_gridspec(), GridSpec):
        return width, height
    rows, columns = place.get_gridspec().get_geometry()
    across, up = len(place.colspan) / columns, len(place.rowspan) / rows
    whole, beside, below = ax.figure.bbox, 0.7, 0.45  # inches for what is written there
    return across * whole.width / figure.dpi - beside, up * whole.height / figure.dpi - below


def is_first(ax: Axes) -> bool:
    """Whether no other axes of their grid stand to the left."""
    place = ax.get_subplotspec()
    return place is None or place.is_first_col()


def ink(ax: Axes) -> str:
    """The colour in which the axes are written."""
    return to_hex(ax.xaxis.label.get_color())


def ground(ax: Axes) -> Any:  # noqa: ANN401  (as matplotlib has it)
    """The colour on which the axes are drawn."""
    return ax.get_facecolor()


def is_dark(ax: Axes) -> bool:
    """Whether the axes are drawn on a dark ground."""
    return float(np.dot(to_rgb(ground(ax)), LUMA)) < HALF


def shade(ax: Axes) -> tuple[float, float, float, float]:
    """The colour of the data's bars: a light tint of the axes' ink."""
    return to_rgba(ink(ax), 0.16)


def truth_line(ax: Axes) -> dict[str, Any]:
    """How the truth is drawn."""
    return {"color": ink(ax), "linestyle": ":", "linewidth": 1.8}


def run_of(result: Comparison) -> EMFit:
    """Return the EM run.

    Raises:
        ValueError: The estimate came as bare parameters.
    """
    if result.em is None:
        msg = "this comparison has no EM run to draw: its estimate came as bare parameters"
        raise ValueError(msg)
    return result.em


def collection(data: xr.Dataset, axes: Sequence[Axes], **aesthetics: Any) -> Any:  # noqa: ANN401  (ArviZ has no types)
    """Return the collection that draws each variable of ``data`` into one of the axes."""
    targets = {name: _holding(ax) for name, ax in zip(data.data_vars, axes, strict=True)}
    tree = xr.DataTree.from_dict({"/": xr.Dataset({"figure": _holding(axes[0].figure)}), "/plot": xr.Dataset(targets)})
    return az.PlotCollection(data, tree, backend="matplotlib", **aesthetics)


def _holding(thing: object) -> xr.DataArray:
    return xr.DataArray(np.array(thing, dtype=object))
