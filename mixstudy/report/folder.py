"""The folder of a report: replaced as a whole or left as it was, and never one that holds something else."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mixstudy.study.provenance import PROGRAM

MARKER = "comparison.json"
"""The file by which a directory is recognised as ours; moved first, so that an interrupted move is recognised too."""
FIGURES = "figures"
"""The folder of figures that a Markdown or LaTeX report refers to."""
NAMES = (
    "data", "forest", "posteriors", "joint", "responsibilities", "pit", "challengers", "climb", "surface",
    "verification", "traces",
)  # fmt: skip
"""Names of the figures, whether or not a report has all of them."""
FILES = (
    MARKER,
    *("comparison.csv", "em_trace.csv", "posterior.nc", "report.html", "report.md", "report.tex"),
    *(f"{FIGURES}/{name}{suffix}" for name in NAMES for suffix in (".svg", ".pdf")),
)
"""Every file that a report may have."""
STAGE = ".mixstudy-"
"""Prefix of the directory in which files are written before they are moved."""
FULL = (errno.ENOSPC, errno.EDQUOT)
"""What the operating system says of a full disk."""


class OutputError(ValueError):
    """The output directory can't be used; the message says why."""


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Create the target and a stage beside it; in the end remove the stage, and the target where it stayed empty.

    Raises:
        OutputError: The target can't be created or written, holds a file that is not ours, or the disk is full.
    """
    stage, missing = None, []
    try:
        try:
            missing += [path for path in (target, *target.parents) if not path.exists()]
            _refuse_foreign(target)
            target.mkdir(parents=True, exist_ok=True)
            beside = not target.is_mount() and os.access(target.parent, os.W_OK)
            tempfile.TemporaryFile(dir=target).close()
            stage = Path(tempfile.mkdtemp(prefix=STAGE, dir=target.parent if beside else target))
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


def _refuse_foreign(target: Path) -> None:
    """Raise where the target holds anything but an earlier report."""
    names = {path.name for path in _listed(target) if not path.name.startswith(STAGE)}
    figures = target / FIGURES
    if figures.is_dir() and not figures.is_symlink():
        names = names - {FIGURES} | {f"{FIGURES}/{path.name}" for path in _listed(figures)}
    ours = False
    with suppress(OSError, ValueError, KeyError, TypeError):
        ours = json.loads((target / MARKER).read_text("utf-8"))["provenance"]["program"] == PROGRAM
    foreign = sorted(names - set(FILES)) or (not ours and sorted(names))
    if foreign:
        msg = f"the output directory {target} holds {foreign[0]!r}, which {PROGRAM} did not write; choose another"
        raise OutputError(msg)


def _listed(folder: Path) -> list[Path]:
    return [*folder.iterdir()] if folder.exists() else []


def move(stage: Path, target: Path) -> None:
    """Move every staged file to its place, or on any exception put the earlier report back."""
    kept = stage / "kept"
    (kept / FIGURES).mkdir(parents=True)
    for name in FILES:  # copytree would not say why it failed
        if (target / name).exists():
            shutil.copy2(target / name, kept / name)
    try:
        _replace_all(stage, target)
    except BaseException:
        _replace_all(kept, target)
        raise


def _replace_all(source: Path, target: Path) -> None:
    """Make our files in the target those of the source, removing the ones that the source lacks."""
    for name in FILES:
        if (source / name).exists():
            (target / name).parent.mkdir(exist_ok=True)
            (source / name).replace(target / name)
        else:
            (target / name).unlink(missing_ok=True)
    with suppress(OSError):  # it was never there, or holds figures
        (target / FIGURES).rmdir()
