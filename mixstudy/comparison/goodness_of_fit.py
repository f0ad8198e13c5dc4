"""Does the data look like this model at all?

Two methods can agree on a model that is wrong. Here the data are held against the fitted model by what the fit does not
look at (``discrepancies``), each finding with a p-value; a misfit is called where one of them is next to impossible. No
subsample is taken however large n is.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.comparison.discrepancies import (
    discrepancies,
    distribution,
    empirical,
    null_ratios,
    range_within,
    two_tails,
    upper_tail,
)
from mixstudy.compression.compress import Raw, raw_observations
from mixstudy.data.sample import DataError, as_sample
from mixstudy.em.bootstrap import Replicates, draw_replicates, lattice_masses, refit
from mixstudy.em.fit import EMFit
from mixstudy.model import Floats, Parameters

FALSE_ALARMS = 0.001
"""How often right data may be called a misfit, all checks together; each p-value has its share of it (Bonferroni).
That leaves room below the 1 % allowed to the verdict for what the p-values assume."""
REPLICATES = 400
"""Data sets simulated at the fit: forty of them in each tail to extrapolate from."""
BAND = 0.95
"""Simultaneous coverage of the band about the PIT."""
MIN_EXPECTED = 10.0
"""Observations expected on either side of a point where the PIT is looked at: with fewer they are not near normal."""
NULL_REPLICATES = 99
"""Largest number of data sets for the likelihood ratio: the smallest p-value is then 1 in 100."""
ENOUGH = 10
"""Exceedances at which the likelihood ratio's simulation stops (Besag & Clifford 1991)."""
BATCH = 40
"""Null data sets fitted at once between two looks."""
OUT_OF_REACH = 60.0
"""Twice a log-likelihood ratio that no data set of one component reaches, so that none need be simulated: of 400 the
largest is 15, at n from 50 to 100 000, and the tail falls off like that of ``chi^2``."""
ONE_WILL_DO = 0.05
"""Above this p-value two components are not established."""
AT_MAXIMUM = 0.01
"""Distance, in standard errors, beyond which the fit is no maximum and the bootstrap says nothing about it."""


