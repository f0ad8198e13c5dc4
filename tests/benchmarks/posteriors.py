"""NUTS against the same model on raw data, and everything against n."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial

import arviz as az
import numpy as np
import nutpie
import pymc as pm
import xarray as xr
from measuring import Benchmark, Observations, Row, best, cores, timed

import mixstudy as ms
from mixstudy.compression.compress import compress
from mixstudy.mcmc.samplers import compile_model

CHAINS, TUNE, DRAWS = 4, 1000, 1000
SIZE_SEEDS, NUTS_SEEDS = range(8), range(3)
REPEATS = 3
MAX_R_HAT = 1.01
OTHER_SIZES = (1_000, 30_000)
"""Where nutpie on raw data is measured once more, for the figure."""

type Sampler = Callable[[int], tuple[float, xr.DataTree]]
"""Seconds and draws for a seed."""


def raw_model(x: np.ndarray) -> pm.Model:
    """The model with the package's prior, on raw data, as it is ordinarily written."""
    centre, scale = x.mean(), x.std(ddof=1)
    ordered = pm.distributions.transforms.ordered
    with pm.Model() as model:
        weight = pm.Beta("weight", 1, 1)
        mu = pm.Normal("mu", centre, 2.5 * scale, shape=2, transform=ordered, initval=np.quantile(x, [0.25, 0.75]))
        sigma = pm.HalfNormal("sigma", scale)
        pm.NormalMixture("x", pm.math.stack([weight, 1 - weight]), mu, sigma, observed=x)
    return model


@cache
def _compiled() -> tuple[float, object]:
    return timed(compile_model)


def _ours(x: np.ndarray, seed: int, *, compiled: bool) -> tuple[float, xr.DataTree]:
    """The whole call: compression, sampling, diagnostics; and without ``compiled``, building the model."""
    ready = _compiled()[1] if compiled else None
    seconds, posterior = timed(lambda: ms.sample_posterior(x, seed=seed, compiled=ready))
    return seconds, posterior.data


def _nutpie(ready: object, seed: int, *, adaptation: str) -> tuple[float, xr.DataTree]:
    """Sampling alone."""
    settings = {"draws": DRAWS, "tune": TUNE, "chains": CHAINS, "progress_bar": False}
    return timed(lambda: nutpie.sample(ready, seed=seed, adaptation=adaptation, **settings))


def _pymc(x: np.ndarray, seed: int) -> tuple[float, xr.DataTree]:
    """Sampling alone, by PyMC's own account."""
    with raw_model(x):
        draws = pm.sample(
            draws=DRAWS,
            tune=TUNE,
            chains=CHAINS,
            cores=cores(),
            random_seed=seed,
            nuts_sampler="pymc",
            progressbar=False,
            quiet=True,
            compute_convergence_checks=False,
        )
    return float(draws.posterior.attrs["sampling_time"]), draws


def measure_nuts(*, quick: bool) -> list[Row]:
    """Smallest bulk ESS per second of each sampler; all have drawn once before the clock starts."""
    small, large = (1_000, 10_000) if quick else (10_000, 1_000_000)
    rows = _side_by_side(small)
    ours = partial(_ours, Observations(5.0, large).array(), compiled=True)
    rows.append(_row("mixstudy, compiled", large, _compiled()[0], _runs({"": ours})[""]))
    for n in () if quick else OTHER_SIZES:
        compiling, ready = timed(partial(nutpie.compile_pymc_model, raw_model(Observations(5.0, n).array())))
        rows.append(_row("nutpie, raw data", n, compiling, [_drawn(partial(_nutpie, ready, adaptation="diag"), 0)]))
    return rows


def _side_by_side(n: int) -> list[Row]:
    x = Observations(5.0, n).array()
    compiling, ready = timed(lambda: nutpie.compile_pymc_model(raw_model(x)))
    samplers = {
        "mixstudy, compiled": partial(_ours, x, compiled=True),
        "mixstudy, not compiled": partial(_ours, x, compiled=False),
        "nutpie, raw data": partial(_nutpie, ready, adaptation="diag"),
        "nutpie low-rank, raw data": partial(_nutpie, ready, adaptation="low_rank"),
    }
    runs = _runs(samplers) | {"PyMC's NUTS, raw data": [_drawn(partial(_pymc, x), 0)]}
    compiled = {"mixstudy, compiled": _compiled()[0], "nutpie, raw data": compiling}
    rows = [_row(name, n, compiled.get(name), found) for name, found in runs.items()]
    base = next(row["ess_per_s"] for row in rows if row["sampler"] == "nutpie, raw data")
    return [row | {"times_nutpie": row["ess_per_s"] / base} for row in rows]


