"""What a report says of the posterior: how it was sampled, its diagnostics, its prior, marks of mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mixstudy.diagnostics import SamplerStatus
from mixstudy.report.document import Block, Facts, Items, Paragraph, Picture, Section, Table
from mixstudy.report.numbers import number
from mixstudy.report.pictures import chosen

if TYPE_CHECKING:
    from mixstudy.comparison import Comparison
    from mixstudy.further import Further

DIAGNOSTICS = {
    "r_hat": ("R-hat", ".4f"),
    "ess_bulk": ("bulk ESS", ".0f"),
    "ess_tail": ("tail ESS", ".0f"),
    "mcse_mean": ("MCSE of the mean", ".2g"),
    "mcse_sd": ("MCSE of the sd", ".2g"),
}
"""Columns of the sampler's diagnostics: what they are called, and how many figures they have."""


def posterior_section(result: Comparison, shown: Mapping[str, Picture]) -> Section:
    """The section of the posterior; ``shown`` are the figures that there are."""
    posterior = result.posterior
    diagnostics = Table(
        title="Diagnostics of the sampler",
        header=("parameter", *(name for name, _ in DIAGNOSTICS.values())),
        rows=tuple(
            (str(label), *(number(row[key], spec) for key, (_, spec) in DIAGNOSTICS.items()))
            for label, row in posterior.diagnostics.to_dict("index").items()
        ),
    )
    energy = Facts(
        title="Sampler",
        pairs=(("divergences", str(posterior.divergences)), ("smallest BFMI", number(posterior.bfmi, ".3f"))),
    )
    blocks = (Paragraph(text=posterior.status.value), _attempts(result), diagnostics, energy, *chosen(shown, "traces"))
    return Section(title="Posterior", blocks=(*blocks, *_further(result.further)))


def _attempts(result: Comparison) -> Block:
    made = result.posterior.attempts
    if len(made) == 1:
        passed = "passed" if made[0].status is SamplerStatus.PASSED else "did not pass"
        return Paragraph(text=f"It was sampled once, {made[0].name}, and {passed}.")
    return Table(
        title="Attempts of the sampler",
        header=("attempt", "seconds", "how it ended"),
        rows=tuple((each.name, f"{each.seconds:.1f}", each.status.value) for each in made),
        prose=frozenset({"how it ended"}),
    )


def _further(found: Further | None) -> tuple[Block, ...]:
    """What is told beside the verdict: prior sensitivity and marks of mistakes."""
    if found is None:
        return ()
    told = found.sensitivity.to_dict("index").items()
    sensitivity = Table(
        title="Prior sensitivity",
        header=("parameter", "prior", "likelihood", "diagnosis"),
        rows=tuple(
            (str(label), number(row["prior"], ".2g"), number(row["likelihood"], ".2g"), row["diagnosis"])
            for label, row in told
        ),
    )
    moved = [str(label) for label, row in told if row["diagnosis"] != "fine"]
    answer = f"The prior moves {_and(moved)}" if moved else "The prior moves none of the parameters to speak of"
    meaning = (
        f"{answer}. The table says how much the posterior changes where prior or likelihood are raised to a power near "
        "1 (power scaling); above 0.05 it follows."
    )
    marks = tuple(f"{each.fault.name}: {each.explanation}" for each in found.mistakes)
    marked = (Paragraph(text="The draws bear the mark of a known mistake:"), Items(lines=marks))
    unmarked = (Paragraph(text="The draws bear the mark of none of the known mistakes."),)
    return Paragraph(text=meaning), sensitivity, *(marked if marks else unmarked)


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
