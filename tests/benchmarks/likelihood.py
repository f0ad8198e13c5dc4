"""EM against scikit-learn, to the same likelihood; the likelihood of the points against that of the raw data."""

from __future__ import annotations

import math
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
from measuring import CHUNK, Benchmark, Observations, Row, cores, timed
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

import mixstudy as ms
from mixstudy.compression.compress import Region, compress, finer_for
from mixstudy.model import log_density

SEPARATIONS = (1.5, 2.0, 5.0)
STOP = 1e-6
"""scikit-learn goes on until an iteration adds less than this to the log-likelihood, nats; its ``tol`` is per point."""
BUDGET = 120.0
"""A fit by scikit-learn that would take longer, seconds, is extrapolated: so many times longer as n is larger."""
BRIEF = 0.5
"""Fits shorter than this, seconds, are repeated."""
REPEATS = 5
NATS, RELATIVE = 1e-6, 1e-14
"""Error of the log-likelihood that is allowed: so many nats, and so much of its size."""
PIECE = 1 << 16
"""Observations to a sum: what a cache holds."""


def measure_em(*, quick: bool) -> list[Row]:
    """Seconds from the raw array to the maximum, by both."""
    rows: list[Row] = []
    ms.fit_em(Observations(2.0, 10_000).array())  # loads what is loaded once
    for separation in SEPARATIONS:
        before = None
        for n in (1_000, 10_000) if quick else (10**k for k in range(3, 8)):
            before = _em(separation, n, before)
            rows += [before]
    return rows


def _em(separation: float, n: int, before: Row | None) -> Row:
    x = Observations(separation, n).array()
    expected = before["sklearn_s"] * n / before["n"] if before else 0.0
    ours, theirs = _in_turns(x, run_theirs=expected <= BUDGET)
    seconds, em = min(ours, key=lambda run: run[0])
    row: Row = {"separation": separation, "n": n, "mixstudy_s": seconds, "sklearn_s": expected, "extrapolated": True}
    row |= {"ratio": expected / seconds, "mixstudy_iterations": len(em.trace) - 1, "distance_se": em.distance}
    row |= {"sklearn_iterations": None, "log_likelihood": em.log_likelihood, "sklearn_short_nats": None}
    if theirs:
        slow, model = min(theirs, key=lambda run: run[0])
        row |= {"sklearn_s": slow, "extrapolated": False, "ratio": slow / seconds}
        row |= {"sklearn_iterations": model.n_iter_, "sklearn_short_nats": _short(x, em.parameters, model)}
    return row


def _in_turns(x: np.ndarray, *, run_theirs: bool) -> tuple[list, list]:
    """Runs of both, in turns: seconds and fit."""
    ours, theirs = [], []
    for _ in range(REPEATS):
        ours.append(timed(partial(ms.fit_em, x)))
        if run_theirs and (not theirs or theirs[0][0] < BRIEF):
            theirs.append(timed(partial(_sklearn, x)))
    return ours, theirs


def _sklearn(x: np.ndarray) -> GaussianMixture:
    model = GaussianMixture(2, covariance_type="tied", reg_covar=0, tol=STOP / x.size, max_iter=100_000, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        return model.fit(x[:, None])


def _short(x: np.ndarray, ours: ms.Parameters, model: GaussianMixture) -> float:
    """By how many nats of the raw data's likelihood scikit-learn ends below us."""
    sigma = math.sqrt(model.covariances_[0, 0])
    theirs = ms.Parameters.relabelled([model.weights_[0], *model.means_.ravel(), sigma])
    heights = [math.fsum(sums) for sums in zip(*_sums(x, [ours, theirs]), strict=True)]
    return heights[0] - heights[1]


def _sums(x: np.ndarray, places: list[ms.Parameters]) -> list[list[float]]:
    """SciPy's log density at each place, summed over each piece of the data."""
    pieces = [x[start : start + PIECE] for start in range(0, x.size, PIECE)]
    return [[float(log_density(piece, place).sum()) for place in places] for piece in pieces]


def measure_accuracy(*, quick: bool) -> list[Row]:
    """Log-likelihood of the points and of the raw data, at the EM fit and around it."""
    sizes = (10_000, CHUNK) if quick else (10_000, CHUNK, 100 * CHUNK)
    return [_accuracy(Observations(separation, n)) for separation in (2.0, 5.0) for n in sizes]


def _accuracy(data: Observations) -> Row:
    em = ms.fit_em(compress(data))
    places = [em.parameters, *_around(em.parameters)]
    region = Region.around([[*place] for place in places])
    sample = finer_for(em.sample, [region]) or em.sample  # as for posterior draws
    raw = _scipy(data, places)
    ours = [math.fsum(sample.weights * log_density(sample.points, place)) for place in places]
    errors = np.abs(np.subtract(ours, raw)).tolist()
    limits = [NATS + RELATIVE * abs(height) for height in raw]
    return {
        "separation": data.separation,
        "n": data.n,
        "points": int(sample.points.size),
        "log_likelihood": raw[0],
        "error_at_em": errors[0],
        "error_elsewhere": max(errors[1:]),
        "bound": sample.bound(region),
        "limit": limits[0],
        "worst_over_limit": float(np.max(np.divide(errors, limits))),
    }


def _around(p: ms.Parameters) -> list[ms.Parameters]:
    """Parameters far from the fit in slope and midpoint: more than posterior draws ever are."""
    middle, half = (p.mu1 + p.mu2) / 2, (p.mu2 - p.mu1) / 4
    return [
        replace(p, weight=0.01),
        replace(p, sigma=0.9 * p.sigma),
        replace(p, mu1=middle - half, mu2=middle + half),
        replace(p, weight=0.7, mu1=p.mu1 + p.sigma, mu2=p.mu2 + p.sigma),
    ]


def _scipy(data: Observations, places: list[ms.Parameters]) -> list[float]:
    """Log-likelihood of all raw data at each place, chunk by chunk, the sums added without rounding."""
    with ThreadPoolExecutor(cores()) as pool:
        chunks = pool.map(lambda k: _sums(data.chunk(k), places), range(data.chunks))
        sums = [piece for pieces in chunks for piece in pieces]
    return [math.fsum(column) for column in zip(*sums, strict=True)]


EM = Benchmark(
    title="EM from the raw data to the same likelihood: mixstudy (best of all starts, standard errors, to 1e-6 of one) "
    "against scikit-learn `tied` (one start)",
    measure=measure_em,
    columns={
        "sigma apart": "separation",
        "n": "n",
        "mixstudy s": "mixstudy_s",
        "scikit-learn s": "sklearn_s",
        "extrapolated": "extrapolated",
        "times faster": "ratio",
        "iterations": "mixstudy_iterations",
        "scikit-learn's": "sklearn_iterations",
        "log-likelihood": "log_likelihood",
        "scikit-learn below by nats": "sklearn_short_nats",
    },
)
ACCURACY = Benchmark(
    title="Error of the log-likelihood, nats: weighted points against SciPy on all raw data",
    measure=measure_accuracy,
    columns={
        "sigma apart": "separation",
        "n": "n",
        "points": "points",
        "log-likelihood": "log_likelihood",
        "error at the fit": "error_at_em",
        "largest elsewhere": "error_elsewhere",
        "certificate's bound": "bound",
        "limit": "limit",
        "worst error/limit": "worst_over_limit",
    },
)
