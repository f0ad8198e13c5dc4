"""A study: the comparison repeated over many simulated data sets, resumable, on one machine or a cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import pyarrow as pa

from mixstudy.design import Design, Seeds
from mixstudy.parts import Parts, open_folder
from mixstudy.rows import SCHEMA, row_of, versions
from mixstudy.workers import run_batches

PART_SIZE = 8
"""Data sets in a part: a few seconds' work, which is all that a kill can lose for each worker."""

type Row = dict[str, Any]


class Placed(Protocol):
    """A task that has seeds of its own."""

    @property
    def seeds(self) -> Seeds:
        """Of the data and of the chains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a study has come."""

    done: int
    """Data sets done, those of an earlier run included."""
    total: int
    """Data sets there are."""
    damaged: tuple[str, ...]
    """Names of part files that were found damaged and are computed again."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Results[D]:
    """A row for each data set of a design, and where they are kept."""

    design: D
    """What was asked for."""
    folder: Path
    """Where the parts are."""
    table: pd.DataFrame
    """One row for each data set, in the order of the design; ``reason`` says why one failed."""
    damaged: tuple[str, ...]
    """Names of part files that were found damaged and computed again."""

    @property
    def failed(self) -> int:
        """Data sets on which something failed: their rows have a reason."""
        return int(self.table["reason"].notna().sum())


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


def run_tasks[T: Placed](
    tasks: Sequence[T],
    work: Callable[[T], Row],
    folder: Path,
    *,
    plan: Mapping[str, object],
    schema: pa.Schema,
    resume: bool,
    workers: int | None,
    cluster: str | None,
    progress: Callable[[Progress], object] | None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Make a row of every task, in parts that are kept as they are done.

    Returns:
        All rows in the order of the tasks, and the names of the parts that were damaged and made again.
    """
    open_folder(folder, {**plan, "part_size": PART_SIZE, "versions": versions()}, resume=resume)
    batches = [tasks[start : start + PART_SIZE] for start in range(0, len(tasks), PART_SIZE)]
    parts = Parts(folder=folder, schema=schema, count=len(batches))
    rows: dict[int, list[Row]] = {}
    damaged: list[str] = []
    for number, batch in enumerate(batches):
        for path in parts.paths(number):
            found = _belonging(parts.read(path), batch)
            if found is None:
                damaged.append(path.name)
            else:
                rows[number] = found
    report = progress or (lambda found: found)

    def tell() -> None:
        report(Progress(done=sum(map(len, rows.values())), total=len(tasks), damaged=tuple(damaged)))

    tell()
    left = [(number, batch) for number, batch in enumerate(batches) if number not in rows]
    with closing(run_batches(partial(_rows, work), left, workers=workers, cluster=cluster)) as results:
        for number, found in results:
            parts.write(number, found)
            rows[number] = found
            tell()
    whole = pa.Table.from_pylist([row for number in range(len(batches)) for row in rows[number]], schema=schema)
    return whole.to_pandas(), tuple(damaged)


def _rows[T](work: Callable[[T], Row], batch: Sequence[T]) -> list[Row]:
    return [work(task) for task in batch]


def _belonging(rows: list[Row] | None, batch: Sequence[Placed]) -> list[Row] | None:
    """The rows of a part where they are those of its tasks; None where the part is damaged."""
    seeds = [task.seeds.data for task in batch]
    return rows if rows is not None and [row["seed"] for row in rows] == seeds else None
