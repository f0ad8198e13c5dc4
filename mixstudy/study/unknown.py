"""What is said of mistakes that the catalogue does not hold: are they found, located, and named wrongly?

Every mistake of ``faults.outside``, and pairs of them, is made on the same data: as a trace of its first iterations and
as the four numbers at which it rests, both to six figures. None of them has a name, so that any name given with strong
evidence is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mixstudy.comparison.verdict import Verdict
from mixstudy.data.sample import WeightedSample
from mixstudy.diagnosis.localise import localise_trace
from mixstudy.diagnosis.location import Location
from mixstudy.diagnosis.resting import localise_estimate
from mixstudy.em.fit import EMFit
from mixstudy.faults.following import begins
from mixstudy.faults.outside import OUTSIDE, OUTSIDE_BY_NAME, PAIRS, Outside, run
from mixstudy.faults.place import Place
from mixstudy.faults.recognise import recognise
from mixstudy.model import Floats

PREFIX = "unknown: "
"""How the name of a mistake begins that has none in the catalogue."""
FIGURES = 6
"""Significant figures that are printed, as a program would."""
ROWS = 10
"""Iterations in a trace."""
LONGEST = 500
"""Iterations after which a run that is not at rest is taken as it is."""
AT_REST = 1e-8
"""Step, in sigma, at which a run is at rest."""
BEFORE_EITHER = {Place.E_STEP: Place.E_STEP_OR_STOP}
"""What four numbers can tell of it: at rest, a wrong E-step looks like a run that had not converged."""


def judge_unknown(x: Floats, sample: WeightedSample, fit: EMFit, *, sd: Floats) -> Iterator[dict[str, Any]]:
    """A row for each mistake's trace and one for the numbers at which it rests.

    ``x``, shape ``(n,)``, is the sample once more; ``sd``, shape ``(4,)``, are the units of ``moved``.
    """
    mistakes: list[tuple[str, tuple[Outside, ...]]] = [(each.name, (each,)) for each in OUTSIDE]
    mistakes += [(" + ".join(pair), tuple(OUTSIDE_BY_NAME[name] for name in pair)) for pair in PAIRS]
    centre, spread = float(x.mean()), float(x.std())
    start = np.array([0.5, centre - 1.1 * spread, centre + 1.2 * spread, spread])
    for name, made in mistakes:
        rows = run(x, start, made, steps=ROWS)
        trace = [_printed(row) for row in rows if np.isfinite(row).all()]
        location = localise_trace(trace, sample)
        yield _row(name, "trace", location, _expected(made, at_rest=False)) | {
            "wrongly_named": _named(None, sample, fit, trace=trace),
            "moved": _moved(rows[-1], fit, sd),
        }
        iterates = run(x, start, made, steps=LONGEST, rest=AT_REST)
        last, stopped = iterates[-1], len(iterates) > LONGEST
        estimate = _printed(last)
        if begins(np.array(estimate, dtype=np.float64)):
            location = localise_estimate(estimate, sample, fit)
            yield _row(name, "estimate", location, _expected(made, at_rest=True), stopped=stopped) | {
                "wrongly_named": _named(estimate, sample, fit, trace=None),
                "moved": _moved(last, fit, sd),
            }


def _printed(row: Floats) -> list[str]:
    """Six figures, with their zeros."""
    return [f"{value:#.{FIGURES}g}" for value in row]


def _expected(made: tuple[Outside, ...], *, at_rest: bool) -> set[Place]:
    places = {place for each in made for place in each.places}
    return {BEFORE_EITHER.get(place, place) if at_rest else place for place in places}


def _row(
    name: str, variant: str, location: Location | None, expected: set[Place], *, stopped: bool = False
) -> dict[str, Any]:
    """What was found of a mistake; of a run that was stopped before its rest that may be said, too."""
    found, right = location is not None and bool(location.places), [expected]
    if stopped:
        right.append(expected | {Place.E_STEP_OR_STOP})
    return {
        "fault": f"{PREFIX}{name}",
        "variant": variant,
        "located": location is not None and set(location.places) in right,
        "verdict": (Verdict.DISAGREE if found else Verdict.AGREE).value,
    }


def _moved(theta: Floats, fit: EMFit, sd: Floats) -> float:
    off = np.abs(theta - fit.parameters.array) / sd
    return float(np.nan_to_num(off, nan=np.inf).max())


def _named(estimate: list[str] | None, sample: WeightedSample, fit: EMFit, *, trace: list[list[str]] | None) -> bool:
    """Whether a mistake of the catalogue is named with strong evidence."""
    if estimate is None and trace is not None:
        usable = [row for row in trace if begins(np.array(row, dtype=np.float64))]
        estimate = usable[-1]
    found = recognise(estimate, sample, trace=trace, fit=fit)
    return any(each.evidence == "strong" and not each.fault.harmless for each in found)
