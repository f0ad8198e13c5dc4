"""The catalogue: every known mistake, each with its line of mathematics, how it is made and how it is recognised.

The entries stand in the modules ``in_...``, by the part of the work in which the mistake is made.
"""

from __future__ import annotations

from mixstudy.data.text import glance, html_glance
from mixstudy.faults.fault import Fault
from mixstudy.faults.in_data import DATA_FAULTS
from mixstudy.faults.in_draws import DRAWS_FAULTS
from mixstudy.faults.in_reports import REPORT_FAULTS
from mixstudy.faults.in_runs import RUN_FAULTS
from mixstudy.faults.in_steps import STEP_FAULTS


class Catalogue(tuple[Fault, ...]):
    """Known mistakes; in a console and in a notebook a table of them."""

    __slots__ = ()

    def __repr__(self) -> str:
        rows = [("name", "seen in"), *((fault.name, fault.seen_in) for fault in self)]
        return glance("FAULTS", f"{len(self)} known mistakes", rows=rows)

    def _repr_html_(self) -> str:
        rows = [(fault.name, fault.wrong, fault.right, fault.seen_in) for fault in self]
        return html_glance(f"{len(self)} known mistakes", [("name", "wrong", "right", "seen in"), *rows])


FAULTS = Catalogue((*DATA_FAULTS, *STEP_FAULTS, *REPORT_FAULTS, *RUN_FAULTS, *DRAWS_FAULTS))
"""The catalogue, in the order in which a tie is named."""
BY_NAME = {fault.name: fault for fault in FAULTS}
