"""The LaTeX report compiles as it is, whatever the data are called."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

import mixstudy as ms
from mixstudy.data.sample import Source
from mixstudy.report.render import tex

HOSTILE = r"50%_of $x^2$ & #1 {a}~b\c <d>|e `f` --g 'h'  Größe Ångström çőž σ² ≥ 數 😀"

NEEDS_LATEX = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")


def test_escapes_are_ascii() -> None:
    """Special characters are escaped, accents become commands, letters that LaTeX has not become code points."""
    assert tex(r"a_b & 50% #1 $x {y} ~z ^2 \c") == (
        r"a\_b \& 50\% \#1 \$x \{y\} $\sim$z \textasciicircum{}2 \textbackslash{}c"
    )
    assert tex("Größe Ç ő σ² 數") == r"Gr\"{o}\ss{}e \c{C} \H{o} $\sigma$$^2$ U+6578"
    assert tex("-0.5 x-y 1e-05 a--b") == "$-$0.5 x-y 1e-05 a-{}-b"
    assert tex("one\n\ttwo") == "one two"
    assert tex(HOSTILE).isascii()


@NEEDS_LATEX
@pytest.mark.parametrize("estimate", ["EM", "bare parameters"])
def test_report_compiles(
    faithful: ms.WeightedSample, faithful_posterior: ms.Posterior, tmp_path: Path, estimate: str
) -> None:
    """It becomes a PDF without an error and without text beyond the margin."""
    sample = replace(faithful, source=Source(description=HOSTILE, sha256="0" * 64))
    em = ms.fit_em(sample)
    result = ms.compare(em if estimate == "EM" else em.parameters, replace(faithful_posterior, sample=sample))
    path = ms.write_report(result, tmp_path / "study", formats=("tex",))
    compiled(path)


@NEEDS_LATEX
def test_report_of_a_check_compiles(tmp_path: Path) -> None:
    """So does the report of a check, with its steps and figures, of a trace whose sigma is wrong."""
    x = ms.simulate(ms.ORIGIN, n=400, seed=3)
    right = [*ms.fit_em(x).parameters]
    trace = [[*right[:3], right[3] * factor] for factor in (1.3, 1.2, 1.1)]
    sample = replace(ms.as_sample(x), source=Source(description=HOSTILE, sha256="0" * 64))
    found = ms.check_estimate(trace[-1], sample, trace=trace)
    compiled(ms.write_report(found, tmp_path / "check", formats=("tex",)))


def compiled(path: Path) -> None:
    """Compile the report: a PDF, without an error and without text beyond the margin."""
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", path.name]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout[-2000:]
    assert path.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert re.findall(r"Overfull \\hbox \((?:[1-9]\d|\d{3,})\.", done.stdout) == []
