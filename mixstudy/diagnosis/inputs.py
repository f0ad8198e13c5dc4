"""Numbers that people hand in: an estimate, a start, the iterations of a loop.

Figures stay text, so that what was rounded off is known.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mixstudy.data.sample import DataError
from mixstudy.diagnosis.printed import parse_trace
from mixstudy.diagnosis.rows import Trace
from mixstudy.diagnosis.tokens import NUMBER, PrintedError
from mixstudy.model import LABELS, Floats

ORDER = ",".join(LABELS)
LIMIT = 32 << 20
"""Bytes of the longest text that is read as a trace."""
LONG = 500
"""Rows up to which all of a trace are looked at, also those of a run at rest."""
MOST_ROWS = 100_000
"""Iterations that are looked at: ten seconds' work, as a run at rest is looked at once."""


def four_numbers(values: Sequence[float | str], name: str, *, empty: bool = False) -> Floats:
    """Weight, mu1, mu2, sigma in range, shape ``(4,)``, labels as they come; ``empty`` allows a weight of 0 or 1.

    Raises:
        ValueError: They are not four finite numbers, or one is out of its range; ``name`` says whose.
    """
    try:
        if any(isinstance(value, str) and not NUMBER.fullmatch(value.strip()) for value in values):
            raise ValueError  # noqa: TRY301  (such as 0.2_62, a number to Python alone)
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
    """Read printed iterations, a row ``weight, mu1, mu2, sigma`` each, in any of the forms that programs print.

    Returns:
        The figures as they are printed, four to a row; ``nan`` and ``inf`` among them where a loop broke down.

    Raises:
        DataError: A row is incomplete or can be read in two ways; the message names it.
    """
    return [list(row) for row in read_printed(path).rows]


def read_printed(path: str | Path) -> Trace:
    """Read printed iterations with what stands beside them: the log-likelihood, and notes on what was passed over.

    Raises:
        DataError: As ``read_trace``.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(LIMIT + 1)
    except FileNotFoundError as error:
        raise _fault(path, "no such file; check the path") from error
    except OSError as error:
        raise _fault(path, f"cannot be read: {error.strerror or error}; check the path and its permissions") from error
    if len(content) > LIMIT:
        raise _fault(path, f"more than {LIMIT >> 20} MB, which is no printed trace; give the rows alone")
    try:
        return parse_trace(_decoded(content))
    except PrintedError as error:
        raise _fault(path, str(error)) from error
    except UnicodeDecodeError as error:
        raise _fault(path, "cannot be read as text; print the rows to a text file") from error


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    if b"\0" in content:
        msg = "a binary file"
        raise PrintedError(msg)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def _fault(path: str | Path, problem: str) -> DataError:
    return DataError(f"{path}: {problem}")


def require_rows(trace: Sequence[Sequence[float | str]]) -> None:
    """Refuse what is no trace.

    Raises:
        ValueError: There are no rows or too many, or one has not four columns.
    """
    if not 0 < len(trace) <= MOST_ROWS:
        msg = (
            f"the trace has {len(trace)} rows; give the first {MOST_ROWS} or fewer: a wrong step shows from the start"
            if len(trace)
            else f"a trace needs rows of four numbers {ORDER}, got none"
        )
        raise ValueError(msg)
    for number, row in enumerate(trace, 1):
        if len(row) != len(LABELS):
            msg = f"row {number} of the trace has {len(row)} columns; they are {ORDER}"
            raise ValueError(msg)


def until_rest(trace: Sequence[Sequence[float | str]]) -> Sequence[Sequence[float | str]]:
    """A long trace up to the first step that changes no printed figure any more: all after it are that one again."""
    last = [*trace[-1]]
    moving = len(trace)
    while moving and [*trace[moving - 1]] == last:
        moving -= 1
    return trace[: max(moving + 2, LONG)]


def require_beginning(trace: Sequence[Sequence[float | str]]) -> None:
    """Refuse a trace in whose first row there is no estimate to judge.

    Raises:
        ValueError: It holds what is no number.
    """
    if not np.isfinite([float(value) for value in trace[0]]).all():
        msg = f"row 1 of the trace is not finite ({', '.join(map(str, trace[0]))}): give the start, or an estimate"
        raise ValueError(msg)
