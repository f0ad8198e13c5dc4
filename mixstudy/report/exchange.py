"""Two folders change places in one step, so that neither is ever missing or half of the other."""

from __future__ import annotations

import ctypes
import os
import stat
from pathlib import Path

from mixstudy.data.writing import flush

RENAME_EXCHANGE, HERE = 2, -100
"""Flag and folder of Linux's ``renameat2``."""


def exchange(one: Path, two: Path) -> bool:
    """Let two folders beside each other change places, contents flushed to the disk first.

    Args:
        one: A folder whose permissions become those of the other.
        two: Another, on the same file system.

    Returns:
        Whether they did: only Linux can, on most file systems, and the folder in which we work stays where it is.
    """
    if Path.cwd().is_relative_to(two):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if os.name == "posix" else None
    if rename is None:
        return False
    one.chmod(stat.S_IMODE(two.stat().st_mode))
    for path in (*one.rglob("*"), one):
        flush(path)
    if rename(HERE, os.fsencode(one), HERE, os.fsencode(two), RENAME_EXCHANGE) != 0:
        return False
    flush(one.parent)
    return True
