"""Draws held against the integral: do they give the same means, standard deviations and interval ends?

Diagnostics of chains can tell that something is wrong, not that nothing is: chains that have never been to a part of
the posterior do not know of it. The integral does, and has an error of its own, so each number of the draws may be off
by what both errors allow, and by no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import ndtri

from mixstudy.integral.result import LEVEL, Estimates, Integral
from mixstudy.model import LABELS, Floats

QUANTITIES = ("mean", "sd", "lower end", "upper end")
"""What is compared of each parameter; the ends are those of the 95 % interval."""
NORMAL = (1.0, 0.71, 2.67, 2.67)
"""Standard errors of the four from independent normal draws, in sds over the root of their number."""
FALSE_ALARMS = 0.001
"""How often right draws may be said to differ, all comparisons together."""
ERRORS = float(ndtri(1 - FALSE_ALARMS / (2 * len(QUANTITIES) * len(LABELS))))
"""Errors that one comparison may be off: 4.0 (Bonferroni)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verification:
    """Draws beside the integral; arrays have a row for each parameter and a column for each of ``QUANTITIES``."""

    drawn: Estimates
    """What the draws give, with their Monte Carlo errors, shape ``(4, 4)``, data units."""
    integrated: Estimates
    """What the integral gives, likewise."""

    @property
    def sds(self) -> Floats:
        """Difference in posterior sds, shape ``(4, 4)``."""
        return np.asarray((self.drawn.value - self.integrated.value) / self.integrated.value[:, 1:2])

    @property
    def errors(self) -> Floats:
        """Difference in errors of both together, shape ``(4, 4)``; NaN where the draws give no number."""
        with np.errstate(all="ignore"):
            together = np.hypot(self.drawn.error, self.integrated.error)
            return np.asarray((self.drawn.value - self.integrated.value) / together)

    @property
    def agrees(self) -> bool:
        """Whether no number differs by more than both errors allow."""
        return bool((np.abs(self.errors) <= ERRORS).all())

    @property
    def worst(self) -> tuple[int, int]:
        """Row and column of the difference that the errors allow least."""
        place = int(np.argmax(np.nan_to_num(np.abs(self.errors), nan=np.inf)))
        return place // len(QUANTITIES), place % len(QUANTITIES)

    @property
    def sentence(self) -> str:
        """The comparison that went worst, in words."""
        row, column = self.worst
        return (
            f"The {QUANTITIES[column]} of {LABELS[row]} is {self.sds[row, column]:+.2g} posterior sds from that of the "
            f"integral, {abs(self.errors[row, column]):.2g} errors of both together, where {ERRORS:.1f} are allowed."
        )


def verify(draws: Floats, integral: Integral) -> Verification:
    """Hold draws, shape ``(chains, draws, 4)``, data units, against the integral of the same posterior."""
    drawn, integrated = summarise_draws(draws), summarise_integral(integral)
    return Verification(drawn=with_least_errors(drawn, draws, integrated.value[:, 1]), integrated=integrated)


def with_least_errors(drawn: Estimates, draws: Floats, sds: Floats) -> Estimates:
    """Errors no smaller than those of as many independent draws from a normal posterior with these ``sds``.

    Few draws say too little of their own errors, above all in the tails.
    """
    from arviz_stats.base.array import array_stats  # here, as it loads xarray

    with np.errstate(all="ignore"):
        ess = np.asarray(array_stats.ess(draws, chain_axis=0, draw_axis=1, method="bulk"))
        return Estimates(drawn.value, np.fmax(drawn.error, np.outer(sds / np.sqrt(ess), NORMAL)))


def summarise_integral(integral: Integral, level: float = LEVEL) -> Estimates:
    """``QUANTITIES`` of each parameter by the integral, shape ``(4, 4)``."""
    means, sds, ends = integral.means, integral.sds, integral.interval(level)
    value = np.column_stack([means.value, sds.value, ends.value])
    return Estimates(value, np.column_stack([means.error, sds.error, ends.error]))


def summarise_draws(draws: Floats, level: float = LEVEL) -> Estimates:
    """The same by the draws, with their Monte Carlo errors by ArviZ (Vehtari et al. 2021)."""
    from arviz_stats.base.array import array_stats  # here, as it loads xarray

    flat, tails = draws.reshape(-1, draws.shape[-1]), ((1 - level) / 2, (1 + level) / 2)
    error = partial(array_stats.mcse, draws, chain_axis=0, draw_axis=1)
    with np.errstate(all="ignore"):
        value = np.column_stack([flat.mean(axis=0), flat.std(axis=0, ddof=1), *np.quantile(flat, tails, axis=0)])
        quantiles = [error(method="quantile", prob=tail) for tail in tails]
        return Estimates(value, np.column_stack([error(method="mean"), error(method="sd"), *quantiles]))
