"""The one style of all figures: quiet, safe for colour-blind readers, readable in grey.

EM is a dashed vermilion line, the posterior solid blue, the truth dotted black (colours of Okabe & Ito 2008), so that
the three are told apart by their dashes too. The background is white, and a legend stands outside the axes.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import arviz as az
import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from mixstudy.model import Floats

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison
    from mixstudy.em.fit import EMFit

BLUE, VERMILION, ORANGE, GREEN = "#0072B2", "#D55E00", "#E69F00", "#009E73"
BAR, BAND, TEXT = "#D9D9D9", "#BFDDF0", "#222222"
EM_LINE: dict[str, Any] = {"color": VERMILION, "linestyle": "--", "linewidth": 1.6}
POSTERIOR_LINE: dict[str, Any] = {"color": BLUE, "linestyle": "-", "linewidth": 3.2, "alpha": 0.6}
TRUTH_LINE: dict[str, Any] = {"color": "#000000", "linestyle": ":", "linewidth": 1.8}
WIDTH = 6.6
"""Width of every figure in inches."""
LABEL_SIZE, TICK_SIZE = 9, 8
"""Sizes of the letters in points."""
LEGEND: dict[str, Any] = {"frameon": False, "fontsize": LABEL_SIZE, "columnspacing": 1.2, "handlelength": 1.8}
TOO_FAR = 1e5
"""Ticks this many times their range away from 0 are written less an offset."""
PLAIN_POWERS = (-4, 4)
"""Ticks of a size between these powers of ten are written without one."""
STEPS = (1, 2, 2.5, 5, 10)
"""Distances of ticks, times a power of ten."""
MINUS = "−"
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def new_figure(height: float, *, width: float = WIDTH) -> Figure:
    """Make an empty figure of that size in inches."""
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def panel(ax: Axes | None, *, height: float = 3.6) -> Axes:
    """Return the axes given, or those of a new figure."""
    return new_figure(height).subplots() if ax is None else ax


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


def finish(ax: Axes, x_label: str, y_label: str, *, ticks: int = 5, stacked: bool = False) -> None:
    """Label and quieten the axes, whose limits must be set before.

    Args:
        ax: The axes.
        x_label: What is drawn across, with its unit in brackets.
        y_label: What is drawn upwards, likewise.
        ticks: How many there may be on an axis.
        stacked: Whether the unit of ``y_label`` has a line of its own, as the panel is low.
    """
    ax.set_facecolor("white")
    for axis, label in ((ax.xaxis, x_label), (ax.yaxis, y_label)):
        text = label
        if axis.get_scale() == "linear":
            axis.set_major_locator(MaxNLocator(ticks, steps=STEPS))
            text = _shared_taken_out(axis, label)
        else:
            _set_log_ticks(axis)
        if stacked and axis is ax.yaxis:
            text = text.replace(" (", "\n(")
        axis.set_label_text(text, fontsize=LABEL_SIZE, color=TEXT)
    ax.tick_params(which="both", labelsize=TICK_SIZE, color=TEXT, labelcolor=TEXT)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["bottom", "left"]].set_color(TEXT)


def finish_bar(bar: Colorbar, label: str) -> None:
    """Label and quieten the bar of a colour scale."""
    bar.set_label(label, fontsize=LABEL_SIZE, color=TEXT)
    bar.ax.tick_params(labelsize=TICK_SIZE, color=TEXT, labelcolor=TEXT)
    bar.outline.set_visible(False)


def _shared_taken_out(axis: Axis, label: str) -> str:
    """Take what all ticks share, an offset or a power of ten, into the label: ``mu1 − 1e8 (data units)``."""
    name, _, unit = label.partition(" (")
    if not unit:
        return label
    places = axis.get_majorticklocs()
    offset = _offset(places)
    power = math.floor(math.log10(np.abs(places - offset).max()))
    if PLAIN_POWERS[0] <= power <= PLAIN_POWERS[1]:
        power = 0
    decimals = len(f"{(places[1] - places[0]) / 10.0**power:g}".partition(".")[2])

    def written(value: float, _: object) -> str:
        rounded = round((value - offset) / 10.0**power, decimals) + 0.0  # that 0 have no sign
        return f"{rounded:.{decimals}f}".replace("-", MINUS)

    axis.set_major_formatter(written)
    less = f" {MINUS if offset > 0 else '+'} {_brief(abs(offset))}" if offset else ""
    return f"{name}{less} ({f'1e{power} ' if power else ''}{unit}"


def _set_log_ticks(axis: Axis) -> None:
    """Powers of ten or, where fewer than two are seen, 1, 2 and 5 times them, written out."""
    axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(_power_of_ten)
    low, high = axis.get_view_interval()
    if math.floor(math.log10(high)) - math.ceil(math.log10(low)) < 1:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")


def _power_of_ten(value: float, _: object) -> str:
    """A tick of a logarithmic axis as plain text, which takes a tenth of the time of matplotlib's formula."""
    return "10" + f"{math.log10(value):.0f}".translate(RAISED)


