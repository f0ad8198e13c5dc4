"""Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari & Gelman 2018): is the posterior the posterior?

The truth is drawn from the prior, the data from the truth, the posterior is sampled; over many such data sets the rank
of the truth among independent draws is uniform, for each parameter and for any quantity of parameters and data:

    r = #{ draws below the truth } ~ Uniform{0, ..., L},    u = (r + U) / (L + 1) ~ Uniform(0, 1).

The log-likelihood is such a quantity, and sees faults that no parameter shows alone (Modrák et al. 2023). Bands are
simultaneous (Säilynoja, Bürkner & Vehtari 2022). The truth is ranked twice: among draws of the chains, where those
passed, and among draws of the integral, where that can be trusted. Ranks are uniform whatever data sets are left out,
as long as the data alone decide which.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Unpack

import numpy as np
import pandas as pd
import pyarrow as pa
from arviz_stats.ecdf_utils import ecdf_pit

from mixstudy.data.sample import MIN_OBSERVATIONS
from mixstudy.em.fit import fit_em
from mixstudy.integral.result import IntegralStatus
from mixstudy.mcmc.posterior import sample_posterior
from mixstudy.mcmc.samplers import compile_model
from mixstudy.model import LABELS, Floats, Parameters, log_likelihood, log_likelihoods, simulate
from mixstudy.study.data_set import condense, labelled, per_label, posterior_columns
from mixstudy.study.design import (
    MOST_DATA_SETS,
    MOST_OBSERVATIONS,
    PriorDesign,
    Seeds,
    require_between,
    seeds_at,
)
from mixstudy.study.provenance import versions
from mixstudy.study.run import How, Job, Results, Row, guarded, run_job, timed

THINNED = 99
"""Draws among which the truth is ranked: an effective sample size of 400 or more leaves them nearly independent."""
QUANTITIES = (*LABELS, "log_likelihood")
"""What is ranked."""
BAND = 0.95
"""Simultaneous coverage of the bands."""
type RankedBy = Literal["chains", "integral"]
CHAINS: RankedBy = "chains"
INTEGRAL: RankedBy = "integral"
BY: tuple[RankedBy, ...] = (CHAINS, INTEGRAL)
"""What the truth is ranked by."""
PASSED, TRUSTED = "PASSED", IntegralStatus.TRUSTED.name
SCHEMA = pa.schema(
    [
        *[(name, pa.int64()) for name in ("n", "replicate", "seed", "sampler_seed", "divergences")],
        *[(name, pa.string()) for name in ("reason", "sampler_status", "attempts", "integral_status")],
        *[(name, pa.float64()) for name in per_label("truth")],
        *[(f"{by}_{name}", pa.float64()) for by in BY for name in QUANTITIES],
        *[
            (name, pa.float64())
            for name in per_label("posterior_mean", "posterior_sd", "mcse_mean", "r_hat", "ess_bulk", "ess_tail")
        ],
        ("versions", pa.string()),
        ("seconds_all", pa.float64()),
    ]
)
"""Columns of the table; a value that was not reached is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationDesign(PriorDesign):
    """What is calibrated; the data sets take turns in their size."""

    replicates: int = 1000
    """Data sets, at least 1."""
    n: tuple[int, ...] = (100, 1000)
    """Observations of a data set, 4 to 1e9."""
    centre: float = 0.0
    """Prior mean of both component means."""
    scale: float = 1.0
    """Unit of the prior, above 0: by default 2.5 of it spread the means, one of it spreads sigma."""

    def __post_init__(self) -> None:
        require_between("replicates", [self.replicates], 1, MOST_DATA_SETS)
        require_between("n", self.n, MIN_OBSERVATIONS, MOST_OBSERVATIONS)
        require_between("seed", [self.seed], 0)
        require_between("draws", [self.sampler.draws], 25)  # of each chain, to have enough to rank among
        self.prior_at(centre=self.centre, scale=self.scale)

    def tasks(self) -> list[CalibrationTask]:
        """All data sets, their sizes in turn."""
        return [
            CalibrationTask(
                replicate=number, n=self.n[number % len(self.n)], seeds=seeds_at(self.seed, (CALIBRATION, number))
            )
            for number in range(self.replicates)
        ]


