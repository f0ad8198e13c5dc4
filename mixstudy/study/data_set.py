"""One data set of a study, from its simulation to its row: truth, both estimates, checks, verdict, cost.

A data set on which something fails keeps all that was found before, and its row says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from mixstudy.comparison.checks import CHECKS
from mixstudy.comparison.compare import Comparison, compare
from mixstudy.compression.compress import compress
from mixstudy.data.sample import WeightedSample, as_sample
from mixstudy.em.fit import EMFit, fit_em
from mixstudy.mcmc.posterior import Posterior, sample_posterior
from mixstudy.mcmc.samplers import compile_model
from mixstudy.model import LABELS, Floats, simulate
from mixstudy.study.design import Design, Task
from mixstudy.study.provenance import versions
from mixstudy.study.run import Row, guarded, timed

FEW = 300
"""Up to this many observations are used as they are: their points would be no fewer."""
BATCH = 1 << 18
"""Observations summed at a time, in one thread: with the number of threads the rounding would change."""
CHECK_NAMES = tuple(CHECKS)
"""The checks of a comparison that a row has columns for."""
INTERVALS = ("wald", "profile", "bootstrap", "credible")
"""Kinds of interval."""


def check_column(name: str) -> str:
    """The start of a check's two columns, such as ``check_inside_interval``."""
    return f"check_{name.replace(' ', '_')}"


def per_label(*names: str) -> list[str]:
    """Columns of the four parameters under each name."""
    return [f"{name}_{label}" for name in names for label in LABELS]


_NUMBERS = [
    *per_label("em", "em_se", "posterior_mean", "posterior_sd", "mcse_mean", "r_hat", "ess_bulk", "ess_tail"),
    *per_label(*(f"{kind}_{end}" for kind in INTERVALS for end in ("lower", "upper"))),
]
SCHEMA = pa.schema(
    [
        *[(name, pa.int64()) for name in ("n", "replicate", "seed", "sampler_seed")],
        *[(name, pa.float64()) for name in ("weight", "separation", "prior", *per_label("truth"))],
        *[(name, pa.string()) for name in ("verdict", "reason", "em_status", "sampler_status", "attempts")],
        ("identified", pa.bool_()),
        *[(name, pa.int64()) for name in ("maxima", "divergences", "points")],
        *[(name, pa.float64()) for name in ("log_likelihood", "distance", *_NUMBERS)],
        *[(f"{check_column(name)}_status", pa.string()) for name in CHECK_NAMES],
        *[(f"{check_column(name)}_value", pa.float64()) for name in CHECK_NAMES],
        ("versions", pa.string()),
        *[(f"seconds_{stage}", pa.float64()) for stage in ("data", "em", "posterior", "comparison", "all")],
    ]
)
"""Columns of a study's table; a value that was not reached is missing."""


def observations(task: Task) -> WeightedSample:
    """Simulate the data set, many observations as a few hundred weighted points."""
    x = simulate(task.truth, n=task.n, seed=task.seeds.data)
    return condense(x)


def condense(x: Floats) -> WeightedSample:
    """The observations on weighted points where those are fewer, the same whatever the number of processors."""
    return as_sample(x) if x.size <= FEW else compress([*np.array_split(x, -(-x.size // BATCH))])


def analyse(task: Task, design: Design) -> list[Row]:
    """Simulate, fit, sample, compare: one row of the study, whatever happens."""
    row: Row = {
        "n": task.n,
        "weight": task.truth.weight,
        "separation": task.truth.mu2 - task.truth.mu1,
        "prior": task.prior,
        "replicate": task.place[-1],
        "seed": task.seeds.data,
        "sampler_seed": task.seeds.sampler,
        **labelled("truth", [*task.truth]),
        "versions": versions(),
    }
    compiled = compile_model()  # once in a process, and no part of any data set's time
    with timed(row, "all"), guarded(row):
        with timed(row, "data"):
            sample = observations(task)
        with timed(row, "em"):
            em = fit_em(sample)
        row.update(em_columns(em))
        prior = design.prior_at(centre=sample.mean, scale=task.prior * sample.sd)
        with timed(row, "posterior"):
            settings = design.sampler_at(task.seeds.sampler)
            posterior = sample_posterior(em.sample, prior=prior, settings=settings, compiled=compiled, cores=1)
        row.update(posterior_columns(posterior))
        with timed(row, "comparison"):
            result = compare(em, posterior, truth=task.truth, level=design.level, thorough=False)
        row.update(_comparison_columns(result))
    return [row]


def em_columns(em: EMFit) -> dict[str, Any]:
    """What EM found."""
    return {
        "em_status": em.status.name,
        "maxima": len(em.maxima),
        "log_likelihood": em.log_likelihood,
        "distance": em.distance,
        "points": em.sample.points.size,
        **labelled("em", [*em.parameters]),
        **labelled("em_se", [*em.standard_errors]),
    }


def posterior_columns(posterior: Posterior) -> dict[str, Any]:
    """What the sampler found."""
    known = posterior.summary()
    columns = [
        labelled("posterior_mean", known.value[:, 0].tolist()),
        labelled("posterior_sd", known.value[:, 1].tolist()),
        labelled("mcse_mean", known.error[:, 0].tolist()),
        *(labelled(name, posterior.diagnostics[name].tolist()) for name in ("r_hat", "ess_bulk", "ess_tail")),
    ]
    return {
        "sampler_status": posterior.status.name,
        "attempts": "; ".join(f"{attempt.name}: {attempt.status.name}" for attempt in posterior.attempts),
        "divergences": posterior.divergences,
        **{key: value for column in columns for key, value in column.items()},
    }


def _comparison_columns(result: Comparison) -> dict[str, Any]:
    ends = [f"{kind}_{end}" for kind in INTERVALS for end in ("lower", "upper")]
    columns = [labelled(end, result.intervals[end].tolist()) for end in ends]
    checks = {check.name: check for check in result.checks}
    return {
        "verdict": result.verdict.value,
        "identified": result.identified,
        **{key: value for column in columns for key, value in column.items()},
        **{f"{check_column(name)}_status": checks[name].status.value for name in CHECK_NAMES if name in checks},
        **{f"{check_column(name)}_value": checks[name].value for name in CHECK_NAMES if name in checks},
    }


def labelled(name: str, values: list[float]) -> Mapping[str, float]:
    """The four parameters' values by their columns."""
    return {f"{name}_{label}": float(value) for label, value in zip(LABELS, values, strict=True)}
