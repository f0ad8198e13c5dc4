"""Tasks in numbered batches, on this machine's processes by joblib or on a Dask cluster: one engine for all.

A batch runs in one thread of one process, so that as many processes as there are processors are not in each other's
way, and so that the results do not depend on how many processors a machine has.

On a cluster Dask's own ``as_completed`` hands the results over: joblib's Dask backend (1.6) waits for ever for a batch
whose worker died too often.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 10
"""How long an address may take to answer."""
LOST_SECONDS = 30
"""How long a cluster may be without a worker; one that is started again is back in a few seconds."""
POLL_SECONDS = 0.05
"""How often a cluster is asked for results."""
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
        ClusterError: The cluster can't be reached, or was lost for good. A worker that dies costs a repetition.
        OSError: A process on this machine was killed, which often means that memory ran out.
    """
    if cluster is None:
        yield from _on_this_machine(work, batches, workers or cores())
    else:
        yield from _on_cluster(work, batches, cluster)


def _on_this_machine[T, R](work: Callable[[T], R], batches: Sequence[tuple[int, T]], jobs: int) -> Generator[Done[R]]:
    from joblib import Parallel, delayed, parallel_config  # here, as a tenth of a second is a lot for a single fit
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    with parallel_config(backend="loky"):
        if jobs > 1:
            _start_processes(jobs)
        calls = (delayed(_one)(work, number, batch, os.getpid()) for number, batch in batches)
        run = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")
        try:
            yield from run(calls)
        except TerminatedWorkerError as error:
            msg = "a worker process was killed; if memory ran out, use fewer --workers"
            raise OSError(msg) from error


def _start_processes(jobs: int) -> None:
    """Start joblib's processes so that they ignore Ctrl-C from their first moment: it reaches all of a terminal."""
    from joblib import Parallel, delayed

    main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN) if main else None
    try:
        Parallel(n_jobs=jobs)(delayed(os.getpid)() for _ in range(jobs))
    finally:
        if main:
            signal.signal(signal.SIGINT, handler)


def _on_cluster[T, R](work: Callable[[T], R], batches: Sequence[tuple[int, T]], address: str) -> Generator[Done[R]]:
    with _client(address) as client:
        from distributed import as_completed

        futures = (client.submit(_one, work, number, batch, 0, pure=False) for number, batch in batches)
        completed = as_completed(futures, loop=client.loop, raise_errors=False)
        for _ in batches:
            yield _result(_next(completed, client, address), address)


def _next(completed: Any, client: Client, address: str) -> Future:  # noqa: ANN401  (Dask is untyped)
    """Wait for a future, as long as there are workers, or were a short while ago."""
    seen = time.monotonic()
    while not completed.has_ready():
        if _has_workers(client, address):
            seen = time.monotonic()
        if time.monotonic() - seen > LOST_SECONDS:
            problem = f"no worker for {LOST_SECONDS} s; start 'dask worker {address}' and run this again"
            raise _cluster_error(address, problem)
        time.sleep(POLL_SECONDS)
    return next(completed)


def _has_workers(client: Client, address: str) -> bool:
    try:
        return bool(client.nthreads())
    except OSError as error:
        raise _lost(address, error) from error


def _result(future: Future, address: str) -> Any:  # noqa: ANN401  (whatever the work makes)
    from distributed import CancelledError, KilledWorker

    try:
        return future.result(timeout=LOST_SECONDS)
    except KilledWorker as error:
        problem = f"a part was tried {error.allowed_failures + 1} times and its worker died each time"
        raise _cluster_error(address, f"{problem}; see the workers' logs, and give them more memory") from error
    except ImportError as error:
        problem = f"its workers cannot import what they need ({error})"
        raise _cluster_error(address, f"{problem}; install the same version of mixstudy there") from error
    except CancelledError as error:
        raise _lost(address, future.status) from error


def _lost(address: str, why: object) -> ClusterError:
    return _cluster_error(address, f"the connection was lost ({why}); see the scheduler's log, and run this again")


def _cluster_error(address: str, problem: str) -> ClusterError:
    return ClusterError(f"cluster {address}: {problem}")


def _one[T, R](work: Callable[[T], R], number: int, batch: T, first: int) -> Done[R]:
    """Runs on a worker; ``first`` is the process that started it, or 0 for one of Dask's."""
    if first and os.getpid() != first and threading.current_thread() is threading.main_thread():
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
        from distributed.comm import parse_address, parse_host_port
    except ImportError as error:
        msg = f"a cluster ({address}) needs Dask; pip install 'mixstudy[cluster]'"
        raise ClusterError(msg) from error
    try:
        scheme, place = parse_address(address)
        if scheme in ("tcp", "tls"):
            parse_host_port(place)  # a client that was refused its address would linger for 20 s
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        problem = f"cannot be reached within {CONNECT_SECONDS} s ({error})"
        raise _cluster_error(address, f"{problem}; check the address and that 'dask scheduler' runs there") from error
    with client:
        yield client
