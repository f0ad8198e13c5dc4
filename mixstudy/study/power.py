"""How often each check and the verdict fire: on a right pair (false alarms) and on every fault (power).

Every cell of a grid of sample sizes, separations and weights gets its own data sets. On each, EM and the posterior are
right; then every fault of the catalogue is made on purpose: an estimate is judged in EM's place, draws and data by
recognition alone. A share of R data sets has a Monte Carlo error, given as its 95 % interval (Clopper & Pearson 1934).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy.special import ndtr
from scipy.stats import beta

from mixstudy.comparison.compare import Comparison, compare
from mixstudy.comparison.verdict import Verdict
from mixstudy.data.sample import WeightedSample, as_sample
from mixstudy.em.fit import EMFit, fit_em
from mixstudy.faults.by_draws import recognise_draws
from mixstudy.faults.catalogue import FAULTS
from mixstudy.faults.recognise import recognise
from mixstudy.faults.reproduce import reproduce, reproduce_data, reproduce_draws
from mixstudy.mcmc.posterior import Posterior, sample_posterior
from mixstudy.mcmc.samplers import SamplerSettings, compile_model
from mixstudy.model import Floats, Parameters, simulate

if TYPE_CHECKING:
    from nutpie.sample import CompiledModel

SIZES = (100, 1000, 10_000)
SEPARATIONS = (1.5, 3.0, 5.0)
WEIGHTS = (0.1, 0.3, 0.5)
RIGHT = "none"
"""Name of the row of the right pair."""
MOVED = 0.1
"""A fault that moves every estimate by less than so many posterior standard deviations has done no harm."""
NAMED = 2
"""A fault is named right if it is among the first so many."""
SAME = {"too few iterations": "a start that falls into the saddle"}
"""Fifty iterations from a blind start often end on the saddle's plateau: either name is then right."""
PRINTED = 6
"""Significant figures of a faulty estimate, as a program would print it."""
SIGMA = 2.0
"""Shared by all cells; not 1, where a variance is its own root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Where the truth lies."""

    n: int
    """Observations."""
    separation: float
    """Distance of the means, in sigma."""
    weight: float
    """Mass of the lower component."""

    @property
    def truth(self) -> Parameters:
        """The parameters that the data are drawn from."""
        return Parameters(weight=self.weight, mu1=0.0, mu2=self.separation * SIGMA, sigma=SIGMA)


def grid() -> tuple[Cell, ...]:
    """All combinations of size, separation and weight."""
    return tuple(
        Cell(n=n, separation=separation, weight=weight)
        for n, separation, weight in product(SIZES, SEPARATIONS, WEIGHTS)
    )


def measure_power(
    cells: tuple[Cell, ...] | None = None,
    *,
    replicates: int = 20,
    first: int = 0,
    faults: bool = True,
    seed: int = 0,
    workers: int = -1,
    progress: Callable[[int, int], object] | None = None,
) -> pd.DataFrame:
    """Judge a right estimate, and each faulty one, on ``replicates`` data sets of each cell.

    Args:
        cells: Where; the whole grid by default.
        replicates: Data sets of each cell, at least 1.
        first: Number of the first of them, so that two runs share none.
        faults: Whether the faults are made; without them false alarms alone are measured, on many more data sets.
        seed: Of everything random; a data set's stream follows from its place in the design.
        workers: Processes, -1 for all cores; each compiles the model once.
        progress: Told of each data set that is done, with the number of all.

    Returns:
        One row for each data set and fault: cell, ``replicate``, ``fault``, ``variant``, ``moved`` (posterior standard
        deviations), ``verdict``, ``named``, and the status of every check.

    Raises:
        ValueError: ``replicates`` is below 1.
    """
    if replicates < 1:
        msg = f"replicates must be at least 1, got {replicates}"
        raise ValueError(msg)
    places = [(cell, replicate) for cell in cells or grid() for replicate in range(first, first + replicates)]
    jobs = (delayed(_judged)(cell, replicate, seed=seed, faults=faults) for cell, replicate in places)
    rows: list[dict[str, Any]] = []
    for found in Parallel(n_jobs=workers, return_as="generator")(jobs):
        rows += found
        if progress is not None:
            progress(1, len(places))
    return pd.DataFrame(rows)


@cache
def _compiled() -> CompiledModel:
    """Once for each process."""
    return compile_model()


def _judged(cell: Cell, replicate: int, *, seed: int, faults: bool) -> list[dict[str, Any]]:
    """The rows of one data set."""
    place = [seed, cell.n, round(10 * cell.separation), round(10 * cell.weight), replicate]
    data_seed, chain_seed = (int(word) for word in np.random.SeedSequence(place).generate_state(2))
    sample = as_sample(simulate(cell.truth, n=cell.n, seed=data_seed))
    fit = fit_em(sample)
    settings = SamplerSettings(seed=chain_seed)
    posterior = sample_posterior(fit.sample, settings=settings, compiled=_compiled())
    where = {"n": cell.n, "separation": cell.separation, "weight": cell.weight, "replicate": replicate}
    right = _statuses(compare(fit, posterior, truth=cell.truth, thorough=False))
    marks = recognise_draws(posterior.draws.reshape(settings.chains, -1, 4), posterior.sample, fit=fit)
    named = not (marks or _named(fit.parameters, sample, fit))
    rows = [where | {"fault": RIGHT, "variant": "", "moved": 0.0, "named": named} | right]
    if faults:
        made = (_in_estimate(sample, fit, posterior), _in_draws(fit, seed=data_seed), _in_data(cell, seed=data_seed))
        rows += [where | {"sampler": right["sampler"]} | row for row in chain.from_iterable(made)]
    return rows


