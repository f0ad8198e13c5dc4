"""What stands beside the verdict: leave-one-out, prior sensitivity, marks of mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

import mixstudy as ms
from mixstudy.comparison.goodness_of_fit import check_adequacy
from mixstudy.comparison.supplement import LOOComparison, compare_loo, prior_sensitivity


def test_leaving_one_out_prefers_two(faithful, faithful_posterior):
    """On Old Faithful LOO gains what the likelihood ratio does, less about the two parameters more."""
    found = compare_loo(faithful.points, faithful_posterior.draws)
    gain = next(each.value / 2 for each in check_adequacy(ms.fit_em(faithful)).findings if each.name == "components")
    assert found.difference == pytest.approx(gain - 2, abs=2)
    assert found.difference > 4 * found.standard_error
    assert found.worst_pareto_k < 0.7


def test_one_component_written_as_two_predicts_as_one():
    """Draws of one component's posterior, written as a mixture of two alike, gain nothing but Monte Carlo error."""
    rng = np.random.default_rng(5)
    x, n = rng.normal(3, 2, 60), 60
    sigma = x.std(ddof=1) * np.sqrt((n - 1) / rng.chisquare(n - 1, 1000))
    mu = x.mean() + sigma / np.sqrt(n) * rng.standard_normal(1000)
    found = compare_loo(x, np.column_stack([np.full(1000, 0.5), mu, mu, sigma]))
    inverse = 1 / norm.pdf(x, mu[:, None], sigma[:, None])  # an observation's predictive density is 1 over their mean
    errors = inverse.std(axis=0, ddof=1) / inverse.mean(axis=0) / np.sqrt(1000)
    assert abs(found.difference) < 4 * np.sqrt(np.sum(errors**2))


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


def test_well_identified_data_outweigh_the_prior(origin_posterior):
    """A thousand observations well apart: every parameter follows the likelihood, none the prior."""
    table = prior_sensitivity(origin_posterior)
    assert table.index.tolist() == list(ms.LABELS)
    assert (table["likelihood"] > 0.05).all()
    assert (table["prior"] < 0.05).all()
    assert (table["diagnosis"] == "fine").all()


def test_a_thorough_comparison_looks_further(faithful, faithful_posterior):
    """Beside the verdict stand prior sensitivity and leave-one-out; it stays the same."""
    fit = ms.fit_em(faithful)
    thorough, brief = ms.compare(fit, faithful_posterior), ms.compare(fit, faithful_posterior, thorough=False)
    assert brief.supplement is None
    assert (thorough.verdict, thorough.sentence, thorough.checks) == (brief.verdict, brief.sentence, brief.checks)
    assert thorough.supplement.loo.difference > 0
    assert thorough.supplement.sensitivity["prior"].max() < 0.05
    assert thorough.supplement.mistakes == ()


def test_a_prior_that_is_felt_is_said_to_be(faithful):
    """A prior as narrow as the likelihood moves the posterior, and the sentence names what it moves."""
    prior = ms.Prior(centre=float(faithful.mean), scale=1.0)
    settings = ms.SamplerSettings(draws=300, tune=300, escalate=False)
    further = ms.compare(ms.fit_em(faithful), ms.sample_posterior(faithful, prior=prior, settings=settings)).supplement
    assert further.sentences[0].startswith("The prior is felt in ")
    assert "sigma" in further.sentences[0].split(":")[0]
