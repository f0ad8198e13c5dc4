"""What each figure of a comparison shows, and in words what is seen in this one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logit

from mixstudy.comparison.goodness_of_fit import BAND
from mixstudy.em.run import EMStatus
from mixstudy.mcmc.diagnostics import MAX_R_HAT
from mixstudy.model import LABELS, Parameters, responsibilities
from mixstudy.report.document import Picture, Player
from mixstudy.report.numbers import INTERVALS, interval, percent, rounded

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison
    from mixstudy.em.fit import EMFit

SAME = 0.03
"""Difference of parameters, in sigma (of the weight as it is), up to which two densities are one line to the eye."""
SAME_INTERVAL = 0.1
"""Difference of ends, in lengths of the credible interval, up to which intervals look the same."""


def pictures(result: Comparison) -> dict[str, Picture]:
    """Every figure that a comparison may have, by its name; those of EM only where there was a run of it."""
    found = {name: (caption, alt(result)) for name, (caption, alt) in _OF_COMPARISON.items()}
    if (em := result.em) is not None:
        found |= {name: (caption, alt(result, em)) for name, (caption, alt) in _OF_EM.items()}
        caption, seen = found["climb"]
        found["climb"] = caption + _stuck(em), seen
    return {name: Picture(name=name, caption=caption, alt=alt) for name, (caption, alt) in found.items()}


def chosen(shown: Mapping[str, Picture], *names: str) -> tuple[Picture, ...]:
    """Those of the named figures that there are."""
    return tuple(shown[name] for name in names if name in shown)


def player(result: Comparison, em: EMFit, frames: tuple[int, ...]) -> Player:
    """EM's density from its start to its end, one frame for each of these iterations."""
    last, heights = len(em.steps) - 1, em.iterates[:, -1]
    return Player(
        name="player",
        caption="The density that EM has reached, from its start to its end, over the data.",
        alt=f"The density at EM's last iteration over the data: {_humps(result.estimate)}.",
        steps=tuple(f"iteration {k} of {last}, log-likelihood {heights[k]:.6f} nats" for k in frames),
    )


def _humps(at: Parameters) -> str:
    """How many humps the density has, and of what."""
    humps = "two humps" if _bimodal(at) else "one hump"
    places = f"{rounded(at.mu1, at.sigma)} and {rounded(at.mu2, at.sigma)}"
    apart = f"{(at.mu2 - at.mu1) / at.sigma:.2g} sigma apart"
    return f"{humps}, of components at {places}, {apart}, the lower one with {percent(at.weight, '.3g')} of the mass"


def _bimodal(at: Parameters) -> bool:
    """Whether a mixture with a common sigma has two modes (Holzmann & Vollmer 2008)."""
    half = (at.mu2 - at.mu1) / (2 * at.sigma)
    if half <= 1:
        return False
    return abs(float(logit(at.weight))) < 2 * (half * math.sqrt(half**2 - 1) - math.acosh(half))


def _apart(one: Parameters, two: Parameters) -> tuple[float, str]:
    """The largest difference in sigma and whose it is."""
    units = np.array([1.0, two.sigma, two.sigma, two.sigma])
    off = np.abs((one.array - two.array) / units)
    return float(off.max()), LABELS[int(off.argmax())]


def _data(result: Comparison) -> str:
    mean = Parameters.relabelled(result.table["posterior_mean"].to_numpy())
    source = "EM's estimate" if result.em else "The estimate"
    off, label = _apart(result.estimate, mean)
    text = f"Histogram of {result.posterior.sample.n:.15g} observations. {source} and the posterior mean "
    if off <= SAME:
        text += f"nearly coincide: {_humps(result.estimate)}."
    else:
        row = result.table.to_dict("index")[label]
        estimate, mean_of = (rounded(row[name], row["posterior_sd"]) for name in ("em", "posterior_mean"))
        text += f"part, most in {label}: {estimate} against {mean_of}. The posterior mean has {_humps(mean)}."
    if result.truth is not None:
        off, label = _apart(result.truth, mean)
        text += f" The truth and the posterior mean {'nearly coincide' if off <= SAME else f'part, most in {label}'}."
    return text


def _forest(result: Comparison) -> str:
    ends = result.intervals.to_numpy().reshape(len(LABELS), len(INTERVALS), 2)
    spread = np.ptp(ends, axis=1).max(axis=1) / np.diff(ends[:, -1]).ravel()
    worst = int(np.argmax(np.where(np.isfinite(spread), spread, np.inf)))
    if spread[worst] <= SAME_INTERVAL:
        return "The four kinds of interval of each parameter lie one below the other and nearly coincide."
    sd = result.table["posterior_sd"].iloc[worst]
    pairs = zip(INTERVALS.values(), ends[worst].tolist(), strict=True)
    told = ", ".join(f"{kind} {interval(lower, upper, sd)}" for kind, (lower, upper) in pairs)
    return f"The four kinds of interval differ most for {LABELS[worst]}: {told}."


