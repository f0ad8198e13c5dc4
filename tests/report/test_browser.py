"""The reports as a person meets them: opened in Chromium, read, played, in the dark, by keyboard, on paper."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from pages import trace_of

import mixstudy as ms
from mixstudy.faults.catalogue import BY_NAME
from mixstudy.faults.reproduce import reproduce
from mixstudy.report.explorer import MISTAKES
from mixstudy.report.overview import Studied, write_overview
from mixstudy.study.calibrate import BY, QUANTITIES, Calibration, CalibrationDesign
from mixstudy.study.design import Design
from mixstudy.study.replicate import Study

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

SCREEN, PHONE = {"width": 1280, "height": 800}, {"width": 400, "height": 800}
AXE = "axe-core@4"
"""The accessibility checker, from npm."""
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
LETTERS = """
all => all.filter(svg => svg.checkVisibility()).map(svg => {
  const scale = svg.clientWidth / svg.viewBox.baseVal.width;
  const texts = [...svg.querySelectorAll("g[id*='text_'] > g[transform*='scale']")];
  const sizes = texts.map(text => 100 * /scale\\(([\\d.]+)/.exec(text.getAttribute("transform"))[1]);
  return Math.min(...sizes) * scale;
})
"""
"""Height of the smallest letters of each drawing as they are seen, dots; its text is drawn at size / 100."""
SMALLEST_LETTER = 7.9
"""What is still read on a phone held at arm's length; captions have 15."""
LESSONS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright; without either these tests are skipped."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def faithful_fit(faithful: ms.WeightedSample) -> ms.EMFit:
    """The maximum for Old Faithful."""
    return ms.fit_em(faithful)


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
    from mixstudy.report.results import write_results

    folder = tmp_path_factory.mktemp("study")
    return write_results(Study(design=Design(), folder=folder, table=study_table, damaged=()))


@pytest.fixture(scope="module")
def check_report(origin_sample: ms.WeightedSample, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of printed iterations whose sigma is wrong."""
    return ms.write_report(
        ms.check_estimate(None, origin_sample, trace=trace_of(origin_sample.points, added=0.1)),
        tmp_path_factory.mktemp("check"),
    )


@pytest.fixture(scope="module")
def overview_report(
    faithful: ms.WeightedSample, faithful_posterior: ms.Posterior, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The report of two files, and of one that could not be read."""
    result = ms.compare(ms.fit_em(faithful), faithful_posterior, thorough=False)
    outcomes = {
        "waiting times of a geyser.csv": result,
        "b.csv": result,
        "c.csv": "c.csv: no such file; check the path",
    }
    studied = [Studied(file=file, outcome=outcome) for file, outcome in outcomes.items()]
    return write_overview(studied, tmp_path_factory.mktemp("overview"))


@pytest.fixture(scope="module")
def calibration_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a calibration whose ranks are uniform."""
    from mixstudy.report.results import write_results

    folder, ranks = tmp_path_factory.mktemp("calibration"), np.random.default_rng(0).random((40, 2 * len(QUANTITIES)))
    table = pd.DataFrame(ranks, columns=[f"{by}_{name}" for by in BY for name in QUANTITIES])
    told = {"n": 100, "sampler_status": "PASSED", "integral_status": "TRUSTED", "attempts": "as asked: PASSED"}
    rows = table.assign(**told, reason=None, versions="mixstudy 0", replicate=range(40), seed=0)
    return write_results(Calibration(design=CalibrationDesign(), folder=folder, table=rows, damaged=()))


@pytest.fixture(params=["comparison", "study", "check"])
def report(request: pytest.FixtureRequest) -> Path:
    """Each of the reports with figures in turn."""
    path: Path = request.getfixturevalue(f"{request.param}_report")
    return path


@pytest.fixture(params=["comparison", "study", "check", "overview", "calibration"])
def any_report(request: pytest.FixtureRequest) -> Path:
    """Each of the reports in turn, those of several files and of a calibration too."""
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
    assert len(names) == page.locator("svg").count() >= 2
    assert all(len(name) > 40 for name in names)
    assert len(set(names)) == len(names)


def test_headings_are_in_order(visit: Any, any_report: Path) -> None:
    """There is one heading of the first level, before all others, and no level is left out."""
    levels = visit(any_report).locator("h1, h2, h3, h4").evaluate_all("all => all.map(each => Number(each.tagName[1]))")
    assert levels.count(levels[0]) == levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_keyboard_reaches_all_that_scrolls(visit: Any, report: Path) -> None:
    """By the tabulator one comes to the links first, then to each table and figure that may scroll."""
    page = visit(report, viewport=PHONE)
    page.evaluate("window.reached = []; addEventListener('focusin', event => reached.push(event.target))")
    regions = page.locator("[role=region]:visible")
    for _ in range(80):
        page.keyboard.press("Tab")
    assert regions.count() > 4
    assert page.evaluate("reached[0].localName") == "a"
    assert regions.evaluate_all("all => all.filter(each => !reached.includes(each)).map(each => each.ariaLabel)") == []


def test_player_plays_and_pauses(visit: Any, comparison_report: Path) -> None:
    """It starts over from the first iteration, shows one at a time, says which, and stops at a click."""
    page = visit(comparison_report)
    button, slider, text = controls(page)
    last = shown(page)
    page.clock.install(time=0)
    page.clock.pause_at(1000)  # from here time passes only as it is told to
    button.click()
    assert shown(page) == ["player-frame-0"]
    page.clock.run_for(500)  # two of the five iterations
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
    assert page.locator(".controls:visible").count() == 0


def climb(page: Page, across: float, up: float, mistake: str = "") -> tuple[list[float], list[float]]:
    """Click on the map, in shares of the drawing, and return the first and the last row of the climb's table."""
    page.locator(".explorer select").select_option(mistake)
    box = page.locator(".explorer .map").bounding_box()
    assert box is not None
    page.locator(".explorer .map").click(position={"x": across * box["width"], "y": (1 - up) * box["height"]})
    rows = page.locator(".explorer tbody tr")
    first, last = (
        [float(cell) for cell in rows.nth(k).locator("td").all_text_contents()[:4]] for k in (0, rows.count() - 1)
    )
    return first, last


@pytest.fixture
def still(visit: Any, comparison_report: Path) -> Page:
    """The comparison's page for one who asked for less motion: a climb is shown at its end at once."""
    page: Page = visit(comparison_report, reduced_motion="reduce")
    return page


@pytest.mark.parametrize(("across", "up"), [(0.3, 0.7), (0.75, 0.35), (0.35, 0.6)])
def test_the_pages_em_ends_where_ours_ends(across: float, up: float, still: Page, faithful: ms.WeightedSample) -> None:
    """From where the reader clicked the page's EM comes to rest where textbook EM does, to a millionth."""
    start, end = climb(still, across, up)
    ours = ms.fit_em_plain(faithful, start=start, iterations=3000).iterates[-1, :4]
    assert start[0] == 0.5
    assert end == pytest.approx(ours.tolist(), abs=1e-6)
    assert "maximum" in still.locator(".explorer output").inner_text()


@pytest.mark.parametrize("name", MISTAKES)
def test_the_pages_mistakes_end_where_the_catalogues_end(
    name: str, still: Page, faithful: ms.WeightedSample, faithful_fit: ms.EMFit
) -> None:
    """Each mistake, made in the page, ends where the catalogue's iteration ends from the same start."""
    start, end = climb(still, 0.35, 0.6, name)
    wanted = next(iter(reproduce(name, faithful, fit=faithful_fit, start=start).values()))
    how = still.locator(".explorer").get_attribute("data-how")
    assert (how == "rest") == bool(np.isfinite(wanted).all())
    assert how != "rest" or end == pytest.approx(wanted.tolist(), abs=1e-6)
    wrong, right = still.locator(".explorer .lines dd").all_text_contents()
    assert (wrong, right) == (BY_NAME[name].wrong, BY_NAME[name].right)


def test_mistakes_make_a_difference(still: Page) -> None:
    """No two of the steps end at the same place from the same start, and only the right one at the maximum."""
    ends = [climb(still, 0.35, 0.6, name)[1] for name in ("", *MISTAKES)]
    assert all(max(abs(a - b) for a, b in zip(*pair, strict=True)) > 1e-3 for pair in itertools.combinations(ends, 2))


def test_climb_where_no_maximum_is_known(
    visit: Any, faithful: ms.WeightedSample, faithful_posterior: ms.Posterior, tmp_path: Path
) -> None:
    """The page of a run that was stopped early climbs as well, and calls nothing a maximum."""
    stopped = ms.fit_em_plain(faithful, start=[0.5, 60, 75, 20], iterations=2)
    path = ms.write_report(ms.compare(stopped, faithful_posterior, thorough=False), tmp_path)
    page = visit(path, reduced_motion="reduce")
    _, end = climb(page, 0.35, 0.6)
    assert end[1:3] == pytest.approx([54.6136, 80.0903], abs=1e-3)
    assert "no maximum is known" in page.locator(".explorer output").inner_text()


def test_climb_by_keyboard(still: Page) -> None:
    """Arrows move the start, Enter climbs, Escape clears, and a voice hears each."""
    told, field = still.locator(".explorer output"), still.locator(".explorer .map")
    field.focus()
    still.keyboard.press("ArrowRight")
    first = told.inner_text()
    still.keyboard.press("ArrowUp")
    assert first.startswith("Start at mu1 ")
    assert told.inner_text() != first
    still.keyboard.press("Enter")
    assert "EM rests at" in told.inner_text()
    assert told.get_attribute("aria-live") == "polite"
    still.keyboard.press("Escape")
    assert told.inner_text() == "Cleared."
    assert still.locator(".explorer .trail *").count() == 0


def test_climb_goes_iteration_by_iteration(visit: Any, comparison_report: Path) -> None:
    """It is shown from the start on, is stopped by the slider, and ends by itself otherwise."""
    page = visit(comparison_report)
    page.clock.install(time=0)
    page.clock.pause_at(1000)  # from here time passes only as it is told to
    climb(page, 0.35, 0.6)
    slider, told = page.locator(".explorer input"), page.locator(".explorer output")
    page.clock.run_for(300)
    assert 0 < int(slider.input_value()) < int(slider.get_attribute("max"))
    assert told.inner_text().startswith("Iteration ")
    page.clock.run_for(20_000)
    assert slider.input_value() == slider.get_attribute("max")
    slider.focus()
    page.keyboard.press("Home")
    assert told.inner_text().startswith("Iteration 0: weight 0.5000")


def test_basins_of_both_labellings(still: Page) -> None:
    """The starts of the map end at the maximum, at the same with labels exchanged, or at the saddle between them."""
    sync_api = pytest.importorskip("playwright.sync_api")
    still.locator(".explorer .basins").click()
    sync_api.expect(still.locator(".shading rect")).to_have_count(36**2, timeout=60_000)
    told = still.locator(".explorer .ends li").all_text_contents()
    shares = [int(re.search(r"from (\d+) %", line)[1]) for line in told]
    assert sum(shares) == pytest.approx(100, abs=len(shares))
    assert sum("the maximum" in line and "below" not in line for line in told) == 2
    assert any("saddle" in line for line in told)


def test_map_without_javascript(visit: Any, comparison_report: Path) -> None:
    """Without JavaScript the map is a picture with its words, and there is nothing to press."""
    page = visit(comparison_report, java_script_enabled=False)
    assert page.locator(".explorer .map svg").is_visible()
    assert not page.locator(".explorer .controls").is_visible()


def test_page_repeats(faithful: ms.WeightedSample, faithful_posterior: ms.Posterior, tmp_path: Path) -> None:
    """The same result gives the same page, byte for byte."""
    result = ms.compare(ms.fit_em(faithful), faithful_posterior, thorough=False)
    pages = [ms.write_report(result, tmp_path / name, provenance={"program": "mixstudy"}) for name in ("one", "two")]
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_a_file_leads_to_its_report(visit: Any, overview_report: Path) -> None:
    """A click on a file's name opens the report of its study."""
    page = visit(overview_report)
    page.get_by_role("link", name="waiting times of a geyser.csv").first.click()
    assert page.url.endswith("/waiting-times-of-a-geyser/report.html")
    assert page.locator(".answer").inner_text().startswith("Agree")


@pytest.fixture(scope="session")
def axe(pytestconfig: pytest.Config) -> str:
    """The source of axe-core, installed from npm; without npm these tests are skipped."""
    npm, folder = shutil.which("npm"), Path(pytestconfig.cache.mkdir("axe"))
    source = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        if npm is None:
            pytest.skip("axe-core needs npm, which is not installed (Debian: apt-get install npm)")
        made = subprocess.run(  # noqa: S603
            [npm, "install", "--prefix", folder, "--no-audit", "--no-fund", AXE],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            pytest.skip(f"npm could not install {AXE}: {made.stderr.strip()[-200:]}")
    return source.read_text("utf-8")


def axe_findings(page: Page, axe: str) -> list[tuple[str, list[str]]]:
    """What axe-core (WCAG 2.2 A and AA, best practices) finds on the page with all that folds unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    page.evaluate(axe)
    found = page.evaluate("axe.run()")
    assert len(found["passes"]) > 10
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [SCREEN, PHONE], ids=["1280", "400"])
def test_axe_finds_nothing(visit: Any, any_report: Path, axe: str, scheme: str, size: dict[str, int]) -> None:
    """The accessibility checker axe-core has no finding on a report in use."""
    page = visit(any_report, color_scheme=scheme, viewport=size, reduced_motion="reduce")
    if page.locator(".explorer").count():
        climb(page, 0.35, 0.6, MISTAKES[0])
    assert axe_findings(page, axe) == []


@pytest.fixture(scope="module", params=sorted(path.name for path in LESSONS.glob("0*.ipynb")))
def lesson(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each lesson as a page."""
    path = tmp_path_factory.mktemp("lessons") / f"{request.param}.html"
    path.write_text(run_path(str(LESSONS / "pages.py"))["page"](LESSONS / request.param), "utf-8")
    return path


def test_axe_finds_nothing_on_lessons(visit: Any, lesson: Path, axe: str) -> None:
    """Nor on a lesson with its solutions unfolded, on a phone, where most of it scrolls; the page itself does not."""
    page = visit(lesson, viewport=PHONE)
    assert axe_findings(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_lessons_are_dark_where_that_is_asked_for(visit: Any, lesson: Path) -> None:
    """In dark mode the page is inverted as the drawings of the reports are, on a screen alone."""
    page = visit(lesson, color_scheme="dark")
    look = "getComputedStyle(document.documentElement).filter"
    assert page.evaluate(look).startswith("invert(0.9)")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(look) == "none"


@pytest.mark.parametrize("width", [400, 500, 700])
def test_nothing_is_cut_off_in_a_narrow_window(visit: Any, any_report: Path, width: int) -> None:
    """From a phone to half a screen tables stack and figures shrink; only those with many panels scroll sideways."""
    page = visit(any_report, viewport={**PHONE, "width": width})
    wide = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.ariaLabel)"
    found = page.locator(".scroll:visible").evaluate_all(wide)
    assert found == ["Figure: How often each interval holds the truth, in every cell."] * len(found)


def test_letters_are_legible_on_a_phone(visit: Any, any_report: Path) -> None:
    """No letter in a figure is smaller there than a body's can be read."""
    sizes = visit(any_report, viewport=PHONE).locator(".drawing svg").evaluate_all(LETTERS)
    assert all(size >= SMALLEST_LETTER for size in sizes), sizes


def test_page_prints(visit: Any, report: Path) -> None:
    """Printing gives a PDF of several pages, not of twenty, black on white also from dark mode."""
    page = visit(report, color_scheme="dark")
    printed = page.pdf(format="A4")
    page.emulate_media(media="print", color_scheme="dark")
    assert printed.startswith(b"%PDF")
    assert 1 < len(re.findall(rb"/Type\s*/Page\b", printed)) < 20
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_tables_keep_their_columns_on_paper(visit: Any, any_report: Path) -> None:
    """A4 between its margins is narrower than half a screen, and tables stay tables there, as wide as the paper."""
    page = visit(any_report, viewport={"width": 680, "height": 1000})
    page.emulate_media(media="print")
    assert page.locator(".stack thead").evaluate_all("all => all.every(each => each.checkVisibility())")
    assert page.evaluate("document.documentElement.scrollWidth") <= 680


def test_page_is_small(report: Path) -> None:
    """A report with all its figures is below 1.5 MB."""
    assert report.stat().st_size < 1_500_000
