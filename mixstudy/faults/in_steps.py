"""Mistakes in the E-step or the M-step: a part of the iteration is replaced."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from mixstudy.faults.case import SLACK, Case, Match
from mixstudy.faults.fault import Fault
from mixstudy.faults.following import rests
from mixstudy.faults.identities import gap, means_have_met, off_the_identities, root_mean_square
from mixstudy.faults.steps import RIGHT, hard, make_step, nearer, precedence, unweighted

ORIGIN = "the origin: a forum question, 'Expectation Maximization in Python'"
SIGMA = "s^2 = sum [ r (x - mu1)^2 + (1 - r) (x - mu2)^2 ] / n"
E_STEP = "r = w N(x; mu1, s) / ( w N(x; mu1, s) + (1 - w) N(x; mu2, s) )"
MET = 0.8
"""Strength of what may have let the means meet: weak, and below that of a start on the saddle."""
EVEN = "the weight goes to 1/2"
SIGMA_SWAPPED = make_step(swapped="sigma")


def _even_and_met(case: Case) -> Iterator[Match]:
    """Where the means meet, an E-step that does not see the weight sets it to 1/2."""
    if means_have_met(case):
        uneven = abs(case.estimate[0] - 0.5) * math.sqrt(case.information[0, 0])
        away = max(off_the_identities(case), uneven)
        if away <= SLACK * case.rounding:
            yield Match(f"{EVEN}; {gap(case)}", away, MET, exact=True)


def _creeps(case: Case) -> bool:
    """Whether sigma's swapped update hardly moves the estimate, which a right step would move."""
    swapped, right = (case.distance(step(case.data, case.estimate) - case.estimate) for step in (SIGMA_SWAPPED, RIGHT))
    return swapped < 0.01 * right and not rests(RIGHT, case)


def _met_at_once(case: Case) -> Iterator[Match]:
    """A mean updated by the other's responsibilities equals it at once; a sigma so updated grows till they meet."""
    if means_have_met(case):
        weight = case.estimate[0]
        away = case.distance(case.estimate - np.array([weight, 0, 0, root_mean_square(case.data)]))
        if away <= SLACK * case.rounding or _creeps(case):
            yield Match(gap(case), min(away, case.rounding), MET, exact=True)


STEP_FAULTS = (
    Fault(
        name="sigma from one component",
        wrong="s^2 = sum r (x - mu1)^2 / sum r",
        right=SIGMA,
        source=ORIGIN,
        advice="Add the other component's squared residuals and divide by n.",
        steps=(
            ("component 1", make_step(spread=lambda s: math.sqrt(s.squares1 / s.n1))),
            ("component 2", make_step(spread=lambda s: math.sqrt(s.squares2 / s.n2))),
        ),
    ),
    Fault(
        name="precedence in the exponent",
        wrong="exp(-(x - mu)**2 / 2 * s**2)",
        right="exp(-(x - mu)**2 / (2 * s**2))",
        source=ORIGIN,
        advice="Check that the density integrates to 1 at a sigma other than 1.",
        steps=(("in the E-step", make_step(respond=precedence)),),
    ),
    Fault(
        name="weights left out of the E-step",
        wrong="r = N(x; mu1, s) / ( N(x; mu1, s) + N(x; mu2, s) )",
        right=E_STEP,
        source="Dempster, Laird & Rubin 1977 for the right step",
        advice="With equal means every responsibility should equal the weight; here it would be 1/2.",
        steps=(("", make_step(respond=unweighted)),),
        find=_even_and_met,
    ),
    Fault(
        name="hard assignment",
        wrong="r = 1[ w N(x; mu1, s) > (1 - w) N(x; mu2, s) ]",
        right=E_STEP,
        source="classification EM, Celeux & Govaert 1992; its bias, Bryant & Williamson 1978",
        advice="Look at the responsibilities between the means: they should pass through all values from 1 to 0.",
        steps=(
            ("by the likelier component", make_step(respond=hard)),
            ("by the nearer mean, as k-means does", make_step(respond=nearer)),
        ),
    ),
    Fault(
        name="sigma divided by n - 2",
        wrong="s^2 = sum [ r (x - mu1)^2 + (1 - r) (x - mu2)^2 ] / (n - 2)",
        right=SIGMA,
        source="the pooled variance of a t-test",
        advice="Maximum likelihood divides by n; the difference matters only at small n.",
        steps=(("", make_step(spread=lambda s: math.sqrt((s.squares1 + s.squares2) / (s.n1 + s.n2 - 2)))),),
    ),
    Fault(
        name="sigma divided by n1",
        wrong="s^2 = sum [ r (x - mu1)^2 + (1 - r) (x - mu2)^2 ] / sum r",
        right=SIGMA,
        source="half of the correction of a sigma that is taken from one component",
        advice="Both components stand in the sum, so both counts stand below it.",
        steps=(
            ("the count of component 1", make_step(spread=lambda s: math.sqrt((s.squares1 + s.squares2) / s.n1))),
            ("the count of component 2", make_step(spread=lambda s: math.sqrt((s.squares1 + s.squares2) / s.n2))),
        ),
    ),
    Fault(
        name="responsibilities swapped in one update",
        wrong="w = sum (1 - r) / n in the loop",
        right="w = sum r / n",
        source="a slip between r and 1 - r",
        advice="Take one step from the right answer by hand: every parameter should stay where it is.",
        steps=(("the weight's, or those of both means", make_step(swapped="weight")),),
        find=_even_and_met,
    ),
    Fault(
        name="responsibilities swapped in one mean's or sigma's update",
        wrong="mu1 = sum (1 - r) x / sum (1 - r), so that mu1 = mu2 (or mu2 with r; or sigma with r and 1 - r swapped)",
        right="mu1 = sum r x / sum r,  mu2 = sum (1 - r) x / sum (1 - r)",
        source="a slip between r and 1 - r",
        advice="Print both means after the first iteration: they are equal where one of them uses the other's r.",
        steps=tuple((f"{label}'s", make_step(swapped=label)) for label in ("mu1", "mu2", "sigma")),
        find=_met_at_once,
    ),
)