CALIBRATION = 1 << 20
"""First place of all calibration streams, so that they share none with a study of the same seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationTask:
    """One data set."""

    replicate: int
    """Its number."""
    n: int
    """Observations."""
    seeds: Seeds
    """Of truth, data and ranks, and of the chains."""

    @property
    def key(self) -> tuple[int, int]:
        """Seed of the data, and how many there are."""
        return (self.seeds.data, self.n)


class Calibration(Results[CalibrationDesign]):
    """The ranks of a calibration, made continuous: ``chains_*`` and ``integral_*``."""

    __slots__ = ()

    def brief(self) -> pd.DataFrame:
        """The summary of the ranks."""
        return calibration_summary(self.table)


def rank(task: CalibrationTask, design: CalibrationDesign) -> list[Row]:
    """Draw a truth, simulate, sample, rank: one row, whatever happens."""
    prior = design.prior_at(centre=design.centre, scale=design.scale)
    drawn = prior.draw(1, seed=task.seeds.data)
    truth = Parameters(**{label: float(drawn[label][0]) for label in LABELS})
    row: Row = {
        "n": task.n,
        "replicate": task.replicate,
        "seed": task.seeds.data,
        "sampler_seed": task.seeds.sampler,
        "versions": versions(),
        **labelled("truth", [*truth]),
    }
    compiled = compile_model()
    with timed(row, "all"), guarded(row):
        x = simulate(truth, n=task.n, seed=task.seeds.data + 1)
        settings = design.sampler_at(task.seeds.sampler)
        sample = fit_em(condense(x)).sample
        posterior = sample_posterior(sample, prior=prior, settings=settings, compiled=compiled, cores=1)
        row.update(posterior_columns(posterior))
        seed = task.seeds.data + 2
        if not posterior.integrated:
            draws = posterior.draws
            spaced = np.linspace(0, len(draws) - 1, THINNED).round().astype(int)
            row.update(_ranks(CHAINS, x, truth, draws[spaced], seed))
        if posterior.integral is not None:
            row["integral_status"] = posterior.integral.status.name
            row.update(_ranks(INTEGRAL, x, truth, posterior.integral.draws(THINNED, seed=seed + 1), seed))
    return [row]


CALIBRATING: Job[CalibrationTask, CalibrationDesign] = Job(
    name="calibration", work=rank, schema=SCHEMA, key=("seed", "n"), grows=("replicates",), part=4
)


def run_calibration(design: CalibrationDesign, folder: str | Path, **how: Unpack[How]) -> Calibration:
    """Draw truths from the prior and rank them in their posteriors.

    Args:
        design: What to do.
        folder: Where results go, part by part as they are done.
        how: As for ``run_study``: ``resume``, ``workers``, ``cluster``, ``progress``.

    Raises:
        FolderError: As ``run_study``; so are FullError and ClusterError.
    """
    return run_job(CALIBRATING, design, folder, Calibration, **how)


def _ranks(by: str, x: Floats, truth: Parameters, draws: Floats, seed: int) -> dict[str, float]:
    """Ranks of the truth and of its log-likelihood among the draws, made continuous."""
    heights = log_likelihoods(x, draws, weights=np.ones(x.size))
    theirs = np.column_stack([draws, heights])
    own = np.array([*truth, log_likelihood(x, truth)])
    u = (np.sum(theirs < own, axis=0) + np.random.default_rng(seed).random(len(QUANTITIES))) / (THINNED + 1)
    return {f"{by}_{name}": float(value) for name, value in zip(QUANTITIES, u, strict=True)}


def ranked(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """The ranks that count, a column for each of ``QUANTITIES``: by chains that passed or a trusted integral."""
    counts = table["sampler_status"] == PASSED if by == CHAINS else table["integral_status"] == TRUSTED
    return table.loc[counts, [f"{by}_{name}" for name in QUANTITIES]].set_axis([*QUANTITIES], axis=1).dropna()


def calibration_summary(table: pd.DataFrame) -> pd.DataFrame:
    """For each n and for all together, by the chains and by the integral: how each quantity's ranks keep to their band.

    Returns:
        A row for each group and quantity: ``n``, ``by``, ``quantity``, ``data_sets``, ``ranked`` (those that count),
        ``outside`` (points of the ECDF outside the 95 % simultaneous band), ``inside`` and ``largest``, the largest
        difference of the ECDF from uniform.
    """
    groups = [("all", table), *((str(n), rows) for n, rows in table.groupby("n"))]
    return pd.DataFrame(
        [
            {"n": name, "by": by, "quantity": quantity, "data_sets": len(rows), **_kept(ranked(rows, by)[quantity])}
            for name, rows in groups
            for by in BY
            for quantity in QUANTITIES
        ]
    )


def _kept(ranks: pd.Series) -> dict[str, Any]:
    if ranks.size < 2:  # noqa: PLR2004  (one point has no distribution function)
        return {"ranked": ranks.size, "outside": 0, "inside": False, "largest": np.nan}
    at, lower, upper = ecdf_band(ranks.size)
    ecdf = np.searchsorted(np.sort(ranks.to_numpy()), at, side="right") / ranks.size
    outside = int(np.sum((ecdf < lower) | (ecdf > upper)))
    largest = float(np.abs(ecdf - at).max())
    return {"ranked": ranks.size, "outside": outside, "inside": outside == 0, "largest": largest}


@cache
def ecdf_band(size: int) -> tuple[Floats, Floats, Floats]:
    """Where the ECDF of so many ranks is looked at, and ArviZ's band there: simulated, so found once for each size."""
    at, _, lower, upper = ecdf_pit(np.linspace(0, 1, size), BAND, 1000)  # so many tell coverage to 0.7 %
    return at, lower, upper
