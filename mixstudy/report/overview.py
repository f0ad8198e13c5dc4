"""The studies of several files in one folder: a report of each below it, and one table of all on top."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mixstudy.comparison.verdict import Verdict
from mixstudy.model import LABELS
from mixstudy.report.document import Document, Facts, Section, Table
from mixstudy.report.folder import OVERVIEW, folder_names, move, staged, study_layout
from mixstudy.report.numbers import NOTHING, rows
from mixstudy.report.parts import MODEL
from mixstudy.report.render import render_html, render_latex, render_markdown
from mixstudy.report.serialise import plain, provenance_pairs
from mixstudy.report.write import write_report
from mixstudy.study.provenance import provenance as provenance_now

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison

NOT_STUDIED = "not studied"
"""Said in place of a verdict."""
CODES = (Verdict.DISAGREE.exit_code, 2, Verdict.INCONCLUSIVE.exit_code, Verdict.AGREE.exit_code)
"""Exit codes, the worst first: a file that was not read might disagree."""
TONES = dict(zip(CODES, ("bad", "bad", "warn", "good"), strict=True))
RENDERERS = {"md": render_markdown, "tex": render_latex}


@dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """What came of one file."""

    file: str
    """The file, as it was named."""
    outcome: Comparison | str
    """The comparison, or the sentence why there is none."""

    @property
    def exit_code(self) -> int:
        """What the study of this file alone would end with."""
        return 2 if isinstance(self.outcome, str) else self.outcome.verdict.exit_code

    @property
    def verdict(self) -> str:
        """The answer in a word or two."""
        return NOT_STUDIED if isinstance(self.outcome, str) else self.outcome.verdict.value


def worst(studied: Sequence[Studied]) -> int:
    """The exit code of all: 1 where any disagrees, else 2 where any was not studied, else 3, else 0."""
    return min((each.exit_code for each in studied), key=CODES.index)


def write_overview(
    studied: Sequence[Studied], directory: str | Path, *, formats: Sequence[str] = ("html",), title: str | None = None
) -> Path:
    """Write the report of every study and that of all: everything or, on any failure, nothing.

    Returns:
        The path of the report of all in the first of the formats.

    Raises:
        OutputError: The directory can't be created or written, or holds a file that is not ours.
    """
    target, folders = Path(directory).resolve(), folder_names([each.file for each in studied])
    layout = study_layout(target, folders)
    with staged(target, layout) as stage:
        tables = {}
        for each, folder in zip(studied, folders, strict=True):
            if not isinstance(each.outcome, str):
                write_report(each.outcome, stage / folder, formats=formats)
                tables[folder] = each.outcome.table
        made_by = provenance_now()
        content = {"studies": [*map(_as_json, studied, folders)], "provenance": made_by}
        (stage / OVERVIEW).write_text(json.dumps(plain(content), indent=2, allow_nan=False) + "\n", "utf-8")
        pd.concat(tables, names=["folder", "parameter"]).to_csv(stage / "studies.csv")
        document = overview_document(studied, folders, made_by, title=title)
        for name in formats:
            text = render_html(document, {}) if name == "html" else RENDERERS[name](document)
            (stage / f"report.{name}").write_text(text, "utf-8")
        move(stage, target, layout)
    return target / f"report.{formats[0]}"


def _as_json(each: Studied, folder: str) -> dict[str, Any]:
    told = {"file": each.file, "folder": folder, "verdict": each.verdict}
    if isinstance(each.outcome, str):
        return {**told, "sentence": each.outcome, "data": None, "n": None}
    sample = each.outcome.posterior.sample
    return {**told, "sentence": each.outcome.sentence, "data": sample.source.description, "n": sample.n}


def overview_document(
    studied: Sequence[Studied], folders: Sequence[str], provenance: dict[str, Any], *, title: str | None = None
) -> Document:
    """Say what came of every file, side by side.

    A row leads to its folder; by default the title counts the files.
    """
    lines = [
        (line, "" if isinstance(each.outcome, str) else folder)
        for each, folder in zip(studied, folders, strict=True)
        for line in _lines(each)
    ]
    made = Facts(title="What made this report", pairs=provenance_pairs(provenance))
    return Document(
        title=title or f"EM and the posterior, {len(studied)} files",
        answer=f"{len(studied)} studies",
        sentence=_sentence(studied),
        tone=TONES[worst(studied)],
        picture=None,
        table=Table(
            title="All files",
            header=("file", "n", "estimate", *LABELS, "verdict", "why"),
            rows=tuple(line for line, _ in lines),
            links=tuple(folder for _, folder in lines),
            prose=frozenset({"why"}),
        ),
        note=f"{MODEL} Means and sigma are in data units; the name of a file leads to its report.",
        sections=(Section(title="Provenance", blocks=(made,)),),
    )


def _lines(each: Studied) -> tuple[tuple[str, ...], ...]:
    """EM's estimates of a file and under them the posterior's, or why there are none."""
    if isinstance(each.outcome, str):
        return ((each.file, NOTHING, NOTHING, *(NOTHING for _ in LABELS), each.verdict, each.outcome),)
    cells, found = [*rows(each.outcome)], each.outcome
    em, posterior = ([f"{row[k]} ± {row[k + 1]}" for row in cells] for k in (1, 3))
    n = f"{found.posterior.sample.n:.15g}"
    why = found.adequacy.caveat.strip() if found.verdict is Verdict.AGREE else found.sentence
    return (
        (each.file, n, "EM ± s.e.", *em, each.verdict, why),
        (each.file, n, "posterior ± sd", *posterior, "", ""),
    )


def _sentence(studied: Sequence[Studied]) -> str:
    """How many files came out how, the worst first."""
    verdicts = (Verdict.DISAGREE.value, NOT_STUDIED, Verdict.INCONCLUSIVE.value, Verdict.AGREE.value)
    counts = {verdict: sum(each.verdict == verdict for each in studied) for verdict in verdicts}
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    return f"Of {len(studied)} files: {told}."
