"""The posterior of the mixture: drawn by chains, diagnosed, and held against the integral.

Diagnostics can tell that chains went wrong, not that they went everywhere. So the posterior is integrated as well
(``integral.integrate``, which knows nothing of the chains), and chains pass where they give the same means, standard
deviations and interval ends within both errors. Where they do not, independent draws of the integral take their place.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike
from nutpie.sample import CompiledModel

from mixstudy.compression.compress import Region
from mixstudy.compression.refine import compress_if_large, refine_until_accurate
from mixstudy.data.sample import WeightedSample, as_sample, default_prior
from mixstudy.data.text import glance, html_glance
from mixstudy.integral.integrate import integrate
from mixstudy.integral.result import LEVEL, Estimates, Integral
from mixstudy.integral.verification import Verification, summarise_draws, summarise_integral, verify
from mixstudy.mcmc.diagnostics import (
    MIN_ESS_PER_CHAIN,
    SamplerStatus,
    diagnose,
    judge,
    smallest_bfmi,
)
from mixstudy.mcmc.samplers import Drawn, draw_compiled, draw_once
from mixstudy.mcmc.settings import SamplerSettings
from mixstudy.model import LABELS, Floats, Prior

CHAINS, LONGER, INTEGRAL = "as asked", "tuned longer", "draws of the integral"
"""The ways to draw, as a reader would call them."""
LONGER_BY = 2
"""How many times as many tuning draws a chain gets that had not arrived."""
FAR = 20.0
"""Posterior sds from the mean where no draw lies: a chain that has one there was still on its way."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Posterior:
    """The posterior and how far it can be trusted."""

    data: xr.DataTree
    """Groups posterior (weight, mu1, mu2, sigma, data units), sample_stats, prior, observed_data."""
    prior: Prior
    """The prior, data units."""
    diagnostics: pd.DataFrame
    """One row for each parameter: mean, sd, r_hat, ess_bulk, ess_tail, mcse_mean, mcse_sd."""
    divergences: int
    """Divergent transitions after tuning."""
    bfmi: float
    """Smallest Bayesian fraction of missing information of the chains; NaN for draws of the integral."""
    status: SamplerStatus
    """Whether the chains can be trusted."""
    settings: SamplerSettings
    """How the draws were asked for."""
    sample: WeightedSample
    """The observations."""
    attempts: tuple[Attempt, ...] = ()
    """What it took: the chains, and draws of the integral where they did not pass."""
    integral: Integral | None = None
    """The same posterior by integration, with its errors."""
    integrated: bool = False
    """Whether the draws are independent ones of the integral, as no chain passed."""
    verification: Verification | None = None
    """The draws held against the integral; None where the integral can't be trusted."""

    def __repr__(self) -> str:
        made = f"{self.settings.chains} chains of {self.settings.draws} draws, {self.divergences} divergences"
        return glance("Posterior", self.status.value, self.sample.source.description, made, rows=self._rows())

    def _repr_html_(self) -> str:
        return html_glance(self.status.value, self._rows())

    def _rows(self) -> list[tuple[str, ...]]:
        """Means, deviations and diagnostics, for a reader."""
        columns = {"mean": ".6g", "sd": ".3g", "r_hat": ".4f", "ess_bulk": ".0f", "ess_tail": ".0f"}
        found = self.diagnostics.to_dict("index").items()
        rows = [(str(label), *(format(row[key], spec) for key, spec in columns.items())) for label, row in found]
        return [("", *columns), *rows]

    @property
    def passed(self) -> bool:
        """Whether the diagnostics give no reason to doubt the draws."""
        return self.status is SamplerStatus.PASSED

    @property
    def verified(self) -> bool:
        """Whether the draws give what the integral gives, within both errors, or are its own."""
        return self.integrated or (self.verification is not None and self.verification.agrees)

    @property
    def chains(self) -> Floats:
        """The draws chain by chain, shape ``(chains, draws, 4)``, data units."""
        return chains_of(self.data)

    @property
    def draws(self) -> Floats:
        """All draws of the parameters, shape ``(chains * draws, 4)``, data units."""
        return self.chains.reshape(-1, len(LABELS))

    def summary(self, level: float = LEVEL) -> Estimates:
        """Mean, sd and ends of the equal-tailed interval of each parameter, with their Monte Carlo errors.

        By the integral where the draws agree with it, as its errors are far smaller; by the draws otherwise.

        Returns:
            A row for each parameter, columns mean, sd, lower, upper; shape ``(4, 4)``, data units.
        """
        if self.integral is not None and self.verified:
            return summarise_integral(self.integral, level)
        return summarise_draws(self.chains, level)


