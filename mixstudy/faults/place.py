"""Where in a program a mistake is."""

from __future__ import annotations

from enum import Enum


class Place(Enum):
    """Where in a program a mistake is; the value completes "look at ..."."""

    WEIGHT = "the update of the weight"
    MU1 = "the update of mu1"
    MU2 = "the update of mu2"
    SIGMA = "the update of sigma"
    E_STEP = "the E-step"
    E_STEP_OR_STOP = "the E-step, or the end of a run that had not converged"
    STOP = "the end of a run that had not converged"
    REPORT = "what is reported"
    START = "the start, or a step that lets the means meet"
    OTHER_DATA = "the data: these rows come from others"
    PRECISION = "the type of the numbers: single precision, where sums need double"
    UNKNOWN = "more than one line"


UPDATES = (Place.WEIGHT, Place.MU1, Place.MU2, Place.SIGMA)
"""The four updates, in the order of the labels."""
EITHER_MEAN = (Place.MU1, Place.MU2)
