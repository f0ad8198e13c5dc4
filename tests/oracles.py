"""What several tests hold the package against: independent formulas, and the numbers of the origin."""

import numpy as np
from scipy import stats
from scipy.special import logsumexp

PRINTED = [
    [0.1130842168240086, 3.401472765079545, 2.445209909135907, 2.3046528697572635],
    [0.07054376684886957, 0.04341192273911035, 0.04067151364724695, 0.12585753071439582],
    [0.07054303636195076, 0.04330910871714057, 0.040679319081395215, 0.12567545288855245],
    [0.07054238762380395, 0.04321431848177363, 0.04068651514443456, 0.12550734898400692],
    [0.07054180884360708, 0.043126645044752804, 0.04069317074867406, 0.125351664317294],
    [0.07054129028636431, 0.04304531343415197, 0.040699344770810386, 0.12520706710362625],
]
"""What the origin's student printed: the start and five iterations."""


def heights(seed, *, n=10_000, exponent=4.0):
    """The origin's data: heights of the curve, with its exponent (0.25 would be the right one) at uniform positions."""
    u = np.random.default_rng(seed).uniform(0, 30, n)
    return 0.3 * np.exp(-((u - 5) ** 2) / 2 * exponent) + 0.7 * np.exp(-((u - 15) ** 2) / 2 * exponent)


def printed(theta, figures=6):
    """Numbers as a program prints them."""
    return [f"{value:.{figures}g}" for value in theta]


def scipy_log_posterior(points, weights, prior, theta):
    """Log posterior up to the ordering's constant, from SciPy's densities alone."""
    weight, mu1, mu2, sigma = theta
    terms = [
        np.log(weight) + stats.norm.logpdf(points, mu1, sigma),
        np.log1p(-weight) + stats.norm.logpdf(points, mu2, sigma),
    ]
    means = stats.norm.logpdf([mu1, mu2], prior.centre, prior.means * prior.scale).sum()
    others = stats.beta.logpdf(weight, *prior.weight) + stats.halfnorm.logpdf(sigma, scale=prior.sigma * prior.scale)
    return weights @ logsumexp(terms, axis=0) + means + others
