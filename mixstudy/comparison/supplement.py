"""What a reader asks after the verdict, which does not depend on it.

Does the posterior follow its prior? Would one component predict as well? Do the draws bear the mark of a mistake?
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats.base.array import array_stats
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp
from scipy.stats import norm, t

from mixstudy.compression.compress import raw_observations
from mixstudy.data.sample import as_sample
from mixstudy.faults.by_draws import recognise_draws
from mixstudy.faults.fault import Recognition
from mixstudy.integral.evidence import BayesFactor, bayes_factor
from mixstudy.model import LABELS, Floats, Parameters, log_density, log_likelihoods

if TYPE_CHECKING:
    from mixstudy.em.fit import EMFit
    from mixstudy.mcmc.posterior import Posterior

FOLLOWS = 0.05
"""Power-scaling sensitivity above which prior or likelihood is called influential (Kallioinen et al. 2024)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Supplement:
    """Answers beside the verdict."""

    sensitivity: pd.DataFrame
    """A row for each parameter: how far its posterior follows the prior and the likelihood (power scaling)."""
    loo: LOOComparison | None
    """Two components against one by leave-one-out; None without raw observations."""
    bayes: BayesFactor | None
    """Two components against one by their evidence; None where the integral can't be trusted."""
    mistakes: tuple[Recognition, ...]
    """Known mistakes whose marks the draws bear, best first."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answers in words, one for each question that could be put."""
        follows = [str(label) for label, row in self.sensitivity.iterrows() if row["prior"] > FOLLOWS]
        prior = f"The prior is felt in {', '.join(follows)}" if follows else "The prior is not felt"
        largest = self.sensitivity["prior"].max()
        found = [
            f"{prior}: for each doubling of its power a posterior moves by {largest:.2g} at most (a distance between "
            f"distributions), where {FOLLOWS:g} counts."
        ]
        if self.loo is not None:
            found.append(self.loo.sentence)
        if self.bayes is not None:
            found.append(self.bayes.sentence)
        found += [f"{each.fault.title}: {each.explanation}" for each in self.mistakes]
        return tuple(found)


def supplement_for(posterior: Posterior, *, fit: EMFit) -> Supplement:
    """Answer what does not change the verdict; about half a second."""
    raw = raw_observations(posterior.sample)
    usable = raw is not None and bool((raw.counts == 1).all())
    draws, integral = posterior.chains, posterior.integral
    return Supplement(
        sensitivity=prior_sensitivity(posterior),
        loo=compare_loo(raw.x, posterior.draws, seed=posterior.settings.seed) if raw is not None and usable else None,
        bayes=bayes_factor(integral) if integral is not None and integral.trusted else None,
        mistakes=recognise_draws(draws, posterior.sample, fit=fit),
    )


def prior_sensitivity(posterior: Posterior) -> pd.DataFrame:
    """How far the posterior follows its prior and its likelihood when either is scaled to a power near 1.

    Power scaling (Kallioinen, Paananen, Buerkner & Vehtari 2024) by ArviZ, log prior and log likelihood by SciPy.

    Returns:
        One row for each parameter: ``prior`` and ``likelihood``, the sensitivities (above 0.05 the posterior follows),
        and ``diagnosis``, in words.
    """
    tree = posterior.data
    draws, sample = np.stack([tree.posterior[label].to_numpy() for label in LABELS], axis=-1), posterior.sample
    prior = posterior.prior.log_density(draws)
    likelihood = log_likelihoods(sample.points, draws.reshape(-1, 4), weights=sample.weights).reshape(prior.shape)
    groups = {
        "/posterior": tree.posterior.to_dataset()[list(LABELS)],
        "/log_prior": xr.Dataset({"log_prior": (("chain", "draw"), prior)}),
        "/log_likelihood": xr.Dataset({"sample": (("chain", "draw"), likelihood)}),
    }
    log = logging.getLogger("arviz_stats.psense")
    level = log.level
    log.setLevel(logging.ERROR)  # its warning repeats the column of diagnoses
    try:
        table = az.psense_summary(xr.DataTree.from_dict(groups), round_to=6)
    finally:
        log.setLevel(level)
    return pd.DataFrame(table).loc[list(LABELS)].rename_axis("parameter").replace({"diagnosis": {"✓": "fine"}})


