"""One check, one verdict: what every judgement in the package is made of.

A check looks at evidence and answers with a number, a status and a sentence. A verdict is the ruling of the first rule
that applies to the evidence and to the names of the checks that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

RARE = 0.001
"""Tail probability at which a distance counts as a failure rather than bad luck."""


class Verdict(Enum):
    """The answer in one word."""

    AGREE = "agree"
    DISAGREE = "disagree"
    INCONCLUSIVE = "inconclusive"

    @property
    def exit_code(self) -> int:
        """What the commands ``study`` and ``check`` exit with; 2 is bad input."""
        return {"agree": 0, "disagree": 1, "inconclusive": 3}[self.value]


class CheckStatus(Enum):
    """How one check came out."""

    PASS = "pass"
    BORDERLINE = "borderline"
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"


class Outcome(NamedTuple):
    """How a check came out."""

    status: CheckStatus
    """Whether it passed."""
    value: float
    """The number it looked at; NaN where there is none."""
    explanation: str
    """One sentence: what was found and what it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check, answered."""

    name: str
    """As it stands in tables, such as ``inside interval``."""
    status: CheckStatus
    """How it came out."""
    value: float
    """The number it looked at; NaN where there is none."""
    explanation: str
    """One sentence: what was found and what it means."""


type Ruling = tuple[Verdict, str]
"""A verdict and the sentence that gives its reason."""
type Looks[E] = Callable[[E], Outcome | None]
"""What a check does: None where the evidence holds nothing that it could look at."""
type Rule[E] = Callable[[E, tuple[str, ...]], Ruling | None]
"""A rule: from evidence and the failed checks' names to a ruling; None where it does not apply."""


def run_checks[E](evidence: E, checks: Mapping[str, Looks[E]]) -> tuple[Check, ...]:
    """The answers of all checks that the evidence has something for, in their order, under their names."""
    outcomes = {name: look(evidence) for name, look in checks.items()}
    return tuple(Check(name=name, **found._asdict()) for name, found in outcomes.items() if found is not None)


def judge[E](evidence: E, checks: Iterable[Check], rules: Iterable[Rule[E]]) -> Ruling:
    """The ruling of the first rule that applies; the last one always does."""
    failed = tuple(check.name for check in checks if check.status is CheckStatus.FAIL)
    return next(ruling for rule in rules if (ruling := rule(evidence, failed)) is not None)


def tail_status(beyond: float, unusual: float) -> CheckStatus:
    """How a tail probability comes out: next to impossible, unusual, or neither."""
    if beyond < RARE:
        return CheckStatus.FAIL
    return CheckStatus.BORDERLINE if beyond < unusual else CheckStatus.PASS
