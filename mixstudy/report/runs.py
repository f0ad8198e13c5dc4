"""What the reports of many simulated data sets share: attempts of the sampler, failures, design and provenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mixstudy.report.content import provenance_pairs
from mixstudy.report.document import Block, Facts, Paragraph, Section, Table
from mixstudy.report.numbers import number

SHOWN = 50
"""Failed data sets that are listed, at most."""


def attempts(table: pd.DataFrame) -> Table:
    """How often each way through the sampler's attempts was taken."""
    counts = table["attempts"].fillna("not reached").value_counts(sort=True)
    rows = tuple((str(count), str(way)) for way, count in counts.items())
    return Table(
        title="Attempts of the sampler", header=("data sets", "attempts"), rows=rows, prose=frozenset({"attempts"})
    )


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
