"""What the checks look at: an estimate and a posterior of the same data, side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import arviz as az
import numpy as np
import pandas as pd

from mixstudy.comparison.goodness_of_fit import Adequacy, check_adequacy
from mixstudy.compression.certificate import Certificate, certify
from mixstudy.compression.compress import CompressedSample, Region
from mixstudy.data.sample import WeightedSample
from mixstudy.em.asymptotics import LARGE_SHIFT, Expansion, expand, identified, merged_variance
from mixstudy.em.bootstrap import bootstrap_intervals
from mixstudy.em.fit import EMFit
from mixstudy.em.likelihood import covariance
from mixstudy.em.profile import profile_intervals
from mixstudy.model import LABELS, Floats, Parameters

if TYPE_CHECKING:
    from mixstudy.mcmc.posterior import Posterior

PLACES = 4
"""Draws at which the likelihood of the compressed observations is checked, beside the estimate."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """What the checks look at, computed once; ``theta`` and ``draws`` in the order of the labels."""

    theta: Floats
    draws: Floats
    sample: WeightedSample
    certificate: Certificate | None
    posterior: Posterior
    table: pd.DataFrame
    expansion: Expansion
    level: float
    truth: Parameters | None
    source: str
    intervals: pd.DataFrame
    adequacy: Adequacy
    merged: float

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


def gather(
    estimate: Parameters,
    posterior: Posterior,
    *,
    level: float,
    kind: Literal["eti", "hdi"],
    truth: Parameters | None,
    source: str,
    fit: EMFit,
    thorough: bool,
) -> Evidence:
    """Compute all that the checks look at; ``fit`` is the maximum-likelihood fit, the estimate's own or not.

    A thorough look adds posterior predictive p-values to the adequacy, which no check judges.
    """
    theta = np.array([*estimate])
    draws = posterior.draws
    sample, certificate = _certified(posterior.sample, theta, draws)
    expansion = expand(sample, theta, posterior.prior)
    table = parameter_table(theta, np.sqrt(np.diag(covariance(expansion.curvature))), posterior, level=level, kind=kind)
    return Evidence(
        theta=theta,
        draws=draws,
        sample=sample,
        certificate=certificate,
        posterior=posterior,
        table=table,
        expansion=expansion,
        level=level,
        truth=truth,
        source=source,
        intervals=interval_table(fit, table[["lower", "upper"]].to_numpy(), level=level),
        adequacy=check_adequacy(fit, draws=draws if thorough else None),
        merged=merged_variance(fit, posterior.prior),
    )


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
    """The four parameters side by side."""
    data, found = posterior.data, posterior.diagnostics
    tails = ((1 - level) / 2, (1 + level) / 2)
    ends = az.hdi(data, prob=level) if kind == "hdi" else az.eti(data, prob=level)
    errors = [az.mcse(data, method="quantile", prob=tail) for tail in tails]
    interval = np.array([ends[label].to_numpy() for label in LABELS])
    error = np.array([[float(each[label]) for each in errors] for label in LABELS])
    near = (np.abs(theta[:, None] - interval) <= error).any(axis=1)
    within = (interval[:, 0] <= theta) & (theta <= interval[:, 1])
    return pd.DataFrame(
        {
            "em": theta,
            "em_se": standard_errors,
            "posterior_mean": found["mean"].to_numpy(),
            "posterior_sd": found["sd"].to_numpy(),
            "lower": interval[:, 0],
            "upper": interval[:, 1],
            "inside": np.where(near, "borderline", np.where(within, "inside", "outside")),
            "offset_sd": (theta - found["mean"].to_numpy()) / found["sd"].to_numpy(),
            "sd_ratio": standard_errors / found["sd"].to_numpy(),
        },
        index=pd.Index(LABELS, name="parameter"),
    )


def interval_table(fit: EMFit, credible: Floats, *, level: float) -> pd.DataFrame:
    """Four kinds of interval side by side: Wald, profile likelihood and bootstrap of the fit, and the credible one.

    Where the fit is no maximum there is nothing to draw the first three about: NaN.
    """
    found = np.full((4, 4, 2), math.nan)
    found[3] = credible
    if math.isfinite(fit.distance):
        found[:3] = fit.interval(level), profile_intervals(fit, level=level), bootstrap_intervals(fit, level=level)
    columns = [f"{kind}_{end}" for kind in ("wald", "profile", "bootstrap", "credible") for end in ("lower", "upper")]
    return pd.DataFrame(
        found.transpose(1, 0, 2).reshape(4, 8), columns=columns, index=pd.Index(LABELS, name="parameter")
    )
