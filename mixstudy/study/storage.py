"""Results in a folder, part by part: each part whole or not there, whatever happens to the program or the machine.

A part is written to a file beside it, flushed to the disk and renamed, which makes it appear at once or not at all. Its
name holds a hash of its content, so that a part that was cut short or changed is found.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mixstudy.data.files import TEMPORARY, FullError, write_atomically

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

    def paths(self) -> list[Path]:
        """All parts, damaged ones too, in the order of their numbers."""
        return sorted(self.folder.glob(PART.replace("{:05d}", "*").format("*")))

    def write(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Write another part, whole or not at all.

        Raises:
            FullError: The disk is full, or the folder can't be written to.
        """
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(list(rows), schema=self.schema), sink)
        content = sink.getvalue().to_pybytes()
        there = self.paths()
        number = 1 + max((int(re.findall(r"\d+", path.name)[0]) for path in there), default=-1)
        try:
            write_atomically(self.folder / PART.format(number, _hash(content)), content)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            problem = "the disk is full" if full else f"can't be written to ({error.strerror or error})"
            way_out = "free some space" if full else "mend that"
            kept = f"the {len(there)} parts written before are whole"
            raise FullError(
                error.errno, f"{self.folder}: {problem}; {kept}: {way_out} and go on with --resume"
            ) from error

    def take_stock(self) -> tuple[list[list[dict[str, Any]]], tuple[str, ...]]:
        """The rows of every whole part, and the names of damaged parts, which are removed."""
        whole, damaged = [], []
        for path in self.paths():
            rows = self._read(path)
            if rows is None:
                damaged.append(path.name)
                path.unlink()
            else:
                whole.append(rows)
        return whole, tuple(damaged)

    def _read(self, path: Path) -> list[dict[str, Any]] | None:
        """The rows of one file; None where it is damaged or of other columns."""
        try:
            content = path.read_bytes()
            table = pq.read_table(io.BytesIO(content)) if path.stem.endswith(_hash(content)) else None
        except (OSError, pa.ArrowException):
            return None
        if table is None or not table.schema.equals(self.schema):
            return None
        rows: list[dict[str, Any]] = table.to_pylist()
        return rows


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:HASH]


def open_folder(folder: Path, plan: Mapping[str, object], *, resume: bool, grows: Sequence[str]) -> None:
    """Make the folder, or see that what it holds are results of the same plan.

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
    for left in folder.glob(f"*{TEMPORARY}"):
        left.unlink()
    there = read_plan(folder)
    if there is None:
        if any(folder.iterdir()):
            msg = f"{folder} is not empty and holds no study: choose another --out"
            raise FolderError(msg)
        _write_plan(folder, plan)
        return
    if different := _differences(there, json.loads(json.dumps(plan)), grows):
        msg = f"{folder} holds other results: {different}; choose another --out"
        raise FolderError(msg)
    if resume:
        _write_plan(folder, plan)
    else:
        done = len(list(folder.glob("part-*.parquet")))
        msg = f"{folder} holds results already ({done} parts): go on with --resume, or choose another --out"
        raise FolderError(msg)


def read_plan(folder: Path) -> dict[str, Any] | None:
    """The plan that a folder holds results of; None where there is none.

    Raises:
        FolderError: It is there but can't be read.
    """
    path = folder / PLAN
    if not path.exists():
        return None
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{path} can't be read ({error}), so what the parts are of is not known: choose another --out"
        raise FolderError(msg) from error
    return dict(plan)


def _write_plan(folder: Path, plan: Mapping[str, object]) -> None:
    write_atomically(folder / PLAN, (json.dumps(plan, indent=2) + "\n").encode())


def _differences(there: Mapping[str, object], plan: Mapping[str, object], grows: Sequence[str]) -> str:
    keys = [key for key in {**there, **plan} if key not in grows and there.get(key) != plan.get(key)]
    return ", ".join(f"{key} is {there.get(key, 'missing')} there and {plan.get(key, 'missing')} here" for key in keys)
