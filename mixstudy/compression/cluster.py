"""Work on the parts of a data set, and the sum of the results: on this machine's cores, or on a Dask cluster.

Results are added pairwise as a tree, ``((0 + 1) + (2 + 3)) + ...``, whose shape depends on the number of parts alone:
rounding grows with its depth, and the same parts give the same bits wherever and in whatever order they are done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from mixstudy.data.sample import DataError
from mixstudy.data.workers import CONNECT_SECONDS, ClusterError, cores

if TYPE_CHECKING:
    from distributed import Client, Future

LOST_SECONDS = 30
"""How long a cluster may be without a worker; one that is started again is back in a few seconds."""
POLL_SECONDS = 1.0
"""How often the cluster is looked at while nothing arrives."""
ATTEMPTS = 3
"""How often a part is read on a cluster where its file system fails."""


def map_reduce[P, R](
    work: Callable[[P], R],
    parts: Sequence[P],
    add: Callable[[R, R], R],
    *,
    cluster: str | None = None,
    progress: Callable[[P], object] | None = None,
) -> R:
    """Do work on every part, and add the results as a tree.

    Args:
        work: Makes a result from one part. It runs in threads, so it should release the GIL, and on a cluster it and
            the parts are pickled.
        parts: What to work on.
        add: Adds the results of two neighbours, the earlier first.
        cluster: Address of a Dask scheduler, such as ``tcp://host:8786``; this machine's cores by default.
        progress: Called with each part when it is done, in the thread of the caller.

    Returns:
        The sum of the results. A worker that dies costs a repetition of its parts, and not the result.

    Raises:
        ClusterError: The cluster cannot be reached, or was lost for good.
        DataError: What ``work`` says of its data, whether here or on a cluster.
    """
    if not parts:
        msg = "parts must hold at least one part, got none"
        raise ValueError(msg)
    report = progress or (lambda part: part)
    if cluster is None:
        return _on_this_machine(work, parts, add, report)
    return _on_cluster(work, parts, add, report, address=cluster)


def _on_this_machine[P, R](
    work: Callable[[P], R], parts: Sequence[P], add: Callable[[R, R], R], report: Callable[[P], object]
) -> R:
    """Add while others work, so that no more than a few results are held: one of each power of two."""
    pool = ThreadPoolExecutor(min(len(parts), cores()))
    try:
        sums: list[tuple[int, R]] = []
        for part, result in zip(parts, pool.map(work, parts), strict=True):
            sums.append((1, result))
            while len(sums) > 1 and sums[-2][0] == sums[-1][0]:
                sums[-2:] = [_add_counted(add, *sums[-2:])]
            report(part)
        while len(sums) > 1:
            sums[-2:] = [_add_counted(add, *sums[-2:])]
        return sums[0][1]
    finally:
        pool.shutdown(cancel_futures=True)


def _add_counted[R](add: Callable[[R, R], R], left: tuple[int, R], right: tuple[int, R]) -> tuple[int, R]:
    return left[0] + right[0], add(left[1], right[1])


def _on_cluster[P, R](
    work: Callable[[P], R],
    parts: Sequence[P],
    add: Callable[[R, R], R],
    report: Callable[[P], object],
    *,
    address: str,
) -> R:
    with _connect(address) as client:
        futures = [client.submit(_attempt, work, part, pure=False) for part in parts]
        root = _tree(client, add, futures)
        left = dict(zip((future.key for future in futures), parts, strict=True))
        finished: SimpleQueue[Future] = SimpleQueue()
        for future in {future.key: future for future in (*futures, root)}.values():
            future.add_done_callback(finished.put)
        while not root.done() or left:
            future = _next_finished(client, finished, address)
            _require_result(future, address)
            if future.key in left:
                report(left.pop(future.key))
        result: R = _result(root, address)
        return result


def _tree[R](client: Client, add: Callable[[R, R], R], futures: Sequence[Future]) -> Future:
    """The same tree as on this machine, each sum made by a worker."""
    while len(futures) > 1:
        futures = [client.submit(add, *pair, pure=False) if len(pair) > 1 else pair[0] for pair in batched(futures, 2)]
    return futures[0]


def _connect(address: str) -> Client:
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
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        problem = f"cannot be reached within {CONNECT_SECONDS} s ({error})"
        raise _fault(address, f"{problem}; check the address and that 'dask scheduler' runs there") from error


def _attempt[P, R](work: Callable[[P], R], part: P, attempts: int = ATTEMPTS) -> R:
    """Runs on a worker: a file system that fails is asked again, data that are refused are not."""
    try:
        return work(part)
    except (DataError, OSError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        if attempts == 1 or not isinstance(cause, OSError):
            raise
    time.sleep(POLL_SECONDS)
    return _attempt(work, part, attempts - 1)


def _next_finished(client: Client, finished: SimpleQueue[Future], address: str) -> Future:
    """Wait for a future, as long as there are workers, or were a short while ago."""
    seen = time.monotonic()
    while time.monotonic() - seen < LOST_SECONDS:
        try:
            return finished.get(timeout=POLL_SECONDS)
        except Empty:
            if _has_workers(client, address):
                seen = time.monotonic()
    raise _fault(address, f"no worker for {LOST_SECONDS} s; start 'dask worker {address}' and run this again")


def _has_workers(client: Client, address: str) -> bool:
    try:
        return bool(client.nthreads())
    except OSError as error:
        raise _lost(address, error) from error


def _require_result(future: Future, address: str) -> None:
    from distributed import KilledWorker

    if future.status != "error":
        if future.status != "finished":
            raise _lost(address, future.status)
        return
    error = future.exception()
    if isinstance(error, KilledWorker):
        problem = f"a part was tried {error.allowed_failures + 1} times and its worker died each time"
        raise _fault(address, f"{problem}; see the workers' logs, and give them more memory") from error
    if isinstance(error, ImportError):
        problem = f"its workers cannot import what they need ({error})"
        raise _fault(address, f"{problem}; install the same version of mixstudy there") from error
    raise error


def _result(root: Future, address: str) -> Any:  # noqa: ANN401  (whatever the work makes)
    from distributed import CancelledError

    _require_result(root, address)
    try:
        return root.result(timeout=LOST_SECONDS)
    except (OSError, CancelledError) as error:
        raise _lost(address, error) from error


def _lost(address: str, why: object) -> ClusterError:
    return _fault(address, f"the connection was lost ({why}); see the scheduler's log, and run this again")


def _fault(address: str, problem: str) -> ClusterError:
    return ClusterError(f"cluster {address}: {problem}")
