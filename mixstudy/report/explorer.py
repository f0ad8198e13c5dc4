"""The climb that a reader starts anywhere: what the page needs to compute EM itself, right or with a mistake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mixstudy.compression.compress import CompressedSample
from mixstudy.compression.refine import compress_if_large
from mixstudy.data.sample import WeightedSample
from mixstudy.faults.catalogue import BY_NAME
from mixstudy.faults.steps import AT_REST, MAX_STEPS
from mixstudy.model import Floats
from mixstudy.report.document import Explorer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mixstudy.em.fit import EMFit

MISTAKES = (
    "sigma from one component",
    "sigma divided by n1",
    "weights left out of the E-step",
    "hard assignment",
    "precedence in the exponent",
)
"""Of the catalogue, those that the page can make: each is one line of ``explorer.js``."""
MOST_POINTS = 2000
"""More points would make a page large and slow; only weighted observations that can't be compressed have more."""
INVITATION = (
    "Click anywhere on the map and EM climbs from there, one iteration after the other; then choose a mistake and see "
    "where the same start ends."
)


def explorer(em: EMFit, figures: Mapping[str, Figure]) -> Explorer | None:
    """The block for a comparison's page; None where its points are too many."""
    sample = compress_if_large(em.sample)
    points, weights = distinct(sample)
    if points.size > MOST_POINTS:
        return None
    stand = f" The page holds {points.size} weighted points that stand for the {sample.n:,.15g} observations."
    return Explorer(
        name="landscape",
        caption=(
            "The log-likelihood over both means, weight and sigma at their best, darker where it is higher. A start "
            "has weight one half and the sigma that goes with its means. Keys: arrows move the start, Enter climbs, "
            "Escape clears." + (stand if isinstance(sample, CompressedSample) else "")
        ),
        alt=_alt(em),
        invitation=INVITATION,
        data_alt=f"Histogram of the {sample.n:,.15g} observations, with the density that a climb has reached.",
        ground={
            "points": points.tolist(),
            "weights": weights.tolist(),
            "mean": sample.mean,
            "sd": sample.sd,
            "maxima": [[*peak.parameters, peak.log_likelihood] for peak in em.maxima],
            "most": MAX_STEPS,
            "rest": AT_REST,
            "fields": {name: _limits(figure) for name, figure in figures.items()},
            "mistakes": [
                {"name": name, "wrong": BY_NAME[name].wrong, "right": BY_NAME[name].right} for name in MISTAKES
            ],
        },
    )


def distinct(sample: WeightedSample) -> tuple[Floats, Floats]:
    """Each different point once, standardised, and how much it weighs."""
    points, place = np.unique(sample.standardised, return_inverse=True)
    return points, np.bincount(place, sample.weights)


def _limits(figure: Figure) -> list[float]:
    """Ends of the axes: left, right, bottom, top, data units."""
    (ax,) = figure.axes
    return [float(end) for end in (*ax.get_xlim(), *ax.get_ylim())]


def _alt(em: EMFit) -> str:
    places = "; ".join(f"mu1 {peak.parameters.mu1:.4g}, mu2 {peak.parameters.mu2:.4g}" for peak in em.maxima)
    peaks = f"Its maxima: {places}; and each mirrored." if places else "No maximum was found on it."
    return f"Map of the log-likelihood over both means, symmetric about the line of equal means. {peaks}"
