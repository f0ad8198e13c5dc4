"""What stands about the axes: names with their units, ticks that are short at every scale, legends that fit."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colorbar import Colorbar
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from matplotlib.transforms import Bbox

from mixstudy.data.sample import Source
from mixstudy.model import Floats
from mixstudy.plots.style import figure_of, inches, ink

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison

DATA_UNIT = "data unit"
"""What the unit of the data is called where it is not known; with an s where there may be several."""
NARROW = 3.2
"""Inches of width below which a legend is written smaller, in two columns rather than one."""
SLACK = 1.06
"""Letters are wider at some sizes of dots than at others."""
TOO_FAR = 1e5
"""Ticks this many times their range away from 0 are written less an offset."""
PLAIN_POWERS = (-4, 4)
"""Ticks of a size between these powers of ten are written without one."""
STEPS = (1, 2, 2.5, 5, 10)
"""Distances of ticks, times a power of ten."""
MINUS = "−"
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Names(NamedTuple):
    """What axes are called: the quantity that was observed, and its unit."""

    quantity: str
    """Such as ``waiting``."""
    unit: str | None
    """Such as ``min``."""

    @classmethod
    def of(cls, result: Comparison, *, label: str | None, unit: str | None) -> Names:
        """Those given, or else those of the comparison's data."""
        return cls.of_source(result.posterior.sample.source, label=label, unit=unit)

    @classmethod
    def of_source(cls, source: Source, *, label: str | None = None, unit: str | None = None) -> Names:
        """Those given, or else those of the data, whose column's name may have the unit in brackets at its end."""
        name = label or source.label
        bracketed = re.fullmatch(r"(.*\S)\s*[(\[]([^()\[\]]+)[)\]]", name, re.DOTALL)
        quantity, found = bracketed.groups() if bracketed else (name, None)
        plain = quantity if label else quantity.replace("$", r"\$")  # the name of a column is no formula
        return cls(plain, unit or (found if label else None) or source.unit or found)

    @property
    def x(self) -> str:
        """Of an axis along the observations."""
        return f"{self.quantity} ({self.units})"

    @property
    def units(self) -> str:
        """The unit, or what stands for it."""
        return self.unit or f"{DATA_UNIT}s"

    @property
    def density(self) -> str:
        """Of an axis upwards of a density."""
        return f"density (per {self.unit or DATA_UNIT})"

    def of_parameter(self, label: str) -> str:
        """Of an axis along a parameter."""
        return "weight (share)" if label == "weight" else f"{label} ({self.units})"


def estimator(result: Comparison) -> str:
    """What a legend calls the estimate."""
    return "estimate" if result.em is None else "EM estimate"


def percent(level: float) -> str:
    """A probability as a legend writes it."""
    return f"{100 * level:g} %"


def credible_interval(result: Comparison) -> str:
    """What a legend calls the credible interval."""
    return f"{percent(result.level)} {'equal-tailed' if result.kind == 'eti' else 'highest-density'} interval"


def finish(ax: Axes, x_label: str, y_label: str, *, ticks: int = 5) -> None:
    """Name the axes, whose limits must be set before, with no more ticks and no longer lines than they have room for.

    A label has its unit in brackets at its end.
    """
    steps = (0.55, 0.35)  # inches that a tick takes at least
    for axis, label, room, step in zip((ax.xaxis, ax.yaxis), (x_label, y_label), inches(ax), steps, strict=True):
        text = label
        if axis.get_scale() == "linear":
            axis.set_major_locator(MaxNLocator(max(2, min(ticks, int(room / step))), steps=STEPS))
            text = _shared_taken_out(axis, label)
        else:
            _set_log_ticks(axis)
        axis.set_label_text(broken(text, room, size=axis.label.get_fontproperties().get_size_in_points()))


