"""The checks of a comparison: each answers with a number, a status and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

RARE = 0.001
"""Tail probability at which a distance counts as a failure rather than bad luck."""


class Verdict(Enum):
    """The answer in one word."""

    AGREE = "agree"
    DISAGREE = "disagree"
    INCONCLUSIVE = "inconclusive"


class CheckStatus(Enum):
    """How one check came out."""

    PASS = "pass"
    BORDERLINE = "borderline"
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of the comparison."""

    name: str
    """Which check."""
    status: CheckStatus
    """How it came out."""
    value: float
    """The number it looked at; NaN where there is none."""
    explanation: str
    """One sentence: what was found and what it means."""


def tail_status(beyond: float, unusual: float) -> CheckStatus:
    """How a tail probability comes out: next to impossible, unusual, or neither."""
    if beyond < RARE:
        return CheckStatus.FAIL
    return CheckStatus.BORDERLINE if beyond < unusual else CheckStatus.PASS
