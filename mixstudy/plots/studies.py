"""Figures of studies: coverage, offsets and verdicts by n, the power of the checks, and the ranks of a calibration."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import cycle
from typing import Any, Literal

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from mixstudy.model import LABELS, Floats
from mixstudy.plots.labels import finish, percent, shared_legend
from mixstudy.plots.style import (
    BAND,
    BLUE,
    GREEN,
    ORANGE,
    TICK_SIZE,
    VERMILION,
    WIDTH,
    collection,
    ground,
    ink,
    is_first,
    own_style,
    panels,
    shade,
)

KINDS: dict[str, dict[str, Any]] = {
    "wald": {"color": VERMILION, "marker": "o"},
    "profile": {"color": ORANGE, "marker": "s"},
    "bootstrap": {"color": GREEN, "marker": "D"},
    "credible": {"color": BLUE, "marker": "o", "fillstyle": "none"},
}
"""How each kind of interval is drawn."""
PARAMETERS: dict[str, dict[str, Any]] = {
    "weight": {"color": ORANGE, "marker": "o"},
    "mu1": {"color": VERMILION, "marker": "s"},
    "mu2": {"color": BLUE, "marker": "D"},
    "sigma": {"color": GREEN, "marker": "^"},
}
"""How each parameter is drawn."""
VERDICTS: dict[str, dict[str, Any]] = {
    "agree": {"color": BLUE},
    "inconclusive": {"color": "#BBBBBB"},
    "disagree": {"color": VERMILION, "hatch": "///", "edgecolor": "white"},
}
"""How each verdict is drawn, from below."""
CELL = {"separation": "{:g} sigma apart", "weight": "weight {:g}", "prior": "prior × {:g}"}
"""What tells two cells of the same n apart, and how it is written."""
BESIDE = 1.18
"""Factor in n between the marks of two kinds of interval, so that they don't hide each other."""
BESIDE_EACH_OTHER = 3
"""Panels that have room beside each other in a figure of the usual width."""
HEADROOM = 0.03
"""Room in the figure of coverage beyond the marks."""
SMALLEST_OFFSET = 1e-3
"""Offsets below this, or not told from Monte Carlo error, are drawn here."""
OUTSIDE = "outside the catalogue"
"""What the row of mistakes without a name is called."""
Z = 1.959964
"""Half-width of a 95 % interval in standard errors."""
THEORY = 3.0
"""Where the line of theory's slope would be at one observation: above the marks."""


