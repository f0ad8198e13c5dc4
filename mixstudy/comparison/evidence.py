"""What the checks look at: an estimate held against the likelihood, and against a posterior of the same data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from mixstudy.comparison.goodness_of_fit import Adequacy
from mixstudy.compression.certificate import Certificate, certify
from mixstudy.compression.compress import CompressedSample, Region
from mixstudy.data.sample import WeightedSample
from mixstudy.em.asymptotics import LARGE_SHIFT, Expansion, expand, identified, merged_variance
from mixstudy.em.bootstrap import bootstrap_intervals
from mixstudy.em.fit import EMFit
from mixstudy.em.likelihood import covariance, curvature_from, distance_to_maximum, expectation
from mixstudy.em.profile import profile_intervals
from mixstudy.integral.verification import summarise_draws
from mixstudy.model import LABELS, Floats, Parameters

if TYPE_CHECKING:
    import pandas as pd

    from mixstudy.mcmc.posterior import Posterior

PLACES = 4
"""Draws at which the likelihood of the compressed observations is checked, beside the estimate."""
OWN = "EM"
"""Source of an estimate that is EM's own."""
EXTREME = 300.0
"""Logs of weight and of sigma over the data's sd beyond which squares leave the range of floats."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """An estimate held against the likelihood and, where there is one, against the posterior; computed once."""

    estimate: Parameters
    """The estimate that is judged, data units."""
    fit: EMFit
    """The maximum that EM found, the estimate's own or not."""
    sample: WeightedSample
    """The observations, as points on which the likelihood of the estimate is right."""
    deficit: float
    """Log-likelihood of the estimate below the maximum, nats."""
    distance: float
    """Distance to the maximum by the score at the estimate, standard errors; infinite where none is near."""
    rounding: float
    """How many standard errors the rounding of printed figures may have moved the estimate; 0 for a fit."""
    adequacy: Adequacy
    """Whether the data look like the model."""
    truth: Parameters | None
    """The true parameters, where known."""
    level: float
    """Probability of the intervals."""
    posterior: PosteriorEvidence | None
    """The estimate held against the posterior; None without one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PosteriorEvidence:
    """An estimate beside the posterior of the same data; ``theta`` and ``draws`` in the order of the labels."""

    theta: Floats
    """What is compared: the estimate, or EM's own where the printed figures can't be told from that; shape ``(4,)``."""
    source: str
    """Whose it is, as a sentence would say."""
    posterior: Posterior
    """The posterior."""
    draws: Floats
    """Its draws, shape ``(draws, 4)``, data units."""
    sample: WeightedSample
    """The observations, as points that serve the estimate and all draws, where that is possible."""
    certificate: Certificate | None
    """That they do; None where no observations were compressed."""
    table: pd.DataFrame
    """The four parameters side by side."""
    intervals: pd.DataFrame
    """Wald, profile, bootstrap and credible intervals side by side."""
    expansion: Expansion
    """What large-sample theory expects of the posterior about ``theta``."""
    merged: float
    """Share of the variance of ``weight`` that lies where the means have met."""

    @property
    def identified(self) -> bool:
        """Whether large-sample theory can speak: the shift it expects is small, and hardly any mass is elsewhere."""
        return identified(self.expansion.shift, self.merged)

    @property
    def gauged(self) -> bool:
        """Whether theory can also say how far apart right methods may be: hardly anything is left to the next order."""
        return self.identified and self.expansion.beyond <= LARGE_SHIFT

    def distances(self, theta: Floats) -> tuple[float, float]:
        """Squared Mahalanobis distance of ``theta`` from the posterior mean, and the share of draws farther out."""
        mean, precision = self.draws.mean(axis=0), np.linalg.inv(np.cov(self.draws.T))

        def squared(points: Floats) -> Floats:
            return np.sum((points - mean) @ precision * (points - mean), axis=-1, dtype=np.float64)

        own = float(squared(theta))
        return own, float(np.mean(squared(self.draws) > own))


def hold_against_posterior(
    subject: EMFit | Parameters, posterior: Posterior, *, fit: EMFit, level: float, kind: Literal["eti", "hdi"]
) -> PosteriorEvidence:
    """Put an estimate beside the posterior; ``fit`` is the maximum-likelihood fit, the estimate's own or not."""
    estimate = subject.parameters if isinstance(subject, EMFit) else subject
    theta, draws = estimate.array, posterior.draws
    sample, certificate = _certified(posterior.sample, theta, draws)
    expansion = expand(sample, theta, posterior.prior)
    errors = np.sqrt(np.diag(covariance(expansion.curvature)))
    table = parameter_table(theta, errors, posterior, level=level, kind=kind)
    return PosteriorEvidence(
        theta=theta,
        source=OWN if isinstance(subject, EMFit) else "the estimate",
        posterior=posterior,
        draws=draws,
        sample=sample,
        certificate=certificate,
        table=table,
        intervals=interval_table(fit, table[["lower", "upper"]].to_numpy(), level=level),
        expansion=expansion,
        merged=merged_variance(fit, posterior.prior),
    )


