"""Any arguments at all: an exit code that means something, and never a traceback."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from mixstudy.cli.app import app

ODD = [
    *("", " ", "0", "-1", "1", "4", "50", "1e3", "nan", "inf", "-inf", "1e400", "99999999999999999999999999", "0.5"),
    *("1e-320", "0.9999999999999999", "0.3,5,15,2", "0.3,15,5,2", "0,0,0,0", "nan,1,2,3", "a,b,c,d", "0.2_62,1,2,3"),
    *("[/nope]", "[bold red]x", "\\[/x]", "\x1b[31mred", "\u202eRTL", "caf\u00e9", "\udce9", "%s", "{7*7}", "--", "-q"),
    *("/dev/null", "/nowhere/at/all", "..", "DATA", "TRACE", "html", "md,tex", "weight=theta", "x", "y", "eti"),
]
"""Values that people type by mistake, and those that somebody might try; DATA and TRACE stand for files."""
OPTIONS = {
    "fit": (
        *("--column", "--drop-missing", "--plain", "--start", "--iterations", "--level", "--seed", "--exact"),
        *("--pool", "--quiet", "--n"),
    ),
    "simulate": ("--truth", "--seed", "--quiet", "--n", "--overwrite"),
    "check": (
        *("--estimate", "--column", "--drop-missing", "--label", "--unit", "--truth", "--start", "--trace", "--draws"),
        *("--map", "--format", "--title", "--level", "--kind", "--seed", "--quiet", "--out"),
    ),
    "cite": ("--format", "--bibtex"),
    "replicate": ("--n", "--replicates", "--weight", "--separation", "--design", "--resume", "--help"),
    "study": ("--n", "--chains", "--draws", "--tune", "--level", "--seed", "--help"),
    "power": ("--design", "--resume", "--help"),
}
FLAGS = {"--drop-missing", "--plain", "--exact", "--pool", "--quiet", "--help", "--resume", "--bibtex", "--overwrite"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with data and a trace, where the commands run."""
    folder = tmp_path_factory.mktemp("command")
    (folder / "DATA").write_text("id,x,y\n" + "".join(f"{k},{k * k % 17 / 2},{k % 5}\n" for k in range(60)))
    (folder / "TRACE").write_text("0.3 2 6 1\n0.4 2.1 6.2 1.1\n0.41 2.2 6.3 1.2\n")
    return folder


@st.composite
def argument_lists(draw):
    """A quick command with options of its own and odd values."""
    command = draw(st.sampled_from(sorted(OPTIONS)))
    arguments = [command]
    if command in ("study", "replicate", "power"):  # too slow to run: asked for help, after everything else
        arguments.append("--help")
    for option in draw(st.lists(st.sampled_from(OPTIONS[command]), max_size=4)):
        arguments.append(option)
        if option not in FLAGS or draw(st.integers(0, 19)) == 0:
            arguments.append(draw(st.sampled_from(ODD)))
    files = draw(st.lists(st.sampled_from(["DATA", "DATA", "x.csv", *ODD]), max_size=2))
    if command == "check":
        arguments.append("--no-mcmc")
        files = ["DATA", *files[:1]] if draw(st.booleans()) else files
    if command in ("fit", "simulate") and "--n" not in arguments:
        arguments += ["--n", "50"]
    return arguments + files


@settings(max_examples=200)
@given(argument_lists())
def test_any_arguments_end_with_a_code_that_means_something(folder, arguments):
    """0 done or agree, 1 disagree, 2 bad input, 3 inconclusive; an unforeseen error never."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MIXSTUDY_TRACEBACK", "1")
        result = CliRunner().invoke(app, arguments)
    raised = result.exception
    assert raised is None or isinstance(raised, SystemExit), (arguments, raised)
    assert result.exit_code in ((0, 1, 2, 3) if arguments[0] == "check" else (0, 2)), (arguments, result.output)
    assert "Traceback" not in result.output
    assert "\x1b[31m" not in result.output
