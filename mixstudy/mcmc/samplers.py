"""Ways to draw from the PyMC model: NUTS by nutpie or by PyMC.

No chain starts from EM's answer: starting points are dispersed about the middle of the standardised data.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import nutpie
import pyarrow as pa
import pymc as pm
import pytensor
import pytensor.tensor as pt
import xarray as xr
from nutpie.compiled_pyfunc import from_pyfunc
from nutpie.sample import CompiledModel
from pymc.initial_point import make_initial_point_fn
from pytensor.compile.mode import Mode
from pytensor.graph.replace import vectorize_graph

from mixstudy.mcmc.model import build_model, prior_data, starting_points
from mixstudy.mcmc.settings import SamplerSettings
from mixstudy.model import Floats, Prior

ONE_AT_A_TIME = Lock()
"""Held while the one model has the data of a single posterior: several may be asked for in threads."""

if getattr(pytensor.config, "generated_src_dir", None) == "":
    # else each function that PyTensor compiles leaves a file in the temporary folder for good
    pytensor.config.generated_src_dir = str(Path(pytensor.config.compiledir) / "source")

STATISTICS = (
    "depth",
    "diverging",
    "energy",
    "energy_error",
    "index_in_trajectory",
    "logp",
    "maxdepth_reached",
    "mean_tree_accept",
    "n_steps",
    "step_size",
)
"""What is kept of nutpie's of each draw, by its names."""


class Drawn(NamedTuple):
    """Chains, in the units of the model."""

    theta: Floats
    """Draws of weight, mu1, mu2 and sigma, shape ``(chains, draws, 4)``."""
    stats: xr.Dataset
    """The sampler's statistics of each draw, ``diverging`` and ``energy`` among them."""

    @classmethod
    def of(cls, variables: Mapping[str, Any], stats: xr.Dataset) -> Drawn:
        """Chains of the model's variables weight, mu and sigma, the means on a last axis."""
        weight, mu, sigma = (np.asarray(variables[name]) for name in ("weight", "mu", "sigma"))
        return cls(np.concatenate([weight[..., None], mu, sigma[..., None]], axis=-1), stats)


@cache
def compile_model() -> CompiledModel:
    """Compile the model for nutpie, for ten seconds and once in a process; then drawing is quick, data set by data set.

    What it returns is changed by nothing: ``with_data`` gives a copy.
    """
    model = build_model(np.zeros(3), np.ones(3), Prior(centre=0.0, scale=1.0))
    return nutpie.compile_pymc_model(model, initial_points=starting_points(), jitter_rvs=set())


def draw_compiled(
    compiled: CompiledModel,
    points: Floats,
    weights: Floats,
    prior: Prior,
    settings: SamplerSettings,
    *,
    cores: int | None = None,
    progress: bool = False,
) -> Drawn:
    """Draw by nutpie from a compiled model with new data."""
    changed = compiled.with_data(**_data(points, weights, prior))
    return Drawn.of(*_draw(changed, settings, cores=cores, progress=progress))


def _data(points: Floats, weights: Floats, prior: Prior) -> dict[str, Floats]:
    """What changes in the model from data set to data set."""
    data = {"points": points, "weights": weights, **prior_data(prior)}
    return {name: np.asarray(value) for name, value in data.items()}


def draw_once(
    points: Floats,
    weights: Floats,
    prior: Prior,
    settings: SamplerSettings,
    *,
    progress: bool = False,
) -> Drawn:
    """Draw by the sampler that the settings name, for a single data set."""
    if settings.sampler == "pymc":
        return _sample_pymc(build_model(points, weights, prior), settings, progress=progress)
    model, compiled = _for_nutpie()
    with ONE_AT_A_TIME:
        for name, value in _data(points, weights, prior).items():
            model[name].set_value(value)
        draws, stats = _draw(compiled, settings, cores=1, progress=progress)  # Python's functions are called in turn
    return Drawn.of(_constrained(model, draws["values"]), stats)


