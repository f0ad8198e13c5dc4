"""Right numbers, wrongly reported: a variance or a precision for sigma, the other weight, the other units."""

from __future__ import annotations

import numpy as np

from mixstudy.data.sample import WeightedSample
from mixstudy.faults.fault import Fault, Slip
from mixstudy.faults.steps import exchanged, make_step, pooled
from mixstudy.model import Floats

ORDER = "mu1 < mu2, and the weight goes with its mean"


def _replaced(theta: Floats, place: int, value: Floats) -> Floats:
    """The same numbers, shape ``(..., 4)``, with one of the four replaced."""
    found = np.array(theta)
    found[..., place] = value
    return found


def _power(exponent: float, label: str) -> Slip:
    """Sigma is reported to a power."""
    return Slip(
        label,
        "scale",
        lambda theta, _: _replaced(theta, 3, theta[..., 3] ** exponent),
        lambda theta, _: _replaced(theta, 3, theta[..., 3] ** (1 / exponent)),
    )


def _exchange(theta: Floats, _: WeightedSample) -> Floats:
    return exchanged(theta)


def _other_weight(theta: Floats, _: WeightedSample) -> Floats:
    return _replaced(theta, 0, 1 - theta[..., 0])


REPORT_FAULTS = (
    Fault(
        name="variance reported as sigma",
        wrong="s = sum [ r (x - mu1)^2 + (1 - r) (x - mu2)^2 ] / n",
        right="s = sqrt( sum [ r (x - mu1)^2 + (1 - r) (x - mu2)^2 ] / n )",
        source="scikit-learn reports covariances_, mclust sigmasq",
        advice="Take the square root, in the loop as well as in what is printed.",
        steps=(("inside the loop", make_step(spread=lambda s: pooled(s) ** 2)),),
        slips=(_power(2, "as reported"),),
    ),
    Fault(
        name="precision reported as sigma",
        wrong="s = 1 / s^2 (or 1 / s)",
        right="s = 1 / sqrt(precision)",
        source="JAGS and BUGS write dnorm(mu, tau) with tau = 1 / s^2; scikit-learn has precisions_ and their roots",
        advice="Take one over the square root of what is reported.",
        slips=(_power(-2, "1 / s^2"), _power(-1, "1 / s")),
    ),
    Fault(
        name="swapped labels",
        wrong="mu1 > mu2 after a start without an order",
        right=ORDER,
        source="the origin: its starts were drawn without an order",
        advice="Nothing is wrong with the fit: swap the means and replace the weight by 1 - weight.",
        slips=(Slip("", "order", _exchange, _exchange),),
        harmless=True,
    ),
    Fault(
        name="weight of the other component",
        wrong="weight = sum (1 - r) / n beside mu1, mu2 in order",
        right=ORDER,
        source="labels swapped for the means alone",
        advice="Report 1 - weight.",
        slips=(Slip("", "weight", _other_weight, _other_weight),),
    ),
    Fault(
        name="results left in standard units",
        wrong="s = s_z (or all of mu_z, s_z) of z = (x - mean) / sd",
        right="mu = mean + sd * mu_z,  s = sd * s_z",
        source="scikit-learn's StandardScaler, R's scale()",
        advice="Multiply sigma by the sd of the data, as the means are multiplied.",
        slips=(
            Slip(
                "sigma alone",
                "scale",
                lambda theta, s: _replaced(theta, 3, theta[..., 3] / s.sd),
                lambda theta, s: _replaced(theta, 3, theta[..., 3] * s.sd),
            ),
            Slip(
                "means and sigma",
                "scale",
                lambda theta, s: s.to_standard(theta),
                lambda theta, s: s.from_standard(theta),
            ),
        ),
    ),
)
