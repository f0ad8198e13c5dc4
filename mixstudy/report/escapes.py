"""Text made safe for LaTeX and for Markdown, whatever a file or a column is called."""

from __future__ import annotations

import re
import unicodedata

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
    return re.sub("-(?=-)", "-{}", "".join(map(_tex_character, text)))


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
    """Escape for Markdown as code hosts read it, in a table's cell as in a paragraph."""
    return re.sub(r"([\\`*_{}\[\]<>#|$~&@])", r"\\\1", " ".join(text.split()))
