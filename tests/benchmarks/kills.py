"""Kill the program at random moments: ``uv run python tests/benchmarks/kills.py FOLDER [COMMAND ...] [--kills 20]``.

Each command is killed so many times by SIGKILL and as often by SIGTERM, at a moment drawn evenly from the time that it
takes when nobody kills it. After each kill its folder must be absent or hold one whole result, and its workers must
end; the next run that is let finish must sweep what was left, and must give the table of a run that was never killed.
What the folder holds of references is used again, so that the kills can be done a few at a time.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pandas as pd

SHORT = ("--draws", "200", "--tune", "200", "--chains", "2")
ONE_CELL = ("--n", "200", "--separation", "4", "--weight", "0.3", "--workers", "2")
COMMANDS = {
    "study": ("--n", "300", *SHORT),
    "replicate": (*ONE_CELL, *SHORT, "--replicates", "12"),
    "power": (*ONE_CELL, "--replicates", "2", "--right", "4"),
}
"""What is run: small designs, so that writing takes a good part of the time."""
SEEDS = (1, 2)
"""Seeds of a study: each run is to replace the report of the other."""
PATIENCE = 20.0
"""Seconds in which the workers of a killed program must have ended."""
INTERRUPTED = 130
"""How a command ends that SIGTERM reaches, as Ctrl-C does."""
STAGE = ".mixstudy-"
SECONDS = "seconds.json"
"""How long the references took."""


class Tally(NamedTuple):
    """What was seen of one command and one signal."""

    killed: int = 0
    """Runs that were killed before their end."""
    stages: int = 0
    """Kills that left a stage for the next run to sweep."""
    faults: tuple[str, ...] = ()
    """What must not be."""


def run(command: str, target: Path, *options: str, kill: tuple[int, float] | None = None) -> tuple[bool, list[str]]:
    """Run a command; returns whether it came to its end, and what was wrong with how it ended."""
    program = [sys.executable, "-m", "mixstudy", command, *COMMANDS[command], *options, "--out", str(target), "-q"]
    scratch = target.parent / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(  # noqa: S603
        program,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=os.environ | {"TMPDIR": str(scratch)},
    )
    expected = {0, 1, 3}
    if kill is not None:
        number, moment = kill
        expected |= {-number, INTERRUPTED}
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
    try:
        _, errors = process.communicate(timeout=600)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return False, ["did not end within ten minutes"]
    wrong = [f"exit code {process.returncode}: {errors.decode()[-400:]}"] * (process.returncode not in expected)
    wrong += [f"a traceback: {errors.decode()[-2000:]}"] * (b"Traceback" in errors)
    return process.returncode in (0, 1, 3), wrong + _left_running(process.pid)


def _left_running(session: int) -> list[str]:
    deadline = time.monotonic() + PATIENCE
    while left := [pid for pid in _processes() if _session(pid) == session]:
        if time.monotonic() > deadline:
            os.killpg(session, signal.SIGKILL)
            return [f"{len(left)} processes went on"]
        time.sleep(0.1)
    return []


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _session(pid: int) -> int | None:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return None if state[0] == "Z" else int(state[3])


def content(command: str, folder: Path) -> dict[str, object]:
    """What a whole result says: its files' names and its numbers, but not when and how long."""
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("part-"))
    if command == "study":
        found = json.loads((folder / "comparison.json").read_text())
        tables = [(folder / name).read_text() for name in ("comparison.csv", "em_trace.csv")]
        whole = (folder / "report.html").read_text().rstrip().endswith("</html>")
        return {"names": names, "parameters": found["parameters"], "tables": tables, "whole": whole}
    table = pd.read_parquet(folder / "results.parquet")
    table = table[[name for name in table if "second" not in name]]
    return {"names": names, "table": table.sort_values([*table.columns[:8]]).to_json(double_precision=15)}


