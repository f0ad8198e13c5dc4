"""What the report of a comparison and that of an assessment both say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mixstudy.comparison.verdict import Check, CheckStatus, Verdict
from mixstudy.report.document import Block, Facts, Items, Paragraph, Section, Table
from mixstudy.report.numbers import number
from mixstudy.report.reading import readings
from mixstudy.report.serialise import provenance_pairs

if TYPE_CHECKING:
    from mixstudy.comparison.goodness_of_fit import Adequacy
    from mixstudy.data.sample import WeightedSample

MODEL = "The model: x ~ weight · N(mu1, sigma²) + (1 − weight) · N(mu2, sigma²), mu1 < mu2."

TONES = {Verdict.AGREE: "good", Verdict.INCONCLUSIVE: "warn", Verdict.DISAGREE: "bad"}


def tone(verdict: Verdict, adequacy: Adequacy, *, identified: bool = True) -> str:
    """How the answer is coloured: agreement is a warning where the model does not fit or is hardly identified."""
    return "warn" if verdict is Verdict.AGREE and (adequacy.misfits or not identified) else TONES[verdict]


def note(sample: WeightedSample, checks: Sequence[Check]) -> str:
    """The model, the number of observations, and how the checks came out."""
    counts = [sum(check.status is status for check in checks) for status in CheckStatus]
    told = [f"{count} {status.value}" for count, status in zip(counts, CheckStatus, strict=True) if count]
    return f"{MODEL} n = {sample.n:.15g}; checks: {', '.join(told)}."


def checks_section(checks: Sequence[Check], *further: Block) -> Section:
    """Every check with its status, its number and its sentence, where to read on, and what else is told."""
    table = Table(
        title="Checks",
        header=("check", "status", "value", "what it says"),
        rows=tuple((check.name, check.status.value, number(check.value), check.explanation) for check in checks),
        prose=frozenset({"what it says"}),
    )
    lines = readings(checks)
    where = (Paragraph(text="Read on about what did not pass:"), Items(lines=lines)) if lines else ()
    return Section(title="Checks", blocks=(table, *where, *further))


def adequacy_section(found: Adequacy, *further: Block, seen: tuple[Block, ...] = ()) -> Section:
    """Whether the model fits the data: the answer, what is seen, every finding, and what else is told."""
    table = Table(
        title="Checks of adequacy",
        header=("finding", "value", "p-value", "counts", "what it says"),
        rows=tuple(
            (
                each.name,
                number(each.value),
                number(each.p_value, ".2g"),
                "yes" if each.judged else "no",
                each.explanation,
            )
            for each in found.findings
        ),
        prose=frozenset({"what it says"}),
    )
    threshold = f"A finding that counts is a misfit where its p-value is below {number(found.threshold, '.2g')}."
    findings = (table, Paragraph(text=threshold, quiet=True)) if found.findings else ()
    blocks = (Paragraph(text=found.status.value), *seen, *findings, *further)
    return Section(title="Does the model fit the data?", blocks=blocks)


def provenance_section(sample: WeightedSample, provenance: Mapping[str, object]) -> Section:
    """Where the data came from, and what made the report."""
    source = sample.source
    data = (
        ("data", source.description),
        ("observations", f"{sample.n:.15g}"),
        ("mean, sd", f"{sample.mean:.6g}, {sample.sd:.6g}"),
        ("sha256", source.sha256),
        ("missing, dropped", str(source.dropped)),
        ("seed of the data", "none: not simulated" if source.seed is None else str(source.seed)),
    )
    made = Facts(title="What made this report", pairs=provenance_pairs(provenance))
    return Section(title="Data and provenance", blocks=(Facts(title="Data", pairs=data), made))