def standing(estimate: Parameters, sample: WeightedSample, fit: EMFit) -> tuple[float, float]:
    """Log-likelihood below the maximum, nats, and distance to the maximum by the score, standard errors."""
    theta = sample.to_standard(estimate.array)
    sums = expectation(sample.standardised, sample.weights, theta)
    height = sums.log_likelihood - sample.n * math.log(sample.sd)
    if not math.isfinite(height):
        return math.inf, math.inf
    if not (np.abs(np.log(theta[[0, 3]])) < EXTREME).all():
        return fit.log_likelihood - height, math.inf
    at = curvature_from(sums, theta)
    distance = distance_to_maximum(at) if np.isfinite(at.information).all() else math.inf
    return fit.log_likelihood - height, distance


def _certified(sample: WeightedSample, theta: Floats, draws: Floats) -> tuple[WeightedSample, Certificate | None]:
    """The sample on points that serve the estimate and all draws, where that is possible, and its certificate."""
    if not isinstance(sample, CompressedSample):
        return sample, None
    everything = np.vstack([theta, draws])
    if not sample.serves(region := Region.around(everything)):
        sample = sample.serving(region) or sample
    return sample, certify(sample, everything, places=everything[: PLACES * len(draws) : len(draws) // PLACES])


def parameter_table(
    theta: Floats, standard_errors: Floats, posterior: Posterior, *, level: float, kind: Literal["eti", "hdi"]
) -> pd.DataFrame:
    """The four parameters side by side; the posterior's numbers are those of its summary."""
    import pandas as pd  # here, as it takes a quarter of a second to load and an estimate can be judged without

    found = posterior.summary(level)
    mean, sd, lower, upper = found.value.T
    error = found.error[:, 2:]
    if kind == "hdi":
        import arviz as az

        ends = az.hdi(posterior.data, prob=level)
        lower, upper = np.array([ends[label].to_numpy() for label in LABELS]).T
        error = summarise_draws(posterior.chains, level).error[:, 2:]
    interval = np.column_stack([lower, upper])
    near = (np.abs(theta[:, None] - interval) <= error).any(axis=1)
    within = (lower <= theta) & (theta <= upper)
    return pd.DataFrame(
        {
            "em": theta,
            "em_se": standard_errors,
            "posterior_mean": mean,
            "posterior_sd": sd,
            "lower": lower,
            "upper": upper,
            "inside": np.where(near, "borderline", np.where(within, "inside", "outside")),
            "offset_sd": (theta - mean) / sd,
            "sd_ratio": standard_errors / sd,
        },
        index=pd.Index(LABELS, name="parameter"),
    )


def interval_table(fit: EMFit, credible: Floats, *, level: float) -> pd.DataFrame:
    """Four kinds of interval side by side: Wald, profile likelihood and bootstrap of the fit, and the credible one.

    Where the fit is no maximum there is nothing to draw the first three about: NaN.
    """
    import pandas as pd

    found = np.full((4, 4, 2), math.nan)
    found[3] = credible
    if math.isfinite(fit.distance):
        found[:3] = fit.interval(level), profile_intervals(fit, level=level), bootstrap_intervals(fit, level=level)
    columns = [f"{kind}_{end}" for kind in ("wald", "profile", "bootstrap", "credible") for end in ("lower", "upper")]
    return pd.DataFrame(
        found.transpose(1, 0, 2).reshape(4, 8), columns=columns, index=pd.Index(LABELS, name="parameter")
    )
