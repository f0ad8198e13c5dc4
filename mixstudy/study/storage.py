"""Results in a folder, part by part: each part whole or not there, whatever happens to the program or the machine.

A part is written to a file beside it, flushed to the disk and renamed, which makes it appear at once or not at all. Its
name holds a hash of its content, so that a part that was cut short or changed is found.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mixstudy.data.files import TEMPORARY, FullError, write_atomically

PLAN = "design.json"
"""The file that says what the folder's results are results of."""
PART, HASH = "part-{:05d}-{}.parquet", 16
"""Name of a part by its number and so many hexadecimal digits of its SHA-256."""


class FolderError(ValueError):
    """The folder can't be used for these results; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A folder of parts, all of one schema."""

    folder: Path
    """Where they are."""
    schema: pa.Schema
    """Columns of every part."""
    count: int
    """How many there are when all is done."""

    def paths(self, number: int) -> list[Path]:
        """The files of one part: none, one, or a damaged one beside it."""
        return sorted(self.folder.glob(PART.format(number, "*")))

    def write(self, number: int, rows: Sequence[Mapping[str, object]]) -> None:
        """Write one part, whole or not at all, and remove damaged ones of its number.

        Raises:
            FullError: The disk is full, or the folder can't be written to.
        """
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(list(rows), schema=self.schema), sink)
        content = sink.getvalue().to_pybytes()
        path = self.folder / PART.format(number, _hash(content))
        try:
            write_atomically(path, content)
            for other in self.paths(number):
                if other != path:
                    other.unlink()
        except OSError as error:
            raise FullError(error.errno, self._trouble(error)) from error

    def _trouble(self, error: OSError) -> str:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        problem = "the disk is full" if full else f"can't be written to ({error.strerror or error})"
        kept = sum(bool(self.paths(number)) for number in range(self.count))
        return (
            f"{self.folder}: {problem}; the {kept} of {self.count} parts written before are whole: "
            f"{'free some space' if full else 'mend that'} and go on with --resume"
        )

    def read(self, path: Path) -> list[dict[str, Any]] | None:
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


def open_folder(folder: Path, plan: Mapping[str, object], *, resume: bool) -> None:
    """Make the folder, or see that what it holds are results of the same plan.

    Args:
        folder: Where results go.
        plan: Plain values that say what is to be done.
        resume: Whether results that are there already are to be gone on with.

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
        write_atomically(folder / PLAN, (json.dumps(plan, indent=2) + "\n").encode())
        return
    if there != json.loads(json.dumps(plan)):
        msg = f"{folder} holds other results: {_differences(there, plan)}; choose another --out"
        raise FolderError(msg)
    if not resume:
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


def _differences(there: Mapping[str, object], plan: Mapping[str, object]) -> str:
    keys = [key for key in {**there, **plan} if there.get(key) != plan.get(key)]
    return ", ".join(f"{key} is {there.get(key, 'missing')} there and {plan.get(key, 'missing')} here" for key in keys)
