"""The same model in PyMC: prior, model, sampling by NUTS, diagnostics.

    weight ~ Beta(1, 1),  mu1 < mu2 each ~ Normal(centre, 2.5 scale),  sigma ~ HalfNormal(scale)

Written from PyMC's own distributions and differentiated by PyTensor: no likelihood code is shared with EM, and no chain
starts from EM's answer. This is the only module that imports PyMC.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any, Literal

import arviz as az
import numpy as np
import nutpie
import pandas as pd
import pymc as pm
import pytensor
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import ArrayLike
from nutpie.compiled_pyfunc import from_pyfunc
from nutpie.sample import CompiledModel
from pymc.initial_point import make_initial_point_fn
from pytensor.compile.mode import Mode
from pytensor.graph.replace import vectorize_graph

from mixstudy.compress import CompressedSample, Region, condensed, finer_for
from mixstudy.model import LABELS, Floats
from mixstudy.sample import WeightedSample, as_sample

MU_SCALES = 2.5
"""Prior standard deviation of the means, in standard deviations of the data."""
MAX_R_HAT = 1.01
"""Vehtari, Gelman, Simpson, Carpenter & Buerkner (2021)."""
MIN_ESS_PER_CHAIN = 100
"""Bulk and tail effective sample size for each chain, as they recommend."""
MIN_BFMI = 0.3
"""Below this the energy says that the tails are hardly visited (Betancourt 2016)."""
MAX_RESAMPLED = 2
"""Times that compressed observations are sampled again on finer cells, for draws that lie beyond what they serve."""
MAX_DIVERGENT = 0.001
"""Share of divergent transitions that is let pass: isolated ones are the integrator's false alarms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """The prior, by the two numbers that scale it."""

    centre: float
    """Prior mean of both component means, data units."""
    scale: float
    """Unit of the prior: 2.5 of it spread the means, one of it spreads sigma; data units, above 0."""

    def __post_init__(self) -> None:
        if not (np.isfinite(self.centre) and np.isfinite(self.scale) and self.scale > 0):
            msg = f"a prior needs a finite centre and a finite scale above 0, got {self.centre!r} and {self.scale!r}"
            raise ValueError(msg)

    def lines(self) -> tuple[str, ...]:
        """The prior as a reader would write it, one line for each parameter."""
        mean = f"Normal({self.centre:.6g}, {MU_SCALES * self.scale:.6g})"
        return (
            "weight ~ Beta(1, 1)",
            f"mu1 ~ {mean}",
            f"mu2 ~ {mean}, mu1 < mu2",
            f"sigma ~ HalfNormal({self.scale:.6g})",
        )

    def score(self, theta: ArrayLike) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Gradient of the log prior in (weight, mu1, mu2, sigma) at ``theta``, shape ``(4,)``."""
        _, mu1, mu2, sigma = np.asarray(theta, dtype=np.float64)
        pull = (self.centre - np.array([mu1, mu2])) / (MU_SCALES * self.scale) ** 2
        return np.array([0.0, *pull, -sigma / self.scale**2])

    def draw(self, draws: int, *, seed: int) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
        """Draw from the prior; each array has shape ``(draws,)``, data units."""
        rng = np.random.default_rng(seed)
        mu = np.sort(rng.normal(self.centre, MU_SCALES * self.scale, (draws, 2)), axis=1)
        sigma = np.abs(rng.normal(0, self.scale, draws))
        return {"weight": rng.random(draws), "mu1": mu[:, 0], "mu2": mu[:, 1], "sigma": sigma}


def default_prior(sample: WeightedSample) -> Prior:
    """The weakly informative prior: centred on the mean of the data, scaled by their standard deviation."""
    return Prior(centre=sample.mean, scale=sample.sd)


class SamplerStatus(Enum):
    """Whether the chains can be trusted."""

    PASSED = "The chains mixed well: the diagnostics give no reason to doubt the posterior."
    NOT_MIXED = "The chains do not agree with each other (R-hat above 1.01): they have not reached one distribution."
    TOO_FEW = "The chains are too short: fewer than 100 effective draws for each chain, in the bulk or in the tails."
    DIVERGENT = "Too many transitions diverged: part of the posterior may have been missed."
    LOW_ENERGY = "The energy hardly changes between draws (BFMI below 0.3): the tails may have been missed."


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerSettings:
    """How the posterior is sampled."""

    sampler: Literal["nutpie", "pymc"] = "nutpie"
    """Which NUTS."""
    chains: int = 4
    """Chains, at least 2, each from a point of its own."""
    draws: int = 1000
    """Draws kept from each chain, at least 4."""
    tune: int = 1000
    """Tuning draws of each chain, thrown away, at least 1."""
    target_accept: float = 0.9
    """Acceptance rate that the step size is tuned for, in (0, 1)."""
    seed: int = 0
    """Seed of the chains and of their starting points, 0 or above."""

    def __post_init__(self) -> None:
        for name, least in (("chains", 2), ("draws", 4), ("tune", 1), ("seed", 0)):
            if getattr(self, name) < least:
                msg = f"{name} must be at least {least}, got {getattr(self, name)}"
                raise ValueError(msg)
        if self.sampler not in ("nutpie", "pymc"):
            msg = f"sampler must be 'nutpie' or 'pymc', got {self.sampler!r}"
            raise ValueError(msg)


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
    """Smallest Bayesian fraction of missing information of the chains."""
    status: SamplerStatus
    """Whether the chains can be trusted."""
    settings: SamplerSettings
    """How it was sampled."""
    sample: WeightedSample
    """The observations."""

    @property
    def passed(self) -> bool:
        """Whether the diagnostics give no reason to doubt the draws."""
        return self.status is SamplerStatus.PASSED

    @property
    def draws(self) -> Floats:
        """All draws of the parameters, shape ``(chains * draws, 4)``, data units."""
        return np.stack([self.data.posterior[label].to_numpy().ravel() for label in LABELS], axis=1)


def build_model(points: ArrayLike, weights: ArrayLike, prior: Prior) -> pm.Model:
    """The mixture of weighted points as a PyMC model, in the units of ``prior``.

    The likelihood is a potential because each point counts ``weights`` times; with unit weights it is what
    ``pm.NormalMixture(..., observed=points)`` would give. All that changes from data set to data set is ``pm.Data``.
    """
    with pm.Model(coords={"cluster": [1, 2]}) as model:
        centre, scale = pm.Data("centre", prior.centre), pm.Data("scale", prior.scale)
        weight = pm.Beta("weight", 1, 1)
        mu = pm.Normal("mu", centre, MU_SCALES * scale, dims="cluster", transform=pm.distributions.transforms.ordered)
        sigma = pm.HalfNormal("sigma", scale)
        mixture = pm.NormalMixture.dist(w=pt.stack([weight, 1 - weight]), mu=mu, sigma=sigma)
        log_density = pm.logp(mixture, pm.Data("points", points))
        pm.Potential("log_likelihood", (pm.Data("weights", weights) * log_density).sum())
    return model


def sample_posterior(
    x: ArrayLike | WeightedSample,
    *,
    prior: Prior | None = None,
    settings: SamplerSettings | None = None,
    seed: int | None = None,
    exact: bool = False,
    compiled: CompiledModel | None = None,
    progress: bool = False,
) -> Posterior:
    """Sample the posterior by NUTS (Hoffman & Gelman 2014) from dispersed starting points.

    Args:
        x: Observations, shape ``(n,)``, data units, or a weighted sample.
        prior: Replaces the prior that is scaled to the data.
        settings: Sampler, chains, draws and so on.
        seed: Short for ``settings`` with this seed.
        exact: Use all observations as they are, where otherwise many are compressed to a few hundred points.
        compiled: From ``compile_model``, where many data sets are sampled.
        progress: Show progress on the terminal.

    Raises:
        DataError: The observations cannot be used.
        ValueError: A setting is out of its range.
    """
    sample = as_sample(x) if exact else condensed(x)
    prior = prior or default_prior(sample)
    settings = settings or SamplerSettings(seed=seed or 0)
    posterior = _sample(sample, prior, settings, compiled, progress=progress)
    for _ in range(MAX_RESAMPLED):
        region = Region.around(posterior.draws)
        if not isinstance(sample, CompressedSample) or (finer := finer_for(sample, [region])) is None:
            break
        posterior, sample = _sample(finer, prior, settings, compiled, progress=progress), finer
    return posterior


def _sample(
    sample: WeightedSample, prior: Prior, settings: SamplerSettings, compiled: CompiledModel | None, *, progress: bool
) -> Posterior:
    """Sample in units of the data's own mean and standard deviation, and judge the draws."""
    standard = Prior(centre=(prior.centre - sample.mean) / sample.sd, scale=prior.scale / sample.sd)
    if compiled is None:
        model = build_model(sample.standardised, sample.weights, standard)
        draws = _SAMPLERS[settings.sampler](model, settings, progress=progress)
    else:
        data = {"points": sample.standardised, "weights": sample.weights, **asdict(standard)}
        changed = compiled.with_data(**{name: np.asarray(value) for name, value in data.items()})
        draws = _draw(changed, settings, progress=progress)
    if draws.posterior.sizes["draw"] < settings.draws:
        raise KeyboardInterrupt  # nutpie answers an interrupt with the draws made so far
    return _judged(_in_data_units(draws, sample, prior, settings), sample, prior, settings)


