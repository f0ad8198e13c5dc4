"""Tasks in batches, on this machine's processes or on a Dask cluster, by joblib: the same code for both.

A batch runs in one thread of one process, so that as many processes as there are processors are not in each other's
way, and so that the results do not depend on how many processors a machine has.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import TerminatedWorkerError
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 10
"""How long an address may take to answer."""
LOOK_SECONDS = 0.5
"""How often a worker process looks whether the one that started it is still there."""
type Done[R] = tuple[int, R]


class ClusterError(OSError):
    """The cluster cannot be used; the message gives its address and says what to do."""


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_batches[T, R](
    work: Callable[[T], R],
    batches: Sequence[tuple[int, T]],
    *,
    workers: int | None = None,
    cluster: str | None = None,
) -> Generator[Done[R]]:
    """Do work on numbered batches and yield ``(number, result)`` as they are done, in any order.

    Args:
        work: Called with each batch; on a cluster and in other processes it is pickled.
        batches: Their numbers and what they hold.
        workers: Processes; as many as there are processors by default. One works in this process.
        cluster: Address of a Dask scheduler, such as ``tcp://host:8786``, whose workers do it instead.

    Raises:
        ClusterError: The cluster can't be reached, or was lost.
        OSError: A process on this machine was killed, which often means that memory ran out.
    """
    if cluster is not None:
        with _client(cluster) as client, parallel_config(backend="dask", client=client):
            yield from _run(work, batches, jobs=-1)
        return
    with parallel_config(backend="loky"):
        try:
            yield from _run(work, batches, jobs=workers or cores())
        except TerminatedWorkerError as error:
            msg = "a worker process was killed; if memory ran out, use fewer --workers"
            raise OSError(msg) from error


def _run[T, R](work: Callable[[T], R], batches: Sequence[tuple[int, T]], *, jobs: int) -> Generator[Done[R]]:
    calls = (delayed(_one)(work, number, batch, os.getpid()) for number, batch in batches)
    yield from Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")(calls)


def _one[T, R](work: Callable[[T], R], number: int, batch: T, first: int) -> Done[R]:
    """Runs on a worker; ``first`` is the process that asked for it. Dask's workers are not its children."""
    if os.getpid() != first and threading.current_thread() is threading.main_thread():
        _settle(first)
    with threadpool_limits(1):
        return number, work(batch)


@cache
def _settle(first: int) -> None:
    """Once in each process that joblib started: leave Ctrl-C to the first process, and end when that is killed.

    Ctrl-C reaches every process of a terminal; SIGKILL reaches one, whose workers would wait for work for minutes.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(first,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


@contextmanager
def _client(address: str) -> Iterator[Client]:
    try:
        from distributed import Client
    except ImportError as error:
        msg = f"a cluster ({address}) needs Dask; pip install 'mixstudy[cluster]'"
        raise ClusterError(msg) from error
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        problem = f"cannot be reached within {CONNECT_SECONDS} s ({error})"
        msg = f"cluster {address}: {problem}; check the address and that 'dask scheduler' runs there"
        raise ClusterError(msg) from error
    with client:
        yield client
