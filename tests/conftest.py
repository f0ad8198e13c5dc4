"""Posteriors that several tests look at, sampled once: compiling is what takes the time."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import mixstudy as ms

if TYPE_CHECKING:  # heavy, and the process that hands the tests out needs none of them
    import pandas as pd
    from distributed import LocalCluster
    from nutpie.sample import CompiledModel

sys.dont_write_bytecode = False  # as the program: kernels and commands that tests start would each compile for seconds


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the property-based tests (``tests/fuzz``) go on with other examples, for hours of one processor."""
    parser.addoption("--fuzz-hours", type=float, default=0.0, help="hours for which tests/fuzz goes on")


@pytest.fixture(scope="session")
def faithful() -> ms.WeightedSample:
    """Old Faithful's waiting times."""
    return ms.old_faithful()


@pytest.fixture(scope="session")
def faithful_posterior(faithful: ms.WeightedSample) -> ms.Posterior:
    """Their posterior, by nutpie."""
    return ms.sample_posterior(faithful, seed=1)


@pytest.fixture(scope="session")
def origin_sample() -> ms.WeightedSample:
    """A thousand observations from the origin's truth."""
    return ms.as_sample(ms.simulate(ms.ORIGIN, n=1000, seed=0))


@pytest.fixture(scope="session")
def origin_posterior(origin_sample: ms.WeightedSample) -> ms.Posterior:
    """Their posterior, by nutpie."""
    return ms.sample_posterior(origin_sample, seed=2)


@pytest.fixture(scope="session")
def two_workers() -> Iterator[LocalCluster]:
    """A cluster of two worker processes on this machine."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", protocol="tcp") as started:
        yield started


@pytest.fixture(scope="session")
def compiled() -> CompiledModel:
    """The model compiled for nutpie."""
    from mixstudy.mcmc.samplers import compile_model

    return compile_model()


@pytest.fixture(scope="session")
def study_table() -> pd.DataFrame:
    """A replication study's table as right estimators would leave it, made up: eight cells of forty, one failed."""
    import pyarrow as pa

    from mixstudy.study.data_set import CHECK_NAMES, INTERVALS, SCHEMA, check_column

    rng, z, rows = np.random.default_rng(0), 1.96, []
    truth = {"weight": 0.3, "mu1": 0.0, "sigma": 1.0}
    for n, separation in itertools.product((100, 1000, 10_000, 100_000), (3.0, 5.0)):
        for replicate in range(40):
            row: dict[str, Any] = dict.fromkeys(SCHEMA.names)
            row |= {"n": n, "weight": 0.3, "separation": separation, "prior": 1.0, "replicate": replicate, "seed": 7}
            row |= {"verdict": "agree", "identified": True, "em_status": "CONVERGED", "sampler_status": "PASSED"}
            row |= {"versions": "mixstudy 0"}
            row |= {"attempts": "as asked: PASSED", **{f"{check_column(name)}_status": "pass" for name in CHECK_NAMES}}
            for label, value in {**truth, "mu2": separation}.items():
                sd = n**-0.5
                em = value + sd * rng.normal()
                mean = em + sd * rng.normal() / n**0.5
                row |= {
                    f"truth_{label}": value,
                    f"em_{label}": em,
                    f"em_se_{label}": sd,
                    f"mcse_mean_{label}": sd / 1000,
                }
                row |= {f"posterior_mean_{label}": mean, f"posterior_sd_{label}": sd}
                row |= {f"{kind}_lower_{label}": em - z * sd for kind in INTERVALS}
                row |= {f"{kind}_upper_{label}": em + z * sd for kind in INTERVALS}
            rows.append(row)
    rows[0] |= {"verdict": None, "identified": None, "reason": "LinAlgError: the matrix <b>melted</b>"}
    rows[1] |= {"attempts": "as asked: NOT_MIXED; draws of the integral: PASSED"}
    return pa.Table.from_pylist(rows, schema=SCHEMA).to_pandas()
