"""Work that a copy of this process does beside it, on another processor."""

from __future__ import annotations

import os
import pickle
import select
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 120.0
"""Seconds after which a copy counts as stuck."""


@contextmanager
def beside[T](work: Callable[[], T]) -> Iterator[Callable[[], T]]:
    """Let a copy of this process work; what is given waits for the outcome. The copy ends with the block at the latest.

    The work is done here, when its outcome is asked for, where there can be no copy (another system than Linux, a
    single processor, threads that may hold a lock, as in a notebook), and again where the copy failed, so that its
    exception is raised here, or is stuck. The outcome must be one that can be pickled.
    """
    if not sys.platform.startswith("linux") or len(os.sched_getaffinity(0)) == 1 or threading.active_count() > 1:
        yield work
        return
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the only other thread is that of Arrow's allocator
        copy = os.fork()
    if copy == 0:
        os.close(reading)  # or a pipe that nobody reads would be waited for, if this process is killed
        _work_and_end(work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:

        def outcome() -> T:
            if not select.select([pipe], [], [], PATIENCE)[0]:
                return work()
            told, ended = pipe.read(), os.waitid(os.P_PID, copy, os.WEXITED | os.WNOWAIT)
            whole = ended is not None and (ended.si_code, ended.si_status) == (os.CLD_EXITED, 0)
            found: T = pickle.loads(told) if whole else work()  # noqa: S301  (our own)
            return found

        try:
            yield outcome
        finally:
            os.kill(copy, signal.SIGKILL)  # it has told all, or nobody waits for it any more
            os.waitpid(copy, 0)


def _work_and_end(work: Callable[[], object], writing: int) -> None:
    """Do the work, send its outcome and end, whatever happens: the copy must not go on as this process."""
    status = 1
    try:
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(work(), pipe)
        status = 0
    finally:
        os._exit(status)
