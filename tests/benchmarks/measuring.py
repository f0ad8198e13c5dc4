"""What every benchmark needs: data, clocks, processes of their own, and what was measured on which machine."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import mixstudy as ms

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PACKAGES = ("mixstudy", "numpy", "scipy", "numba", "scikit-learn", "pymc", "pytensor", "nutpie", "pyarrow")
CHUNK = 1_000_000
"""Observations that are simulated at a time."""

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """What is measured, and how it is shown."""

    title: str
    """One line above the table."""
    measure: Callable[..., list[Row]]
    """Measures everything, little of it where ``quick``."""
    columns: dict[str, str]
    """Keys of a row, by the heading of their column."""


def truth(separation: float) -> ms.Parameters:
    """Means so many sigma apart; at 5, the origin's truth."""
    return ms.Parameters(weight=0.3, mu1=5.0, mu2=5.0 + 2.0 * separation, sigma=2.0)


@dataclass(frozen=True, slots=True)
class Observations:
    """Simulated observations, in chunks that can be made in any order, any number of times."""

    separation: float
    """Means so many sigma apart."""
    n: int
    """How many observations."""
    seed: int = 0
    """Seed of all of them."""

    def chunk(self, k: int) -> np.ndarray:
        """The k-th chunk."""
        size = min(CHUNK, self.n - k * CHUNK)
        return ms.simulate(truth(self.separation), n=size, seed=[self.seed, k])

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.n // CHUNK)

    def __iter__(self) -> Iterator[np.ndarray]:
        return map(self.chunk, range(self.chunks))

    def array(self) -> np.ndarray:
        """All of them; takes no more memory than they do."""
        x = np.empty(self.n)
        for k, chunk in enumerate(self):
            x[k * CHUNK : k * CHUNK + chunk.size] = chunk
        return x


def timed[T](call: Callable[[], T]) -> tuple[float, T]:
    """Seconds that a call took, and its result."""
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def best(*calls: Callable[[], object], repeats: int) -> list[float]:
    """The fewest seconds of each call, made in turns."""
    rounds = [[timed(call)[0] for call in calls] for _ in range(repeats)]
    return np.min(rounds, axis=0).tolist()


def in_process(script: str, *arguments: object, cores: int | None = None) -> Any:
    """Run a script of this folder in a process of its own, on some of the cores, and read the JSON it prints."""
    with _only(cores):
        done = subprocess.run(  # noqa: S603  (our own script)
            [sys.executable, HERE / script, *map(str, arguments)], stdout=subprocess.PIPE, check=True, cwd=ROOT
        )
    return json.loads(done.stdout)


@contextmanager
def _only(cores: int | None) -> Iterator[None]:
    """Leave only so many cores to the processes that are started."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def machine() -> Row:
    """Where this runs, and with what."""
    cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    models = [line.partition(":")[2].strip() for line in cpuinfo.splitlines() if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": cores(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": platform.platform(),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
    }


def today() -> str:
    """The date in UTC."""
    return datetime.now(UTC).date().isoformat()


def shown(value: object) -> str:
    """A value as a table's cell: three digits, and powers of ten for large whole numbers."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and value >= CHUNK // 1000:
        digits = f"{value:e}".split("e")
        return f"{float(digits[0]):g}e{int(digits[1])}" if value % 10 ** (int(digits[1]) - 1) == 0 else f"{value}"
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if 100 <= abs(value) < CHUNK else f"{value:.3g}"


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table, aligned so that a terminal shows it as well: text to the left, numbers to the right."""
    columns = [[heading, *map(shown, column)] for heading, *column in zip(headings, *rows, strict=True)]
    texts = [any(isinstance(value, str) for value in column) for column in zip(*rows, strict=True)]
    lines = []
    for cells, text in zip(columns, texts, strict=True):
        width = max(map(len, cells))
        rule = ":" + "-" * (width + 1) if text else "-" * (width + 1) + ":"
        head, *body = (f" {cell.ljust(width) if text else cell.rjust(width)} " for cell in cells)
        lines.append([head, rule, *body])
    return "\n".join(f"|{'|'.join(line)}|" for line in zip(*lines, strict=True))
