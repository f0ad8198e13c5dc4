"""The report of an assessment: are these numbers right, and if not, where is the mistake?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from mixstudy.diagnosis.assessment import Assessment
from mixstudy.diagnosis.draws import DrawsReading, draws_rows
from mixstudy.model import LABELS
from mixstudy.report.captions import chosen
from mixstudy.report.comparison import posterior_section, settings_section
from mixstudy.report.document import Block, Document, Facts, Items, Paragraph, Picture, Section, Table
from mixstudy.report.explanation import ALTERNATIVES, explain, mistakes_title, nearly_as_likely, offset_rows, step_rows
from mixstudy.report.numbers import header, number, rounded, rows
from mixstudy.report.parts import adequacy_section, checks_section, note, provenance_section, tone
from mixstudy.report.reading import OF_FAULTS

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison
    from mixstudy.diagnosis.location import Location

SHOWN = 30
"""Steps that a table has at most: the first of them, and the last."""
FURTHER = ("About the data", "What the posterior adds", "What to look at next")
"""Sections of the explanation that the report takes over, with the first; it tells the others in tables."""


def assessment_document(
    found: Assessment, provenance: Mapping[str, object], *, drawn: Collection[str], title: str | None = None
) -> Document:
    """Say what a check found.

    ``drawn`` names the figures that there are, of ``surface`` and ``steps``; by default the data give the title.
    """
    sample = found.fit.sample
    shown = {name: picture for name, picture in _pictures(found).items() if name in drawn}
    return Document(
        title=title or f"{_subject(found)}: {sample.source.description}",
        answer=found.verdict.value,
        sentence=found.sentence,
        tone=tone(found.verdict, found.adequacy, identified=found.comparison is None or found.comparison.identified),
        picture=shown.get("surface"),
        table=_answer(found),
        note=note(sample, found.checks),
        sections=(
            *_explained(found, {"First": "About the input"}),
            checks_section(found.checks),
            *_where(found, shown),
            *_mistakes(found),
            *(
                (Section(title="The draws", blocks=(_drawn(found.reading),)),)
                if found.reading and not found.alone
                else ()
            ),
            *_explained(found, dict(zip(FURTHER, FURTHER, strict=True))),
            adequacy_section(found.adequacy),
            *_posterior(found.comparison),
            provenance_section(sample, provenance),
        ),
    )


def _subject(found: Assessment) -> str:
    """What was checked."""
    if found.traced:
        return "A check of printed iterations"
    return "A check of posterior draws" if found.draws is not None else "A check of an estimate"


def _explained(found: Assessment, titles: Mapping[str, str]) -> Iterator[Section]:
    for each in explain(found):
        if each.title in titles:
            yield Section(title=titles[each.title], blocks=(Items(lines=each.lines),))


def _answer(found: Assessment) -> Table:
    """What was given beside EM's or, where draws came alone, beside the integral."""
    if found.alone and found.reading is not None:
        return _drawn(found.reading)
    errors = np.array(found.fit.standard_errors)
    given = [row[1] for row in offset_rows(found)]
    rights = [f"{rounded(v, e)} ± {rounded(e, e)}" for v, e in zip(found.fit.parameters, errors, strict=True)]
    offs = [number(value, "+.3g") for value in found.offsets.tolist()]
    rows = tuple(zip(LABELS, given, rights, offs, strict=True))
    return Table(
        title="What was given, and EM's", header=("parameter", "estimate", "EM ± s.e.", "off (s.e.)"), rows=rows
    )


def _drawn(found: DrawsReading) -> Table:
    head, *cells = draws_rows(found)
    return Table(title="The draws, and the integral", header=("parameter", *head[1:]), rows=tuple(cells))


