"""Another model than the one that was meant: each component with a sigma of its own."""

from __future__ import annotations

from collections.abc import Iterator

from mixstudy.faults.case import Case, Match
from mixstudy.faults.fault import Fault, Making
from mixstudy.faults.in_draws import UNSHARED_DRAWS
from mixstudy.faults.in_steps import SIGMA
from mixstudy.faults.steps import centred, unshared
from mixstudy.model import Floats


def _two_sigmas(making: Making) -> Iterator[tuple[str, Floats]]:
    yield from zip(("sigma1", "sigma2"), unshared(centred(making.sample), making.right), strict=True)


def _find_two_sigmas(case: Case) -> Iterator[Match]:
    for k, given in enumerate(case.runs.two_sigmas, 1):
        yield case.match_given(f"sigma{k} of two", given)


MODEL_FAULTS = (
    Fault(
        name="sigma left unshared",
        wrong="s1^2 = sum r (x - mu1)^2 / sum r and s2^2 likewise, each used for its own component",
        right=SIGMA,
        source="mclust's model V, scikit-learn's covariance_type='full'",
        advice="Ask for one variance: mclust 'E', scikit-learn 'tied', one sigma in the model.",
        make=_two_sigmas,
        find=_find_two_sigmas,
        make_draws=UNSHARED_DRAWS[0],
        find_in_draws=UNSHARED_DRAWS[1],
    ),
)
"""In the order in which a tie is named."""
