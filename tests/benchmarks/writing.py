"""Results as tables, as JSON, as the PAGE's section and its figure; each file is written whole or not at all."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from goals import Results, goals
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from measuring import Benchmark, Row, shown, table

from mixstudy.plots.labels import legend_above
from mixstudy.plots.style import BLUE, GREEN, TEXT, VERMILION, WIDTH

BEGIN, END = "<!-- benchmarks:begin -->", "<!-- benchmarks:end -->"
RESULTS = Path("tests/benchmarks/results.json")
PAGE = Path("notebooks/benchmarks.md")
COST = Path("notebooks/figures/cost.png")


def as_table(benchmark: Benchmark, rows: Iterable[Row]) -> str:
    """All columns of a benchmark."""
    return table([*benchmark.columns], [[row.get(key) for key in benchmark.columns.values()] for row in rows])


def goal_table(results: Results) -> str:
    """What was asked for beside what was measured."""
    rows = goals(results)
    return table(["what", "at least", "aim", "measured"], rows) if rows else ""


def stored(root: Path, machine: Row) -> dict[str, Row]:
    """What was measured before on this machine with these versions, by benchmark."""
    path = root / RESULTS
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return before["benchmarks"] if before.get("machine") == machine else {}


def write_all(root: Path, machine: Row, benchmarks: dict[str, Row]) -> None:
    """Write the results, the figure and the PAGE's section."""
    results: Results = {name: found["rows"] for name, found in benchmarks.items()}
    text = json.dumps({"machine": machine, "benchmarks": benchmarks}, indent=1)
    _write(root / RESULTS, (text + "\n").encode())
    drawn = {"em", "nuts", "size"} <= set(results)
    if drawn:
        _write(root / COST, _cost_figure(results))
    before, _, rest = (root / PAGE).read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        msg = f"{PAGE} must hold the markers {BEGIN} and {END}"
        raise ValueError(msg)
    section = _section(machine, benchmarks, results, drawn=drawn)
    _write(root / PAGE, f"{before}{BEGIN}\n{section}\n{END}{after}".encode())


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def _section(machine: Row, benchmarks: dict[str, Row], results: Results, *, drawn: bool) -> str:
    """The PAGE's section: what was asked for, EM, NUTS, everything against n."""
    dates = sorted({found["date"] for found in benchmarks.values()})
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items() if name != "mixstudy")
    parts = [f"*{machine['cpu']}, {machine['cores']} cores, {' and '.join(dates)}; {versions}.*", goal_table(results)]
    if drawn:
        parts.append(f"![Seconds against the number of observations]({COST.relative_to(PAGE.parent)})")
    for name, brief in (("em", _em_table), ("nuts", _nuts_table), ("size", _size_table)):
        if name in results:
            parts.append(brief(results[name]))
    return "\n\n".join(parts)


def _em_table(rows: list[Row]) -> str:
    headings = [f"{row['separation']:g} sigma apart" for row in rows if row["n"] == rows[0]["n"]]
    by_size = groupby(sorted(rows, key=lambda row: row["n"]), key=lambda row: row["n"])
    lines = [[n, *(_both(row) for row in group)] for n, group in by_size]
    caption = (
        "EM from the raw data, scikit-learn `tied` → mixstudy, to the same likelihood (≈: extrapolated from a tenth)"
    )
    return f"{caption}:\n\n{table(['n', *headings], lines)}"


def _both(row: Row) -> str:
    about = "≈ " if row["extrapolated"] else ""
    seconds = f"{about}{row['sklearn_s']:.2g} s → {row['mixstudy_s']:.2g} s"
    return f"{seconds}, {about}{shown(float(f'{row["ratio"]:.2g}'))} ×"


def _nuts_table(rows: list[Row]) -> str:
    columns = {"NUTS": "sampler", "n": "n", "compile s": "compile_s", "sample s": "seconds", "min bulk ESS": "ess"}
    columns["ESS/s"] = "ess_per_s"
    return table([*columns], [[row[key] for key in columns.values()] for row in rows])


def _size_table(rows: list[Row]) -> str:
    columns = {"mixstudy, n": "n", "points": "points", "compress s": "compress_s", "EM s": "em_s", "NUTS s": "seconds"}
    columns["ESS/s"] = "ess_per_s"
    return table([*columns], [[row[key] for key in columns.values()] for row in rows])


def _cost_figure(results: Results) -> bytes:
    """Seconds against n, log-log: ours with and without NUTS, scikit-learn's EM, nutpie on raw data."""
    figure = Figure(figsize=(WIDTH, 3.8), layout="constrained")
    ax = figure.subplots()
    slow = sorted((row["n"], row["seconds"]) for row in results["nuts"] if row["sampler"] == "nutpie, raw data")
    apart = [row for row in results["em"] if row["separation"] == 5 and not row["extrapolated"]]
    points_and_em = [(row["n"], row["compress_s"] + row["em_s"]) for row in results["size"]]
    all_three = [(row["n"], row["compress_s"] + row["em_s"] + row["seconds"]) for row in results["size"]]
    _line(ax, slow, "nutpie on raw data: NUTS", color=GREEN, linestyle="-.", marker="^")
    _line(
        ax,
        [(row["n"], row["sklearn_s"]) for row in apart],
        "scikit-learn: EM",
        color=VERMILION,
        linestyle="--",
        marker="s",
    )
    _line(ax, all_three, "mixstudy: compression, EM and NUTS", color=BLUE, linestyle="-", marker="o", linewidth=3.2)
    _line(
        ax,
        points_and_em,
        "mixstudy: compression and EM",
        color=BLUE,
        linestyle="-",
        marker="o",
        markerfacecolor="white",
    )
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("observations n", fontsize=9, color=TEXT)
    ax.set_ylabel("time (seconds, after compilation)", fontsize=9, color=TEXT)
    ax.tick_params(which="both", labelsize=8, color=TEXT, labelcolor=TEXT)
    ax.spines[["top", "right"]].set_visible(False)
    legend_above(ax, columns=2)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    return buffer.getvalue()


def _line(ax: Axes, places: list[tuple[float, float]], label: str, **style: object) -> None:
    ax.plot(*zip(*places, strict=True), label=label, markersize=5, **({"linewidth": 1.6} | style))
