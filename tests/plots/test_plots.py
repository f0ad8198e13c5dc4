"""Figures: what they show is what was computed, wherever they are drawn and at whatever scale."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import binomtest

import mixstudy as ms
from mixstudy import plots
from mixstudy.comparison.compare import Comparison
from mixstudy.compression.compress import compress
from mixstudy.model import LABELS, log_density, log_likelihood
from mixstudy.plots.data import histogram
from mixstudy.plots.em import MAX_FRAMES, iterate
from mixstudy.plots.labels import finish
from mixstudy.plots.output import DENSE_DPI, UNDATED
from mixstudy.plots.studies import wilson
from mixstudy.plots.surface import profile
from mixstudy.study.calibrate import BY, QUANTITIES

SINGLE = {
    "data": plots.plot_data,
    "responsibilities": plots.plot_responsibilities,
    "pit": plots.plot_pit,
    "challengers": plots.plot_challengers,
    "em trace": plots.plot_em_trace,
    "likelihood": plots.plot_likelihood,
    "surface": plots.plot_surface,
}
SEVERAL = {
    "posteriors": (plots.plot_posteriors, 4),
    "forest": (plots.plot_forest, 4),
    "joint": (plots.plot_joint, 6),
    "traces": (plots.plot_traces, 4),
    "verification": (plots.plot_verification, 4),
}


@pytest.fixture(scope="module")
def result(faithful: ms.WeightedSample, faithful_posterior: ms.Posterior) -> Comparison:
    """Old Faithful, with a truth made up beside the estimate."""
    em = ms.fit_em(faithful)
    truth = replace(em.parameters, mu1=em.parameters.mu1 + 1)
    return ms.compare(em, faithful_posterior, truth=truth, thorough=False)


@pytest.fixture(scope="module")
def bare(faithful_posterior: ms.Posterior, result: Comparison) -> Comparison:
    """An estimate that is off the maximum, came without a run, and has no known truth."""
    return ms.compare(replace(result.estimate, mu1=result.estimate.mu1 + 2), faithful_posterior, thorough=False)


@pytest.fixture(scope="module")
def figures(result: Comparison) -> dict[str, Figure]:
    """All figures of its report."""
    return plots.figures(result)


def lines(ax: Axes, label: str) -> np.ndarray:
    """The points of the line with that label, shape ``(k, 2)``."""
    (found,) = [line for line in ax.get_lines() if line.get_label() == label]
    return np.asarray(found.get_xydata())


def legend(axes: Axes | tuple[Axes, ...]) -> set[str]:
    """What the legends of a figure name."""
    figure = plots.figure_of(axes)
    legends = [*figure.legends, *(ax.get_legend() for ax in figure.axes if ax.get_legend())]
    return {text.get_text() for each in legends for text in each.get_texts()}


@pytest.mark.parametrize("name", SINGLE)
def test_one_panel_is_drawn_where_asked(name: str, result: Comparison) -> None:
    """A figure of one panel draws into the axes given, and else into a white figure of its own."""
    ax = Figure().subplots()
    assert SINGLE[name](result, ax) is ax
    assert plots.figure_of(SINGLE[name](result)).get_facecolor() == (1, 1, 1, 1)
    assert ax.get_xlabel()
    assert ax.get_ylabel()


@pytest.mark.parametrize("name", SEVERAL)
def test_panels_are_drawn_where_asked(name: str, result: Comparison) -> None:
    """A figure of several panels draws into the axes given, and says how many it needs."""
    plot, count = SEVERAL[name]
    given = Figure(layout="constrained").subplots(2, count // 2)
    assert plot(result, given) == tuple(given.flat)
    assert len(plot(result)) == count
    with pytest.raises(ValueError, match=f"has {count} panels, got 1 axes"):
        plot(result, [given.flat[0]])


def test_all_axes_are_named_with_units(figures: dict[str, Figure]) -> None:
    """Whatever has numbers on it has a name, and what has a unit says so."""
    for figure in figures.values():
        figure.draw_without_rendering()
        for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
            numbers = [tick for tick in axis.get_ticklabels() if tick.get_visible() and tick.get_text()]
            name = axis.get_label_text().replace("\n", " ")
            assert name or not numbers or numbers[0].get_text() == "Wald"
            assert not name.startswith(("mu", "sigma", "waiting")) or "(data units)" in name


def test_figures_come_in_the_order_of_the_report(figures: dict[str, Figure]) -> None:
    """All eleven are there where there is a run of EM and raw observations."""
    assert [*figures] == [
        "data", "forest", "posteriors", "joint", "responsibilities", "pit", "challengers", "climb", "surface",
        "verification", "traces",
    ]  # fmt: skip


def test_overview_is_one_figure(result: Comparison, bare: Comparison) -> None:
    """The most telling panels stand in one figure, with a run of EM and without one."""
    for each in (result, bare):
        figure = plots.overview(each)
        figure.draw_without_rendering()
        assert len(figure.subfigs) == 4


def test_landscape_is_symmetric(result: Comparison) -> None:
    """The map has the same ends on both axes, holds the data and the maximum, and marks it in both orders."""
    figures = plots.landscape(result)
    (ax,) = figures["landscape"].axes
    assert ax.get_xlim() == ax.get_ylim()
    assert ax.get_xlim()[0] < result.em.sample.points.min()
    at = result.estimate
    assert lines(ax, "maximum").tolist() == [[at.mu1, at.mu2], [at.mu2, at.mu1]]
    assert {"equal means", "saddle", "maximum"} == legend(ax)


def test_landscape_without_a_maximum(result: Comparison) -> None:
    """Of a run that was stopped early the map has the saddle alone."""
    stopped = ms.fit_em_plain(result.em.sample, start=[0.5, 75, 60, 20], iterations=2)
    figures = plots.landscape(replace(result, em=stopped))
    assert legend(figures["landscape"].axes) == {"equal means", "saddle"}
    assert "the estimate" in legend(figures["landscape-data"].axes)


def test_figures_without_a_run_or_raw_observations(bare: Comparison) -> None:
    """What needs a run of EM, or the observations themselves, is left out where there is none."""
    without = replace(bare, adequacy=replace(bare.adequacy, pit=None))
    assert [*plots.figures(without)] == [
        "data", "forest", "posteriors", "joint", "responsibilities", "challengers", "verification", "traces",
    ]  # fmt: skip


def test_what_is_missing_is_said(bare: Comparison) -> None:
    """A figure that needs what is not there says what."""
    for plot in (plots.plot_em_trace, plots.plot_likelihood, plots.plot_surface, plots.player, plots.frames):
        with pytest.raises(ValueError, match="no EM run to draw"):
            plot(bare)
    with pytest.raises(ValueError, match="no PIT to draw"):
        plots.plot_pit(replace(bare, adequacy=replace(bare.adequacy, pit=None)))


def test_histogram_has_mass_one(result: Comparison) -> None:
    """The data's histogram and both densities have mass one."""
    ax = plots.plot_data(result)
    heights, edges = histogram(result)
    assert heights @ np.diff(edges) == pytest.approx(1)
    for name in ("EM estimate", "posterior mean"):
        assert np.trapezoid(*lines(ax, name).T[::-1]) == pytest.approx(1, abs=5e-3)


