r"""The likelihood surface over both means, with EM's way up.

At each pair of means, weight and sigma are maximised out (the profile likelihood) by EM steps that leave the means
alone. As the log-odds are linear in x, a step needs ``n1 = sum r`` and ``s1 = sum r x`` only:

    weight = n1 / n,    n sigma^2 = sum (x - mu2)^2 + n1 (mu1^2 - mu2^2) - 2 s1 (mu1 - mu2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from scipy.special import expit

from mixstudy.compression import condensed
from mixstudy.model import Floats, log_likelihoods
from mixstudy.plots.style import TEXT, VERMILION, finish, finish_bar, legend_above, panel, run_of
from mixstudy.sample import WeightedSample

if TYPE_CHECKING:
    from mixstudy.comparison import Comparison
    from mixstudy.em import EMFit

STEPS = 12
"""EM steps at each pair of means: what is left is a few hundredths of the distance to the maximum, less than shows."""
EVEN, FINE = 31, 11
"""Positions of each mean: over the whole figure, and about the maximum, where the peak may be sharp."""
BLOCK = 30_000
"""Responsibilities worked out at a time: as many as stay in the cache."""
SMALLEST_WEIGHT, SMALLEST_VARIANCE = 0.02, 0.05
"""Where the steps begin at the least; the variance in units of the data's."""
TINY = 1e-12
"""Weights stay this far from 0 and 1, that their logarithms be finite."""
MARGIN = 0.25
"""How far the figure goes beyond the path, in its length or the data's standard deviation."""
EDGE: dict[str, Any] = {"markeredgecolor": "white", "linestyle": ""}
"""What makes a mark stand out from the contours."""
SHALLOWEST = 400.0
"""The whole height of the figure over the smallest step of its contours."""
PEAK = 4.0
"""Standard errors about the maximum with finer positions."""


def profile(sample: WeightedSample, mu1: Floats, mu2: Floats) -> Floats:
    """Log-likelihood with weight and sigma maximised out, nats, at pairs of means of shape ``(k,)``, data units."""
    blocks = -(-mu1.size * sample.points.size // BLOCK)
    pairs = zip(np.array_split(mu1, blocks), np.array_split(mu2, blocks), strict=True)
    return np.concatenate([_profile(sample, first, second) for first, second in pairs])


def _profile(sample: WeightedSample, mu1: Floats, mu2: Floats) -> Floats:
    """In standardised units, where ``sum x`` is 0 and ``sum x^2`` is n - 1."""
    t, n = sample.standardised, sample.n
    m1, m2 = ((mu - sample.mean) / sample.sd for mu in (mu1, mu2))
    gap = m2 - m1
    moments = np.column_stack([sample.weights, sample.weights * t])
    weight = m2 / np.where(gap == 0, 1.0, gap)  # with which the mixture has the data's mean
    weight = np.clip(weight, SMALLEST_WEIGHT, 1 - SMALLEST_WEIGHT)
    variance = np.maximum(1 - weight * (1 - weight) * gap**2, SMALLEST_VARIANCE)
    for _ in range(STEPS):
        slope = -gap / variance
        odds = np.log(weight / (1 - weight)) - slope * (m1 + m2) / 2
        n1, s1 = (expit(odds[:, None] + slope[:, None] * t) @ moments).T
        weight = np.clip(n1 / n, TINY, 1 - TINY)
        variance = (n - 1 + n * m2**2 + n1 * (m1**2 - m2**2) - 2 * s1 * (m1 - m2)) / n
    theta = np.column_stack([weight, mu1, mu2, sample.sd * np.sqrt(variance)])
    return log_likelihoods(sample.points, theta, weights=sample.weights)


def plot_surface(result: Comparison, ax: Axes | None = None) -> Axes:
    """Draw the profile likelihood over both means as contours, with EM's path, the maxima and the saddle.

    On the line ``mu1 = mu2`` the mixture is a single normal; its highest point, both means at the data's, is the
    saddle. Beyond that line the components have changed places.

    Raises:
        ValueError: The estimate came as bare parameters.
    """
    em = run_of(result)
    ax = panel(ax, height=4.4)
    path = em.iterates[:, 1:3] if em.iterates[-1, 1] <= em.iterates[-1, 2] else em.iterates[:, 2:0:-1]
    mu1, mu2 = _positions(em, path, 1), _positions(em, path, 2)
    across, up = np.meshgrid(mu1, mu2)
    heights = profile(condensed(em.sample), across.ravel(), up.ravel()).reshape(across.shape)
    _draw_contours(ax, mu1, mu2, max(em.log_likelihood, heights.max()) - heights)
    ax.axline((em.sample.mean, em.sample.mean), slope=1, color=TEXT, linewidth=1.0, linestyle=":", label="equal means")
    ax.plot(em.sample.mean, em.sample.mean, "X", color=TEXT, markersize=7, label="saddle")
    _draw_path(em, path, ax)
    ax.set(xlim=(mu1[0], mu1[-1]), ylim=(mu2[0], mu2[-1]))
    finish(ax, "mu1 (data units)", "mu2 (data units)")
    legend_above(ax, columns=3)
    return ax


def _draw_path(em: EMFit, path: Floats, ax: Axes) -> None:
    """EM's way over both means, where it starts and ends, and the other maxima."""
    ax.plot(*path.T, "--o", color=VERMILION, linewidth=1.2, markersize=3, label="EM's path")
    ax.plot(*path[0], "s", color=VERMILION, markerfacecolor="white", markersize=6, label="start")
    name = "maximum" if em.maxima else "last iterate"
    ax.plot(em.parameters.mu1, em.parameters.mu2, "*", color=VERMILION, markersize=13, label=name, **EDGE)
    if others := em.maxima[1:]:
        places = zip(*((peak.parameters.mu1, peak.parameters.mu2) for peak in others), strict=True)
        ax.plot(*places, "^", color=TEXT, markersize=9, label="lower maximum", **EDGE)


def _positions(em: EMFit, path: Floats, which: int) -> Floats:
    """Positions of a mean that show its path, all maxima and the saddle, finer about the maximum."""
    peaks = [[*peak.parameters][which] for peak in em.maxima]
    places = [*path[:, which - 1], *peaks, em.sample.mean]
    margin = MARGIN * max(max(places) - min(places), em.sample.sd)
    low, high = min(places) - margin, max(places) + margin
    centre, reach = [*em.parameters][which], PEAK * np.nan_to_num(em.standard_errors[which])
    fine = centre + np.linspace(-reach, reach, FINE)
    return np.unique(np.concatenate([np.linspace(low, high, EVEN), fine[(fine > low) & (fine < high)]]))


def _draw_contours(ax: Axes, mu1: Floats, mu2: Floats, below: Floats) -> None:
    """Contours 1, 2, 5, 10, ... nats below the maximum, the darker the higher, those too small to be seen left out."""
    series = np.outer(10.0 ** np.arange(-9, 16), [1, 2, 5]).ravel()
    visible = series[(series > below.max() / SHALLOWEST) & (series < below.max())]
    levels = np.array([0.0, *visible, below.max()])
    shades = mpl.colormaps["Blues"](np.linspace(0.85, 0.05, len(levels) - 1))
    filled = ax.contourf(mu1, mu2, below, levels=levels, colors=shades)
    ax.contour(mu1, mu2, below, levels=visible, colors="white", linewidths=0.5)
    bar = ax.figure.colorbar(filled, ax=ax, ticks=levels[:-1], format="{x:,.10g}", pad=0.02)
    finish_bar(bar, "nats below the maximum")
