"""How often each check and the verdict fire: on a right pair (false alarms) and on every fault (power).

Every cell of a grid of sample sizes, separations and weights gets its own data sets. On each, EM and the posterior are
right; then every fault of the catalogue is made on purpose: an estimate is judged in EM's place, draws and data by
recognition alone. A share of R data sets has a Monte Carlo error, given as its 95 % interval (Clopper & Pearson 1934).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd
import pyarrow as pa

from mixstudy.comparison.checks import CHECKS
from mixstudy.comparison.compare import Comparison, compare
from mixstudy.comparison.evidence import standing
from mixstudy.comparison.verdict import Verdict
from mixstudy.data.sample import WeightedSample, as_sample
from mixstudy.em.fit import EMFit, fit_em
from mixstudy.faults.by_draws import recognise_draws
from mixstudy.faults.catalogue import FAULTS
from mixstudy.faults.fault import Fault
from mixstudy.faults.recognise import recognise
from mixstudy.faults.reproduce import reproduce, reproduce_data, reproduce_draws
from mixstudy.mcmc.posterior import Posterior, sample_posterior
from mixstudy.mcmc.samplers import compile_model
from mixstudy.model import Floats, Parameters, simulate
from mixstudy.study.power_design import CELL, Cell, PowerDesign, PowerTask
from mixstudy.study.provenance import versions
from mixstudy.study.rates import exact_limits
from mixstudy.study.run import How, Job, Results, Row, guarded, run_job
from mixstudy.study.unknown import judge_unknown

RIGHT = "none"
"""Name of the right pair's row."""
MOVED = 0.1
"""A fault that moves every estimate by less than so many posterior standard deviations has done no harm."""
NAMED = 2
"""A fault is named right if it is among the first so many."""
UNKNOWN = 1
"""Data sets of each cell on which mistakes outside the catalogue are made, too: half a minute each."""
PRINTED = 6
"""Significant figures of a faulty estimate, as a program would print it."""
SCHEMA = pa.schema(
    [
        *[(name, pa.int64()) for name in ("n", "replicate", "seed")],
        *[(name, pa.float64()) for name in ("separation", "weight", "moved")],
        *[(name, pa.bool_()) for name in ("with_faults", "named", "located", "wrongly_named")],
        *[(name, pa.string()) for name in ("fault", "variant", "verdict", *CHECKS, "reason", "versions")],
    ]
)
"""Columns of the table; a value that does not apply is missing."""


def judge_right_and_wrong(task: PowerTask, design: PowerDesign) -> list[Row]:
    """The rows of one data set: the right pair, then every fault, whatever happens."""
    cell = task.cell
    where: Row = {
        "n": cell.n,
        "separation": cell.separation,
        "weight": cell.weight,
        "replicate": task.replicate,
        "seed": task.seeds.data,
        "with_faults": task.with_faults,
        "versions": versions(),
    }
    right: Row = {**where, "fault": RIGHT, "variant": "", "moved": 0.0}
    rows = [right]
    with guarded(right):
        sample = as_sample(simulate(cell.truth, n=cell.n, seed=task.seeds.data))
        fit = fit_em(sample)
        settings = design.sampler_at(task.seeds.sampler)
        posterior = sample_posterior(fit.sample, settings=settings, compiled=compile_model(), cores=1)
        right |= _statuses(compare(fit, posterior, truth=cell.truth, thorough=False))
        marks = recognise_draws(posterior.draws.reshape(settings.chains, -1, 4), posterior.sample, fit=fit)
        right["named"] = not (marks or recognise([*fit.parameters], sample, fit=fit))
        if task.with_faults:
            seed, sd = task.seeds.data, posterior.diagnostics["sd"].to_numpy()
            kinds = (
                _in_estimate(sample, fit, posterior),
                judge_unknown(sample.points, sample, fit, sd=sd) if task.replicate < UNKNOWN else (),
                _in_draws(fit, seed=seed),
                _in_data(cell, seed),
            )
            rows += [{**where, "sampler": right["sampler"], **row} for row in chain.from_iterable(kinds)]
    return rows


class Power(Results[PowerDesign]):
    """Rows of right pairs and of every fault: ``moved``, ``verdict``, ``named`` and the status of every check."""

    __slots__ = ()

    @property
    def data_sets(self) -> int:
        """How many data sets there are: each has one right pair."""
        return int((self.table["fault"] == RIGHT).sum())

    def brief(self) -> pd.DataFrame:
        """How often right pairs and faults are called a disagreement, and named."""
        return power_summary(self.table)[[*BRIEF]]


BRIEF = ("fault", "n", "separation", "weight", "data_sets", "counted", "disagree", "named")
"""Columns of the summary that a terminal has room for."""
MEASURING: Job[PowerTask, PowerDesign] = Job(
    name="power",
    work=judge_right_and_wrong,
    schema=SCHEMA,
    key=(*CELL, "replicate", "with_faults"),
    grows=("cells",),
    part=2,
)


def measure_power(design: PowerDesign, folder: str | Path, **how: Unpack[How]) -> Power:
    """Judge a right estimate, and each faulty one, on the data sets of each cell.

    ``folder`` and ``how`` are those of ``run_study``.

    Raises:
        FolderError: As ``run_study``; so are FullError and ClusterError.
    """
    return run_job(MEASURING, design, folder, Power, **how)


