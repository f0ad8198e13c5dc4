"""Reading one column of a CSV, Parquet or Arrow file as a sample.

Nothing is repaired in silence: what is not a finite number stops the reading, with the row where it stands. Rows are
counted from 1 after the header.
"""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Literal

import numpy as np

from mixstudy.data.columns import pieces, usable
from mixstudy.data.files import fault
from mixstudy.data.sample import DataError, Source, WeightedSample, as_sample, sha256_of
from mixstudy.data.table import choose, find_layout


def read_sample(path: str | Path, *, column: str | None = None, drop_missing: bool = False) -> WeightedSample:
    """Read one column of a CSV, Parquet or Arrow file, told apart by their content.

    A CSV file is UTF-8 text, delimited by comma, semicolon or tab. Where its first row holds numbers only, it has no
    header and its columns are called ``1``, ``2``, and so on.

    Args:
        path: The file, or a URL that fsspec opens.
        column: Name of the column; may be left out where only one is numeric.
        drop_missing: Leave missing values out, and count them in ``source.dropped``, instead of refusing them.

    Raises:
        DataError: The file or the column cannot be used; the message names the file and says what to do.
    """
    layout = find_layout(str(path))
    position = choose(layout, column)
    values = np.concatenate(list(pieces(layout, position)))
    points = usable(layout, position, values, drop_missing=drop_missing)
    name = layout.names[position]
    source = Source(
        description=f"{Path(path).name}, column {name}",
        sha256=sha256_of(points),
        dropped=values.size - points.size,
        label=name,
    )
    try:
        return as_sample(points, source=source)
    except DataError as error:
        raise fault(layout.path, f"column '{name}': {error}") from error


def old_faithful(column: Literal["waiting", "eruptions"] = "waiting") -> WeightedSample:
    """Old Faithful geyser, 272 eruptions: R's ``faithful`` (Azzalini & Bowman 1990, Applied Statistics 39, 357-365).

    Args:
        column: ``waiting``, minutes to the next eruption, or ``eruptions``, the length of an eruption in minutes.

    Raises:
        DataError: There is no such column.
    """
    with as_file(files(__name__) / "old_faithful.csv") as path:
        return read_sample(path, column=column)
