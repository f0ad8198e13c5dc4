"""A study: the comparison repeated over many simulated data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from mixstudy.study.data_set import SCHEMA, analyse
from mixstudy.study.design import AXES, Design, Task
from mixstudy.study.run import How, Job, Results, run_job

REPLICATION: Job[Task, Design] = Job(
    name="replicate", work=analyse, schema=SCHEMA, key=("seed", *AXES), grows=(*AXES, "replicates")
)


class Study(Results[Design]):
    """The comparison, repeated: a row for each data set."""

    __slots__ = ()


def run_study(design: Design, folder: str | Path, **how: Unpack[How]) -> Study:
    """Simulate, fit, sample and compare every data set of a design.

    Args:
        design: What to do.
        folder: Where results go, part by part as they are done.
        how: ``resume`` (go on with results that are there, of this design or a smaller one), ``workers`` (processes on
            this machine), ``cluster`` (address of a Dask scheduler), ``progress`` (called after each part).

    Returns:
        The study, the same (timings apart) however often it was interrupted and wherever it ran.

    Raises:
        FolderError: The folder holds results already and ``resume`` is false, or those of another design or program, or
            something else.
        FullError: A part could not be written; those before are whole.
        ClusterError: The cluster can't be reached.
    """
    return run_job(REPLICATION, design, Path(folder), Study, **how)