def _posteriors(result: Comparison) -> str:
    told, source = [], "EM" if result.em else "the estimate"
    for label, row in result.table.to_dict("index").items():
        mean, sd = (rounded(row[name], row["posterior_sd"]) for name in ("posterior_mean", "posterior_sd"))
        told.append(f"{label} is {mean} ± {sd} with {source} {row['offset_sd']:+.2g} sd from it")
    return f"The density of the draws of each parameter, its mean ± sd: {'; '.join(told)}."


def _check(name: str) -> Callable[[Comparison], str]:
    """The sentence of a check."""

    def told(result: Comparison) -> str:
        return next((check.explanation for check in result.checks if check.name == name), "")

    return told


def _joint(result: Comparison) -> str:
    table = np.asarray(np.corrcoef(result.posterior.draws.T))
    i, j = divmod(int(np.argmax(np.abs(np.triu(table, 1)))), len(LABELS))
    strongest = f"{LABELS[i]} and {LABELS[j]} go together most, correlation {table[i, j]:+.2f}."
    return f"Clouds of posterior draws; {strongest} {_check('joint')(result)}".rstrip()


def _responsibilities(result: Comparison) -> str:
    at, (points, _) = result.estimate, result.posterior.sample.located
    if at.mu1 == at.mu2:
        return f"With equal means every observation belongs to component 1 with the same probability, {at.weight:.3g}."
    first, last = responsibilities([points.min(), points.max()], at)
    half = (at.mu1 + at.mu2) / 2 + at.sigma**2 * float(logit(at.weight)) / (at.mu2 - at.mu1)
    return (
        f"The probability of component 1 falls from {first:.3f} at the left end of the data to {last:.3f} at the "
        f"right; it is one half at {rounded(half, at.sigma)}."
    )


def _pit(result: Comparison) -> str:
    band = result.adequacy.pit
    out = int(np.sum(np.abs(band.difference) > band.half_width)) if band else 0
    told = f"leaves its band at {out} of the points looked at" if out else "stays within its band everywhere"
    return f"The difference between the data's distribution function and the fitted one {told}."


def _traces(result: Comparison) -> str:
    r_hat = result.posterior.diagnostics["r_hat"]
    told = "look alike" if (r_hat <= MAX_R_HAT).all() else "do not look alike"
    return f"The chains of each parameter, drawn over each other, {told}: the largest R-hat is {r_hat.max():.3f}."


def _climb(result: Comparison, em: EMFit) -> str:
    gained, taken = em.iterates[-1, -1] - em.iterates[0, -1], len(em.steps) - 1
    ended = "reaches a maximum" if em.status is EMStatus.CONVERGED else "stops"
    at = result.estimate
    return f"In {taken} iterations EM gains {gained:.4g} nats and {ended}; its density ends with {_humps(at)}."


def _stuck(em: EMFit) -> str:
    """That plain EM rests on a saddle, where it does."""
    from mixstudy.plots.em import at_saddle, plain_run  # here, so that the program's help does not load matplotlib

    plain = plain_run(em)
    if plain is em or not at_saddle(plain):
        return ""
    return f" Plain EM is still at the saddle after {len(plain.steps) - 1} iterations: there both means are equal."


def _surface(result: Comparison, em: EMFit) -> str:
    mu1, mu2 = (rounded(mu, result.estimate.sigma) for mu in (result.estimate.mu1, result.estimate.mu2))
    lower = len(em.maxima) - 1
    others = f" Lower maxima that are marked: {lower}." if lower > 0 else ""
    return f"EM's path over both means ends where mu1 is {mu1} and mu2 is {mu2}.{others}"


_OF_COMPARISON: dict[str, tuple[str, Callable[[Comparison], str]]] = {
    "data": (
        "The data under the density at the estimate and the posterior mean of the density, with its pointwise band.",
        _data,
    ),
    "forest": ("Four kinds of interval of each parameter, with the estimate.", _forest),
    "posteriors": (
        "The posterior of each parameter with its credible interval, and the estimate. Dashed: EM's normal "
        "approximation, if any.",
        _posteriors,
    ),
    "joint": (
        "Posterior draws of each pair of parameters, and the estimate. Dashed: EM's confidence ellipse, if any.",
        _joint,
    ),
    "responsibilities": (
        "The probability that an observation belongs to component 1, by its value. Bars: the data, not to scale.",
        _responsibilities,
    ),
    "pit": (
        "Distribution function of the data less that of the model at the likelihood's maximum, with a band that holds "
        f"all of it for {percent(BAND, 'g')} of right data.",
        _pit,
    ),
    "challengers": (
        "Log-likelihood of the posterior draws less that of the estimate: none may be above 0.",
        _check("challengers"),
    ),
    "verification": (
        "The posterior of each parameter by the draws (line) and by an independent integral (histogram).",
        _check("verified"),
    ),
    "traces": (
        "The draws of each chain in their order: the chains should look alike. Ticks below them mark divergences.",
        _traces,
    ),
}
_OF_EM: dict[str, tuple[str, Callable[[Comparison, EMFit], str]]] = {
    "climb": (
        "Above, the density as EM goes on. Below, how far the log-likelihood is from the highest that was reached, "
        "beside plain EM where steps were accelerated.",
        _climb,
    ),
    "surface": ("The log-likelihood over both means, weight and sigma at their best, with EM's path.", _surface),
}
