"""Printed rows of numbers without names: weight, mu1, mu2, sigma, maybe beside an iteration or a likelihood."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from mixstudy.diagnosis.names import meaning
from mixstudy.diagnosis.rows import FINAL, TRUE, Row, Trace, complements, label_of, one, same
from mixstudy.diagnosis.tokens import PrintedError, tokens
from mixstudy.model import LABELS

ORDER = ",".join(LABELS)


def from_bare(lines: list[str], notes: list[str]) -> Trace:
    """Rows in the order of the labels; ``notes`` takes what is passed over.

    Raises:
        PrintedError: There are none, a row has another length, or its columns can't be told.
    """
    rows = _bare_rows(lines)
    widths = Counter(len(row.bare) for row in rows if not _starts_with_word(row.text) and len(row.bare) >= len(LABELS))
    width = next(iter(widths), len(LABELS))
    kept: list[Row] = []
    for row in rows:
        if len(row.bare) == width and not (TRUE.search(row.text) or (FINAL.search(row.text) and kept)):
            kept.append(row)
        elif _starts_with_word(row.text):
            notes.append(f"Line {row.line} was passed over: {row.text.strip()}")
        else:
            msg = (
                f"row {row.line} has {len(row.bare)} columns, expected {width}: {ORDER}; found {row.text.strip()[:200]}"
            )
            raise PrintedError(msg)
    if not kept:
        msg = f"there are no iterations; a trace has rows {ORDER}"
        raise PrintedError(msg)
    table = [row.bare for row in kept]
    level = [one(row, "loglik") for row in kept]
    if len(table[0]) > len(LABELS) and _counts([each[0] for each in table]):
        table = [each[1:] for each in table]
    if len(table[0]) > len(LABELS) and _rises([each[-1] for each in table]):
        level, table = [each[-1] for each in table], [each[:-1] for each in table]
    whole = None if None in level else tuple(each for each in level if each is not None)
    found = tuple(_core(each, row) for each, row in zip(table, kept, strict=True))
    return Trace(rows=found, log_likelihood=whole, notes=tuple(notes))


def _bare_rows(lines: list[str]) -> list[Row]:  # noqa: C901  (one branch for each kind of token)
    """Rows end with the line, outside brackets, or with a bracket that holds four numbers or more."""
    found = tokens(lines)
    depth, base, label, words = 0, _outer(found), "", []
    row, rows, outside = Row(line=1), [], False

    def done(number: int) -> None:
        nonlocal row, outside, label
        if row.bare:
            rows.append(row)
        row, outside, label = Row(line=number), False, ""

    for kind, text, number in found:
        if not row.bare and not row.named:
            row.line, row.text = number, lines[number - 1]
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(depth - 1, 0)
            if depth <= base and len(row.bare) >= len(LABELS) and not outside:
                done(number)
        elif kind == "word":
            words.append(text)
            label = label_of(words)
        elif kind == "number":
            words = []
            role = (meaning(label) or ("",))[0]
            if role in ("iteration", "loglik") and not row.named.get(label):
                row.add(label, text)
            else:
                row.bare.append(text)
                outside = outside or depth <= base
            label = ""
        elif kind == "other":
            msg = f"row {number} holds {text!r}, which is no number"
            if re.search(r"\d", text):
                raise PrintedError(msg)
        elif kind == "line" and depth <= base:
            done(number + 1)
            words = []
    done(len(lines))
    return rows


def _outer(found: list[tuple[str, str, int]]) -> int:
    """How many pairs of brackets, one in another, hold all rows, each of which has brackets of its own."""
    kinds = [kind for kind, _, _ in found if kind in ("open", "close", "number")]
    base = 0
    while _is_one_group(kinds) and "open" in kinds[1:]:
        base, kinds = base + 1, kinds[1:-1]
    return base


def _is_one_group(kinds: list[str]) -> bool:
    depth = 0
    for place, kind in enumerate(kinds):
        depth += {"open": 1, "close": -1}.get(kind, 0)
        if depth <= 0:
            return depth == 0 and kind == "close" and place == len(kinds) - 1
    return False


def _starts_with_word(text: str) -> bool:
    return re.match(r"\W*[^\W\d]", text) is not None and not re.match(r"\W*(nan|inf|na)\b", text, re.IGNORECASE)


def _counts(column: list[str]) -> bool:
    """Whether a column numbers the rows, in steps of one size."""
    if len(column) < 2 or not all(re.fullmatch(r"\d+\.?0*", value, re.ASCII) for value in column):  # noqa: PLR2004
        return False
    steps = {round(float(two)) - round(float(one)) for one, two in pairwise(column)}
    return len(steps) == 1 and steps.pop() > 0


def _rises(column: list[str]) -> bool:
    """Whether a last column is the log-likelihood: nothing else behind sigma is negative."""
    return all(value.startswith("-") or not re.search(r"\d", value) for value in column)


def _core(values: list[str], row: Row) -> tuple[str, ...]:
    """Weight, mu1, mu2, sigma among numbers without names: as they are, or with both weights, or sigma twice."""
    four, both = len(LABELS), len(LABELS) + 2
    if len(values) == four:
        return tuple(values)
    if len(values) == both and complements(*values[:2]) and same(*values[4:]):
        return (values[0], values[2], values[3], values[4])
    if len(values) == both - 1 and complements(*values[:2]) and not same(*values[3:]):
        return (values[0], *values[2:])
    if len(values) == both - 1 and same(*values[3:]) and not complements(*values[:2]):
        return tuple(values[:4])
    found = " ".join(row.bare)
    wanted = f"expected {four}: {ORDER}; name them in a first line; found {found}"
    msg = f"row {row.line} has {len(row.bare)} columns, {wanted}"
    raise PrintedError(msg)
