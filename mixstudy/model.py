"""The model: a mixture of two Gaussians that share one sigma.

    x ~ weight * N(mu1, sigma^2) + (1 - weight) * N(mu2, sigma^2),    mu1 <= mu2

Everything here is written from SciPy's normal density, so that it can referee the EM (which uses the logistic form of
the same model) and the posterior (which uses PyMC's distributions).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

type Floats = NDArray[np.float64]
LABELS = ("weight", "mu1", "mu2", "sigma")
"""Names of the four parameters, in the order used everywhere."""
LEVELS = (0.5, 1 - 1e-9)
"""Probabilities of intervals: a narrower one misses right estimates of few data, a wider one is the tails' alone."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters of the mixture, component 1 being the lower one; by position or by name.

    Raises:
        ValueError: A value is not finite, ``weight`` is outside [0, 1], ``sigma`` is not above 0 or ``mu1 > mu2``.
    """

    weight: float
    """Mass of component 1, in [0, 1]."""
    mu1: float
    """Mean of component 1, data units."""
    mu2: float
    """Mean of component 2, data units; at least ``mu1``."""
    sigma: float
    """Standard deviation of both components, data units; above 0."""

    def __post_init__(self) -> None:
        for label, value in zip(LABELS, self, strict=True):
            if not math.isfinite(value):
                msg = f"{label} must be a finite number, got {value!r}"
                raise ValueError(msg)
        if not 0 <= self.weight <= 1:
            msg = f"weight must lie in [0, 1], got {self.weight!r}"
            raise ValueError(msg)
        if not self.sigma > 0:
            msg = f"sigma must be above 0, got {self.sigma!r}"
            raise ValueError(msg)
        if self.mu1 > self.mu2:
            msg = (
                f"mu1 must not be above mu2, got {self.mu1!r} > {self.mu2!r}; "
                "Parameters.relabelled puts the components in order"
            )
            raise ValueError(msg)

    def __iter__(self) -> Iterator[float]:
        """Yield the values in the order of ``LABELS``."""
        return iter((self.weight, self.mu1, self.mu2, self.sigma))

    @property
    def array(self) -> Floats:
        """The values in the order of ``LABELS``, shape ``(4,)``."""
        return np.array([self.weight, self.mu1, self.mu2, self.sigma])

    @classmethod
    def relabelled(cls, values: ArrayLike) -> Parameters:
        """Build from four numbers ``weight, mu1, mu2, sigma``, swapping the components where ``mu1 > mu2``.

        Raises:
            ValueError: There are not four numbers, or one is out of its range.
        """
        array = np.asarray(values, dtype=np.float64)
        if array.shape != (len(LABELS),):
            msg = f"parameters are four numbers {', '.join(LABELS)}; got shape {array.shape}"
            raise ValueError(msg)
        weight, mu1, mu2, sigma = array.tolist()
        if mu1 > mu2:
            weight, mu1, mu2 = 1 - weight, mu2, mu1
        return cls(weight=weight, mu1=mu1, mu2=mu2, sigma=sigma)

    def rescaled(self, *, centre: float, scale: float) -> Parameters:
        """Return the parameters of ``centre + scale * x`` where these are the parameters of ``x``; ``scale > 0``."""
        return Parameters(
            weight=self.weight,
            mu1=centre + scale * self.mu1,
            mu2=centre + scale * self.mu2,
            sigma=scale * self.sigma,
        )


CHUNK = 50_000
"""Densities computed at a time: 400 kB, which stay in the cache."""
ORIGIN = Parameters(weight=0.3, mu1=5.0, mu2=15.0, sigma=2.0)
"""The truth of the forum question with which this project began."""


def component_log_densities(x: ArrayLike, parameters: Parameters) -> tuple[Floats, Floats]:
    """Log of ``weight * N(x; mu1, sigma)`` and of ``(1 - weight) * N(x; mu2, sigma)``, each of the shape of ``x``."""
    from scipy.stats import norm  # here, as it takes half a second to load and not every command needs it

    weight, mu1, mu2, sigma = parameters
    points = np.asarray(x, dtype=np.float64)
    with np.errstate(divide="ignore"):
        log_weights = np.log([weight, 1 - weight])
    return (
        log_weights[0] + norm.logpdf(points, mu1, sigma),
        log_weights[1] + norm.logpdf(points, mu2, sigma),
    )


def log_density(x: ArrayLike, parameters: Parameters) -> Floats:
    """Natural log of the mixture density, one value per observation (nats)."""
    return np.logaddexp(*component_log_densities(x, parameters))


def log_likelihood(x: ArrayLike, parameters: Parameters, *, weights: ArrayLike = 1.0) -> float:
    """Sum the log densities of the observations, nats.

    Args:
        x: Observations, shape ``(n,)``, data units.
        parameters: The parameters, data units.
        weights: How often each observation counts, shape ``(n,)``; once by default.
    """
    return float(np.sum(np.multiply(weights, log_density(x, parameters))))


def log_likelihoods(x: Floats, theta: Floats, *, weights: Floats) -> Floats:
    """Log-likelihoods in nats of many parameters, rows ``(weight, mu1, mu2, sigma)`` of shape ``(m, 4)``."""
    from scipy.stats import norm

    heights = []
    for rows in np.array_split(theta, -(-theta.shape[0] * x.size // CHUNK)):
        weight, mu1, mu2, sigma = rows.T[..., None]
        with np.errstate(divide="ignore"):
            log1, log2 = np.log(weight), np.log1p(-weight)
        densities = np.logaddexp(log1 + norm.logpdf(x, mu1, sigma), log2 + norm.logpdf(x, mu2, sigma))
        heights.append(densities @ weights)
    return np.concatenate(heights)


def responsibilities(x: ArrayLike, parameters: Parameters) -> Floats:
    """P(component 1 | x), in [0, 1], of the shape of ``x``."""
    first, second = component_log_densities(x, parameters)
    return np.exp(first - np.logaddexp(first, second))


def simulate(parameters: Parameters, *, n: int, seed: int) -> Floats:
    """Draw independent observations, shape ``(n,)``, data units.

    Args:
        parameters: The truth, data units.
        n: How many, at least 1.
        seed: Of NumPy's default generator.

    Raises:
        ValueError: ``n`` is below 1.
    """
    if n < 1:
        msg = f"n must be at least 1, got {n}"
        raise ValueError(msg)
    rng = np.random.default_rng(seed)
    means = np.where(rng.random(n) < parameters.weight, parameters.mu1, parameters.mu2)
    return means + parameters.sigma * rng.standard_normal(n)


MU_SCALES = 2.5
"""Prior standard deviation of the means by default, in units of the prior's scale."""
LEAST_PRIOR = 1e-3
"""Least number that spreads or shapes a prior, and one over the greatest: beyond, data or prior say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """The prior: where it is centred, its unit, and in that unit how widely it spreads each parameter."""

    centre: float
    """Prior mean of both component means, data units."""
    scale: float
    """Unit of the prior, data units, above 0; the data's standard deviation by default."""
    means: float = MU_SCALES
    """Standard deviation of both means, in scales, above 0."""
    sigma: float = 1.0
    """Scale of sigma's half-normal, in scales, above 0."""
    weight: tuple[float, float] = (1.0, 1.0)
    """The two numbers of the weight's Beta, above 0; both 1 is uniform."""

    def __post_init__(self) -> None:
        if not (np.isfinite(self.centre) and np.isfinite(self.scale) and self.scale > 0):
            msg = f"a prior needs a finite centre and a finite scale above 0, got {self.centre!r} and {self.scale!r}"
            raise ValueError(msg)
        if len(self.weight) != 2:  # noqa: PLR2004  (a Beta has two)
            msg = f"the prior of the weight needs the two numbers of a Beta, got {self.weight!r}"
            raise ValueError(msg)
        for name, values in (("means", [self.means]), ("sigma", [self.sigma]), ("weight", self.weight)):
            for value in values:
                if not LEAST_PRIOR <= value <= 1 / LEAST_PRIOR:
                    msg = f"the prior's {name} must lie from {LEAST_PRIOR:g} to {1 / LEAST_PRIOR:g}, got {value!r}"
                    raise ValueError(msg)

    @property
    def mu_scale(self) -> float:
        """Prior standard deviation of both means, data units."""
        return self.means * self.scale

    @property
    def sigma_scale(self) -> float:
        """Scale of sigma's half-normal, data units."""
        return self.sigma * self.scale

    def standardised(self, *, centre: float, scale: float) -> Prior:
        """The same prior for ``(x - centre) / scale`` where this one is for ``x``; ``scale > 0``."""
        return replace(self, centre=(self.centre - centre) / scale, scale=self.scale / scale)

    @property
    def is_default(self) -> bool:
        """Whether it has the default's shape, whatever its centre and unit are."""
        return (self.means, self.sigma, self.weight) == (MU_SCALES, 1.0, (1.0, 1.0))

    def shape(self) -> str:
        """What is given for it in ``--prior``: the spread of each parameter, in scales."""
        return f"means={self.means:g},sigma={self.sigma:g},weight={self.weight[0]:g}:{self.weight[1]:g}"

    def lines(self) -> tuple[str, ...]:
        """The prior as a reader would write it, one line for each parameter."""
        mean = f"Normal({self.centre:.6g}, {self.mu_scale:.6g})"
        return (
            f"weight ~ Beta({self.weight[0]:g}, {self.weight[1]:g})",
            f"mu1 ~ {mean}",
            f"mu2 ~ {mean}, mu1 < mu2",
            f"sigma ~ HalfNormal({self.sigma_scale:.6g})",
        )

    def score(self, theta: ArrayLike) -> Floats:
        """Gradient of the log prior in (weight, mu1, mu2, sigma) at ``theta``, shape ``(4,)``."""
        weight, mu1, mu2, sigma = np.asarray(theta, dtype=np.float64)
        powers, ends = np.array(self.weight) - 1, np.array([weight, weight - 1])
        with np.errstate(divide="ignore"):  # infinite at an end of the weight's range, 0 where the Beta is level
            level = np.divide(powers, ends, out=np.zeros(2), where=powers != 0).sum()
        pull = (self.centre - np.array([mu1, mu2])) / self.mu_scale / self.mu_scale  # squares of absurd scales overflow
        return np.array([level, *pull, -sigma / self.sigma_scale / self.sigma_scale])

    def log_density(self, theta: ArrayLike) -> Floats:
        """Log prior density of parameters, shape ``(..., 4)``, up to a constant, nats."""
        from scipy.stats import beta, norm

        values = np.asarray(theta, dtype=np.float64)
        means = norm.logpdf(values[..., 1:3], self.centre, self.mu_scale).sum(axis=-1)
        others = beta.logpdf(values[..., 0], *self.weight) + norm.logpdf(values[..., 3], 0, self.sigma_scale)
        return np.asarray(means + others)

    def draw(self, draws: int, *, seed: int) -> dict[str, Floats]:
        """Draw from the prior; each array has shape ``(draws,)``, data units."""
        rng = np.random.default_rng(seed)
        mu = np.sort(rng.normal(self.centre, self.mu_scale, (draws, 2)), axis=1)
        sigma = np.abs(rng.normal(0, self.sigma_scale, draws))
        return {"weight": rng.beta(*self.weight, draws), "mu1": mu[:, 0], "mu2": mu[:, 1], "sigma": sigma}


def require_level(level: float) -> None:
    """Raise ``ValueError`` where ``level`` is no probability that an interval can have."""
    if not LEVELS[0] <= level <= LEVELS[1]:
        msg = f"level must lie between {LEVELS[0]} and {LEVELS[1]}, got {level!r}"
        raise ValueError(msg)
