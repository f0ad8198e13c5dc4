"""Reports: a comparison as HTML, JSON, CSV and a table for the terminal. Nothing is computed here."""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from enum import Enum
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from mixstudy.certificate import Certificate
    from mixstudy.comparison import Comparison
    from mixstudy.em import EMFit
    from mixstudy.further import Further
    from mixstudy.posterior import Posterior

PROGRAM = "mixstudy"
MARKER = "comparison.json"
"""The file by which a directory is recognised as ours; moved first, so that an interrupted move is recognised too."""
FILES = (MARKER, "comparison.csv", "em_trace.csv", "posterior.nc", "report.html")
PACKAGES = ("pymc", "arviz", "nutpie", "numpy", "scipy")
STAGE = ".mixstudy-"  # prefix of the directory in which files are written before they are moved
PLAIN_SCALES = (1e-5, 1e10)  # numbers of a size between these are written without an exponent


class OutputError(ValueError):
    """The output directory can't be used; the message says why."""


def provenance() -> dict[str, object]:
    """Tell what made a report: program, versions, platform, and the time in UTC."""
    return {
        "program": PROGRAM,
        "version": metadata.version(PROGRAM),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: metadata.version(name) for name in PACKAGES},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


_provenance = provenance  # where an argument has the name of the function


def as_json(result: Comparison, provenance: Mapping[str, object]) -> dict[str, Any]:
    """Return the content of ``comparison.json``: plain Python values, None where a number is not finite."""
    sample = result.posterior.sample
    numbers = {"n": sample.n, "mean": sample.mean, "sd": sample.sd}
    content: dict[str, Any] = {
        "verdict": result.verdict,
        "level": result.level,
        "kind": result.kind,
        "parameters": result.table.to_dict("index"),
        "intervals": result.intervals.to_dict("index"),
        "checks": [asdict(check) for check in result.checks],
        "adequacy": result.adequacy.as_dict(),
        "further": result.further and _further_json(result.further),
        "em": result.em and _em_json(result.em),
        "sampler": _sampler_json(result.posterior),
        "data": {**asdict(sample.source), **numbers, "truth": result.truth and asdict(result.truth)},
        "certificate": result.certificate and _certificate_json(result.certificate),
        "provenance": provenance,
    }
    return {key: plain(value) for key, value in content.items()}


def _em_json(em: EMFit) -> dict[str, Any]:
    outcome = {"status": em.status.name, "sentence": em.status.value, "distance": em.distance}
    heights = {"log_likelihood": em.log_likelihood, "maxima": [asdict(peak) for peak in em.maxima]}
    return {**outcome, "iterations": len(em.trace) - 1, **heights}


def _further_json(found: Further) -> dict[str, Any]:
    mistakes = [{"name": each.fault.name, "explanation": each.explanation} for each in found.mistakes]
    loo = found.loo and asdict(found.loo)
    return {"sensitivity": found.sensitivity.to_dict("index"), "loo": loo, "mistakes": mistakes}


def _certificate_json(found: Certificate) -> dict[str, Any]:
    return {**asdict(found), "region": found.region._asdict(), "holds": found.holds}


def _sampler_json(posterior: Posterior) -> dict[str, Any]:
    outcome = {"status": posterior.status.name, "sentence": posterior.status.value}
    numbers = {"divergences": posterior.divergences, "bfmi": posterior.bfmi, "prior": posterior.prior.lines()}
    tables = {"diagnostics": posterior.diagnostics.to_dict("index"), "settings": asdict(posterior.settings)}
    attempts = [{"name": each.name, "status": each.status.name, "seconds": each.seconds} for each in posterior.attempts]
    return {**outcome, **numbers, **tables, "attempts": attempts}


