"""The documents keep to the code: columns, keys, terms, the way to cite, the reference made from the docstrings."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import mixstudy as ms
from mixstudy.arviz import for_arviz
from mixstudy.cli.app import app
from mixstudy.comparison.checks import CHECKS
from mixstudy.diagnosis.alternatives import Alternative
from mixstudy.diagnosis.draws import read_draws_beside
from mixstudy.diagnosis.oddities import Oddity
from mixstudy.report.overview import Studied, write_overview
from mixstudy.report.serialise import as_json, assessment_json
from mixstudy.study import calibrate, power
from mixstudy.study.calibrate import BY, QUANTITIES, calibration_summary
from mixstudy.study.data_set import INTERVALS, SCHEMA
from mixstudy.study.design import Design, StudyDesign
from mixstudy.study.power import power_summary
from mixstudy.study.power_design import GRID
from mixstudy.study.provenance import PACKAGES, provenance
from mixstudy.study.summary import large_sample, summarise

ROOT = Path(__file__).parents[1]
COLUMNS, MANUAL = ((ROOT / f"notebooks/{name}.md").read_text("utf-8") for name in ("columns", "manual"))
CAPITALS = {
    "PARAMETER": (*ms.LABELS,),
    "CHECK": (*CHECKS,),
    "KIND": INTERVALS,
    "QUANTITY": QUANTITIES,
    "PACKAGE": PACKAGES,
}
"""What the words in capitals stand for."""


def described(heading: str) -> set[str]:
    """The names in the table under a heading, those in capitals written out."""
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", COLUMNS, re.MULTILINE | re.DOTALL)[1]
    return {name for cell in re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE) for name in written_out(cell)}


def written_out(name: str) -> list[str]:
    """Every name that one with words in capitals stands for; inside a column's name a blank is ``_``."""
    for word, values in CAPITALS.items():
        if re.search(rf"(?<![A-Z]){word}(?![A-Z])", name):
            inside = f"_{word}" in name or f"{word}_" in name
            return [
                each
                for value in values
                for each in written_out(name.replace(word, value.replace(" ", "_") if inside else value))
            ]
    return [name]


def paths(value: object, path: str = "") -> set[str]:
    """Where the values of a JSON document are; a dot goes into an object, brackets into the items of a list."""
    if isinstance(value, dict):
        return {each for key, item in value.items() for each in paths(item, f"{path}.{key}" if path else key)}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {each for item in value for each in paths(item, f"{path}[]")}
    return {path}


@pytest.fixture(scope="module")
def compressed() -> ms.Comparison:
    """A comparison of compressed observations whose truth is known: it has everything that a comparison may have."""
    em = ms.fit_em(ms.simulate(ms.ORIGIN, n=2000, seed=0))
    result = ms.compare(em, ms.sample_posterior(em.sample, seed=0), truth=ms.ORIGIN)
    mistakes = ms.recognise([0.7, *[*em.parameters][1:]], em.sample, fit=em)
    return replace(result, supplement=replace(result.supplement, mistakes=mistakes))


def test_comparison_csv_is_described(compressed):
    """Each column of ``comparison.csv`` has its line."""
    assert described("comparison.csv") == {"parameter", *compressed.table.columns}


def test_studies_are_described(compressed, tmp_path, monkeypatch):
    """Every column of studies.csv that comparison.csv lacks, and every key of studies.json."""
    monkeypatch.setattr("mixstudy.report.overview.write_report", lambda *_, **__: None)
    write_overview([Studied(file=name, outcome=compressed) for name in ("a", "b")], tmp_path)
    further = {*pd.read_csv(tmp_path / "studies.csv").columns} - {*compressed.table.columns}
    assert described("studies.csv") == further
    keys = paths(json.loads((tmp_path / "studies.json").read_text()))
    assert described("studies.json") - {"provenance"} == {key for key in keys if not key.startswith("provenance")}


def test_em_trace_csv_is_described(compressed):
    """Each column of ``em_trace.csv`` has its line."""
    assert described("em_trace.csv") == {"iteration", *compressed.em.trace.columns}


def test_comparison_json_is_described(compressed):
    """Each key of ``comparison.json`` has its line."""
    assert described("comparison.json") == paths(as_json(compressed, provenance()))


def test_check_json_is_described(compressed):
    """Each key of ``check.json`` has its line; what is explained under which title depends on the numbers."""
    wrong = [0.7, *[*compressed.em.parameters][1:]]
    found = ms.check_estimate(wrong, compressed.posterior.sample, posterior=compressed.posterior)
    oddity = Oddity("ties", "Many are equal.", "Round less.")
    reading = read_draws_beside(compressed.posterior.chains, compressed.posterior.sample)
    whole = replace(found, reading=reading, oddities=(oddity,), alternative=Alternative("a wider one", 12.0))
    keys = paths(assessment_json(whole, provenance()))
    assert described("check.json") == {re.sub(r"^explanation\..*", "explanation.SECTION", key) for key in keys}


