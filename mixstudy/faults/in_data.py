"""Mistakes that make the data: heights of the curve taken for values, or a sampler with the wrong weight."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from scipy.special import chdtrc, ndtr

from mixstudy.data.sample import WeightedSample
from mixstudy.em.fit import EMFit
from mixstudy.faults.case import Match
from mixstudy.faults.fault import Fault
from mixstudy.faults.in_steps import ORIGIN
from mixstudy.faults.steps import centred, mean_log_likelihood
from mixstudy.model import Floats, Parameters

PEAK_SHARE = 0.1
"""Share of the highest value below which heights are not looked at: there the bumps overlap and positions end."""
BAD_FIT = 2.5
"""Kolmogorov's sqrt(n) D beyond which the mixture does not fit: probability 7e-6, and less for fitted parameters."""
HEIGHTS_BETTER = 3.0
"""How many times nearer than the mixture the heights' distribution must come."""
GOOD_FIT = 0.02
"""Kolmogorov distance left to the formula for heights, which neglects overlap, beside 1.63/sqrt(n) for sampling."""
AT_PHI = 0.001
"""Probability of the likelihood ratio above which data may be from the truth with the weight Phi(w)."""
NOT_AT_TRUTH = 1e-6
"""Probability of the likelihood ratio below which they are not from the truth itself."""
FEWEST_HIGH = 20
"""Different values above the floor from which the shape of heights can be told, which hardly ever repeat."""


def find_heights(sample: WeightedSample, fit: EMFit, _: Parameters | None) -> Match | None:
    """Tell whether the data are heights of a two-bump curve at uniform positions; None where they are not.

    A bump of height A and width b is above y over a length ``2 b sqrt(2 log(A/y))``, so heights have

        P(X > y) = c ( sqrt(2 log(A1/y)) + sqrt(2 log(A2/y)) ),    a root of a negative number being 0,

    with densities that go to infinity at both peaks and pile up at 0. The mixture must fail outright first.
    """
    order = np.argsort(sample.points)
    y, below = sample.points[order], np.cumsum(sample.weights[order]) / sample.n
    if not y[0] >= 0:
        return None
    mixture = _mixture_distance(y, below, fit.parameters)
    if math.sqrt(sample.n) * mixture < BAD_FIT:
        return None
    high = y > PEAK_SHARE * y[-1]
    if np.unique(y[high]).size < FEWEST_HIGH or not below[~high].size:
        return None
    base = below[~high][-1]
    heights, lower = _heights_distance(y[high], (below[high] - base) / (1 - base))
    largest_weight = float(np.abs(sample.weights).max()) / (sample.n * (1 - base))
    if heights > GOOD_FIT + 1.63 / math.sqrt(sample.n * (1 - base)) + largest_weight:
        return None
    if mixture < HEIGHTS_BETTER * heights:
        return None
    text = (
        f"The data have the distribution of heights of a curve with peaks {y[-1]:.3g} and {lower:.3g} at uniform "
        f"positions (Kolmogorov distance {heights:.2g}), not that of a sample from the mixture ({mixture:.2g}). The "
        f"peaks would belong to the weights {y[-1] / (y[-1] + lower):.3g} and {lower / (y[-1] + lower):.3g}."
    )
    return Match(text, heights, math.log10(mixture / heights))


def _mixture_distance(y: Floats, below: Floats, parameters: Parameters) -> float:
    """Kolmogorov distance between sorted values and the mixture."""
    weight, mu1, mu2, sigma = parameters
    model = weight * ndtr((y - mu1) / sigma) + (1 - weight) * ndtr((y - mu2) / sigma)
    return float(np.abs(model - below).max())