def _in_estimate(sample: WeightedSample, fit: EMFit, posterior: Posterior) -> Iterator[dict[str, Any]]:
    """A row for each fault's estimate that differs from the right one."""
    sd = posterior.diagnostics["sd"].to_numpy()
    for fault in FAULTS:
        if fault.seen_in != "estimate":
            continue
        for variant, theta in reproduce(fault.name, sample, fit=fit).items():
            printed = np.array([float(f"{value:.{PRINTED}g}") for value in theta])
            estimate = _as_parameters(printed)
            if estimate is None:
                continue
            moved = float(np.abs((np.array([*estimate]) - np.array([*fit.parameters])) / sd).max())
            found = recognise([*printed], sample, fit=fit)
            named = any(_same(each.fault, fault) for each in found[:NAMED])
            strong = (each.fault for each in found if each.evidence == "strong" and not each.fault.harmless)
            wrong = any(not _same(each, fault) for each in strong)
            row = {"fault": fault.name, "variant": variant, "moved": moved, "named": named, "wrongly_named": wrong}
            yield row | _statuses(compare(estimate, posterior, thorough=False))


def _in_draws(fit: EMFit, *, seed: int) -> Iterator[dict[str, Any]]:
    """A row for each fault of a sampler, made on draws of the large-sample posterior."""
    for name in (fault.name for fault in FAULTS if fault.make_draws is not None):
        draws = reproduce_draws(name, fit, seed=seed)
        if np.isnan(draws).any():
            continue
        off = np.abs(draws.mean(axis=(0, 1)) - np.array([*fit.parameters])) / np.array(fit.standard_errors)
        found = [each.fault.name for each in recognise_draws(draws, fit.sample, fit=fit)]
        yield _recognised(name, "draws", float(off.max()), found)


def _in_data(cell: Cell, seed: int) -> Iterator[dict[str, Any]]:
    """A row for each fault of the data, fitted rightly, the truth being known."""
    for fault in (fault for fault in FAULTS if fault.seen_in == "data"):
        sample = as_sample(reproduce_data(fault.name, cell.truth, n=cell.n, seed=seed))
        fit = fit_em(sample)
        below, _ = standing(cell.truth, sample, fit)
        moved = math.sqrt(2 * max(below, 0.0))  # standard errors from the truth to the estimate
        found = [each.fault.name for each in recognise([*fit.parameters], sample, fit=fit, truth=cell.truth)]
        yield _recognised(fault.name, "data", moved, found)


def _recognised(name: str, variant: str, moved: float, found: list[str]) -> dict[str, Any]:
    """A row of a fault that no check but recognition itself sees."""
    verdict = (Verdict.DISAGREE if found else Verdict.AGREE).value
    return {"fault": name, "variant": variant, "moved": moved, "named": name in found[:NAMED], "verdict": verdict}


def _same(found: Fault, made: Fault) -> bool:
    """Whether a name is right; where a run ends short of the maximum, start and end are each other's cause."""
    return found is made or (found.stops_right_steps and made.stops_right_steps)


def _as_parameters(theta: Floats) -> Parameters | None:
    """The estimate in order; None where the fault gives no such thing, or leaves a component empty."""
    try:
        found = Parameters.relabelled(theta)
    except ValueError:
        return None
    return found if 0 < found.weight < 1 else None


def _statuses(result: Comparison) -> dict[str, str]:
    return {"verdict": result.verdict.value} | {check.name: check.status.value for check in result.checks}


def power_summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Shares of the data sets of each cell and fault, with their 95 % intervals.

    Counted are the estimates, one of each variant of a fault, on data sets whose posterior can be trusted, where the
    fault moved the estimate; the intervals take them for independent. Columns: ``data_sets``, ``counted``, ``disagree``
    with ``disagree_low`` and ``disagree_high``, ``named``, ``located`` (of mistakes outside the catalogue),
    ``wrongly_named`` (with strong evidence), ``inconclusive``.
    """
    keys = ["fault", *CELL]
    found = [dict(zip(keys, key, strict=True)) | _shares(group) for key, group in rows.groupby(keys, sort=True)]
    return pd.DataFrame(found)


def _shares(group: pd.DataFrame) -> dict[str, float]:
    counted = group[(group["sampler"] == "pass") & ((group["moved"] > MOVED) | (group["fault"] == RIGHT))]
    fired = int((counted["verdict"] == Verdict.DISAGREE.value).sum())
    low, high = exact_limits(fired, len(counted))
    return {
        "data_sets": group["replicate"].nunique(),
        "counted": len(counted),
        "disagree": fired / len(counted) if len(counted) else np.nan,
        "disagree_low": low,
        "disagree_high": high,
        "named": _share(counted["named"]),
        "located": _share(counted["located"]),
        "wrongly_named": _share(counted["wrongly_named"]),
        "inconclusive": float((group["verdict"] == Verdict.INCONCLUSIVE.value).mean()),
    }


def _share(column: pd.Series[bool]) -> float:
    """Share of the rows to which the question applies; NaN where it applies to none."""
    known = column.dropna()
    return float(known.astype(bool).mean()) if len(known) else np.nan
