"""The report of a calibration: do the ranks of the truth in its posterior come out as they should?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from mixstudy.report.document import Document, Paragraph, Picture, Section, Table
from mixstudy.report.numbers import number
from mixstudy.report.study import attempts, failures, made_by
from mixstudy.study.calibrate import BY, CHAINS, INTEGRAL, RankedBy, calibration_summary

EXPLAINED = (
    "The truth is drawn from the prior and the data from the truth; then the truth's rank among draws of the posterior "
    "is uniform, where the posterior is right (Talts et al. 2018). Each band holds all ranks of a right posterior in "
    "95 % of calibrations, so that one of ten may leave its band by chance. Chains count where they passed, the "
    "integral where it can be trusted; the data alone decide on that, so the ranks stay uniform."
)
COLUMNS = {"by": "ranked by", "outside": "points outside", "largest": "largest difference"}
"""What columns of the summary are called."""
FEW = 20
"""Ranks below this many say next to nothing."""
CHANCE = 1
"""Quantities, of ten, that may leave their band by chance."""


def calibration_document(
    table: pd.DataFrame, design: Mapping[str, Any], provenance: Mapping[str, object], *, drawn: Collection[str]
) -> Document:
    """Say what a calibration found; arguments as ``study_document``'s, drawn of ``chains`` and ``integral``."""
    found = calibration_summary(table)
    together = found[found["n"] == "all"]
    counts = {by: int(together.loc[together["by"] == by, "ranked"].iloc[0]) for by in BY}
    judged = together[together["ranked"] >= FEW]
    astray = [f"{row['quantity']} by the {row['by']}" for row in judged[~judged["inside"]].to_dict("records")]
    text = f"Of {len(table)} data sets the chains passed on {counts[CHAINS]} and the integral can be trusted on "
    integral = _picture(INTEGRAL, together, drawn)
    blocks = (Paragraph(text=f"{text}{counts[INTEGRAL]}."), attempts(table), *((integral,) if integral else ()))
    return Document(
        title=f"Calibration: {len(table)} truths from the prior",
        answer="calibration",
        sentence=_sentence(astray, counts),
        tone="warn" if judged.empty or 0 < len(astray) <= CHANCE else "bad" if astray else "good",
        picture=_picture(CHAINS, together, drawn),
        table=_table("All data sets", together[["by", "quantity", "outside", "largest"]]),
        note=EXPLAINED,
        sections=(
            Section(
                title="By number of observations",
                blocks=(_table("Ranks", found.drop(columns=["data_sets", "inside"])),),
            ),
            Section(title="Chains and integral", blocks=blocks),
            failures(table, ("n", "replicate", "seed")),
            Section(title="Design and provenance", blocks=made_by(design, table, provenance)),
        ),
    )


def _sentence(astray: list[str], counts: Mapping[RankedBy, int]) -> str:
    told = " and ".join(f"{count} by the {by}" for by, count in counts.items() if count >= FEW)
    if not told:
        return f"The ranks of {max(counts.values())} data sets are too few to tell whether the posterior is calibrated."
    if not astray:
        return f"Calibrated: the truth's ranks ({told}) keep to their band, whatever is ranked."
    return f"The truth's ranks ({told}) leave their band for {', '.join(astray)}."


def _picture(by: str, together: pd.DataFrame, drawn: Collection[str]) -> Picture | None:
    if by not in drawn:
        return None
    told = "; ".join(
        f"{row['quantity']} {'stays inside' if row['inside'] else 'leaves'} its band, {row['largest']:.3f} off at most"
        for row in together[together["by"] == by].to_dict("records")
    )
    return Picture(
        name=by,
        caption=f"Distribution function of the truth's ranks by the {by}, less the uniform one, with its 95 % "
        "simultaneous band.",
        alt=f"A line and a band about zero for each quantity: {told}.",
    )


def _table(title: str, rows: pd.DataFrame) -> Table:
    header = tuple(COLUMNS.get(name, name) for name in rows.columns)
    cells = tuple(
        tuple(value if isinstance(value, str) else number(value) for value in row.values())
        for row in rows.to_dict("records")
    )
    return Table(title=title, header=header, rows=cells)
