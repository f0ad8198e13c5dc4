r"""Where the model does not fit, what would: other mixtures, fitted small and compared by a penalised likelihood.

    BIC = p log n - 2 log L    (Schwarz 1978),

p the number of parameters. A hint, not a verdict: the fits are plain EM from a few starts (McLachlan & Peel 2000; for
t components Peel & McLachlan 2000, with given degrees of freedom).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import gammaln

from mixstudy.data.sample import WeightedSample
from mixstudy.model import Floats

MOST = 5_000
"""Observations that are looked at: equally spaced among the sorted ones where there are more."""
ITERATIONS = 300
"""EM steps of each fit."""
CUTS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Quantiles about which the starts of two components are cut."""
NARROWEST = 0.05
"""Smallest sigma, in sds of the data: narrower ones fall onto single values."""
CLEARLY = 10.0
"""Difference in BIC that is called very strong (Kass & Raftery 1995)."""
DEGREES = (3.0, 6.0)
"""Degrees of freedom of the heavy tails that are tried; one more parameter counts for the choice."""


class Shape(NamedTuple):
    """A mixture of normal or t densities."""

    name: str
    components: int
    shared: bool
    degrees: float = math.inf

    @property
    def parameters(self) -> int:
        """Free parameters."""
        sigmas = 1 if self.shared else self.components
        return 2 * self.components - 1 + sigmas + int(math.isfinite(self.degrees))


SHAPES = (
    Shape("one normal distribution", 1, shared=True),
    Shape("two components with sigmas of their own", 2, shared=False),
    Shape("three components that share sigma", 3, shared=True),
    *(Shape("two components with heavier tails", 2, shared=True, degrees=degrees) for degrees in DEGREES),
)
"""What is tried beside the model itself."""
MODEL = Shape("the model", 2, shared=True)


class Alternative(NamedTuple):
    """A mixture that fits better."""

    name: str
    gain: float
    """Its BIC below the model's."""

    @property
    def sentence(self) -> str:
        """The hint."""
        return (
            f"A hint: {self.name} would fit better, by {self.gain:.3g} in BIC, more parameters allowed for "
            f"({CLEARLY:g} is very strong)."
        )


def better_model(sample: WeightedSample) -> Alternative | None:
    """The mixture with the lowest BIC of those that are tried; None where none is clearly better than the model."""
    x, weights = _some_of(sample)
    n = float(weights.sum())
    found = {shape: _bic(shape, x, weights, n) for shape in (MODEL, *SHAPES)}
    best = min(found, key=lambda shape: found[shape])
    gain = found[MODEL] - found[best]
    return Alternative(best.name, gain) if gain > CLEARLY else None


def _some_of(sample: WeightedSample) -> tuple[Floats, Floats]:
    """Standardised points and their weights, not too many."""
    order = np.argsort(sample.points)
    x, weights = sample.standardised[order], sample.weights[order]
    every = -(-len(x) // MOST)
    return x[every // 2 :: every], weights[every // 2 :: every]


def _bic(shape: Shape, x: Floats, weights: Floats, n: float) -> float:
    height = max(_climb(shape, x, weights, *start) for start in _starts(shape, x))
    return shape.parameters * math.log(n) - 2 * height


def _starts(shape: Shape, x: Floats) -> list[tuple[Floats, Floats]]:
    """Means and sigmas: components cut at quantiles."""
    if shape.components == 1:
        return [(np.zeros(1), np.ones(1))]
    means = [np.quantile(x, [cut / 2, (1 + cut) / 2]) for cut in CUTS]
    if shape.components > 2:  # noqa: PLR2004
        means = [np.quantile(x, [0.1, middle, 0.9]) for middle in CUTS[1:-1]]
    return [(each, np.full(shape.components, 0.5)) for each in means]


def _climb(shape: Shape, x: Floats, counts: Floats, means: Floats, sigmas: Floats) -> float:
    """Log-likelihood after ``ITERATIONS`` EM steps, nats, of the standardised data."""
    shares, height = np.full(shape.components, 1 / shape.components), -math.inf
    for _ in range(ITERATIONS):
        z = (x[:, None] - means) / sigmas
        logs = np.log(np.maximum(shares, 1e-300)) - np.log(sigmas) + _log_density(z, shape.degrees)
        top = logs.max(axis=1, keepdims=True)
        total = top[:, 0] + np.log(np.exp(logs - top).sum(axis=1))
        before, height = height, float(counts @ total)
        if height - before < 1e-8 * abs(height):
            break
        r = counts[:, None] * np.exp(logs - total[:, None])
        pull = r if math.isinf(shape.degrees) else r * (shape.degrees + 1) / (shape.degrees + z**2)
        each = np.maximum(r.sum(axis=0), 1e-300)
        shares = each / each.sum()
        means = (pull * x[:, None]).sum(axis=0) / np.maximum(pull.sum(axis=0), 1e-300)
        squares = (pull * (x[:, None] - means) ** 2).sum(axis=0)
        variances = np.full(shape.components, squares.sum() / each.sum()) if shape.shared else squares / each
        sigmas = np.sqrt(np.maximum(variances, NARROWEST**2))
    return height


def _log_density(z: Floats, degrees: float) -> Floats:
    """Log of the standard normal or t density."""
    if math.isinf(degrees):
        return np.asarray(-(z**2) / 2 - math.log(2 * math.pi) / 2)
    constant = float(gammaln((degrees + 1) / 2) - gammaln(degrees / 2)) - math.log(degrees * math.pi) / 2
    return np.asarray(constant - (degrees + 1) / 2 * np.log1p(z**2 / degrees))