def references(command: str, place: Path) -> tuple[list[dict[str, object]], float]:
    """Results of runs that nobody killed, and how long one took."""
    seeds = SEEDS if command == "study" else SEEDS[:1]
    folders, seconds = [place / f"whole-{seed}" for seed in seeds], []
    if not (place / SECONDS).exists():
        run(command, place / "first", "--seed", "9")  # what is compiled once is not timed
        for seed, folder in zip(seeds, folders, strict=True):
            begun = time.monotonic()
            run(command, folder, "--seed", str(seed))
            seconds.append(time.monotonic() - begun)
        shutil.rmtree(place / "first")
        (place / SECONDS).write_text(json.dumps(min(seconds)))
    return [content(command, folder) for folder in folders], json.loads((place / SECONDS).read_text())


def kill_often(command: str, number: int, kills: int, place: Path, chance: random.Random) -> Tally:
    """Kill a command so many times, let it finish after every fifth, and look at what is there each time."""
    whole, seconds = references(command, place)
    target, tally = place / "killed" / "result", Tally()
    shutil.rmtree(target.parent, ignore_errors=True)
    target.parent.mkdir()
    tries = 0
    while tally.killed < kills:
        tries += 1
        seed = SEEDS[tries % 2] if command == "study" else SEEDS[0]
        options = _options(seed, target)
        ended, wrong = run(command, target, *options, kill=(number, chance.uniform(0, seconds)))
        left = [path for path in (*target.parent.iterdir(), *_inside(target)) if path.name.startswith(STAGE)]
        wrong += _mixed(command, target, whole, ended=ended)
        tally = Tally(tally.killed + (not ended), tally.stages + bool(left), (*tally.faults, *wrong))
        if tally.killed % 5 == 0 and not ended:
            ended, wrong = run(command, target, *_options(seed, target))
            wrong += _mixed(command, target, whole, ended=True) + _left_behind(target)
            tally = tally._replace(faults=(*tally.faults, *([] if ended else ["did not finish"]), *wrong))
        if ended and command != "study":
            shutil.rmtree(target)
    return tally


def _options(seed: int, target: Path) -> tuple[str, ...]:
    """To go on where there is something to go on with."""
    return ("--seed", str(seed), *(["--resume"] if (target / "design.json").exists() else []))


def _mixed(command: str, target: Path, whole: list[dict[str, object]], *, ended: bool) -> list[str]:
    """What is wrong with the folder: neither absent nor one of the whole results, or results cut short."""
    if not target.exists() or (not ended and command != "study"):
        return [f"{path.name} is empty" for path in _inside(target) if path.is_file() and not path.stat().st_size]
    if not ended and not _visible(target):
        return []
    try:
        return [] if content(command, target) in whole else ["the folder is of no one run"]
    except (OSError, ValueError, KeyError) as error:
        return [f"the folder is not whole: {error!r}"]


def _left_behind(target: Path) -> list[str]:
    beside = [path for path in target.parent.iterdir() if path not in (target, target.parent / "tmp")]
    hidden = [path for path in _inside(target) if path.name.startswith(".")]
    return [f"{path.name} was left behind" for path in (*beside, *hidden)]


def _inside(folder: Path) -> list[Path]:
    return [*folder.iterdir()] if folder.exists() else []


def _visible(folder: Path) -> list[Path]:
    return [path for path in _inside(folder) if not path.name.startswith(STAGE)]


def main() -> None:
    """Kill what is named, and print what was seen."""
    parser = argparse.ArgumentParser(description="Kill mixstudy at random moments.")
    parser.add_argument("folder", type=Path, help="where it runs; references in it are used again")
    parser.add_argument("commands", nargs="*", metavar="COMMAND", help=f"of {', '.join(COMMANDS)}; all by default")
    parser.add_argument("--kills", type=int, default=20, help="kills by each signal")
    parser.add_argument("--seed", type=int, default=0, help="seed of the moments")
    options = parser.parse_args()
    for command in options.commands or COMMANDS:
        for number in (signal.SIGKILL, signal.SIGTERM):
            place = options.folder.resolve() / command
            found = kill_often(command, number, options.kills, place, random.Random(options.seed + number))  # noqa: S311
            scratch = [path.name for path in _inside(place / "killed" / "tmp")]
            sys.stdout.write(
                f"{command} {number.name}: {found.killed} killed, {found.stages} left a stage, "
                f"faults: {found.faults}, in the temporary folder: {len(scratch)}\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
