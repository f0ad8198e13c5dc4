"""An estimate from anywhere is judged right or wrong, and the mistake behind it is named."""

import dataclasses

import numpy as np
import pytest
from oracles import PRINTED, heights, printed

import mixstudy as ms
from mixstudy.faults.catalogue import BY_NAME
from mixstudy.faults.place import Place
from mixstudy.faults.reproduce import reproduce, reproduce_data
from mixstudy.faults.steps import centred
from mixstudy.integral.integrate import integrate


@pytest.fixture(scope="module")
def sample():
    """Ten thousand observations from the origin's truth."""
    return ms.as_sample(ms.simulate(ms.ORIGIN, n=10_000, seed=0))


@pytest.fixture(scope="module")
def fit(sample):
    """The right answer on them."""
    return ms.fit_em(sample)


def statuses(found):
    """Status of each check by name."""
    return {check.name: check.status.value for check in found.checks}


def words(found):
    """All that is said about it, in one line."""
    return " ".join(line for section in ms.explain(found) for line in (section.title, *section.lines))


def test_the_origin_is_told_both_mistakes():
    """From heights and the printed trace: not the maximum, heights used as data, sigma from one component."""
    found = ms.check_estimate(None, heights(0), trace=PRINTED)
    assert found.verdict is ms.Verdict.DISAGREE
    assert [each.fault.name for each in found.told][:2] == ["heights used as data", "sigma from one component"]
    assert "heights used as data and sigma from one component" in found.sentence
    assert {statuses(found)[name] for name in ("likelihood", "data", "adequacy")} == {"fail"}


def test_the_answers_sampler_is_named():
    """With the truth, a right EM on the randn sampler's data disagrees for the data's sake alone."""
    x = reproduce_data("the randn sampler", ms.ORIGIN, n=10_000, seed=0)
    found = ms.check_estimate(printed(ms.fit_em(x).parameters), x, truth=ms.ORIGIN)
    assert found.verdict is ms.Verdict.DISAGREE
    assert found.right
    assert [each.fault.name for each in found.told] == ["the randn sampler"]
    assert statuses(found)["truth"] == "fail"


@pytest.mark.parametrize("figures", [5, 6, 12])
def test_right_numbers_agree(sample, fit, figures):
    """EM's own numbers, however they are rounded, are right, and no mistake is named."""
    found = ms.check_estimate(printed(fit.parameters, figures), sample, truth=ms.ORIGIN)
    assert found.verdict is ms.Verdict.AGREE
    assert found.faults == ()
    assert "fail" not in statuses(found).values()


def test_old_faithfuls_published_numbers_agree(faithful):
    """The figures of the literature, two to four of them, are right as far as they go."""
    assert ms.check_estimate(["0.361", "54.6", "80.1", "5.87"], faithful).verdict is ms.Verdict.AGREE


def test_too_few_figures_are_inconclusive(sample):
    """The truth rounded to whole numbers can't be told from the maximum, nor from much else."""
    found = ms.check_estimate(["0.3", "5", "15", "2"], sample)
    assert found.verdict is ms.Verdict.INCONCLUSIVE
    assert "all its figures" in words(found)


def test_swapped_labels_are_said_and_put_right(sample, fit):
    """Right numbers in the other order agree, with a note and the mistake named."""
    weight, mu1, mu2, sigma = fit.parameters
    found = ms.check_estimate(printed([1 - weight, mu2, mu1, sigma]), sample)
    assert found.verdict is ms.Verdict.AGREE
    assert "labels exchanged" in found.notes[0]
    assert [each.fault.name for each in found.told] == ["swapped labels"]


@pytest.mark.parametrize("name", ["sigma from one component", "variance reported as sigma", "hard assignment"])
def test_a_mistake_is_explained(sample, fit, name):
    """The explanation holds the wrong line, the right one, the evidence and what to do."""
    (theta, *_) = reproduce(name, sample, fit=fit).values()
    found = ms.check_estimate(printed(theta), sample)
    assert found.verdict is ms.Verdict.DISAGREE
    assert name in found.sentence
    fault, said = found.told[0].fault, words(found)
    assert all(line in said for line in (fault.wrong, fault.right, fault.source, fault.advice, "strong evidence"))