def _starting_points() -> dict[str, Any]:
    """Where chains start: random variables about the middle of standardised data, a new draw for each chain."""
    return {
        "weight": pm.Uniform.dist(0.2, 0.8),
        "mu": pt.sort(pm.Normal.dist(0, 1, size=2)),
        "sigma": pm.Uniform.dist(0.3, 1.0),
    }


def compile_model() -> CompiledModel:
    """Compile the model for nutpie, for ten seconds; drawing is then quicker, from one data set after another."""
    model = build_model(np.zeros(3), np.ones(3), Prior(centre=0.0, scale=1.0))
    return nutpie.compile_pymc_model(model, initial_points=_starting_points(), jitter_rvs=set())


def _draw(model: CompiledModel, settings: SamplerSettings, *, cores: int | None = None, progress: bool) -> xr.DataTree:
    draws: xr.DataTree = nutpie.sample(
        model,
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=cores,
        seed=settings.seed,
        target_accept=settings.target_accept,
        adaptation="low_rank",
        save_warmup=False,
        progress_bar=progress,
    )
    return draws


def _sample_nutpie(model: pm.Model, settings: SamplerSettings, *, progress: bool) -> xr.DataTree:
    draws = _draw(_for_nutpie(model), settings, cores=1, progress=progress)  # Python's functions are called in turn
    values = draws.posterior["values"]
    draws["posterior"] = xr.DataTree(_constrained(model, values.to_numpy()).assign_attrs(draws.posterior.attrs))
    return draws


