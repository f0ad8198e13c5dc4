"""ArviZ's plots drawn into axes that are given, where ArviZ would make a figure of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import arviz as az
import numpy as np
import xarray as xr
from matplotlib.axes import Axes


def collection(data: xr.Dataset, axes: Sequence[Axes], **aesthetics: Any) -> Any:  # noqa: ANN401  (ArviZ has no types)
    """Return the collection that draws each variable of ``data`` into one of the axes."""
    targets = {name: _holding(ax) for name, ax in zip(data.data_vars, axes, strict=True)}
    tree = xr.DataTree.from_dict({"/": xr.Dataset({"figure": _holding(axes[0].figure)}), "/plot": xr.Dataset(targets)})
    return az.PlotCollection(data, tree, backend="matplotlib", **aesthetics)


def _holding(thing: object) -> xr.DataArray:
    return xr.DataArray(np.array(thing, dtype=object))
