"""Leaving one out against the likelihood ratio."""

import pytest

import mixstudy as ms
from mixstudy.adequacy import check_adequacy
from mixstudy.loo import compare_loo


def test_leaving_one_out_prefers_two(faithful, faithful_posterior):
    """On Old Faithful LOO gains what the likelihood ratio does, less about the two parameters more."""
    found = compare_loo(faithful.points, faithful_posterior.draws)
    gain = next(each.value / 2 for each in check_adequacy(ms.fit_em(faithful)).findings if each.name == "components")
    assert found.difference == pytest.approx(gain - 2, abs=2)
    assert found.difference > 4 * found.standard_error
    assert found.worst_pareto_k < 0.7