def _for_nutpie(model: pm.Model) -> CompiledModel:
    """The model as PyTensor's own function, which its cache keeps from run to run.

    ``nutpie.compile_pymc_model`` is quicker to draw but compiles for ten seconds in every process: ``compile_model``.
    """
    start = make_initial_point_fn(model=model, overrides=_starting_points(), jitter_rvs=set(), return_transformed=True)
    density = model.compile_fn([model.logp(), model.dlogp()], inputs=model.value_vars, point_fn=False)
    density.trust_input = True

    def log_density(x: Floats) -> tuple[float, Floats]:
        value, gradient = density(x[0, ...], x[1:3], x[3, ...])
        return float(value), gradient

    return from_pyfunc(
        ndim=4,
        make_logp_fn=lambda: log_density,
        make_expand_fn=lambda *_: lambda x: {"values": x},
        expanded_dtypes=[np.dtype(np.float64)],
        expanded_shapes=[(4,)],
        expanded_names=["values"],
        make_initial_point_fn=lambda seed: np.hstack([start(seed)[value.name] for value in model.value_vars]),
    )


def _constrained(model: pm.Model, values: Floats) -> xr.Dataset:
    """The model's variables at its unconstrained ``values``, shape ``(chain, draw, 4)``."""
    batches = [pt.dmatrix(), pt.dtensor3(), pt.dmatrix()]
    variables = vectorize_graph(
        model.replace_rvs_by_values(model.free_RVs), dict(zip(model.value_vars, batches, strict=True))
    )
    once = Mode("py", "fast_compile")  # called once: compiling it would take longer than running it
    found = pytensor.function(batches, variables, mode=once)(values[..., 0], values[..., 1:3], values[..., 3])
    dims = (("chain", "draw"), ("chain", "draw", "cluster"), ("chain", "draw"))
    return xr.Dataset(dict(zip(("weight", "mu", "sigma"), zip(dims, found, strict=True), strict=True)))