def broken(text: str, room: float, *, size: float) -> str:
    """The text in lines of up to ``room`` inches, its unit in a line of its own."""
    # 72 points to an inch, and letters about half as wide as high
    letters = max(1, int(72 * room / (0.52 * size)))
    if len(text) <= letters:
        return text
    name, bracket, unit = text.partition(" (")
    parts = (name, bracket[1:] + unit)
    return "\n".join(line for part in parts for line in textwrap.wrap(part, letters, break_long_words=False))


def finish_bar(bar: Colorbar, label: str) -> None:
    """Name and quieten the bar of a colour scale."""
    bar.set_label(label)
    bar.outline.set_visible(False)


def _shared_taken_out(axis: Axis, label: str) -> str:
    """Take what all ticks share, an offset or a power of ten, into the label: ``mu1 − 1e8 (data units)``."""
    name, _, unit = label.rpartition(" (")
    if not name:
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


class _Above(Legend):
    """A legend above its axes and above what is written over them, such as a title, whenever that was written."""

    def get_bbox_to_anchor(self) -> Bbox:
        """Where the legend's lower left corner lies, pixels."""
        ax: Any = self.axes
        written = (each.get_window_extent() for each in ax.get_children() if isinstance(each, Text) and each.get_text())
        tops = [box.y1 for box in written if box.y0 >= ax.bbox.y1]
        return Bbox.from_bounds(ax.bbox.x0, max([ax.bbox.y1, *tops]), 0, 0)


def legend_above(ax: Axes, *, columns: int = 4) -> None:
    """Put the legend above the axes."""
    _put_above(ax, [ax], columns, inches(ax)[0])


def shared_legend(axes: Sequence[Axes], *, columns: int = 4) -> None:
    """Put one legend for all panels at the top of their (sub)figure, or above the first where nothing makes room."""
    dpi = figure_of(axes).dpi
    if figure_of(axes).get_layout_engine() is None:
        _put_above(axes[0], axes, columns, (max(ax.bbox.x1 for ax in axes) - axes[0].bbox.x0) / dpi)
    else:
        figure: Any = axes[0].figure
        width = figure.bbox.width / dpi
        make = partial(Legend, figure, *_entries(axes), loc="outside upper left", **_look(axes[0], width))
        figure.legends.append(_fitting(make, columns, width * dpi))


def _put_above(ax: Axes, axes: Sequence[Axes], columns: int, width: float) -> None:
    """Put a legend of several axes, so many inches wide, above one of them, or into it where the figure ends there."""
    figure = figure_of(ax)
    room = math.inf if figure.get_layout_engine() else figure.bbox.y1 - ax.bbox.y1
    for size in (width, 0.0):
        make = partial(_Above, ax, *_entries(axes), loc="lower left", borderaxespad=0.2, **_look(ax, size))
        ax.legend_ = _fitting(make, columns, width * figure.dpi)
        if ax.legend_.get_window_extent().height <= room:
            return
    ax.legend(*_entries(axes), loc="best", **_look(ax, 0.0))


def _look(ax: Axes, width: float) -> dict[str, Any]:
    """How a legend of that width in inches looks."""
    look: dict[str, Any] = {"frameon": False, "columnspacing": 1.2, "handlelength": 1.8, "labelcolor": ink(ax)}
    compact = {"fontsize": 7, "handlelength": 1.3, "handletextpad": 0.5, "labelspacing": 0.25}
    return look | (compact if width < NARROW else {})


def _entries(axes: Sequence[Axes]) -> tuple[list[Artist], list[str]]:
    """What the legend shows, each name once."""
    found = {name: handle for ax in axes for handle, name in zip(*ax.get_legend_handles_labels(), strict=True)}
    return [*found.values()], [*found]


def _fitting(make: Callable[..., Legend], columns: int, width: float) -> Legend:
    """The legend in as many columns, up to so many, as a width in pixels has room for."""
    for count in range(columns, 1, -1):
        legend = make(ncols=count)
        if SLACK * legend.get_window_extent().width <= width:
            return legend
    return make(ncols=1)
