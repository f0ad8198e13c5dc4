"""A study: the comparison repeated over many simulated data sets, resumable, on one machine or a cluster."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from mixstudy.study.data_set import SCHEMA, row_of
from mixstudy.study.design import Design
from mixstudy.study.run import Progress, Results, run_tasks


class Study(Results[Design]):
    """The comparison, repeated."""

    __slots__ = ()


def run_study(
    design: Design,
    folder: str | Path,
    *,
    resume: bool = False,
    workers: int | None = None,
    cluster: str | None = None,
    progress: Callable[[Progress], object] | None = None,
) -> Study:
    """Simulate, fit, sample and compare every data set of a design.

    Args:
        design: What to do.
        folder: Where results go, part by part as they are done.
        resume: Whether to go on with results of the same design that are there already.
        workers: Processes on this machine; as many as it has processors by default, and 1 for this process.
        cluster: Address of a Dask scheduler, such as ``tcp://host:8786``, whose workers do it instead.
        progress: Called at the start and after each part.

    Returns:
        The study, the same (timings apart) however often it was interrupted and wherever it ran.

    Raises:
        FolderError: The folder holds results already and ``resume`` is false, or those of another design or of other
            versions of the program, or something else.
        FullError: A part could not be written; those before are whole.
        ClusterError: The cluster can't be reached.
    """
    table, damaged = run_tasks(
        design.tasks(),
        partial(row_of, design=design),
        Path(folder),
        plan={"study": "replicate", **design.as_dict()},
        schema=SCHEMA,
        resume=resume,
        workers=workers,
        cluster=cluster,
        progress=progress,
    )
    return Study(design=design, folder=Path(folder), table=table, damaged=damaged)
