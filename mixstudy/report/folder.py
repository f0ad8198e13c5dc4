"""The folder of a report: replaced as a whole or left as it was, and never one that holds something else.

This loads nothing that draws or samples, so that a command can refuse a format or a folder before it begins.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from mixstudy.data.writing import flush, runs
from mixstudy.study.provenance import PROGRAM

FIGURES = "figures"
"""The folder of figures that a Markdown or LaTeX report refers to."""
FRAGMENT = "estimates.tex"
"""The first table of a LaTeX report by itself."""
FORMATS = ("html", "md", "tex")
"""Formats of a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the folder of a kind of report may hold."""

    marker: str
    """The file by which it is recognised as ours; moved first, so that an interrupted move is recognised too."""
    tables: tuple[str, ...] = ()
    """Other files beside the report."""
    figures: tuple[str, ...]
    """Names of the figures, whether or not a report has all of them."""
    folders: tuple[str, ...] = ()
    """Names of folders below it, each with the report of a study."""
    others: tuple[str, ...] = ()
    """Files by which reports of another kind are recognised that it may replace."""

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that such a report may have."""
        drawn = (f"{FIGURES}/{name}{suffix}" for name in self.figures for suffix in (".svg", ".pdf"))
        below = (f"{folder}/{name}" for folder in self.folders for name in STUDY.files)
        return (
            self.marker,
            *self.others,
            FRAGMENT,
            *self.tables,
            *(f"report.{name}" for name in FORMATS),
            *drawn,
            *below,
        )


STUDY = Layout(
    marker="comparison.json",
    tables=("comparison.csv", "em_trace.csv", "posterior.nc"),
    figures=(
        *("data", "forest", "posteriors", "joint", "responsibilities", "pit", "challengers"),
        *("climb", "surface", "verification", "traces"),
    ),
)
"""The folder of a comparison's report."""
CHECK = Layout(marker="check.json", figures=("surface", "steps"))
"""The folder of an assessment's report."""
OVERVIEW = "studies.json"
"""The file by which the folder of several studies is recognised."""
MARKERS = (STUDY.marker, CHECK.marker, OVERVIEW)
"""What tells that a folder holds a report of ours, of whatever kind."""
LONGEST = 60
"""Characters of a folder's name, at most."""
STAGE = ".mixstudy-"
"""Prefix of the directory in which files are written before they are moved."""
OURS = f"{STAGE}{platform.node()}-"
"""Prefix of those of this machine, whose processes can be looked for; that of the process follows."""
FULL = (errno.ENOSPC, errno.EDQUOT)
"""What the operating system says of a full disk."""


RENAME_EXCHANGE, HERE = 2, -100
"""Flag and folder of Linux's ``renameat2``."""


class OutputError(ValueError):
    """The output directory can't be used; the message says why."""


def parse_formats(text: str) -> tuple[str, ...]:
    """Formats separated by commas, each once.

    Raises:
        ValueError: One is unknown.
    """
    return known_formats(tuple(dict.fromkeys(name.strip() for name in text.split(","))))


def known_formats(formats: Sequence[str]) -> tuple[str, ...]:
    """The formats, of which there must be one or more.

    Raises:
        ValueError: One is unknown.
    """
    for name in formats or ("",):
        if name not in FORMATS:
            msg = f"the format must be among {', '.join(FORMATS)}, got {name!r}"
            raise ValueError(msg)
    return tuple(formats)


def folder_names(files: Sequence[str]) -> tuple[str, ...]:
    """A folder's name for each file: that of the file without its ending and what a path may misread; no two alike."""
    found: list[str] = []
    for file in files:
        bare = re.sub(r"\.(gz|zst)$", "", file.rstrip("/").rsplit("/", 1)[-1])
        name = re.sub(r"[^\w-]+", "-", Path(bare).stem).strip("-")[:LONGEST] or "data"
        taken = {each.casefold() for each in found}  # as some file systems compare names
        found.append(next(each for k in count(1) if (each := f"{name}-{k}" if k > 1 else name).casefold() not in taken))
    return tuple(found)


def study_layout(directory: str | Path, folders: Sequence[str] = ()) -> Layout:
    """The folder of a study, or of several: what it is to hold, and what an earlier report of either in it holds."""
    earlier: list[str] = []
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads((Path(directory) / OVERVIEW).read_text("utf-8"))["studies"]
        earlier = [each["folder"] for each in told if each["folder"] in folder_names([str(each["folder"])])]
    marker, other = (OVERVIEW, STUDY.marker) if folders else (STUDY.marker, OVERVIEW)
    tables = (*STUDY.tables, "studies.csv")
    return replace(STUDY, marker=marker, others=(other,), tables=tables, folders=tuple({*earlier, *folders}))