def _sample_pymc(model: pm.Model, settings: SamplerSettings, *, progress: bool) -> xr.DataTree:
    names, variables = zip(*_starting_points().items(), strict=True)
    drawn = pm.draw(variables, draws=settings.chains, random_seed=settings.seed)
    with model:
        sampled: xr.DataTree = pm.sample(
            draws=settings.draws,
            tune=settings.tune,
            chains=settings.chains,
            random_seed=settings.seed,
            nuts_sampler="pymc",
            init="adapt_diag",
            initvals=[dict(zip(names, values, strict=True)) for values in zip(*drawn, strict=True)],
            target_accept=settings.target_accept,
            progressbar=progress,
            quiet=not progress,
            compute_convergence_checks=False,
        )
    return sampled


_SAMPLERS = {"nutpie": _sample_nutpie, "pymc": _sample_pymc}


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
        attrs=raw.attrs,
    )
    stats = draws.sample_stats.to_dataset()
    stats = stats.drop_vars([name for name, values in stats.items() if values.dtype == object])
    observed = xr.Dataset({"points": ("point", sample.points), "weights": ("point", sample.weights)})
    prior_draws = {name: values[None] for name, values in prior.draw(settings.draws, seed=settings.seed).items()}
    tree = az.from_dict({"prior": prior_draws})
    return xr.DataTree.from_dict(
        {
            "/posterior": posterior,
            "/sample_stats": stats,
            "/prior": tree.prior.to_dataset().assign_attrs(centre=prior.centre, scale=prior.scale),
            "/observed_data": observed,
        }
    )


def _judged(data: xr.DataTree, sample: WeightedSample, prior: Prior, settings: SamplerSettings) -> Posterior:
    """Compute the diagnostics and judge them."""
    table = pd.DataFrame(
        {
            "mean": {label: float(data.posterior[label].mean()) for label in LABELS},
            "sd": {label: float(data.posterior[label].std(ddof=1)) for label in LABELS},
        }
    ).loc[list(LABELS)]
    for name, found in {
        "r_hat": az.rhat(data),
        "ess_bulk": az.ess(data, method="bulk"),
        "ess_tail": az.ess(data, method="tail"),
        "mcse_mean": az.mcse(data, method="mean"),
        "mcse_sd": az.mcse(data, method="sd"),
    }.items():
        table[name] = [float(found[label]) for label in LABELS]
    divergences = int(data.sample_stats["diverging"].sum())
    bfmi = float(np.min(_bfmi(data.sample_stats["energy"].to_numpy())))
    return Posterior(
        data=data,
        prior=prior,
        diagnostics=table,
        divergences=divergences,
        bfmi=bfmi,
        status=_status(table, divergences / (settings.chains * settings.draws), bfmi, settings),
        settings=settings,
        sample=sample,
    )


def _bfmi(energy: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Mean squared change of the energy over its variance, for each chain (Betancourt 2016)."""
    return np.square(np.diff(energy, axis=-1)).mean(axis=-1) / energy.var(axis=-1)


def _status(table: pd.DataFrame, divergent: float, bfmi: float, settings: SamplerSettings) -> SamplerStatus:
    if not (table["r_hat"] <= MAX_R_HAT).all():
        return SamplerStatus.NOT_MIXED
    if not (table[["ess_bulk", "ess_tail"]] >= MIN_ESS_PER_CHAIN * settings.chains).all(axis=None):
        return SamplerStatus.TOO_FEW
    if divergent > MAX_DIVERGENT:
        return SamplerStatus.DIVERGENT
    if bfmi < MIN_BFMI:
        return SamplerStatus.LOW_ENERGY
    return SamplerStatus.PASSED