def _draw(
    model: CompiledModel, settings: SamplerSettings, *, cores: int | None, progress: bool
) -> tuple[dict[str, Any], xr.Dataset]:
    """What a model gives out of each draw, and the statistics; nutpie's tree of them would take as long as a chain."""
    sampler = nutpie.sample(
        model,
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=cores,
        seed=settings.seed,
        target_accept=settings.target_accept,
        adaptation="low_rank",
        return_raw_trace=True,
        progress_bar=progress,
        blocking=False,  # blocking, it would answer an interrupt with the draws made so far
    )
    try:
        draws, statistics = sampler.wait().get_arrow_trace()
    except KeyboardInterrupt:
        sampler.cancel()
        raise
    stats = {name: (("chain", "draw"), _chains(statistics, name, settings)) for name in STATISTICS}
    attributes = {"inference_library": "nutpie", "inference_library_version": nutpie.__version__}
    return {name: _chains(draws, name, settings) for name in draws[0].column_names}, xr.Dataset(stats, attrs=attributes)


def _chains(batches: Sequence[Any], name: str, settings: SamplerSettings) -> Any:  # noqa: ANN401  (of the column's type)
    """A column of Arrow's batches, one of each chain, after tuning: ``(chains, draws)``, vectors on a last axis."""
    columns = [pa.array(batch.column(name)).slice(settings.tune) for batch in batches]
    if pa.types.is_large_list(columns[0].type):
        return np.stack([np.asarray(column.flatten()).reshape(len(column), -1) for column in columns])
    return np.stack([np.asarray(column) for column in columns])


def _places(model: pm.Model) -> list[int | slice]:
    """Where each value variable lies in the vector of all four; the ordered means are the only two that go together."""
    sizes = [1 if value.ndim == 0 else 2 for value in model.value_vars]
    starts = np.cumsum([0, *sizes[:-1]]).tolist()
    return [start if size == 1 else slice(start, start + size) for start, size in zip(starts, sizes, strict=True)]


@cache
def _for_nutpie() -> tuple[pm.Model, CompiledModel]:
    """A model whose data are to be set, and its density as PyTensor's own function, which its cache keeps between runs.

    ``nutpie.compile_pymc_model`` is quicker to draw but compiles for ten seconds in every process: ``compile_model``.
    """
    model, overrides = build_model(np.zeros(3), np.ones(3), Prior(centre=0.0, scale=1.0)), starting_points()
    start = make_initial_point_fn(model=model, overrides=overrides, jitter_rvs=set(), return_transformed=True)
    density = model.compile_fn([model.logp(), model.dlogp()], inputs=model.value_vars, point_fn=False)
    density.trust_input = True
    places = [(place, ...) for place in _places(model)]  # with the ellipsis a scalar stays an array

    def log_density(x: Floats) -> tuple[float, Floats]:
        value, gradient = density(*[x[place] for place in places])
        return float(value), gradient

    def in_a_thread() -> Callable[[Floats], tuple[float, Floats]]:
        ctypes.pythonapi.PyGILState_Ensure()  # Python's state of nutpie's thread then lasts, at half the cost of a call
        return log_density

    return model, from_pyfunc(
        ndim=4,
        make_logp_fn=in_a_thread,
        make_expand_fn=lambda *_: lambda x: {"values": x},
        expanded_dtypes=[np.dtype(np.float64)],
        expanded_shapes=[(4,)],
        expanded_names=["values"],
        make_initial_point_fn=lambda seed: np.hstack([start(seed)[value.name] for value in model.value_vars]),
    )


def _constrained(model: pm.Model, values: Floats) -> dict[str, Any]:
    """The model's variables at its unconstrained ``values``, shape ``(chain, draw, 4)``."""
    places = _places(model)
    batches = [pt.dmatrix() if isinstance(place, int) else pt.dtensor3() for place in places]
    names = ("weight", "mu", "sigma")
    wanted = model.replace_rvs_by_values([model[name] for name in names])
    variables = vectorize_graph(wanted, dict(zip(model.value_vars, batches, strict=True)))
    once = Mode("py", "fast_compile")  # called once: compiling it would take longer than running it
    found = pytensor.function(batches, variables, mode=once)(*[values[..., place] for place in places])
    return dict(zip(names, found, strict=True))


def _sample_pymc(model: pm.Model, settings: SamplerSettings, *, progress: bool) -> Drawn:
    names, variables = zip(*starting_points().items(), strict=True)
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
    stats = sampled.sample_stats.to_dataset()
    return Drawn.of(sampled.posterior, stats.drop_vars([name for name, each in stats.items() if each.dtype == object]))
