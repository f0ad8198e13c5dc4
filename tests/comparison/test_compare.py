"""An estimate and a posterior of the same data are compared, and nothing else is."""

from __future__ import annotations

import dataclasses

import pytest

import mixstudy as ms
from mixstudy.comparison.checks import CHECKS


def statuses(result):
    """Status of each check by name."""
    return {check.name: check.status.value for check in result.checks}


def moved(parameters, **by):
    """The parameters with some values moved."""
    return dataclasses.replace(parameters, **{name: getattr(parameters, name) + step for name, step in by.items()})


@pytest.fixture(scope="module")
def fit(origin_sample):
    """EM's fit of the origin's sample."""
    return ms.fit_em(origin_sample)


def test_right_pair_agrees(fit, origin_posterior):
    """A correct EM and a correct posterior agree, every check passing."""
    result = ms.compare(fit, origin_posterior, truth=ms.ORIGIN)
    assert result.verdict is ms.Verdict.AGREE
    found = statuses(result)
    assert set(found.values()) == {"pass"}
    assert len(result.checks) == len(CHECKS) == 11


def test_old_faithful_agrees(faithful, faithful_posterior):
    """On Old Faithful the two agree, and the truth is said to be unknown."""
    result = ms.compare(ms.fit_em(faithful), faithful_posterior)
    assert result.verdict is ms.Verdict.AGREE
    assert statuses(result)["truth"] == "not applicable"


def test_other_data_is_refused(fit, faithful_posterior):
    """A fit and a posterior of different data are not compared."""
    with pytest.raises(ValueError, match="different data"):
        ms.compare(fit, faithful_posterior)


@pytest.mark.parametrize(
    ("bad", "message"),
    [({"level": 1.0}, "level must lie between 0.5 and 0.999999999, got 1.0"), ({"kind": "x"}, "kind must be 'eti' or")],
)
def test_bad_arguments(fit, origin_posterior, bad, message):
    """A level or kind out of range is refused with the value."""
    with pytest.raises(ValueError, match=message):
        ms.compare(fit, origin_posterior, **bad)
