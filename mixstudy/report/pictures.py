"""What each figure of a comparison shows, and in words what is seen in this one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logit

from mixstudy.climb import EMStatus
from mixstudy.diagnostics import MAX_R_HAT
from mixstudy.model import LABELS, Parameters
from mixstudy.report.document import Picture, Player
from mixstudy.report.numbers import NOTHING, rounded, source_of

if TYPE_CHECKING:
    from mixstudy.comparison import Comparison
    from mixstudy.em import EMFit

SAME_CURVE = 0.03
"""Difference of parameters, in sigma (of the weight as it is), up to which two densities are one line to the eye."""
SAME_INTERVAL = 0.1
"""Difference of ends, in lengths of the credible interval, up to which intervals look the same."""
KINDS = {"wald": "Wald", "profile": "profile likelihood", "bootstrap": "bootstrap", "credible": "credible"}
"""Kinds of interval and what they are called."""


def pictures(result: Comparison) -> dict[str, Picture]:
    """Every figure that a comparison may have, by its name; those of EM only where there was a run of it."""
    found = {name: (caption, alt(result)) for name, (caption, alt) in _OF_COMPARISON.items()}
    if (em := result.em) is not None:
        found |= {name: (caption, alt(result, em)) for name, (caption, alt) in _OF_EM.items()}
    return {name: Picture(name=name, caption=caption, alt=alt) for name, (caption, alt) in found.items()}


def chosen(shown: Mapping[str, Picture], *names: str) -> tuple[Picture, ...]:
    """Those of the named figures that there are."""
    return tuple(shown[name] for name in names if name in shown)


def player(result: Comparison, em: EMFit, frames: tuple[int, ...]) -> Player:
    """EM's density from its start to its end, one frame for each of these iterations."""
    last, heights = len(em.steps) - 1, em.iterates[:, -1]
    return Player(
        name="player",
        caption="The density that EM has reached, iteration by iteration, over the data.",
        alt=f"The density at EM's last iteration over the data: {_humps(result.estimate)}.",
        steps=tuple(f"iteration {k} of {last}, log-likelihood {heights[k]:.6f}" for k in frames),
    )


def _humps(at: Parameters) -> str:
    """One hump or two, and where; one for certain up to the bound of Behboodian (1970)."""
    apart = (at.mu2 - at.mu1) / at.sigma
    where = f"{rounded(at.mu1, at.sigma)} and {rounded(at.mu2, at.sigma)}"
    share = f"the lower one with {100 * at.weight:.3g} % of the observations"
    if apart > 2 * math.sqrt(1 + abs(float(logit(at.weight))) / 2):
        return f"two humps, near {where}, {share}"
    return f"one hump of two components {apart:.2g} sigma apart, at {where}, {share}"


def _apart(one: Parameters, two: Parameters) -> tuple[float, str]:
    """The largest difference in sigma and whose it is."""
    units = np.array([1.0, two.sigma, two.sigma, two.sigma])
    off = np.abs((np.array([*one]) - np.array([*two])) / units)
    return float(off.max()), LABELS[int(off.argmax())]


def _data(result: Comparison) -> str:
    mean = Parameters.relabelled(result.table["posterior_mean"].to_numpy())
    source = "EM's density" if result.em else "The estimate's density"
    off, label = _apart(result.estimate, mean)
    text = f"Histogram of {result.posterior.sample.n:.15g} observations. {source} and the posterior's "
    if off <= SAME_CURVE:
        text += f"lie on each other: {_humps(result.estimate)}."
    else:
        row = result.table.to_dict("index")[label]
        estimate, mean_of = (rounded(row[name], row["posterior_sd"]) for name in ("em", "posterior_mean"))
        text += f"part, most in {label}: {estimate} against {mean_of}. The posterior's has {_humps(mean)}."
    if result.truth is not None:
        near = _apart(result.truth, mean)[0] <= SAME_CURVE
        text += f" The true density lies {'on the posterior' if near else 'beside the posterior'}'s."
    return text


def _forest(result: Comparison) -> str:
    ends = result.intervals.to_numpy().reshape(len(LABELS), len(KINDS), 2)
    spread = np.ptp(ends, axis=1).max(axis=1) / np.diff(ends[:, -1]).ravel()
    worst = int(np.argmax(np.where(np.isfinite(spread), spread, np.inf)))
    if spread[worst] <= SAME_INTERVAL:
        return "The four kinds of interval of each parameter lie one below the other and nearly coincide."
    sd = result.table["posterior_sd"].iloc[worst]
    told = [
        f"{kind} {rounded(lower, sd)} to {rounded(upper, sd)}".replace(NOTHING, "open")
        for kind, (lower, upper) in zip(KINDS.values(), ends[worst].tolist(), strict=True)
    ]
    return f"The four kinds of interval differ most for {LABELS[worst]}: {', '.join(told)}."


