"""Right steps are followed as far as they were printed, whatever their order, their stride and the data."""

import numpy as np
import pytest

import mixstudy as ms
from mixstudy.em.fit import random_start
from mixstudy.faults.figures import printed_rows
from mixstudy.faults.following import begins, update, usable
from mixstudy.faults.steps import HARMLESS, RIGHT, centred, in_order
from mixstudy.faults.variations import follow_right


def drawn(rng):
    """Few or many observations, tied, rounded or mirrored, near or far from zero; and their scale."""
    n = int(rng.choice([4, 6, 10, 30, 100, 300, 1000, 3000]))
    separation, weight = rng.choice([0.5, 1, 1.5, 2, 3, 5, 8]), rng.choice([0.1, 0.3, 0.5, 0.7])
    scale, offset = 10.0 ** rng.integers(-4, 5), rng.choice([0, 0, 10, -1000, 1e5])
    x = np.where(rng.random(n) < weight, 0, separation) + rng.standard_normal(n)
    kind = rng.integers(5)
    x = (x, np.round(x, 1), np.round(x), np.round(x * 2) / 2, -x)[kind]
    return x * scale + offset * scale, scale


def one_by_one(order):
    """EM that updates one number after the other in some order, with a new E-step before each."""

    def step(data, theta):
        for j in order:
            theta = np.where(np.arange(4) == j, update(data, theta, theta[1:3]), theta)
        return theta

    return step


def right_trace(seed):
    """A sample and a printed trace of right steps on it."""
    rng = np.random.default_rng(seed)
    x, scale = drawn(rng)
    sample = ms.as_sample(x)
    steps = [*HARMLESS, one_by_one(rng.permutation(4))]
    step, stride = steps[rng.choice(3, p=[0.6, 0.2, 0.2])], int(rng.choice([1, 1, 1, 5, 10]))
    theta = random_start(sample, seed=seed) - sample.centre
    theta = in_order(theta) if rng.random() < 0.5 else theta
    step = one_by_one(range(4)) if step is steps[2] and stride > 1 else step
    rows = [theta + sample.centre]
    for _ in range(int(rng.choice([2, 6, 20, 60]))):
        for _ in range(stride):
            theta = step(centred(sample), theta)
        if not begins(theta):
            break
        rows.append(theta + sample.centre)
    mode, figures = rng.integers(3), int(rng.choice([3, 4, 5, 6, 8]))
    decimals = max(0, int(figures - np.floor(np.log10(scale))))
    fixed = [[f"{row[0]:.{figures}f}", *(f"{value:.{decimals}f}" for value in row[1:])] for row in rows]
    return sample, ([[f"{v:.{figures}g}" for v in row] for row in rows], fixed, [row.tolist() for row in rows])[mode]


@pytest.mark.parametrize("seed", [375, 385, 649, 1249, *range(12)])
def test_right_steps_are_followed(seed):
    """Means rounded more than they move, weights printed to one figure, strides, other orders: none is accused.

    The first four were: rounding of the means in sigma's squares, a stride beside better ones, a start that is printed
    too coarsely to tell, and a weight whose rounding grows in the update that sees it beside new means.
    """
    sample, trace = right_trace(seed)
    rows = usable(printed_rows(trace))
    if len(rows.values) > 1:
        assert follow_right(rows, sample).right


@pytest.mark.parametrize("part", [0.5, 0.9, 1.4])
@pytest.mark.parametrize("figures", [4, 8])
def test_damped_steps_are_right(part, figures):
    """Steps that go a part of the way, or beyond it, rest where right ones do; which part is found."""
    sample = ms.as_sample(ms.simulate(ms.ORIGIN, n=500, seed=1))
    theta, rows = np.array([0.5, -8.0, 4.0, 4.0]), []
    for _ in range(12):
        rows.append([f"{value:.{figures}f}" for value in theta + sample.centre])
        theta = theta + part * (RIGHT(centred(sample), theta) - theta)
    found = follow_right(printed_rows(rows), sample)
    assert found.right
    assert found.relaxed == pytest.approx(part, abs=0.01)


def test_steps_of_no_one_part_are_not_excused():
    """A weight that goes half of the way while all else goes all of it is wrong."""
    sample = ms.as_sample(ms.simulate(ms.ORIGIN, n=500, seed=1))
    theta, rows = np.array([0.5, -8.0, 4.0, 4.0]), []
    for _ in range(8):
        rows.append([f"{value:.6f}" for value in theta + sample.centre])
        theta = theta + np.array([0.5, 1, 1, 1]) * (RIGHT(centred(sample), theta) - theta)
    assert not follow_right(printed_rows(rows), sample).right
