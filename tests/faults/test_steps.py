"""The step by which somebody's rows are judged is the textbook's."""

import numpy as np
import pytest
from scipy import stats

import mixstudy as ms
from mixstudy.faults.steps import RIGHT, centred, make_step


def textbook(x, theta):
    """One step from SciPy's densities."""
    weight, mu1, mu2, sigma = theta
    first, second = weight * stats.norm.pdf(x, mu1, sigma), (1 - weight) * stats.norm.pdf(x, mu2, sigma)
    r = first / (first + second)
    means = r @ x / r.sum(), (1 - r) @ x / (1 - r).sum()
    squares = r @ (x - means[0]) ** 2 + (1 - r) @ (x - means[1]) ** 2
    return np.array([r.mean(), *means, np.sqrt(squares / x.size)])


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("seed", range(5))
def test_the_compiled_step_is_the_textbook_s(seed, scale):
    """From any start, near or far, in any unit."""
    rng = np.random.default_rng(seed)
    points = centred(ms.as_sample(scale * ms.simulate(ms.ORIGIN, n=300, seed=seed)))
    sd = float(points.x.std())
    theta = np.array(
        [rng.uniform(0.05, 0.95), -sd * rng.uniform(0, 2), sd * rng.uniform(0, 2), sd * rng.uniform(0.2, 3)]
    )
    assert RIGHT(points, theta) == pytest.approx(textbook(points.x, theta), rel=1e-10)
    assert RIGHT(points, theta) == pytest.approx(make_step()(points, theta), rel=1e-12)


@pytest.mark.parametrize(
    "theta", [[0.0, -1, 1, 1], [0.5, -1, 1, 0], [0.5, np.nan, 1, 1], [0.5, -1, 1, -1], [0.5, -1, 9e5, 1]]
)
def test_a_step_from_nowhere_leads_nowhere(theta):
    """Where a step can't begin, or leaves a component without observations, there is no next row."""
    points = centred(ms.as_sample(ms.simulate(ms.ORIGIN, n=300, seed=1)))
    assert np.isnan(RIGHT(points, np.array(theta, dtype=float))).all()
