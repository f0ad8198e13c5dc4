"""A document as HTML, Markdown or LaTeX."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from mixstudy.report.document import ON_SCREEN, Document, Table

TONES = {
    "pass": "good",
    "borderline": "warn",
    "fail": "bad",
    "not applicable": "quiet",
    "agree": "good",
    "inconclusive": "warn",
    "disagree": "bad",
    "not studied": "bad",
}
"""How a cell of a table is coloured, by what it says."""


def render_html(document: Document, drawings: Mapping[str, str]) -> str:
    """Write one self-contained page that requests nothing from anywhere."""
    environment = _environment(autoescape=True)
    kinds = {block.kind for section in document.sections for block in section.blocks}
    scripts = [_script(environment, kind) for kind in sorted(kinds & ON_SCREEN)]
    template = environment.get_template("report.html")
    return template.render(document=document, drawings=drawings, tones=TONES, scripts=scripts)


def _script(environment: Environment, kind: str) -> dict[str, str]:
    """The script of a kind of block, and the digest by which the page allows no other."""
    text = environment.get_template(f"{kind}.js").render().strip()
    return {"text": text, "digest": base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}


def render_markdown(document: Document) -> str:
    """Write Markdown that refers to its figures as ``figures/NAME.svg``."""
    return _environment(finalize=_escaping(markdown)).get_template("report.md").render(document=document)


def render_latex(document: Document) -> str:
    """Write a complete LaTeX document that includes its figures as ``figures/NAME.pdf``."""
    return _latex().get_template("report.tex").render(document=document)


def render_latex_table(table: Table) -> str:
    """Write one table, with a label, to be taken into somebody's own document."""
    return _latex().get_template("fragment.tex").render(table=table)


def _latex() -> Environment:
    marks = {
        "block_start_string": "<%",
        "block_end_string": "%>",
        "comment_start_string": "<#",
        "comment_end_string": "#>",
    }
    environment = _environment(finalize=_escaping(tex), variable_start_string="<<", variable_end_string=">>", **marks)
    environment.filters["slug"] = lambda title: "-".join(re.findall(r"[a-z0-9]+", title.lower()))
    return environment


def _environment(**settings: Any) -> Environment:  # noqa: ANN401  (of several types)
    loader = PackageLoader("mixstudy.report")
    return Environment(  # noqa: S701  (each format has its own escape)
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, **settings
    )


def _escaping(escape: Callable[[str], str]) -> Callable[[object], str]:
    """Everything that a template inserts goes through the escape."""
    return lambda value: escape(str(value))


_GREEK = dict(
    re.findall(
        "(.)([A-Za-z]+)",
        "αalpha βbeta γgamma δdelta εepsilon ζzeta ηeta θtheta ιiota κkappa λlambda μmu νnu ξxi πpi ρrho σsigma τtau "
        "υupsilon φphi χchi ψpsi ωomega ΓGamma ΔDelta ΘTheta ΛLambda ΞXi ΠPi ΣSigma ΥUpsilon ΦPhi ΨPsi ΩOmega",
    )
)
_TEX = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    **{letter: f"$\\{name}$" for letter, name in _GREEK.items()},
    "\\": r"\textbackslash{}", "~": r"$\sim$", "^": r"\textasciicircum{}", "`": r"\textasciigrave{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': "''",
    "–": r"\textendash{}", "—": r"\textemdash{}",
    "“": "``", "”": "''", "‘": "`", "’": "'", "…": r"\ldots{}", "§": r"\S{}", "£": r"\pounds{}",
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}",
    "å": r"\aa{}", "Å": r"\AA{}", "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}", "µ": r"$\mu$", "√": r"$\surd$",
    "−": "$-$", "±": r"$\pm$", "×": r"$\times$", "·": r"$\cdot$", "°": r"$^\circ$", "²": "$^2$", "³": "$^3$",
    "≤": r"$\le$", "≥": r"$\ge$", "≈": r"$\approx$", "∞": r"$\infty$",
}  # fmt: skip
"""What a character is called in LaTeX."""
_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c",
}  # fmt: skip
"""Combining marks, and what they are called in LaTeX."""


def tex(text: str) -> str:
    """Escape for LaTeX, in ASCII, so that every engine and font encoding takes it.

    A letter that LaTeX does not have stands as its code point, ``U+4E2D``.
    """
    text = re.sub(r"(?<![\w.])-(?=\.?\d)", "−", " ".join(text.split()))  # a minus, not a hyphen
    return _SYMBOLS.sub(_symbol, re.sub("-(?=-)", "-{}", "".join(map(_tex_character, text))))


_SYMBOLS = re.compile(r"(?<![\w\\$])(mu|sigma)([12]?)(?![\w(\\])")
"""Parameters as the program calls them."""


def _symbol(found: re.Match[str]) -> str:
    """A parameter as mathematics has it."""
    name, number = found.groups()
    return f"$\\{name}_{number}$" if number else f"$\\{name}$"


def _tex_character(character: str) -> str:
    if character in _TEX:
        return _TEX[character]
    if character.isascii() and character.isprintable():
        return character
    base, marks = (decomposed := unicodedata.normalize("NFD", character))[0], decomposed[1:]
    if base.isascii() and marks in _ACCENTS:
        return f"\\{_ACCENTS[marks]}{{{base}}}"
    return f"U+{ord(character):04X}"


def markdown(text: str) -> str:
    """Escape for Markdown as code hosts read it, in a table's cell as in a paragraph; no address becomes a link."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|$~&]|:(?=//)|(?<=www)\.)", r"\\\1", " ".join(text.split()))
    return escaped.replace("@", "<span>@</span>")  # with a backslash it would still be a person or an address
