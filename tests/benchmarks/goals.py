"""What is asked for, and what was measured."""

from __future__ import annotations

from collections.abc import Iterator

from measuring import Row, shown

type Results = dict[str, list[Row]]


def goals(results: Results) -> list[tuple[str, str, str, str]]:
    """What, at least, aim, measured; for the benchmarks that were run at full size."""
    return [goal for name in results for goal in _GOALS[name](results[name])]


def _only(rows: list[Row], /, **wanted: object) -> Iterator[Row]:
    return (row for row in rows if all(row[key] == value for key, value in wanted.items()))


def _em(rows: list[Row]) -> Iterator[tuple[str, str, str, str]]:
    for row in _only(rows, separation=2.0, n=1_000_000):
        what = "EM against scikit-learn to the same likelihood, n = 1e6, 2 sigma apart, compression included"
        yield what, "500 ×", "1500 ×", f"{row['ratio']:.0f} ×"


def _compression(rows: list[Row]) -> Iterator[tuple[str, str, str, str]]:
    for row in _only(rows, cores=2, n=100_000_000):
        what = "compression from memory, two cores, n = 1e8"
        yield what, "≤ 3 ns/point", "≤ 1.3", f"{row['compress_ns']:.2g} (a sum: {row['sum_ns']:.2g})"


def _accuracy(rows: list[Row]) -> Iterator[tuple[str, str, str, str]]:
    worst = max(max(row["error_at_em"], row["error_elsewhere"]) for row in rows)
    over = max(row["worst_over_limit"] for row in rows)
    what = f"error of the log-likelihood ℓ, n to {shown(max(row['n'] for row in rows))}"
    yield what, "≤ 1e-6 nats + 1e-14 ℓ", "–", f"{worst:.1e} nats, {over:.1g} of the limit"


def _nuts(rows: list[Row]) -> Iterator[tuple[str, str, str, str]]:
    for row in (row for row in _only(rows, sampler="mixstudy, compiled", n=10_000) if "times_nutpie" in row):
        what = "NUTS min ESS/s after compilation, n = 1e4, against nutpie on raw data"
        yield what, "50 ×", "150 ×", f"{row['times_nutpie']:.0f} ×"


def _size(rows: list[Row]) -> Iterator[tuple[str, str, str, str]]:
    for row in _only(rows, n=100_000_000):
        yield "the same at n = 1e8 against n = 1e4", "0.8 ×", "1 ×", f"{row['against_first']:.2f} ×"


def _stream(rows: list[Row]) -> Iterator[tuple[str, str, str, str]]:
    for row in _only(rows, rows=200_000_000):
        seconds = f"{row['peak_mb']:.0f} MB ({row['seconds']:.1f} s)"
        yield "Parquet file of 2e8 rows streamed: peak memory above the imports", "≤ 300 MB", "≤ 100 MB", seconds


def _startup(rows: list[Row]) -> Iterator[tuple[str, str, str, str]]:
    first, later = (row["seconds"] for row in rows[:2])
    what = "`mixstudy study`, n = 1e4, first run ever / later"
    yield what, "≤ 45 s / ≤ 15 s", "≤ 25 s / ≤ 8 s", f"{first:.0f} s / {later:.1f} s"
    for row in _only(rows, what="check --no-mcmc"):
        yield "`mixstudy check --no-mcmc`, n = 1e4", "≤ 2 s", "–", f"{row['seconds']:.1f} s"


def _replicates(rows: list[Row]) -> Iterator[tuple[str, str, str, str]]:
    for where, some in (
        ("3 and 5 sigma apart", [row for row in rows if row["separation"] >= 3]),
        ("1.5 sigma apart, where most are sampled again", [row for row in rows if row["separation"] < 3]),
    ):
        rates = [row["per_second"] for row in some]
        if rates:
            what = f"`mixstudy replicate`, data sets a second, two cores, n from 1e3 to 1e6, {where}"
            yield what, "≥ 2", "–", f"{min(rates):.1f} to {max(rates):.1f}"


_GOALS = {
    "em": _em,
    "compression": _compression,
    "accuracy": _accuracy,
    "nuts": _nuts,
    "size": _size,
    "stream": _stream,
    "startup": _startup,
    "replicates": _replicates,
}
