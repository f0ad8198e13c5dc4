"""Work that a copy of this process does beside it, on another processor."""

from __future__ import annotations

import os
import pickle
import sys
import threading
import warnings
from collections.abc import Callable


def beside[T](work: Callable[[], T]) -> Callable[[], T]:
    """Begin work in a copy of this process; what is returned waits for its outcome.

    The work is done here and then where there can be no copy (another system than Linux, a single processor, threads
    that may hold a lock, as in a notebook), and where the copy failed, so that its exception is raised here.

    Args:
        work: What is done; its outcome must be one that can be pickled.
    """
    if not sys.platform.startswith("linux") or len(os.sched_getaffinity(0)) == 1 or threading.active_count() > 1:
        return work
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the only other thread is that of Arrow's allocator
        copy = os.fork()
    if copy == 0:
        _work_and_end(work, writing)
    os.close(writing)

    def outcome() -> T:
        with os.fdopen(reading, "rb") as pipe:
            told = pipe.read()
        _, status = os.waitpid(copy, 0)
        found: T = pickle.loads(told) if status == 0 else work()  # noqa: S301  (our own)
        return found

    return outcome


def _work_and_end(work: Callable[[], object], writing: int) -> None:
    """Do the work, send its outcome and end, whatever happens: the copy must not go on as this process."""
    status = 1
    try:
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(work(), pipe)
        status = 0
    finally:
        os._exit(status)
