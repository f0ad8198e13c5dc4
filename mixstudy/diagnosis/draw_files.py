"""Posterior draws as PyMC, Stan, JAGS, brms and their tools write them.

Every file becomes a table with a column for each scalar; the four parameters are recognised by the names that people
give them, and where these say nothing by their shape: two numbers that add up to 1, two others, one above 0.
"""

from __future__ import annotations

import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mixstudy.data.sample import DataError
from mixstudy.diagnosis.names import is_square, meaning, places
from mixstudy.model import LABELS, Floats

CHAIN = ("chain", ".chain", "chain_id", "chain__")
"""Names by which a column may tell the chain: ArviZ, coda, posterior, emcee, CmdStan."""
COUNTERS = (*CHAIN, "draw", ".draw", "iteration", ".iteration", "iter", "draw__", "iter__", "")
FEWEST = 8
"""Draws of a chain below which nothing can be seen in it."""
MOST_NUMBERS = 20_000_000
"""Numbers of a table that are read, five million draws of the four parameters: half a gigabyte while they are read."""
MOST_ELEMENTS = 8
"""Elements of a variable that may hold parameters; assignments of observations hold thousands."""
HDF5, PARQUET, NUMPY = b"\x89HDF", b"PAR1", b"\x93NUMPY"
HEAD_BYTES = 1 << 20
"""What is looked at to tell the delimiter; CmdStan's remarks above the names take a few kilobytes."""
UNREADABLE = (
    OSError, ValueError, KeyError, TypeError, RuntimeError, EOFError, ImportError, AttributeError, OverflowError,
    lzma.LZMAError, zlib.error, zipfile.BadZipFile, tarfile.ReadError,
)  # fmt: skip
"""What the libraries raise at damaged files, links in circles and wrong compressions."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draws:
    """Somebody's posterior draws."""

    values: Floats
    """In the order of the labels, shape ``(chains, draws, 4)``, data units, means in any order; read-only."""
    names: tuple[str, ...]
    """Names under which the four were found, in the order of the labels."""
    notes: tuple[str, ...] = ()
    """What was recognised by shape, complemented, or is a square by its name."""

    def __post_init__(self) -> None:
        self.values.setflags(write=False)


def read_draws(path: str | Path | Sequence[str | Path], *, names: Mapping[str, str] | None = None) -> Floats:
    """Read draws of weight, mu1, mu2 and sigma; as ``find_draws``, without its notes.

    Returns:
        Draws in the order of the labels, shape ``(chains, draws, 4)``, data units.

    Raises:
        DataError: As ``find_draws``.
    """
    return find_draws(path, names=names).values  # noqa: PD011  (no DataFrame)


def find_draws(path: str | Path | Sequence[str | Path], *, names: Mapping[str, str] | None = None) -> Draws:
    """Read draws from ArviZ's NetCDF or Zarr, CmdStan's and other CSV files, CODA's files, Parquet or ``.npy``.

    Args:
        path: The file, or several with a chain in each.
        names: Variables by what they are, such as ``{"weight": "theta", "mu1": "mu[2]"}``, where the names do not tell.

    Raises:
        DataError: The file can't be read, a parameter is missing or not finite, or the chains differ in length.
    """
    files = [Path(each) for each in ([path] if isinstance(path, str | Path) else path)]
    tables = [_read(file) for file in files]
    groups = [group for table in tables for group in _chains(table)]
    lengths = ", ".join(str(len(group)) for group in groups) or "none"
    label = ", ".join(map(str, files))
    if len({len(group) for group in groups}) != 1 or len(groups[0]) < FEWEST:
        msg = f"{label}: chains of one length, {FEWEST} draws or more, are needed; found chains of {lengths}"
        raise DataError(msg)
    try:
        chosen, notes = _choose(groups[0], dict(names or {}))
        values = np.stack([_numbers(group, chosen) for group in groups])
    except (KeyError, DataError) as error:
        msg = f"{label}: {error.args[0]}"
        raise DataError(msg) from error
    _require_finite(label, values)
    return Draws(values=values, names=tuple(" and ".join(each) for each in chosen.values()), notes=notes)


