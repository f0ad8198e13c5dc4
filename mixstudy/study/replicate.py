"""A study: the comparison repeated over many simulated data sets."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import pandas as pd

from mixstudy.study.data_set import SCHEMA, analyse
from mixstudy.study.design import AXES, Design, Task
from mixstudy.study.run import How, Job, Results, run_job
from mixstudy.study.summary import cell_table

REPLICATION: Job[Task, Design] = Job(
    name="replicate",
    work=analyse,
    schema=SCHEMA,
    key=("seed", *AXES),
    grows=(*AXES, "replicates"),
    part=4,
)


class Study(Results[Design]):
    """The comparison, repeated: a row for each data set."""

    __slots__ = ()

    def brief(self) -> pd.DataFrame:
        """The figures of each cell that matter most."""
        return cell_table(self.table)


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
        FolderError: The folder holds something else, or results that are not to be gone on with.
        FullError: A part could not be written; those before are whole.
        ClusterError: The cluster can't be reached, or was lost.
    """
    return run_job(REPLICATION, design, folder, Study, **how)
