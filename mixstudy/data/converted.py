"""Files of programs that keep a table in their own way, as text with tabs: Excel, LibreOffice, Stata, SPSS and SAS."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from mixstudy.data.files import fault
from mixstudy.data.sample import DataError

UNPACKED = 1 << 28
"""Bytes of a workbook, unpacked, that are read: a million rows of seven columns; they take up to five times as many."""
MOST_CELLS = 50_000_000
"""Cells of a statistics program's file that are read, which takes up to 2 GB; it says itself how many it holds."""
OLD_STATA = tuple(bytes([version, order, 1]) for version in range(105, 116) for order in (1, 2))
"""How Stata's files began before version 13: with a number of their kind."""


def from_workbook(path: str, content: bytes) -> bytes:
    """The only sheet of a workbook that holds anything.

    Raises:
        DataError: It is damaged, too large, or several sheets hold something.
    """
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
    return _as_text(next(iter(sheets.values()), []))


def from_statistics(kind: str, path: str, content: bytes) -> bytes:
    """A file of Stata (``dta``), SPSS (``sav``) or SAS (``sas7bdat``); its missing codes are empty fields.

    Raises:
        DataError: pyreadstat is not installed, or can't read it.
    """
    try:
        import pyreadstat
    except ImportError as error:
        raise fault(path, f"a .{kind} file is read by pyreadstat; pip install 'mixstudy[stats]'") from error
    read = getattr(pyreadstat, f"read_{kind}")
    try:
        _, told = read(io.BytesIO(content), metadataonly=True, output_format="dict")
        if (told.number_rows or 0) * told.number_columns > MOST_CELLS:
            raise fault(
                path, f"{told.number_rows} rows of {told.number_columns} columns; save the column alone, as CSV"
            )
        columns, _ = read(io.BytesIO(content), output_format="dict")
    except DataError:
        raise
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError) as error:
        raise fault(path, f"a .{kind} file that cannot be read ({error}); save it again, or as CSV (UTF-8)") from error
    return _as_text([[*columns], *zip(*columns.values(), strict=True)])


def _as_text(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter="\t").writerows(map(_shown, row) for row in rows)
    return text.getvalue().encode()


def _shown(cell: object) -> object:
    return repr(float(cell)) if isinstance(cell, float) else cell


CONVERTERS: dict[bytes, Callable[[str, bytes], bytes]] = {
    **dict.fromkeys((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"), from_workbook),
    **dict.fromkeys((b"<stata_dta>", *OLD_STATA), partial(from_statistics, "dta")),
    **dict.fromkeys((b"$FL2", b"$FL3"), partial(from_statistics, "sav")),
    bytes(12) + b"\xc2\xea\x81\x60": partial(from_statistics, "sas7bdat"),
}
"""What reads a file that begins so: workbooks of today and of long ago, SPSS's with and without compression."""
