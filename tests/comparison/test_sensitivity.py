"""How far the posterior follows its prior."""

import mixstudy as ms
from mixstudy.comparison.supplement import prior_sensitivity


def test_well_identified_data_outweigh_the_prior(origin_posterior):
    """A thousand observations well apart: every parameter follows the likelihood, none the prior."""
    table = prior_sensitivity(origin_posterior)
    assert table.index.tolist() == list(ms.LABELS)
    assert (table["likelihood"] > 0.05).all()
    assert (table["prior"] < 0.05).all()
    assert (table["diagnosis"] == "fine").all()
