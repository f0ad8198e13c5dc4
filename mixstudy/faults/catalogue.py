"""The catalogue: each mistake with the line of mathematics that is wrong, the right one, and its source."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mixstudy.data.text import glance, html_glance
from mixstudy.faults.steps import FEW, Step, hard, make_step, nearer, pooled, precedence, unweighted
from mixstudy.model import Floats


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
    """Where it can be recognised: four numbers, the data themselves, or posterior draws."""
    steps: tuple[tuple[str, Step], ...] = ()
    """Variants of the faulty iteration, each with the detail that tells it apart."""
    reports: Callable[[Floats], Floats] | None = None
    """What is reported in place of the right estimate, where only the report is wrong."""
    collapses: bool = False
    """Whether the variants' means meet, so that they come to rest on the saddle."""


class Catalogue(tuple[Fault, ...]):
    """Known mistakes; in a console and in a notebook a table of them."""

    __slots__ = ()

    def __repr__(self) -> str:
        rows = [("name", "seen in"), *((fault.name, fault.seen_in) for fault in self)]
        return glance("FAULTS", f"{len(self)} known mistakes", rows=rows)

    def _repr_html_(self) -> str:
        rows = [(fault.name, fault.wrong, fault.right, fault.seen_in) for fault in self]
        return html_glance(f"{len(self)} known mistakes", [("name", "wrong", "right", "seen in"), *rows])