def test_a_wrong_number_of_no_known_kind_disagrees(sample, fit):
    """Three standard errors off in one mean is wrong, and nothing is accused of it."""
    theta = dataclasses.replace(fit.parameters, mu1=fit.parameters.mu1 + 3 * fit.standard_errors.mu1)
    found = ms.check_estimate(printed(theta), sample)
    assert found.verdict is ms.Verdict.DISAGREE
    assert found.told == ()
    assert found.distance == pytest.approx(3, rel=0.1)
    assert found.deficit == pytest.approx(found.distance**2 / 2, rel=0.1)
    assert "No mistake of the catalogue" in words(found)
    assert "weight, mu2, sigma: within" in words(found)


def test_units_do_not_matter(sample, fit):
    """Distance and deficit are the same for data in other units, far from zero."""
    off = dataclasses.replace(fit.parameters, sigma=fit.parameters.sigma + 0.02)
    there = ms.check_estimate([*off.rescaled(centre=1e6, scale=1e-3)], sample.points * 1e-3 + 1e6)
    here = ms.check_estimate([*off], sample)
    assert (there.distance, there.deficit) == pytest.approx((here.distance, here.deficit), rel=1e-3)


def test_one_normal_is_inconclusive():
    """The maximum itself, where one component will do, is no evidence of two."""
    x = np.random.default_rng(3).normal(size=200)
    found = ms.check_estimate([*ms.fit_em(x).parameters], x)
    assert found.verdict is ms.Verdict.INCONCLUSIVE
    assert "two components are not established" in found.sentence


def test_a_misfit_is_a_warning():
    """The maximum of a wrong model agrees, and the sentence says loudly what is wrong."""
    rng = np.random.default_rng(0)
    x = np.r_[rng.normal(0, 1, 1000), rng.normal(10, 3, 1000)]
    found = ms.check_estimate([*ms.fit_em(x).parameters], x)
    assert found.verdict is ms.Verdict.AGREE
    assert "Beware: the data do not look like a sample from this model" in found.sentence
    assert "spread" in found.sentence


def test_many_observations_are_compressed_and_said_so():
    """Beyond 50 000, points stand for the observations; the mistake is found and the note is there."""
    large = ms.as_sample(ms.simulate(ms.ORIGIN, n=60_000, seed=1))
    theta = reproduce("sigma from one component", large)["component 1"]
    found = ms.check_estimate(printed(theta, 7), large)
    assert found.told[0].fault.name == "sigma from one component"
    assert "60000 observations" in found.notes[0]


def test_a_loop_that_broke_down_is_judged_by_what_came_before(sample):
    """Rows after the first that is not finite are left out, with a note."""
    rows = [["0.5", "3", "9", "2"], ["0.4", "4", "14", "2.4"], ["nan"] * 4, ["nan"] * 4]
    found = ms.check_estimate(None, sample, trace=rows)
    assert found.estimate == ms.Parameters(weight=0.4, mu1=4, mu2=14, sigma=2.4)
    assert "Row 3" in found.notes[0]


@pytest.mark.parametrize(
    "theta", [[0.5, 1e300, 1e301, 1], [0.5, 5, 15, 1e-200], [0.5, 5, 15, 1e200], [1e-300, 5, 15, 2]]
)
def test_numbers_from_another_world_disagree(origin_sample, theta):
    """However far off, the answer is a verdict and no error."""
    assert ms.check_estimate(theta, origin_sample).verdict is ms.Verdict.DISAGREE


def test_the_posterior_has_its_say(origin_sample, origin_posterior):
    """Right numbers agree with the posterior too; wrong ones fail against it; no check comes twice."""
    theta = ms.fit_em(origin_sample).parameters
    right = ms.check_estimate(printed(theta), origin_sample, posterior=origin_posterior)
    off = dataclasses.replace(theta, sigma=theta.sigma + 0.05)
    wrong = ms.check_estimate(printed(off), origin_sample, posterior=origin_posterior)
    assert right.verdict is ms.Verdict.AGREE
    assert "posterior says the same" in right.sentence
    assert len(statuses(right)) == len(right.checks) == 13
    assert wrong.verdict is ms.Verdict.DISAGREE
    assert statuses(wrong)["challengers"] == "fail"