def _read(path: Path) -> pd.DataFrame:
    try:
        return _table(path)
    except DataError:
        raise
    except MemoryError:
        raise
    except UNREADABLE as error:
        what = " ".join(str(error).split())[:200] or type(error).__name__
        msg = f"{path}: no draws can be read from it ({what}); give ArviZ's NetCDF (.nc) or a CSV file"
        raise DataError(msg) from error


def _table(path: Path) -> pd.DataFrame:
    """A row for each draw, a column for each scalar."""
    if path.is_dir():
        _require_few_coordinates(path)
        return _from_arviz(path, "zarr")
    if not path.is_file():
        msg = "no such file" if not path.exists() else "not a regular file"
        raise OSError(msg)
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(HDF5):
        _require_usable(path)
        return _from_arviz(path, "h5netcdf")
    if start.startswith(PARQUET):
        metadata = pq.read_metadata(path)
        _require_numbers(metadata.num_rows * metadata.num_columns)
        return pd.read_parquet(path)
    if start.startswith(NUMPY):
        return _from_array(np.load(path, mmap_mode="r", allow_pickle=False))
    return _from_coda(path) if _coda_index(path) else _from_csv(path)


def _require_usable(path: Path) -> None:
    """Raise where the numbers lie in another file, as HDF5 can point at any of this machine, or are too many.

    Whoever opens the file by xarray has read its coordinates.
    """
    import h5py

    with h5py.File(path) as file:
        for name, each in file["posterior"].items() if "posterior" in file else ():
            if isinstance(each, h5py.Dataset) and (each.external or each.is_virtual):
                msg = f"variable {name} points at another file, which is not read"
                raise OSError(msg)
            if isinstance(each, h5py.Dataset) and each.ndim == 1:
                _require_numbers(each.size)


def _require_few_coordinates(path: Path) -> None:
    """The same of a folder, which can't point elsewhere."""
    import zarr

    posterior = zarr.open_group(path, mode="r", path="posterior")
    for _, each in posterior.arrays():
        if each.ndim == 1:
            _require_numbers(each.size)


def _from_arviz(path: Path, engine: str) -> pd.DataFrame:
    """The scalars and short vectors of the group ``posterior``, whatever their dimensions are called."""
    import xarray as xr

    with xr.open_dataset(path, group="posterior", engine=engine) as posterior:
        columns: dict[str, np.ndarray] = {}
        for name, each in posterior.data_vars.items():
            if not {"chain", "draw"} <= set(each.dims) or each.dtype.kind not in "fiub":
                continue
            chains, draws = each.sizes["chain"], each.sizes["draw"]
            size = each.size // max(chains * draws, 1)
            if size > MOST_ELEMENTS or str(name).endswith("__"):
                continue
            _require_numbers(each.size)
            values = each.transpose("chain", "draw", ...).to_numpy().reshape(chains * draws, size)
            single = each.ndim == 2  # noqa: PLR2004  (chain and draw)
            columns |= {str(name) if single else f"{name}[{k}]": values[:, k] for k in range(size)}
        sizes = posterior.sizes
        chain = np.repeat(np.arange(sizes.get("chain", 0)), sizes.get("draw", 0))
    return pd.DataFrame({"chain": chain, **columns})


def _from_array(array: np.ndarray) -> pd.DataFrame:
    if array.ndim not in (2, 3) or array.shape[-1] != len(LABELS) or array.dtype.kind not in "fiu":
        msg = f"an array of shape (chains, draws, 4) is needed, got {array.shape} of {array.dtype}"
        raise ValueError(msg)
    stacked = array.reshape(-1, *array.shape[-2:])
    _require_numbers(stacked.size)
    flat = pd.DataFrame(np.asarray(stacked, dtype=np.float64).reshape(-1, len(LABELS)), columns=list(LABELS))
    return flat.assign(chain=np.repeat(np.arange(stacked.shape[0]), stacked.shape[1]))


