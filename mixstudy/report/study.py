"""The report of a replication study: how often the methods agree, and how often they are right."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mixstudy.comparison.verdict import Verdict
from mixstudy.model import LABELS
from mixstudy.report.captions import chosen
from mixstudy.report.document import Block, Document, Facts, Paragraph, Picture, Section, Table
from mixstudy.report.numbers import NOTHING, number, percent
from mixstudy.report.serialise import provenance_pairs
from mixstudy.study.data_set import CHECK_NAMES
from mixstudy.study.summary import CELL, PASSED, cell_table, large_sample, summarise

LARGE, APART = 1000, 3.0
"""Observations, and distance of the means in sigma, from which coverage is held against what it should be."""
MANY = 3.0
"""Monte Carlo errors that twelve coverages may be off: one of them is, by bad luck, in thirty studies."""
FALSE_ALARMS = 0.01
"""Share of right pairs that the verdict may call a disagreement."""
THEORY = -0.5
"""Slope that theory expects of the offset in n, both on log scales."""
KINDS = {"wald": "Wald", "profile": "profile", "credible": "credible"}
"""Intervals whose coverage is told, and what they are called."""
COLUMNS = {
    "apart": "separation",
    "unsure": "inconclusive",
    "no mcmc": "not passed",
    "wald": "Wald coverage",
    "profile": "profile coverage",
    "credible": "credible coverage",
    "s": "seconds",
}
"""Columns of a cell's row by what they are called on a terminal."""


def study_document(
    table: pd.DataFrame, design: Mapping[str, Any], provenance: Mapping[str, object], *, drawn: Collection[str]
) -> Document:
    """Say what a study found.

    ``table`` has a row for each data set; ``drawn`` names the figures that there are, of ``coverage``, ``offsets`` and
    ``verdicts``.
    """
    judged, where = _judged(table)
    shares = _pooled(judged).loc[[(f"{kind} coverage", label) for kind in KINDS for label in LABELS]]
    slopes = large_sample(table)
    theory = judged is not table
    right = bool(((shares["value"] - design["level"]).abs() <= MANY * shares["error"]).all())
    made = (_verdict_picture(table), _coverage_picture(shares), _offset_picture(slopes))
    shown = {picture.name: picture for picture in made if picture.name in drawn}
    return Document(
        title=f"Replication study: {len(table)} simulated data sets",
        answer="replication study",
        sentence=f"{_verdicts(table)} {_covers(shares, design['level'], praised=theory and right, where=where)}",
        tone=_tone(table, right=right or not theory),
        picture=shown.get("verdicts"),
        table=_coverage_table(shares),
        note=f"Coverage in percent ± its Monte Carlo error, in the {len(judged)} data sets {where}. {_slopes(slopes)}",
        sections=(
            Section(title="Cells of the design", blocks=(_cells(table), *chosen(shown, "coverage"))),
            _alarms(table),
            Section(title="EM and the posterior at large n", blocks=(*_theory(slopes), *chosen(shown, "offsets"))),
            _sampler(table),
            failures(table, ("n", "weight", "separation", "prior", "replicate", "seed")),
            Section(title="Design and provenance", blocks=made_by(design, table, provenance)),
        ),
    )