LEFT_OUT = 500
"""Largest number of observations that are left out, one at a time: a fifth of a second's worth."""
LARGE_K = 0.7
"""Pareto k above which importance sampling can't be trusted (Vehtari, Gelman & Gabry 2017)."""
CLEAR = 2.0
"""Standard errors from which a difference is spoken of."""
DRAWS = 1000
"""Largest number of draws that each is weighed by."""
SMALLEST = 1e-15
"""Share of the squares that rounding leaves where one observation has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LOOComparison:
    """Two components against one by expected predictive accuracy."""

    difference: float
    """Expected log predictive density of all n observations, two components less one, nats."""
    standard_error: float
    """Of the difference."""
    worst_pareto_k: float
    """Largest Pareto k of the two components: above ``LARGE_K`` the importance sampling can't be trusted."""
    observations: int
    """How many observations were left out, one at a time."""

    @property
    def sentence(self) -> str:
        """The answer in words."""
        if abs(self.difference) < CLEAR * self.standard_error:
            better = "one component predicts about as well as two; the gain of the second is"
        elif self.difference > 0:
            better = "two components predict better than one, by"
        else:
            better = "one component predicts better than two, by"
        doubt = f" Not to be trusted: Pareto k is {self.worst_pareto_k:.2g}." if self.worst_pareto_k > LARGE_K else ""
        size = self.difference if abs(self.difference) < CLEAR * self.standard_error else abs(self.difference)
        return (
            f"Left out one at a time, {better} {size:.4g} nats over all observations (standard error "
            f"{self.standard_error:.2g}, from {self.observations} of them).{doubt}"
        )


def compare_loo(x: ArrayLike, draws: Floats, *, seed: int = 0) -> LOOComparison:
    """Compare two components, by PSIS-LOO (Vehtari, Gelman & Gabry 2017) with ArviZ, with one, which is exact.

    Of more than ``LEFT_OUT`` observations a simple random subset is left out in turn. It corrects the sum over all of
    what is nearly the same, the difference of the log densities at the means of the posteriors (the difference
    estimator of Magnusson et al. 2020); the posteriors are still those of all.

    Args:
        x: The raw observations, shape ``(n,)``, data units.
        draws: Posterior draws of the mixture in the order of the labels, shape ``(draws, 4)``, data units.
        seed: Seed of the subset.

    Raises:
        DataError: ``x`` cannot be used.
    """
    rng, points = np.random.default_rng(seed), as_sample(x).points
    n, mean, sd = points.size, float(points.mean()), float(points.std(ddof=1))
    picked = np.arange(n) if n <= LEFT_OUT else rng.choice(n, LEFT_OUT, replace=False)
    left_out = points[picked, None]
    chosen = draws[np.linspace(0, len(draws) - 1, min(DRAWS, len(draws))).astype(int)]
    weight, mu1, mu2, sigma = chosen.T
    two = np.logaddexp(
        np.log(weight) + norm.logpdf(left_out, mu1, sigma), np.log1p(-weight) + norm.logpdf(left_out, mu2, sigma)
    )
    log_weights, pareto_k = array_stats.psislw(two)  # takes log densities; the weights are their inverses
    gain = logsumexp(log_weights + two, axis=1) - _one_left_out(points, picked)
    near = log_density(points, Parameters.relabelled(draws.mean(axis=0))) - norm.logpdf(points, mean, sd)
    rest, m = gain - near[picked], picked.size
    return LOOComparison(
        difference=float(near.sum() + n * rest.mean()),
        standard_error=math.sqrt(n * near.var(ddof=1) + n * (n - m) / m * rest.var(ddof=1)),
        worst_pareto_k=float(np.max(pareto_k)),
        observations=m,
    )


def _one_left_out(points: Floats, picked: NDArray[np.intp]) -> Floats:
    """Log predictive density of each picked point under one normal component, given all others.

    For the prior ``1 / sigma`` it is Student's t with ``k - 1`` degrees of freedom about the mean of the ``k`` others,
    of scale ``s sqrt(1 + 1 / k)`` (Gelman et al. 2013, section 3.2).
    """
    k, off = points.size - 1, points - points.mean()
    mean = -off[picked] / k
    squares = np.maximum((off**2).sum() - off[picked] ** 2 * (1 + 1 / k), SMALLEST * (off**2).sum())
    return np.asarray(t.logpdf(off[picked], k - 1, mean, np.sqrt(squares / (k - 1) * (1 + 1 / k))))
