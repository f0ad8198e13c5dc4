"""Every maximum of the posterior density in mixture coordinates, by Newton's method from a ladder of starts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mixstudy.integral.target import Target
from mixstudy.model import Floats

CUTS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
"""Shares of the observations below a cut of the sorted sample; each gives a start."""
FEW = (1.0, 2.0, 3.0, 6.0)
"""Observations beyond a cut at either end: small components of outliers."""
HALF = 0.5
"""Half an observation: no component is smaller, whatever the weights of the points."""
MERGED = ((-2.0, 0.0), (0.0, 0.0), (2.0, 0.0))
"""Logit weight and log k of the starts where the means are hardly apart."""
MAX_STEPS = 40
"""Newton steps; most starts need ten."""
STRIDES = (1.0, 0.5, 0.1, 0.01)
"""Parts of a Newton step that are tried."""
LONGEST = 1.0
"""Longest step, in the units of the coordinates."""
FIRST_DIFFERENCE = 0.1
"""Step of the first finite differences, in the units of the coordinates, those of mean and log sd over root n."""
DIFFERENCE, FINER = 0.1, 0.3
"""Step of the later ones, in conditional standard deviations (an error of a hundredth), finer where no move gains."""
FLAT = 1e-3
"""Smallest curvature that counts, per squared unit of the coordinates."""
CLOSE = 1e-3
"""Nats still to be gained, by Newton's estimate, at which a climb has arrived."""
SAME = 0.5
"""Distance, in standard deviations, within which two ends are one mode."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Peak:
    """A mode of the posterior density in mixture coordinates."""

    u: Floats
    """Where, shape ``(4,)``."""
    covariance: Floats
    """Inverse of the negative second derivatives, shape ``(4, 4)``."""
    log_density: float
    """How high, nats."""

    @property
    def log_mass(self) -> float:
        """Laplace's approximation of its mass, nats."""
        return self.log_density + 2 * math.log(2 * math.pi) + float(np.linalg.slogdet(self.covariance)[1]) / 2


def find_peaks(target: Target, *, handed: Sequence[Floats] = ()) -> list[Peak]:
    """All modes that the starts climb to, the highest first.

    Args:
        target: The posterior.
        handed: Parameters to start from as well, each of shape ``(4,)``, standard units.
    """
    usable = [theta for theta in handed if 0 < theta[0] < 1 and theta[1] < theta[2]]
    more = [target.to_mixture(np.array(usable))] if usable else []
    return distinct(climb(target, np.concatenate([starts(target), *more])))


def starts(target: Target) -> Floats:
    """Class moments on both sides of cuts of the sorted sample, and mixtures whose means are hardly apart."""
    order = np.argsort(target.t, kind="stable")
    t, weights = target.t[order], target.weights[order]
    count, n = np.cumsum(weights), target.n
    first, second = np.cumsum(weights * t), np.cumsum(weights * t * t)
    cuts = np.concatenate([np.multiply(CUTS, n), FEW, n - np.array(FEW)])
    place = np.unique(np.searchsorted(count, cuts + HALF) - 1)
    place = place[(place >= 0) & (place < t.size - 1)]
    place = place[(count[place] > HALF) & (count[place] < n - HALF)]
    weight = count[place] / n
    mu1, mu2 = first[place] / count[place], (first[-1] - first[place]) / (n - count[place])
    within = second[-1] / n - weight * mu1**2 - (1 - weight) * mu2**2
    sigma = np.sqrt(np.maximum(within, 1e-4))
    cut = np.stack([weight, mu1, mu2, sigma], axis=1)[mu1 < mu2]
    merged = np.array([[*each, 0.0, 0.0] for each in MERGED])
    return np.concatenate([target.to_mixture(cut), merged])


