"""The command line: parse, call, print.

Exit codes: 0 agree, 1 disagree, 2 bad input or usage, 3 inconclusive, 70 unforeseen error,
130 interrupted, 141 broken pipe.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from mixstudy.cli.check import check
from mixstudy.cli.cite import cite
from mixstudy.cli.demo import demo
from mixstudy.cli.fit import fit, simulate
from mixstudy.cli.power import power
from mixstudy.cli.replicate import replicate
from mixstudy.cli.study import study
from mixstudy.cli.terminal import Commands, out

CODES = (
    "Exit codes: 0 agree or done, 1 the two disagree, 2 bad input, 3 inconclusive, 70 an error of mixstudy itself, "
    "130 interrupted, 141 the output was closed."
)
app = typer.Typer(
    help="One mixture model, two estimates (EM by hand and PyMC), one verdict on whether they agree.",
    pretty_exceptions_enable=False,
    cls=Commands,
    epilog=CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
WELCOME = """\
One mixture of two Gaussians, estimated by EM and by PyMC: do the two agree, and is each right?

    mixstudy demo              a true story of wrong numbers, in half a minute
    mixstudy study             a first report, on synthetic data
    mixstudy study YOUR.csv    the same on yours
    mixstudy check YOUR.csv --estimate WEIGHT,MU1,MU2,SIGMA
                               are these numbers right, and if not, which mistake was made?

Help: mixstudy --help, or mixstudy study --help and so on."""


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    """Compare a hand-written EM with a PyMC posterior on the two-component, shared-sigma Gaussian mixture."""
    if show_version:
        out.print(f"mixstudy {version('mixstudy')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        out.print(WELCOME, soft_wrap=True)


for command in (demo, study, check, fit, simulate, replicate, power, cite):
    app.command()(command)