def test_histogram_of_compressed_observations_does_not_ripple(origin_posterior: ms.Posterior) -> None:
    """Bins hold whole cells: counts depart from the density by no more than chance."""
    x = ms.simulate(ms.ORIGIN, n=300_000, seed=0)
    stand_in = ms.compare(ms.ORIGIN, origin_posterior, thorough=False)
    heights, edges = histogram(replace(stand_in, posterior=replace(origin_posterior, sample=compress(x))))
    fine = np.linspace(edges[:-1], edges[1:], 21)
    expected = np.trapezoid(np.exp(log_density(fine, ms.ORIGIN)), fine, axis=0) * x.size
    many = expected > 50
    z = (heights * np.diff(edges) * x.size - expected)[many] / np.sqrt(expected[many])
    assert np.abs(z).max() < 5


def test_lines_are_told_apart_without_colour(result: Comparison) -> None:
    """Estimate, posterior and truth have dashes of their own."""
    styles = {line.get_label(): line.get_linestyle() for line in plots.plot_data(result).get_lines()}
    assert len({styles[name] for name in ("EM estimate", "posterior mean", "truth")}) == 3


def test_chains_are_told_apart_in_grey(figures: dict[str, Figure]) -> None:
    """The legend's colours go from dark to light by a tenth or more, and the lightest stands out from white."""
    handles, names = figures["traces"].axes[0].get_legend_handles_labels()
    colours = [to_rgb(handle.get_color()) for handle, name in zip(handles, names, strict=True) if "chain" in name]
    greys = np.array(colours) @ [0.299, 0.587, 0.114]
    assert len(greys) == 4
    assert (np.diff(greys) > 0.1).all()
    assert greys[-1] < 0.8


def test_bands_are_told_from_bars_in_grey(result: Comparison) -> None:
    """The credible band over the data's bars has an edge, which the bars do not."""
    for plot in (plots.plot_data, plots.plot_responsibilities):
        (band,) = plot(result).collections
        assert to_rgb(band.get_edgecolor()[0]) == to_rgb(plots.BLUE)
        assert band.get_linewidth()[0] > 0


