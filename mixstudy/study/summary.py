"""What a study comes to: shares and means for each cell, each with its Monte Carlo error, and large-sample theory.

Large-sample theory (van der Vaart 1998, ch. 10) says that EM and the posterior mean part by less and less,
``(EM - mean) / sd ~ n^(-1/2)``, that standard error and posterior sd become one, and coverage nominal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from mixstudy.comparison.verdict import Verdict
from mixstudy.model import LABELS, Floats
from mixstudy.study.data_set import CHECK_NAMES, INTERVALS, check_column

CELL = ("n", "weight", "separation", "prior")
"""Columns that tell a cell."""
SLOPES: Floats = np.linspace(-3, 1, 801)
"""Slopes that are tried."""
Z = 1.959964
"""Half-width of a 95 % interval in standard errors."""
SOME = 2
"""Pseudo-observations added to both sides of a share for its error (Agresti & Coull 1998): none of 50 isn't 0."""
PASSED = "PASSED"
type Found = dict[str, Any]


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Summaries of every cell of a study's table.

    Shares of verdicts and failures are of all data sets; what concerns EM is of those that it fitted, what concerns the
    posterior of those whose sampler passed.

    Returns:
        One row for each cell, ``measure`` and ``parameter`` (empty where it concerns all): ``value``, ``error`` (its
        Monte Carlo standard error) and ``count``, the data sets behind it.
    """
    found = [
        {**dict(zip(CELL, cell, strict=True)), **row}
        for cell, rows in table.groupby(list(CELL))
        for row in (*_shares(rows), *_figures(rows), *_costs(rows))
    ]
    return pd.DataFrame(found, columns=[*CELL, "measure", "parameter", "value", "error", "count"])


def _share(measure: str, hits: pd.Series | Floats, parameter: str = "") -> Found:
    values = np.asarray(hits, dtype=np.float64)
    k, m = values.sum(), values.size
    p = (k + SOME) / (m + 2 * SOME)
    value = k / m if m else math.nan
    error = math.sqrt(p * (1 - p) / (m + 2 * SOME)) if m else math.nan
    return {"measure": measure, "parameter": parameter, "value": value, "error": error, "count": m}


def _mean(measure: str, values: pd.Series | Floats, parameter: str = "") -> Found:
    array = np.asarray(values, dtype=np.float64)
    array = array[np.isfinite(array)]
    value = float(array.mean()) if array.size else math.nan
    error = float(array.std(ddof=1)) / math.sqrt(array.size) if array.size > 1 else math.nan
    return {"measure": measure, "parameter": parameter, "value": value, "error": error, "count": array.size}


def _root_mean_square(measure: str, values: pd.Series, parameter: str) -> Found:
    found = _mean(measure, values**2, parameter)
    root = math.sqrt(found["value"])
    return {**found, "value": root, "error": found["error"] / (2 * root) if root else 0.0}


def _shares(rows: pd.DataFrame) -> Iterator[Found]:
    for verdict in Verdict:
        yield _share(verdict.value, rows["verdict"] == verdict.value)
    yield _share("identified", rows["identified"].fillna(value=False).astype(bool))
    yield _share("failed", rows["reason"].notna())
    yield _share("em not converged", rows["em_status"] != "CONVERGED")
    yield _share("sampler not passed", rows["sampler_status"] != PASSED)
    yield _share("sampler escalated", rows["attempts"].fillna("").str.contains(";", regex=False))
    for name in CHECK_NAMES:
        yield _share(f"fails {name}", rows[f"{check_column(name)}_status"] == "fail")


def _figures(rows: pd.DataFrame) -> Iterator[Found]:
    passed = rows[rows["sampler_status"] == PASSED]
    for label in LABELS:
        for kind in INTERVALS:
            yield from _interval(passed if kind == "credible" else rows, kind, label)
        for who, some in (("em", rows), ("posterior_mean", passed)):
            error = (some[f"{who}_{label}"] - some[f"truth_{label}"]).dropna()
            yield _mean(f"{who.replace('_', ' ')} bias", error, label)
            yield _root_mean_square(f"{who.replace('_', ' ')} rmse", error, label)
        offset = offsets(passed, label)
        yield _mean("offset", offset, label)
        yield _mean("size of offset", offset.abs(), label)
        yield _mean("width ratio", passed[f"em_se_{label}"] / passed[f"posterior_sd_{label}"], label)


def _interval(rows: pd.DataFrame, kind: str, label: str) -> Iterator[Found]:
    """Coverage, mean length, and the shares with an end that is open or was not found."""
    lower, upper = rows[f"{kind}_lower_{label}"], rows[f"{kind}_upper_{label}"]
    known = lower.notna() & upper.notna()
    truth = rows[f"truth_{label}"]
    yield _share(f"{kind} coverage", ((lower <= truth) & (truth <= upper))[known], label)
    yield _mean(f"{kind} length", (upper - lower)[known], label)
    yield _share(f"{kind} open", np.isinf(upper - lower)[known], label)
    yield _share(f"{kind} missing", ~known, label)


def _costs(rows: pd.DataFrame) -> Iterator[Found]:
    for stage in ("em", "posterior", "comparison", "all"):
        yield _mean(f"seconds {stage}", rows[f"seconds_{stage}"])


def offsets(rows: pd.DataFrame, label: str) -> pd.Series:
    """EM's estimate less the posterior mean, in posterior sds."""
    return (rows[f"em_{label}"] - rows[f"posterior_mean_{label}"]) / rows[f"posterior_sd_{label}"]