class AdequacyStatus(Enum):
    """Whether the data look like the model."""

    ADEQUATE = "The data look like this model: no check finds more than chance explains."
    ONE_WILL_DO = (
        "Nothing speaks against the model, but a single normal distribution explains the data about as well: "
        "two components are not established."
    )
    MISFIT = (
        "The data do not look like a sample from this model, so its estimates describe something that is not there."
    )
    NOT_JUDGED = "Not judged: the fit did not end at a maximum of the likelihood."


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check of adequacy."""

    name: str
    """Which check."""
    value: float
    """The number it looked at."""
    p_value: float
    """Probability of a value at least this extreme if the model is right; two-sided where there are two sides."""
    judged: bool
    """Whether it counts towards a misfit; the number of components and what leans on a prior are only reported."""
    explanation: str
    """One sentence: what was found and what it means."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PITBand:
    """Empirical less fitted distribution function, with its simultaneous band; arrays of one shape, for a plot."""

    x: Floats
    """Where it is looked at, data units, ascending."""
    u: Floats
    """Fitted distribution function there, in (0, 1)."""
    difference: Floats
    """Empirical less fitted distribution function."""
    half_width: Floats
    """The band is ``-+ half_width`` about 0 and holds all of a right sample with probability ``BAND``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adequacy:
    """Whether the data look like the model, and by what."""

    status: AdequacyStatus
    """The answer."""
    findings: tuple[Finding, ...]
    """All checks, in their order."""
    threshold: float
    """A judged p-value below this is a misfit: ``FALSE_ALARMS`` over their number."""
    pit: PITBand | None
    """The PIT with its band; None without raw observations."""

    @property
    def misfits(self) -> tuple[Finding, ...]:
        """The judged findings whose p-value is below the threshold."""
        return tuple(found for found in self.findings if found.judged and found.p_value < self.threshold)

    def as_dict(self) -> dict[str, object]:
        """Status, sentence, threshold and findings, for a JSON file."""
        outcome = {"status": self.status.name, "sentence": self.status.value, "threshold": self.threshold}
        return {**outcome, "findings": [asdict(each) for each in self.findings]}

    @property
    def caveat(self) -> str:
        """What a verdict must add where the data do not look like the model; else nothing."""
        if self.status is not AdequacyStatus.MISFIT:
            return ""
        names = ", ".join(found.name for found in self.misfits)
        return f" Beware: {self.status.value[0].lower()}{self.status.value[1:]} It shows in: {names}."


def check_adequacy(fit: EMFit, *, x: ArrayLike | None = None, seed: int = 0) -> Adequacy:
    """Hold the data against the fitted model.

    Args:
        fit: The maximum-likelihood fit.
        x: The raw observations, shape ``(n,)``, data units. Range and PIT need them; they come from the fit's sample
            where its weights are counts (none negative) or it can be read again; else both are left out.
        seed: Seed of all simulations.

    Raises:
        DataError: ``x`` cannot be used or is not the fit's sample.
    """
    if not (fit.distance < AT_MAXIMUM and 0 < fit.parameters.weight < 1):
        return Adequacy(status=AdequacyStatus.NOT_JUDGED, findings=(), threshold=math.nan, pit=None)
    raw = _raw(fit, x)
    drawn = draw_replicates(fit.parameters, n=fit.sample.n, replicates=REPLICATES, seed=seed)
    theta, _ = refit(drawn, drawn.theta[None])
    findings, band = _moment_findings(fit, drawn, theta), None
    if raw is not None:
        band, found = _pit(raw, fit, drawn, theta)
        findings += [_range(raw, fit), found]
    findings.append(likelihood_ratio(fit, seed=seed + 1))
    return _judge(findings, band)


def _judge(findings: list[Finding], band: PITBand | None) -> Adequacy:
    threshold = FALSE_ALARMS / sum(found.judged for found in findings)
    status = AdequacyStatus.ADEQUATE
    if any(found.judged and found.p_value < threshold for found in findings):
        status = AdequacyStatus.MISFIT
    elif any(found.name == "components" and found.p_value > ONE_WILL_DO for found in findings):
        status = AdequacyStatus.ONE_WILL_DO
    return Adequacy(status=status, findings=tuple(findings), threshold=threshold, pit=band)


def _raw(fit: EMFit, x: ArrayLike | None) -> Raw | None:
    sample = fit.sample if x is None else as_sample(x)
    if abs(sample.n - fit.sample.n) > 0.5:  # noqa: PLR2004  (half an observation)
        msg = f"x must be the observations of the fit, which are {fit.sample.n:g}; got {sample.n:g}"
        raise DataError(msg)
    return raw_observations(sample)


def _in_sigmas(x: Floats, parameters: Parameters) -> Floats:
    """``x`` in units of the replicates: sigmas from the midpoint of the means."""
    return (x - (parameters.mu1 + parameters.mu2) / 2) / parameters.sigma


def _moment_findings(fit: EMFit, drawn: Replicates, theta: Floats) -> list[Finding]:
    observed = discrepancies(
        _in_sigmas(fit.sample.points, fit.parameters), fit.sample.weights[None], drawn.theta[None]
    )[0]
    simulated = discrepancies(drawn.points, drawn.counts, theta)
    values = [*observed[:2], math.exp(observed[2])]
    texts = (
        "The skewness of the data is {:+.3g} off that of the fitted model",
        "The kurtosis of the data is {:+.3g} off that of the fitted model",
        "Component 1 is {:.3g} times as spread as component 2, where the model says 1",
    )
    found = []
    for k, (name, text) in enumerate(zip(("skewness", "kurtosis", "spread"), texts, strict=True)):
        p_value = two_tails(float(observed[k]), simulated[:, k])
        found.append(_finding(name, float(values[k]), p_value, text.format(values[k])))
    return found


def _finding(name: str, value: float, p_value: float, text: str, *, judged: bool = True) -> Finding:
    text = f"{text}; right data are at least as far off with probability {p_value:.2g}."
    return Finding(name=name, value=value, p_value=p_value, judged=judged, explanation=text)


def _range(raw: Raw, fit: EMFit) -> Finding:
    """The range against its exact distribution at the estimate; that the estimate is one is left out of account."""
    present = raw.x[raw.counts > 0]
    reach = float(present.max() - present.min())
    theta = np.array([fit.parameters.weight, *_in_sigmas(np.array([*fit.parameters][1:3]), fit.parameters), 1.0])
    below = range_within(reach / fit.parameters.sigma, theta, fit.sample.n)
    value = reach / fit.sample.sd
    side = "more" if 2 * below > 1 else "less"
    text = f"The data range over {value:.3g} of their standard deviations, {side} than expected"
    return _finding("range", value, 2 * min(below, 1 - below), text)


def _pit(raw: Raw, fit: EMFit, drawn: Replicates, theta: Floats) -> tuple[PITBand, Finding]:
    """Largest standardised difference of empirical and fitted distribution function, and the band it sets.

    As in Saeilynoja, Buerkner & Vehtari (2022) the band is pointwise, widened until it holds all points at once; here
    both its shape and the widening come from refitted replicates, since the parameters are estimated (Durbin 1973).
    """
    n = fit.sample.n
    edges = drawn.points + (drawn.points[1] - drawn.points[0]) / 2
    u = distribution(edges, drawn.theta)
    seen = n * u * (1 - u) >= min(MIN_EXPECTED, n / 10)
    simulated = np.cumsum(drawn.counts / n - lattice_masses(drawn.points, theta), axis=1)[:, seen]
    spread = np.sqrt(np.mean(simulated**2, axis=0))
    spread = np.maximum(spread, 0.1 * np.sqrt(u * (1 - u) / n)[seen])
    at = edges[seen] * fit.parameters.sigma + (fit.parameters.mu1 + fit.parameters.mu2) / 2
    difference = empirical(raw.x, raw.counts, at) - u[seen]
    largest = np.max(np.abs(simulated) / spread, axis=1)
    value = float(np.max(np.abs(difference) / spread))
    band = PITBand(x=at, u=u[seen], difference=difference, half_width=float(np.quantile(largest, BAND)) * spread)
    worst = int(np.argmax(np.abs(difference) / spread))
    text = f"The distribution function is up to {value:.3g} standard errors off the fitted one, most at {at[worst]:.4g}"
    return band, _finding("PIT", value, upper_tail(value, largest), text)


def likelihood_ratio(fit: EMFit, *, seed: int = 0) -> Finding:
    """One component or two, by the parametric-bootstrap likelihood ratio (McLachlan 1987).

    Under one component its distribution depends on n alone. It is simulated until ``ENOUGH`` data sets exceed the
    observed ratio (Besag & Clifford 1991), or ``NULL_REPLICATES`` times; a ratio out of their reach counts as if it had
    been. Null data are fitted from three starts.
    """
    n, sample = fit.sample.n, fit.sample
    one = -n / 2 * (math.log(2 * math.pi * (n - 1) / n) + 2 * math.log(sample.sd) + 1)
    value = 2 * (fit.log_likelihood - one)
    exceeded, drawn = 0, NULL_REPLICATES if value > OUT_OF_REACH else 0
    while drawn < NULL_REPLICATES and exceeded < ENOUGH:
        larger = np.cumsum(null_ratios(n, min(BATCH, NULL_REPLICATES - drawn), seed=seed + drawn) >= value) + exceeded
        enough = np.flatnonzero(larger == ENOUGH)
        drawn += int(enough[0]) + 1 if enough.size else larger.size
        exceeded = min(int(larger[-1]), ENOUGH)
    p_value = exceeded / drawn if exceeded == ENOUGH else (exceeded + 1) / (drawn + 1)
    need = "two components are needed" if p_value <= ONE_WILL_DO else "one component explains the data about as well"
    text = (
        f"Twice the log-likelihood ratio of two components to one is {value:.4g}: {need}; "
        f"data of one component give as much with probability {'at most ' if not exceeded else ''}{p_value:.2g}."
    )
    return Finding(name="components", value=value, p_value=p_value, judged=False, explanation=text)
