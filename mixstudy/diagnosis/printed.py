"""Iterations and estimates as people print them: labels, brackets, tables, NumPy's and R's ways, decimal commas.

Three kinds of text are told apart. *Labelled*: ``iter 3: w=0.4, mu=[4 14], sigma=2``. A *table* below a line of names.
*Bare* rows of numbers, whose order is weight, mu1, mu2, sigma. What can be read in two ways is refused, and nothing
that might be a row is passed over. Figures stay text, so that what was rounded off is known.
"""

from __future__ import annotations

import re

from mixstudy.diagnosis.bare import ORDER, from_bare
from mixstudy.diagnosis.names import is_square, meaning, places
from mixstudy.diagnosis.rows import FINAL, TRUE, Row, Trace, complements, label_of, one, same
from mixstudy.diagnosis.tokens import PrintedError, clean, is_header, is_number, split_names, tokens

APART = re.compile(r"[\s,;|\[\](){}\"']+")


def parse_trace(text: str) -> Trace:
    """Read every row that was printed.

    Raises:
        PrintedError: There are none, or a row is incomplete, abbreviated or ambiguous; the message names it.
    """
    notes: list[str] = []
    lines = clean(text)
    head = next((k for k, line in enumerate(lines) if is_header(line)), None)
    if head is not None:
        return _from_table(lines, head, notes)
    rows = _labelled(lines)
    if any(_has_parameters(row) for row in rows):
        return _from_labels(rows, notes)
    return from_bare(lines, notes)


def parse_estimate(text: str) -> tuple[str, ...]:
    """The four figures of one estimate, in the order of the labels; what cannot be read is split at commas."""
    try:
        rows = parse_trace(text).rows
    except PrintedError:
        return tuple(text.split(","))
    return rows[0] if len(rows) == 1 else tuple(text.split(","))


def _from_table(lines: list[str], head: int, notes: list[str]) -> Trace:
    names = split_names(lines[head])
    rows: list[tuple[int, list[str]]] = []
    for number, line in enumerate(lines, 1):
        fields = [part for part in APART.split(line) if part]
        if number <= head or is_header(line) or not any(map(is_number, fields)):
            if number <= head and any(map(is_number, fields)):
                notes.append(f"Line {number} stands above the names and was passed over: {line.strip()}")
            continue
        if not _fits(names, fields) and not is_number(fields[0]) and rows:
            notes.append(f"Line {number} was passed over: {line.strip()}")
            continue
        rows.append((number, fields))
    if not rows:
        msg = f"there are no iterations; a trace has rows {ORDER}"
        raise PrintedError(msg)
    wide = _expanded(names, len(rows[0][1]))
    found = []
    for number, fields in rows:
        if len(fields) - len(wide) not in (0, 1):
            few = "fewer" if len(fields) < len(wide) else "more"
            msg = f"row {number} has {len(fields)} columns, {few} than the header names: {' '.join(fields)}"
            raise PrintedError(msg)
        row = Row(line=number, named={name: [value] for name, value in zip(wide, fields[-len(wide) :], strict=True)})
        if wide != names:
            row.named = _gathered(names, fields[-len(wide) :], wide)
        found.append(row)
    if len({len(fields) for _, fields in rows}) > 1:
        odd = next(number for number, fields in rows if len(fields) != len(rows[0][1]))
        msg = f"row {odd} has another number of columns than the first row"
        raise PrintedError(msg)
    return _from_labels(found, notes)


def _fits(names: list[str], fields: list[str]) -> bool:
    return any(len(fields) - len(_expanded(names, len(fields))) == extra for extra in (0, 1))


def _expanded(names: list[str], width: int) -> list[str]:
    """Names, with those of vectors twice where the rows are longer: ``mu`` holds two numbers."""
    wide = list(names)
    for role in ("mean", "weight", "sigma"):
        alone = [name for name in names if meaning(name) == (role, None)]
        if (role == "mean" or width > len(wide) + 1) and len(alone) == 1:
            wide.insert(wide.index(alone[0]), alone[0])
    return wide


def _gathered(names: list[str], fields: list[str], wide: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name: [] for name in names}
    for name, value in zip(wide, fields, strict=True):
        found[name].append(value)
    return found


