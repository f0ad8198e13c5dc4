"""What large-sample theory expects of the posterior, from likelihood and prior alone, and where it is silent."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import betaln, xlog1py, xlogy

from mixstudy.data.sample import WeightedSample
from mixstudy.em.fit import EMFit
from mixstudy.em.likelihood import Curvature, covariance, curvature
from mixstudy.model import Floats, Prior

LARGE_SHIFT = 0.5
"""Expected offset, in posterior sds, beyond which large-sample theory says too little about n this small."""
MERGED = 0.02
"""Share of the variance of ``weight`` that means hardly apart may contribute before large-sample theory is silent: it
changes a standard deviation by one in a hundred."""
PLATEAU = 2.0
"""Distance of the means, in standard deviations of the data, up to which the likelihood can be taken as level."""


def identified(shift: Floats, merged: float) -> bool:
    """Whether theory can speak: the shift it expects is small, and hardly any posterior mass is elsewhere."""
    return bool(np.max(np.abs(shift)) <= LARGE_SHIFT and merged <= MERGED)


class Expansion(NamedTuple):
    """The posterior about ``theta``, expanded in powers of n^(-1/2)."""

    curvature: Curvature
    """Of the likelihood."""
    shift: Floats
    """Where the posterior mean is expected, in posterior sds from ``theta``, shape ``(4,)``; infinite where unknown."""
    reach: float
    """How large the shift would be at most if none of its terms took another off: the gauge of how large n is."""

    @property
    def beyond(self) -> float:
        """What the next order may add to an offset, in posterior sds, and to the log of a width."""
        return self.reach**2


def expand(sample: WeightedSample, theta: Floats, prior: Prior) -> Expansion:
    """Expand the posterior about an estimate.

    To order 1/n the posterior mean lies at ``theta + V (prior score - tr(V dI) / 2)``, V the inverse information and dI
    its derivative (Lindley 1980). The derivative is a central difference of the exact information over a hundredth of a
    standard error. Worked out in standardised units.
    """
    unit = np.array([1, sample.sd, sample.sd, sample.sd])
    t, weights = sample.standardised, sample.weights
    standard = (theta - np.array([0, sample.mean, sample.mean, 0])) / unit
    at = curvature(t, weights, standard)
    v = covariance(at)
    pull = prior.score(theta) * unit
    skew = np.full(4, math.nan)
    if np.isfinite(v).all():
        for j, h in enumerate(0.01 * np.sqrt(np.diag(v))):
            step = h * np.eye(4)[j]
            if standard[0] - step[0] > 0 and standard[0] + step[0] < 1:
                rise = (
                    curvature(t, weights, standard + step).information
                    - curvature(t, weights, standard - step).information
                )
                skew[j] = np.sum(v * rise) / (2 * h)
    errors, scale = np.sqrt(np.diag(v)), np.outer(unit, unit)
    reach = float(np.max(np.abs(v) @ (np.abs(pull) + np.abs(skew) / 2) / errors))
    return Expansion(
        curvature=Curvature(at.score / unit, at.information / scale, at.complete / unit**2),
        shift=np.nan_to_num(v @ (pull - skew / 2) / errors, nan=math.inf),
        reach=math.inf if math.isnan(reach) else reach,
    )


def identified_under(fit: EMFit, prior: Prior) -> bool:
    """Whether theory can speak of the posterior of these data under a prior."""
    return identified(expand(fit.sample, fit.parameters.array, prior).shift, merged_variance(fit, prior))


def merged_variance(fit: EMFit, prior: Prior) -> float:
    """Variance that means hardly apart add to the posterior of ``weight``, over its squared standard error.

    There the likelihood is one normal's and the weight what its prior says. The mass of that plateau against the
    maximum's is the ratio of two Laplace approximations (Tierney & Kadane 1986), the distance of the means being free
    up to ``PLATEAU``.
    """
    sample, (weight, mu1, mu2, sigma) = fit.sample, fit.parameters
    n, sd = sample.n, sample.sd
    if not np.isfinite(fit.covariance).all():
        return math.inf
    sign, log_det = np.linalg.slogdet(fit.covariance)
    if not sign > 0:
        return math.inf
    one_normal = -n / 2 * (math.log(2 * math.pi * (n - 1) / n) + 2 * math.log(sd) + 1)
    z = (np.array([mu1, mu2, sample.mean]) - prior.centre) / prior.mu_scale
    prior_ratio = (z[0] ** 2 + z[1] ** 2) / 2 - z[2] ** 2 + (sigma**2 - sd**2) / prior.sigma_scale**2 / 2
    a, b = prior.weight
    prior_ratio += float(betaln(a, b) - xlogy(a - 1, weight) - xlog1py(b - 1, -weight))
    plateau = math.log(2 * math.pi * PLATEAU / (n * math.sqrt(2))) + 3 * math.log(sd)
    maximum = 2 * math.log(2 * math.pi) + log_det / 2
    log_mass = one_normal - fit.log_likelihood + prior_ratio + plateau - maximum
    mean = a / (a + b)
    spread = mean * (1 - mean) / (a + b + 1) + (weight - mean) ** 2
    return math.exp(min(log_mass, 0.0)) * spread / fit.standard_errors.weight**2
