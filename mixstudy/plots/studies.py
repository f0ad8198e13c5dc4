"""Figures of studies: coverage, offsets and verdicts by n, the power of the checks, and the ranks of a calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from mixstudy.model import LABELS, Floats
from mixstudy.plots.style import (
    BAND,
    BAR,
    BLUE,
    GREEN,
    LABEL_SIZE,
    ORANGE,
    TEXT,
    TICK_SIZE,
    VERMILION,
    WIDTH,
    collection,
    finish,
    finish_bar,
    panels,
    percent,
    shared_legend,
)

KINDS: dict[str, dict[str, Any]] = {
    "wald": {"color": VERMILION, "marker": "o"},
    "profile": {"color": ORANGE, "marker": "s"},
    "bootstrap": {"color": GREEN, "marker": "D"},
    "credible": {"color": BLUE, "marker": "o", "markerfacecolor": "white"},
}
"""How each kind of interval is drawn."""
PARAMETERS: dict[str, dict[str, Any]] = {
    "weight": {"color": TEXT, "marker": "o"},
    "mu1": {"color": VERMILION, "marker": "s"},
    "mu2": {"color": BLUE, "marker": "D"},
    "sigma": {"color": GREEN, "marker": "^"},
}
"""How each parameter is drawn."""
VERDICTS: dict[str, dict[str, Any]] = {
    "agree": {"color": BLUE},
    "inconclusive": {"color": BAR},
    "disagree": {"color": VERMILION, "hatch": "///", "edgecolor": "white"},
}
"""How each verdict is drawn, from below."""
CELL = {"separation": "{:g} sigma apart", "weight": "weight {:g}", "prior": "prior × {:g}"}
"""What tells two cells of the same n apart, and how it is written."""
BESIDE = 1.18
"""Factor in n between the marks of two kinds of interval, so that they don't hide each other."""
HEADROOM = 0.03
"""Room in the figure of coverage beyond the marks."""
DARK = 0.5
"""Share from which its field is so dark that the number on it is white."""
SMALLEST_OFFSET = 1e-3
"""Offsets below this, or not told from Monte Carlo error, are drawn here."""
THEORY = 3.0
"""Where the line of theory's slope would be at one observation: above the marks."""


