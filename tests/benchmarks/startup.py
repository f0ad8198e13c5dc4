"""``mixstudy study`` and ``check`` from the command to the verdict: the first run ever, and later runs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from measuring import Benchmark, Row, timed

PROGRAM = Path(sys.executable).parent / "mixstudy"
RIGHT = "0.300768,4.99837,15.013,1.98205"
"""EM's estimate on the default sample, as it prints."""
LATER = 3
"""Later runs, of which the median counts."""


def measure_startup(*, quick: bool) -> list[Row]:
    """Seconds with caches of their own, empty at first; bytecode is in place, as uv and pip leave it."""
    with tempfile.TemporaryDirectory(prefix="mixstudy-") as folder:
        study = [PROGRAM, "study", "-q", "--out", Path(folder, "study")]
        _seconds(study, _environment({}))  # writes the bytecode, to the usual caches
        fresh = _environment(_caches(Path(folder, "caches")))
        imports = _seconds([sys.executable, "-c", "import pymc, nutpie, matplotlib.figure"], _environment({}))
        first = _seconds(study, fresh)
        later = sorted(_seconds(study, fresh) for _ in range(1 if quick else LATER))
        sample = Path(folder, "x.csv")
        _seconds([PROGRAM, "simulate", "-q", sample], fresh)
        check = [PROGRAM, "check", sample, "--estimate", RIGHT, "--no-mcmc", "-q"]
        checked = sorted(_seconds(check, fresh) for _ in range(1 if quick else LATER + 1))
    rows = {
        "first run ever": first,
        "later run": later[len(later) // 2],
        "check --no-mcmc": checked[len(checked) // 2],
        "imports of PyMC, nutpie, matplotlib": imports,
    }
    return [{"what": what, "seconds": seconds} for what, seconds in rows.items()]


def _caches(folder: Path) -> dict[str, str]:
    names = {"NUMBA_CACHE_DIR": "numba", "MPLCONFIGDIR": "matplotlib", "XDG_CACHE_HOME": "xdg"}
    return {name: str(folder / place) for name, place in names.items()} | {
        "PYTENSOR_FLAGS": f"base_compiledir={folder / 'pytensor'}"
    }


def _environment(caches: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | caches


def _seconds(command: Sequence[str | Path], environment: Mapping[str, str]) -> float:
    run = partial(subprocess.run, command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return timed(run)[0]


STARTUP = Benchmark(
    title="`mixstudy study -q` at n = 1e4 as a process, from command to verdict and report",
    measure=measure_startup,
    columns={"": "what", "s": "seconds"},
)
