"""The reports as a person meets them: opened in Chromium, read, played, in the dark, by keyboard, on paper."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import mixstudy as ms
from mixstudy.study.design import Design
from mixstudy.study.replicate import Study

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

SCREEN, PHONE = {"width": 1280, "height": 800}, {"width": 400, "height": 800}
COLOURS = """
() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim(), element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility() || element.closest("script, style")) continue;
    let ground = element;
    while (ground && getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
    const back = ground ? getComputedStyle(ground).backgroundColor : "rgb(255, 255, 255)";
    found.push([text, getComputedStyle(element).color, back]);
  }
  return found;
}
"""
"""Every visible text of a page with its colour and that of its ground."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright; without either these tests are skipped."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def comparison_report(
    faithful: ms.WeightedSample, faithful_posterior: ms.Posterior, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The report of Old Faithful."""
    result = ms.compare(ms.fit_em(faithful), faithful_posterior)
    return ms.write_report(result, tmp_path_factory.mktemp("comparison"))


@pytest.fixture(scope="module")
def study_report(study_table: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a replication study."""
    from mixstudy.report.write import write_study_report

    folder = tmp_path_factory.mktemp("study")
    return write_study_report(Study(design=Design(), folder=folder, table=study_table, damaged=()))


@pytest.fixture(params=["comparison", "study"])
def report(request: pytest.FixtureRequest) -> Path:
    """Each of the reports in turn."""
    path: Path = request.getfixturevalue(f"{request.param}_report")
    return path


@pytest.fixture
def visit(browser: Browser) -> Iterator[Any]:
    """Opens a report in a fresh window: ``visit(path, **settings of the window)``."""
    windows = []

    def opened(path: Path, **settings: Any) -> Page:
        windows.append(browser.new_context(**{"viewport": SCREEN, **settings}))
        page = windows[-1].new_page()
        page.goto(path.as_uri())
        return page

    yield opened
    for window in windows:
        window.close()


def contrast(one: str, two: str) -> float:
    """Contrast ratio of two colours ``rgb(r, g, b)`` (WCAG 2.2)."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, light = sorted((luminance(one), luminance(two)))
    return (light + 0.05) / (dark + 0.05)


def shown(page: Page) -> list[str]:
    """Ids of the player's frames that are seen."""
    frames = "[...document.querySelectorAll('.player [id*=\"-frame-\"]')]"
    found: list[str] = page.evaluate(f"{frames}.filter(f => getComputedStyle(f).display !== 'none').map(f => f.id)")
    return found


def controls(page: Page) -> tuple[Locator, Locator, Locator]:
    """The player's button, slider and line of text."""
    player = page.locator(".player")
    return player.get_by_role("button"), player.get_by_role("slider"), player.get_by_role("status")


def test_page_is_silent_and_asks_nobody(browser: Browser, report: Path) -> None:
    """Opening a report raises no error in the console and requests nothing but the page itself."""
    page = browser.new_page()
    errors: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    page.close()
    assert errors == []
    assert asked == [report.as_uri()]


@pytest.mark.parametrize("size", [SCREEN, PHONE], ids=["1280", "400"])
def test_nothing_overflows(visit: Any, report: Path, size: dict[str, int]) -> None:
    """The page is no wider than the window; what is wider scrolls within itself."""
    page = visit(report, viewport=size)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_first_screen_answers(visit: Any, report: Path) -> None:
    """Sentence, figure and numbers are on the first screen of a laptop, without scrolling."""
    page = visit(report)
    for part in (".answer", ".first figure", ".first table"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= SCREEN["height"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(visit: Any, report: Path, scheme: str) -> None:
    """Every visible text stands out from its ground by 4.5 to 1 or more, also in dark mode, which is dark."""
    page = visit(report, color_scheme=scheme)
    found = page.evaluate(COLOURS)
    assert len(found) > 100
    assert [(text, a, b) for text, a, b in found if contrast(a, b) < 4.5] == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (contrast(ground, "rgb(255, 255, 255)") > 4.5) == (scheme == "dark")


def test_every_figure_has_a_name(visit: Any, report: Path) -> None:
    """Each drawing is an image whose name, as a screen reader says it, tells what is seen."""
    page = visit(report)
    names = page.get_by_role("img").evaluate_all("all => all.map(each => each.ariaLabel)")
    assert len(names) == page.locator("svg").count() >= 3
    assert all(len(name) > 40 for name in names)
    assert len(set(names)) == len(names)


def test_headings_are_in_order(visit: Any, report: Path) -> None:
    """There is one heading of the first level, before all others, and no level is left out."""
    levels = visit(report).locator("h1, h2, h3, h4").evaluate_all("all => all.map(each => Number(each.tagName[1]))")
    assert levels.count(levels[0]) == levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_keyboard_reaches_all_that_scrolls(visit: Any, report: Path) -> None:
    """By the tabulator one comes to the links first, then to each table and figure that may scroll."""
    page = visit(report, viewport=PHONE)
    page.evaluate("window.reached = []; addEventListener('focusin', event => reached.push(event.target))")
    regions = page.locator("[role=region]")
    for _ in range(80):
        page.keyboard.press("Tab")
    assert regions.count() > 5
    assert page.evaluate("reached[0].localName") == "a"
    assert regions.evaluate_all("all => all.filter(each => !reached.includes(each)).map(each => each.ariaLabel)") == []


def test_player_plays_and_pauses(visit: Any, comparison_report: Path) -> None:
    """It starts over from the first iteration, shows one at a time, says which, and stops at a click."""
    page = visit(comparison_report)
    button, slider, text = controls(page)
    last = shown(page)
    page.clock.install()
    button.click()
    assert shown(page) == ["player-frame-0"]
    page.clock.run_for(1000)
    button.click()
    halfway = shown(page)
    assert len(halfway) == 1
    assert halfway not in (["player-frame-0"], last)
    assert re.fullmatch(r"iteration \d+ of \d+, log-likelihood -\d+\.\d+ nats", text.inner_text())
    page.clock.run_for(10_000)
    assert shown(page) == halfway
    button.click()
    page.clock.run_for(60_000)
    assert shown(page) == last
    assert button.inner_text() == "Play"
    assert slider.input_value() == slider.get_attribute("max")


def test_player_by_keyboard(visit: Any, comparison_report: Path) -> None:
    """The slider goes through the iterations by the arrow keys, and a screen reader hears which."""
    page = visit(comparison_report)
    _, slider, text = controls(page)
    slider.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert shown(page) == ["player-frame-1"]
    assert text.get_attribute("aria-live") == "polite"
    assert slider.get_attribute("aria-valuetext") == text.inner_text()
    assert "iteration" in text.inner_text()


def test_player_respects_reduced_motion(visit: Any, comparison_report: Path) -> None:
    """Who asked for less motion gets no button that moves things, but the slider."""
    button, slider, _ = controls(visit(comparison_report, reduced_motion="reduce"))
    assert not button.is_visible()
    assert slider.is_visible()


@pytest.mark.parametrize("how", ["without JavaScript", "in print"])
def test_player_at_rest_shows_the_end(visit: Any, comparison_report: Path, how: str) -> None:
    """Without JavaScript and on paper the last iteration is seen, and no control."""
    page = visit(comparison_report, java_script_enabled=how == "in print")
    count = page.locator(".player [id*='-frame-']").count()
    if how == "in print":
        controls(page)[0].click()
        page.emulate_media(media="print")
    assert shown(page) == [f"player-frame-{count - 1}"]
    assert not page.locator(".controls").is_visible()


def test_page_prints(visit: Any, report: Path) -> None:
    """Printing gives a PDF of several pages, not of twenty, black on white also from dark mode."""
    page = visit(report, color_scheme="dark")
    printed = page.pdf(format="A4")
    page.emulate_media(media="print", color_scheme="dark")
    assert printed.startswith(b"%PDF")
    assert 1 < len(re.findall(rb"/Type\s*/Page\b", printed)) < 20
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_page_is_small(report: Path) -> None:
    """A report with all its figures is below 1.5 MB."""
    assert report.stat().st_size < 1_500_000
