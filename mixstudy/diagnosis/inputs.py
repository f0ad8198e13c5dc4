"""Numbers as people print them: an estimate, a start, the iterations of a loop.

Figures stay text, so that what was rounded off is known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from mixstudy.data.sample import DataError
from mixstudy.model import LABELS, Floats

CHAIN = ("chain", ".chain", "chain_id", "chain__")
"""Names by which a column may tell the chain: ArviZ, posterior, emcee, CmdStan."""
FEWEST = 8
"""Draws of a chain below which nothing can be seen in it."""
ORDER = ",".join(LABELS)
APART = re.compile(r"[\s,;\[\](){}]+")
"""What may stand between the numbers of a row."""
MEANT = {
    "weight": ("weight", "w", "pi", "pi1", "pi_1", "p"),
    "mu1": ("mu1", "mu_1", "mean1"),
    "mu2": ("mu2", "mu_2", "mean2"),
    "sigma": ("sigma", "s", "sd", "std"),
}
"""Names by which a header may call the four columns."""
HEIGHT = ("log_likelihood", "log-likelihood", "loglikelihood", "loglik", "ll")
"""Names by which a header may call the log-likelihood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Printed iterations."""

    rows: tuple[tuple[str, ...], ...]
    """Figures of weight, mu1, mu2 and sigma as they were printed, a row for each iteration."""
    log_likelihood: tuple[str, ...] | None = None
    """The figures printed as its log-likelihood, one for each row, where there is such a column."""


def four_numbers(values: Sequence[float | str], name: str, *, empty: bool = False) -> Floats:
    """Weight, mu1, mu2, sigma in range, shape ``(4,)``, labels as they come; ``empty`` allows a weight of 0 or 1.

    Raises:
        ValueError: They are not four finite numbers, or one is out of its range; ``name`` says whose.
    """
    try:
        theta = np.array([float(value) for value in values])
    except (TypeError, ValueError):
        theta = np.empty(0)
    if theta.shape != (len(LABELS),) or not np.isfinite(theta).all():
        msg = f"the {name} must be four finite numbers {ORDER}, got {','.join(map(str, values))}"
        raise ValueError(msg)
    if not (0 < theta[0] < 1 or (empty and theta[0] in (0, 1))):
        where = f"{'' if empty else 'strictly '}between 0 and 1"
        msg = f"the {name}'s weight must lie {where}, got {values[0]}; the order is {ORDER}"
        raise ValueError(msg)
    if not theta[3] > 0:
        msg = f"the {name}'s sigma must be above 0, got {values[3]}; the order is {ORDER}"
        raise ValueError(msg)
    return theta


def read_trace(path: str | Path) -> list[list[str]]:
    """Read printed iterations, a row ``weight, mu1, mu2, sigma`` each, as ``read_printed`` does.

    Returns:
        The figures as they are printed, four to a row; ``nan`` and ``inf`` among them where a loop broke down.

    Raises:
        DataError: As ``read_printed``.
    """
    return [list(row) for row in read_printed(path).rows]


def read_printed(path: str | Path) -> Trace:
    """Read printed iterations with the log-likelihood beside them.

    Commas, semicolons, blanks and brackets may stand between the numbers. A first line of names is a header: where it
    names all four, their columns are taken, and that of the log-likelihood. A fifth column in front that counts 0, 1, 2
    or 1, 2, 3 is the iteration.

    Raises:
        DataError: A row has a column too few or too many or holds no number; the message names the row.
    """
    try:
        text = Path(path).read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise _fault(path, "no such file; check the path") from error
    except (OSError, UnicodeDecodeError) as error:
        raise _fault(path, f"cannot be read as text: {error}") from error
    table = [
        (line, fields) for line, each in enumerate(text.splitlines(), 1) if (fields := APART.sub(" ", each).split())
    ]
    places, width, height = None, 0, None
    if table and not any(map(_is_number, table[0][1])):
        header = table.pop(0)[1]
        places, width = _places(header), len(header)
        height = next((k for k, name in enumerate(header) if name.casefold() in HEIGHT), None) if places else None
    if not places and table:
        counted = len(table[0][1]) == len(LABELS) + 1 and _count([fields[0] for _, fields in table])
        places = list(range(int(counted), int(counted) + len(LABELS)))
        _require_width(path, table, places[-1] + 1)
    if not table:
        raise _fault(path, f"there are no iterations; a trace has rows {ORDER}")
    if places and table and all(len(fields) == width + 1 for _, fields in table):
        places = [place + 1 for place in places]  # an index has no name in the header
        height = None if height is None else height + 1
    rows = tuple(tuple(_row(path, line, fields, places or [])) for line, fields in table)
    heights = None if height is None else tuple(_row(path, line, fields, [height])[0] for line, fields in table)
    return Trace(rows=rows, log_likelihood=heights)


def usable_rows(trace: Sequence[Sequence[float | str]]) -> tuple[list[Sequence[float | str]], tuple[str, ...]]:
    """The rows of a trace up to the first that is not finite, and a note where there is one.

    Raises:
        ValueError: A row has not four columns, or fewer than two rows are left.
    """
    rows = list(trace)
    for number, row in enumerate(rows, 1):
        if len(row) != len(LABELS):
            msg = f"row {number} of the trace has {len(row)} columns; they are {ORDER}"
            raise ValueError(msg)
    broken = [k for k, row in enumerate(rows) if not np.isfinite([float(value) for value in row]).all()]
    note = (f"Row {broken[0] + 1} of the trace is not finite: the loop broke down there.",) if broken else ()
    rows = rows[: broken[0]] if broken else rows
    if len(rows) < 2 and broken:  # noqa: PLR2004  (one step)
        msg = (
            f"row {broken[0] + 1} of the trace is not finite: the loop breaks down in its step {broken[0]}; look there "
            "for a division by zero, an overflow or a component that lost all its observations"
        )
        raise ValueError(msg)
    if len(rows) < 2:  # noqa: PLR2004  (one step)
        msg = f"a trace needs two or more rows of finite numbers {ORDER}, got {len(rows)}"
        raise ValueError(msg)
    return rows, note


def _places(header: list[str]) -> list[int] | None:
    """Where the four columns stand, in the order of the labels; None where the header does not name all of them."""
    names = [name.casefold() for name in header]
    found = [next((k for k, name in enumerate(names) if name in MEANT[label]), None) for label in LABELS]
    return None if None in found else [k for k in found if k is not None]


def _count(column: list[str]) -> bool:
    """Whether a column counts from 0 or 1."""
    return column in ([str(k + first) for k in range(len(column))] for first in (0, 1))


def _require_width(path: str | Path, table: list[tuple[int, list[str]]], width: int) -> None:
    for line, fields in table:
        if len(fields) != width:
            counted = " after the iteration" if width > len(LABELS) else ""
            text = f"row {line} has {len(fields)} columns, expected {width}: {ORDER}{counted}; found {' '.join(fields)}"
            raise _fault(path, text)


def _row(path: str | Path, line: int, fields: list[str], places: list[int]) -> list[str]:
    if len(fields) <= max(places):
        raise _fault(path, f"row {line} has {len(fields)} columns, fewer than the header names: {' '.join(fields)}")
    row = [fields[k] for k in places]
    for value in row:
        if not _is_number(value):
            raise _fault(path, f"row {line} holds {value!r}, which is no number")
    return row


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _fault(path: str | Path, problem: str) -> DataError:
    return DataError(f"{path}: {problem}")


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