def plain(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Reduce to what JSON holds: None where a number is not finite, else the value."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Enum | np.generic):
        return plain(value.value if isinstance(value, Enum) else value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def console_table(result: Comparison) -> Table:
    """Return the four rows of the comparison for a terminal."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for number, name in enumerate(_header(result)):
        table.add_column(Text(name), justify="right" if number else "left", overflow="fold")
    for row in _rows(result):
        table.add_row(*(Text(cell) for cell in row))
    return table


def console_checks(result: Comparison) -> Table:
    """Return the checks for a terminal: name, status and sentence."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for check in result.checks:
        table.add_row(Text(check.name, style="bold"), Text(check.status.value), Text(check.explanation))
    return table


def _header(result: Comparison) -> list[str]:
    estimate = ["parameter", "EM" if result.em else "estimate", "s.e."]
    return [*estimate, "posterior", "sd", f"{100 * result.level:g} % interval", "it lies"] + ["truth"] * (
        result.truth is not None
    )


def _rows(result: Comparison) -> Iterator[list[str]]:
    """Yield the cells of each parameter, rounded to two figures of its posterior standard deviation."""
    truth = asdict(result.truth) if result.truth else {}
    for label, row in result.table.to_dict("index").items():
        names = ("em", "em_se", "posterior_mean", "posterior_sd", "lower", "upper")
        *cells, lower, upper = (_rounded(row[name], row["posterior_sd"]) for name in names)
        extra = [_number(truth[str(label)], ".6g")] if truth else []
        yield [str(label), *cells, f"{lower} to {upper}", row["inside"], *extra]


def _interval_rows(result: Comparison) -> Iterator[list[str]]:
    """Yield each parameter's four kinds of interval, rounded likewise."""
    sds = result.table["posterior_sd"]
    for label, row, sd in zip(result.intervals.index, result.intervals.to_numpy().tolist(), sds, strict=True):
        ends = [_rounded(value, sd) for value in row]
        yield [str(label), *(f"{lower} to {upper}" for lower, upper in zip(ends[::2], ends[1::2], strict=True))]


def _rounded(value: float, sd: float) -> str:
    """Write ``value`` to two significant figures of ``sd``."""
    if not (math.isfinite(value) and math.isfinite(sd) and sd > 0):
        return _number(value)
    decimals = 1 - math.floor(math.log10(sd))
    if PLAIN_SCALES[0] <= sd and abs(value) < PLAIN_SCALES[1]:
        return f"{value:.{max(0, decimals)}f}"
    figures = decimals + math.floor(math.log10(abs(value))) if value else 0
    return f"{value:.{max(0, figures)}e}"


def _number(value: float | None, spec: str = ".4g") -> str:
    return "–" if value is None or not math.isfinite(value) else format(value, spec)


def render_html(result: Comparison, provenance: Mapping[str, object]) -> str:
    """Render one self-contained page that requests nothing from anywhere."""
    from mixstudy import plots  # here, so that the program's help does not load matplotlib

    loader = PackageLoader("mixstudy")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["number"] = _number
    tables = {"header": _header(result), "rows": [*_rows(result)], "interval_rows": [*_interval_rows(result)]}
    content, drawings = as_json(result, provenance), plots.drawings(result)
    return environment.get_template("report.html").render(result=result, content=content, drawings=drawings, **tables)


def check_output(directory: str | Path) -> None:
    """Refuse a directory that ``write_report`` would refuse; nothing is left behind.

    Raises:
        OutputError: It can't be created or written, or holds a file that is not ours.
    """
    with _staged(Path(directory).resolve()):
        pass


def write_report(result: Comparison, directory: str | Path, *, provenance: Mapping[str, object] | None = None) -> Path:
    """Write the report's files: all of them or, on any failure, none.

    The directory is created where missing; an earlier report in it is replaced.

    Returns:
        The path of ``report.html``.

    Raises:
        OutputError: The directory can't be created or written, or holds a file that is not ours.
    """
    target = Path(directory).resolve()
    with _staged(target) as stage:
        _write_files(result, stage, _provenance() if provenance is None else provenance)
        _move(stage, target)
    return target / "report.html"


def _write_files(result: Comparison, stage: Path, provenance: Mapping[str, object]) -> None:
    (stage / MARKER).write_text(json.dumps(as_json(result, provenance), indent=2, allow_nan=False) + "\n", "utf-8")
    result.table.to_csv(stage / "comparison.csv", index_label="parameter")
    if result.em is not None:
        result.em.trace.to_csv(stage / "em_trace.csv", index_label="iteration")
    result.posterior.data.to_netcdf(stage / "posterior.nc", engine="h5netcdf")
    (stage / "report.html").write_text(render_html(result, provenance), "utf-8")


@contextmanager
def _staged(target: Path) -> Iterator[Path]:
    """Create the target and a stage beside it; in the end remove the stage, and the target where it stayed empty."""
    stage, missing = None, []
    try:
        try:
            missing += [path for path in (target, *target.parents) if not path.exists()]
            _refuse_foreign(target)
            target.mkdir(parents=True, exist_ok=True)
            beside = not target.is_mount() and os.access(target.parent, os.W_OK)
            tempfile.TemporaryFile(dir=target).close()
            stage = Path(tempfile.mkdtemp(prefix=STAGE, dir=target.parent if beside else target))
        except OSError as error:
            msg = f"the output directory {target} can't be created or written: {error.strerror or error}"
            raise OutputError(msg) from error
        yield stage
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)
        for path in missing:
            with suppress(OSError):  # it was never made, or holds the report
                path.rmdir()


def _refuse_foreign(target: Path) -> None:
    """Raise where the target holds anything but an earlier report."""
    found = target.iterdir() if target.exists() else ()
    names = {path.name for path in found if not path.name.startswith(STAGE)}
    ours = False
    with suppress(OSError, ValueError, KeyError, TypeError):
        ours = json.loads((target / MARKER).read_text("utf-8"))["provenance"]["program"] == PROGRAM
    foreign = sorted(names - set(FILES)) or (not ours and sorted(names))
    if foreign:
        msg = f"the output directory {target} holds {foreign[0]!r}, which {PROGRAM} did not write; choose another"
        raise OutputError(msg)


def _move(stage: Path, target: Path) -> None:
    """Move every staged file to its place, or on any exception put the earlier report back."""
    kept = shutil.copytree(target, stage / "kept", ignore=shutil.ignore_patterns(f"{STAGE}*"))
    try:
        _replace_all(stage, target)
    except BaseException:
        _replace_all(kept, target)
        raise


def _replace_all(source: Path, target: Path) -> None:
    """Make our files in the target those of the source, removing the ones that the source lacks."""
    for name in FILES:
        if (source / name).exists():
            (source / name).replace(target / name)
        else:
            (target / name).unlink(missing_ok=True)