@own_style
def plot_coverage(
    summary: pd.DataFrame, axes: Sequence[Axes] | None = None, *, level: float = 0.95
) -> tuple[Axes, ...]:
    """Draw coverage by n with its 95 % intervals (Wilson 1927): a row for each cell, a panel for each parameter.

    Args:
        summary: From ``mixstudy.study.summary.summarise``.
        axes: Four for each cell, in reading order.
        level: The probability that the intervals aim at.
    """
    cells = _cells(summary)
    axes = panels(axes, len(cells), len(LABELS), height=1.2 + 1.5 * len(cells), width=1.5 * WIDTH)
    rows = summary[summary["measure"].isin([f"{kind} coverage" for kind in KINDS])]
    ends = rows["n"].min() / BESIDE**3, rows["n"].max() * BESIDE**3
    for number, ax in enumerate(axes):
        (title, cell), label = cells[number // len(LABELS)], LABELS[number % len(LABELS)]
        of_cell = rows[_of_cell(rows, cell)]
        _draw_coverage(of_cell[of_cell["parameter"] == label], ax)
        ax.axhline(level, color=ink(ax), linewidth=0.8, linestyle=":", label=percent(level))
        lowest = np.nanmin(wilson(of_cell["value"] * of_cell["count"], of_cell["count"])[0], initial=level)
        ax.set(xscale="log", xlim=ends, ylim=(max(0.0, lowest) - HEADROOM, 1 + HEADROOM))
        bottom, column = number >= len(axes) - len(LABELS), number % len(LABELS)
        finish(ax, "observations" if bottom else "", "coverage (share)" if column == 0 else "")
        if column == len(LABELS) - 1:
            ax.text(1.03, 0.5, title, rotation=270, va="center", transform=ax.transAxes, fontsize=TICK_SIZE)
        ax.set_title(label if number < len(LABELS) else "")
    shared_legend(axes, columns=5)
    return axes


def _draw_coverage(rows: pd.DataFrame, ax: Axes) -> None:
    """The kinds of interval side by side at each n."""
    for place, (kind, style) in enumerate(KINDS.items()):
        some = rows[rows["measure"] == f"{kind} coverage"]
        n = some["n"] * BESIDE ** (place - (len(KINDS) - 1) / 2)
        bars: dict[str, Any] = {"linestyle": "", "markersize": 4, "elinewidth": 1.0, "label": kind}
        low, high = wilson(some["value"] * some["count"], some["count"])
        ax.errorbar(n, some["value"], [some["value"] - low, high - some["value"]], **bars, **style)


def wilson(hits: pd.Series, of: pd.Series) -> tuple[Floats, Floats]:
    """Ends of the 95 % interval of a share, within 0 and 1 (Wilson 1927); NaN of none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share, spread = np.asarray(hits / of), np.asarray(Z**2 / of)
        middle = (share + spread / 2) / (1 + spread)
        half = np.sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    return np.minimum(middle - half, share), np.maximum(middle + half, share)


@own_style
def plot_offsets(table: pd.DataFrame, axes: Sequence[Axes] | None = None) -> tuple[Axes, ...]:
    """Draw the root mean square of (EM - posterior mean) / posterior sd by n, a panel for each cell.

    Monte Carlo error is taken off; where nothing is left the mark is hollow and at the bottom. Large-sample theory
    expects the slope of the dotted line, ``n^(-1/2)``.
    """
    from mixstudy.study.summary import PASSED  # here, as a report of one comparison does without

    cells = _cells(table)
    axes = panels(axes, 1, len(cells), height=3.2, width=WIDTH * max(1.0, len(cells) / BESIDE_EACH_OTHER))
    for ax, (title, cell) in zip(axes, cells, strict=True):
        rows = table[_of_cell(table, cell)]
        _draw_offsets(rows[rows["sampler_status"] == PASSED], ax)
        n = np.array([rows["n"].min(), rows["n"].max()])
        ax.loglog(n, THEORY / np.sqrt(n), color=ink(ax), linestyle=":", linewidth=1.2, label="slope −1/2")
        ax.set_title(title)
    _share_limits(axes)
    for ax in axes:
        finish(ax, "observations", "|EM − posterior mean| (sds)" if ax is axes[0] else "")
    shared_legend(axes, columns=5)
    return axes


def _draw_offsets(rows: pd.DataFrame, ax: Axes) -> None:
    """A line for each parameter, hollow marks where Monte Carlo error hides the offset."""
    from mixstudy.study.summary import offsets

    for label, style in PARAMETERS.items():
        noise = rows[f"mcse_mean_{label}"] / rows[f"posterior_sd_{label}"]
        squares = (offsets(rows, label) ** 2 - noise**2).groupby(rows["n"]).mean()
        told = squares > SMALLEST_OFFSET**2
        ax.loglog(squares.index, np.sqrt(squares.where(told)), markersize=4, linewidth=1.0, label=label, **style)
        hollow = {**style, "markersize": 4, "markerfacecolor": ground(ax), "linestyle": ""}
        ax.loglog(squares.index[~told], np.full((~told).sum(), SMALLEST_OFFSET), **hollow)


@own_style
def plot_verdicts(summary: pd.DataFrame, axes: Sequence[Axes] | None = None) -> tuple[Axes, ...]:
    """Draw the shares of the verdicts by n, a panel for each cell."""
    cells = _cells(summary)
    axes = panels(axes, 1, len(cells), height=2.8, width=WIDTH * max(1.0, len(cells) / BESIDE_EACH_OTHER))
    for ax, (title, cell) in zip(axes, cells, strict=True):
        some = summary[_of_cell(summary, cell)]
        shares = some[some["parameter"] == ""].pivot_table(index="n", columns="measure", values="value")
        base = np.zeros(len(shares))
        for verdict, style in VERDICTS.items():
            ax.bar(np.arange(len(shares)), shares[verdict], bottom=base, width=0.7, label=verdict, **style)
            base += shares[verdict].to_numpy()
        ax.set_title(title)
        finish(ax, "observations", "share of data sets" if ax is axes[0] else "")
        ax.set_xticks(
            np.arange(len(shares)), [f"{n:,}" for n in shares.index], rotation=45, ha="right", rotation_mode="anchor"
        )
        ax.set_ylim(0, 1)
    shared_legend(axes)
    return axes


def _cells(rows: pd.DataFrame) -> list[tuple[str, dict[str, float]]]:
    """The cells other than by n: a title of what differs among them, and the values."""
    found = rows[[*CELL]].drop_duplicates().sort_values([*CELL])
    telling = [name for name in CELL if name == "separation" or len(set(found[name])) > 1]
    cells = [dict(zip(CELL, values, strict=True)) for values in found.to_numpy(dtype=np.float64).tolist()]
    return [(", ".join(CELL[name].format(cell[name]) for name in telling), cell) for cell in cells]


def _of_cell(rows: pd.DataFrame, cell: dict[str, float]) -> pd.Series:
    """Which rows belong to the cell."""
    return (rows[[*cell]] == pd.Series(cell)).all(axis=1)


def _share_limits(axes: Sequence[Axes]) -> None:
    """Give all panels the limits that hold the marks of every one."""
    for get, set_ in (("get_xlim", "set_xlim"), ("get_ylim", "set_ylim")):
        ends = np.array([getattr(ax, get)() for ax in axes])
        for ax in axes:
            getattr(ax, set_)(ends[:, 0].min(), ends[:, 1].max())


@own_style
def plot_power(
    summary: pd.DataFrame, axes: Sequence[Axes] | None = None, *, measure: Literal["disagree", "named"] = "disagree"
) -> tuple[Axes, ...]:
    """Draw how often each mistake was seen, with its 95 % interval: a row for each, a panel for each n.

    The mistakes stand in the order of their shares, the right pair above them. A mark pools the weights of one
    separation; those outside the catalogue, which have no name, share a row.

    Args:
        summary: From ``mixstudy.study.power.power_summary``.
        axes: One for each n, in their order.
        measure: Verdict ``disagree``, or the mistake ``named`` among the first.
    """
    shares = _pooled(summary, measure)
    sizes, rows = sorted(shares["n"].unique()), _in_order(shares)
    axes = panels(axes, 1, len(sizes), height=0.27 * len(rows) + 1.2, width=1.65 * WIDTH)
    for ax, n in zip(axes, sizes, strict=True):
        _draw_power(shares[shares["n"] == n], rows, ax)
        ax.set(title=f"n = {n:,}", xlim=(-0.04, 1.04), ylim=(len(rows) - 0.5, -0.5))
        finish(ax, "named (share)" if measure == "named" else "disagree (share)", "")
        names = [textwrap.fill(name, 32) for name in ("right pair", *rows[1:])]
        ax.set_yticks(range(len(rows)), names if ax is axes[0] else [""] * len(rows))
        ax.tick_params(axis="y", length=0)
        ax.axhline(0.5, color=ink(ax), linewidth=0.6)
    shared_legend(axes)
    return axes


def _pooled(summary: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Hits and how many counted, for each fault, n and separation; what can't be named counts for no naming."""
    from mixstudy.study.unknown import PREFIX  # here, as it takes the diagnosis along

    some = summary[summary[measure].notna() | (summary["counted"] == 0)]
    hits = (some[measure] * some["counted"]).fillna(0)
    fault = some["fault"].mask(some["fault"].str.startswith(PREFIX), OUTSIDE)
    rows = some.assign(hits=hits, fault=fault).groupby(["fault", "n", "separation"])[["hits", "counted"]].sum()
    return rows.rename(columns={"counted": "of"}).reset_index()


def _in_order(shares: pd.DataFrame) -> list[str]:
    """The right pair, then the mistakes from the one most often seen to the one that moves nothing."""
    sums = shares.groupby("fault")[["hits", "of"]].sum()
    order = (sums["hits"] / sums["of"]).drop("none", errors="ignore").sort_values(ascending=False, na_position="last")
    return ["none", *map(str, order.index)]


def _draw_power(shares: pd.DataFrame, rows: list[str], ax: Axes) -> None:
    """The separations side by side in the row of each mistake, and a line under every row."""
    separations = sorted(shares["separation"].unique())
    seen = shares.groupby("fault")["of"].sum()
    for place, fault in enumerate(rows):
        if seen.get(fault, 0):
            ax.hlines(place, 0, 1, color=shade(ax), linewidth=0.6, zorder=0)
        else:
            ax.text(0.5, place, "moves no estimate", ha="center", va="center", fontsize=TICK_SIZE)
    for place, (separation, style) in enumerate(zip(separations, cycle(PARAMETERS.values()), strict=False)):
        some = shares[(shares["separation"] == separation) & (shares["of"] > 0)]
        up = some["fault"].map(rows.index) + 0.24 * (place - (len(separations) - 1) / 2)
        low, high = wilson(some["hits"], some["of"])
        share = some["hits"] / some["of"]
        bars: dict[str, Any] = {"linestyle": "", "markersize": 3.5, "elinewidth": 1.0}
        ax.errorbar(share, up, xerr=[share - low, high - share], **bars, **style, label=f"{separation:g} sigma apart")


@own_style
def plot_ranks(
    table: pd.DataFrame, axes: Sequence[Axes] | None = None, *, by: Literal["chains", "integral"] = "chains"
) -> tuple[Axes, ...]:
    """Draw the ECDFs of a calibration's ranks less uniform with their simultaneous bands (ArviZ's ``plot_ecdf_pit``).

    Args:
        table: Of a calibration.
        axes: One for each of ``mixstudy.study.calibrate.QUANTITIES``.
        by: Ranks among draws of the chains, where they passed, or of the integral.
    """
    from mixstudy.study.calibrate import QUANTITIES, ecdf_band, ranked  # here, as it takes PyMC along

    rows = ranked(table, by)
    axes = _rank_panels() if axes is None else panels(axes, 1, len(QUANTITIES), height=0.0)
    ranks = xr.Dataset({name: ("sample", rows[name].to_numpy()) for name in QUANTITIES})
    az.plot_ecdf_pit(
        xr.DataTree.from_dict({"/prior_sbc": ranks}),
        sample_dims=["sample"],
        plot_collection=collection(ranks, axes),
        visuals={
            "ecdf_lines": {"color": BLUE, "width": 1.6},
            **dict.fromkeys(("title", "xlabel", "p_value_text", "remove_axis", "suspicious_points"), False),
        },
    )
    at, lower, upper = ecdf_band(len(rows))  # ArviZ 1.3's own "envelope" fails under NumPy 2.5
    for ax, name in zip(axes, QUANTITIES, strict=True):
        ax.fill_between(at, lower - at, upper - at, color=BAND, linewidth=0, zorder=-1)
        ax.set_title(name.replace("_", "-"))
        finish(ax, "truth's rank (share)", "ECDF less uniform" if is_first(ax) else "")
    return axes


def _rank_panels() -> tuple[Axes, ...]:
    """Axes for the five quantities, in two rows."""
    *axes, spare = panels(None, 2, 3, height=3.8)
    spare.remove()
    return tuple(axes)