def test_responsibilities_fall_along_x(result: Comparison) -> None:
    """Responsibilities of the lower component fall from 1 to 0, the band about their mean."""
    ax = plots.plot_responsibilities(result)
    for name in ("EM estimate", "posterior mean"):
        heights = lines(ax, name)[:, 1]
        assert (np.diff(heights) < 0).all()
        assert heights[0] > 0.99
        assert heights[-1] < 0.01


def test_posteriors_show_the_draws(result: Comparison) -> None:
    """ArviZ's density of each parameter has mass one, and EM's normal curve its standard error."""
    for ax, label in zip(plots.plot_posteriors(result), LABELS, strict=True):
        x, height = lines(ax, "posterior").T
        assert np.trapezoid(height, x) == pytest.approx(1, abs=0.01)
        top = lines(ax, "EM: normal approximation")[:, 1].max()
        assert top == pytest.approx(1 / (math.sqrt(2 * math.pi) * result.table.loc[label, "em_se"]))


def test_forest_shows_all_four_intervals(result: Comparison) -> None:
    """Each panel has the ends of Wald, profile, bootstrap and credible interval."""
    for ax, label in zip(plots.plot_forest(result), LABELS, strict=True):
        drawn = [collection.get_segments()[0][:, 0] for collection in ax.collections]
        np.testing.assert_allclose(np.ravel(drawn), result.intervals.loc[label])
        if ax.get_subplotspec().is_first_col():
            assert [tick.get_text() for tick in ax.get_yticklabels()] == ["Wald", "profile", "bootstrap", "credible"]


def test_forest_open_and_missing_intervals(result: Comparison) -> None:
    """An open end is an arrow within the panel; an interval that was not found draws nothing."""
    intervals = result.intervals.copy()
    intervals.loc["mu1", "profile_lower"] = -np.inf
    intervals.loc["mu2", ["wald_lower", "wald_upper"]] = np.nan
    _, mu1, mu2, _ = plots.plot_forest(replace(result, intervals=intervals))
    (arrow,) = [line for line in mu1.get_lines() if line.get_marker() == "<"]
    assert mu1.get_xlim()[0] < arrow.get_xdata()[0] < result.estimate.mu1
    assert not [line for line in mu2.get_lines() if line.get_marker() in "<>" and line.get_marker()]


def test_forest_of_an_interval_beside_the_posterior(result: Comparison) -> None:
    """Intervals about a maximum that lies far from the posterior are drawn there, and end in no arrow."""
    ends = [f"{kind}_{end}" for kind in ("wald", "profile", "bootstrap") for end in ("lower", "upper")]
    intervals = result.intervals.copy()
    intervals.loc["mu2", ends] += 20 * result.table.loc["mu2", "posterior_sd"]
    ax = plots.plot_forest(replace(result, intervals=intervals))[2]
    drawn = [collection.get_segments()[0][:, 0] for collection in ax.collections]
    np.testing.assert_allclose(np.ravel(drawn), intervals.loc["mu2"])
    assert not {line.get_marker() for line in ax.get_lines()} & {"<", ">"}


def test_joint_ellipse_has_its_level(result: Comparison) -> None:
    """EM's ellipse lies ``-2 log(1 - level)`` from the estimate and holds about that share of the draws."""
    ax = plots.plot_joint(result)[0]
    precision = np.linalg.inv(result.em.covariance[:2, :2])
    away = lines(ax, "EM: 95 % ellipse") - [result.estimate.weight, result.estimate.mu1]
    np.testing.assert_allclose(np.einsum("ij,jk,ik->i", away, precision, away), -2 * math.log(0.05))
    inside = result.posterior.draws[:, :2] - [result.estimate.weight, result.estimate.mu1]
    assert np.mean(np.einsum("ij,jk,ik->i", inside, precision, inside) < -2 * math.log(0.05)) == pytest.approx(
        0.95, abs=0.03
    )


def test_challengers_above_a_wrong_estimate(result: Comparison, bare: Comparison) -> None:
    """No draw lies above EM's maximum, and the legend tells how many lie above what is no maximum."""
    ax = plots.plot_challengers(result)
    (bars,) = ax.patches
    assert bars.get_data().edges[-1] <= 1e-9
    assert "large-sample theory" in legend(ax)
    assert any(re.search(r"estimate: \d+ of \d+ draws above", name) for name in legend(plots.plot_challengers(bare)))


