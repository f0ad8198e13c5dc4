"""The posterior of the mixture: drawn, checked, and drawn again by other means where the check fails.

The model and the samplers are in ``sampling``, the ladder of means in ``escalation``, the diagnostics in
``diagnostics``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike
from nutpie.sample import CompiledModel

from mixstudy.compression.compress import CompressedSample, Region, condensed, finer_for
from mixstudy.data.sample import WeightedSample, as_sample, default_prior
from mixstudy.data.text import glance
from mixstudy.mcmc.diagnostics import (
    MIN_ESS_PER_CHAIN,
    SamplerStatus,
    diagnose,
    judge,
    smallest_bfmi,
)
from mixstudy.mcmc.model import Coordinates
from mixstudy.mcmc.samplers import SamplerSettings, compile_model, draw_compiled, draw_once, draw_smc
from mixstudy.model import LABELS, Floats, Prior

MAX_RESAMPLED = 2
"""Times that compressed observations are sampled again on finer cells, for draws that lie beyond what they serve."""


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
    """Smallest Bayesian fraction of missing information of the chains; NaN for sequential Monte Carlo."""
    status: SamplerStatus
    """Whether the chains can be trusted."""
    settings: SamplerSettings
    """How the draws were made; on a later rung of the ladder not as asked."""
    sample: WeightedSample
    """The observations."""
    attempts: tuple[Attempt, ...] = ()
    """What it took: every attempt, in the order made."""

    def __repr__(self) -> str:
        made = f"{self.settings.chains} chains of {self.settings.draws} draws, {self.divergences} divergences"
        columns = {"mean": ".6g", "sd": ".3g", "r_hat": ".4f", "ess_bulk": ".0f", "ess_tail": ".0f"}
        found = self.diagnostics.to_dict("index").items()
        rows = [(str(label), *(format(row[key], spec) for key, spec in columns.items())) for label, row in found]
        return glance(
            "Posterior", self.status.value, self.sample.source.description, made, rows=[("", *columns), *rows]
        )

    @property
    def passed(self) -> bool:
        """Whether the diagnostics give no reason to doubt the draws."""
        return self.status is SamplerStatus.PASSED

    @property
    def draws(self) -> Floats:
        """All draws of the parameters, shape ``(chains * draws, 4)``, data units."""
        return np.stack([self.data.posterior[label].to_numpy().ravel() for label in LABELS], axis=1)


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

    Where the diagnostics fail it goes on by other means (``escalation``) and keeps the first draws that pass, or where
    none do those with the smallest R-hat.

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
    sample = as_sample(x) if exact else condensed(x)
    prior = prior or default_prior(sample)
    settings = settings or SamplerSettings(seed=seed or 0)
    run = _Run(prior=prior, compiled=compiled, cores=cores, progress=progress)
    found: list[Posterior] = []
    attempts: list[Attempt] = []
    for rung in ladder(settings):
        start = time.perf_counter()
        found.append(_on_rung(found[-1].sample if found else sample, rung, rung.settings(settings), run))
        attempts.append(Attempt(name=rung.name, status=found[-1].status, seconds=time.perf_counter() - start))
        if found[-1].passed:
            return replace(found[-1], attempts=tuple(attempts))
    best = min(found, key=lambda posterior: np.nan_to_num(posterior.diagnostics["r_hat"].max(), nan=np.inf))
    return replace(best, attempts=tuple(attempts))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What stays the same from rung to rung."""

    prior: Prior
    compiled: CompiledModel | None
    cores: int | None
    progress: bool


def _on_rung(sample: WeightedSample, rung: Rung, settings: SamplerSettings, run: _Run) -> Posterior:
    """Sample, and again on finer cells where draws lie beyond what compressed observations serve."""
    posterior = _sample(sample, rung, settings, run)
    for _ in range(MAX_RESAMPLED):
        region = Region.around(posterior.draws)
        if not isinstance(sample, CompressedSample) or (finer := finer_for(sample, [region])) is None:
            break
        posterior, sample = _sample(finer, rung, settings, run), finer
    return posterior


def _sample(sample: WeightedSample, rung: Rung, settings: SamplerSettings, run: _Run) -> Posterior:
    """Sample in units of the data's own mean and standard deviation, and judge the draws."""
    standard = Prior(centre=(run.prior.centre - sample.mean) / sample.sd, scale=run.prior.scale / sample.sd)
    draws = _draws(sample, rung, settings, run, standard)
    if not _whole(draws, settings):
        raise KeyboardInterrupt  # PyMC answers an interrupt with the draws made so far
    return _judged(_in_data_units(draws, sample, run.prior, settings), sample, run.prior, settings)


