"""What makes wrong draws right: a slip of the report taken back, or the likelihood counted another number of times.

Either is tried on the integral itself. Draws that give the posterior once a slip is taken back were reported with that
slip; draws that give the posterior of every observation counted p times were drawn from a likelihood to the power p.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from mixstudy.comparison.verdict import CheckStatus
from mixstudy.data.sample import WeightedSample
from mixstudy.diagnosis.draws import DrawsReading, Gauge, against_integrals, gauge_of
from mixstudy.em.fit import EMFit
from mixstudy.faults.by_draws import recognise_draws
from mixstudy.faults.case import AT_MOST
from mixstudy.faults.catalogue import FAULTS
from mixstudy.faults.draws_case import ordered
from mixstudy.faults.fault import STRONG, Fault, Recognition
from mixstudy.faults.in_draws import COUNTED
from mixstudy.faults.slips import slips
from mixstudy.integral.integrate import integrate
from mixstudy.model import Floats

NEAR = 3.0
"""Distance of means, in posterior sds, within which draws are worth holding against the integral."""
ONE_FACTOR = 0.3
"""Spread of log(sd of the draws / sd of the integral) over the parameters up to which one factor is tried."""
COUNTS = 0.1
"""Log of that factor from which the likelihood may have been counted more or less than once."""


def marks_of(given: Floats, reading: DrawsReading, fit: EMFit) -> tuple[Recognition, ...]:
    """Known mistakes of draws: what makes them right or, failing that, what they bear the marks of.

    Draws that are right once they are in order can be wrong in nothing but their order.
    """
    if reading.outcome.status is CheckStatus.FAIL and reading.mixed and reading.gauge is not None:
        explained = explain_draws(given, fit.sample, reading.gauge)
        if explained:
            return explained
    found = recognise_draws(given, fit.sample, fit=fit)
    if reading.mixed and reading.gauge is not None:
        found = tuple(_unconfirmed(each) if each.fault.slips else each for each in found)
    if found and reading.outcome.status is CheckStatus.PASS:
        whatever_order = {each.fault.name for each in recognise_draws(ordered(given), fit.sample, fit=fit)}
        return tuple(each for each in found if each.fault.name not in whatever_order)
    return found


def _unconfirmed(slip: Recognition) -> Recognition:
    """A slip that lifts the likelihood, and does not give the integral: it may be, under a prior that is felt."""
    return replace(slip, strength=min(slip.strength, AT_MOST))


def explain_draws(given: Floats, sample: WeightedSample, gauge: Gauge) -> tuple[Recognition, ...]:
    """Name the mistake, or the two slips, whose undoing makes draws right; none where nothing does.

    Args:
        given: Draws as they came, shape ``(chains, draws, 4)``, data units.
        sample: The observations.
        gauge: The integrals against which they fail.
    """
    for undone in slips():
        with np.errstate(all="ignore"):
            draws = ordered(undone.undo(given, sample))
        if _gives(draws, gauge):
            names = " and ".join(f"'{fault.name}'" for fault in undone.faults)
            both = " together" if len(undone.faults) > 1 else ""
            text = f"With {names} taken back{both}, the draws give the posterior of the integral: means, sds and ends."
            return tuple(_recognised(fault, text) for fault in undone.faults)
    return _counted(ordered(given), sample, gauge)


def _gives(draws: Floats, gauge: Gauge) -> bool:
    """Whether draws give the posterior, most being ruled out by their means."""
    if not np.isfinite(draws).all():
        return False
    expected = gauge.expected[0].value
    off = np.abs(draws.mean(axis=(0, 1)) - expected[:, 0]) / expected[:, 1]
    return bool((off <= NEAR).all()) and against_integrals(draws, gauge).status is CheckStatus.PASS


def _recognised(fault: Fault, text: str) -> Recognition:
    return Recognition(fault=fault, strength=STRONG, distance=0.0, explanation=text)


def _counted(draws: Floats, sample: WeightedSample, gauge: Gauge) -> tuple[Recognition, ...]:
    """The likelihood to the power p has sds ``1 / sqrt(p)`` times as large, and an integral of its own."""
    logs = np.log(draws.std(axis=(0, 1)) / gauge.expected[0].value[:, 1])
    if not (np.ptp(logs) < ONE_FACTOR and abs(logs.mean()) > COUNTS):
        return ()
    p = math.exp(-2 * float(logs.mean()))
    counted = WeightedSample(points=np.array(sample.points), weights=p * sample.weights, source=sample.source)
    other = gauge_of([integrate(counted, prior=prior) for prior in gauge.priors], gauge.sample)
    if other is None or not _gives(draws, other):
        return ()
    fault = next(each for each in FAULTS if each.find_in_draws is COUNTED)
    wider = float(np.exp(logs.mean()))
    text = (
        f"All four sds are about {wider:.3g} times those of the integral, and the draws give the posterior of a "
        f"likelihood that counts {p:.2g} times: means, sds and ends."
    )
    return (_recognised(fault, text),)
