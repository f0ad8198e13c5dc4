"""The report of a comparison: the answer, the evidence, then settings and provenance."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from mixstudy.mcmc.diagnostics import SamplerStatus
from mixstudy.model import LABELS
from mixstudy.report.captions import chosen, pictures, player
from mixstudy.report.document import Block, Document, Explorer, Facts, Items, Paragraph, Picture, Section, Table
from mixstudy.report.numbers import INTERVALS, header, interval_rows, number, percent, rows, source_of
from mixstudy.report.parts import adequacy_section, checks_section, note, provenance_section, tone
from mixstudy.study.rates import error_rate_sentence

if TYPE_CHECKING:
    from mixstudy.comparison.compare import Comparison
    from mixstudy.comparison.supplement import Supplement
    from mixstudy.em.fit import EMFit


def comparison_document(
    result: Comparison,
    provenance: Mapping[str, object],
    *,
    drawn: Collection[str],
    frames: tuple[int, ...],
    explorer: Explorer | None = None,
    title: str | None = None,
) -> Document:
    """Say what a comparison found.

    ``drawn`` names the figures that there are; ``frames`` are the iterations that the player shows, none without a run
    of EM; by default the data give the title.
    """
    shown = {name: picture for name, picture in pictures(result).items() if name in drawn}
    return Document(
        title=title
        or f"{'EM' if result.em else 'An estimate'} and the posterior: {result.posterior.sample.source.description}",
        answer=result.verdict.value,
        sentence=result.sentence,
        tone=tone(result.verdict, result.adequacy, identified=result.identified),
        picture=shown["data"],
        table=_answer(result),
        note=note(result.posterior.sample, result.checks),
        sections=(
            checks_section(
                result.checks,
                Paragraph(text=error_rate_sentence(result.posterior.sample.n, result.estimate), quiet=True),
            ),
            _estimates(result, shown),
            adequacy_section(result.adequacy, *_components(result.supplement), seen=chosen(shown, "pit")),
            _em(result, shown, frames),
            *((Section(title="Climb it yourself", blocks=(explorer,)),) if explorer else ()),
            posterior_section(result, shown),
            settings_section(result),
            provenance_section(result.posterior.sample, provenance),
        ),
    )


def _answer(result: Comparison) -> Table:
    """Both estimates of each parameter with their errors, and the truth."""
    truth = () if result.truth is None else ("truth",)
    cells = tuple(
        (label, f"{estimate} ± {error}", f"{mean} ± {sd}", *known)
        for label, estimate, error, mean, sd, _, _, *known in rows(result)
    )
    names = ("parameter", f"{source_of(result)} ± s.e.", "posterior ± sd", *truth)
    return Table(title="Both estimates", header=names, rows=cells)


def _estimates(result: Comparison, shown: Mapping[str, Picture]) -> Section:
    kind = "equal-tailed" if result.kind == "eti" else "highest-density"
    level = percent(result.level, "g")
    intervals = Table(
        title=f"Four kinds of {level} interval",
        header=("parameter", *INTERVALS.values()),
        rows=tuple(interval_rows(result)),
    )
    both = Table(title="Estimates", header=header(result), rows=tuple(rows(result)))
    unit = result.posterior.sample.source.unit or "data units"
    mine = f"The {level} intervals are {kind} and credible; mu1, mu2 and sigma are in {unit}."
    about = "Three are about the maximum of the likelihood that EM finds; an end is open where the data set none."
    blocks: tuple[Block, ...] = (
        both,
        Paragraph(text=mine, quiet=True),
        *chosen(shown, "posteriors", "joint"),
        intervals,
        Paragraph(text=about, quiet=True),
        *chosen(shown, "forest", "responsibilities"),
    )
    return Section(title="Estimates", blocks=blocks)


def _components(found: Supplement | None) -> tuple[Block, ...]:
    """Two components against one: by leave-one-out and by the evidence."""
    if found is None:
        return ()
    none = "No observation was left out in turn to compare one component with two: that needs each of them by itself."
    told = (found.loo.sentence if found.loo else none, *((found.bayes.sentence,) if found.bayes else ()))
    return tuple(Paragraph(text=text) for text in told)


def _em(result: Comparison, shown: Mapping[str, Picture], frames: tuple[int, ...]) -> Section:
    if result.em is None:
        text = "The estimate came as bare parameters, so there is no run of EM to show."
        return Section(title="EM", blocks=(Paragraph(text=text), *chosen(shown, "challengers")))
    em = result.em
    facts = Facts(
        title="EM",
        pairs=(
            ("log-likelihood", f"{em.log_likelihood:.10g} nats"),
            ("distance to the maximum (s.e.)", number(em.distance, ".2g")),
            ("iterations", str(len(em.steps) - 1)),
        ),
    )
    watched = (player(result, em, frames),) if frames else ()
    blocks = (Paragraph(text=em.status.value), facts, *watched, *chosen(shown, "climb", "surface"), *_maxima(em))
    return Section(title="EM", blocks=(*blocks, *chosen(shown, "challengers")))


def _maxima(em: EMFit) -> tuple[Block, ...]:
    if not em.maxima:
        return ()
    told = tuple(
        (f"{peak.log_likelihood:.10g}", *(f"{value:.6g}" for value in peak.parameters), str(peak.starts))
        for peak in em.maxima
    )
    table = Table(title="Maxima of the likelihood", header=("log-likelihood", *LABELS, "starts"), rows=told)
    text = "Every distinct maximum of the likelihood that the starts found, the highest first."
    return table, Paragraph(text=text, quiet=True)


def settings_section(result: Comparison) -> Section:
    """The prior and the settings of the sampler."""
    posterior, settings = result.posterior, result.posterior.settings
    pairs = tuple((name.replace("_", " "), str(value)) for name, value in asdict(settings).items())
    blocks = (Paragraph(text="Prior:"), Items(lines=posterior.prior.lines()))
    return Section(title="Settings", blocks=(*blocks, Facts(title="Settings of the sampler", pairs=pairs)))


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
    drawn = (_attempts(result), diagnostics, energy, *chosen(shown, "traces"))
    blocks = (Paragraph(text=posterior.status.value), *_integral(result, shown), *drawn)
    return Section(title="Posterior", blocks=(*blocks, *_supplement(result.supplement)))


def _integral(result: Comparison, shown: Mapping[str, Picture]) -> tuple[Block, ...]:
    """How well the posterior is known, and where its mass lies if in several places."""
    told = tuple(Paragraph(text=check.explanation) for check in result.checks if check.name == "verified")
    modes = result.posterior.integral.modes if result.posterior.integral is not None else ()
    table = Table(
        title="Modes of the posterior",
        header=("mass", "error", *LABELS),
        rows=tuple(
            (number(each.mass, ".4g"), number(each.error, ".2g"), *(f"{value:.6g}" for value in each.parameters))
            for each in modes
        ),
    )
    return (*told, *chosen(shown, "verification"), *((table,) if len(modes) > 1 else ()))


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


def _supplement(found: Supplement | None) -> tuple[Block, ...]:
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
    names = " and ".join([", ".join(moved[:-1]), moved[-1]] if len(moved) > 1 else moved)
    answer = f"The prior moves {names}" if moved else "The prior moves none of the parameters to speak of"
    meaning = (
        f"{answer}. The table says how much the posterior changes where prior or likelihood are raised to a power near "
        "1 (power scaling); above 0.05 it follows."
    )
    marks = tuple(f"{each.fault.name}: {each.explanation}" for each in found.mistakes)
    marked = (Paragraph(text="The draws bear the mark of a known mistake:"), Items(lines=marks))
    unmarked = (Paragraph(text="The draws bear the mark of none of the known mistakes."),)
    return Paragraph(text=meaning), sensitivity, *(marked if marks else unmarked)