def test_em_trace_starts_and_ends_with_the_run(result: Comparison) -> None:
    """The first curve is the density at the start, the last that at the estimate."""
    ax = plots.plot_em_trace(result)
    assert "each iteration" in legend(ax)
    last = len(result.em.steps) - 1
    for name, iteration in (("start", 0), (f"last: iteration {last}", last)):
        x, height = lines(ax, name).T
        np.testing.assert_allclose(height, np.exp(log_density(x, iterate(result.em, iteration))))


def test_a_long_run_is_drawn_at_every_7th_iteration(result: Comparison) -> None:
    """As the origin drew its 50 iterations."""
    plain = ms.fit_em_plain(result.em.sample, start=[0.3, 50, 70, 10], iterations=50)
    ax = plots.plot_em_trace(replace(result, em=plain))
    assert {"start", "every 7 iterations", "last: iteration 50"} <= set(legend(ax))


def test_plain_em_is_not_ahead_in_the_end(result: Comparison) -> None:
    """From the same start plain EM never falls back, and the accelerated run gets there in fewer E-steps."""
    ax = plots.plot_likelihood(result)
    steps, gap = lines(ax, "plain EM").T
    accelerated = np.vstack([lines(ax, name) for name in ("EM step", "squared step", "Newton step")])
    assert (np.diff(gap) <= 1e-9).all()
    assert accelerated[:, 0].max() < steps.max()
    assert accelerated[:, 1].min() < gap[steps == accelerated[:, 0].max()][0]


def test_profile_likelihood_peaks_at_the_estimate(result: Comparison) -> None:
    """The surface has EM's log-likelihood at its means, less elsewhere, and does not change with their order."""
    em, sample = result.em, result.em.sample
    mu1, mu2 = (
        grid.ravel() for grid in np.meshgrid(em.parameters.mu1 + np.arange(-3, 4), em.parameters.mu2 + np.arange(-3, 4))
    )
    heights = profile(sample, mu1, mu2)
    assert heights.argmax() == 24
    assert heights.max() == pytest.approx(em.log_likelihood, abs=1e-6)
    np.testing.assert_allclose(profile(sample, mu2, mu1), heights, atol=0.01)


@pytest.mark.parametrize("means", [(50.0, 82.0), (62.0, 75.0), (56.0, 71.0)])
def test_profile_likelihood_against_a_search(means: tuple[float, float], result: Comparison) -> None:
    """Weight and sigma are at their best, to a few hundredths of the distance to the maximum."""
    sample = result.em.sample

    def negative(u: np.ndarray) -> float:
        theta = ms.Parameters(weight=expit(u[0]), mu1=means[0], mu2=means[1], sigma=math.exp(u[1]))
        return -log_likelihood(sample.points, theta, weights=sample.weights)

    best = -minimize(negative, [0.0, 2.0], method="Nelder-Mead").fun
    found = profile(sample, *(np.array([mean]) for mean in means))[0]
    assert found == pytest.approx(best, abs=0.03 * (result.em.log_likelihood - best) + 1e-3)


def test_surface_marks_the_other_maxima(result: Comparison) -> None:
    """Path, maximum and saddle are marked, and a lower maximum where there is one."""
    lower = replace(result.em.maxima[0], parameters=replace(result.estimate, mu1=40.0), log_likelihood=-2000.0)
    ax = plots.plot_surface(replace(result, em=replace(result.em, maxima=(*result.em.maxima, lower))))
    assert {"EM's path", "start", "maximum", "lower maximum", "saddle", "equal means"} == legend(ax)
    np.testing.assert_allclose(lines(ax, "lower maximum"), [[40.0, result.estimate.mu2]])
    assert ax.get_xlim()[0] < 40


def test_a_run_that_is_at_no_maximum_is_drawn(result: Comparison) -> None:
    """Textbook EM stopped early has neither maxima nor standard errors, and its figures say so."""
    em = ms.fit_em_plain(result.em.sample, start=[0.5, 75, 60, 20], iterations=2)
    stopped = replace(result, em=replace(em, covariance=np.full((4, 4), np.nan)))
    assert "last iterate" in legend(plots.plot_surface(stopped))
    assert "EM: 95 % ellipse" not in legend(plots.plot_joint(stopped))
    assert "highest point reached" in plots.plot_likelihood(stopped).get_ylabel()


