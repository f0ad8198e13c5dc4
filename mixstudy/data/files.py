"""Files by path or URL: opening them, telling their version, and saying what is wrong with them."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.fs

from mixstudy.data.sample import DataError

STAMP_KEYS = ("size", "mtime", "created", "updated", "LastModified", "Last-Modified", "ETag", "etag", "md5Hash")
"""What the file systems that fsspec knows tell of a file's version."""


@contextmanager
def readable(path: str) -> Iterator[None]:
    """Turn what can go wrong while a file is read into a DataError that names it."""
    import duckdb

    try:
        yield
    except (OSError, EOFError, csv.Error, pa.ArrowException, duckdb.Error) as error:
        raise fault(path, f"cannot be read: {error}; check its permissions, or save it again") from error


def fault(path: str, problem: str) -> DataError:
    """The error for one file."""
    return DataError(f"{path}: {problem}")


def is_url(path: str) -> bool:
    """Whether a path is for fsspec."""
    return "://" in path


def locate(path: str) -> tuple[pyarrow.fs.FileSystem, str]:
    """The file system that holds a path, and the path inside it."""
    if not is_url(path):
        return pyarrow.fs.LocalFileSystem(), path
    try:
        import fsspec
    except ImportError as error:
        raise fault(path, "a URL is opened by fsspec; pip install 'mixstudy[cluster]'") from error
    try:
        remote, inner = fsspec.core.url_to_fs(path)
    except (ImportError, ValueError) as error:
        raise fault(path, f"cannot be opened: {error}") from error
    return pyarrow.fs.PyFileSystem(pyarrow.fs.FSSpecHandler(remote)), inner


def open_file(path: str) -> pa.NativeFile:
    """Open a local file or a URL for reading at any position."""
    system, inner = locate(path)
    return system.open_input_file(inner)


def stamp(path: str) -> str:
    """What changes when a file is written again or removed: its size, its time, its version; hashed."""
    system, inner = locate(path)
    info = system.get_file_info(inner)
    facts = {"size": info.size, "mtime": info.mtime_ns}
    if is_url(path) and info.type != pyarrow.fs.FileType.NotFound:
        remote = system.handler.fs
        remote.invalidate_cache()
        facts = {key: value for key, value in remote.info(inner).items() if key in STAMP_KEYS}
    return hashlib.sha256(repr(sorted(facts.items())).encode()).hexdigest()


TEMPORARY = ".writing"
"""End of the name of a file that is not whole yet; what a kill leaves of them is removed."""


class FullError(OSError):
    """A part could not be written; those written before are whole."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside the file, flush to the disk, and rename."""
    beside = path.with_name(path.name + TEMPORARY)
    try:
        with beside.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
