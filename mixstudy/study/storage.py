"""Results in a folder, part by part: each part whole or not there, whatever happens to the program or the machine.

A part is written to a file beside it, flushed to the disk and renamed, which makes it appear at once or not at all. Its
name holds a hash of its content, so that a part that was cut short or changed is found.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mixstudy.data.files import read_short
from mixstudy.data.writing import FullError, sweep, write_atomically

PLAN = "design.json"
"""Records the design that the results belong to."""
PART, HASH = "part-{:05d}-{}.parquet", 16
"""Name of a part by its number and so many hexadecimal digits of its SHA-256."""


class FolderError(ValueError):
    """The folder can't be used for these results; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultStore:
    """A folder of parts, all of one schema."""

    folder: Path
    """The folder, which exists."""
    schema: pa.Schema
    """Columns of every part."""

    def write(self, number: int, rows: Sequence[Mapping[str, object]]) -> None:
        """Write a part, whole or not at all.

        Raises:
            FullError: The disk is full, or the folder can't be written to.
        """
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(list(rows), schema=self.schema), sink)
        content = sink.getvalue().to_pybytes()
        try:
            write_atomically(self.folder / PART.format(number, _hash(content)), content)
        except FullError as error:
            msg = f"{error}; the {len(parts(self.folder))} parts written before are whole: go on with --resume"
            raise FullError(msg) from error

    def take_stock(self) -> tuple[list[list[dict[str, Any]]], tuple[str, ...], int]:
        """Read what there is, and remove what is damaged.

        Returns:
            The rows of every whole part, the names of damaged parts, and the number of the next part.

        Raises:
            FolderError: A folder has the name of a part.
        """
        there = parts(self.folder)
        found = {path: self._read(path) for path in there}
        damaged = [path for path, rows in found.items() if rows is None]
        for path in damaged:
            path.unlink()
        following = 1 + max((int(path.name.split("-")[1]) for path in there), default=-1)
        return [rows for rows in found.values() if rows is not None], tuple(path.name for path in damaged), following

    def _read(self, path: Path) -> list[dict[str, Any]] | None:
        """The rows of one file; None where it is damaged, of other columns, or no file (a pipe would be waited for)."""
        if path.is_dir():
            msg = f"{path} is a folder in the place of a part: move it away"
            raise FolderError(msg)
        content = path.read_bytes() if path.is_file() else b""
        if not path.stem.endswith(_hash(content)):
            return None
        try:
            table = pq.read_table(io.BytesIO(content))
        except pa.ArrowException:
            return None
        rows: list[dict[str, Any]] | None = table.to_pylist() if table.schema.equals(self.schema) else None
        return rows


def parts(folder: Path) -> list[Path]:
    """All parts, damaged ones too, in the order of their numbers."""
    return sorted(folder.glob("part-[0-9]*-*.parquet"))


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:HASH]


def open_folder(folder: Path, plan: Mapping[str, object], *, resume: bool, grows: Sequence[str]) -> None:
    """Make the folder, or see that what it holds are results of the same plan; sweep what a kill left there.

    Args:
        folder: Where results go.
        plan: Plain values that say what is to be done.
        resume: Whether results that are there already are to be gone on with.
        grows: Keys of the plan that may differ then, as what was done stays valid.

    Raises:
        FolderError: There are results and ``resume`` is false, or they are of another plan, or the folder holds
            something else. Nothing is overwritten.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    there = read_plan(folder)
    if there is None and any(folder.iterdir()):
        msg = f"{folder} is not empty and holds no study: choose another --out"
        raise FolderError(msg)
    if there is not None:
        if different := _differences(there, json.loads(json.dumps(plan)), grows):
            msg = f"{folder} holds other results: {different}; choose another --out"
            raise FolderError(msg)
        if not resume:
            done = len(parts(folder))
            msg = f"{folder} holds results already ({done} parts): go on with --resume, or choose another --out"
            raise FolderError(msg)
    write_atomically(folder / PLAN, (json.dumps(plan, indent=2) + "\n").encode())


def read_plan(folder: Path) -> dict[str, Any] | None:
    """The plan that a folder holds results of; None where there is none.

    Raises:
        FolderError: It is there but can't be read.
    """
    path = folder / PLAN
    if not path.exists():
        return None
    try:
        return dict(json.loads(read_short(path)))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        msg = f"{path} can't be read ({error}), so what the parts are of is not known: choose another --out"
        raise FolderError(msg) from error


def _differences(there: Mapping[str, object], plan: Mapping[str, object], grows: Sequence[str]) -> str:
    keys = [key for key in {**there, **plan} if key not in grows and there.get(key) != plan.get(key)]
    return ", ".join(f"{key} is {there.get(key, 'missing')} there and {plan.get(key, 'missing')} here" for key in keys)