def _whole(draws: xr.DataTree, settings: SamplerSettings) -> bool:
    """Whether every chain is there, as long as asked; a shorter one would be filled up with NaN."""
    posterior = draws.posterior
    shape = (posterior.sizes.get("chain"), posterior.sizes.get("draw"))
    return shape == (settings.chains, settings.draws) and not np.isnan(posterior["weight"]).any()


def _draws(sample: WeightedSample, rung: Rung, settings: SamplerSettings, run: _Run, standard: Prior) -> xr.DataTree:
    points, weights = sample.standardised, sample.weights
    if rung.coordinates is None:
        return draw_smc(points, weights, standard, settings)
    if run.compiled is None:
        return draw_once(points, weights, standard, settings, coordinates=rung.coordinates, progress=run.progress)
    compiled = run.compiled if rung.coordinates is Coordinates.PLAIN else compile_model(rung.coordinates)
    return draw_compiled(compiled, points, weights, standard, settings, cores=run.cores, progress=run.progress)


def _in_data_units(draws: xr.DataTree, sample: WeightedSample, prior: Prior, settings: SamplerSettings) -> xr.DataTree:
    """Map the draws back and gather what travels with them."""
    raw = draws.posterior
    mu = sample.mean + sample.sd * raw["mu"]
    posterior = xr.Dataset(
        {
            "weight": raw["weight"],
            "mu1": mu.isel({mu.dims[-1]: 0}, drop=True),
            "mu2": mu.isel({mu.dims[-1]: 1}, drop=True),
            "sigma": sample.sd * raw["sigma"],
        },
        coords={name: np.arange(raw.sizes[name]) for name in ("chain", "draw")},
        attrs=raw.attrs,
    )
    stats = draws.sample_stats.to_dataset()
    stats = stats.drop_vars([name for name, values in stats.items() if values.dtype == object])
    observed = xr.Dataset({"points": ("point", sample.points), "weights": ("point", sample.weights)})
    drawn = prior.draw(settings.draws, seed=settings.seed)
    prior_draws = xr.Dataset(
        {name: (("chain", "draw"), values[None]) for name, values in drawn.items()},
        coords={"chain": [0], "draw": np.arange(settings.draws)},
        attrs={"centre": prior.centre, "scale": prior.scale},
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
    """Compute the diagnostics and judge them; sequential Monte Carlo has neither divergences nor energy."""
    table, stats = diagnose(data), data.sample_stats
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
class Rung:
    """One way to draw from the posterior."""

    name: str
    """As a reader would call it."""
    coordinates: Coordinates | None
    """Coordinates of the chains; None for sequential Monte Carlo."""
    tune: int = 1
    """Tuning draws, in multiples of those asked for."""
    draws: int = 1
    """Draws kept, likewise."""
    target_accept: float = 0.0
    """Acceptance rate tuned for, at least; the one asked for where that is higher."""

    def settings(self, asked: SamplerSettings) -> SamplerSettings:
        """The settings that were asked for, as far as this rung changes them."""
        return replace(
            asked,
            tune=self.tune * asked.tune,
            draws=self.draws * asked.draws,
            target_accept=max(self.target_accept, asked.target_accept),
        )


LADDER = (
    Rung(name="as asked", coordinates=Coordinates.PLAIN),
    Rung(name="longer, in mixture coordinates", coordinates=Coordinates.MIXTURE, tune=2, draws=2, target_accept=0.98),
    Rung(name="longer, in plain coordinates", coordinates=Coordinates.PLAIN, tune=3, draws=3, target_accept=0.99),
    Rung(name="longest, in mixture coordinates", coordinates=Coordinates.MIXTURE, tune=3, draws=5, target_accept=0.99),
    Rung(name="sequential Monte Carlo", coordinates=None, draws=2),
)
"""All rungs, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at a posterior."""

    name: str
    """Which rung of the ladder."""
    status: SamplerStatus
    """How it ended."""
    seconds: float
    """How long it took."""


def ladder(settings: SamplerSettings) -> tuple[Rung, ...]:
    """The rungs to be tried with these settings; the first alone where chains are too short to pass on any."""
    hopeless = settings.draws < MIN_ESS_PER_CHAIN
    return LADDER if settings.escalate and not hopeless else LADDER[:1]
