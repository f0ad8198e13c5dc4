"""Known mistakes are named from the numbers they give, and right numbers are left alone."""

import re

import numpy as np
import pytest
from oracles import PRINTED, heights, printed

import mixstudy as ms
from mixstudy.faults.by_draws import recognise_draws
from mixstudy.faults.by_trace import from_trace
from mixstudy.faults.catalogue import BY_NAME, FAULTS
from mixstudy.faults.figures import half_units
from mixstudy.faults.in_data import find_heights
from mixstudy.faults.recognise import recognise
from mixstudy.faults.reproduce import reproduce, reproduce_data, reproduce_draws
from mixstudy.faults.steps import HARMLESS, centred

TRUTH = ms.Parameters(weight=0.3, mu1=5, mu2=12, sigma=2)
TOLD_BY_NUMBERS = [
    fault.name
    for fault in FAULTS
    if fault.seen_in == "estimate" and fault.name not in {"a lower maximum", "float32", "sigma divided by n - 2"}
]


@pytest.fixture(scope="module")
def sample():
    """Ten thousand observations."""
    return ms.as_sample(ms.simulate(TRUTH, n=10_000, seed=3))


@pytest.fixture(scope="module")
def fit(sample):
    """The right answer on them."""
    return ms.fit_em(sample)


def heights_in(sample):
    """What the search for heights finds in a sample."""
    return find_heights(sample, ms.fit_em(sample), None)


def names(found):
    """Names of the faults, best first."""
    return [each.fault.name for each in found]


def steps_of(step, sample, start, count):
    """A trace of ``count`` steps, data units."""
    rows, shift = [np.asarray(start, dtype=float)], np.array([0, sample.mean, sample.mean, 0])
    for _ in range(count):
        rows.append(step(centred(sample), rows[-1] - shift) + shift)
    return np.array(rows)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["0.3", "5", "12", "4"], ["variance reported as sigma"]),
        (["0.7", "5", "12", "2"], ["weight of the other component"]),
        (["0.3", "5", "12", "2"], []),
        (["0.3", "5", "12", "3"], []),
    ],
)
def test_coarse_figures_name_what_prints_as_they_do(sample, fit, values, expected):
    """Figures too coarse for ten times nearer still name the mistake that prints as all four of them, and no other."""
    found = recognise(values, sample, fit=fit)
    assert names(found) == expected
    assert all(each.strength < 1 for each in found)


@pytest.mark.parametrize("name", TOLD_BY_NUMBERS)
@pytest.mark.parametrize("figures", [5, 6])
def test_a_mistake_is_named_from_four_numbers(sample, fit, name, figures):
    """Whatever the variant, the fault is the first or second named, also from five figures."""
    for theta in reproduce(name, sample, fit=fit, seed=5).values():
        off = (np.sort(theta[1:3]) - [*fit.parameters][1:3]) / [*fit.standard_errors][1:3]
        if np.abs(off).max() > 0.1 or abs(theta[3] - fit.parameters.sigma) > 0.1 * fit.standard_errors.sigma:
            assert name in names(recognise(printed(theta, figures), sample, fit=fit))[:2]


@pytest.mark.parametrize("figures", [3, 4, 6, 12])
def test_the_right_answer_is_left_alone(sample, fit, figures):
    """However it is rounded, no fault is named."""
    assert recognise(printed(fit.parameters, figures), sample, fit=fit) == ()


def test_right_answers_are_left_alone_on_many_samples():
    """No false alarm in 30 small samples, overlapping components among them."""
    for seed in range(30):
        truth = ms.Parameters(weight=0.3, mu1=0, mu2=1.5 + seed % 4, sigma=1)
        fit = ms.fit_em(ms.simulate(truth, n=200, seed=seed))
        assert recognise([*fit.parameters], fit.sample, fit=fit) == ()


def test_swapped_labels_alone_are_said_and_no_more(sample, fit):
    """The right numbers in the other order are labels, not a wrong fit."""
    weight, mu1, mu2, sigma = fit.parameters
    found = recognise(printed([1 - weight, mu2, mu1, sigma]), sample, fit=fit)
    assert names(found) == ["swapped labels"]
    assert "exchanged" in found[0].explanation


def test_the_explanation_gives_the_strength(sample, fit):
    """A fault that explains the printed digits says so, and how far off the right answer is."""
    theta = reproduce("sigma from one component", sample, fit=fit)["component 1"]
    (found,) = recognise(printed(theta), sample, fit=fit)
    assert "printed digits" in found.explanation
    assert "component 1" in found.explanation
    assert found.strength > 2
    assert found.distance < 0.01


def test_two_mistakes_at_once(sample, fit):
    """The variance of one component, reported as sigma, is both faults."""
    theta = reproduce("sigma from one component", sample, fit=fit)["component 2"]
    found = names(recognise(printed([*theta[:3], theta[3] ** 2]), sample, fit=fit))
    assert {"variance reported as sigma", "sigma from one component"} <= set(found[:3])


