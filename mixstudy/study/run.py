"""The engine of all studies: every data set of a design, on this machine or a cluster, kept part by part.

What was done is known by its key, the columns that tell one data set's rows from another's. So a run goes on wherever
it was interrupted, and a design may grow: more replicates or more cells are added to the results that are there.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import batched, groupby
from pathlib import Path
from typing import Any, Protocol, TypedDict, Unpack

import pandas as pd
import pyarrow as pa

from mixstudy.data.text import glance
from mixstudy.data.workers import run_batches
from mixstudy.study.provenance import code, versions
from mixstudy.study.storage import ResultStore, open_folder

type Row = dict[str, Any]
type Key = tuple[Any, ...]


class Task(Protocol):
    """One data set of a design."""

    @property
    def key(self) -> Key:
        """The values of the job's key columns in its rows."""


class Plan[T](Protocol):
    """A design, as the engine sees it."""

    def tasks(self) -> list[T]:
        """All data sets, in the order in which they are done: every stretch should cost about the same."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values that say what is to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job[T: Task, D]:
    """What is done with every data set of a design."""

    name: str
    """Kind of study, as the folder records it."""
    work: Callable[[T, D], list[Row]]
    """Makes the rows of one data set, whatever happens; runs on a worker."""
    schema: pa.Schema
    """Columns of the rows."""
    key: tuple[str, ...]
    """Columns that tell the rows of one data set from another's."""
    grows: tuple[str, ...]
    """Keys of the design that say how many data sets there are, and nothing of any one of them."""
    part: int = 8
    """Data sets in a part: a few seconds' work, which is all that a kill can lose for each worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a study has come."""

    done: int
    """Data sets done, those of an earlier run included."""
    total: int
    """Data sets there are."""
    damaged: tuple[str, ...]
    """Names of part files that were found damaged, whose data sets are computed again."""


class How(TypedDict, total=False):
    """How a study is run."""

    resume: bool
    """Whether to go on with results that are there already, of the same design or a smaller one; no by default."""
    workers: int | None
    """Processes on this machine; as many as it has processors by default, and 1 for this process."""
    cluster: str | None
    """Address of a Dask scheduler, such as ``tcp://host:8786``, whose workers do it instead."""
    progress: Callable[[Progress], object]
    """Called at the start and after each part."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Results[D](ABC):
    """The rows of every data set of a design, and where they are kept."""

    design: D
    """What was asked for."""
    folder: Path
    """Where the parts are."""
    table: pd.DataFrame
    """The rows of each data set, in the order of the design; ``reason`` says why one failed."""
    damaged: tuple[str, ...]
    """Names of part files that were found damaged and computed again."""

    def __repr__(self) -> str:
        return glance(type(self).__name__, f"{self.data_sets} data sets in {self.folder}, {self.failed} failed")

    @property
    def data_sets(self) -> int:
        """How many there are: of each a row."""
        return len(self.table)

    @property
    def failed(self) -> int:
        """Data sets on which something failed: their rows have a reason."""
        return int(self.table["reason"].notna().sum())

    @abstractmethod
    def brief(self) -> pd.DataFrame:
        """A summary that fits a terminal."""


def run_job[T: Task, D: Plan[Any], R: Results[Any]](
    job: Job[T, D], design: D, folder: str | Path, made: Callable[..., R], **how: Unpack[How]
) -> R:
    """Make the rows of every data set that the folder does not hold yet, in parts that are kept as they are done.

    Raises:
        FolderError: The folder holds results already and ``resume`` is false, or those of another design or program, or
            something else.
        FullError: A part could not be written; those before are whole.
        ClusterError: The cluster can't be reached, or was lost.
    """
    plan = {"study": job.name, **design.as_dict(), "versions": versions(), "code": code()}
    store = ResultStore(folder=Path(folder), schema=job.schema)
    open_folder(store.folder, plan, resume=how.get("resume", False), grows=job.grows)
    whole, damaged, following = store.take_stock()
    held = {key: rows for part in whole for key, rows in _by_key(part, job.key)}
    tasks: list[T] = design.tasks()
    left = [task for task in tasks if task.key not in held]
    done, report = len(tasks) - len(left), how.get("progress") or (lambda found: found)
    report(Progress(done=done, total=len(tasks), damaged=damaged))
    batches = dict(enumerate(batched(left, job.part), start=following))
    work, workers, cluster = partial(_rows, job.work, design), how.get("workers"), how.get("cluster")
    with closing(run_batches(work, [*batches.items()], workers=workers, cluster=cluster)) as results:
        for number, rows in results:
            store.write(number, rows)
            held |= _by_key(rows, job.key)
            done += len(batches[number])
            report(Progress(done=done, total=len(tasks), damaged=damaged))
    table = pa.Table.from_pylist([row for task in tasks for row in held[task.key]], schema=job.schema).to_pandas()
    return made(design=design, folder=store.folder, table=table, damaged=damaged)


def _rows[T, D](work: Callable[[T, D], list[Row]], design: D, batch: Sequence[T]) -> list[Row]:
    return [row for task in batch for row in work(task, design)]


def _by_key(rows: Sequence[Row], columns: Sequence[str]) -> list[tuple[Key, list[Row]]]:
    """The rows of each data set; they stand together."""
    return [(key, list(group)) for key, group in groupby(rows, lambda row: tuple(row[name] for name in columns))]


@contextmanager
def guarded(row: Row) -> Iterator[None]:
    """Put the reason of a failure into the row; what was found before stays there."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  (no data set is dropped, whatever goes wrong with it)
        row["reason"] = f"{type(error).__name__}: {error}"


@contextmanager
def timed(row: Row, stage: str) -> Iterator[None]:
    """Put the seconds that a stage takes into the row."""
    start = time.perf_counter()
    try:
        yield
    finally:
        row[f"seconds_{stage}"] = time.perf_counter() - start