def large_sample(table: pd.DataFrame, *, least: int = 1000) -> pd.DataFrame:
    """How fast offset and width ratio settle, from ``n >= least`` on, in cells where all data sets identify components.

    The mean offset is ``c n^slope``; the width ratio is that at the largest n; both with 95 % intervals. Theory expects
    a slope of -1/2 and a ratio of 1.

    Returns:
        A row for each weight, separation, prior and parameter: ``slope``, ``slope_lower``, ``slope_upper``, ``ratio``,
        ``ratio_lower``, ``ratio_upper`` and ``n``, the largest. NaN where there are not three sizes.
    """
    told = table["identified"].eq(other=True).groupby([table[name] for name in CELL]).transform("all")
    rows = table[told & (table["n"] >= least)]
    found = []
    for cell, some in rows.groupby(list(CELL[1:])):
        for label in LABELS:
            where: Mapping[str, object] = dict(zip(CELL[1:], cell, strict=True))
            found.append({**where, "parameter": label, **_slope(some, label), **_ratio(some, label)})
    return pd.DataFrame(found)


def _slope(rows: pd.DataFrame, label: str) -> dict[str, float]:
    """Least squares of the mean offset at each n by ``c n^slope``, ``c`` free, with its profile interval.

    Where the offset is lost in the noise at all sizes but one the interval is open.
    """
    sizes = pd.DataFrame({"n": rows["n"], "offset": offsets(rows, label)}).dropna().groupby("n")["offset"]
    found = sizes.agg(["mean", "var", "size"])
    if len(found) < 3:  # noqa: PLR2004  (a line through two points has no error)
        return dict.fromkeys(("slope", "slope_lower", "slope_upper"), math.nan)
    n, y = found.index.to_numpy(dtype=np.float64), found["mean"].to_numpy()
    weights = (found["size"] / found["var"]).to_numpy()
    curves = (n / n[0]) ** SLOPES[:, None]
    gain = (curves @ (weights * y)) ** 2 / (curves**2 @ weights)
    within = SLOPES[gain >= gain.max() - Z**2]
    lower, upper = (float(end) for end in (within[0], within[-1]))
    return {
        "slope": float(SLOPES[np.argmax(gain)]),
        "slope_lower": lower if lower > SLOPES[0] else -math.inf,
        "slope_upper": upper if upper < SLOPES[-1] else math.inf,
    }


def _ratio(rows: pd.DataFrame, label: str) -> dict[str, float]:
    largest = rows["n"].max()
    some = rows[rows["n"] == largest]
    found = _mean("", some[f"em_se_{label}"] / some[f"posterior_sd_{label}"])
    half = float(stdtrit(max(found["count"] - 1, 1), 0.975)) * found["error"]
    value = found["value"]
    return {"ratio": value, "ratio_lower": value - half, "ratio_upper": value + half, "n": float(largest)}


SHOWN = {
    "agree": "agree",
    "disagree": "disagree",
    "inconclusive": "unsure",
    "sampler not passed": "no mcmc",
    "wald coverage": "wald",
    "profile coverage": "profile",
    "credible coverage": "credible",
    "seconds all": "s",
}
"""Measures that fit a terminal, and what they are called there; the three intervals' are coverages."""


def cell_table(table: pd.DataFrame) -> pd.DataFrame:
    """The summaries that fit a terminal: a row for each cell, coverage averaged over the parameters.

    Columns that are the same in every cell are left out.
    """
    found = summarise(table)
    found["measure"] = found["measure"].map(SHOWN)
    wide = found.groupby([*CELL, "measure"])["value"].mean().unstack("measure")  # noqa: PD010  (one value a place)
    shown = wide[list(SHOWN.values())].reset_index().rename_axis(columns=None)
    same = [name for name in CELL[1:] if len(set(shown[name])) == 1]
    return shown.drop(columns=same).rename(columns={"separation": "apart"})