@pytest.mark.parametrize(
    ("estimate", "message"),
    [
        ([5, 15, 2, 0.3], r"weight must lie between 0 and 1, got 5; the order is weight,mu1,mu2,sigma"),
        ([-0.1, 5, 15, 2], r"weight must lie between 0 and 1, got -0.1"),
        ([0.3, 5, 15, 0], r"sigma must be above 0, got 0"),
        ([0.3, 5, 15], r"four finite numbers weight,mu1,mu2,sigma, got 0.3,5,15"),
        (["a", 5, 15, 2], r"four finite numbers .* got a,5,15,2"),
        ([0.3, float("nan"), 15, 2], r"four finite numbers .* got 0.3,nan,15,2"),
        (None, r"nothing to check"),
    ],
)
def test_bad_estimates_are_refused(origin_sample, estimate, message):
    """A number that no mixture has is bad input, named with the order that is meant."""
    with pytest.raises(ValueError, match=message):
        ms.check_estimate(estimate, origin_sample)


def test_bad_starts_and_traces_are_refused(origin_sample):
    """The start's range, the trace's width and its length are checked."""
    with pytest.raises(ValueError, match=r"the start's weight must lie strictly between 0 and 1, got 2"):
        ms.check_estimate([0.3, 5, 15, 2], origin_sample, start=[2, 5, 15, 2])
    with pytest.raises(ValueError, match=r"row 1 of the trace has 5 columns"):
        ms.check_estimate(None, origin_sample, trace=np.ones((3, 5)))
    with pytest.raises(ValueError, match=r"row 1 of the trace is not finite .*: give the start, or an estimate"):
        ms.check_estimate(None, origin_sample, trace=[["nan"] * 4])


def test_figures_padded_with_zeros_are_no_finer_than_they_were(sample, fit):
    """R rounds a vector to three figures and prints it with zeros: that is no disagreement."""
    rounded = [f"{float(f'{value:.3g}'):.3f}" for value in fit.parameters]
    assert ms.check_estimate(rounded, sample).verdict is ms.Verdict.INCONCLUSIVE


def wrong_loop(x, theta, count):
    """A mistake outside the catalogue, the 2 left out of the exponent; its iterations."""
    rows = [np.array(theta)]
    for _ in range(count):
        weight, mu1, mu2, sigma = rows[-1]
        first, second = (
            weight * np.exp(-((x - mu1) ** 2) / sigma**2),
            (1 - weight) * np.exp(-((x - mu2) ** 2) / sigma**2),
        )
        r = first / (first + second)
        means = (r @ x) / r.sum(), ((1 - r) @ x) / (1 - r).sum()
        spread = np.sqrt((r @ (x - means[0]) ** 2 + (1 - r) @ (x - means[1]) ** 2) / x.size)
        rows.append(np.array([r.mean(), *means, spread]))
    return rows


def test_a_trace_of_an_unknown_mistake_accuses_nobody_else():
    """At rest it keeps mean and variance, as an unfinished right EM does; its steps tell that its E-step is wrong."""
    x = ms.simulate(ms.Parameters(weight=0.4, mu1=0, mu2=3, sigma=1), n=2000, seed=1)
    found = ms.check_estimate(None, x, trace=[row.tolist() for row in wrong_loop(x, [0.5, -1, 4, 1.5], 40)])
    assert found.verdict is ms.Verdict.DISAGREE
    assert found.told == ()
    assert statuses(found)["trace"] == "fail"
    assert found.location.places == (Place.E_STEP,)
    assert "2 times as steeply" in found.sentence


def test_right_numbers_by_wrong_steps_disagree(sample, fit):
    """A trace whose steps are a known mistake is one, also beside an estimate that is right."""
    ((_, step), *_) = BY_NAME["sigma from one component"].steps
    shift, rows = np.array([0, sample.mean, sample.mean, 0]), [np.array([0.4, 4, 14, 3.0])]
    for _ in range(5):
        rows.append(step(centred(sample), rows[-1] - shift) + shift)
    found = ms.check_estimate(printed(fit.parameters), sample, trace=[row.tolist() for row in rows])
    assert found.verdict is ms.Verdict.DISAGREE
    assert "the steps to it are not what they should be" in found.sentence
    assert "sigma from one component" in found.sentence


