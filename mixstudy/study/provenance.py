"""What made a result: the program, its code, the packages that it stands on."""

from __future__ import annotations

import hashlib
import platform
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path

PROGRAM = "mixstudy"
PACKAGES = ("pymc", "arviz", "nutpie", "numpy", "scipy")
"""Packages whose version may change a figure."""


def provenance() -> dict[str, object]:
    """Program, versions, platform, and the time in UTC."""
    return {
        "program": PROGRAM,
        "version": metadata.version(PROGRAM),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: metadata.version(name) for name in PACKAGES},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


@cache
def versions() -> str:
    """Versions of what a row was made with, in one line."""
    return ", ".join(f"{name} {metadata.version(name)}" for name in (PROGRAM, *PACKAGES))


@cache
def code() -> str:
    """Hash of the program's own source, which tells a changed program whose version stayed: 16 hexadecimal digits."""
    sources = sorted(Path(__file__).parents[1].rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