def _runs(samplers: dict[str, Sampler]) -> dict[str, list[Row]]:
    """Every sampler with every seed, in turns; ours once before, to load what is loaded once."""
    for name, sampler in samplers.items():
        if "raw" not in name:
            sampler(99)
    runs: dict[str, list[Row]] = {name: [] for name in samplers}
    for seed in NUTS_SEEDS:
        for name, sampler in samplers.items():
            runs[name].append(_drawn(sampler, seed))
    return runs


def _drawn(sampler: Sampler, seed: int) -> Row:
    seconds, draws = sampler(seed)
    ess = min(_values(az.ess(draws, method="bulk")))
    retried = draws.posterior.sizes["draw"] != DRAWS
    r_hat = max(_values(az.rhat(draws)))
    return {"seconds": seconds, "ess": ess, "ess_per_s": ess / seconds, "r_hat": r_hat, "retried": retried}


def _values(found: xr.DataTree) -> Iterator[float]:
    for name in found.data_vars:
        yield from np.ravel(found[name]).tolist()


def _row(name: str, n: int, compiling: float | None, runs: list[Row]) -> Row:
    """Means over the seeds, and how many runs were retried (by ``sample_posterior``, with longer chains) or failed."""
    means = {key: float(np.mean([run[key] for run in runs])) for key in ("seconds", "ess", "ess_per_s")}
    counts = {"retried": [run["retried"] for run in runs], "failed": [run["r_hat"] > MAX_R_HAT for run in runs]}
    row = {"sampler": name, "n": n, "runs": len(runs), "compile_s": compiling}
    return row | means | {key: sum(found) for key, found in counts.items()}


def measure_size(*, quick: bool) -> list[Row]:
    """Compression and EM, then NUTS of all sizes in turns."""
    found = {10**k: _compressed_and_fitted(10**k) for k in range(4, 7 if quick else 9)}
    samplers = {n: partial(_ours, sample, compiled=True) for n, (_, sample) in found.items()}
    runs: dict[int, list[Row]] = {n: [] for n in samplers}
    for sampler in samplers.values():
        sampler(99)
    for seed in SIZE_SEEDS:
        for n, sampler in samplers.items():
            runs[n].append(_drawn(sampler, seed))
    rows = [row | _row("", n, None, runs[n]) for n, (row, _) in found.items()]
    first = rows[0]["ess_per_s"]
    return [row | {"against_first": row["ess_per_s"] / first} for row in rows]


def _compressed_and_fitted(n: int) -> tuple[Row, ms.WeightedSample]:
    """Seconds of both, and the points that NUTS is given, as in a study."""
    x = Observations(5.0, n).array()
    points = compress(x)
    compressing, fitting = best(lambda: compress(x), lambda: ms.fit_em(points), repeats=REPEATS)
    sample = ms.fit_em(x).sample
    return {"points": int(sample.points.size), "compress_s": compressing, "em_s": fitting}, sample


NUTS = Benchmark(
    title=f"NUTS, {CHAINS} chains x ({TUNE} + {DRAWS}), smallest bulk ESS per second after compilation (mixstudy: the "
    "whole call, compression and diagnostics included; the others: sampling alone)",
    measure=measure_nuts,
    columns={
        "sampler": "sampler",
        "n": "n",
        "runs": "runs",
        "retried": "retried",
        "R-hat > 1.01": "failed",
        "compile s": "compile_s",
        "sample s": "seconds",
        "min ESS": "ess",
        "ESS/s": "ess_per_s",
        "times nutpie": "times_nutpie",
    },
)
SIZE = Benchmark(
    title="mixstudy against n: array in memory to points, EM, compiled NUTS (means over seeds)",
    measure=measure_size,
    columns={
        "n": "n",
        "points": "points",
        "runs": "runs",
        "retried": "retried",
        "R-hat > 1.01": "failed",
        "compress s": "compress_s",
        "EM s": "em_s",
        "NUTS s": "seconds",
        "min ESS": "ess",
        "ESS/s": "ess_per_s",
        "of that at 1e4": "against_first",
    },
)
