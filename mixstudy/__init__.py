"""One mixture model, estimated by a hand-written EM and by PyMC, and a verdict on whether the two agree.

    x ~ weight * N(mu1, sigma^2) + (1 - weight) * N(mu2, sigma^2),    mu1 <= mu2

Importing the package loads neither PyMC nor matplotlib: names are looked up when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mixstudy.comparison import Check, CheckStatus, Comparison, Verdict, compare
    from mixstudy.em import EMFit, EMStatus, LocalMaximum, fit_em, fit_em_plain
    from mixstudy.model import LABELS, ORIGIN, Parameters, log_density, log_likelihood, responsibilities, simulate
    from mixstudy.posterior import Posterior, Prior, SamplerSettings, SamplerStatus, build_model, sample_posterior
    from mixstudy.reading import read_sample
    from mixstudy.report import write_report
    from mixstudy.sample import DataError, WeightedSample, as_sample

_HOME = {
    "comparison": ("Check", "CheckStatus", "Comparison", "Verdict", "compare"),
    "em": ("EMFit", "EMStatus", "LocalMaximum", "fit_em", "fit_em_plain"),
    "model": ("LABELS", "ORIGIN", "Parameters", "log_density", "log_likelihood", "responsibilities", "simulate"),
    "posterior": ("Posterior", "Prior", "SamplerSettings", "SamplerStatus", "build_model", "sample_posterior"),
    "reading": ("read_sample",),
    "report": ("write_report",),
    "sample": ("DataError", "WeightedSample", "as_sample"),
}

__all__ = [
    "LABELS",
    "ORIGIN",
    "Check",
    "CheckStatus",
    "Comparison",
    "DataError",
    "EMFit",
    "EMStatus",
    "LocalMaximum",
    "Parameters",
    "Posterior",
    "Prior",
    "SamplerSettings",
    "SamplerStatus",
    "Verdict",
    "WeightedSample",
    "as_sample",
    "build_model",
    "compare",
    "fit_em",
    "fit_em_plain",
    "log_density",
    "log_likelihood",
    "read_sample",
    "responsibilities",
    "sample_posterior",
    "simulate",
    "write_report",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  (whatever the name stands for)
    """Import the module that a public name lives in, the first time the name is used."""
    for module, names in _HOME.items():
        if name in names:
            value = getattr(import_module(f"mixstudy.{module}"), name)
            globals()[name] = value
            return value
    msg = f"module 'mixstudy' has no attribute {name!r}"
    raise AttributeError(msg)
