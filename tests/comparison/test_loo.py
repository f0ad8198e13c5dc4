"""Leaving one out against the likelihood ratio."""

import pytest

import mixstudy as ms
from mixstudy.comparison.goodness_of_fit import check_adequacy
from mixstudy.comparison.supplement import LOOComparison, compare_loo


def test_leaving_one_out_prefers_two(faithful, faithful_posterior):
    """On Old Faithful LOO gains what the likelihood ratio does, less about the two parameters more."""
    found = compare_loo(faithful.points, faithful_posterior.draws)
    gain = next(each.value / 2 for each in check_adequacy(ms.fit_em(faithful)).findings if each.name == "components")
    assert found.difference == pytest.approx(gain - 2, abs=2)
    assert found.difference > 4 * found.standard_error
    assert found.worst_pareto_k < 0.7


@pytest.mark.parametrize(
    ("difference", "k", "words"),
    [
        (9.0, 0.3, "two components predict better than one, by 9 nats"),
        (-9.0, 0.3, "one component predicts better than two, by 9 nats"),
        (3.0, 0.3, "one component predicts about as well as two; the gain of the second is 3 nats"),
        (9.0, 0.9, "Not to be trusted: Pareto k is 0.9."),
    ],
)
def test_the_sentence_says_no_more_than_the_figures(difference, k, words):
    """A difference below two standard errors is none, and an unreliable one is said to be."""
    found = LOOComparison(difference=difference, standard_error=2.0, worst_pareto_k=k, observations=272)
    assert words in found.sentence
