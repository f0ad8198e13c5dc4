"""Four numbers of a run that was not at rest tell which update was wrong, by the identities that right ones keep."""

import re

import numpy as np
import pytest

import mixstudy as ms
from mixstudy.diagnosis.resting import localise_estimate
from mixstudy.faults.outside import OUTSIDE_BY_NAME, run
from mixstudy.faults.place import Place


def after(steps, *names, seed=3):
    """Where a run with mistakes is after so many steps, to eight figures, and what it ran on."""
    x = ms.simulate(ms.Parameters(0.15, 0, 6, 2), n=1000, seed=seed)
    rows = run(x, np.array([0.5, 2.0, 7.0, 3.0]), tuple(OUTSIDE_BY_NAME[name] for name in names), steps=steps)
    return [f"{value:#.8g}" for value in rows[-1]], ms.as_sample(x)


@pytest.mark.parametrize("steps", [3, 20, 100])
@pytest.mark.parametrize("name", ["never updated", "a Dirichlet prior", "share of hard labels"])
def test_a_wrong_weight_on_the_way_is_located(name, steps):
    """Means and sigma keep the mean and the variance of the data with another weight than the one that is printed."""
    estimate, sample = after(steps, name)
    found = localise_estimate(estimate, sample, ms.fit_em(sample))
    assert set(found.places) in ({Place.WEIGHT, Place.E_STEP_OR_STOP}, {Place.WEIGHT})


def test_the_weight_that_goes_with_the_means_is_told():
    """It is the share of component 1 by the responsibilities of the last step, whatever was made of it."""
    (_, mu1, mu2, _), sample = after(20, "never updated")
    held = run(sample.points, np.array([0.5, 2.0, 7.0, 3.0]), (OUTSIDE_BY_NAME["never updated"],), steps=19)[-1]
    one, two = (
        share * np.exp(-((sample.points - mu) ** 2) / 2 / held[3] ** 2)
        for share, mu in ((0.5, held[1]), (0.5, held[2]))
    )
    found = localise_estimate(["0.50000000", mu1, mu2, after(20, "never updated")[0][3]], sample, ms.fit_em(sample))
    told = float(re.search(r"with a weight of ([\d.]+):", found.sentence)[1])
    assert told == pytest.approx((one / (one + two)).mean(), abs=2e-6)


@pytest.mark.parametrize("name", ["reg_covar", "no 2 in the exponent", "a prior on the means", "n - 1"])
def test_other_mistakes_on_the_way_are_not_taken_for_it(name):
    """The identity that has no weight in it is kept by right means and sigma alone, and the mean by a right weight."""
    estimate, sample = after(20, name)
    found = localise_estimate(estimate, sample, ms.fit_em(sample))
    assert found is None or Place.WEIGHT not in found.places or Place.MU1 in found.places or len(found.places) == 1