def climb(target: Target, u: Floats) -> list[Peak | None]:
    """Climb from all starts side by side, by Newton's method with finite differences.

    Where the density is not concave the eigenvalues of its second derivatives count by their size, which leads off
    saddles (Dauphin et al. 2014).

    Args:
        target: The posterior.
        u: Starts, shape ``(m, 4)``.

    Returns:
        Where each ended; None where that is no maximum.
    """
    u, height, rows = u.copy(), target.log_density(u), np.arange(len(u))
    step = np.tile(FIRST_DIFFERENCE * np.array([1.0, 1.0, target.n**-0.5, target.n**-0.5]), (len(u), 1))
    hessian, arrived = np.zeros((len(u), 4, 4)), np.zeros(len(u), dtype=bool)
    for _ in range(MAX_STEPS):
        going = rows[~arrived]
        if going.size == 0:
            break
        gradient, hessian[going] = derivatives(target, u[going], height[going], step[going])
        move, gain = newton_steps(gradient, hessian[going])
        tries = u[going, None] + np.array(STRIDES)[:, None] * move[:, None]
        heights = target.log_density(tries.reshape(-1, 4)).reshape(len(going), -1)
        best = heights.argmax(axis=1)
        tried, reached = tries[np.arange(len(going)), best], heights.max(axis=1)
        better = reached > height[going]
        u[going[better]], height[going[better]] = tried[better], reached[better]
        curved = -np.einsum("mii->mi", hessian[going])
        step[going] = np.where(curved > 0, DIFFERENCE / np.sqrt(np.maximum(curved, FLAT)), step[going])
        step[going[~better]] *= FINER
        arrived[going] = gain < CLOSE
    top = arrived & (np.linalg.eigvalsh(hessian)[:, -1] < 0)
    return [
        Peak(u=u[k], covariance=np.linalg.inv(-hessian[k]), log_density=float(height[k])) if top[k] else None
        for k in rows
    ]


def newton_steps(gradient: Floats, hessian: Floats) -> tuple[Floats, Floats]:
    """Newton's steps uphill, shape ``(m, 4)``, none longer than ``LONGEST``, and what they promise, nats."""
    values, vectors = np.linalg.eigh(hessian)
    slope = np.einsum("mij,mi->mj", vectors, gradient)
    curved = np.maximum(np.abs(values), FLAT)
    move = np.einsum("mij,mj->mi", vectors, slope / curved)
    return move / np.maximum(1, np.abs(move).max(axis=1, keepdims=True) / LONGEST), np.sum(
        slope**2 / curved, axis=1
    ) / 2


def derivatives(target: Target, u: Floats, height: Floats, step: Floats) -> tuple[Floats, Floats]:
    """Gradient, shape ``(m, 4)``, and second derivatives, shape ``(m, 4, 4)``, by central differences."""
    i, j = np.triu_indices(4, 1)
    eye = np.eye(4)
    moves = np.concatenate([eye, eye[i] + eye[j]])
    moves = np.concatenate([moves, -moves])
    found = target.log_density((u[:, None] + moves * step[:, None]).reshape(-1, 4)).reshape(len(u), -1)
    with np.errstate(invalid="ignore"):
        found = np.where(np.isfinite(found), found - height[:, None], -1e10)
    up, down = found[:, :10], found[:, 10:]
    gradient = (up - down)[:, :4] / 2
    second = up + down
    hessian = np.empty((len(u), 4, 4))
    hessian[:, range(4), range(4)] = second[:, :4]
    hessian[:, i, j] = hessian[:, j, i] = (second[:, 4:] - second[:, i] - second[:, j]) / 2
    return gradient / step, hessian / step[:, :, None] / step[:, None, :]


def distinct(peaks: Iterable[Peak | None]) -> list[Peak]:
    """The peaks that differ, the highest first."""
    found: list[Peak] = []
    for peak in sorted(filter(None, peaks), key=lambda each: -each.log_density):
        if all(apart(peak.u, other) > SAME for other in found):
            found.append(peak)
    return found


def apart(u: Floats, peak: Peak) -> float:
    """Distance of ``u`` from a peak, in its standard deviations (Mahalanobis)."""
    return float(np.sqrt((u - peak.u) @ np.linalg.solve(peak.covariance, u - peak.u)))