def _labelled(lines: list[str]) -> list[Row]:
    """Numbers under the label before them; a label that comes again begins a new row."""
    rows: list[Row] = []
    label, words = "", []
    row = Row(line=1)
    for kind, text, number in tokens(lines):
        if kind == "word":
            words.append(text)
            label = label_of(words)
            if label in row.named or (meaning(label) or ("",))[0] == "iteration":
                if row.named:
                    rows.append(row)
                row = Row(line=number, text=lines[number - 1])
        elif kind == "number":
            words = []
            role = meaning(label)
            if role is not None and role[0] in ("iteration", "loglik") and label in row.named:
                row.bare.append(text)
            else:
                row.add(label, text)
    return [*rows, row] if row.named else rows


def _roles(row: Row) -> set[str]:
    return {found[0] for name in row.named if (found := meaning(name)) is not None}


def _has_parameters(row: Row) -> bool:
    return {"weight", "mean", "sigma"} <= _roles(row)


def _from_labels(rows: list[Row], notes: list[str]) -> Trace:
    kept: list[tuple[tuple[str, ...], str | None]] = []
    for row in rows:
        roles = _roles(row) & {"weight", "mean", "sigma"}
        if not roles:
            continue
        if TRUE.search(row.text):
            notes.append(f"Line {row.line} was passed over: {row.text.strip()}")
            continue
        four = _four(row, notes)
        if FINAL.search(row.text) and kept and four == kept[-1][0]:
            continue
        kept.append((four, one(row, "loglik")))
    if not kept:
        msg = f"there are no iterations; a trace has rows {ORDER}"
        raise PrintedError(msg)
    levels = [level for _, level in kept]
    whole = None if None in levels else tuple(level for level in levels if level is not None)
    return Trace(rows=tuple(four for four, _ in kept), log_likelihood=whole, notes=tuple(dict.fromkeys(notes)))


def _four(row: Row, notes: list[str]) -> tuple[str, ...]:
    """Weight, mu1, mu2 and sigma of one row."""
    found = places(row.named)
    values = {
        role: [v for _, name in found.get(role, []) for v in row.named[name]] for role in ("weight", "mean", "sigma")
    }
    for role, least, most in (("weight", 1, 2), ("mean", 2, 2), ("sigma", 1, 2)):
        if not least <= len(values[role]) <= most:
            wanted = "two numbers" if role == "mean" else "one number"
            msg = f"row {row.line} has {len(values[role])} number(s) for the {role} and needs {wanted}: {_shown(row)}"
            raise PrintedError(msg)
        for value in values[role]:
            if not is_number(value):
                msg = f"row {row.line} holds {value!r}, which is no number"
                raise PrintedError(msg)
    _require_order(row, found)
    if len(values["weight"]) == 2 and not complements(*values["weight"]):  # noqa: PLR2004
        msg = f"row {row.line}: the weights {' and '.join(values['weight'])} do not add up to 1"
        raise PrintedError(msg)
    if len(values["sigma"]) == 2 and not same(*values["sigma"]):  # noqa: PLR2004
        msg = (
            f"row {row.line}: two sigmas, {' and '.join(values['sigma'])}; the model has one that both components share"
        )
        raise PrintedError(msg)
    names = [name for _, name in found["sigma"]]
    if is_square(names):
        notes.append(f"Sigma was found under the name {' '.join(names)}.")
    return (values["weight"][0], *values["mean"], values["sigma"][0])


def _shown(row: Row) -> str:
    return ", ".join(f"{name} {' '.join(values)}" for name, values in row.named.items())[:200]


def _require_order(row: Row, found: dict[str, list[tuple[int, str]]]) -> None:
    """Raise where one weight alone belongs to the second mean."""
    (first, mean), (index, name) = found["mean"][0], found["weight"][0]
    of_the_first = index in (-1, first) or (first == -1 and index < 2)  # noqa: PLR2004  (numbered from 0 or from 1)
    if len(found["weight"]) == 1 and not of_the_first:
        both = len(found["mean"]) > 1
        other, own = (found["mean"][1][1], mean) if both else ("the second mean", "the first")
        msg = f"row {row.line}: {name} is the weight of {other}; print that of {own}"
        raise PrintedError(msg)
