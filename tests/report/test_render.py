"""The pages as HTML and Markdown."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from cmarkgfm import github_flavored_markdown_to_html
from pages import PROVENANCE, document, page

from mixstudy.comparison.compare import Comparison
from mixstudy.report.folder import STUDY
from mixstudy.report.render import markdown, render_markdown
from mixstudy.report.write import write_report


def test_html_requests_nothing(written: Path) -> None:
    """The page refers to nothing but itself."""
    found = (written / "report.html").read_text()
    targets = re.findall(r"\b(?:src|(?:xlink:)?href|action|data)\s*=\s*[\"']([^\"']*)", found)
    targets += re.findall(r"url\(([^)]*)\)", found)
    assert targets
    assert [t for t in targets if not t.startswith(("#", "data:"))] == []
    assert "@import" not in found


def test_html_ids_are_unique_and_references_resolve(written: Path) -> None:
    """No id is shared by two figures, and every reference within them has its target."""
    found = re.sub(r"<script>.*?</script>", "", (written / "report.html").read_text(), flags=re.DOTALL)
    ids = re.findall(r'\bid="([^"]*)"', found)
    references = re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', found)
    assert len(ids) == len(set(ids))
    assert {a or b for a, b in references} <= set(ids)


def test_html_states_the_verdict_and_escapes(result: Comparison) -> None:
    """The verdict stands at the top with its colour, and text from the data is escaped."""
    found = page(result)
    assert f'<p class="answer good">{result.sentence.replace("'", "&#39;")}</p>' in found
    assert '<meta name="generator" content="mixstudy">' in found
    assert "a &lt;b&gt;_&amp; 100 %|c" in found
    assert "<b>" not in found


def test_agreement_on_a_wrong_model_is_not_green(result: Comparison) -> None:
    """Where the data do not look like the model, agreement is marked as something to beware of."""
    found = replace(result.adequacy.findings[0], judged=True, p_value=0.0)
    off = replace(result, adequacy=replace(result.adequacy, findings=(found,)))
    assert document(result).tone == "good"
    assert document(off).tone == "warn"


def test_html_allows_no_other_script(result: Comparison) -> None:
    """The policy of the page names its one script by its hash, and nothing else may run or load."""
    import base64
    import hashlib

    (script,) = re.findall(r"<script>(.*?)</script>", page(result), flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page(result)
    assert "default-src 'none'" in page(result)


def test_html_every_figure_has_an_alternative(written: Path) -> None:
    """Each figure, the player and the two of the climb among them, carries a role and a text alternative."""
    found = (written / "report.html").read_text()
    named = re.findall(r'role="img" aria-label="[^"]{40,}"><svg aria-hidden="true"', found)
    assert len(named) == found.count("<svg ") == len(STUDY.figures) + 3


def test_html_without_em(bare: Comparison) -> None:
    """A comparison of bare parameters is rendered without EM's figures, and says why."""
    found = page(bare)
    assert "no run of EM to show" in found
    assert "player-frame" not in found
    assert found.count("<svg ") == len(STUDY.figures) - 2


def test_html_same_result_same_page(result: Comparison, written: Path, tmp_path: Path) -> None:
    """Writing twice gives the same bytes."""
    again = write_report(result, tmp_path, provenance=PROVENANCE)
    assert again.read_bytes() == (written / "report.html").read_bytes()


@pytest.mark.parametrize(
    "text", ["https://a.example", "(ftp://a.example)", "www.a.example", "me@a.example", "mailto:me@a.example", "[a](b)"]
)
def test_markdown_makes_no_links(text: str) -> None:
    """What a column is called is text on a code host (by GitHub's own renderer), never a link."""
    assert "href" not in github_flavored_markdown_to_html(markdown(text))
    assert "href" in github_flavored_markdown_to_html(text)


def test_markdown_finds_its_figures(written: Path) -> None:
    """The Markdown refers to its figures by relative links that resolve, tells what is seen, and escapes."""
    text = (written / "report.md").read_text()
    links = re.findall(r"!\[(.{40,}?)\]\(([^)]*)\)", text)
    assert {target for _, target in links} == {f"figures/{name}.svg" for name in STUDY.figures}
    assert all((written / target).is_file() for _, target in links)
    assert "# EM and the posterior: a \\<b\\>\\_\\& 100 %\\|c\n" in text


def test_markdown_tables_are_rectangular(result: Comparison) -> None:
    """Every row of a table has as many cells as its header, whatever characters the cells hold."""
    lines = render_markdown(document(result)).splitlines()
    blocks = "\n".join(line if line.startswith("|") else "" for line in lines).split("\n\n")
    tables = [block.strip().splitlines() for block in blocks if block.strip()]
    assert len(tables) >= 8
    for rows in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
        assert re.fullmatch(r"\|( :?---:? \|)+", rows[1])
