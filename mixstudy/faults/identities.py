r"""Two identities that every right M-step keeps, whatever the responsibilities it is given.

With ``r1 + r2 = 1`` the fitted mean and variance are those of the data (Dempster, Laird & Rubin 1977, for the
exponential family),

    w mu1 + (1 - w) mu2 = mean,    w mu1^2 + (1 - w) mu2^2 + s^2 = mean of squares,

so that an estimate that keeps both and is not at the maximum has a right M-step behind it: either the E-step is wrong,
or the run had not converged. Everything is centred on the mean of the data, so that the first mean is 0.
"""

from __future__ import annotations

import math

import numpy as np

from mixstudy.faults.case import Case
from mixstudy.faults.steps import Points
from mixstudy.model import Floats

PLATEAU = 0.1
"""Share of the variance between the means below which, sigma being the data's sd, the means have met."""


def root_mean_square(data: Points) -> float:
    """Standard deviation of the data, divisor n."""
    return math.sqrt(float(data.weights @ data.x**2) / float(data.weights.sum()))


def excess(data: Points, theta: Floats) -> tuple[Floats, Floats]:
    """How far the two identities are missed at ``theta`` (centred), shape ``(2,)``, and their gradients ``(2, 4)``."""
    weight, mu1, mu2, sigma = theta
    means, shares = np.array([mu1, mu2]), np.array([weight, 1 - weight])
    missed = np.array([shares @ means, shares @ means**2 + sigma**2 - root_mean_square(data) ** 2])
    slope = np.array([[mu1 - mu2, *shares, 0], [mu1**2 - mu2**2, *2 * shares * means, 2 * sigma]])
    return missed, slope


def off_the_identities(case: Case) -> float:
    """Distance in standard errors to the nearest numbers that keep the data's mean and variance."""
    missed, slope = excess(case.data, case.estimate)
    spread = slope @ np.linalg.pinv(case.information) @ slope.T
    unit = np.sqrt(np.diag(spread))  # so that the scale of the data does not make it singular
    if not (np.isfinite(spread).all() and (unit > 0).all()):
        return math.inf
    z = missed / unit
    return math.sqrt(max(float(z @ np.linalg.pinv(spread / unit / unit[:, None]) @ z), 0.0))


def means_have_met(case: Case) -> bool:
    """Whether the estimate is one normal distribution written as two: equal means, or an empty component."""
    weight, mu1, mu2, sigma = case.estimate
    between = weight * (1 - weight) * (mu2 - mu1) ** 2
    return bool(between < PLATEAU * sigma**2 and abs(math.log(sigma / root_mean_square(case.data))) < PLATEAU / 2)


def gap(case: Case) -> str:
    """How far the means are apart, in words."""
    _, mu1, mu2, sigma = case.estimate
    share = sigma / root_mean_square(case.data)
    return f"means {(mu2 - mu1) / sigma:.2g} sigma apart, sigma {share:.4g} of the data's sd"
