"""Reading one column of a data file as a sample.

Nothing is repaired in silence: what is not a finite number stops the reading, with the row where it stands. Rows are
counted from 1 after the header.
"""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Literal

import numpy as np

from mixstudy.data.files import fault
from mixstudy.data.partition import open_parts
from mixstudy.data.sample import DataError, Source, WeightedSample, as_sample, sha256_of


def read_sample(path: str | Path, *, column: str | None = None, drop_missing: bool = False) -> WeightedSample:
    """Read one column of a data file: text (CSV and its kin), JSON, NumPy, Parquet, Arrow and others.

    What a file holds is told by its content; those of Excel, LibreOffice and, by ``pip install 'mixstudy[stats]'``,
    Stata, SPSS and SAS are read too. Text may be delimited by comma, semicolon, tab, bar or blanks, have decimal
    commas, thousands set apart, a title, a row of units, row names, and be compressed (gzip, zstd). Without a header
    its columns are ``1``, ``2``, and so on.

    Args:
        path: The file, a URL that fsspec opens, or ``-`` for standard input.
        column: Name of the column; may be left out where one alone can be meant: counters, identifiers, row names and
            dates are no observations.
        drop_missing: Leave missing values out, and count them in ``source.dropped``, instead of refusing them.

    Raises:
        DataError: The file or the column cannot be used; the message names the file and says what to do.
    """
    if Path(path).is_dir():
        raise fault(str(path), "this is a directory; name a data file")
    parts = open_parts([path], column=column, drop_missing=drop_missing)
    batches = [batch for part in parts for batch in part.batches()]
    points = np.concatenate([batch.values for batch in batches] or [np.empty(0)])
    name = parts[0].column.name
    source = Source(
        description=f"{'standard input' if str(path) == '-' else Path(path).name}, column {name}",
        sha256=sha256_of(points),
        dropped=sum(batch.dropped for batch in batches),
        label=name,
    )
    try:
        return as_sample(points, source=source)
    except DataError as error:
        raise fault(str(path), f"column '{name}': {error}") from error


def old_faithful(column: Literal["waiting", "eruptions"] = "waiting") -> WeightedSample:
    """Old Faithful geyser, 272 eruptions: R's ``faithful`` (Azzalini & Bowman 1990, Applied Statistics 39, 357-365).

    Args:
        column: ``waiting``, minutes to the next eruption, or ``eruptions``, the length of an eruption in minutes.

    Raises:
        DataError: There is no such column.
    """
    with as_file(files(__name__) / "old_faithful.csv") as path:
        return read_sample(path, column=column)
