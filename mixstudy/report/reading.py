"""Where to read on: the section of a lesson or a document that explains a check, or a mistake of the catalogue.

The lessons and documents are in the folder ``notebooks`` of the repository. A test holds that each section is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from mixstudy.comparison.verdict import Check, CheckStatus


class Reading(NamedTuple):
    """A section of a document."""

    document: str
    """Name of the file."""
    section: str
    """How its heading begins."""

    def __str__(self) -> str:
        return f"notebooks/{self.document}, section “{self.section}”"


WRONG = "01-what-went-wrong.ipynb"
SCRATCH = "03-em-from-scratch.ipynb"
PYMC = "04-the-same-model-in-pymc.ipynb"
AGREE = "05-do-they-agree.ipynb"
POINTS = "06-a-hundred-million-points.ipynb"
MATHEMATICS = "mathematics.md"
OF_CHECKS: Mapping[str, Reading] = {
    "likelihood": Reading(SCRATCH, "2. Why every step goes up"),
    "printed likelihood": Reading(SCRATCH, "2. Why every step goes up"),
    "data": Reading(WRONG, "4.1 Heights are not a sample"),
    "trace": Reading(SCRATCH, "1. If only the labels were known"),
    "draws": Reading(PYMC, "3. Draw, and look at the chains"),
    "sampler": Reading(PYMC, "3. Draw, and look at the chains"),
    "verified": Reading(MATHEMATICS, "The posterior"),
    "inside interval": Reading(AGREE, "1. A right pair"),
    "offset": Reading(AGREE, "2. A fault"),
    "width": Reading(AGREE, "1. A right pair"),
    "joint": Reading(AGREE, "1. A right pair"),
    "challengers": Reading(AGREE, "2. A fault"),
    "stationary": Reading(SCRATCH, "9. When to stop"),
    "truth": Reading(AGREE, "6. They agree, and both are wrong"),
    "adequacy": Reading(AGREE, "5. Real data"),
    "compression": Reading(POINTS, "3. The certificate"),
}
"""Of each check of somebody's numbers and of a comparison."""
OF_FAULTS: Mapping[str, Reading] = {
    "heights used as data": Reading(WRONG, "4.1 Heights are not a sample"),
    "the randn sampler": Reading(WRONG, "5. The answer that was still wrong"),
    "sigma from one component": Reading(WRONG, "4.3 Sigma is shared"),
    "precedence in the exponent": Reading(WRONG, "4.2 Precedence"),
    "weights left out of the E-step": Reading(SCRATCH, "1. If only the labels were known"),
    "hard assignment": Reading(SCRATCH, "1. If only the labels were known"),
    "sigma divided by n - 2": Reading(WRONG, "4.3 Sigma is shared"),
    "sigma divided by n1": Reading(WRONG, "4.3 Sigma is shared"),
    "responsibilities swapped in one update": Reading(SCRATCH, "1. If only the labels were known"),
    "responsibilities swapped in one mean's or sigma's update": Reading(SCRATCH, "1. If only the labels were known"),
    "variance reported as sigma": Reading(WRONG, "1. The student's program"),
    "precision reported as sigma": Reading(WRONG, "1. The student's program"),
    "swapped labels": Reading(WRONG, "4.4 The start decides the labels"),
    "weight of the other component": Reading(WRONG, "4.4 The start decides the labels"),
    "results left in standard units": Reading(MATHEMATICS, "EM"),
    "sigma left unshared": Reading(SCRATCH, "3. Why a shared sigma"),
    "a start that falls into the saddle": Reading(SCRATCH, "5. The saddle"),
    "a lower maximum": Reading(MATHEMATICS, "EM"),
    "too few iterations": Reading(WRONG, "4.5 Fifty iterations"),
    "a loose tolerance": Reading(SCRATCH, "9. When to stop"),
    "float32": Reading(MATHEMATICS, "EM"),
    "unordered means": Reading(PYMC, "6. Labels that switch"),
    "a prior far too tight": Reading(PYMC, "2. What the prior believes"),
    "a likelihood counted more or less than once": Reading(AGREE, "6. They agree, and both are wrong"),
    "a chain stopped in warm-up": Reading(PYMC, "3. Draw, and look at the chains"),
    "chains in different modes": Reading(PYMC, "6. Labels that switch"),
    "a chain that stands still": Reading(PYMC, "3. Draw, and look at the chains"),
}
"""Of each mistake of the catalogue."""


def readings(checks: Sequence[Check], faults: Iterable[str] = ()) -> tuple[str, ...]:
    """Where to read on about mistakes that were named and checks that did not pass, each section once."""
    told: dict[Reading, list[str]] = {}
    for name, reading in _wanted(checks, faults):
        told.setdefault(reading, []).append(name)
    return tuple(f"{', '.join(names)}: {reading}" for reading, names in told.items())


def _wanted(checks: Sequence[Check], faults: Iterable[str]) -> Iterator[tuple[str, Reading]]:
    yield from ((name, OF_FAULTS[name]) for name in faults)
    open_questions = (CheckStatus.FAIL, CheckStatus.BORDERLINE)
    yield from ((each.name, OF_CHECKS[each.name]) for each in checks if each.status in open_questions)
