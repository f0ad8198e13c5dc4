"""A mistake is located, known or not, in a trace and in four numbers; right ones are left alone."""

import numpy as np
import pytest
from oracles import PRINTED, heights

import mixstudy as ms
from mixstudy.diagnosis.localise import localise_trace
from mixstudy.diagnosis.resting import localise_estimate
from mixstudy.faults.outside import OUTSIDE, OUTSIDE_BY_NAME, PAIRS, run
from mixstudy.faults.place import Place

TRUTH = ms.Parameters(0.35, 0, 6, 2)
START = np.array([0.5, -1.0, 8.0, 3.0])


@pytest.fixture(scope="module")
def x():
    """A thousand observations."""
    return ms.simulate(TRUTH, n=1000, seed=1)


@pytest.fixture(scope="module")
def fit(x):
    """The right answer."""
    return ms.fit_em(x)


def traced(x, *mistakes, steps=15, figures=6):
    """A printed trace of an EM with mistakes."""
    return [[f"{value:.{figures}f}" for value in row] for row in run(x, START, mistakes, steps=steps)]


@pytest.mark.parametrize("mistake", OUTSIDE, ids=lambda mistake: mistake.name)
def test_a_mistake_outside_the_catalogue_is_located_in_a_trace(x, mistake):
    """From the first iterations alone, the lines that are wrong are named and no others."""
    trace = [row for row in traced(x, mistake) if "nan" not in row]
    assert set(localise_trace(trace, ms.as_sample(x)).places) == set(mistake.places)


@pytest.mark.parametrize("pair", PAIRS[:6], ids=" + ".join)
def test_two_mistakes_at_once_are_both_located(x, pair):
    """A wrong E-step and a wrong sigma are told apart by the two moment identities."""
    mistakes = [OUTSIDE_BY_NAME[name] for name in pair]
    found = localise_trace(traced(x, *mistakes), ms.as_sample(x))
    assert set(found.places) == {place for each in mistakes for place in each.places}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("reg_covar", "sigma^2 is 0.1 too large each time"),
        ("n - 1", "sigma^2 is divided by n - 1 in place of n"),
        ("divided by n", "divided by n in place of the count of its component"),
        ("whole numbers", "cut to a whole number"),
        ("never updated", "weight is never updated"),
        ("a Dirichlet prior", "20 observations are added to the count of each component"),
        ("no 2 in the exponent", "the log-odds rise 2 times as steeply"),
        ("a temperature left on", "the log-odds rise 0.7 times as steeply"),
        ("no sigma in the exponent", "sigma is left out of the exponent"),
        ("standard error for sd", "sigma^2 is 0.001 times what it should be"),
    ],
)
def test_the_sentence_says_how_wrong_and_right_hang_together(x, name, said):
    """A ratio, a constant or a power that is the same in every row is said."""
    assert said in localise_trace(traced(x, OUTSIDE_BY_NAME[name]), ms.as_sample(x)).sentence


def test_the_table_holds_the_printed_and_the_right_numbers(x):
    """Where sigma alone is wrong, all else is as printed to its figures, and the right sigma lacks the constant."""
    found = localise_trace(traced(x, OUTSIDE_BY_NAME["reg_covar"]), ms.as_sample(x))
    assert found.wrong.sum(axis=0).tolist() == [0, 0, 0, len(found.theirs)]
    np.testing.assert_allclose(found.theirs[:, :3], found.right[:, :3], atol=3e-6)
    np.testing.assert_allclose(found.theirs[:, 3] ** 2 - found.right[:, 3] ** 2, 0.1, atol=3e-5)


@pytest.mark.parametrize("figures", [3, 4, 6, 12])
def test_a_right_trace_is_right_in_every_row(x, figures):
    """However it is rounded, from any start, also with the labels exchanged or in order from the second row on."""
    sample, rows = ms.as_sample(x), run(x, START, (), steps=60)
    other = np.array([1, 0, 0, 0]) + rows[:, [0, 2, 1, 3]] * np.array([-1, 1, 1, 1])
    for right in (rows, other, np.vstack([other[:1], rows[1:]]), rows[::7]):
        trace = [[f"{value:.{figures}f}" for value in row] for row in right]
        assert localise_trace(trace, sample).places == ()