def test_numbers_from_nowhere_are_no_known_fault(sample, fit):
    """An estimate three standard errors off in random directions is wrong, but none of the catalogue's."""
    rng, errors = np.random.default_rng(0), np.array(fit.standard_errors)
    for _ in range(20):
        direction = rng.standard_normal(4)
        theta = np.array([*fit.parameters]) + 3 * errors * direction / np.linalg.norm(direction)
        assert recognise(printed(theta), sample, fit=fit) == ()


def test_a_known_start_names_the_iteration(sample, fit):
    """Stopped after 4 iterations from a given start, the iteration is found."""
    start = [0.9, 4.0, 6.0, 3.0]
    plain = ms.fit_em_plain(sample, start=start, iterations=4)
    found = recognise(printed(plain.parameters), sample, fit=fit, start=start)
    assert "too few iterations" in names(found)[:2]
    assert "iteration 4 from your start" in found[0].explanation


def test_float32_at_an_offset():
    """Single precision at an offset of 10 000 sigma is recognised by running it."""
    fit = ms.fit_em(ms.simulate(ms.ORIGIN, n=2000, seed=0) + 20_000)
    theta = reproduce("float32", fit.sample, fit=fit)[""]
    assert names(recognise([*theta], fit.sample, fit=fit))[0] == "float32"


@pytest.mark.parametrize("step", HARMLESS, ids=["textbook", "mixtools"])
def test_a_right_trace_is_left_alone(sample, fit, step):
    """Neither the textbook's steps nor mixtools' are a fault, whatever the start."""
    rows = steps_of(step, sample, [0.2, 15, 3, 4], 200)
    assert names(recognise(None, sample, fit=fit, trace=rows)) == ["swapped labels"]


@pytest.mark.parametrize(
    "name", [fault.name for fault in FAULTS if fault.steps and fault.name != "sigma divided by n - 2"]
)
def test_a_trace_names_the_faulty_step(sample, fit, name):
    """Each faulty step is told from five rows."""
    for _, step in BY_NAME[name].steps:
        rows = steps_of(step, sample, [0.4, 4, 13, 2.5], 5)
        assert name in names(recognise(None, sample, fit=fit, trace=rows))[:2]


@pytest.mark.parametrize("top", [1, 2, 5])
def test_a_few_repeated_values_are_no_heights(top):
    """Data of few different values, however many observations share the highest, are not taken for heights."""
    values = np.array([0.0248, 0.0319, *np.linspace(1.2, 1.35, top)])
    assert heights_in(ms.as_sample(np.random.default_rng(0).choice(values, 1200))) is None


@pytest.mark.parametrize("seed", range(5))
def test_the_origin_from_other_heights(seed):
    """From the printed trace and heights of any seed, both of the origin's mistakes are named first."""
    found = names(recognise(None, ms.as_sample(heights(seed)), trace=PRINTED))
    assert found[:2] == ["heights used as data", "sigma from one component"]


@pytest.mark.parametrize("exponent", [4.0, 0.25], ids=["wrong", "right"])
def test_heights_give_away_their_weights(exponent):
    """The two peaks stand in the proportion of the weights, with the wrong exponent and with the right one."""
    found = heights_in(ms.as_sample(heights(1, exponent=exponent)))
    assert found is not None
    assert re.search(r"weights 0\.(69|7)\d* and 0\.3\d*", found.text)


def test_samples_are_not_taken_for_heights():
    """Positive data from the mixture are never heights."""
    for seed in range(20):
        truth = ms.Parameters(weight=0.1 + 0.02 * seed, mu1=8, mu2=10 + seed % 5, sigma=1)
        assert heights_in(ms.as_sample(ms.simulate(truth, n=500, seed=seed))) is None


@pytest.mark.parametrize("family", ["exponential", "uniform", "lognormal", "chisquare"])
def test_other_shapes_are_not_heights(family):
    """Data that the mixture fits badly are not heights for that alone."""
    arguments = {"uniform": (0, 1), "chisquare": (1,)}.get(family, ())
    x = getattr(np.random.default_rng(2), family)(*arguments, size=3000)
    assert heights_in(ms.as_sample(x)) is None


def test_the_randn_sampler_needs_the_truth(sample, fit):
    """With the truth, the sampler is named; with data from the truth, it is not."""
    x = ms.as_sample(reproduce_data("the randn sampler", TRUTH, n=10_000, seed=0))
    other = ms.fit_em(x)
    assert names(recognise([*other.parameters], x, fit=other, truth=TRUTH)) == ["the randn sampler"]
    assert recognise([*fit.parameters], sample, fit=fit, truth=TRUTH) == ()


def test_overlap_is_not_taken_for_the_randn_sampler():
    """Where overlap leaves the weight uncertain, a truth far from the estimate accuses nobody."""
    truth = ms.Parameters(weight=0.1, mu1=0, mu2=1.5, sigma=1)
    for seed in (3000, 2000, 1000, 2001, 3001):
        fit = ms.fit_em(ms.simulate(truth, n=1000, seed=seed))
        assert recognise([*fit.parameters], fit.sample, fit=fit, truth=truth) == ()