def _where(found: Assessment, shown: Mapping[str, Picture]) -> Iterator[Section]:
    """The sentence of the location, and the steps that it rests on, printed beside right."""
    steps, told = found.steps or found.location, found.location or found.steps
    if steps is None or told is None:
        return
    text = [told.sentence]
    if told.places:
        text.append(f"Look at {' and '.join(place.value for place in told.places)}.")
    if found.steps is None and not steps.wrong.any():
        yield Section(title="Where the mistake is", blocks=(Paragraph(text=" ".join(text)),))
        return
    table = Table(
        title="Steps" if found.steps else "One step from the estimate",
        header=("step", *LABELS),
        rows=tuple(map(tuple, step_rows(steps, shown=SHOWN))),
    )
    blocks = (Paragraph(text=" ".join(text)), table, Paragraph(text=_how_to_read(found, steps), quiet=True))
    title = "Where the mistake is" if told.places else "Step by step"
    yield Section(title=title, blocks=(*blocks, *chosen(shown, "steps")))


def _how_to_read(found: Assessment, steps: Location) -> str:
    text = (
        f"From {'each row' if found.steps else 'the estimate'} one right step was taken. Where it does not give the "
        "printed number, what it gives stands behind that, after “for”."
    )
    count = len(steps.theirs)
    return text if count <= SHOWN else f"{text} The table has the first {SHOWN - 1} of {count} steps, and the last."


def _mistakes(found: Assessment) -> Iterator[Section]:
    """Each likely mistake with its line, wrong and right, and the evidence."""
    blocks: list[Block] = []
    for each in found.told[:ALTERNATIVES]:
        fault = each.fault
        evidence = f"{each.evidence}. {each.explanation}"
        pairs = (("wrong", fault.wrong), ("right", fault.right), ("evidence", evidence), ("source", fault.source))
        read = ("read on", str(OF_FAULTS[fault.name]))
        blocks.append(Facts(title=fault.name, pairs=(("mistake", fault.name), *pairs, read)))
    blocks += [Paragraph(text=text) for text in nearly_as_likely(found.told)]
    if blocks:
        yield Section(title=mistakes_title(found), blocks=(*blocks,))


def _posterior(result: Comparison | None) -> Iterator[Section]:
    """What the posterior says of the estimate and, by its settings, where it comes from."""
    if result is not None:
        table = Table(title="Beside the posterior", header=header(result), rows=tuple(rows(result)))
        yield Section(title="Beside the posterior", blocks=(table,))
        yield posterior_section(result, {})
        yield settings_section(result)


def _pictures(found: Assessment) -> dict[str, Picture]:
    """The figures that there may be, by name."""
    caption = "The log-likelihood over both means, weight and sigma at their best, with the numbers that were checked."
    surface = Picture(name="surface", caption=caption, alt=_seen_on_the_surface(found))
    if found.steps is None:
        return {"surface": surface}
    caption = "What was printed beside what one right step makes of each row before, and by how much they differ."
    return {"surface": surface, "steps": Picture(name="steps", caption=caption, alt=_seen_in_the_steps(found.steps))}


def _seen_on_the_surface(found: Assessment) -> str:
    sd = found.fit.parameters.sigma

    def place(mu1: float, mu2: float) -> str:
        return f"mu1 {rounded(mu1, sd)}, mu2 {rounded(mu2, sd)}"

    maximum, estimate = found.fit.parameters, found.estimate
    text = f"The likelihood is highest at {place(maximum.mu1, maximum.mu2)}."
    if found.draws is not None:
        means = found.draws.reshape(-1, len(LABELS)).mean(axis=0)
        text += f" The draws lie about {place(means[1], means[2])}."
    if found.alone:
        return text
    if found.steps is None:
        return f"{text} The estimate is {place(estimate.mu1, estimate.mu2)}."
    start, last = found.steps.begins[0], found.steps.theirs[-1]
    return f"{text} The printed path leads from {place(start[1], start[2])} to {place(last[1], last[2])}."


def _seen_in_the_steps(steps: Location) -> str:
    wrong = [label for label, bad in zip(LABELS, steps.wrong.any(axis=0), strict=True) if bad]
    if not wrong:
        return f"In all {len(steps.theirs)} steps the printed sigma and the right one lie on each other."
    off = steps.theirs - steps.right
    told = ", ".join(f"{label} by {off[:, LABELS.index(label)][-1]:+.3g} in the last step" for label in wrong)
    return f"The printed numbers part from the right ones: {told}."
