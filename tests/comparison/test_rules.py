"""What the verdict means where the data hardly identify two components."""

from __future__ import annotations

import dataclasses

import pytest

import mixstudy as ms


@pytest.fixture(scope="module")
def weak_pair(compiled):
    """EM and a posterior of a sample of 1000 whose means are 1.5 sigma apart."""
    x = ms.simulate(ms.Parameters(0.3, 0, 1.5, 1), n=1000, seed=5)
    return ms.fit_em(x), ms.sample_posterior(x, seed=1, compiled=compiled)


def test_right_methods_agree_where_identification_is_weak(weak_pair):
    """EM at the maximum and a verified posterior agree; that they lie apart is said, and is no mistake of either."""
    result = ms.compare(*weak_pair)
    assert result.verdict is ms.Verdict.AGREE
    assert not result.identified
    assert "the posterior is verified" in result.sentence
    assert "hardly identify two components" in result.sentence


def test_a_prior_that_outweighs_the_data_is_named_as_the_cause(faithful, compiled):
    """Old Faithful has two components under any weak prior; where a strong one moves the posterior, it is the prior."""
    prior = ms.Prior(centre=faithful.mean, scale=faithful.sd, weight=(300.0, 100.0))
    result = ms.compare(ms.fit_em(faithful), ms.sample_posterior(faithful, prior=prior, seed=1, compiled=compiled))
    assert result.verdict is ms.Verdict.AGREE
    assert "the prior, which is not the default, moves the posterior" in result.sentence
    assert "hardly identify" not in result.sentence


def test_a_wrong_estimate_fails_however_weak_the_data(weak_pair):
    """A fifth of a standard error off the maximum is a disagreement, though the posterior allows for far more."""
    em, posterior = weak_pair
    off = dataclasses.replace(em.parameters, sigma=em.parameters.sigma + 0.2 * em.standard_errors.sigma)
    result = ms.compare(off, posterior)
    assert not result.identified
    assert result.verdict is ms.Verdict.DISAGREE
    assert "stationary" in result.sentence


def test_a_posterior_that_is_not_verified_is_no_evidence(weak_pair):
    """Without an integral to hold them against, chains on weak data decide nothing."""
    em, posterior = weak_pair
    bare = dataclasses.replace(posterior, integral=None, verification=None, integrated=False)
    assert ms.compare(em, bare).verdict is ms.Verdict.INCONCLUSIVE


def test_strong_data_are_identified(origin_sample, origin_posterior):
    """Well separated components are judged by large-sample theory too, and nothing is said of identification."""
    result = ms.compare(ms.fit_em(origin_sample), origin_posterior)
    assert result.identified
    assert "identify" not in result.sentence
