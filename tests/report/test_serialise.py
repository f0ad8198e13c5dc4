"""The JSON file of a comparison."""

from __future__ import annotations

import json
from dataclasses import replace

from pages import PROVENANCE

import mixstudy as ms
from mixstudy.comparison.compare import Comparison
from mixstudy.report.serialise import as_json

PARAMETER_KEYS = {
    "em", "em_se", "posterior_mean", "posterior_sd", "lower", "upper", "inside", "offset_sd", "sd_ratio",
}  # fmt: skip


def test_json_has_the_promised_keys(result: Comparison) -> None:
    """comparison.json has exactly the keys of the design, in its order."""
    content = as_json(result, PROVENANCE)
    assert list(content) == [
        "verdict", "identified", "level", "kind", "parameters", "intervals", "checks", "error_rate", "adequacy",
        "further", "em", "sampler", "data", "certificate", "provenance",
    ]  # fmt: skip
    assert list(content["parameters"]) == list(ms.LABELS)
    assert all(set(row) == PARAMETER_KEYS for row in content["parameters"].values())
    assert all(set(check) == {"name", "status", "value", "explanation"} for check in content["checks"])


def test_json_not_finite_is_null(result: Comparison) -> None:
    """A number that is not finite becomes null, so that every JSON reader can read the file."""
    nothing = replace(result.checks[0], value=float("nan"))
    content = as_json(replace(result, checks=(nothing,)), PROVENANCE)
    assert content["checks"][0]["value"] is None
    json.dumps(content, allow_nan=False)


def test_json_bare_parameters_have_no_em(bare: Comparison) -> None:
    """Without an EM run its entry is null."""
    assert as_json(bare, PROVENANCE)["em"] is None
