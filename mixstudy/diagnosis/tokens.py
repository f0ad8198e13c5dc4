"""Printed text without what programs add to numbers, and cut into numbers, words and brackets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mixstudy.diagnosis.names import places

NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,4})?|nan|inf(?:inity)?|na)", re.ASCII | re.IGNORECASE)
"""A number as Python, C, R and Fortran print it, and what is printed where there is none."""
TOKEN = re.compile(
    rf"(?P<number>{NUMBER.pattern}(?![\w%]|\.\d))|(?P<word>\$?[^\W\d][\w.]*(?:\[\w*\]|\(\d\))*(?:\^2|\*\*2)?)"
    r"|(?P<open>[\[({])|(?P<close>[\])}])|(?P<line>\n)|(?P<other>[^\s,;:=\"'|>~-]+)",
    re.IGNORECASE,
)
BOXES = re.compile("[│┆┃|]")
CALLS = (
    (re.compile(r"\b(?:[a-z]+\.)?(?:float|int)\d*\(([^()]*)\)"), r"\1"),
    (
        re.compile(
            r"\b(?:[a-z]+\.)?(?:array|asarray|matrix|tensor|ArrayImpl|DeviceArray|c|list|tuple)\(", re.IGNORECASE
        ),
        "(",
    ),
    (re.compile(r"\bNA\b"), "nan"),
    (re.compile(r",\s*(?:dtype|device|grad_fn|shape|weak_type)=[^\s,)]+"), ""),
    (re.compile(r"(?<=\d)d(?=[+-]?\d)", re.IGNORECASE), "e"),
    (re.compile("[−–](?=[.\\d])"), "-"),
    (re.compile(r"\x1b\[[\d;]*[A-Za-z]"), ""),
    (re.compile(r"\r\n?"), "\n"),
)
"""What programs print around numbers, and what it is replaced by."""
REMARK = re.compile(r"\s*(#|//|%)")
R_INDEX = re.compile(r"\s*\[(\d+)(,?)\]\s+(?=[^\s,\]])")
R_COLUMNS = re.compile(r"\s*(\[,\d+\]\s*)+")
SHAPE = re.compile(r"\s*\d+(?:\s*[×x]\s*\d+|-element)\s+\w+")
"""Julia's ``4×4 Matrix{Float64}:``."""
CUT = re.compile(r"[\s\[\],|│┆]*(?:\.\.\.?|…)[\s\[\],|│┆.…]*(?:<.*)?")
"""A line that stands for rows left out."""
FACTOR = re.compile(r"\s*[\d.]+e[+-]?\d+\s*\*\s*", re.IGNORECASE)
"""MATLAB's line ``1.0e+03 *``: what follows is printed in thousands."""


class PrintedError(ValueError):
    """What was printed cannot be read, or not in one way alone."""


def clean(text: str) -> list[str]:
    """Lines without what programs add to numbers; a line keeps its place."""
    for pattern, instead in CALLS:
        text = pattern.sub(instead, text)
    lines = [BOXES.sub(" | ", line) for line in text.removeprefix("\ufeff").split("\n")]
    for k, line in enumerate(lines):
        if re.search(r"\d", line) is None and CUT.fullmatch(line) and line.strip():
            msg = f"row {k + 1} stands for rows that were left out ({line.strip()}); print all of them"
            raise PrintedError(msg)
        if FACTOR.fullmatch(line):
            msg = f"row {k + 1} holds a common factor ({line.strip()}); print the numbers themselves ('format long g')"
            raise PrintedError(msg)
    lines = [_without_remark(line) for line in lines]
    return _with_points(_unwrapped(lines))


def _without_remark(line: str) -> str:
    bare = REMARK.sub("", line)
    if R_COLUMNS.fullmatch(line) or SHAPE.match(line) or not re.search(r"[\w\[\](){}]", line):
        return ""
    return (bare if is_header(bare) else "") if REMARK.match(line) else line


def _unwrapped(lines: list[str]) -> list[str]:
    """R prints ``[1]`` before a vector and goes on with ``[5]`` after four numbers: joined, without these."""
    kept = list(lines)
    first, start = "", 0
    for k, line in enumerate(lines):
        found = R_INDEX.match(line)
        if found is None:
            continue
        kept[k] = line[found.end() :]
        if first == "1" and int(found[1]) == len(NUMBER.findall(kept[start])) + 1 and not found[2]:
            kept[start], kept[k] = f"{kept[start]} {kept[k]}", ""
        else:
            first, start = found[1], k
    return kept


def _with_points(lines: list[str]) -> list[str]:
    """Decimal commas as points, where commas cannot part the numbers."""
    fields = [part.strip(",") for line in lines for part in re.split(r"[\s;|()\[\]{}:=]+", line)]
    commas = [part for part in fields if re.search(r"\d,\d", part)]
    if not commas or any(re.search(r"\d\.\d|\.\d|\d\.", part) for part in fields if re.match(r"[-+.\d]", part)):
        return lines
    if not all(re.fullmatch(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?", part) for part in commas):
        return lines
    return [re.sub(r"(?<=\d),(?=\d)", ".", line) for line in lines]


def is_number(part: str) -> bool:
    """Whether a field is a number, or what is printed where there is none."""
    return NUMBER.fullmatch(part) is not None


def split_names(line: str) -> list[str]:
    """The fields of a line of names."""
    delimiter = next((each for each in "|\t;," if each in line), None)
    line = re.sub(r"\[\s*,?\s*(\d+)\s*\]", r"[\1]", line)
    return [part.strip().strip("\"'") for part in line.strip(" |\n").split(delimiter)]


def is_header(line: str) -> bool:
    """Whether a line holds the names of all four and no numbers."""
    if "=" in line or ":" in line:
        return False
    names = split_names(line)
    found = places(names)
    numbers = (re.fullmatch(r"[-+.\d][\w.+-]*", part) or re.search(r"\s[-+]?\d*\.\d", part) for part in names)
    return {"weight", "mean", "sigma"} <= found.keys() and not any(numbers)


def tokens(lines: Sequence[str]) -> list[tuple[str, str, int]]:
    """Kind, text and line of each token."""
    return [
        (str(found.lastgroup), found[0], number)
        for number, line in enumerate(lines, 1)
        for found in TOKEN.finditer(f"{line}\n")
    ]
