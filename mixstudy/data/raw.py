"""The bytes of a data file: uncompressed, as text, and written out plainly where DuckDB can't take them as they are."""

from __future__ import annotations

import codecs
import csv
import io
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import IO

import pyarrow as pa
import pyarrow.fs

from mixstudy.data.files import fault, locate, open_file

HEAD_BYTES = 1 << 20
"""What is looked at of a text file, and its longest line."""
UNPACKED = 1 << 28
"""Bytes of a workbook, unpacked, that are read: a million rows of seven columns; they take up to five times as many."""
PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
"""How compressed files begin, in DuckDB's words."""
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How workbooks begin, of today and of long ago."""
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""Bytes that no text file holds."""


def packed(path: str) -> str:
    """How a file is compressed, ``none`` where it isn't."""
    start = _start(path)
    return next((name for magic, name in PACKED.items() if start.startswith(magic)), "none")


def is_workbook(path: str) -> bool:
    """Whether a file is one of Excel's or of LibreOffice's."""
    return _start(path) in WORKBOOKS


def _start(path: str) -> bytes:
    with open_file(path) as raw:
        return bytes(raw.read(4))


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
    with _unpacked(path) as file:
        return file.read(HEAD_BYTES)


@contextmanager
def _unpacked(path: str) -> Iterator[IO[bytes]]:
    """The bytes of a file, uncompressed; a workbook as text."""
    how, workbook = packed(path), is_workbook(path)
    with open_file(path) as raw:
        if how != "none":
            with pa.CompressedInputStream(raw, how) as stream:
                yield stream
        else:
            yield io.BytesIO(_workbook(path, raw.read())) if workbook else raw


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


def _workbook(path: str, content: bytes) -> bytes:
    """The only sheet of a workbook that holds anything, as text with tabs."""
    import python_calamine as calamine

    parts = zipfile.ZipFile(io.BytesIO(content)).infolist() if zipfile.is_zipfile(io.BytesIO(content)) else []
    if sum(part.file_size for part in parts) > UNPACKED:
        raise fault(path, f"a workbook of more than {UNPACKED >> 20} MB, unpacked; save it as CSV (UTF-8)")
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = {name: rows for name in book.sheet_names if (rows := book.get_sheet_by_name(name).to_python())}
    except calamine.CalamineError as error:
        raise fault(path, f"a binary file, no workbook that can be read ({error}); save it as CSV (UTF-8)") from error
    if len(sheets) > 1:
        raise fault(path, f"several sheets hold something: {', '.join(sheets)}; save the one that is meant as CSV")
    text = io.StringIO()
    rows = next(iter(sheets.values()), [])
    csv.writer(text, delimiter="\t").writerows(
        [repr(each) if isinstance(each, float) else each for each in row] for row in rows
    )
    return text.getvalue().encode()


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