def _offset(places: Floats) -> float:
    """A round number near ticks that would have too many digits; else 0."""
    span = float(np.ptp(places))
    if np.abs(places).max() < TOO_FAR * span:
        return 0.0
    unit = 10.0 ** (math.ceil(math.log10(span)) + 2)
    return round(float(places.mean()) / unit) * unit


def _brief(value: float) -> str:
    """The shortest way to write a number: ``1e8``."""
    brief = f"{value:g}".replace("e+0", "e").replace("e+", "e")
    return brief if float(brief) == value else f"{value:.12g}"


def legend_above(ax: Axes, *, columns: int = 4) -> None:
    """Put the legend above the axes."""
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2, ncols=columns, **LEGEND)


def shared_legend(axes: Sequence[Axes], *, columns: int = 4) -> None:
    """Put one legend for all panels at the top of their figure (or subfigure)."""
    found = {name: handle for ax in axes for handle, name in zip(*ax.get_legend_handles_labels(), strict=True)}
    axes[0].figure.legend([*found.values()], [*found], loc="outside upper left", ncols=columns, **LEGEND)


def with_unit(label: str) -> str:
    """The name of a parameter with its unit."""
    return "weight (share)" if label == "weight" else f"{label} (data units)"


def estimator(result: Comparison) -> str:
    """What a legend calls the estimate."""
    return "estimate" if result.em is None else "EM estimate"


def percent(level: float) -> str:
    """A probability as a legend writes it."""
    return f"{100 * level:g} %"


def credible_interval(result: Comparison) -> str:
    """What a legend calls the credible interval."""
    return f"{percent(result.level)} {'equal-tailed' if result.kind == 'eti' else 'highest-density'} interval"


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


DPI = 150
"""Dots per inch of a PNG file."""
DENSE_DPI = 100
"""Dots per inch of what is drawn as dots within SVG or PDF: thousands of draws."""
UNDATED: dict[str, dict[str, None]] = {
    ".pdf": {"CreationDate": None},
    ".png": {},
    ".svg": dict.fromkeys(("Date", "Creator", "Format", "Type")),
}
"""The kinds of file, and what is left out of each, as it differs from run to run."""


def svg(figure: Figure, *, name: str) -> str:
    """Render as an ``<svg>`` element, the same for the same figure.

    ``name`` and a hyphen go before each id, so that none is shared by two figures of a page: what has the gid
    ``frame-3`` in the figure has the id ``name-frame-3`` in the element.
    """
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        text = _printed(figure)
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text[text.index("<svg") :])


def _printed(figure: Figure) -> str:
    """What ``savefig`` writes, without the draft that it draws before: that takes a sixth of a report's time."""
    buffer, canvas, dpi = io.StringIO(), figure.canvas, figure.dpi
    try:
        figure.dpi = DENSE_DPI
        FigureCanvasSVG(figure).print_svg(buffer, metadata=UNDATED[".svg"])  # type: ignore[no-untyped-call]
    finally:
        figure.dpi = dpi
        figure.set_canvas(canvas)
    return buffer.getvalue()


def save(figure: Figure, path: str | Path) -> None:
    """Write as PDF, PNG or SVG, by the ending of ``path``; no date is written, so that the bytes repeat.

    Raises:
        ValueError: The path has another ending.
    """
    ending = Path(path).suffix.lower()
    if ending not in UNDATED:
        msg = f"the path of a figure must end in {', '.join(UNDATED)}, got {str(path)!r}"
        raise ValueError(msg)
    with mpl.rc_context({"svg.hashsalt": "mixstudy", "svg.fonttype": "path"}):
        figure.savefig(path, dpi=DPI if ending == ".png" else DENSE_DPI, metadata=UNDATED[ending])
