"""One mixture model, estimated by a hand-written EM and by PyMC, and a verdict on whether the two agree.

    x ~ weight * N(mu1, sigma^2) + (1 - weight) * N(mu2, sigma^2),    mu1 <= mu2

Importing the package loads neither PyMC nor matplotlib: names are looked up when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mixstudy.adequacy import Adequacy, AdequacyStatus, check_adequacy
    from mixstudy.assessment import Assessment
    from mixstudy.bootstrap import bootstrap_intervals
    from mixstudy.calibration import Calibration, CalibrationDesign, run_calibration
    from mixstudy.checking import check_estimate
    from mixstudy.checks import Check, CheckStatus, Verdict
    from mixstudy.climb import EMStatus
    from mixstudy.comparison import Comparison, compare
    from mixstudy.compression import CompressedSample, Region, compress
    from mixstudy.design import Design
    from mixstudy.drawn import read_draws
    from mixstudy.em import EMFit, LocalMaximum, fit_em, fit_em_plain
    from mixstudy.escalation import Attempt
    from mixstudy.explanation import explain
    from mixstudy.faults import FAULTS, Fault
    from mixstudy.further import Further
    from mixstudy.intervals import profile_intervals
    from mixstudy.model import LABELS, ORIGIN, Parameters, log_density, log_likelihood, responsibilities, simulate
    from mixstudy.posterior import Posterior, Prior, SamplerSettings, SamplerStatus, build_model, sample_posterior
    from mixstudy.printed import read_trace
    from mixstudy.reading import read_observations, read_sample
    from mixstudy.recognition import Recognition, recognise, recognise_draws
    from mixstudy.replicate import Study, run_study
    from mixstudy.report import write_report
    from mixstudy.sample import DataError, WeightedSample, as_sample
    from mixstudy.sensitivity import prior_sensitivity
    from mixstudy.summaries import large_sample, summarise

_HOME = {
    "adequacy": ("Adequacy", "AdequacyStatus", "check_adequacy"),
    "assessment": ("Assessment",),
    "bootstrap": ("bootstrap_intervals",),
    "calibration": ("Calibration", "CalibrationDesign", "run_calibration"),
    "checking": ("check_estimate",),
    "checks": ("Check", "CheckStatus", "Verdict"),
    "climb": ("EMStatus",),
    "comparison": ("Comparison", "compare"),
    "compression": ("CompressedSample", "Region", "compress"),
    "design": ("Design",),
    "drawn": ("read_draws",),
    "em": ("EMFit", "LocalMaximum", "fit_em", "fit_em_plain"),
    "escalation": ("Attempt",),
    "explanation": ("explain",),
    "faults": ("FAULTS", "Fault"),
    "further": ("Further",),
    "intervals": ("profile_intervals",),
    "model": ("LABELS", "ORIGIN", "Parameters", "log_density", "log_likelihood", "responsibilities", "simulate"),
    "posterior": ("Posterior", "Prior", "SamplerSettings", "SamplerStatus", "build_model", "sample_posterior"),
    "printed": ("read_trace",),
    "reading": ("read_observations", "read_sample"),
    "recognition": ("Recognition", "recognise", "recognise_draws"),
    "replicate": ("Study", "run_study"),
    "report": ("write_report",),
    "sample": ("DataError", "WeightedSample", "as_sample"),
    "sensitivity": ("prior_sensitivity",),
    "summaries": ("large_sample", "summarise"),
}

__all__ = [
    "FAULTS",
    "LABELS",
    "ORIGIN",
    "Adequacy",
    "AdequacyStatus",
    "Assessment",
    "Attempt",
    "Calibration",
    "CalibrationDesign",
    "Check",
    "CheckStatus",
    "Comparison",
    "CompressedSample",
    "DataError",
    "Design",
    "EMFit",
    "EMStatus",
    "Fault",
    "Further",
    "LocalMaximum",
    "Parameters",
    "Posterior",
    "Prior",
    "Recognition",
    "Region",
    "SamplerSettings",
    "SamplerStatus",
    "Study",
    "Verdict",
    "WeightedSample",
    "as_sample",
    "bootstrap_intervals",
    "build_model",
    "check_adequacy",
    "check_estimate",
    "compare",
    "compress",
    "explain",
    "fit_em",
    "fit_em_plain",
    "large_sample",
    "log_density",
    "log_likelihood",
    "prior_sensitivity",
    "profile_intervals",
    "read_draws",
    "read_observations",
    "read_sample",
    "read_trace",
    "recognise",
    "recognise_draws",
    "responsibilities",
    "run_calibration",
    "run_study",
    "sample_posterior",
    "simulate",
    "summarise",
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


def __dir__() -> list[str]:
    """Every public name, used or not."""
    return sorted({*globals(), *__all__})