def _posteriors(result: Comparison) -> str:
    told = []
    for label, row in result.table.to_dict("index").items():
        mean, sd = (rounded(row[name], row["posterior_sd"]) for name in ("posterior_mean", "posterior_sd"))
        told.append(f"{label} is {mean} ± {sd} with {source_of(result)} {row['offset_sd']:+.2g} sd from it")
    return f"A hill of posterior draws for each parameter, its mean ± sd: {'; '.join(told)}."


def _check(name: str) -> Callable[[Comparison], str]:
    """The sentence of a check."""

    def told(result: Comparison) -> str:
        return next((check.explanation for check in result.checks if check.name == name), "")

    return told


def _joint(result: Comparison) -> str:
    draws = result.posterior.data["posterior"]
    table = np.corrcoef([draws[label].to_numpy().ravel() for label in LABELS])
    i, j = np.unravel_index(np.argmax(np.abs(np.triu(table, 1))), table.shape)
    strongest = (
        f"Clouds of posterior draws; {LABELS[i]} and {LABELS[j]} go together most, correlation {table[i, j]:+.2f}."
    )
    return f"{strongest} {_check('joint')(result)}".rstrip()


def _responsibilities(result: Comparison) -> str:
    at = result.estimate
    if at.mu1 == at.mu2:
        return f"With equal means every observation belongs to component 1 with the same probability, {at.weight:.3g}."
    half = (at.mu1 + at.mu2) / 2 + at.sigma**2 * float(logit(at.weight)) / (at.mu2 - at.mu1)
    place = rounded(half, at.sigma)
    return f"The probability of component 1 falls from 1 on the left to 0 on the right; it is one half at {place}."


def _pit(result: Comparison) -> str:
    band = result.adequacy.pit
    out = int(np.sum(np.abs(band.difference) > band.half_width)) if band else 0
    told = f"leaves its band at {out} of the points looked at" if out else "stays within its band everywhere"
    return f"The difference between the data's distribution function and the fitted one {told}."


def _traces(result: Comparison) -> str:
    worst = float(result.posterior.diagnostics["r_hat"].max())
    told = "look alike" if worst <= MAX_R_HAT else "do not look alike"
    return f"The chains of each parameter, drawn over each other, {told}: the largest R-hat is {worst:.3f}."


def _climb(result: Comparison, em: EMFit) -> str:
    gained, taken = em.iterates[-1, -1] - em.iterates[0, -1], len(em.steps) - 1
    ended = "reaches the maximum" if em.status is EMStatus.CONVERGED else "stops"
    at = result.estimate
    return f"In {taken} iterations EM gains {gained:.4g} nats and {ended}; its density ends with {_humps(at)}."


def _surface(result: Comparison, em: EMFit) -> str:
    sigma = result.estimate.sigma
    places = [rounded(float(mu), sigma) for mu in (*em.iterates[0, 1:3], result.estimate.mu1, result.estimate.mu2)]
    others = f" {len(em.maxima) - 1} lower maxima are marked." if len(em.maxima) > 1 else ""
    return "From mu1 {} and mu2 {} EM's path climbs to {} and {}.".format(*places) + others


type Told = tuple[str, Callable[[Comparison], str]]

_OF_COMPARISON: dict[str, Told] = {
    "data": ("The data under both fitted densities; the band holds the density at each place.", _data),
    "forest": ("Four kinds of interval of each parameter, with the estimate.", _forest),
    "posteriors": (
        "The posterior of each parameter with its interval, and the estimate with its standard error.",
        _posteriors,
    ),
    "joint": ("Posterior draws of each pair of parameters, and the estimate.", _joint),
    "responsibilities": (
        "The probability that an observation belongs to component 1, by its value.",
        _responsibilities,
    ),
    "pit": ("Distribution function of the data less the fitted one, with the band that right data keep to.", _pit),
    "challengers": (
        "Log-likelihood of the posterior draws less that of the estimate: none may be above 0.",
        _check("challengers"),
    ),
    "traces": ("The draws of each chain in their order: the chains should look alike.", _traces),
}
_OF_EM: dict[str, tuple[str, Callable[[Comparison, EMFit], str]]] = {
    "climb": (
        "Above, the density at iterations of EM; below, how far each step is from the maximum, beside plain EM.",
        _climb,
    ),
    "surface": ("The log-likelihood over both means, weight and sigma at their best, with EM's path.", _surface),
}
