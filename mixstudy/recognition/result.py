"""What recognition answers, and the rules by which a mistake is named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mixstudy.faults import Fault

TEN_TIMES = 1.0
"""Strength from which a fault is named: a chance match of four numbers is then one in 10 000."""
ALIKE = 0.5
"""Strengths closer than this (a factor of 3) do not tell two faults apart."""
SLACK = 1.5
"""Rounding distances that count as rounding: the last step of an iteration and second-order terms come on top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """A known mistake that explains what was given, and how strongly."""

    fault: Fault
    """The mistake."""
    strength: float
    """Evidence, log10 of how many times nearer the fault comes than the right answer does."""
    distance: float
    """What is left between the numbers and what the fault gives: standard errors, or as the explanation says."""
    explanation: str
    """What was found, in a sentence or two."""


def merged(found: Iterable[Recognition]) -> tuple[Recognition, ...]:
    """Keep each fault once, by its strongest evidence, the strongest first."""
    best: dict[str, Recognition] = {}
    for each in found:
        if each.fault.name not in best or each.strength > best[each.fault.name].strength:
            best[each.fault.name] = each
    return tuple(sorted(best.values(), key=lambda r: r.strength, reverse=True))
