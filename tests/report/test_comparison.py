"""What the report of a comparison says."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from pages import PROVENANCE, document, further, table, texts

import mixstudy as ms
from mixstudy.comparison.compare import Comparison
from mixstudy.comparison.supplement import LOOComparison
from mixstudy.faults.catalogue import FAULTS
from mixstudy.faults.fault import Recognition
from mixstudy.mcmc.diagnostics import SamplerStatus
from mixstudy.mcmc.posterior import Attempt
from mixstudy.report.captions import pictures
from mixstudy.report.serialise import as_json


def test_first_screen_has_four_numbers_of_each(result: Comparison) -> None:
    """The small table gives each parameter by EM, by the posterior and in truth, to two figures of its spread."""
    numbers = document(result).table
    assert numbers.header == ("parameter", "EM ± s.e.", "posterior ± sd", "truth")
    assert [row[0] for row in numbers.rows] == list(ms.LABELS)
    assert re.fullmatch(r"0\.\d{3} ± 0\.\d{3}", numbers.rows[0][1])
    assert numbers.rows[1][3] == "5"


def test_intervals_are_in_the_page_and_the_json(result: Comparison) -> None:
    """Each parameter has its four kinds of interval in both."""
    rows = as_json(result, PROVENANCE)["intervals"]
    assert list(rows) == list(ms.LABELS)
    assert [len(row) for row in rows.values()] == [8] * 4
    shown = table(result, "Four kinds of 95 % interval")
    assert shown.header[1:] == ("Wald", "profile likelihood", "bootstrap", "credible")
    assert f"{rows['mu1']['profile_lower']:.2f} to {rows['mu1']['profile_upper']:.2f}" in shown.rows[1]


def test_findings_of_adequacy_are_shown(result: Comparison) -> None:
    """Every finding has its value, p-value and sentence, and the answer stands above."""
    shown = table(result, "Checks of adequacy")
    assert [row[0] for row in shown.rows] == [each.name for each in result.adequacy.findings]
    assert [row[-1] for row in shown.rows] == [each.explanation for each in result.adequacy.findings]
    assert result.adequacy.status.value in texts(result)


def test_leave_one_out_in_words(result: Comparison) -> None:
    """The comparison of one component with two is told; where it could not be made the report says why."""
    loo = LOOComparison(difference=59.0, standard_error=9.0, worst_pareto_k=0.2, observations=272)
    assert loo.sentence in texts(further(result, loo=loo))
    assert "needs each of them by itself" in texts(further(result, loo=None))


def test_prior_sensitivity_in_words(result: Comparison) -> None:
    """Parameters that follow their prior are named; where none does it says so."""
    assert result.supplement is not None
    quiet = result.supplement.sensitivity.assign(diagnosis="fine")
    loud = quiet.assign(diagnosis=["fine", "potential prior-data conflict", "fine", "potential prior-data conflict"])
    assert "The prior moves none of the parameters" in texts(further(result, sensitivity=quiet))
    assert "The prior moves mu1 and sigma." in texts(further(result, sensitivity=loud))
    assert table(further(result, sensitivity=loud), "Prior sensitivity").rows[1][-1] == "potential prior-data conflict"


def test_marks_of_mistakes_are_told(result: Comparison) -> None:
    """A known mistake that the draws bear the mark of is named with what was found; without any it says so."""
    found = Recognition(fault=FAULTS[0], strength=3.0, distance=0.1, explanation="The draws are narrow.")
    assert f"{FAULTS[0].name}: The draws are narrow." in texts(further(result, mistakes=(found,)))
    assert "mark of none of the known mistakes" in texts(further(result, mistakes=()))


def test_attempts_of_the_sampler_are_told(result: Comparison) -> None:
    """Where it took more than one attempt each is listed; one alone is a line."""
    made = (
        Attempt(name="as asked", status=SamplerStatus.NOT_MIXED, seconds=1.24),
        Attempt(name="longer", status=SamplerStatus.PASSED, seconds=3.0),
    )
    again = replace(result, posterior=replace(result.posterior, attempts=made))
    assert table(again, "Attempts of the sampler").rows[0] == ("as asked", "1.2", SamplerStatus.NOT_MIXED.value)
    assert "It was sampled once, as asked, and passed." in texts(result)


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ((1.234, 5.678), "1.2 to 5.7"),
        ((-math.inf, 5.678), "open to 5.7"),
        ((math.nan, 5.678), "not found to 5.7"),
        ((math.nan, math.nan), "not found"),
    ],
)
def test_open_ends_and_missing_intervals(result: Comparison, ends: tuple[float, float], told: str) -> None:
    """An end that the data leave open is told from one that was not found, in the table and beside the figure."""
    intervals = result.intervals.copy()
    intervals.loc["mu1", ["profile_lower", "profile_upper"]] = ends
    other = replace(result, intervals=intervals, table=result.table.assign(posterior_sd=1.0))
    assert table(other, "Four kinds of 95 % interval").rows[1][2] == told
    seen = f"most for mu1: Wald 4.8 to 5.3, profile likelihood {told}, bootstrap"
    assert seen in pictures(other)["forest"].alt