def _from_csv(path: Path) -> pd.DataFrame:
    with _opened(path) as file:
        content = bytes(file.read(HEAD_BYTES))
    if b"\0" in content or (len(content) == HEAD_BYTES and b"\n" not in content):
        msg = "it is binary, or its first line longer than a megabyte"
        raise ValueError(msg)
    head = content.decode("utf-8-sig", errors="replace")
    lines = [line for line in head.splitlines() if line.strip() and not line.startswith("#")]
    first = lines[0] if lines else ""
    delimiter = max("\t;, ", key=lambda each: (first.count(each), -"\t;, ".index(each)))
    decimal = "," if delimiter == ";" and len(lines) > 1 and "." not in re.sub(r"[A-Za-z]\S*", "", lines[1]) else "."
    columns = first.count(delimiter) + 1
    with _opened(path) as file:
        table = pd.read_csv(
            file,
            comment="#",
            sep=r"\s+" if delimiter == " " else delimiter,
            decimal=decimal,
            nrows=MOST_NUMBERS // columns + 1,
            encoding="utf-8-sig",
            low_memory=False,
        )
    _require_numbers(len(table) * columns)
    return table


def _opened(path: Path) -> IO[bytes]:
    """A file, uncompressed as its ending says."""
    return lzma.open(path) if path.suffix.lower() == ".xz" else cast("IO[bytes]", pa.input_stream(str(path)))


def _coda_index(path: Path) -> Path | None:
    """CODA's index, which names the stretches of a file ``CODAchain1.txt`` of two columns."""
    found = re.fullmatch(r"(.*?)chain\d*\.txt", path.name, re.IGNORECASE)
    index = None if found is None else path.with_name(f"{found[1]}index.txt")
    return index if index is not None and index.is_file() else None


def _from_coda(path: Path) -> pd.DataFrame:
    index = _coda_index(path) or path
    stretches = pd.read_csv(index, sep=r"\s+", header=None, names=["name", "first", "last"])
    values = pd.read_csv(path, sep=r"\s+", header=None, nrows=MOST_NUMBERS + 1).iloc[:, 1].to_numpy(np.float64)
    _require_numbers(values.size)
    named = zip(stretches["name"], stretches["first"].astype(int), stretches["last"].astype(int), strict=True)
    return pd.DataFrame({str(name): values[first - 1 : last] for name, first, last in named})


def _require_numbers(count: int) -> None:
    if count > MOST_NUMBERS:
        msg = f"more than {MOST_NUMBERS} numbers; give the four parameters alone, or thin them"
        raise ValueError(msg)


