"""Files that appear whole or stay as they were, whatever happens to the program or the machine."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY = ".mixstudy-{process}-{word}.writing"
"""Name of a file that is not whole yet: hidden, and it tells which process writes it."""


class FullError(OSError):
    """A file could not be written; those written before are whole."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file that appears whole or stays as it was; errors as of ``replacing``."""
    with replacing(path) as beside, beside.open("xb") as handle:
        handle.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a new path beside, with the same ending; what was written there is flushed to the disk and renamed.

    A link in the file's place is replaced, never followed.

    Raises:
        FullError: The disk is full, or the folder can't be written to.
    """
    beside = path.with_name(TEMPORARY.format(process=os.getpid(), word=secrets.token_hex(8)) + path.suffix)
    try:
        yield beside
        flush(beside)
        beside.replace(path)
        if os.name == "posix":  # elsewhere folders can't be opened
            flush(path.parent)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        problem = "the disk is full: free some space" if full else f"can't be written ({error.strerror or error})"
        msg = f"{path}: {problem}"
        raise FullError(msg) from error
    finally:
        beside.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what processes that were killed had begun to write into a folder."""
    for left in folder.glob(TEMPORARY.format(process="*", word="*") + "*"):
        writer = int(left.name.split("-")[1])
        if writer == os.getpid() or not runs(writer):
            left.unlink(missing_ok=True)


def runs(process: int) -> bool:
    """Whether a process of this machine is still there, as far as can be told."""
    if os.name != "posix":
        return True  # signal 0 is Ctrl-C elsewhere
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
