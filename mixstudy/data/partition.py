"""One numeric column of many files, larger than memory, as parts that can be read anywhere and in any order.

Nothing is skipped in silence: what is not a finite number stops the reading with the file and the row where it stands,
rows counted from 1 after the header.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pyarrow.fs

from mixstudy.data.columns import count_units, pieces, usable
from mixstudy.data.files import fault, is_url, locate, open_file, readable, stamp
from mixstudy.data.sample import DataError
from mixstudy.data.table import HEAD_BYTES, Kind, Layout, choose, find_layout
from mixstudy.model import Floats

PART_BYTES = 64 << 20
"""About what one part reads: enough to make opening a file cheap, little enough to keep every core busy."""
SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".arrow", ".feather", ".ipc")
"""Names of data files in a directory; a file named on its own may have any name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Observations that were read at one go."""

    values: Floats
    """Observations, all finite, shape ``(n,)``, data units; read-only where they lie in the file's own pages."""
    dropped: int
    """Missing values that were left out on request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file, or a stretch of one: small, can be pickled, can be read any number of times."""

    layout: Layout
    """What is known of the file."""
    position: int
    """Position of the column."""
    start: int
    """First byte of a CSV file, first row group (Parquet), first record batch (Arrow)."""
    stop: int
    """The end, counted likewise and exclusive."""
    size: int
    """Bytes of the file that this part stands for, for a progress bar."""
    stamp: str
    """Hash of what the file system told about the file when it was opened."""
    drop_missing: bool = False
    """Whether missing values are left out and counted, or refused."""

    @property
    def path(self) -> str:
        """The file."""
        return self.layout.path

    @property
    def column(self) -> str:
        """Name of the column."""
        return self.layout.names[self.position]

    def batches(self) -> Iterator[Batch]:
        """Read the part in pieces of about a hundred thousand rows.

        Raises:
            DataError: A value is missing, infinite or text, the file holds no rows, cannot be read, or has changed.
        """
        self.require_unchanged()
        try:
            yield from _batches(self, self.start, self.stop)
        except DataError:
            self.require_unchanged()
            if (self.start, self.stop) != (0, count_units(self.layout)):
                _raise_with_row(self)
            raise
        self.require_unchanged()

    def require_unchanged(self) -> None:
        """Notice a file that was written again since it was opened.

        Raises:
            DataError: Its size or its time of change is another one.
        """
        with readable(self.path):
            if stamp(self.path) != self.stamp:
                raise fault(self.path, "the file changed while it was in use; start again, and let no one write to it")


def open_parts(
    paths: Sequence[str | Path], *, column: str | None = None, drop_missing: bool = False
) -> tuple[Part, ...]:
    """Look at every file and cut the large ones into parts; no data is read yet.

    Args:
        paths: CSV, Parquet and Arrow files, URLs that fsspec opens, or directories that hold nothing else.
        column: Name of the column, the same in all files; may be left out where the first file has one numeric column.
        drop_missing: Leave missing values out, and count them in ``Batch.dropped``, instead of refusing them.

    Returns:
        The parts in the order of the files (those of a directory by name) and of their rows.

    Raises:
        DataError: A file or its column cannot be used; the message names the file and says what to do.
    """
    files = [file for path in paths for file in _expand(str(path))]
    _require_files(files)
    parts: list[Part] = []
    for file in files:
        found = _open_file_parts(file, column=column, drop_missing=drop_missing)
        column = found[0].column
        parts += found
    return tuple(parts)


def _batches(part: Part, start: int, stop: int | None) -> Iterator[Batch]:
    rows = 0
    for values in pieces(part.layout, part.position, start=start, stop=stop):
        kept = usable(
            part.layout, part.position, values, drop_missing=part.drop_missing, rows_before=rows, so_far=" so far"
        )
        rows += values.size
        yield Batch(values=kept, dropped=values.size - kept.size)


def _raise_with_row(part: Part) -> None:
    """Read from the file's beginning, to meet the same error with its row counted from there."""
    deque(_batches(part, 0, None), maxlen=0)
    problem = "it cannot be read in parts, since quoted fields far from its beginning hold line breaks"
    raise fault(part.path, f"{problem}; save it as Parquet")


def _expand(path: str) -> list[str]:
    """The files of a directory, sorted by name; hidden ones and markers such as ``_SUCCESS`` hold no data."""
    with readable(path):
        system, inner = locate(path)
        if system.get_file_info(inner).type != pyarrow.fs.FileType.Directory:
            return [path]
        found = sorted(system.get_file_info(pyarrow.fs.FileSelector(inner)), key=lambda info: str(info.base_name))
    names = [str(info.base_name) for info in found if not info.base_name.startswith((".", "_"))]
    for name in names:
        if not name.lower().endswith(SUFFIXES):
            raise fault(path, f"the directory also holds '{name}', which is no {_listed_suffixes()}; name the files")
    if not names:
        raise fault(path, f"the directory holds no files; it needs {_listed_suffixes()}")
    return [f"{path.rstrip('/')}/{name}" for name in names]


def _listed_suffixes() -> str:
    return " or ".join(SUFFIXES)


def _require_files(files: Sequence[str]) -> None:
    if not files:
        msg = "paths must name at least one file, got none"
        raise DataError(msg)
    seen: set[str] = set()
    for file in files:
        name = file if is_url(file) else str(Path(file).resolve())
        if name in seen:
            raise fault(file, "named twice, and would count twice; name it once")
        seen.add(name)


def _open_file_parts(path: str, *, column: str | None, drop_missing: bool) -> list[Part]:
    with readable(path):
        before = stamp(path)
    layout = find_layout(path)
    position = choose(layout, column)
    with readable(path), open_file(path) as file:
        size = int(file.size())
        cuts = _cuts(layout, size)
    share = size / cuts[-1]
    parts = [
        Part(
            layout=layout,
            position=position,
            start=start,
            stop=stop,
            size=round(share * (stop - start)),
            stamp=before,
            drop_missing=drop_missing,
        )
        for start, stop in pairwise(cuts)
    ]
    if position not in layout.numeric:
        next(parts[0].batches(), None)
    return parts


def _cuts(layout: Layout, size: int) -> list[int]:
    """Where the parts begin and end, in the units of ``Part.start``."""
    units = count_units(layout)
    count = 1 if layout.line_breaks else max(1, min(units, round(size / PART_BYTES)))
    cuts = [units * place // count for place in range(count + 1)]
    if layout.kind is Kind.CSV:
        cuts[1:-1] = [_line_after(layout.path, cut) for cut in cuts[1:-1]]
    return sorted(set(cuts))


def _line_after(path: str, offset: int) -> int:
    """The first beginning of a line at or after a byte, or 0 where no line ends near it."""
    with open_file(path) as file:
        file.seek(offset - 1)
        end = file.read(HEAD_BYTES).find(b"\n")
    return offset + end if end >= 0 else 0
