"""The bytes of a data file: uncompressed, as text, and written out plainly where DuckDB can't take them as they are."""

from __future__ import annotations

import codecs
import io
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.fs

from mixstudy.data.converted import CONVERTERS
from mixstudy.data.files import fault, locate, open_file, stamp

HEAD_BYTES = 1 << 20
"""What is looked at of a text file, and its longest line."""
PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
"""How compressed files begin, in DuckDB's words."""
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""Bytes that no text file holds."""


def packed(path: str) -> str:
    """How a file is compressed, ``none`` where it isn't."""
    start = _start(path)
    return next((name for magic, name in PACKED.items() if start.startswith(magic)), "none")


def is_converted(path: str) -> bool:
    """Whether a file is a program's own, which is read as text that is made of it."""
    return _converter(path) is not None


def _converter(path: str) -> Callable[[str, bytes], bytes] | None:
    start = _start(path)
    return next((convert for magic, convert in CONVERTERS.items() if start.startswith(magic)), None)


def _start(path: str) -> bytes:
    with open_file(path) as raw:
        return bytes(raw.read(16))


def read_head(path: str) -> bytes:
    """The beginning of a file, uncompressed.

    Raises:
        DataError: There is no such file, or it is a directory or a device.
    """
    system, inner = locate(path)
    kind = system.get_file_info(inner).type
    if kind == pyarrow.fs.FileType.NotFound:
        raise fault(path, "no such file; check the path")
    if kind != pyarrow.fs.FileType.File:
        name = "a directory" if kind == pyarrow.fs.FileType.Directory else "not a regular file"
        raise fault(path, f"this is {name}; name a data file")
    if is_converted(path):
        with Path(plain_text(path, "utf-8", stamp(path)).name).open("rb") as text:
            return text.read(HEAD_BYTES)
    with _unpacked(path) as file:
        return file.read(HEAD_BYTES)


@contextmanager
def _unpacked(path: str) -> Iterator[IO[bytes]]:
    """The bytes of a file, uncompressed; a program's own as text."""
    how, convert = packed(path), _converter(path)
    with open_file(path) as raw:
        if how != "none":
            with pa.CompressedInputStream(raw, how) as stream:
                yield stream
        else:
            yield io.BytesIO(convert(path, raw.read())) if convert else raw


def require_last_line(path: str) -> None:
    """Raise ``DataError`` where a text ends in a very long line, which DuckDB 2.0.1 leaves out in silence."""
    with _unpacked(path) as file:
        if packed(path) == "none":
            file.seek(max(0, file.seek(0, io.SEEK_END) - HEAD_BYTES))
        end = b""
        while piece := file.read(HEAD_BYTES):
            end = end[-HEAD_BYTES:] + piece
    if len(end) >= HEAD_BYTES and not re.search(rb"[\r\n]", end[-HEAD_BYTES:-2]):
        raise fault(path, f"the last line is longer than {HEAD_BYTES >> 20} MB; save the column that is meant alone")


@cache
def plain_text(path: str, encoding: str, _stamp: str) -> IO[str]:
    """The same text as UTF-8, uncompressed, in a file while the process lives."""
    file = tempfile.NamedTemporaryFile("w", prefix="mixstudy-", encoding="utf-8", newline="")  # noqa: SIM115  (closed when the process ends)
    with _unpacked(path) as raw:
        shutil.copyfileobj(codecs.getreader(encoding)(raw), file)
    file.flush()
    return file


def as_text(path: str, head: bytes) -> tuple[str, str]:
    """The whole lines of a text file's beginning, and its encoding: ``utf-8``, ``utf-16`` or ``cp1252``.

    Raises:
        DataError: It holds bytes that no text does.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _lines(head[: len(head) // 2 * 2].decode("utf-16", errors="replace"), len(head)), "utf-16"
    if CONTROL.search(head):
        raise fault(path, "a binary file of no kind that is read; save it as CSV (UTF-8) or Parquet")
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head, len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        return _lines(head.decode("cp1252", errors="replace"), len(head)), "cp1252"
    return _lines(text, len(head)), "utf-8"


def _lines(text: str, size: int) -> str:
    end = max(text.rfind("\n"), text.rfind("\r")) + 1
    return text[: end or None] if size >= HEAD_BYTES else text
