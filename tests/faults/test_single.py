"""What was computed in single precision is called right to that, and nothing else is."""

import numpy as np
import pytest

import mixstudy as ms
from mixstudy.diagnosis.localise import localise_trace
from mixstudy.faults.outside import OUTSIDE_BY_NAME, run
from mixstudy.faults.place import Place
from mixstudy.faults.single import in_blocks, in_turn, single_precision, single_step

F = np.float32
SUMS = {"in blocks": lambda terms: terms.sum(dtype=F), "in turn": lambda terms: F(np.add.accumulate(terms)[-1])}


def in_float32(x, *, total, steps):
    """A plain EM as people write it, every number a float32; it shares no line with the one that is tested."""
    x = x.astype(F)
    c, s = x.mean(), x.std()
    w, a, b, s = F(0.5), F(c - F(1.1) * s), F(c + F(1.2) * s), F(s)
    rows = [(w, a, b, s)]
    for _ in range(steps):
        one = w / s * np.exp(F(-0.5) * (x - a) * (x - a) / (s * s))
        two = (F(1) - w) / s * np.exp(F(-0.5) * (x - b) * (x - b) / (s * s))
        r = one / (one + two)
        q = F(1) - r
        w, a, b = total(r) / F(x.size), total(r * x) / total(r), total(q * x) / total(q)
        s = np.sqrt((total(r * (x - a) ** 2) + total(q * (x - b) ** 2)) / F(x.size))
        rows.append((w, a, b, s))
    return rows


def data(n, offset, seed):
    """Two groups four sigma apart."""
    return ms.simulate(ms.Parameters(0.3, offset, offset + 8, 2), n=n, seed=seed)


@pytest.mark.parametrize("form", [str, "{:.9g}".format, "{:.6f}".format, float])
@pytest.mark.parametrize("total", SUMS)
@pytest.mark.parametrize(("n", "offset"), [(100, 0), (1000, 0), (1000, 1000), (5000, 0)])
def test_a_right_trace_in_float32_is_right(n, offset, total, form):
    """Whatever its sums and its figures: no step is called wrong."""
    x = data(n, offset, seed=n)
    rows = [[form(value) for value in row] for row in in_float32(x, total=SUMS[total], steps=10)]
    found = localise_trace(rows, ms.as_sample(x))
    assert found.places == ()
    assert "by a right step" in found.sentence


@pytest.mark.parametrize("figures", [6, 8, 12])
@pytest.mark.parametrize("name", ["n - 1", "reg_covar", "a Dirichlet prior", "no 2 in the exponent"])
def test_small_mistakes_in_double_precision_are_none_of_single_precision(name, figures):
    """What moves one number alone, or is no float32 number, is still located."""
    x = data(5000, 0, seed=3)
    rows = run(x, np.array([0.5, -2.0, 10.0, 4.0]), (OUTSIDE_BY_NAME[name],), steps=8)
    found = localise_trace([[f"{value:#.{figures}g}" for value in row] for row in rows], ms.as_sample(x))
    assert set(found.places) == set(OUTSIDE_BY_NAME[name].places)
    assert not found.single


def test_an_estimate_that_single_precision_has_spoilt_is_told_by_that():
    """At an offset sums that are added in turn end off the maximum: the type of the numbers is where to look."""
    x = data(10_000, 1000, seed=1)
    rows = in_float32(x, total=SUMS["in turn"], steps=60)
    found = ms.check_estimate([str(value) for value in rows[-1]], x)
    assert found.verdict is ms.Verdict.DISAGREE
    assert found.location.places == (Place.PRECISION,)
    assert [each.fault.name for each in found.told] == ["float32"]
    traced = ms.check_estimate(None, x, trace=[[str(value) for value in row] for row in rows])
    assert traced.location.places == (Place.PRECISION,)


def test_a_run_in_float32_on_its_way_is_told_to_go_on():
    """Three right steps in float32 are right, and too few."""
    x = data(1000, 0, seed=5)
    rows = [[str(value) for value in row] for row in in_float32(x, total=SUMS["in blocks"], steps=3)]
    found = ms.check_estimate(None, x, trace=rows)
    assert found.location.places == (Place.STOP,)
    assert "on its way when it stopped" in found.sentence


def test_a_float32_log_likelihood_that_trembles_does_not_fall():
    """At its rest the sum in float32 goes up and down by its rounding."""
    x = data(1000, 0, seed=5)
    rows = in_float32(x, total=SUMS["in blocks"], steps=40)
    heights = [F(ms.log_likelihood(x, ms.Parameters(*map(float, row)))) for row in rows]
    heights = [str(height + F(k % 2) * np.spacing(height)) for k, height in enumerate(heights)]
    found = ms.check_estimate(None, x, trace=[[str(v) for v in row] for row in rows], log_likelihood=heights)
    assert found.verdict is ms.Verdict.AGREE


@pytest.mark.parametrize("total", [in_blocks, in_turn])
def test_a_step_in_float32_is_a_right_one_to_its_precision(total):
    """Held against plain double precision; fifty of them end at EM's maximum."""
    x = data(1000, 0, seed=7)
    em = ms.fit_em(x)
    theta = em.parameters.array
    made = single_step(x.astype(F), np.ones(x.size, dtype=F), theta.astype(F), total)
    assert made.dtype == F
    assert made == pytest.approx(theta, rel=1e-4)
    assert single_precision(x, np.ones(x.size), theta, total) == pytest.approx(theta, rel=1e-3)


@pytest.mark.parametrize("seed", [5, 14, 22])
def test_a_right_estimate_is_right_to_the_float32_in_which_it_is_kept(seed):
    """At an offset of 3e5 sd a float32 mean is a tenth of a standard error off, whatever figures it is printed with."""
    x = 3 + 1e-5 * ms.simulate(ms.Parameters(0.4, 0, 8, 2), n=1000, seed=seed)
    numbers = ms.fit_em(x).parameters
    for form in (str, float):
        assert ms.check_estimate([form(F(value)) for value in numbers], x).verdict is ms.Verdict.AGREE
    off = [*numbers.array + np.array([0, 1e-6, 0, 0])]
    assert ms.check_estimate([str(F(value)) for value in off], x).verdict is ms.Verdict.DISAGREE