def _chains(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    column = next((name for name in table.columns if str(name).casefold() in CHAIN), None)
    if column is None:
        yield table
    else:
        yield from (rows for _, rows in table.groupby(column))


def _choose(table: pd.DataFrame, given: dict[str, str]) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """The columns of each label, two where both weights or sigma twice were drawn, and what should be known of them."""
    names = [str(name) for name in table.columns if str(name).casefold() not in COUNTERS and not _inner(str(name))]
    unknown = [name for name in given.values() if name not in names]
    if unknown or not given.keys() <= set(LABELS):
        wrong = unknown[0] if unknown else next(key for key in given if key not in LABELS)
        msg = (
            f"there is no variable {wrong!r} to map; found {', '.join(names) or 'none'}; labels are {', '.join(LABELS)}"
        )
        raise DataError(msg)
    found = places(name for name in names if name not in given.values())
    notes: list[str] = []
    _by_shape(table, [name for name in names if meaning(name) is None and name not in given.values()], found, notes)
    _require_one_base(found, given)
    means = [given.get(label) for label in ("mu1", "mu2")]
    free = [name for _, name in found.get("mean", [])]
    chosen = {
        "weight": [given["weight"]] if "weight" in given else [name for _, name in found.get("weight", [])],
        "mu1": [means[0]] if means[0] else free[:1] if len(free) == 2 - sum(map(bool, means)) else [],
        "mu2": [means[1]] if means[1] else free[-1:] if len(free) == 2 - sum(map(bool, means)) else [],
        "sigma": [given["sigma"]] if "sigma" in given else [name for _, name in found.get("sigma", [])],
    }
    for label, columns in chosen.items():
        if not 1 <= len(columns) <= 2:  # noqa: PLR2004
            msg = f"there is no variable {label} that is recognised" if not columns else f"several may be {label}"
            msg = f"{msg}; found {', '.join(names) or 'none'}; say which by --map {label}=NAME (names=...)"
            raise DataError(msg)
    if is_square(chosen["sigma"]):
        notes.append(f"Sigma was found under the name {chosen['sigma'][0]}.")
    return {label: [str(name) for name in columns] for label, columns in chosen.items()}, tuple(notes)


def _inner(name: str) -> bool:
    """Whether a column is the sampler's own: ``lp__`` and the like."""
    return name.endswith("__") or name.startswith("Unnamed:")


def _require_one_base(found: dict[str, list[tuple[int, str]]], given: dict[str, str]) -> None:
    """Raise where one weight alone belongs to the second mean."""
    weights, means = found.get("weight", []), found.get("mean", [])
    if "weight" in given or len(weights) != 1 or len(means) != 2:  # noqa: PLR2004
        return
    index = weights[0][0]
    if index not in (-1, means[0][0]) and means[0][0] != -1:
        msg = (
            f"{weights[0][1]} is the weight of {means[1][1]}; say so by --map mu1={means[1][1]} --map mu2={means[0][1]}"
        )
        raise DataError(msg)


def _by_shape(table: pd.DataFrame, names: list[str], found: dict[str, list[tuple[int, str]]], notes: list[str]) -> None:
    """Give roles that no name tells to the only variables whose shape does."""
    vectors: dict[str, list[str]] = {}
    for name in names:
        vectors.setdefault(re.sub(r"[\[.(_]?\d+[\])]?$", "", name), []).append(name)
    pairs = [each for each in vectors.values() if len(each) == 2]  # noqa: PLR2004
    simplex = [each for each in pairs if np.allclose(table[each].sum(axis=1), 1, atol=1e-6)]
    scalars = [each for each in vectors.values() if len(each) == 1 and table[each[0]].dtype.kind == "f"]
    inside = [each for each in scalars if ((table[each[0]] > 0) & (table[each[0]] < 1)).all()]
    above = [each for each in scalars if (table[each[0]] > 0).all() and each not in inside]
    guesses = {
        "weight": simplex or inside,
        "mean": [each for each in pairs if each not in simplex],
        "sigma": above,
    }
    for role, each in guesses.items():
        if role not in found and len(each) == 1:
            found[role] = list(enumerate(each[0]))
            notes.append(f"{' and '.join(each[0])} was taken for the {role} by its shape.")


def _numbers(table: pd.DataFrame, chosen: dict[str, list[str]]) -> Floats:
    """Shape ``(draws, 4)``; the second of two weights must be the rest to 1, of two sigmas the first again."""
    columns = {name: pd.to_numeric(table[name], errors="coerce") for names in chosen.values() for name in names}
    weights, sigmas = chosen["weight"], chosen["sigma"]
    if len(weights) == 2 and not np.allclose(columns[weights[0]] + columns[weights[1]], 1, atol=1e-4):  # noqa: PLR2004
        msg = f"{' and '.join(weights)} do not add up to 1; say which is the weight by --map weight=NAME"
        raise DataError(msg)
    if len(sigmas) == 2 and not np.allclose(columns[sigmas[0]], columns[sigmas[1]], rtol=1e-6, equal_nan=True):  # noqa: PLR2004
        msg = f"{' and '.join(sigmas)} differ; the model has one sigma that both components share"
        raise DataError(msg)
    return np.column_stack([columns[chosen[label][0]] for label in LABELS]).astype(np.float64)


def _require_finite(label: str, values: Floats) -> None:
    if not np.isfinite(values).all():
        k, row, column = (int(place[0]) for place in np.nonzero(~np.isfinite(values)))
        msg = f"{label}: draw {row + 1} of chain {k + 1} has no finite number for {LABELS[column]}"
        raise DataError(msg)
