"""Posteriors that several tests look at, sampled once: compiling is what takes the time."""

from __future__ import annotations

import pytest
from nutpie.sample import CompiledModel

import mixstudy as ms
from mixstudy.datasets import old_faithful
from mixstudy.posterior import compile_model


@pytest.fixture(scope="session")
def faithful() -> ms.WeightedSample:
    """Old Faithful's waiting times."""
    return old_faithful()


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
def compiled() -> CompiledModel:
    """The model compiled for nutpie."""
    return compile_model()
