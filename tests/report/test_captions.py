"""What is told to those who cannot see a figure."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from pages import HOSTILE, document

import mixstudy as ms
from mixstudy.comparison.compare import Comparison
from mixstudy.report.captions import _humps, pictures


def test_alternatives_tell_what_is_seen(result: Comparison) -> None:
    """A figure's text says how the curves lie, where the humps are, and what the chains and the path did."""
    alt = {name: picture.alt for name, picture in pictures(result).items()}
    at = result.estimate
    assert "EM's estimate and the posterior mean nearly coincide: two humps" in alt["data"]
    assert f"of components at {at.mu1:.1f} and {at.mu2:.1f}" in alt["data"]
    assert "look alike" in alt["traces"]
    assert alt["challengers"] in [check.explanation for check in result.checks]
    assert "reaches a maximum" in alt["climb"]


def test_alternatives_tell_what_is_wrong(result: Comparison) -> None:
    """Where the estimate is off the text names the parameter that parts most; overlapping humps are one."""
    off = replace(result, estimate=replace(result.estimate, mu2=result.estimate.mu2 + 1), truth=None)
    assert "part, most in mu2" in pictures(off)["data"].alt
    near = ms.Parameters.relabelled([0.3, 5.0, 6.0, 1.0])
    close = replace(result, estimate=near, table=result.table.assign(posterior_mean=[*near]), truth=None)
    assert "one hump, of components at 5.0 and 6.0, 1 sigma apart" in pictures(close)["data"].alt


@pytest.mark.parametrize(("weight", "apart"), [(0.5, 1.9), (0.5, 2.1), (0.1, 3.1), (0.1, 3.5), (0.02, 3.8)])
def test_humps_are_counted_right(weight: float, apart: float) -> None:
    """One hump or two is what the density has on a fine grid."""
    at = ms.Parameters(weight=weight, mu1=0.0, mu2=apart, sigma=1.0)
    rises = np.diff(ms.log_density(np.linspace(-3, 7, 100_001), at)) > 0
    tops = np.sum(rises[:-1] & ~rises[1:])
    assert _humps(at).startswith({1: "one hump,", 2: "two humps,"}[int(tops)])


def test_probability_is_told_where_the_data_are(result: Comparison) -> None:
    """Components that overlap all over leave no observation certain, and the text does not say so."""
    close = replace(result, estimate=ms.Parameters(weight=0.5, mu1=11.0, mu2=13.0, sigma=5.0))
    x = result.posterior.sample.points
    first, last = (1 / (1 + math.exp(2 / 5**2 * (end - 12))) for end in (x.min(), x.max()))
    told = f"from {first:.3f} at the left end of the data to {last:.3f} at the right; it is one half at 12.0."
    assert pictures(close)["responsibilities"].alt.endswith(told)


def test_captions_hold_without_a_run_of_em(bare: Comparison) -> None:
    """What is said of bare parameters does not call them EM's."""
    found = document(bare)
    assert found.title == f"An estimate and the posterior: {HOSTILE}"
    assert "EM" not in found.picture.caption + found.picture.alt
