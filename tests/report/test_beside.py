"""Work that a copy of the process does."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mixstudy.report.beside import beside

needs_copy = pytest.mark.skipif(
    not sys.platform.startswith("linux") or len(os.sched_getaffinity(0)) == 1, reason="no copy is made here"
)


@pytest.fixture
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the threads of the test runner are there, which hold nothing that the work needs."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)


@needs_copy
@pytest.mark.usefixtures("_alone")
def test_a_copy_does_the_work() -> None:
    """The outcome is that of another process, however large it is, and none is left behind."""
    with beside(lambda: (os.getpid(), "x" * 10**6)) as outcome:
        process, text = outcome()
    assert process != os.getpid()
    assert text == "x" * 10**6
    with pytest.raises(ChildProcessError):
        os.waitpid(process, os.WNOHANG)


@pytest.mark.parametrize("reason", ["threads", "one processor", "another system"])
def test_without_a_copy_the_work_is_done_here(reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside other threads, with one processor and on other systems this process does it, when asked."""
    monkeypatch.setattr(threading, "active_count", lambda: 2 if reason == "threads" else 1)
    if reason == "one processor":
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    if reason == "another system":
        monkeypatch.setattr(sys, "platform", "darwin")
    with beside(os.getpid) as outcome:
        assert outcome() == os.getpid()


@pytest.mark.usefixtures("_alone")
def test_what_fails_in_the_copy_is_raised_here() -> None:
    """The work is done again where the copy failed, so that its exception reaches the caller."""

    def fail() -> None:
        msg = "no room"
        raise OSError(msg)

    with beside(fail) as outcome, pytest.raises(OSError, match="no room"):
        outcome()


@needs_copy
@pytest.mark.usefixtures("_alone")
def test_a_copy_that_is_killed_is_stood_in_for() -> None:
    """Where the copy ends without a word, as when memory runs out, this process does the work."""
    here = os.getpid()
    with beside(lambda: here if os.getpid() == here else os._exit(9)) as outcome:
        assert outcome() == here


@needs_copy
@pytest.mark.usefixtures("_alone")
def test_a_copy_does_not_outlive_a_failure(tmp_path: Path) -> None:
    """Where this process fails meanwhile the copy is ended: it writes nothing into what is cleared away."""

    def write_on() -> None:
        while True:
            (tmp_path / str(os.getpid())).touch()

    def fail() -> None:
        while not [*tmp_path.iterdir()]:
            time.sleep(0.01)
        raise RuntimeError

    with pytest.raises(RuntimeError), beside(write_on):
        fail()
    (copy,) = tmp_path.iterdir()
    with pytest.raises(ProcessLookupError):
        os.kill(int(copy.name), 0)


@needs_copy
@pytest.mark.usefixtures("_alone")
def test_a_copy_that_is_stuck_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while the work is done here, and the copy is ended."""
    here = os.getpid()
    monkeypatch.setattr("mixstudy.report.beside.PATIENCE", 0.1)
    with beside(lambda: os.getpid() if os.getpid() == here else time.sleep(60)) as outcome:
        assert outcome() == here


ABANDONED = """
import os, signal
from mixstudy.report.beside import beside
with beside(lambda: print(os.getpid(), flush=True) or "x" * 10**6) as outcome:
    signal.pause()
"""


@needs_copy
def test_a_copy_ends_though_nobody_reads_what_it_tells() -> None:
    """Where this process is killed, its copy fails to send and ends, however much it has to tell."""
    with subprocess.Popen([sys.executable, "-c", ABANDONED], stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout is not None
        copy = int(process.stdout.readline())
        process.kill()
        ended = select.select([process.stdout], [], [], 30)[0]  # the copy holds its other end
        if not ended:
            os.kill(copy, signal.SIGKILL)
    assert ended