@pytest.mark.parametrize("figures", [["1.0000", 12.2, 15.2, 4.87], [0, 12.2, 12.2, 4.87], ["0", 1e9, 12.2, 4.87]])
def test_an_empty_component_is_a_disagreement(sample, figures):
    """A weight of 0 or 1, the empty mean wherever it is, is no maximum of two groups' data: it is said what it is."""
    found = ms.check_estimate(figures, sample)
    assert found.verdict is ms.Verdict.DISAGREE
    assert "A component is empty" in found.sentence
    assert Place.WEIGHT in found.location.places
    assert not found.told


def test_an_empty_component_where_one_will_do():
    """On data of one normal distribution, written as one, nobody is accused: two components are not established."""
    x = np.random.default_rng(3).normal(size=200)
    found = ms.check_estimate(["1.0000", f"{x.mean():.6g}", "3.0", f"{x.std():.6g}"], x)
    assert found.verdict is ms.Verdict.INCONCLUSIVE
    assert "a component is empty" in found.sentence
    far = ms.check_estimate(["1.0000", "2", "3.0", f"{x.std():.6g}"], x)
    assert far.verdict is ms.Verdict.DISAGREE


def test_an_assessment_keeps_what_it_looked_at(sample):
    """The steps of the trace with what rounding allows, and a copy of the draws that nobody changes."""
    draws = np.random.default_rng(0).normal([0.3, 5, 15, 2], 0.1, (2, 100, 4))
    rows = ms.fit_em_plain(sample, start=[0.5, 4, 14, 3], iterations=3).iterates[:, :4]
    found = ms.check_estimate(None, sample, trace=[printed(row) for row in rows], draws=draws)
    np.testing.assert_allclose(found.steps.begins, rows[:-1], rtol=1e-5)
    assert (np.abs(found.steps.theirs - found.steps.right) <= found.steps.allowed).all()
    draws[:] = 0
    assert found.draws.min() > 0
    assert not found.draws.flags.writeable
    assert ms.check_estimate([*rows[-1]], sample).steps is None


def test_a_trace_that_breaks_at_its_start(sample):
    """Where no step can begin from the first row that is said of it, and the row itself is judged."""
    found = ms.check_estimate(None, sample, trace=[["1.0", "4", "14", "3"], ["0.27", "5", "15", "2"]])
    assert found.verdict is ms.Verdict.DISAGREE
    assert "A component is empty" in found.sentence
    assert found.notes[0].startswith("Row 1 of the trace is where the loop broke down")
    assert found.steps is None


def test_posterior_means_are_no_mistake():
    """The means of the posterior are another estimator: said so, whatever program drew them, and nothing is accused."""
    x = ms.simulate(ms.Parameters(0.55, -3, 4, 1.6), n=250, seed=11)
    means = integrate(ms.as_sample(x)).means.value
    found = ms.check_estimate([f"{value:.4g}" for value in means], x)
    assert found.verdict is ms.Verdict.INCONCLUSIVE
    assert "the means of the posterior under a weak prior" in found.sentence
    assert found.location is None
    off = ms.check_estimate([f"{value:.4g}" for value in means + np.array([0, 0, 0, 0.03])], x)
    assert off.verdict is ms.Verdict.DISAGREE


@pytest.mark.parametrize(
    ("estimate", "place"),
    [(["0.5", "105.18", "112.86", "6.145"], Place.WEIGHT), (["0.289377", "100.344", "112.725", "4"], Place.SIGMA)],
)
def test_a_number_that_is_held_is_taken_for_exact(estimate, place):
    """A 0.5 among numbers of five figures is a weight that was never updated: with it the other equations hold."""
    x = ms.simulate(ms.Parameters(0.25, 100, 112, 5), n=5000, seed=12)
    assert ms.check_estimate(estimate, x).location.places == (place,)


def test_a_row_that_was_mistyped_is_found(sample):
    """One printed row is off: right steps lead past it."""
    rows = ms.fit_em_plain(sample, start=[0.5, 4, 14, 3], iterations=12).iterates[:, :4].copy()
    rows[6, 2] += 0.5
    found = ms.check_estimate(None, sample, trace=[printed(row) for row in rows])
    assert found.location.places == (Place.REPORT,)
    assert "Row 7 alone is not right" in found.sentence