def _heights_distance(y: Floats, below: Floats) -> tuple[float, float]:
    """Kolmogorov distance above the floor for the best lower peak, and that peak; the upper is the largest value."""
    every = max(1, y.size // 1000)
    y_thin, below_thin = np.append(y[::every], y[-1]), np.append(below[::every], below[-1])
    peaks = np.append(np.linspace(y[0], y[-1], 400), np.quantile(y, np.linspace(0.01, 0.99, 100)))[:, None]
    above = _reach(y[-1], y_thin) + _reach(peaks, y_thin)
    at_floor = _reach(y[-1], y[:1]) + _reach(peaks, y[:1])
    distances = np.abs(1 - above / at_floor - below_thin).max(axis=1)
    best = int(np.argmin(distances))
    return float(distances[best]), float(peaks[best, 0])


def _reach(peak: Floats | float, y: Floats) -> Floats:
    """Half the length over which a bump of this height is above ``y``, in widths: ``sqrt(2 log(peak / y))``."""
    ratio: Floats = np.maximum(peak / y, 1)
    reach: Floats = np.sqrt(2 * np.log(ratio))
    return reach


def find_randn(sample: WeightedSample, fit: EMFit, truth: Parameters | None) -> Match | None:
    """The data are from the truth with the weight Phi(w) in place of w, by likelihood ratios (Wilks 1938)."""
    if truth is None or not 0 < truth.weight < 1:
        return None
    drawn = replace(truth, weight=float(ndtr(truth.weight)))
    as_asked, as_drawn = (_likelihood_ratio(sample, fit, each) for each in (truth, drawn))
    if not (chdtrc(4, as_drawn) > AT_PHI and chdtrc(4, as_asked) < NOT_AT_TRUTH):
        return None
    text = (
        f"The data's weight is {fit.parameters.weight:.4f} (standard error {fit.standard_errors.weight:.2g}). The true "
        f"{truth.weight:g} is {as_asked / 2:.3g} nats below the highest likelihood, Phi({truth.weight:g}) = "
        f"{drawn.weight:.4f}, the share that randn() < {truth.weight:g} gives, only {as_drawn / 2:.2g}."
    )
    off, left = math.sqrt(as_asked), math.sqrt(as_drawn)
    return Match(text, left, math.log10(off / max(left, 1.0)))


def _likelihood_ratio(sample: WeightedSample, fit: EMFit, parameters: Parameters) -> float:
    """Twice the log-likelihood from the parameters to the maximum: chi^2 with 4 degrees of freedom at the truth."""
    theta = parameters.array - sample.centre
    return 2 * max(fit.log_likelihood - sample.n * mean_log_likelihood(centred(sample), theta), 0.0)


def _draw_heights(truth: Parameters, n: int, rng: np.random.Generator) -> Floats:
    """Heights of the curve at uniform positions, with the origin's exponent: it multiplies by sigma^2."""
    weight, mu1, mu2, sigma = truth
    margin = mu2 - mu1
    u = rng.uniform(mu1 - margin / 2, mu2 + 3 * margin / 2, n)
    bumps = [np.exp(-((u - mu) ** 2) / 2 * sigma**2) for mu in (mu1, mu2)]
    return np.asarray(weight * bumps[0] + (1 - weight) * bumps[1])


def _draw_randn(truth: Parameters, n: int, rng: np.random.Generator) -> Floats:
    """Component 1 where a normal value, not a uniform one, is below the weight."""
    means = np.where(rng.standard_normal(n) < truth.weight, truth.mu1, truth.mu2)
    return np.asarray(means + truth.sigma * rng.standard_normal(n))


DATA_FAULTS = (
    Fault(
        name="heights used as data",
        wrong="x_i = f(u_i), the height of the mixture curve at a position u_i",
        right="x_i drawn from f: pick a component with probability w, then a normal value around its mean",
        source=ORIGIN,
        advice="Plot a histogram of the data: a sample has its bumps at mu1 and mu2, heights pile up at 0.",
        seen_in="data",
        make_data=_draw_heights,
        find_in_data=find_heights,
    ),
    Fault(
        name="the randn sampler",
        wrong="component 1 where randn() < w, so that its share is Phi(w)",
        right="component 1 where rand() < w, a uniform number",
        source="the answer in the origin's thread",
        advice="Count the labels as they are drawn: their share of component 1 should be the weight asked for.",
        seen_in="data",
        make_data=_draw_randn,
        find_in_data=find_randn,
    ),
)
