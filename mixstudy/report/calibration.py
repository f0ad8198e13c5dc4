"""The report of a calibration: do the ranks of the truth in its posterior come out as they should?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from mixstudy.report.document import Document, Paragraph, Picture, Section, Table
from mixstudy.report.numbers import number, percent
from mixstudy.report.study import attempts, failures, made_by
from mixstudy.study.calibrate import PASSED, calibration_summary

EXPLAINED = (
    "The truth is drawn from the prior and the data from the truth; then the truth's rank among draws of the posterior "
    "is uniform, where the posterior is right (Talts et al. 2018). Each band holds all ranks of a right posterior in "
    "95 % of calibrations, so that one of five may leave its band by chance."
)
SHARES = ("not_passed", "escalated")
"""Columns of the summary that are shares."""
HIDDEN = ("data_sets", "inside")
"""Columns of the summary that others tell as well."""
COLUMNS = {"not_passed": "not passed", "outside": "points outside", "largest": "largest difference"}
"""What columns of the summary are called."""
FEW = 20
"""Ranks below this many say next to nothing."""
CHANCE = 1
"""Quantities, of five, that may leave their band by chance."""


def calibration_document(
    table: pd.DataFrame, design: Mapping[str, Any], provenance: Mapping[str, object], *, drawn: Collection[str]
) -> Document:
    """Say what a calibration found; arguments as ``study_document``'s, drawn of ``ranks`` and ``ranks-not-passed``."""
    found = calibration_summary(table)
    together = found[found["n"] == "all"]
    astray = together.loc[~together["inside"], "quantity"].tolist()
    passed, others = _picture("ranks", together, drawn), _picture("ranks-not-passed", together, drawn)
    ranked = int(together["ranked"].iloc[0])
    kept = int((table["sampler_status"] == PASSED).sum())
    text = f"The sampler passed its diagnostics on {kept} of {len(table)} data sets; only their ranks are counted."
    sampler = (Paragraph(text=text), attempts(table), *((others,) if others else ()))
    return Document(
        title=f"Calibration: {len(table)} truths from the prior",
        answer="calibration",
        sentence=_sentence(astray, ranked),
        tone="good" if not astray else "warn" if len(astray) <= CHANCE or ranked < FEW else "bad",
        picture=passed,
        table=_table("All data sets", together[["quantity", "outside", "largest"]]),
        note=EXPLAINED,
        sections=(
            Section(title="By number of observations", blocks=(_table("Ranks", found.drop(columns=list(HIDDEN))),)),
            Section(title="Sampler", blocks=sampler),
            failures(table, ("n", "replicate", "seed")),
            Section(title="Design and provenance", blocks=made_by(design, table, provenance)),
        ),
    )


def _sentence(astray: list[str], ranked: int) -> str:
    if ranked < FEW:
        return f"The ranks of {ranked} data sets are too few to tell whether the posterior is calibrated."
    if not astray:
        return f"Calibrated: in {ranked} data sets the truth's ranks keep to their band, whatever is ranked."
    return f"In {ranked} data sets the truth's ranks leave their band for {', '.join(astray)}."


def _picture(name: str, together: pd.DataFrame, drawn: Collection[str]) -> Picture | None:
    if name not in drawn:
        return None
    if name != "ranks":
        return Picture(
            name=name,
            caption="The same where the sampler did not pass.",
            alt="Ranks of the data sets whose sampler did not pass its diagnostics, against the same band.",
        )
    told = "; ".join(
        f"{row['quantity']} {'stays inside' if row['inside'] else 'leaves'} its band, {row['largest']:.3f} off at most"
        for row in together.to_dict("records")
    )
    return Picture(
        name=name,
        caption="Distribution function of the truth's ranks less the uniform one, with its 95 % simultaneous band.",
        alt=f"A line and a band about zero for each quantity: {told}.",
    )


def _table(title: str, rows: pd.DataFrame) -> Table:
    header = tuple(COLUMNS.get(name, name) for name in rows.columns)
    cells = tuple(tuple(_cell(name, value) for name, value in row.items()) for row in rows.to_dict("records"))
    return Table(title=title, header=header, rows=cells)


def _cell(name: object, value: Any) -> str:  # noqa: ANN401  (a number or a word)
    if isinstance(value, str):
        return value
    return percent(value) if name in SHARES else number(value)