def _in_estimate(sample: WeightedSample, fit: EMFit, posterior: Posterior) -> Iterator[dict[str, Any]]:
    """A row for each fault's estimate that differs from the right one."""
    sd = posterior.diagnostics["sd"].to_numpy()
    for fault in FAULTS:
        if fault.seen_in != "estimate":
            continue
        for variant, theta in reproduce(fault.name, sample, fit=fit).items():
            printed = _printed(theta)
            estimate = _as_parameters(printed)
            if estimate is None:
                continue
            moved = float(np.abs((np.array([*estimate]) - np.array([*fit.parameters])) / sd).max())
            names = _named(printed, sample, fit)[:NAMED]
            named = fault.name in names or SAME.get(fault.name) in names
            row = {"fault": fault.name, "variant": variant, "moved": moved, "named": named}
            yield row | _statuses(compare(estimate, posterior, thorough=False))


def _in_draws(fit: EMFit, *, seed: int) -> Iterator[dict[str, Any]]:
    """A row for each fault of a sampler, made on draws of the large-sample posterior."""
    for name in (*(fault.name for fault in FAULTS if fault.seen_in == "draws"), "sigma left unshared"):
        draws = reproduce_draws(name, fit, seed=seed)
        if np.isnan(draws).any():
            continue
        off = np.abs(draws.mean(axis=(0, 1)) - np.array([*fit.parameters])) / np.array(fit.standard_errors)
        found = [each.fault.name for each in recognise_draws(draws, fit.sample, fit=fit)]
        yield _recognised(name, "draws", float(off.max()), found)


def _in_data(cell: Cell, *, seed: int) -> Iterator[dict[str, Any]]:
    """A row for each fault of the data, fitted rightly, the truth being known."""
    for fault in (fault for fault in FAULTS if fault.seen_in == "data"):
        sample = as_sample(reproduce_data(fault.name, cell.truth, n=cell.n, seed=seed))
        fit = fit_em(sample)
        weight = cell.truth.weight
        sampler = abs(float(ndtr(weight)) - weight) / fit.standard_errors.weight
        moved = sampler if fault.name == "the randn sampler" else math.inf  # heights are no sample at all
        found = [each.fault.name for each in recognise([*fit.parameters], sample, fit=fit, truth=cell.truth)]
        yield _recognised(fault.name, "data", moved, found)


def _recognised(name: str, variant: str, moved: float, found: list[str]) -> dict[str, Any]:
    """A row of a fault that no check but recognition itself sees."""
    verdict = (Verdict.DISAGREE if found else Verdict.AGREE).value
    return {"fault": name, "variant": variant, "moved": moved, "named": name in found[:NAMED], "verdict": verdict}


def _named(estimate: Parameters | Floats, sample: WeightedSample, fit: EMFit) -> list[str]:
    return [found.fault.name for found in recognise([*estimate], sample, fit=fit)]


def _printed(theta: Floats) -> Floats:
    return np.array([float(f"{value:.{PRINTED}g}") for value in theta])


def _as_parameters(theta: Floats) -> Parameters | None:
    """The estimate in order; None where the fault gives no such thing, or leaves a component empty."""
    try:
        found = Parameters.relabelled(theta)
    except ValueError:
        return None
    return found if 0 < found.weight < 1 else None


def _statuses(result: Comparison) -> dict[str, str]:
    return {"verdict": result.verdict.value} | {check.name: check.status.value for check in result.checks}


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Shares of the data sets of each cell and fault, with their 95 % intervals.

    Counted are the estimates, one of each variant of a fault, on data sets whose posterior can be trusted, where the
    fault moved the estimate; the intervals take them for independent. Columns: ``data_sets``, ``counted``, ``disagree``
    with ``disagree_low`` and ``disagree_high``, ``named``, ``inconclusive``.
    """
    keys = ["fault", "n", "separation", "weight"]
    found = [dict(zip(keys, key, strict=True)) | _shares(group) for key, group in rows.groupby(keys, sort=True)]
    return pd.DataFrame(found)


def _shares(group: pd.DataFrame) -> dict[str, float]:
    counted = group[(group["sampler"] == "pass") & ((group["moved"] > MOVED) | (group["fault"] == RIGHT))]
    fired = int((counted["verdict"] == Verdict.DISAGREE.value).sum())
    low, high = _clopper_pearson(fired, len(counted))
    return {
        "data_sets": group["replicate"].nunique(),
        "counted": len(counted),
        "disagree": fired / len(counted) if len(counted) else np.nan,
        "disagree_low": low,
        "disagree_high": high,
        "named": counted["named"].mean() if len(counted) else np.nan,
        "inconclusive": float((group["verdict"] == Verdict.INCONCLUSIVE.value).mean()),
    }


def _clopper_pearson(fired: int, of: int) -> tuple[float, float]:
    low = float(beta.ppf(0.025, fired, of - fired + 1)) if fired else 0.0
    high = float(beta.ppf(0.975, fired + 1, of - fired)) if fired < of else 1.0
    return low, high
