"""A study: the comparison repeated over many simulated data sets, resumable, on one machine or a cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import pyarrow as pa

from mixstudy.data.workers import run_batches
from mixstudy.study.design import Seeds
from mixstudy.study.storage import Parts, open_folder

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


PACKAGES = ("mixstudy", "pymc", "nutpie", "arviz", "numpy", "scipy")
"""Whose versions a row tells."""


@contextmanager
def guarded(row: dict[str, Any]) -> Iterator[None]:
    """Put the reason of a failure into the row; what was found before stays there."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  (no data set is dropped, whatever goes wrong with it)
        row["reason"] = f"{type(error).__name__}: {error}"


@contextmanager
def timed(row: dict[str, Any], stage: str) -> Iterator[None]:
    """Put the seconds that a stage takes into the row."""
    start = time.perf_counter()
    try:
        yield
    finally:
        row[f"seconds_{stage}"] = time.perf_counter() - start


@cache
def versions() -> str:
    """Versions of what a row was made with."""
    return ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