def test_one_wrong_row_is_enough(x):
    """A trace whose first step alone is wrong is not certified by its converged rest."""
    rows = run(x, START, (), steps=60)
    rows = np.vstack([START + np.array([0.1, 0, 0, 0]), rows[1:]])
    found = localise_trace([[f"{value:.4f}" for value in row] for row in rows], ms.as_sample(x))
    assert Place.E_STEP in found.places
    assert found.wrong[0].all()
    assert not found.wrong[1:].any()


def test_rows_from_other_data_are_said_to_be():
    """The origin's printed rows keep the mean of their own heights, not that of others."""
    assert localise_trace(PRINTED, ms.as_sample(heights(3))).places == (Place.OTHER_DATA,)


def rested(x, name):
    """The numbers at which a mistake comes to rest, to six figures."""
    last = run(x, START, (OUTSIDE_BY_NAME[name],), steps=2000, rest=1e-9)[-1]
    return [f"{value:#.6g}" for value in last]


@pytest.mark.parametrize(
    "name", ["reg_covar", "mean of two sds", "n - 1", "a Dirichlet prior", "of hard labels", "a prior on the means"]
)
def test_four_numbers_violate_the_equation_of_the_wrong_line(x, fit, name):
    """The M-step's wrong line is located without a trace."""
    found = localise_estimate(rested(x, name), fit.sample, fit)
    assert set(found.places) == set(OUTSIDE_BY_NAME[name].places)


@pytest.mark.parametrize("name", ["no 2 in the exponent", "responsibilities clipped", "one weight forgotten"])
def test_four_numbers_of_a_wrong_e_step_keep_the_identities(x, fit, name):
    """They may come from a run that had not converged, which is said, and nothing is named but in doubt."""
    estimate = rested(x, name)
    assert localise_estimate(estimate, fit.sample, fit).places == (Place.E_STEP_OR_STOP,)
    assert all(each.evidence == "weak" for each in ms.recognise(estimate, fit.sample, fit=fit))


def test_a_wrong_report_of_right_numbers_is_told(fit):
    """Three numbers are the maximum's own: the loop was right, and sigma's ratio is said."""
    weight, mu1, mu2, sigma = fit.parameters
    found = localise_estimate([f"{v:.6f}" for v in (weight, mu1, mu2, 2.354820045 * sigma)], fit.sample, fit)
    assert found.places == (Place.REPORT,)


@pytest.mark.parametrize("figures", [3, 4, 6, 12])
def test_the_maximum_violates_nothing(fit, figures):
    """However it is rounded."""
    assert localise_estimate([f"{value:.{figures}g}" for value in fit.parameters], fit.sample, fit) is None


def test_scikit_learns_default_output_is_read_for_what_it_is():
    """A covariance for sigma and a run that a loose tolerance stopped (scikit-learn's issue 10122)."""
    sklearn = pytest.importorskip("sklearn.mixture")
    rng = np.random.default_rng(1234)
    x = np.round(np.r_[rng.normal(3, 2, 300), rng.normal(-1.2, 2, 100)], 4)
    model = sklearn.GaussianMixture(2, covariance_type="tied", random_state=0).fit(x[:, None])
    low = int(np.argmin(model.means_.ravel()))
    numbers = [model.weights_[low], *np.sort(model.means_.ravel()), model.covariances_[0, 0]]
    found = ms.check_estimate([f"{value:.4g}" for value in numbers], x)
    assert {each.fault.name for each in found.told} == {"variance reported as sigma", "a loose tolerance"}
    assert found.location.places == (Place.REPORT, Place.E_STEP_OR_STOP)


def test_the_headline_locates_what_has_no_name(x):
    """Every iteration of a mistake outside the catalogue is given: the answer is the line, and no accusation."""
    found = ms.check_estimate(None, x, trace=traced(x, OUTSIDE_BY_NAME["mean of two sds"]))
    assert found.verdict is ms.Verdict.DISAGREE
    assert "Weight and both means are right in every row; sigma is not" in found.sentence
    assert "likely mistake" not in found.sentence
    assert "Pass every iteration" not in str(ms.explain(found))


