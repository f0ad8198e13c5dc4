"""Many fits in one call are so many fits: each gets what it gets alone, by climbs that never fall."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logit
from scipy.stats import norm

import mixstudy as ms
from mixstudy.em.fit import starts
from mixstudy.em.likelihood import curvature
from mixstudy.em.run import EMStatus, follow, run_em

CASES = {
    "apart": (ms.Parameters(0.3, 0.0, 5.0, 1.0), 400),
    "overlap": (ms.Parameters(0.4, 0.0, 1.5, 1.0), 1000),
    "two maxima": (ms.Parameters(0.5, 0.0, 0.5, 1.0), 1000),
    "one normal": (ms.Parameters(0.5, 0.0, 0.0, 1.0), 300),
}


def standardised(name, seed=2):
    """Points, weights and the ladder's starts of one of the cases."""
    sample = ms.as_sample(ms.simulate(CASES[name][0], n=CASES[name][1], seed=seed))
    return sample.standardised, sample.weights, starts(sample.standardised, sample.weights)


def apart(t, weights, one, other):
    """Distance of one end from another in standard errors of the other."""
    difference = one - other
    return np.sqrt(difference @ curvature(t, weights, other).information @ difference)


@pytest.mark.parametrize("name", CASES)
def test_a_climb_of_many_ends_where_it_would_alone(name):
    """Those that went on as one, too: at the same maximum, to a thousandth of a standard error, or on a saddle."""
    t, weights, begin = standardised(name)
    ends = run_em(t, weights, begin[None])
    for k, start in enumerate(begin):
        alone = run_em(t, weights, start[None, None])
        assert ends.status[0, k] == alone.status[0, 0]
        if ends.leader[0, k] == k:
            np.testing.assert_array_equal(ends.theta[0, k], alone.theta[0, 0])
        else:
            np.testing.assert_array_equal(ends.theta[0, k], ends.theta[0, ends.leader[0, k]])
            assert apart(t, weights, ends.theta[0, k], alone.theta[0, 0]) < 1e-3
            assert ends.log_likelihood[0, k] == pytest.approx(alone.log_likelihood[0, 0], abs=1e-9)


def test_some_do_go_on_as_one():
    """Far apart all climbs that reach the maximum have one leader, the first of them."""
    t, weights, begin = standardised("apart")
    ends = run_em(t, weights, begin[None])
    converged = ends.status[0] == 0
    assert converged.sum() > 5
    assert np.unique(ends.leader[0, converged]).tolist() == [np.argmax(converged)]


@pytest.mark.parametrize("name", CASES)
def test_no_climb_falls(name):
    """Along every climb of the ladder the likelihood rises, up to the rounding of its sum."""
    t, weights, begin = standardised(name)
    for start in begin:
        heights = follow(t, weights, start).iterates[:, 4]
        assert (np.diff(heights) >= -1e-13 * t.size).all()


def test_data_sets_side_by_side():
    """Each row of weights is a data set of its own, its starts' ends those it has by itself."""
    t, _, begin = standardised("overlap")
    rows = np.random.default_rng(1).poisson(1.0, (6, t.size)).astype(np.float64)
    ends = run_em(t, rows, np.broadcast_to(begin, (6, *begin.shape)))
    for row, theta, heights in zip(rows, ends.theta, ends.log_likelihood, strict=True):
        alone = run_em(t, row, begin[None])
        np.testing.assert_array_equal(theta, alone.theta[0])
        np.testing.assert_array_equal(heights, alone.log_likelihood[0])


@pytest.mark.parametrize("held", [(0,), (1,), (2,), (3,), (1, 2)])
def test_what_is_held_stays(held):
    """The rest is at the highest point that SciPy's optimiser finds, on its own density, with those values held."""
    t, weights, begin = standardised("apart")
    start = begin[0] * [1.1, 0.9, 1.1, 1.2]
    free = np.delete(np.arange(4), held)

    def put(u):
        theta = start.copy()
        theta[free] = np.array([expit(u[0]), u[1], u[2], np.exp(u[3])])[free]
        return theta

    def minus_log_likelihood(values):
        u = np.zeros(4)
        u[free] = values
        weight, mu1, mu2, sigma = put(u)
        first, second = norm.logpdf(t, mu1, sigma), norm.logpdf(t, mu2, sigma)
        return -weights @ np.logaddexp(np.log(weight) + first, np.log1p(-weight) + second)

    x0 = np.array([logit(start[0]), start[1], start[2], np.log(start[3])])[free]
    ends = run_em(t, weights, start[None, None], held=held)
    np.testing.assert_array_equal(ends.theta[0, 0, list(held)], start[list(held)])
    assert ends.log_likelihood[0, 0] == pytest.approx(-minimize(minus_log_likelihood, x0).fun, abs=1e-7)
    assert ends.distance[0, 0] < 1e-6


def test_the_path_ends_where_the_climb_does():
    """A climb that is followed step by step is the one that was run, and begins at its start."""
    t, weights, begin = standardised("overlap")
    ends, path = run_em(t, weights, begin[:1, None]), follow(t, weights, begin[0])
    np.testing.assert_array_equal(path.iterates[0, :4], begin[0])
    np.testing.assert_array_equal(path.iterates[-1], [*ends.theta[0, 0], ends.log_likelihood[0, 0]])
    assert (path.status, path.steps[0], len(path.steps)) == (EMStatus.CONVERGED, "start", len(path.iterates))
    assert set(path.steps[1:]) <= {"em", "squarem", "newton"}


def test_textbook_em_takes_no_longer_steps():
    """So many iterations are so many EM steps, wherever they lead."""
    t, weights, begin = standardised("overlap")
    path = follow(t, weights, begin[0], iterations=7)
    assert path.steps == ("start", *["em"] * 7)
    assert path.status is EMStatus.PLAIN
