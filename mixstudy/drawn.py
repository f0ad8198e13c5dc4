"""Posterior draws that somebody else made: read from a file, and held against what the likelihood expects of them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from mixstudy.checks import MC_ERRORS, Check, CheckStatus
from mixstudy.em import EMFit
from mixstudy.expansion import LARGE_SHIFT, expand, identified, merged_variance
from mixstudy.model import LABELS, Floats
from mixstudy.printed import MEANT
from mixstudy.prior import default_prior
from mixstudy.recognition import Recognition
from mixstudy.recognition.by_draws import ordered
from mixstudy.sample import DataError

CHAIN = ("chain", ".chain", "chain_id", "chain__")
"""Names by which a column may tell the chain: ArviZ, posterior, emcee, CmdStan."""
BATCHES = 20
"""Parts of the draws whose means tell the Monte Carlo error."""
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


def draws_check(draws: Floats, fit: EMFit, marks: tuple[Recognition, ...]) -> Check:
    """Hold draws against what large-sample theory expects of the posterior under a weak prior.

    Args:
        draws: Shape ``(chains, draws, 4)`` in the order of the labels, data units, means in any order.
        fit: EM's fit of the data.
        marks: Known mistakes that the draws bear the marks of.
    """
    if marks:
        return _check(CheckStatus.FAIL, marks[0].strength, marks[0].explanation)
    prior = default_prior(fit.sample)
    found = expand(fit.sample, np.array([*fit.parameters]), prior)
    if not identified(found.shift, merged_variance(fit, prior)) or found.beyond > LARGE_SHIFT:
        text = "They bear no mark of a known mistake. These data say too little of where a posterior should be."
        return _check(CheckStatus.NOT_APPLICABLE, math.nan, text)
    flat, errors = ordered(draws).reshape(-1, len(LABELS)), np.array(fit.standard_errors)
    batches = np.array([batch.mean(axis=0) for batch in np.array_split(flat, BATCHES)])
    noise = batches.std(axis=0, ddof=1) / math.sqrt(BATCHES) / errors
    offset = (flat.mean(axis=0) - np.array([*fit.parameters])) / errors
    off = np.abs(offset - found.shift) - np.abs(found.shift) - found.beyond - MC_ERRORS * noise
    ratio = flat.std(axis=0) / errors
    wide = np.abs(np.log(ratio)) - np.abs(found.shift).max() - found.beyond - MC_ERRORS * noise
    j, k = int(np.argmax(off)), int(np.argmax(wide))
    text = (
        f"Their mean of {LABELS[j]} is {offset[j]:+.3g} standard errors from EM's estimate, their sd of {LABELS[k]} "
        f"{ratio[k]:.3g} of its standard error"
    )
    if max(off[j], wide[k]) > 0:
        return _check(CheckStatus.FAIL, float(offset[j]), f"{text}: more than n and a weak prior explain.")
    text += ": no more than n and a weak prior explain. They bear no mark of a known mistake."
    return _check(CheckStatus.PASS, float(offset[j]), text)


def _check(status: CheckStatus, value: float, text: str) -> Check:
    return Check(name="draws", status=status, value=value, explanation=text)


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