@pytest.mark.parametrize(
    ("values", "label", "first"),
    [
        ([1e8 + 1.2, 1e8 + 1.9], "x − 1e8 (data units)", "1.4"),
        ([1.2e-9, 1.9e-9], "x (1e-9 data units)", "1.4"),
        ([1.2e7, 1.9e7], "x (1e7 data units)", "1.4"),
        ([-2.0, 5.0], "x (data units)", "−2"),
        ([-1e8 - 0.4, -1e8 + 0.6], "x + 1e8 (data units)", "−0.4"),
    ],
)
def test_ticks_are_short_at_every_scale(values: list[float], label: str, first: str) -> None:
    """What all ticks share, an offset or a power of ten, stands once, in the label."""
    figure = Figure()
    ax = figure.subplots()
    ax.set_xlim(*values)
    finish(ax, "x (data units)", "")
    figure.draw_without_rendering()
    assert ax.get_xlabel() == label
    shown = [tick.get_text() for tick in ax.get_xticklabels()]
    assert first in shown
    assert max(map(len, shown)) <= 5


@pytest.mark.parametrize(
    ("ends", "wanted"),
    [((150, 600), ["200", "500"]), ((80, 2000), ["10²", "10³"]), ((0.03, 0.3), ["0.05", "0.1", "0.2"])],
)
def test_ticks_of_a_log_axis(ends: tuple[float, float], wanted: list[str]) -> None:
    """Powers of ten are ticks; where there are not two of them 1, 2 and 5 are, and nothing else is written."""
    figure = Figure()
    ax = figure.subplots()
    ax.set(xscale="log", xlim=ends)
    finish(ax, "observations", "")
    figure.draw_without_rendering()
    ticks = [*ax.xaxis.get_major_ticks(), *ax.xaxis.get_minor_ticks()]
    seen = [tick.label1.get_text() for tick in ticks if ends[0] <= tick.get_loc() <= ends[1]]
    assert [text for text in seen if text] == wanted


@pytest.mark.parametrize(("scale", "centre"), [(1e-9, 0.0), (1.0, 1e8)])
def test_surface_at_every_scale(scale: float, centre: float, faithful: ms.WeightedSample) -> None:
    """The surface of ``a x + b`` is that of x, less ``n log a``."""
    mu1, mu2 = np.array([50.0, 55.0, 60.0]), np.array([75.0, 80.0, 85.0])
    moved = ms.as_sample(scale * faithful.points + centre)
    found = profile(moved, scale * mu1 + centre, scale * mu2 + centre)
    np.testing.assert_allclose(found + faithful.n * math.log(scale), profile(faithful, mu1, mu2), atol=1e-4)


def test_svg_is_repeatable_and_its_ids_are_its_own(result: Comparison) -> None:
    """The same figure gives the same bytes, all ids start with the name, and no date is in them."""
    one, two = (plots.svg(plots.figure_of(plots.plot_data(result)), name="left") for _ in range(2))
    assert one == two
    assert one.startswith("<svg")
    assert all(found.startswith("left-") for found in re.findall(r'\bid="([^"]+)"', one))
    assert "<dc:date>" not in one


def test_svg_is_what_matplotlib_saves(result: Comparison) -> None:
    """But for its width in a style and the names before its ids it is that of ``savefig``; the figure is left alone."""
    one, two = (plots.figure_of(plots.plot_joint(result)) for _ in range(2))
    before, buffer = (one.canvas, one.dpi), io.StringIO()
    drawn = plots.svg(one, name="left")
    assert (one.canvas, one.dpi) == before
    with mpl.rc_context({"svg.hashsalt": "left", "svg.fonttype": "path"}):
        two.savefig(buffer, format="svg", dpi=DENSE_DPI, metadata=UNDATED[".svg"])
    assert buffer.getvalue().endswith(drawn.replace(f'style="--width: {plots.WIDTH:g}in" ', "").replace("left-", ""))


@pytest.mark.parametrize("ending", ["pdf", "png", "svg"])
def test_save_repeats_its_bytes(ending: str, result: Comparison, tmp_path: Path) -> None:
    """A file of each kind is the same each time it is written."""
    for name in ("one", "two"):
        plots.save(plots.figure_of(plots.plot_pit(result)), tmp_path / f"{name}.{ending}")
    one, two = ((tmp_path / f"{name}.{ending}").read_bytes() for name in ("one", "two"))
    assert len(one) > 1000
    assert one == two


def test_save_refuses_other_endings(tmp_path: Path) -> None:
    """The kinds of file are named where the ending is another."""
    with pytest.raises(ValueError, match=r"must end in \.pdf, \.png, \.svg"):
        plots.save(Figure(), tmp_path / "figure.docx")