def _judged(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The data sets whose coverage is held against its level, and which they are."""
    large = table[(table["n"] >= LARGE) & (table["separation"] >= APART)]
    if large.empty:
        return table, "of all cells, though none has n and separation enough for coverage to be right"
    return large, f"with n ≥ {LARGE} and means {APART:g} sigma apart or more"


def _tone(table: pd.DataFrame, *, right: bool) -> str:
    if not right or (table["verdict"] == Verdict.DISAGREE.value).mean() > FALSE_ALARMS:
        return "bad"
    return "good" if table["reason"].isna().all() else "warn"


def _pooled(table: pd.DataFrame) -> pd.DataFrame:
    """The summaries of all data sets as if they were one cell, by measure and parameter."""
    return summarise(table.assign(**dict.fromkeys(CELL, 0.0))).set_index(["measure", "parameter"])


def _verdicts(table: pd.DataFrame) -> str:
    agree, disagree, unsure = (int((table["verdict"] == verdict.value).sum()) for verdict in Verdict)
    failed = int(table["reason"].notna().sum())
    return (
        f"Of {len(table)} data sets EM and the posterior agree on {agree} ({percent(agree / len(table))}), disagree on "
        f"{disagree}, and {unsure} are inconclusive{f'; {failed} failed' if failed else ''}."
    )


def _covers(shares: pd.DataFrame, level: float, *, praised: bool, where: str) -> str:
    if shares["value"].isna().all():
        return f"No interval was found in the data sets {where}."
    low, high = shares["value"].min(), shares["value"].max()
    return (
        f"The {percent(level, 'g')} intervals hold the truth in {percent(low)} to {percent(high)} of the data sets "
        f"{where}{', as often as they should' if praised else ''}."
    )


def _slopes(slopes: pd.DataFrame) -> str:
    closed = slopes[np.isfinite(slopes["slope_lower"] + slopes["slope_upper"])] if len(slopes) else slopes
    if closed.empty:
        return "How EM and the posterior mean come together with n can't be told from these data sets."
    hold = int(((closed["slope_lower"] <= THEORY) & (closed["slope_upper"] >= THEORY)).sum())
    return (
        f"Theory says that EM and the posterior mean come together like n to the power {THEORY}, which lies in {hold} "
        f"of the {len(closed)} intervals that the data sets give."
    )


def _coverage_table(shares: pd.DataFrame) -> Table:
    found = {
        (kind, label): f"{number(100 * row['value'], '.1f')} ± {number(100 * row['error'], '.1f')}"
        for kind in KINDS
        for label, row in shares.loc[f"{kind} coverage"].iterrows()
    }
    rows = tuple((label, *(found[kind, label] for kind in KINDS)) for label in LABELS)
    return Table(title="Coverage", header=("parameter", *KINDS.values()), rows=rows)


def _verdict_picture(table: pd.DataFrame) -> Picture:
    told = []
    for apart, rows in table.groupby("separation"):
        shares = (rows["verdict"] == Verdict.AGREE.value).groupby(rows["n"]).mean()
        sizes = ", ".join(f"{percent(share)} at n = {n}" for n, share in shares.items())
        told.append(f"means {apart:g} sigma apart agree on {sizes}")
    alt = f"Bars of the verdicts' shares by n and separation: {'; '.join(told)}."
    return Picture(name="verdicts", caption="Shares of the verdicts in every cell.", alt=alt)


def _coverage_picture(shares: pd.DataFrame) -> Picture:
    known, seen = shares["value"].dropna(), "There are none, as no interval was found."
    if len(known):
        lowest, (measure, label) = min(zip(known, known.index, strict=True))
        worst = f"{KINDS[measure.removesuffix(' coverage')]} intervals of {label}"
        seen = f"In the cells that are judged {worst} hold the truth least often: {percent(lowest)}."
    return Picture(
        name="coverage",
        caption="How often each interval holds the truth, in every cell.",
        alt=f"Dots for the coverage of each kind of interval by n, a panel for each parameter and cell. {seen}",
    )


def _offset_picture(slopes: pd.DataFrame) -> Picture:
    return Picture(
        name="offsets",
        caption="Size of the offset (EM − posterior mean) / posterior sd by n, with theory's slope.",
        alt=f"A line by n for each parameter, a panel for each cell. {_slopes(slopes)}",
    )


def _cells(table: pd.DataFrame) -> Table:
    cells = cell_table(table).rename(columns=COLUMNS)
    formats = {**dict.fromkeys(CELL, ".7g"), "seconds": ".3g"}
    rows = tuple(
        tuple(number(value, formats[name]) if name in formats else percent(value) for name, value in row.items())
        for row in cells.to_dict("records")
    )
    return Table(title="Cells", header=tuple(cells.columns), rows=rows)


def _alarms(table: pd.DataFrame) -> Section:
    found = _pooled(table)["value"]
    fails = {name: float(found[f"fails {name}", ""]) for name in CHECK_NAMES}
    rows = tuple((name, percent(share)) for name, share in fails.items() if share > 0)
    if not rows:
        return Section(title="False alarms", blocks=(Paragraph(text="No check failed on any data set."),))
    table_of = Table(title="False alarms", header=("check", "fails"), rows=rows)
    text = "The data come from the model and both methods are right, so a check that fails is a false alarm"
    return Section(title="False alarms", blocks=(Paragraph(text=f"{text}, but for sampler:"), table_of))


def _theory(slopes: pd.DataFrame) -> tuple[Block, ...]:
    text = (
        f"Large-sample theory: the mean offset falls with slope {THEORY}, and at the largest n the standard error is "
        "the posterior sd. A slope's interval is open where the offset is lost in its noise."
    )
    rows = tuple(
        (
            row["parameter"],
            *(number(row[name]) for name in CELL[1:]),
            _slope(*(row[name] for name in ("slope", "slope_lower", "slope_upper"))),
            "{} ({} to {})".format(*(number(row[name], ".4f") for name in ("ratio", "ratio_lower", "ratio_upper"))),
        )
        for row in slopes.to_dict("records")
    )
    header = ("parameter", *CELL[1:], "slope (95 %)", "s.e. / sd (95 %)")
    return Paragraph(text=text), *((Table(title="Slopes and widths", header=header, rows=rows),) if rows else ())


def _slope(value: float, lower: float, upper: float) -> str:
    """A slope with its interval, where there is one; where that is open below, the slope itself says nothing."""
    if math.isnan(lower):
        return NOTHING
    ends = " to ".join("open" if math.isinf(end) else number(end, ".2f") for end in (lower, upper))
    return f"{NOTHING if math.isinf(lower) else number(value, '.2f')} ({ends})"


def _sampler(table: pd.DataFrame) -> Section:
    again = table["attempts"].fillna("").str.contains(";", regex=False)
    passed = table["sampler_status"] == PASSED
    text = (
        f"The sampler passed its diagnostics on {int(passed.sum())} of {len(table)} data sets: on "
        f"{int((passed & ~again).sum())} as asked, on {int((passed & again).sum())} after it went on by other means."
    )
    return Section(title="Sampler", blocks=(Paragraph(text=text), attempts(table)))


SHOWN = 50
"""Failed data sets that are listed, at most."""


def attempts(table: pd.DataFrame) -> Table:
    """How often each way through the sampler's attempts was taken."""
    counts = table["attempts"].fillna("not reached").value_counts(sort=True)
    rows = tuple((str(count), _in_words(str(way))) for way, count in counts.items())
    return Table(
        title="Attempts of the sampler", header=("data sets", "attempts"), rows=rows, prose=frozenset({"attempts"})
    )


def _in_words(way: str) -> str:
    """``as asked: NOT_MIXED`` as ``as asked: not mixed``."""
    return re.sub(r"\b[A-Z_]{3,}\b", lambda status: status[0].lower().replace("_", " "), way)


def failures(table: pd.DataFrame, columns: tuple[str, ...]) -> Section:
    """The data sets on which something failed, with their reasons."""
    failed = table[table["reason"].notna()]
    if failed.empty:
        return Section(title="Failures", blocks=(Paragraph(text="No data set failed."),))
    rows = tuple(
        (*(number(row[name], ".15g") for name in columns), row["reason"]) for row in failed[:SHOWN].to_dict("records")
    )
    listed = Table(title="Failures", header=(*columns, "reason"), rows=rows, prose=frozenset({"reason"}))
    more = f" The first {SHOWN} are listed; results.parquet has all." if len(failed) > SHOWN else ""
    text = f"{len(failed)} of {len(table)} data sets failed; they keep their row, with the reason.{more}"
    return Section(title="Failures", blocks=(Paragraph(text=text), listed))


def made_by(design: Mapping[str, Any], table: pd.DataFrame, provenance: Mapping[str, object]) -> tuple[Block, ...]:
    """The design, the versions that computed the rows, and what made the report."""
    asked = tuple(
        (name, ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))
        for name, value in design.items()
    )
    versions = (("rows computed by", version) for version in sorted(set(table["versions"].dropna())))
    return (
        Facts(title="Design", pairs=asked),
        Facts(title="What made the report", pairs=(*versions, *provenance_pairs(provenance))),
    )