def numbers_of(x, *names, steps=500):
    """Where mistakes of these names rest, or are after so many steps, to six figures."""
    made = tuple(OUTSIDE_BY_NAME[name] for name in names)
    return [f"{value:#.6g}" for value in run(x, START, made, steps=steps, rest=1e-8)[-1]]


def test_a_misprinted_sigma_beside_a_wrong_weight(x, fit):
    """Sigma's own equation gives the sigma that the loop used; both means confirm it, and the weight is wrong."""
    found = localise_estimate(numbers_of(x, "a Dirichlet prior", "full width at half maximum"), fit.sample, fit)
    assert set(found.places) == {Place.REPORT, Place.WEIGHT}
    assert "printed 2.355 times as much" in found.sentence


def test_numbers_near_the_maximum_are_not_called_misprinted():
    """Means of hard labels move one of the four: its equation is violated, not those that see it."""
    wide = ms.simulate(ms.Parameters(0.3, 0, 10, 2), n=1000, seed=80)
    other = ms.fit_em(wide)
    found = localise_estimate(numbers_of(wide, "of hard labels"), other.sample, other)
    assert Place.REPORT not in found.places


def test_a_wrong_sigma_of_a_run_on_its_way(x, fit):
    """Weight and means keep the mean, as right updates do, so that only sigma's is wrong beside the stop."""
    found = localise_estimate(numbers_of(x, "unweighted over 2n", steps=20), fit.sample, fit)
    assert found.places == (Place.E_STEP_OR_STOP, Place.SIGMA)


def test_pseudo_observations_at_the_mean_are_no_e_step(x, fit):
    """Priors on weight and means keep the mean of the data, too; sigma's equation holds, and theirs do not."""
    found = localise_estimate(numbers_of(x, "a prior on the means", "a Dirichlet prior"), fit.sample, fit)
    assert set(found.places) == {Place.WEIGHT, Place.MU1, Place.MU2}


def test_a_right_run_on_its_way_is_told_how_far_it_has_to_go():
    """Stopped where the means have hardly parted, it is not called a saddle; so many right steps would do."""
    x = ms.simulate(ms.Parameters(0.5, 0, 3, 1), n=1000, seed=3)
    rows = run(x, np.array([0.4, 1.0, 2.2, 1.8]), (), steps=8)
    found = ms.check_estimate(None, x, trace=[[f"{value:.6f}" for value in row] for row in rows])
    assert found.location.places == (Place.STOP,)
    assert "on its way when it stopped" in found.sentence
    left = int(found.sentence.split("reach in about ")[1].split()[0])
    on = run(x, rows[-1], (), steps=left)[-1]
    off = (on - np.array([*ms.fit_em(x).parameters])) / np.array(ms.fit_em(x).standard_errors)
    assert np.abs(off).max() < 0.01


def test_scikit_learns_floor_is_found_beside_its_covariance():
    """With all its figures the covariance is 1e-6 too large: reg_covar, on top of a run that a tolerance stopped."""
    sklearn = pytest.importorskip("sklearn.mixture")
    x = ms.simulate(ms.Parameters(0.35, 20, 31, 4), n=800, seed=1)
    model = sklearn.GaussianMixture(2, covariance_type="tied", random_state=1).fit(x[:, None])
    low = int(np.argmin(model.means_.ravel()))
    numbers = [model.weights_[low], *np.sort(model.means_.ravel()), model.covariances_[0, 0]]
    found = ms.check_estimate([f"{value:.8f}" for value in numbers], x)
    assert found.location.places == (Place.REPORT, Place.E_STEP_OR_STOP, Place.SIGMA)
    assert "sigma^2 is 1e-06 too large" in found.sentence


def test_a_number_that_stays_is_told(x):
    """A weight that is clipped is the same in every row, whatever the right one."""
    clipped = OUTSIDE_BY_NAME["odds"]._replace(parts={"weigh": lambda s: max(float(s.r1.mean()), 0.6)})
    assert "it is 0.6 each time, whatever the right one" in localise_trace(traced(x, clipped), ms.as_sample(x)).sentence
