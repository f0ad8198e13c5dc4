r"""Which known mistake explains these numbers, on these data, and how strongly?

Each mistake is run on the data (``faults``), and what it gives is held against an estimate, a trace, the data
themselves or posterior draws. Distances are in standard errors of the right answer, ``|d| = sqrt(d' I d)`` with its
observed information ``I``; the strength of the evidence is

    log10( distance to the right answer / distance to what the fault gives ),

neither distance below the rounding of the printed figures. A trace is judged step by step: does the faulty iteration
take row i to row i + 1?
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from mixstudy.data.sample import WeightedSample
from mixstudy.em.fit import EMFit, fit_em
from mixstudy.faults.by_data import about_the_data
from mixstudy.faults.by_estimate import from_estimate
from mixstudy.faults.by_trace import from_trace, steps_are_right
from mixstudy.faults.case import Recognition, merged
from mixstudy.model import LABELS, Floats, Parameters


def recognise(
    estimate: Sequence[float | str] | None,
    sample: WeightedSample,
    *,
    start: ArrayLike | None = None,
    truth: Parameters | None = None,
    trace: ArrayLike | None = None,
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
        trace: Successive iterates, shape ``(k, 4)``, k at least 2, data units.
        fit: The right answer; fitted where None.

    Raises:
        ValueError: The estimate is not four numbers, one is out of its range, or the trace has another shape.
    """
    fit = fit or fit_em(sample)
    rows = None if trace is None else _as_rows(trace)
    if estimate is None and rows is not None:
        estimate = [float(v) for v in rows[-1]]
    found = [*about_the_data(sample, fit, truth)]
    by_step = () if rows is None else from_trace(rows, sample)
    by_value = () if estimate is None else from_estimate(estimate, sample, fit, start)
    if by_step:
        known = {"swapped labels", *(r.fault.name for r in by_step)}
        by_value = tuple(r for r in by_value if r.fault.name in known)
    elif rows is not None and not steps_are_right(rows, sample):
        by_value = tuple(r for r in by_value if r.fault.reports is not None)  # no known iteration made these rows
    return (*found, *merged([*by_step, *by_value]))


def _as_rows(trace: ArrayLike) -> Floats:
    rows = np.asarray(trace, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(LABELS) or rows.shape[0] < 2:  # noqa: PLR2004  (a table, one step)
        msg = f"a trace has two or more rows of {', '.join(LABELS)}; got shape {rows.shape}"
        raise ValueError(msg)
    return rows
