"""What a known mistake is: its line of mathematics, how it is made and how it is recognised.

An entry of the catalogue holds all three, so that a new mistake is one entry in one file. The functions that make it
and find it never name it; whoever calls them knows whose they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from mixstudy.data.sample import WeightedSample
from mixstudy.em.fit import EMFit
from mixstudy.faults.case import Case, Match
from mixstudy.faults.draws_case import DrawsCase
from mixstudy.faults.steps import Step
from mixstudy.model import Floats, Parameters

STRONG, CLEAR = 2.0, 1.0
"""Strengths, powers of ten, from which evidence is called strong and clear."""


class Slip(NamedTuple):
    """A right result, wrongly reported; both functions map ``(weight, mu1, mu2, sigma)`` in data units."""

    label: str
    """What tells it from the fault's other slips."""
    on: Literal["weight", "scale", "order"]
    """What it touches."""
    make: Callable[[Floats, WeightedSample], Floats]
    """From the right numbers to those that are reported."""
    undo: Callable[[Floats, WeightedSample], Floats]
    """From the reported numbers to the right ones; NaN where there are none."""


class Making(NamedTuple):
    """What a mistake in an estimate is made from, in centred data units."""

    sample: WeightedSample
    fit: EMFit
    right: Floats
    """EM's estimate, shape ``(4,)``."""
    start: Floats | None
    """Start of the iterations, where it is given."""
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One known mistake."""

    name: str
    """Short phrase."""
    wrong: str
    """The line of mathematics that is wrong."""
    right: str
    """The line that is right."""
    source: str
    """Who made it or wrote about it."""
    advice: str
    """What to look at next."""
    seen_in: Literal["estimate", "data", "draws"] = "estimate"
    """Where it is looked for: four numbers and a trace, the data themselves, or posterior draws."""
    steps: tuple[tuple[str, Step], ...] = ()
    """Variants of the faulty iteration, each with the detail that tells it apart."""
    slips: tuple[Slip, ...] = ()
    """Ways in which right numbers are wrongly reported."""
    stops_right_steps: bool = False
    """Whether every step is right and only the start or the end of the run is not."""
    harmless: bool = False
    """Whether nothing is wrong but the order of the labels."""
    make: Callable[[Making], Iterable[tuple[str, Floats]]] | None = None
    """Makes it in an estimate where it is neither step nor slip: variants and centred numbers."""
    find: Callable[[Case], Iterable[Match]] | None = None
    """Recognises it in an estimate where it is neither step nor slip."""
    make_data: Callable[[Parameters, int, np.random.Generator], Floats] | None = None
    """Draws n observations from the truth by the mistaken recipe."""
    find_in_data: Callable[[WeightedSample, EMFit, Parameters | None], Match | None] | None = None
    """Recognises it in the data; the truth is given where it is known."""
    make_draws: Callable[[EMFit, Floats, np.random.Generator], Floats] | None = None
    """Turns right draws, shape ``(chains, draws, 4)``, into mistaken ones."""
    find_in_draws: Callable[[DrawsCase], Match | None] | None = None
    """Recognises it in posterior draws."""

    @property
    def title(self) -> str:
        """The name as a sentence begins with it."""
        return self.name[0].upper() + self.name[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """A known mistake that explains what was given, and how strongly."""

    fault: Fault
    """The mistake."""
    strength: float
    """Evidence, a power of ten; ``STRONG`` or more only where the fault gives the printed figures themselves."""
    distance: float
    """What is left between the numbers and what the fault gives: standard errors, or as the explanation says."""
    explanation: str
    """What was found, in a sentence or two."""

    @property
    def evidence(self) -> Literal["strong", "clear", "weak"]:
        """The strength in a word."""
        if self.strength >= STRONG:
            return "strong"
        return "clear" if self.strength >= CLEAR else "weak"


def recognised(found: Iterable[tuple[Fault, Match | None]]) -> Iterator[Recognition]:
    """The faults whose marks were found, in the order in which they were looked for."""
    for fault, match in found:
        if match is not None:
            yield Recognition(fault=fault, strength=match.strength, distance=match.distance, explanation=match.text)


def merged(found: Iterable[Recognition]) -> tuple[Recognition, ...]:
    """Keep each fault once, by its strongest evidence, the strongest first."""
    best: dict[str, Recognition] = {}
    for each in found:
        if each.fault.name not in best or each.strength > best[each.fault.name].strength:
            best[each.fault.name] = each
    return tuple(sorted(best.values(), key=lambda r: r.strength, reverse=True))
