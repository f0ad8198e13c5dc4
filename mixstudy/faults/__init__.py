r"""Known mistakes in estimating the mixture, each a small variation on the true algorithm.

``FAULTS`` is the catalogue, built from steps of EM with a part replaced (``steps``); ``reproduce``, ``reproduce_data``
and ``reproduce_draws`` make each mistake on purpose, so that ``recognition`` can be put to the test.
"""

from mixstudy.faults.catalogue import BY_NAME, FAULTS, Fault
from mixstudy.faults.reproduce import reproduce, reproduce_data, reproduce_draws
from mixstudy.faults.runs import (
    FEW,
    LOOSE,
    iterate,
    k_means_start,
    mean_log_likelihood,
    path,
    single_precision,
    tolerance_stop,
    unshared,
    unshared_errors,
)
from mixstudy.faults.steps import HARMLESS, RIGHT, Points, Step, Sums, centred, make_step

__all__ = [
    "BY_NAME",
    "FAULTS",
    "FEW",
    "HARMLESS",
    "LOOSE",
    "RIGHT",
    "Fault",
    "Points",
    "Step",
    "Sums",
    "centred",
    "iterate",
    "k_means_start",
    "make_step",
    "mean_log_likelihood",
    "path",
    "reproduce",
    "reproduce_data",
    "reproduce_draws",
    "single_precision",
    "tolerance_stop",
    "unshared",
    "unshared_errors",
]
