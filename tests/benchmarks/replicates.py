"""Data sets a second of ``mixstudy replicate`` on two cores: EM, posterior, intervals and all checks of each."""

from __future__ import annotations

import tempfile
from pathlib import Path

from measuring import Benchmark, Row, timed

from mixstudy.study.design import Design
from mixstudy.study.replicate import run_study

WORKERS = 2
WARM, MEASURED = 16, 32
"""Data sets by which both workers compile, and those that are timed."""


def measure_replicates(*, quick: bool) -> list[Row]:
    """A row for each size and separation; the workers have compiled before, and stay."""
    sizes = (1000,) if quick else (1000, 10_000, 100_000, 1_000_000)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="mixstudy-") as folder:
        warm = Design(n=(1000,), separation=(3.0,), replicates=WARM, seed=1)
        run_study(warm, Path(folder, "warm"), workers=WORKERS)
        for separation in (3.0,) if quick else (1.5, 3.0, 5.0):
            for n in sizes:
                design = Design(n=(n,), separation=(separation,), replicates=WARM if quick else MEASURED)
                run = Path(folder, f"{n}-{separation}")
                seconds, study = timed(lambda design=design, run=run: run_study(design, run, workers=WORKERS))
                table = study.table
                rows.append(
                    {
                        "separation": separation,
                        "n": n,
                        "per_second": len(table) / seconds,
                        "least_ess": float(table.filter(like="ess_bulk").min(axis=1).min()),
                        "escalated": float((table["attempts"] != "as asked: PASSED").mean()),
                        "passed": float((table["sampler_status"] == "PASSED").mean()),
                    }
                )
    return rows


REPLICATES = Benchmark(
    title=f"`mixstudy replicate`, {WORKERS} workers, 4 chains × 500 draws, compilation apart",
    measure=measure_replicates,
    columns={
        "sigma apart": "separation",
        "n": "n",
        "data sets/s": "per_second",
        "least bulk ESS": "least_ess",
        "sampled again": "escalated",
        "sampler passed": "passed",
    },
)
