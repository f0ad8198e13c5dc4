"""Data sets that come with the package."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import Literal

from mixstudy.reading import read_sample
from mixstudy.sample import WeightedSample


def old_faithful(column: Literal["waiting", "eruptions"] = "waiting") -> WeightedSample:
    """Old Faithful geyser, 272 eruptions: R's ``faithful`` (Azzalini & Bowman 1990, Applied Statistics 39, 357-365).

    Args:
        column: ``waiting``, minutes to the next eruption, or ``eruptions``, the length of an eruption in minutes.

    Raises:
        DataError: There is no such column.
    """
    with as_file(files(__name__) / "old_faithful.csv") as path:
        return read_sample(path, column=column)