def test_player_has_a_curve_for_each_frame(result: Comparison) -> None:
    """Each of the frames' iterations has its curve, found by its id, from the first iteration to the last."""
    frames = plots.frames(result)
    assert frames == tuple(range(len(result.em.steps)))
    text = plots.svg(plots.player(result), name="player")
    assert re.findall(r'id="player-frame-(\d+)"', text) == [str(k) for k in range(len(frames))]


def test_frames_of_a_long_run_are_few(result: Comparison) -> None:
    """A run of hundreds of iterations has 40 frames, the first and the last iteration among them."""
    em = ms.fit_em_plain(result.em.sample, start=[0.5, 60, 75, 20], iterations=300)
    frames = plots.frames(replace(result, em=em))
    assert len(frames) == MAX_FRAMES
    assert (frames[0], frames[-1]) == (0, 300)


def test_animation_is_a_small_gif_that_repeats(result: Comparison, tmp_path: Path) -> None:
    """The GIF has a frame for each iteration, takes the time asked for, goes on for ever and is below 1 MB."""
    plots.animate_em(result, tmp_path / "em.gif", seconds=3)
    assert (tmp_path / "em.gif").stat().st_size < 1_000_000
    with Image.open(tmp_path / "em.gif") as image:
        assert image.info["loop"] == 0
        durations = []
        for frame in range(image.n_frames):
            image.seek(frame)
            durations.append(image.info["duration"])
    assert len(durations) == len(plots.frames(result))
    assert sum(durations) == pytest.approx(3000, rel=0.1)
    with pytest.raises(ValueError, match="seconds must be above 0, got 0"):
        plots.animate_em(result, tmp_path / "em.gif", seconds=0)


FOREIGN = ["dark_background", "ggplot", "grayscale", {"font.size": 20, "axes.grid": True, "svg.fonttype": "none"}]


@pytest.mark.parametrize("style", FOREIGN, ids=str)
def test_own_figures_are_the_same_in_any_style(style: object, result: Comparison) -> None:
    """A figure of its own has the house's look, byte for byte, whatever the caller's settings are."""
    made = [plots.svg(plots.figure_of(plots.plot_data(result)), name="one")]
    with mpl.style.context(style):
        made.append(plots.svg(plots.figure_of(plots.plot_data(result)), name="one"))
    assert made[0] == made[1]


