"""Work on the parts of a data set, and the sum of the results: on this machine's cores, or on a Dask cluster.

Results are added pairwise as a tree, ``((0 + 1) + (2 + 3)) + ...``, whose shape depends on the number of parts alone:
rounding grows with its depth, and the same parts give the same bits wherever and in whatever order they are done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

from mixstudy.data.sample import DataError
from mixstudy.data.workers import Done, cores, run_batches

ATTEMPTS = 3
"""How often a part is read on a cluster where its file system fails."""
PAUSE = 1.0
"""Seconds before it is read again."""


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
        parts: What to work on, at least one.
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
    numbered = list(enumerate(parts))
    held: dict[tuple[int, int], R] = {}
    done = (
        in_threads(work, parts) if cluster is None else run_batches(partial(attempt, work), numbered, cluster=cluster)
    )
    with closing(done) as results:
        for number, result in results:
            _put(held, number, result, len(parts), add)
            if progress is not None:
                progress(parts[number])
    return held[1, 0]


def in_threads[P, R](work: Callable[[P], R], parts: Sequence[P]) -> Generator[Done[R]]:
    """Work in this process, on all cores; parts that are not begun when one fails are never begun."""
    pool = ThreadPoolExecutor(min(len(parts), cores()))
    try:
        yield from enumerate(pool.map(work, parts))
    finally:
        pool.shutdown(cancel_futures=True)


def _put[R](held: dict[tuple[int, int], R], number: int, result: R, count: int, add: Callable[[R, R], R]) -> None:
    """Put a result into the tree, by the size of its level and its place there, adding it up as far as it goes.

    So no more results are held than wait for a neighbour.
    """
    while count > 1:
        neighbour = number ^ 1
        if neighbour < count:
            if (count, neighbour) not in held:
                break
            other = held.pop((count, neighbour))
            result = add(other, result) if neighbour < number else add(result, other)
        number, count = number // 2, -(-count // 2)
    held[count, number] = result


def attempt[P, R](work: Callable[[P], R], part: P, attempts: int = ATTEMPTS) -> R:
    """Runs on a worker: a file system that fails is asked again, data that are refused are not."""
    try:
        return work(part)
    except (DataError, OSError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        if attempts == 1 or not isinstance(cause, OSError):
            raise
    time.sleep(PAUSE)
    return attempt(work, part, attempts - 1)
