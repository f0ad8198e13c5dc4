"""Files by path or URL: opening them, telling their version, and saying what is wrong with them."""

from __future__ import annotations

import csv
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.fs

from mixstudy.data.sample import DataError

STDIN = "-"
"""What stands for standard input in place of a path."""
STAMP_KEYS = ("size", "mtime", "created", "updated", "LastModified", "Last-Modified", "ETag", "etag", "md5Hash")
"""What the file systems that fsspec knows tell of a file's version."""
SHORT = 1 << 20
"""More bytes than any file that people write for this program by hand."""


@contextmanager
def readable(path: str) -> Iterator[None]:
    """Turn what can go wrong while a file is read into a DataError that names it."""
    import duckdb

    try:
        yield
    except (OSError, EOFError, UnicodeError, csv.Error, pa.ArrowException, duckdb.Error) as error:
        raise fault(path, f"cannot be read: {error}; check its permissions, or save it again") from error


def fault(path: str, problem: str) -> DataError:
    """The error for one file."""
    return DataError(f"{path}: {problem}")


def is_url(path: str) -> bool:
    """Whether a path is for fsspec."""
    return "://" in path


def locate(path: str) -> tuple[pyarrow.fs.FileSystem, str]:
    """The file system that holds a path, and the path inside it."""
    if path.encode("utf-8", "ignore").decode() != path:  # as Python shows other names
        raise fault(path, "the name is not encoded as UTF-8, which the readers need; rename it")
    if not is_url(path):
        return pyarrow.fs.LocalFileSystem(), _standard_input().name if path == STDIN else path
    try:
        import fsspec
    except ImportError as error:
        raise fault(path, "a URL is opened by fsspec; pip install 'mixstudy[cluster]'") from error
    try:
        remote, inner = fsspec.core.url_to_fs(path)
    except (ImportError, ValueError) as error:
        raise fault(path, f"cannot be opened: {error}") from error
    return pyarrow.fs.PyFileSystem(pyarrow.fs.FSSpecHandler(remote)), inner


@cache
def _standard_input() -> IO[bytes]:
    """What came by standard input, kept in a file while the process lives."""
    file = tempfile.NamedTemporaryFile(prefix="mixstudy-")  # noqa: SIM115  (closed when the process ends)
    shutil.copyfileobj(sys.stdin.buffer, file)
    file.flush()
    return file


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


def read_short(path: Path) -> bytes:
    """The content of a file that holds settings.

    Raises:
        OSError: It can't be read, is no file (a pipe would be waited for), or holds more than a megabyte.
    """
    if not path.is_file() and path.exists():
        msg = "it is no file"
        raise OSError(msg)
    with path.open("rb") as handle:
        content = handle.read(SHORT + 1)
    if len(content) > SHORT:
        msg = "it holds more than a megabyte"
        raise OSError(msg)
    return content
