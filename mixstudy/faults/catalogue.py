"""The catalogue: every known mistake, each with its line of mathematics, how it is made and how it is recognised.

The entries stand in the modules ``in_...``, by the part of the work in which the mistake is made.
"""

from __future__ import annotations

from mixstudy.faults.fault import Fault
from mixstudy.faults.in_data import DATA_FAULTS
from mixstudy.faults.in_draws import DRAWS_FAULTS
from mixstudy.faults.in_model import MODEL_FAULTS
from mixstudy.faults.in_reports import REPORT_FAULTS
from mixstudy.faults.in_runs import RUN_FAULTS
from mixstudy.faults.in_steps import STEP_FAULTS

FAULTS: tuple[Fault, ...] = (
    *DATA_FAULTS,
    *STEP_FAULTS,
    *REPORT_FAULTS,
    *MODEL_FAULTS,
    *RUN_FAULTS,
    *DRAWS_FAULTS,
)
"""The catalogue, in the order in which a tie is named."""
BY_NAME = {fault.name: fault for fault in FAULTS}
