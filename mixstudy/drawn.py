"""Posterior draws that somebody else made, read from a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from mixstudy.model import LABELS, Floats
from mixstudy.printed import MEANT
from mixstudy.sample import DataError

CHAIN = ("chain", ".chain", "chain_id", "chain__")
"""Names by which a column may tell the chain: ArviZ, posterior, emcee, CmdStan."""
FEWEST = 8
"""Draws of a chain below which nothing can be seen in it."""


def read_draws(path: str | Path) -> Floats:
    """Read the draws of weight, mu1, mu2 and sigma from a NetCDF file, as ArviZ writes it, or from a CSV file.

    A NetCDF file has them in its group ``posterior``; a CSV file has a column for each and, where there is more than
    one chain, a column ``chain``. The order of the means is left as it is.

    Returns:
        Draws in the order of the labels, shape ``(chains, draws, 4)``, data units.

    Raises:
        DataError: The file can't be read, a parameter is missing or not finite, or the chains differ in length.
    """
    try:
        table = _from_netcdf(path) if Path(path).suffix in (".nc", ".netcdf") else pd.read_csv(path, comment="#")
    except (OSError, ValueError, KeyError) as error:
        msg = f"{path}: no draws can be read from it ({error}); give ArviZ's NetCDF (.nc) or a CSV file"
        raise DataError(msg) from error
    names = {str(name).casefold(): str(name) for name in table.columns}
    columns = [_column(path, names, label) for label in LABELS]
    chain = next((names[name] for name in CHAIN if name in names), None)
    groups = [table] if chain is None else [rows for _, rows in table.groupby(chain)]
    if len({len(rows) for rows in groups}) != 1 or len(groups[0]) < FEWEST:
        lengths = ", ".join(str(len(rows)) for rows in groups) or "none"
        msg = f"{path}: chains of one length, {FEWEST} draws or more, are needed; found chains of {lengths}"
        raise DataError(msg)
    draws = np.stack([rows[columns].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64) for rows in groups])
    if not np.isfinite(draws).all():
        k, row, column = (int(place[0]) for place in np.nonzero(~np.isfinite(draws)))
        msg = f"{path}: draw {row + 1} of chain {k + 1} has no finite number for {LABELS[column]}"
        raise DataError(msg)
    return draws


def _from_netcdf(path: str | Path) -> pd.DataFrame:
    """The posterior's scalar variables, a row for each draw."""
    with xr.open_datatree(path, engine="h5netcdf") as tree:
        posterior = tree["posterior"].to_dataset()
        scalars = [str(name) for name in posterior.data_vars if set(posterior[name].dims) == {"chain", "draw"}]
        return posterior[scalars].to_dataframe(dim_order=["chain", "draw"]).reset_index()


def _column(path: str | Path, names: dict[str, str], label: str) -> str:
    found = next((names[name] for name in MEANT[label] if name in names), None)
    if found is None:
        msg = f"{path}: there is no variable {label} ({', '.join(MEANT[label])}); found {', '.join(names) or 'none'}"
        raise DataError(msg)
    return found