def test_posterior_nc_is_described(compressed, faithful_posterior):
    """Each variable has its line, whether or not observations were compressed; the sampler's own have none."""
    trees = [for_arviz(each) for each in (compressed.posterior, faithful_posterior)]
    found = {f"{name}.{each}" for tree in trees for name, group in tree.children.items() for each in group.data_vars}
    assert described("posterior.nc") == {each for each in found if not each.startswith("sample_stats.")}


@pytest.mark.parametrize(
    ("heading", "schema"),
    [
        ("results.parquet of replicate", SCHEMA),
        ("results.parquet of replicate --calibrate", calibrate.SCHEMA),
        ("results.parquet of power", power.SCHEMA),
    ],
)
def test_results_are_described(heading, schema):
    """Each column of a study's table has its line."""
    assert described(heading) == set(schema.names)


def test_summaries_are_described(study_table):
    """Each column of the summaries, and each measure, has its line."""
    summary = summarise(study_table)
    assert described("summary.csv") == set(summary.columns)
    assert described("Measures of summary.csv") == set(summary["measure"])
    assert described("large_sample.csv") == set(large_sample(study_table).columns)


def test_the_summary_of_a_calibration_is_described():
    """Each column of ``calibration.csv`` has its line."""
    row = {"n": 100, "sampler_status": "PASSED", "integral_status": "TRUSTED"}
    row |= {f"{by}_{quantity}": 0.5 for by in BY for quantity in QUANTITIES}
    assert described("calibration.csv") == set(calibration_summary(pd.DataFrame([row, row])).columns)


def test_the_summary_of_power_is_described():
    """Each column of ``power.csv`` has its line."""
    row = {"fault": "none", "n": 100, "separation": 3.0, "weight": 0.3, "replicate": 0, "sampler": "pass"}
    rows = pd.DataFrame(
        [row | {"moved": 0.0, "verdict": "agree", "named": True, "located": None, "wrongly_named": False}]
    )
    assert described("power.csv") == set(power_summary(rows).columns)


@pytest.mark.parametrize(
    ("heading", "keys"),
    [("Design of replicate", {*Design().as_dict()}), ("Design of power", {*GRID, *StudyDesign().as_dict(), "cells"})],
)
def test_designs_are_described(heading, keys):
    """Each key that a design file may have has its line."""
    assert described(heading) == keys


def cite(*arguments: str) -> str:
    """What ``mixstudy cite`` prints."""
    found = CliRunner().invoke(app, ["cite", *arguments])
    assert found.exit_code == 0
    return found.output


def test_citation_cff_is_what_the_command_prints():
    """The file that code hosts read has the version that is built, and says what the command says."""
    assert (ROOT / "CITATION.cff").read_text("utf-8") == cite("--format", "cff")


@pytest.mark.parametrize("arguments", [[], ["--format", "apa"], ["--format", "cff"]])
def test_the_way_to_cite_names_title_and_version(arguments):
    """Every format names the program's title and the version that is installed."""
    text = cite(*arguments)
    assert "one mixture model estimated twice, by EM and by PyMC" in text
    assert provenance()["version"] in text


def test_bibtex_is_one_entry():
    """The default is an entry that BibTeX can read: braces in balance, each field named once."""
    text = cite()
    assert text.startswith("@software{mixstudy,")
    assert text.count("{") == text.count("}")
    assert re.findall(r"^  (\w+) +=", text, re.MULTILINE) == ["author", "title", "version", "year"]


class Links(HTMLParser):
    """The places of a page, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note ids, and the targets of links."""
        given = dict(attrs)
        self.places.add(given.get("id") or "")
        if tag == "a" and given.get("href"):
            self.links.add(given["href"])


def read_links(page: Path) -> Links:
    """Parse one page."""
    found = Links()
    found.feed(page.read_text("utf-8"))
    return found


@pytest.mark.skipif(find_spec("pdoc") is None, reason="pdoc, which makes the reference, is not installed")
def test_the_reference_has_no_dead_link(tmp_path):
    """The manual's command makes the reference of all public names, and each link inside it leads somewhere."""
    command = re.search(r"^uv run (pdoc .*)$", MANUAL, re.MULTILINE)[1].split()
    command[command.index("reference")] = str(tmp_path)
    subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True, capture_output=True)  # noqa: S603
    pages = {page.resolve(): read_links(page) for page in tmp_path.rglob("*.html")}
    assert {*ms.__all__} - {"plots"} <= pages[(tmp_path / "mixstudy.html").resolve()].places
    for page, found in pages.items():
        for link in (each for each in found.links if "://" not in each):
            path, _, place = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target in pages, f"{page.name}: {link}"
            assert place in pages[target].places | {""}, f"{page.name}: {link}"


def test_what_remakes_the_results_loads():
    """The command that the manual names for the committed results finds all that it imports."""
    loaded = runpy.run_path(str(ROOT / "notebooks" / "results" / "make.py"), run_name="loaded")
    committed = {path.name for path in (ROOT / "notebooks" / "results").iterdir()}
    assert {*loaded["OF_STUDY"], *loaded["OF_CALIBRATION"]} <= committed
