"""The command ``demo``: how the project began, told in the terminal. Every number is computed as it is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mixstudy.cli.options import Seed, require_folder
from mixstudy.cli.terminal import clear_errors, out, table, working

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mixstudy.diagnosis.assessment import Assessment
    from mixstudy.model import Floats

N = 10_000
PRINTED = (
    (0.1130842168240086, 3.401472765079545, 2.445209909135907, 2.3046528697572635),
    (0.07054129028636431, 0.04304531343415197, 0.040699344770810386, 0.12520706710362625),
)
"""Start and fifth iteration as the student printed them: weight, mu1, mu2, sigma."""
BINS, ROWS = 64, 4
"""Columns and lines of a histogram."""


HEIGHTS, TRACE, SAMPLE = "heights.csv", "printed.txt", "sample.csv"
"""The files of the commands."""


def demo(
    seed: Seed = 0,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="FOLDER", help="Leave the files of the commands there, to try them."),
    ] = None,
) -> None:
    """See it at work in half a minute: wrong numbers, the mistakes behind them, the mended run."""
    with clear_errors():
        where = "--save FOLDER leaves their files" if save is None else f"their files are in {save}"
        if save is not None:
            _make_room(save)
        _say(
            "A true story. A student is to draw 10 000 observations from the mixture",
            "",
            "    x ~ 0.3 N(5, 2^2) + 0.7 N(15, 2^2)",
            "",
            "and to estimate weight, mu1, mu2 and sigma back by EM. The numbers come out strange.",
            f"(They are computed as you read, from seed {seed}. To try the commands: {where}.)",
        )
        _strange_numbers(seed, save)
        _still_wrong(seed, save)
        _mended(seed)
        _chapter("What next?")
        _say(
            "Are your numbers right, and if not, which mistake was made?",
            "    mixstudy check YOUR.csv --estimate WEIGHT,MU1,MU2,SIGMA",
            "EM and PyMC on your data, with a report:",
            "    mixstudy study YOUR.csv",
        )


def _strange_numbers(seed: int, save: Path | None = None) -> None:
    """Heights of the curve as data, and sigma from component 1 alone."""
    import numpy as np

    from mixstudy.data.sample import as_sample
    from mixstudy.diagnosis.check import check_estimate
    from mixstudy.faults.catalogue import BY_NAME
    from mixstudy.faults.reproduce import reproduce_data
    from mixstudy.faults.steps import centred
    from mixstudy.model import LABELS, ORIGIN

    _chapter("1  Strange numbers")
    x = reproduce_data("heights used as data", ORIGIN, n=N, seed=seed)
    _say("What the program takes for data, 10 000 heights of the mixture's curve:")
    _histogram(x)
    data, shift = centred(as_sample(x)), np.array([0, x.mean(), x.mean(), 0])
    ((_, step), *_) = BY_NAME["sigma from one component"].steps
    rows = [np.array(PRINTED[0])]
    for _ in range(5):
        rows.append(step(data, rows[-1] - shift) + shift)
    _say("Its EM, from the start that the student printed:")
    named = {"start": rows[0], **{f"{k}": row for k, row in enumerate(rows[1:], 1)}}
    shown: dict[str, Floats | Sequence[float]] = {**named, "5, as printed then": PRINTED[1], "truth": [*ORIGIN]}
    cells = ([name, *(f"{value:.5f}" for value in row)] for name, row in shown.items())
    out.print(table(("iteration", *LABELS), cells))
    _say("The program is the same as then, the random positions are others. Ask what is wrong:")
    heights, printed = _kept(save, HEIGHTS, x), _kept(save, TRACE, rows)
    _command(f"check {heights} --trace {printed} --no-mcmc")
    _explain(check_estimate(None, x, trace=[row.tolist() for row in rows], seed=seed))


def _still_wrong(seed: int, save: Path | None = None) -> None:
    """The randn sampler: a right EM on a sample from another mixture."""
    from mixstudy.diagnosis.check import check_estimate
    from mixstudy.em.fit import fit_em
    from mixstudy.faults.reproduce import reproduce_data
    from mixstudy.model import ORIGIN

    _chapter("2  The answer that was still wrong")
    x = reproduce_data("the randn sampler", ORIGIN, n=N, seed=seed)
    _say("The student's own answer draws a sample, from component 1 wherever randn() < 0.3. Mend the EM as well:")
    _histogram(x)
    estimate = [f"{value:.6g}" for value in fit_em(x).parameters]
    command = (f"check {_kept(save, SAMPLE, x)} --no-mcmc", f"--estimate {','.join(estimate)}")
    _command(*command)
    _explain(check_estimate(estimate, x, seed=seed))
    _say("", "So the EM is right about these data. But the truth is known here. Tell it:")
    _command(*command, "--truth 0.3,5,15,2")
    _explain(check_estimate(estimate, x, truth=ORIGIN, seed=seed))


def _mended(seed: int) -> None:
    """The right sampler, EM, the posterior, and whether they agree."""
    from mixstudy.em.fit import fit_em
    from mixstudy.model import ORIGIN, simulate

    _chapter("3  Mended")
    x = simulate(ORIGIN, n=N, seed=seed)
    _say("With rand() for randn() the sample is from the mixture that was meant:")
    _histogram(x)
    _command(f"study --seed {seed}")
    with working("Loading PyMC and sampling the posterior (longer the first time ever)", quiet=False):
        from mixstudy.cli.terminal import console_table
        from mixstudy.comparison.compare import compare
        from mixstudy.mcmc.posterior import sample_posterior

        em = fit_em(x)
        result = compare(em, sample_posterior(em.sample, seed=seed), truth=ORIGIN, thorough=False)
    out.print(console_table(result))
    passed = [check.name for check in result.checks if check.status.value == "pass"]
    _say(f"{len(passed)} checks passed: {', '.join(passed)}.", result.sentence)


def _make_room(folder: Path) -> None:
    """Make the folder for the files.

    Raises:
        ValueError: It is a file, or one of them is there already; nobody's file is written over.
    """
    require_folder(folder, option="--save")
    folder.mkdir(parents=True, exist_ok=True)
    if taken := [name for name in (HEIGHTS, TRACE, SAMPLE) if (folder / name).exists()]:
        msg = f"{folder} holds {', '.join(taken)} already; name another folder by --save"
        raise ValueError(msg)


def _kept(folder: Path | None, name: str, values: Iterable[float | Floats]) -> str:
    """What a command calls the file, which is written where a folder is given: a number or a row in each line."""
    import shlex

    import numpy as np

    if folder is None:
        return name
    from mixstudy.data.writing import write_atomically

    head = "weight mu1 mu2 sigma" if name == TRACE else "x"
    lines = (" ".join(f"{number:.17g}" for number in np.atleast_1d(value)) for value in values)
    write_atomically(folder / name, "\n".join([head, *lines, ""]).encode())
    return shlex.quote(str(folder / name))


def _chapter(title: str) -> None:
    from rich.panel import Panel

    out.print()
    out.print(Panel(title, style="bold cyan"))


def _say(*lines: str, style: str = "") -> None:
    """Print prose, what is indented keeping its indent when it wraps."""
    from rich.padding import Padding
    from rich.text import Text

    for line in lines:
        text = line.lstrip()
        out.print(Padding(Text(text or " ", style=style), (0, 0, 0, len(line) - len(text)), expand=False))


def _command(*parts: str) -> None:
    _say("", "$ mixstudy " + " \\\n      ".join(parts), "", style="bold green")


def _explain(found: Assessment) -> None:
    """The verdict, and of each mistake the wrong line and the right one."""
    _say(found.sentence, style="bold")
    for each in found.told:
        fault = each.fault
        _say(f"  {fault.name}", f"      wrong: {fault.wrong}", f"      right: {fault.right}", f"      {fault.advice}")


def _histogram(x: Floats) -> None:
    """Print a histogram, each line of it a slice of the bars."""
    import numpy as np

    _say("")
    counts, edges = np.histogram(x, BINS)
    heights = np.ceil(8 * ROWS * counts / counts.max()).astype(int)
    glyphs = " ....####" if out.options.ascii_only else " ▁▂▃▄▅▆▇█"
    for row in reversed(range(ROWS)):
        _say("    " + "".join(glyphs[eighths] for eighths in np.clip(heights - 8 * row, 0, 8)))
    low, high = f"{edges[0]:.1f}", f"{edges[-1]:.1f}"
    _say(f"    {low}{high:>{BINS - len(low)}}", "")