def sample_posterior(
    x: ArrayLike | WeightedSample,
    *,
    prior: Prior | None = None,
    settings: SamplerSettings | None = None,
    seed: int | None = None,
    exact: bool = False,
    compiled: CompiledModel | None = None,
    cores: int | None = None,
    progress: bool = False,
) -> Posterior:
    """Sample the posterior by NUTS (Hoffman & Gelman 2014) from dispersed starting points.

    Chains that had not arrived are tuned longer, once. Where the diagnostics fail or the draws differ from the integral
    even so, its independent draws take their place, unless it can't be trusted, ``escalate`` says no, or so few draws
    were asked for that none could have passed.

    Args:
        x: Observations, shape ``(n,)``, data units, or a weighted sample.
        prior: Replaces the prior that is scaled to the data.
        settings: Sampler, chains, draws and so on.
        seed: Short for ``settings`` with this seed.
        exact: Use all observations as they are, where otherwise many are compressed to a few hundred points.
        compiled: From ``compile_model``, where many data sets are sampled.
        cores: Chains drawn at the same time from a compiled model; as many as there are processors by default.
        progress: Show progress on the terminal.

    Raises:
        DataError: The observations cannot be used.
        ValueError: A setting is out of its range.
    """
    sample = as_sample(x) if exact else compress_if_large(x)
    prior = prior or default_prior(sample)
    settings = settings or SamplerSettings(seed=seed or 0)
    integral = integrate(sample, prior=prior, seed=settings.seed)
    run = _Run(prior=prior, settings=settings, compiled=compiled, cores=cores, progress=progress)
    found = _timed(CHAINS, lambda: _verified(_by_chains(sample, run), integral))
    if not (settings.escalate and settings.draws >= MIN_ESS_PER_CHAIN and integral.trusted):
        return found
    if not (found.passed or _arrived(found.draws, integral)):
        longer = replace(run, settings=settings.tuned_longer(LONGER_BY))
        found = _timed(LONGER, lambda: _verified(_by_chains(sample, longer), integral), after=found)
    if not found.passed:
        found = _timed(INTEGRAL, lambda: _from_integral(integral, settings), after=found)
    return found


def _arrived(draws: Floats, integral: Integral) -> bool:
    """Whether no draw lies where the posterior has no mass."""
    return bool((np.abs(draws - integral.means.value) <= FAR * integral.sds.value).all())


def _timed(name: str, draw: Callable[[], Posterior], *, after: Posterior | None = None) -> Posterior:
    """Draw, and note the attempt after those that were made before."""
    start = time.perf_counter()
    found = draw()
    attempt = Attempt(name=name, status=found.status, seconds=time.perf_counter() - start)
    return replace(found, attempts=(*(after.attempts if after else ()), attempt))


