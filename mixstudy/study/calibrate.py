"""Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari & Gelman 2018): is the posterior the posterior?

The truth is drawn from the prior, the data from the truth, the posterior is sampled; over many such data sets the rank
of the truth among independent draws is uniform, for each parameter and for any quantity of parameters and data:

    r = #{ draws below the truth } ~ Uniform{0, ..., L},    u = (r + U) / (L + 1) ~ Uniform(0, 1).

The log-likelihood is such a quantity, and sees faults that no parameter shows alone (Modrák et al. 2023). Bands are
simultaneous (Säilynoja, Bürkner & Vehtari 2022). A data set whose sampler failed keeps its row and its rank.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd
import pyarrow as pa
from arviz_stats.ecdf_utils import ecdf_pit

from mixstudy.data.sample import MIN_OBSERVATIONS
from mixstudy.em.fit import fit_em
from mixstudy.mcmc.posterior import Posterior, sample_posterior
from mixstudy.mcmc.samplers import SamplerSettings, compile_model
from mixstudy.model import LABELS, Floats, Parameters, Prior, log_likelihood, log_likelihoods, simulate
from mixstudy.study.data_set import condense, labelled, per_label, posterior_columns, sampler_settings
from mixstudy.study.design import DesignError, Seeds, seeds_at
from mixstudy.study.provenance import versions
from mixstudy.study.run import How, Job, Results, Row, guarded, run_job, timed

THINNED = 99
"""Draws among which the truth is ranked: an effective sample size of 400 or more leaves them nearly independent."""
QUANTITIES = (*LABELS, "log_likelihood")
"""What is ranked."""
BAND = 0.95
"""Simultaneous coverage of the bands."""
SIMULATIONS = 1000
"""Uniform samples by which the bands are found; their coverage is then known to 0.7 %."""
PASSED = "PASSED"
SCHEMA = pa.schema(
    [
        *[(name, pa.int64()) for name in ("n", "replicate", "seed", "sampler_seed", "divergences")],
        *[(name, pa.string()) for name in ("reason", "sampler_status", "attempts")],
        *[(name, pa.float64()) for name in per_label("truth")],
        *[(f"rank_{name}", pa.int64()) for name in QUANTITIES],
        *[(f"u_{name}", pa.float64()) for name in QUANTITIES],
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
class CalibrationDesign:
    """What is calibrated; the data sets take turns in their size."""

    replicates: int = 1000
    """Data sets, at least 1."""
    n: tuple[int, ...] = (100, 1000)
    """Observations of a data set, at least 4."""
    centre: float = 0.0
    """Prior mean of both component means."""
    scale: float = 1.0
    """Unit of the prior: 2.5 of it spread the means, one of it spreads sigma; above 0."""
    seed: int = 0
    """Where all random streams come from, 0 or above."""
    chains: int = 4
    """Chains, at least 2."""
    draws: int = 1000
    """Draws kept from each chain, at least 25, so that there are enough to rank among."""
    tune: int = 1000
    """Tuning draws of each chain, at least 1."""
    escalate: bool = True
    """Whether draws of the integral take the place of chains that do not pass."""

    def __post_init__(self) -> None:
        for name, least in (("replicates", 1), ("n", MIN_OBSERVATIONS), ("draws", 25)):
            value = int(np.min(getattr(self, name)))
            if value < least:
                msg = f"{name} must be at least {least}, got {value}"
                raise DesignError(msg)
        Prior(centre=self.centre, scale=self.scale)
        SamplerSettings(chains=self.chains, draws=self.draws, tune=self.tune, seed=self.seed)

    def as_dict(self) -> dict[str, Any]:
        """The design as plain values."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

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
    """The ranks of a calibration; ``u_*`` are the ranks made continuous, ``sampler_status`` tells who failed."""

    __slots__ = ()


def rank(task: CalibrationTask, design: CalibrationDesign) -> list[Row]:
    """Draw a truth, simulate, sample, rank: one row, whatever happens."""
    prior = Prior(centre=design.centre, scale=design.scale)
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
        settings = sampler_settings(design, task.seeds.sampler)
        sample = fit_em(condense(x)).sample
        posterior = sample_posterior(sample, prior=prior, settings=settings, compiled=compiled, cores=1)
        row.update(posterior_columns(posterior))
        row.update(_ranks(x, truth, posterior, seed=task.seeds.data + 2))
    return [row]


CALIBRATING: Job[CalibrationTask, CalibrationDesign] = Job(
    name="calibration", work=rank, schema=SCHEMA, key=("seed", "n"), grows=("replicates",)
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
    return run_job(CALIBRATING, design, Path(folder), Calibration, **how)


def _ranks(x: Floats, truth: Parameters, posterior: Posterior, *, seed: int) -> dict[str, Any]:
    """Ranks of the truth and of its log-likelihood among evenly spaced draws, plain and made continuous."""
    draws = posterior.draws
    chosen = draws[np.linspace(0, len(draws) - 1, THINNED).round().astype(int)]
    heights = log_likelihoods(x, chosen, weights=np.ones(x.size))
    theirs = np.column_stack([chosen, heights])
    own = np.array([*truth, log_likelihood(x, truth)])
    ranks = np.sum(theirs < own, axis=0)
    spread = np.random.default_rng(seed).random(len(QUANTITIES))
    return {
        **{f"rank_{name}": int(rank) for name, rank in zip(QUANTITIES, ranks, strict=True)},
        **{f"u_{name}": float(u) for name, u in zip(QUANTITIES, (ranks + spread) / (THINNED + 1), strict=True)},
    }


def calibration_summary(table: pd.DataFrame) -> pd.DataFrame:
    """For each n and for all together: how many passed, and how each quantity's ranks keep to their band.

    Returns:
        A row for each group and quantity: ``data_sets``, ``not_passed`` and ``escalated`` (shares), ``ranked`` (those
        that passed), ``outside`` (points of the ECDF outside the 95 % simultaneous band), ``inside`` and ``largest``,
        the largest difference of the ECDF from uniform.
    """
    groups = [("all", table), *((str(n), rows) for n, rows in table.groupby("n"))]
    return pd.DataFrame(
        [{"n": name, "quantity": quantity, **_kept(rows, quantity)} for name, rows in groups for quantity in QUANTITIES]
    )


def _kept(rows: pd.DataFrame, quantity: str) -> dict[str, Any]:
    passed = rows[rows["sampler_status"] == PASSED]
    u = passed[f"u_{quantity}"].to_numpy()
    found: dict[str, Any] = {
        "data_sets": len(rows),
        "not_passed": 1 - len(passed) / len(rows),
        "escalated": float(rows["attempts"].str.contains(";", na=False).mean()),
        "ranked": len(passed),
    }
    if len(passed) < 2:  # noqa: PLR2004  (one point has no distribution function)
        return {**found, "outside": 0, "inside": False, "largest": np.nan}
    at, lower, upper = ecdf_band(u.size)
    ecdf = np.searchsorted(np.sort(u), at, side="right") / u.size
    outside = int(np.sum((ecdf < lower) | (ecdf > upper)))
    return {**found, "outside": outside, "inside": outside == 0, "largest": float(np.abs(ecdf - at).max())}


@cache
def ecdf_band(size: int) -> tuple[Floats, Floats, Floats]:
    """Where the ECDF of so many ranks is looked at, and ArviZ's band there: simulated, so found once for each size."""
    at, _, lower, upper = ecdf_pit(np.linspace(0, 1, size), BAND, SIMULATIONS)
    return at, lower, upper