def test_a_printed_figure_keeps_its_zeros():
    """Floats and %g drop zeros, which the other values give back; strings say what they say."""
    assert half_units([0.3, 5.12, 15.03, 2.01]) == pytest.approx([0.005] * 4)
    assert half_units(["0.30", "5.0", "15", "2.0"]) == pytest.approx([0.005, 0.05, 0.5, 0.05])
    assert half_units(["0.69", "4", "7", "0.81"]) == pytest.approx([0.005, 0.5, 0.5, 0.005])
    assert half_units(["0.30185", "4.9898", "12.01", "1.9897"]) == pytest.approx([5e-6, 5e-5, 5e-4, 5e-5])
    assert half_units([0.2987, 5.012, 15.0, 2.013]) == pytest.approx([5e-5, 5e-4, 5e-3, 5e-4])


@pytest.mark.parametrize(
    ("estimate", "message"), [([1.2, 5, 12, 2], "weight must lie"), ([0.3, 5, 12, -2], "sigma must be above 0")]
)
def test_estimates_out_of_range_are_refused(sample, fit, estimate, message):
    """A number that no mixture has is bad input, not a fault."""
    with pytest.raises(ValueError, match=message):
        recognise(estimate, sample, fit=fit)


def test_a_trace_of_another_shape_is_refused(sample, fit):
    """The message names the columns and the shape."""
    with pytest.raises(ValueError, match=r"rows of weight, mu1, mu2, sigma; got shape \(3, 5\)"):
        recognise(None, sample, fit=fit, trace=np.ones((3, 5)))


@pytest.mark.parametrize("name", ["", *(f.name for f in FAULTS if f.seen_in == "draws"), "sigma left unshared"])
def test_draws_are_told_apart(sample, fit, name):
    """Each mistake in the draws is the only one named, and right draws are left alone."""
    found = recognise_draws(reproduce_draws(name, fit, seed=4), sample, fit=fit)
    assert names(found) == ([name] if name else [])


def test_a_real_posterior_is_left_alone(origin_posterior):
    """PyMC's draws show no fault."""
    draws = np.stack([origin_posterior.data.posterior[label].to_numpy() for label in ms.LABELS], axis=-1)
    assert recognise_draws(draws, origin_posterior.sample) == ()


def test_draws_of_another_shape_are_refused(sample, fit):
    """Two dimensions are no chains."""
    with pytest.raises(ValueError, match="chains, draws, 4"):
        recognise_draws(np.ones((100, 4)), sample, fit=fit)


@pytest.mark.parametrize(("n", "separation", "weight"), [(100, 5.0, 0.1), (100, 3.0, 0.5), (1000, 1.5, 0.5)])
def test_a_right_posterior_of_few_observations_is_left_alone(compiled, n, separation, weight):
    """Neither skewness nor a small component nor weak identification is taken for a mistake."""
    truth = ms.Parameters(weight=weight, mu1=0, mu2=separation, sigma=1)
    for seed in range(2):
        fit = ms.fit_em(ms.simulate(truth, n=n, seed=seed))
        posterior = ms.sample_posterior(fit.sample, seed=seed, compiled=compiled)
        draws = posterior.draws.reshape(posterior.settings.chains, -1, 4)
        assert not posterior.passed or recognise_draws(draws, fit.sample, fit=fit) == ()


@pytest.mark.parametrize("n", [100, 2000])
@pytest.mark.parametrize(("fault", "slip"), [(fault, slip) for fault in FAULTS for slip in fault.slips])
def test_slips_in_draws_are_named(n, fault, slip):
    """Draws with a variance, a precision, the other weight or other units are named, whatever n; exchanged ones not."""
    own = ms.fit_em(ms.simulate(TRUTH, n=n, seed=6))
    draws = slip.make(reproduce_draws("", own, seed=4), own.sample)
    assert names(recognise_draws(draws, own.sample, fit=own)) == ([] if fault.harmless else [fault.name])


@pytest.mark.parametrize(("fault", "slip"), [(fault, slip) for fault in FAULTS for slip in fault.slips])
def test_a_slip_on_top_of_a_faulty_iteration_is_told_with_it(fault, slip):
    """In four numbers and in a trace both are named, and strongly."""
    fit = ms.fit_em(ms.simulate(TRUTH, n=500, seed=6))
    sample = fit.sample
    if fault.harmless:
        return
    step = BY_NAME["sigma from one component"].steps[0][1]
    rows = slip.make(steps_of(step, sample, [0.4, 4, 13, 2.5], 200), sample)
    both = {fault.name, "sigma from one component"}
    assert set(names(recognise(printed(rows[-1], 7), sample, fit=fit))) == both
    trace = [printed(row, 7) for row in rows[:6]]
    assert both <= {each.fault.name for each in from_trace(trace, sample)[0] if each.evidence == "strong"}
