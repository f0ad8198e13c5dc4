"""An assessment in words: what is wrong, why, what is right, and what to look at next. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mixstudy.comparison.goodness_of_fit import AdequacyStatus
from mixstudy.comparison.verdict import CheckStatus, Verdict
from mixstudy.diagnosis.assessment import Assessment
from mixstudy.diagnosis.location import Location
from mixstudy.faults.fault import CLEAR, Recognition
from mixstudy.model import LABELS
from mixstudy.report.reading import readings

SHOWN = 8
"""Steps of a trace that a terminal shows in a table: the first of them, and the last."""
FIGURES = range(6, 17)
"""Figures with which a number is written: as few as tell it from the right one."""
CLOSE = 0.1
"""Offset in standard errors up to which a parameter is called right."""
ALTERNATIVES = 3
"""Mistakes that are explained in full."""


class Section(NamedTuple):
    """A heading and what stands below it."""

    title: str
    lines: tuple[str, ...]


def explain(found: Assessment) -> tuple[Section, ...]:
    """What is wrong, right and doubtful, and what to do next; sections without content are left out."""
    told = found.told
    failed = [f"{c.name}: {c.explanation}" for c in found.checks if c.status is CheckStatus.FAIL]
    unsure = [f"{c.name}: {c.explanation}" for c in found.checks if c.status is CheckStatus.BORDERLINE]
    sections = (
        Section("First", found.notes),
        Section("What failed", tuple(failed)),
        Section("What is in doubt", tuple(unsure)),
        Section("Where the mistake is", tuple(_where(found))),
        Section(mistakes_title(found), tuple(_faults(told))),
        Section("About the data", tuple(_about_the_data(found))),
        Section("What is right", tuple(_right(found))),
        Section("What the posterior adds", _posterior_adds(found)),
        Section("What to look at next", tuple(_next(found))),
        Section("Where to read on", readings(found.checks, (each.fault.name for each in told[:ALTERNATIVES]))),
    )
    return tuple(section for section in sections if section.lines)


def mistakes_title(found: Assessment) -> str:
    """The heading of the mistakes: what leaves the numbers right is none."""
    if found.verdict is Verdict.AGREE and not all(each.fault.harmless for each in found.told):
        return "Too little to matter here"
    return "The likely mistake" if len(found.told) == 1 else "The likely mistakes"


def _faults(told: tuple[Recognition, ...]) -> Iterator[str]:
    """Each mistake with its line of mathematics, wrong and right, and the evidence."""
    for number, each in enumerate(told[:ALTERNATIVES], 1):
        fault = each.fault
        yield f"{number}. {fault.title} ({each.evidence} evidence)"
        yield f"   wrong: {fault.wrong}"
        yield f"   right: {fault.right}"
        yield f"   {each.explanation}"
        yield f"   Source: {fault.source}."
    yield from nearly_as_likely(told)


def nearly_as_likely(told: tuple[Recognition, ...]) -> tuple[str, ...]:
    """The mistakes that are not explained in full, in a sentence; none where there are none."""
    rest = ", ".join(each.fault.name for each in told[ALTERNATIVES:])
    return (f"Nearly as likely on these data: {rest}.",) if rest else ()


def _where(found: Assessment) -> Iterator[str]:
    """The location, and where to look."""
    location = found.location
    if location is None or not location.places:
        return
    yield location.sentence
    yield f"Look at {' and '.join(place.value for place in location.places)}."


def step_rows(location: Location, *, shown: int = SHOWN) -> list[list[str]]:
    """A row for each step: its number, then each printed number, with the right one behind it where they part."""
    count = len(location.theirs)
    chosen = range(count) if count <= shown else (*range(shown - 1), count - 1)
    return [[f"{k + 1}", *_cells(location, k)] for k in chosen]


def _cells(location: Location, step: int) -> Iterator[str]:
    rows = (location.theirs[step].tolist(), location.right[step].tolist(), location.wrong[step].tolist())
    for theirs, right, wrong in zip(*rows, strict=True):
        yield _told_apart(theirs, right) if wrong else f"{theirs:.6g}"


def _told_apart(theirs: float, right: float) -> str:
    pairs = ((f"{theirs:.{figures}g}", f"{right:.{figures}g}") for figures in FIGURES)
    return " for ".join(next((pair for pair in pairs if pair[0] != pair[1]), (f"{theirs!r}", f"{right!r}")))


def _about_the_data(found: Assessment) -> Iterator[str]:
    """Oddities with their way out, and what would fit better."""
    for each in found.oddities:
        yield f"{each.name[0].upper()}{each.name[1:]}: {each.sentence} {each.advice}"
    if found.alternative is not None:
        yield found.alternative.sentence


def _right(found: Assessment) -> Iterator[str]:
    close = [label for label, off in zip(LABELS, found.offsets, strict=True) if abs(off) <= CLOSE]
    if found.verdict is Verdict.DISAGREE and close and not found.alone:
        yield f"{', '.join(close)}: within {CLOSE:g} standard errors of EM's."
    yield from (f"{c.name}: {c.explanation}" for c in found.checks if c.status is CheckStatus.PASS)


def _posterior_adds(found: Assessment) -> tuple[str, ...]:
    """What does not change the verdict."""
    supplement = found.comparison and found.comparison.supplement
    return supplement.sentences if supplement else ()


def _next(found: Assessment) -> Iterator[str]:
    told = found.told
    yield from (each.fault.advice for each in told[:ALTERNATIVES] if each.strength >= CLEAR)
    if not found.right and not told and not found.traced:
        yield "No mistake of the catalogue explains these numbers. Pass every iteration by --trace, if you have them."
    if found.adequacy.status is AdequacyStatus.MISFIT and all(each.fault.seen_in != "data" for each in told):
        yield "Plot a histogram of the data with the fitted density over it: where they part, the model is wrong."
    if found.adequacy.status is AdequacyStatus.ONE_WILL_DO:
        yield "Ask whether there are two groups at all; more data would tell."
    if found.verdict is Verdict.INCONCLUSIVE and found.right:
        yield (
            "Give the estimate with all its figures." if found.rounding > CLOSE else "Collect more data, or draw more."
        )
    if found.verdict is Verdict.AGREE and found.comparison is None and not found.alone:
        yield "Leave out --no-mcmc to hear the posterior as well."


def offset_rows(found: Assessment) -> list[list[str]]:
    """A row for each parameter: label, estimate, EM's, its standard error, and the offset in standard errors."""
    columns = zip(
        LABELS, found.estimate, found.fit.parameters, found.fit.standard_errors, found.offsets.tolist(), strict=True
    )
    return [[label, *(f"{value:.6g}" for value in row), f"{off:+.3g}"] for label, *row, off in columns]
