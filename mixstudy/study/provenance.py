"""What made a result: the program, its code, the packages that it stands on."""

from __future__ import annotations

import hashlib
import platform
import shlex
import sys
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path

PROGRAM = "mixstudy"
PACKAGES = ("pymc", "arviz", "nutpie", "numpy", "scipy")
"""Packages whose version may change a figure."""
SHOWN_BY = ("plots", "report", "cli")
"""Parts of the program that show rows and make none."""


def command() -> str | None:
    """The command line by which this program was started; None where it was not, but is used from Python."""
    started = Path(sys.argv[0])
    as_module = started.name == "__main__.py" and started.parent.name == PROGRAM
    return shlex.join([PROGRAM, *sys.argv[1:]]) if as_module or started.stem == PROGRAM else None


def provenance() -> dict[str, object]:
    """Program, command line, versions, platform, and the time in UTC."""
    return {
        "program": PROGRAM,
        "version": metadata.version(PROGRAM),
        "command": command(),
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
    """Hash of the source that makes a row: it tells a changed program whose version stayed. 16 hexadecimal digits."""
    package = Path(__file__).parents[1]
    sources = sorted(path.relative_to(package) for path in package.rglob("*.py"))
    made_with = [path for path in sources if path.parts[0] not in SHOWN_BY]
    return hashlib.sha256(b"".join((package / path).read_bytes() for path in made_with)).hexdigest()[:16]