def plot_coverage(
    summary: pd.DataFrame, axes: Sequence[Axes] | None = None, *, level: float = 0.95
) -> tuple[Axes, ...]:
    """Draw coverage by n with bars of two Monte Carlo errors: a row for each cell, a panel for each parameter.

    Args:
        summary: From ``mixstudy.study.summary.summarise``.
        axes: Four for each cell, in reading order.
        level: The probability that the intervals aim at.
    """
    cells = _cells(summary)
    axes = panels(axes, len(cells), len(LABELS), height=1.2 + 1.5 * len(cells), width=1.3 * WIDTH)
    rows = summary[summary["measure"].isin([f"{kind} coverage" for kind in KINDS])]
    lowest = max(0.0, float((rows["value"] - 2 * rows["error"]).min()) - HEADROOM)
    ends = rows["n"].min() / BESIDE**3, rows["n"].max() * BESIDE**3
    for number, ax in enumerate(axes):
        (title, cell), label = cells[number // len(LABELS)], LABELS[number % len(LABELS)]
        _draw_coverage(rows[_of_cell(rows, cell) & (rows["parameter"] == label)], ax)
        ax.axhline(level, color="black", linewidth=0.8, linestyle=":", label=percent(level))
        ax.set(xscale="log", xlim=ends, ylim=(lowest, 1 + HEADROOM))
        bottom, column = number >= len(axes) - len(LABELS), number % len(LABELS)
        finish(ax, "observations" if bottom else "", "coverage (share)" if column == 0 else "")
        if column == len(LABELS) - 1:
            ax.text(1.03, 0.5, title, rotation=270, va="center", transform=ax.transAxes, fontsize=TICK_SIZE)
        ax.set_title(label if number < len(LABELS) else "", fontsize=LABEL_SIZE, color=TEXT)
    shared_legend(axes, columns=5)
    return axes


def _draw_coverage(rows: pd.DataFrame, ax: Axes) -> None:
    """The kinds of interval side by side at each n."""
    for place, (kind, style) in enumerate(KINDS.items()):
        some = rows[rows["measure"] == f"{kind} coverage"]
        n = some["n"] * BESIDE ** (place - (len(KINDS) - 1) / 2)
        bars: dict[str, Any] = {"linestyle": "", "markersize": 4, "elinewidth": 1.0, "label": kind}
        ax.errorbar(n, some["value"], 2 * some["error"], **bars, **style)


def plot_offsets(table: pd.DataFrame, axes: Sequence[Axes] | None = None) -> tuple[Axes, ...]:
    """Draw the root mean square of (EM - posterior mean) / posterior sd by n, a panel for each cell.

    Monte Carlo error is taken off; where nothing is left the mark is hollow and at the bottom. Large-sample theory
    expects the slope of the dotted line, ``n^(-1/2)``.
    """
    from mixstudy.study.summary import PASSED  # here, as a report of one comparison does without

    cells = _cells(table)
    axes = panels(axes, 1, len(cells), height=3.2, width=max(WIDTH, 2.4 * len(cells)))
    for ax, (title, cell) in zip(axes, cells, strict=True):
        rows = table[_of_cell(table, cell)]
        _draw_offsets(rows[rows["sampler_status"] == PASSED], ax)
        n = np.array([rows["n"].min(), rows["n"].max()])
        ax.loglog(n, THEORY / np.sqrt(n), color="black", linestyle=":", linewidth=1.2, label="slope −1/2")
        ax.set_title(title, fontsize=LABEL_SIZE, color=TEXT)
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
        hollow = {**style, "markersize": 4, "markerfacecolor": "white", "linestyle": ""}
        ax.loglog(squares.index[~told], np.full((~told).sum(), SMALLEST_OFFSET), **hollow)


def plot_verdicts(summary: pd.DataFrame, axes: Sequence[Axes] | None = None) -> tuple[Axes, ...]:
    """Draw the shares of the verdicts by n, a panel for each cell."""
    cells = _cells(summary)
    axes = panels(axes, 1, len(cells), height=2.8, width=max(WIDTH, 2.4 * len(cells)))
    for ax, (title, cell) in zip(axes, cells, strict=True):
        some = summary[_of_cell(summary, cell)]
        shares = some[some["parameter"] == ""].pivot_table(index="n", columns="measure", values="value")
        base = np.zeros(len(shares))
        for verdict, style in VERDICTS.items():
            ax.bar(np.arange(len(shares)), shares[verdict], bottom=base, width=0.7, label=verdict, **style)
            base += shares[verdict].to_numpy()
        ax.set_title(title, fontsize=LABEL_SIZE, color=TEXT)
        finish(ax, "observations", "share of data sets" if ax is axes[0] else "")
        ax.set_xticks(np.arange(len(shares)), [f"{n:,}" for n in shares.index], rotation=30)
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


def plot_power(summary: pd.DataFrame, axes: Sequence[Axes] | None = None) -> tuple[Axes, ...]:
    """Draw how often the verdict was *disagree*: a row for each mistake, a column for each cell, a panel for each n.

    Shares other than 0 and 1 are written in; a dot marks a cell in which not one data set counts.
    """
    sizes = sorted(summary["n"].unique())
    faults = ["none", *sorted(set(summary["fault"]) - {"none"})]
    axes = panels(axes, 1, len(sizes), height=0.22 * len(faults) + 1.8, width=1.4 * WIDTH)
    for ax, n in zip(axes, sizes, strict=True):
        shares = summary[summary["n"] == n].set_index(["separation", "weight", "fault"])["disagree"].unstack("fault")  # noqa: PD010  (one value a place)
        shares = shares.T.reindex(faults)
        image = ax.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, edgecolors="white", linewidth=1)
        _write_shares(ax, shares.to_numpy())
        ax.set_title(f"n = {n:,}", fontsize=LABEL_SIZE, color=TEXT)
        finish(ax, "", "")
        labels = [f"{separation:g} σ, {weight:g}" for separation, weight in shares.columns]
        ax.set_xticks(np.arange(len(labels)) + 0.5, labels, rotation=90)
        names = ["right pair", *faults[1:]] if ax is axes[0] else []
        ax.set_yticks(np.arange(len(faults)) + 0.5 if names else [], names)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.invert_yaxis()
    axes[len(axes) // 2].set_xlabel("separation of the means, weight of the lower component", fontsize=LABEL_SIZE)
    finish_bar(axes[0].figure.colorbar(image, ax=axes, pad=0.01), "disagree (share of data sets)")
    return axes


def _write_shares(ax: Axes, shares: Floats) -> None:
    for (row, column), share in np.ndenumerate(shares):
        if np.isnan(share):
            ax.plot(column + 0.5, row + 0.5, ".", color=TEXT, markersize=2)
        elif 0 < share < 1:
            text = f"{share:.2f}".removeprefix("0")
            colour = "white" if share > DARK else TEXT
            ax.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=6, color=colour)


def plot_ranks(table: pd.DataFrame, axes: Sequence[Axes] | None = None, *, passed: bool = True) -> tuple[Axes, ...]:
    """Draw the ECDFs of a calibration's ranks less uniform with their simultaneous bands (ArviZ's ``plot_ecdf_pit``).

    Args:
        table: Of a calibration.
        axes: One for each of ``mixstudy.study.calibrate.QUANTITIES``.
        passed: Data sets whose sampler passed; False shows those whose sampler did not.
    """
    from mixstudy.study.calibrate import PASSED, QUANTITIES, ecdf_band  # here, as it takes PyMC along

    rows = table[(table["sampler_status"] == PASSED) == passed].dropna(subset=["u_weight"])
    axes = panels(axes, 1, len(QUANTITIES), height=2.2, width=1.5 * WIDTH)
    ranks = xr.Dataset({name: ("sample", rows[f"u_{name}"].to_numpy()) for name in QUANTITIES})
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
        ax.set_title(name.replace("_", "-"), fontsize=LABEL_SIZE, color=TEXT)
        finish(ax, "rank of the truth (share)", "ECDF less uniform" if ax is axes[0] else "")
    return axes