@pytest.mark.parametrize("name", [*SINGLE, *SEVERAL])
def test_axes_that_were_given_keep_their_look(name: str, result: Comparison) -> None:
    """On a dark page ground, labels and grid stay the caller's, and what is neutral is drawn in their ink."""
    with mpl.style.context("dark_background"):
        figure = Figure(figsize=(9, 6), layout="constrained")
        axes = figure.subplots(*((1, 1) if name in SINGLE else (2, SEVERAL[name][1] // 2)), squeeze=False)
    SINGLE[name](result, axes[0, 0]) if name in SINGLE else SEVERAL[name][0](result, axes)
    figure.draw_without_rendering()
    found = [*figure.legends, *(ax.get_legend() for ax in axes.flat if ax.get_legend())]
    assert all(to_rgb(ax.get_facecolor()) == (0, 0, 0) for ax in axes.flat)
    assert {to_rgb(text.get_color()) for each in found for text in each.get_texts()} == {(1, 1, 1)}
    drawn = [to_rgb(line.get_color()) for ax in axes.flat for line in ax.get_lines() if line.get_color() != "none"]
    assert "surface" in name or min(max(colour) for colour in drawn) > 0.25


@pytest.mark.parametrize("layout", ["constrained", None])
@pytest.mark.parametrize("name", SINGLE)
def test_panels_of_three_inches(name: str, layout: str | None, result: Comparison) -> None:
    """In three inches the legend is no wider than the figure, a title is not written over, and half is left to draw."""
    figure = Figure(figsize=(3, 2.6), layout=layout)
    ax = figure.subplots()
    SINGLE[name](result, ax)
    ax.set_title("A title")
    figure.draw_without_rendering()
    legend, title = ax.get_legend().get_window_extent(), ax.title.get_window_extent()
    assert figure.bbox.x0 <= legend.x0
    assert legend.x1 <= figure.bbox.x1
    assert not title.overlaps(legend)
    assert ax.bbox.height > 0.3 * figure.bbox.height
    assert ax.bbox.width > 0.5 * figure.bbox.width


@pytest.mark.parametrize("name", [*SINGLE, *SEVERAL])
def test_without_a_legend(name: str, result: Comparison) -> None:
    """``legend=False`` leaves the legend out."""
    plot = SINGLE[name] if name in SINGLE else SEVERAL[name][0]
    assert legend(plot(result, legend=False)) == set()


@pytest.mark.parametrize(
    ("column", "label", "unit", "wanted"),
    [
        ("waiting", None, None, "waiting (data units)"),
        ("petal length (cm)", None, None, "petal length (cm)"),
        ("price [$]", None, None, "price ($)"),
        ("a$b$c", None, None, r"a\$b\$c (data units)"),
        ("waiting", "Waiting time", "min", "Waiting time (min)"),
        ("waiting (h)", None, "min", "waiting (min)"),
        ("waiting (h)", r"$\tau$ (s)", None, r"$\tau$ (s)"),
    ],
)
def test_axes_are_named_by_the_column(
    column: str, label: str | None, unit: str | None, wanted: str, result: Comparison
) -> None:
    """The axis has the name of the column, with the unit in its brackets, or those that were given."""
    sample = result.posterior.sample
    named = replace(sample, source=replace(sample.source, label=column))
    other = replace(result, posterior=replace(result.posterior, sample=named))
    assert plots.plot_data(other, label=label, unit=unit).get_xlabel() == wanted


def test_units_are_told_of_means_and_sigma(result: Comparison) -> None:
    """A unit that was given stands with the means and sigma, and in what a density is per."""
    names = {ax.get_xlabel() for ax in plots.plot_forest(result, unit="min")}
    assert names == {"weight (share)", "mu1 (min)", "mu2 (min)", "sigma (min)"}
    assert plots.plot_data(result, unit="min").get_ylabel() == "density (per min)"


def test_plain_em_at_the_saddle_is_told(result: Comparison) -> None:
    """Where plain EM has not left the saddle its curve says so, and where it has it does not."""
    sample = result.em.sample
    near = np.array([[0.4, sample.mean - 1e-9, sample.mean + 1e-9, sample.sd, -1100.0], *result.em.iterates[1:]])
    stuck = plots.plot_likelihood(replace(result, em=replace(result.em, iterates=near)))
    assert "plain EM, still at the saddle" in legend(stuck)
    assert "plain EM" in legend(plots.plot_likelihood(result))


CELLS = [(n, separation) for n in (100, 1000, 10_000) for separation in (2.0, 4.0)]


def made_up_summary() -> pd.DataFrame:
    """Coverage of four kinds of interval and three verdicts in six cells."""
    rows = []
    for n, separation in CELLS:
        cell = {"n": n, "weight": 0.3, "separation": separation, "prior": 1.0, "error": 0.01, "count": 50}
        for k, kind in enumerate(("wald", "profile", "bootstrap", "credible")):
            rows += [{**cell, "measure": f"{kind} coverage", "parameter": p, "value": 0.9 + 0.01 * k} for p in LABELS]
        for verdict, value in (("agree", 0.7), ("inconclusive", 0.2), ("disagree", 0.1)):
            rows.append({**cell, "measure": verdict, "parameter": "", "value": value})
    return pd.DataFrame(rows)


def test_coverage_has_a_panel_for_each_cell_and_parameter() -> None:
    """Each panel has a mark for each n and kind of interval, at its coverage, and the level aimed at."""
    axes = plots.plot_coverage(made_up_summary(), level=0.9)
    assert len(axes) == 8
    for ax in axes:
        shown = [container[0].get_ydata().tolist() for container in ax.containers]
        assert shown == [pytest.approx([0.9 + 0.01 * k] * 3) for k in range(4)]
    assert "90 %" in legend(axes)


@pytest.mark.parametrize(("hits", "of"), [(50, 50), (49, 50), (0, 50)])
def test_bars_of_coverage_are_wilsons_interval(hits: int, of: int) -> None:
    """The bars are Wilson's interval as SciPy has it, so that none goes beyond 0 or 1."""
    low, high = wilson(pd.Series([hits]), pd.Series([of]))
    expected = binomtest(hits, of).proportion_ci(method="wilson")
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert 0 <= low[0] <= hits / of <= high[0] <= 1


def test_verdicts_add_up() -> None:
    """The bars of each n stand on each other and reach 1."""
    for ax in plots.plot_verdicts(made_up_summary()):
        tops = [bar.get_y() + bar.get_height() for bar in ax.containers[-1]]
        assert tops == pytest.approx([1, 1, 1])


def made_up_table() -> pd.DataFrame:
    """Six data sets, EM half a posterior sd off the posterior mean, which at the largest n is known no better."""
    rows = pd.DataFrame(CELLS, columns=["n", "separation"]).assign(weight=0.3, prior=1.0, sampler_status="PASSED")
    for label in LABELS:
        rows = rows.assign(**{f"em_{label}": 1.0, f"posterior_mean_{label}": 0.5, f"posterior_sd_{label}": 1.0})
        rows[f"mcse_mean_{label}"] = np.where(rows["n"] == 10_000, 1.0, 0.0)
    return rows


def test_offsets_lost_in_monte_carlo_error_are_hollow() -> None:
    """What is left of the squared offset without Monte Carlo error is drawn, or a hollow mark where nothing is."""
    for ax in plots.plot_offsets(made_up_table()):
        np.testing.assert_allclose(lines(ax, "sigma")[:, 1], [0.5, 0.5, np.nan])
        hollow = [line for line in ax.get_lines() if to_rgb(line.get_markerfacecolor()) == (1, 1, 1)]
        assert [line.get_xdata().tolist() for line in hollow] == [[10_000]] * 4


def test_offsets_where_no_sampler_passed() -> None:
    """A cell in which no posterior can be trusted has a panel with the slope alone."""
    axes = plots.plot_offsets(made_up_table().assign(sampler_status="DIVERGED"))
    assert [ax.get_title() for ax in axes] == ["2 sigma apart", "4 sigma apart"]
    plots.figure_of(axes).draw_without_rendering()
    np.testing.assert_allclose(lines(axes[0], "slope −1/2")[:, 0], [100, 10_000])


def made_up_power() -> pd.DataFrame:
    """The right pair and two mistakes at two separations: one seen in 3 of 8, one that moves nothing."""
    found = {"none": (0.0, 8), "float32": (np.nan, 0), "hard assignment": (0.25, 8)}
    return pd.DataFrame(
        {
            "fault": fault,
            "n": 100,
            "separation": apart,
            "weight": w,
            "disagree": share,
            "counted": of,
            "named": 0.5,
        }
        for fault, (share, of) in found.items()
        for apart, w in ((3.0, 0.3), (3.0, 0.5), (5.0, 0.3))
    )


def test_power_has_a_row_for_each_mistake() -> None:
    """The right pair stands first, then the mistakes by how often they are seen; those that move nothing say so."""
    (ax,) = plots.plot_power(made_up_power())
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    assert names == ["right pair", "hard assignment", "float32"]
    assert [(text.get_position()[1], text.get_text()) for text in ax.texts] == [(2, "moves no estimate")]
    assert legend(ax) == {"3 sigma apart", "5 sigma apart"}
    assert ax.containers[0][0].get_xdata().tolist() == pytest.approx([0.25, 0.0])


def test_power_pools_the_weights() -> None:
    """A bar is Wilson's interval of all data sets of one separation: 4 of 16 here."""
    (ax,) = plots.plot_power(made_up_power())
    ends = ax.containers[0][2][0].get_segments()[0][:, 0]
    expected = binomtest(4, 16).proportion_ci(method="wilson")
    np.testing.assert_allclose(ends, [expected.low, expected.high], atol=1e-6)


def test_power_of_naming() -> None:
    """The share that is named may be drawn in place of the share that is seen."""
    (ax,) = plots.plot_power(made_up_power(), measure="named")
    assert set(ax.containers[0][0].get_xdata()) == {0.5}
    assert ax.get_xlabel() == "named (share)"


def test_mistakes_without_a_name_share_a_row() -> None:
    """Those outside the catalogue are pooled, 9 of 12 here; where naming is asked for they have no row."""
    known = made_up_power()
    two = [
        known.iloc[[0]].assign(fault=f"unknown: {name}", disagree=share, counted=of, named=np.nan)
        for name, share, of in (("odds", 1.0, 6), ("n - 1", 0.5, 6))
    ]
    (ax,) = plots.plot_power(pd.concat([known, *two]))
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    assert names == ["right pair", "outside the catalogue", "hard assignment", "float32"]
    assert ax.containers[0][0].get_xdata().max() == pytest.approx(9 / 12)
    (ax,) = plots.plot_power(pd.concat([known, *two]), measure="named")
    assert "outside the catalogue" not in [tick.get_text() for tick in ax.get_yticklabels()]


def test_ranks_have_a_panel_for_each_quantity() -> None:
    """ArviZ draws the four parameters and the log-likelihood, ranked by the chains or by the integral."""
    rng = np.random.default_rng(2)
    table = pd.DataFrame({f"{by}_{name}": rng.random(60) for by in BY for name in QUANTITIES})
    table["sampler_status"] = ["PASSED"] * 50 + ["DIVERGENT"] * 10
    table["integral_status"] = "TRUSTED"
    for by in BY:
        axes = plots.plot_ranks(table, by=by)
        assert [ax.get_title() for ax in axes] == [*LABELS, "log-likelihood"]
        assert all(ax.get_lines() and ax.collections for ax in axes)