_ORIGIN = "the origin: a forum question, 'Expectation Maximization in Python'"
_SIGMA = "s^2 = sum [ r (x - mu1)^2 + (1 - r) (x - mu2)^2 ] / n"
_E_STEP = "r = w N(x; mu1, s) / ( w N(x; mu1, s) + (1 - w) N(x; mu2, s) )"
_ORDER = "mu1 < mu2, and the weight goes with its mean"
_STOP = "stop when sqrt(g' I^-1 g), the distance left in standard errors, is small (g the score, I the information)"
_KNOWN = (
    Fault(
        name="heights used as data",
        wrong="x_i = f(u_i), the height of the mixture curve at a position u_i",
        right="x_i drawn from f: pick a component with probability w, then a normal value around its mean",
        source=_ORIGIN,
        advice="Plot a histogram of the data: a sample has its bumps at mu1 and mu2, heights pile up at 0.",
        seen_in="data",
    ),
    Fault(
        name="the randn sampler",
        wrong="component 1 where randn() < w, so that its share is Phi(w)",
        right="component 1 where rand() < w, a uniform number",
        source="the answer in the origin's thread",
        advice="Count the labels as they are drawn: their share of component 1 should be the weight asked for.",
        seen_in="data",
    ),
    Fault(
        name="sigma from one component",
        wrong="s^2 = sum r (x - mu1)^2 / sum r",
        right=_SIGMA,
        source=_ORIGIN,
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
        source=_ORIGIN,
        advice="Check that the density integrates to 1 at a sigma other than 1.",
        steps=(("in the E-step", make_step(respond=precedence)),),
    ),
    Fault(
        name="weights left out of the E-step",
        wrong="r = N(x; mu1, s) / ( N(x; mu1, s) + N(x; mu2, s) )",
        right=_E_STEP,
        source="Dempster, Laird & Rubin 1977 for the right step",
        advice="With equal means every responsibility should equal the weight; here it would be 1/2.",
        steps=(("", make_step(respond=unweighted)),),
    ),
    Fault(
        name="hard assignment",
        wrong="r = 1[ w N(x; mu1, s) > (1 - w) N(x; mu2, s) ]",
        right=_E_STEP,
        source="classification EM, Celeux & Govaert 1992; its bias, Bryant & Williamson 1978",
        advice="Look at the responsibilities between the means: they should pass through all values from 1 to 0.",
        steps=(
            ("by the likelier component", make_step(respond=hard)),
            ("by the nearer mean, as k-means does", make_step(respond=nearer)),
        ),
    ),
    Fault(
        name="variance reported as sigma",
        wrong="s = sum [ r (x - mu1)^2 + (1 - r) (x - mu2)^2 ] / n",
        right="s = sqrt( sum [ r (x - mu1)^2 + (1 - r) (x - mu2)^2 ] / n )",
        source="scikit-learn reports covariances_, mclust sigmasq",
        advice="Take the square root, in the loop as well as in what is printed.",
        steps=(("inside the loop", make_step(spread=lambda s: pooled(s) ** 2)),),
        reports=lambda theta: np.array([*theta[:3], theta[3] ** 2]),
    ),
    Fault(
        name="sigma divided by n - 2",
        wrong="s^2 = sum [ r (x - mu1)^2 + (1 - r) (x - mu2)^2 ] / (n - 2)",
        right=_SIGMA,
        source="the pooled variance of a t-test",
        advice="Maximum likelihood divides by n; the difference matters only at small n.",
        steps=(("", make_step(spread=lambda s: math.sqrt((s.squares1 + s.squares2) / (s.n1 + s.n2 - 2)))),),
    ),
    Fault(
        name="sigma divided by n1",
        wrong="s^2 = sum [ r (x - mu1)^2 + (1 - r) (x - mu2)^2 ] / sum r",
        right=_SIGMA,
        source="half of the correction of 'sigma from one component'",
        advice="Both components stand in the sum, so both counts stand below it.",
        steps=(
            ("the count of component 1", make_step(spread=lambda s: math.sqrt((s.squares1 + s.squares2) / s.n1))),
            ("the count of component 2", make_step(spread=lambda s: math.sqrt((s.squares1 + s.squares2) / s.n2))),
        ),
    ),
    Fault(
        name="swapped labels",
        wrong="mu1 > mu2 after a start without an order",
        right=_ORDER,
        source=_ORIGIN,
        advice="Nothing is wrong with the fit: swap the means and replace the weight by 1 - weight.",
        reports=lambda theta: np.array([1 - theta[0], theta[2], theta[1], theta[3]]),
    ),
    Fault(
        name="weight of the other component",
        wrong="weight = sum (1 - r) / n beside mu1, mu2 in order",
        right=_ORDER,
        source="labels swapped for the means alone",
        advice="Report 1 - weight.",
        reports=lambda theta: np.array([1 - theta[0], *theta[1:]]),
    ),
    Fault(
        name="responsibilities swapped in one update",
        wrong="w = sum (1 - r) / n in the loop",
        right="w = sum r / n",
        source="a slip between r and 1 - r",
        advice="Take one step from the right answer by hand: every parameter should stay where it is.",
        steps=(("the weight's, or those of both means", make_step(swapped="weight")),),
    ),
    Fault(
        name="responsibilities swapped in one mean's or sigma's update",
        wrong="mu1 = sum (1 - r) x / sum (1 - r), so that mu1 = mu2 (or mu2 with r; or sigma with r and 1 - r swapped)",
        right="mu1 = sum r x / sum r,  mu2 = sum (1 - r) x / sum (1 - r)",
        source="a slip between r and 1 - r",
        advice="Print both means after the first iteration: they are equal where one of them uses the other's r.",
        steps=tuple((f"{label}'s", make_step(swapped=label)) for label in ("mu1", "mu2", "sigma")),
        collapses=True,
    ),
    Fault(
        name="sigma left unshared",
        wrong="s1^2 = sum r (x - mu1)^2 / sum r and s2^2 likewise, each used for its own component",
        right=_SIGMA,
        source="mclust's model V, scikit-learn's covariance_type='full'",
        advice="Ask for one variance: mclust 'E', scikit-learn 'tied', one sigma in the model.",
    ),
    Fault(
        name="a start that falls into the saddle",
        wrong="mu1 = mu2 = mean, sigma = sd: the gradient is zero but it is no maximum",
        right="start with means on either side of the data's mean, at least a sigma apart",
        source=_ORIGIN,
        advice="Start again from other means, and compare log-likelihoods.",
        collapses=True,
    ),
    Fault(
        name="a lower maximum",
        wrong="the nearest maximum of the likelihood",
        right="the highest one, from several starts",
        source="McLachlan & Peel 2000, on starting values",
        advice="Run from several starts and keep the highest log-likelihood.",
    ),
    Fault(
        name="too few iterations",
        wrong=f"for k in range({FEW})",
        right=_STOP,
        source=_ORIGIN,
        advice="Go on from these numbers: they still move.",
    ),
    Fault(
        name="a loose tolerance",
        wrong="stop when the log-likelihood rises by less than a tolerance (1e-3 per observation in scikit-learn)",
        right=_STOP,
        source="Lindstrom & Bates 1988: a lack of progress is not convergence; scikit-learn's tol=1e-3",
        advice="Tighten the tolerance a thousandfold and see whether the printed figures change.",
    ),
    Fault(
        name="float32",
        wrong="x, r and their sums in single precision: 7 figures, fewer after x - mu at an offset",
        right="float64 throughout, and x centred first",
        source="deep-learning defaults (PyTorch, JAX)",
        advice="Repeat in double precision, or subtract the mean of the data first.",
    ),
    Fault(
        name="unordered means",
        wrong="mu1 ~ Normal(c, 2.5 s), mu2 ~ Normal(c, 2.5 s) without an order",
        right="mu1 < mu2 as a constraint in the model",
        source="label switching: Stephens 2000; Betancourt 2017",
        advice="Order the means in the model; means over draws of exchanged labels say nothing.",
        seen_in="draws",
    ),
    Fault(
        name="a prior far too tight",
        wrong="a prior whose information is not small beside the likelihood's",
        right="prior sds a few times the spread of the data",
        source="Kallioinen et al. 2024 (power-scaling)",
        advice="Widen the prior tenfold: a posterior of this much data should hardly move.",
        seen_in="draws",
    ),
    Fault(
        name="a chain stopped in warm-up",
        wrong="draws taken before the chain has reached the posterior",
        right="discard the warm-up; R-hat below 1.01",
        source="Gelman & Rubin 1992; Vehtari et al. 2021",
        advice="Plot the draws in their order; discard the part that still travels and run longer.",
        seen_in="draws",
    ),
    Fault(
        name="chains in different modes",
        wrong="chains that never meet, averaged as if they had",
        right="R-hat below 1.01 over chains from scattered starts",
        source="Gelman & Rubin 1992",
        advice="Compare the log-likelihood of each chain; keep none until all visit the same place.",
        seen_in="draws",
    ),
)
FAULTS = Catalogue(_KNOWN)
"""The catalogue, in the order in which a tie is named."""
BY_NAME = {fault.name: fault for fault in FAULTS}
