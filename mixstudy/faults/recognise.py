r"""Which known mistake explains these numbers, on these data, and how strongly?

Each mistake is run on the data, and what it gives is held against an estimate, a trace, the data themselves or
posterior draws. For an estimate, distances are in standard errors of the right answer, ``|d| = sqrt(d' I d)`` with its
observed information ``I``, and the strength of the evidence is

    log10( distance to the right answer / distance to what the fault gives ),

neither distance below the rounding of the printed figures. It is called strong only where the fault gives those figures
themselves. A trace is judged step by step: does the faulty iteration take every row to the next, to its rounding? What
a trace refutes is not named.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.data.sample import WeightedSample
from mixstudy.em.fit import EMFit, fit_em
from mixstudy.faults.by_estimate import from_estimate
from mixstudy.faults.by_trace import from_trace
from mixstudy.faults.catalogue import FAULTS
from mixstudy.faults.fault import Fault, Recognition, merged, recognised
from mixstudy.faults.figures import Printed
from mixstudy.model import LABELS, Floats, Parameters


def recognise(
    estimate: Printed | None,
    sample: WeightedSample,
    *,
    start: ArrayLike | None = None,
    truth: Parameters | None = None,
    trace: Sequence[Printed] | Floats | None = None,
    fit: EMFit | None = None,
) -> tuple[Recognition, ...]:
    """Name the known mistakes that explain an estimate, best first; none where it is right.

    Args:
        estimate: Weight, mu1, mu2, sigma as printed, in any order of the means; strings keep trailing zeros. The last
            row of the trace where None.
        sample: The observations, uncompressed where at hand: sharp faults (hard assignment, precedence, float32) are
            not smooth enough for compressed points.
        start: The start of the iterations, data units, where known.
        truth: The parameters that the data were drawn from, where known.
        trace: Successive iterates, k at least 2, each four numbers as printed, data units.
        fit: The right answer; fitted where None.

    Raises:
        ValueError: The estimate is not four numbers, one is out of its range, or the trace has another shape.
    """
    fit = fit or fit_em(sample)
    if trace is not None:
        _require_rows(trace)
        estimate = trace[-1] if estimate is None else estimate
    with np.errstate(all="ignore"):  # a fault's step may overflow far from the data; infinities are handled
        data = [(fault, fault.find_in_data(sample, fit, truth)) for fault in FAULTS if fault.find_in_data is not None]
        by_step, right_steps = ((), False) if trace is None else from_trace(trace, sample)
        by_value = () if estimate is None else from_estimate(estimate, sample, fit, start)
    if trace is not None:
        by_value = tuple(each for each in by_value if not _refuted(each.fault, by_step, right_steps=right_steps))
    return (*recognised(data), *merged([*by_step, *by_value]))


def _refuted(fault: Fault, by_step: tuple[Recognition, ...], *, right_steps: bool) -> bool:
    """Whether a trace rules out what its last row alone might be."""
    if fault.harmless or any(each.fault is fault for each in by_step):
        return False
    return not (right_steps and (fault.stops_right_steps or not fault.steps))


def _require_rows(trace: Sequence[Printed] | Floats) -> None:
    if len(trace) < 2 or any(len(row) != len(LABELS) for row in trace):  # noqa: PLR2004  (one step)
        widths = ", ".join(str(width) for width in sorted({len(row) for row in trace}))
        msg = f"a trace has two or more rows of {', '.join(LABELS)}; got shape ({len(trace)}, {widths})"
        raise ValueError(msg)