def check_output(directory: str | Path, layout: Layout) -> None:
    """Refuse a directory that ``write_report`` would refuse; nothing is left behind.

    Raises:
        OutputError: It can't be created or written, or holds a file that is not ours.
    """
    with staged(Path(directory).resolve(), layout):
        pass


@contextmanager
def staged(target: Path, layout: Layout) -> Iterator[Path]:
    """Create the target and a stage beside it; in the end remove the stage, and the target where it stayed empty.

    Raises:
        OutputError: The target can't be created or written, holds a file that is not ours, or the disk is full.
    """
    stage, missing = None, []
    try:
        try:
            missing += [path for path in (target, *target.parents) if not path.exists()]
            _refuse_foreign(target, layout)
            target.mkdir(parents=True, exist_ok=True)
            beside = not target.is_mount() and os.access(target.parent, os.W_OK)
            tempfile.TemporaryFile(dir=target).close()
            for place in (target.parent, target) if beside else (target,):
                _sweep(place)
            stage = Path(tempfile.mkdtemp(prefix=f"{OURS}{os.getpid()}-", dir=target.parent if beside else target))
        except OSError as error:
            msg = f"the output directory {target} can't be created or written: {error.strerror or error}"
            raise OutputError(msg) from error
        try:
            yield stage
        except OSError as error:
            if error.errno not in FULL:
                raise
            msg = f"the output directory {target}: the disk is full: free some space or choose another --out"
            raise OutputError(msg) from error
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)
        for path in missing:
            with suppress(OSError):  # it was never made, or holds the report
                path.rmdir()


def _refuse_foreign(target: Path, layout: Layout) -> None:
    """Raise where the target holds anything but an earlier report that may be replaced."""
    names = set(_held(target, layout.files))
    ours = any(_is_ours(target / marker) for marker in (layout.marker, *layout.others))
    foreign = sorted(names - set(layout.files)) or (not ours and sorted(names))
    if foreign:
        found = next((name for name in foreign if name in MARKERS), foreign[0])
        whose = "another report's" if found in MARKERS else f"which {PROGRAM} did not write"
        msg = f"the output directory {target} holds {found!r}, {whose}; choose another"
        raise OutputError(msg)


def _is_ours(marker: Path) -> bool:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return bool(json.loads(marker.read_text("utf-8"))["provenance"]["program"] == PROGRAM)
    return False


def _held(target: Path, files: tuple[str, ...], below: str = "") -> Iterator[str]:
    """What a folder holds, the folders of the files by what is in them; stages are left out."""
    for path in (target / below).iterdir() if target.exists() else ():
        name = f"{below}{path.name}"
        if path.is_dir() and not path.is_symlink() and any(each.startswith(f"{name}/") for each in files):
            yield from _held(target, files, f"{name}/")
        elif not path.name.startswith(STAGE):
            yield name


def _sweep(place: Path) -> None:
    """Remove the stages of processes of this machine that were killed."""
    for left in place.glob(f"{OURS}*-*"):
        process = left.name.removeprefix(OURS).split("-")[0]
        if process.isdigit() and not runs(int(process)):
            shutil.rmtree(left, ignore_errors=True)


def move(stage: Path, target: Path, layout: Layout) -> None:
    """Put the stage in the target's place in one step; what was there is the stage then.

    Where that can't be, move file by file, or on any exception put the earlier report back.
    """
    if stage.parent == target.parent and exchange(stage, target):
        return
    kept, files = stage / f"{STAGE}kept", layout.files
    for name in files:  # copytree would not say why it failed
        if (target / name).exists():
            (kept / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(target / name, kept / name)
    try:
        _replace_all(stage, target, files)
    except BaseException:
        _replace_all(kept, target, files)
        raise


def exchange(one: Path, two: Path) -> bool:
    """Let two folders change places in one step, so that neither is ever missing or half of the other.

    The first, flushed to the disk, takes on the second's permissions. Returns whether they did: only Linux can, on most
    file systems, and the folder in which we work stays where it is.
    """
    if Path.cwd().is_relative_to(two):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if os.name == "posix" else None
    if rename is None:
        return False
    one.chmod(stat.S_IMODE(two.stat().st_mode))
    for path in (*one.rglob("*"), one):
        flush(path)
    if rename(HERE, os.fsencode(one), HERE, os.fsencode(two), RENAME_EXCHANGE) != 0:
        return False
    flush(one.parent)
    return True


def _replace_all(source: Path, target: Path, files: tuple[str, ...]) -> None:
    """Make our files in the target those of the source, removing the ones that the source lacks."""
    for name in files:
        if (source / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).replace(target / name)
        else:
            (target / name).unlink(missing_ok=True)
    for folder in sorted({str(Path(name).parent) for name in files} - {"."}, reverse=True):
        with suppress(OSError):  # it was never there, or holds figures
            (target / folder).rmdir()