def chains_of(data: xr.DataTree) -> Floats:
    """The draws of the four parameters, shape ``(chains, draws, 4)``."""
    return np.stack([data.posterior[label].to_numpy() for label in LABELS], axis=-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What stays the same where points are refined."""

    prior: Prior
    settings: SamplerSettings
    compiled: CompiledModel | None
    cores: int | None
    progress: bool


def _by_chains(sample: WeightedSample, run: _Run) -> Posterior:
    """Sample, and again on finer cells where draws lie beyond what the points are accurate for."""
    return refine_until_accurate(
        sample, lambda points: _sample(points, run), lambda posterior: [Region.around(posterior.draws)]
    )


def _verified(posterior: Posterior, integral: Integral) -> Posterior:
    """Hold the draws against the integral, where that can be trusted."""
    if not integral.trusted:
        return replace(posterior, integral=integral)
    found = verify(posterior.chains, integral)
    missed = posterior.passed and not found.agrees
    status = SamplerStatus.NOT_VERIFIED if missed else posterior.status
    return replace(posterior, integral=integral, verification=found, status=status)


def _from_integral(integral: Integral, settings: SamplerSettings) -> Posterior:
    """Independent draws of the integral, as many and as many chains as were asked for."""
    drawn = integral.draws(settings.chains * settings.draws, seed=settings.seed)
    chains = drawn.reshape(settings.chains, settings.draws, len(LABELS))
    data = _tree(chains, xr.Dataset(), integral.sample, integral.prior, settings)
    judged = _judged(data, integral.sample, integral.prior, settings)
    found = verify(judged.chains, integral)
    return replace(judged, status=SamplerStatus.PASSED, integral=integral, verification=found, integrated=True)


def _sample(sample: WeightedSample, run: _Run) -> Posterior:
    """Sample in units of the data's own mean and standard deviation, and judge the draws."""
    standard = run.prior.standardised(centre=sample.mean, scale=sample.sd)
    drawn = _draws(sample, run, standard)
    if not _whole(drawn.theta, run.settings):
        raise KeyboardInterrupt  # PyMC answers an interrupt with the draws made so far
    data = _tree(sample.from_standard(drawn.theta), drawn.stats, sample, run.prior, run.settings)
    return _judged(data, sample, run.prior, run.settings)


def _whole(theta: Floats, settings: SamplerSettings) -> bool:
    """Whether every chain is there, as long as asked; a shorter one would be filled up with NaN."""
    return theta.shape[:2] == (settings.chains, settings.draws) and not np.isnan(theta).any()


def _draws(sample: WeightedSample, run: _Run, standard: Prior) -> Drawn:
    points, weights = sample.standardised, sample.weights
    if run.compiled is None:
        return draw_once(points, weights, standard, run.settings, progress=run.progress)
    return draw_compiled(run.compiled, points, weights, standard, run.settings, cores=run.cores, progress=run.progress)


def _tree(
    chains: Floats, stats: xr.Dataset, sample: WeightedSample, prior: Prior, settings: SamplerSettings
) -> xr.DataTree:
    """All groups: draws and their statistics, draws from the prior, and the observations."""
    dims, numbers = ("chain", "draw"), {"chain": np.arange(settings.chains), "draw": np.arange(settings.draws)}
    posterior = xr.Dataset({label: (dims, chains[..., k]) for k, label in enumerate(LABELS)}, numbers, stats.attrs)
    observed = xr.Dataset({"points": ("point", sample.points), "weights": ("point", sample.weights)})
    drawn = prior.draw(settings.draws, seed=settings.seed)
    prior_draws = xr.Dataset(
        {name: (dims, values[None]) for name, values in drawn.items()},
        {"chain": [0], "draw": numbers["draw"]},
        asdict(prior),
    )
    return xr.DataTree.from_dict(
        {
            "/posterior": posterior,
            "/sample_stats": stats,
            "/prior": prior_draws,
            "/observed_data": observed,
        }
    )


def _judged(data: xr.DataTree, sample: WeightedSample, prior: Prior, settings: SamplerSettings) -> Posterior:
    """Compute the diagnostics and judge them; draws of the integral have neither divergences nor energy."""
    table, stats = diagnose(chains_of(data)), data.sample_stats
    divergences = int(stats["diverging"].sum()) if "diverging" in stats else 0
    bfmi = smallest_bfmi(stats["energy"].to_numpy()) if "energy" in stats else np.nan
    share = divergences / (data.posterior.sizes["chain"] * data.posterior.sizes["draw"])
    return Posterior(
        data=data,
        prior=prior,
        diagnostics=table,
        divergences=divergences,
        bfmi=bfmi,
        status=judge(table, chains=settings.chains, divergent=share, bfmi=bfmi),
        settings=settings,
        sample=sample,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at a posterior."""

    name: str
    """Which way."""
    status: SamplerStatus
    """How it ended."""
    seconds: float
    """How long it took."""
