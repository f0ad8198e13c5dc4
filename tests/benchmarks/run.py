"""Run the benchmarks: ``uv run python tests/benchmarks/run.py [NAME ...] [--quick]``.

Prints every table, and at the end writes ``results.json``, the section of ``notebooks/benchmarks.md`` and its figure.
Results of benchmarks that are not named are kept where machine and versions are the same. ``--quick`` measures little,
to see that everything runs, and writes to a temporary folder.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import startup
from measuring import ROOT, Benchmark, Row, machine, timed, today
from writing import COST, PAGE, RESULTS, as_table, goal_table, stored, write_all

NAMES = ("em", "compression", "accuracy", "nuts", "size", "stream", "startup", "replicates")


def main() -> None:
    """Measure what is named, print it, write it."""
    parser = argparse.ArgumentParser(description="Measure mixstudy against its peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--quick", action="store_true", help="measure little, write to a temporary folder")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    root = _copy() if options.quick else ROOT
    here = machine()
    found = {name: _measure(name, quick=options.quick) for name in NAMES if name in (options.names or NAMES)}
    everything = stored(root, here) | found
    everything = {name: everything[name] for name in NAMES if name in everything}
    _say(goal_table({name: result["rows"] for name, result in everything.items()}))
    write_all(root, here, everything)
    _say(f"Written: {', '.join(str(root / path) for path in (RESULTS, PAGE, COST) if (root / path).exists())}")


def _benchmark(name: str) -> Benchmark:
    """The modules load what they measure: only when it is its turn."""
    if name in ("em", "accuracy"):
        import likelihood

        return {"em": likelihood.EM, "accuracy": likelihood.ACCURACY}[name]
    if name in ("compression", "stream"):
        import passes

        return {"compression": passes.COMPRESSION, "stream": passes.STREAM}[name]
    if name in ("nuts", "size"):
        import posteriors

        return {"nuts": posteriors.NUTS, "size": posteriors.SIZE}[name]
    if name == "replicates":
        import replicates

        return replicates.REPLICATES
    return startup.STARTUP


def _measure(name: str, *, quick: bool) -> Row:
    benchmark = _benchmark(name)
    seconds, rows = timed(lambda: benchmark.measure(quick=quick))
    _say(f"{name}: {benchmark.title} ({seconds:.0f} s)\n\n{as_table(benchmark, rows)}")
    return {"date": today(), "seconds": round(seconds), "title": benchmark.title, "rows": rows}


def _copy() -> Path:
    """A folder with what is written to."""
    root = Path(tempfile.mkdtemp(prefix="mixstudy-benchmarks-"))
    for path in (RESULTS, COST):
        (root / path).parent.mkdir(parents=True)
    shutil.copy(ROOT / PAGE, root / PAGE)
    return root


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
