"""Reference posteriors by nested quadrature, from NumPy and SciPy alone: run as a script it makes ``reference.csv``.

Nothing of the package is used. Outer, over (logit weight, log k) with k = (mu2 - mu1) / sigma: squares that are cut in
four until the four agree with the whole, each by Gauss-Legendre points. Inner, over mean and log sd of the mixture: the
trapezoidal rule about the maximum, which for a function like a normal density is exact to rounding. What a posterior
mean or quantile is follows from the points and their weights. So that a quantile does not feel the grid, the inner
points are shifted at random from node to node, which leaves the trapezoidal rule as exact as it is, and the weight is
spread over the share of its square that each Gauss point stands for.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path

import numpy as np
from scipy import stats
from scipy.special import log_expit

CSV = Path(__file__).with_name("reference.csv")
LABELS = ("weight", "mu1", "mu2", "sigma")
ORDER = 4
"""Gauss-Legendre points along each side of a square."""
TOLERANCE = 1e-6
"""Share of the whole by which a square and its four parts may differ."""
REACH = {"few": 14, "many": 7}
"""How far the trapezoidal rule goes, a standard deviation at a time (its error is then 1e-8 for a normal density)."""
BINS = 600
"""More observations than twice that are binned; the two points of a bin keep its mean and variance."""

GALAXIES = """
9172 9350 9483 9558 9775 10227 10406 16084 16170 18419 18552 18600 18927 19052 19070 19330 19343 19349 19440 19473 19529
19541 19547 19663 19846 19856 19863 19914 19918 19973 19989 20166 20175 20179 20196 20215 20221 20415 20629 20795 20821
20846 20875 20986 21137 21492 21701 21814 21921 21960 22185 22209 22242 22249 22314 22374 22495 22746 22747 22888 22914
23206 23241 23263 23484 23538 23542 23666 23706 23711 24129 24285 24289 24366 24717 24990 25633 26690 26995 32065 32789
34279
"""
"""Velocities of 82 galaxies, km/s (Roeder 1990)."""
FAITHFUL = Path(__file__).parents[2] / "mixstudy" / "data" / "old_faithful.csv"


def mixture(weight, mu1, mu2, sigma, *, n, seed):
    """A sample from the model."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(n) < weight, mu1, mu2) + sigma * rng.standard_normal(n)


def normal(n, seed):
    """A sample from one component."""
    return np.random.default_rng(seed).standard_normal(n)


DATA_SETS = {
    "separated": lambda: mixture(0.3, 5, 15, 2, n=1000, seed=0),
    "overlap": lambda: mixture(0.3, 0, 1.5, 1, n=2000, seed=0),
    "overlap, another": lambda: mixture(0.3, 0, 1.5, 1, n=2000, seed=3),
    "overlap, small": lambda: mixture(0.5, 0, 2, 1, n=200, seed=4),
    "galaxies": lambda: np.array(GALAXIES.split(), dtype=float),
    "one component": lambda: normal(500, 1),
    "one component, another": lambda: normal(500, 2),
    "n = 30": lambda: mixture(0.3, 0, 2, 1, n=30, seed=1),
    "n = 30, another": lambda: mixture(0.5, 0, 3, 1, n=30, seed=2),
    "n = 12": lambda: normal(12, 16),
    "heavy tails": lambda: np.random.default_rng(3).standard_t(2.5, size=400),
    "an outlier": lambda: np.random.default_rng(4).standard_t(1.5, size=300),
    "tiny weight": lambda: mixture(0.01, 0, 4, 1, n=2000, seed=5),
    "six of them": lambda: mixture(0.01, 0, 8, 1, n=300, seed=5),
    "n = 10 000": lambda: mixture(0.3, 0, 2, 1, n=10_000, seed=6),
    "n = 5000": lambda: mixture(0.3, 0, 5, 1, n=5000, seed=7),
    "n = 1 000 000": lambda: mixture(0.3, 0, 4, 1, n=1_000_000, seed=8),
    "n = 1 000 000, overlap": lambda: mixture(0.3, 0, 1.5, 1, n=1_000_000, seed=8),
    "three clumps": lambda: np.concatenate([normal(30, 9), 5 + normal(30, 10), 10 + normal(30, 11)]),
    "ties": lambda: np.round(mixture(0.4, 0, 2, 1, n=300, seed=12)),
    "uniform": lambda: np.random.default_rng(13).uniform(size=200),
    "exponential": lambda: np.random.default_rng(14).exponential(size=300),
    "offset": lambda: 1e8 + 1e-3 * mixture(0.3, 0, 3, 1, n=500, seed=15),
    "Old Faithful": lambda: np.loadtxt(FAITHFUL, delimiter=",", skiprows=1, usecols=1),
    "weak": lambda: mixture(0.1, 0, 1, 1, n=1000, seed=17),
    "1.5 sigma": lambda: mixture(0.3, 0, 1.5, 1, n=1000, seed=17),
}
"""Samples of all kinds by name."""


def binned(t):
    """Points and how many observations each stands for: mean -+ sd of equal bins where there are many observations."""
    if t.size <= 2 * BINS:
        return t, np.ones_like(t)
    place = np.minimum((BINS * (t - t.min()) / np.ptp(t)).astype(int), BINS - 1)
    counts = np.bincount(place, minlength=BINS).astype(float)
    filled = counts > 0
    mean = np.bincount(place, t, BINS)[filled] / counts[filled]
    deviation = t - mean[np.cumsum(filled)[place] - 1]
    sd = np.sqrt(np.bincount(place, deviation**2, BINS)[filled] / counts[filled])
    return np.concatenate([mean - sd, mean + sd]), np.tile(counts[filled] / 2, 2)


class Posterior:
    """The posterior of standardised observations in mixture coordinates, under the default prior."""

    def __init__(self, x):
        self.mean, self.sd, self.n, self.rng = x.mean(), x.std(ddof=1), x.size, np.random.default_rng(0)
        self.reach = REACH["few" if x.size <= 100 else "many"]
        self.t, self.counts = binned((x - self.mean) / self.sd)

    @staticmethod
    def theta(u):
        """Parameters at (logit weight, log k, mean, log sd), standard units."""
        weight, k = np.exp(log_expit(u[..., 0])), np.exp(u[..., 1])
        sigma = np.exp(u[..., 3]) / np.sqrt(1 + weight * (1 - weight) * k**2)
        mu1 = u[..., 2] - (1 - weight) * k * sigma
        return np.stack([weight, mu1, mu1 + k * sigma, sigma], axis=-1)

    def log_density(self, u):
        """Log likelihood and prior and Jacobian, shape ``(m, 4)`` to ``(m,)``."""
        found = np.empty(len(u))
        for part in np.array_split(np.arange(len(u)), -(-len(u) * self.t.size // 100_000)):
            theta = self.theta(u[part])
            mu1, mu2, sigma = theta[:, 1:, None].swapaxes(0, 1)
            log1, log2 = log_expit(u[part, :1]), log_expit(-u[part, :1])
            lower, upper = log1 - ((self.t - mu1) / sigma) ** 2 / 2, log2 - ((self.t - mu2) / sigma) ** 2 / 2
            larger = np.maximum(lower, upper) + np.log1p(np.exp(-np.abs(lower - upper)))
            found[part] = larger @ self.counts
            sigma = theta[:, 3]
            found[part] -= self.n * np.log(sigma * np.sqrt(2 * np.pi))
            found[part] += stats.norm.logpdf(theta[:, 1:3], 0, 2.5).sum(axis=1) + np.log(2)
            found[part] += stats.halfnorm.logpdf(sigma)
            found[part] += (log1 + log2)[:, 0] + u[part, 1] + 2 * np.log(sigma)
        return found

    def inner(self, outer):
        """Points over mean and log sd at each of ``outer``, shape ``(m, 2)``, and their log weights."""
        v, height = self.maxima(outer)
        step = 0.05 / np.sqrt(self.n)
        values, vectors = np.linalg.eigh(self.derivatives(outer, v, height, step)[1])
        factor = vectors / np.sqrt(np.maximum(np.abs(values), 1))[:, None, :]
        line = np.arange(-self.reach, self.reach + 1.0)
        grid = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
        grid = grid + self.rng.uniform(-0.5, 0.5, (len(outer), 1, 2))
        points = v[:, None] + np.einsum("mij,mkj->mki", factor, grid)
        u = np.concatenate([np.broadcast_to(outer[:, None], points.shape), points], axis=-1)
        heights = self.log_density(u.reshape(-1, 4)).reshape(u.shape[:2])
        cell = np.log(np.abs(np.linalg.det(factor)))
        return u, heights + cell[:, None]

    def maxima(self, outer):
        """Maximum over mean and log sd at each of ``outer``, by guarded Newton steps, and its height."""
        v = np.zeros_like(outer)
        height = self.at(outer, v)
        going = np.arange(len(outer))
        for _ in range(60):
            gradient, hessian = self.derivatives(outer[going], v[going], height[going], 0.05 / np.sqrt(self.n))
            values, vectors = np.linalg.eigh(hessian)
            slope = np.einsum("mij,mi->mj", vectors, gradient)
            move = np.einsum("mij,mj->mi", vectors, slope / np.maximum(np.abs(values), 1e-3 * self.n))
            move *= np.minimum(1, 0.5 / np.abs(move).max(axis=1))[:, None]
            for part in (1.0, 0.3, 0.05):
                tried = v[going] + part * move
                reached = self.at(outer[going], tried)
                better = reached > height[going]
                v[going[better]], height[going[better]] = tried[better], reached[better]
                move[better] = 0
            gain = np.sum(slope**2 / np.maximum(np.abs(values), 1e-3 * self.n), axis=1)
            going = going[gain > 1e-6]
            if going.size == 0:
                break
        return v, height

    def at(self, outer, v):
        """Log density at outer and inner coordinates."""
        return self.log_density(np.concatenate([outer, v], axis=1))

    def derivatives(self, outer, v, height, h):
        """Gradient and second derivatives in the inner coordinates, by central differences."""
        moves = h * np.array([[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, -1]])
        a, b, c, d, e, f = (self.at(outer, v + move) - height for move in moves)
        cross = (e + f - a - b - c - d) / 2
        hessian = np.array([[a + b, cross], [cross, c + d]]).transpose(2, 0, 1) / h**2
        return np.stack([a - b, c - d], axis=1) / (2 * h), hessian


class Squares:
    """Squares of the outer plane, cut in four where four agree badly with one."""

    def __init__(self, posterior):
        self.posterior = posterior
        node, weight = np.polynomial.legendre.leggauss(ORDER)
        self.nodes = np.stack(np.meshgrid(node, node, indexing="ij"), axis=-1).reshape(-1, 2) / 2
        self.log_weights = np.log(np.outer(weight, weight).ravel() / 4)
        self.shares = np.repeat(weight / 2, ORDER)
        self.begins = np.repeat(np.cumsum(weight / 2) - weight / 2, ORDER)

    def evaluate(self, corners, side):
        """Points and logit weights spread out, shape ``(m, k, 5)``, and log weights of squares with these corners."""
        outer = corners[:, None] + side * (self.nodes + 0.5)
        u, log_weights = self.posterior.inner(outer.reshape(-1, 2))
        log_weights = log_weights.reshape(len(corners), ORDER**2, -1) + self.log_weights[:, None] + 2 * np.log(side)
        u = u.reshape(*log_weights.shape, 4)
        within = self.begins[:, None] + self.shares[:, None] * self.posterior.rng.random(log_weights.shape)
        spread = corners[:, 0, None, None] + side * within
        u = np.concatenate([u, spread[..., None]], axis=-1)
        return u.reshape(len(corners), -1, 5), log_weights.reshape(len(corners), -1)


def quadrature(x, *, tolerance=TOLERANCE):
    """Means, sds, 2.5 % and 97.5 % quantiles, shape ``(4, 4)``, and the log evidence, data units."""
    posterior = Posterior(x)
    squares = Squares(posterior)
    side = 2.0
    corners = np.stack(np.meshgrid(np.arange(-14, 14, side), np.arange(-10, 6, side), indexing="ij"), -1).reshape(-1, 2)
    _, first = squares.evaluate(corners, side)
    whole = np.logaddexp.reduce(first, axis=1)
    kept, total = [], np.logaddexp.reduce(whole)
    for _ in range(16):
        side /= 2
        parts = (corners[:, None] + side * np.array([[0, 0], [0, 1], [1, 0], [1, 1]])).reshape(-1, 2)
        u, log_weights = squares.evaluate(parts, side)
        found = np.logaddexp.reduce(log_weights, axis=1)
        four = np.logaddexp.reduce(found.reshape(-1, 4), axis=1)
        total = np.logaddexp.reduce([*(np.logaddexp.reduce(each[1], axis=None) for each in kept), *four])
        good = np.abs(np.exp(four - total) - np.exp(whole - total)) < tolerance
        done = np.repeat(good, 4)
        heavy = log_weights[done] > total - 35
        kept.append((u[done][heavy], log_weights[done][heavy]))
        corners, whole = parts[~done], found[~done]
        if not len(corners):
            break
    u, log_weights = np.concatenate([each[0] for each in kept]), np.concatenate([each[1] for each in kept])
    evidence = total - posterior.n * np.log(posterior.sd)
    found = summary(posterior.theta(u), np.exp(log_weights - total), np.exp(log_expit(u[:, 4])))
    return found * np.array([[1], *[[posterior.sd]] * 3]) + np.outer(
        [0, posterior.mean, posterior.mean, 0], [1, 0, 1, 1]
    ), evidence


def summary(theta, p, spread):
    """Means, sds, 2.5 % and 97.5 % quantiles of weighted points; those of the weight by its spread values."""
    p = p / p.sum()
    mean = p @ theta
    sd = np.sqrt(p @ (theta - mean) ** 2)
    ends = []
    for values in (spread, *theta.T[1:]):
        order = np.argsort(values, kind="stable")
        value, first = np.unique(values[order], return_index=True)
        mass = np.add.reduceat(p[order], first)
        ends.append(np.interp([0.025, 0.975], np.cumsum(mass) - mass / 2, value))
    return np.column_stack([mean, sd, np.array(ends)])


def read_rows():
    """The rows of the CSV file, without its header."""
    with CSV.open() as file:
        return list(csv.reader(file))[1:]


def reference(name):
    """Means, sds, 2.5 % and 97.5 % ends, shape ``(4, 4)``, and the log evidence, as they stand in the CSV file."""
    rows = [[float(value) for value in row[2:]] for row in read_rows() if row[0] == name]
    return np.array(rows)[:, :4], rows[0][4]


def main():
    """Write the rows of the data sets named, or of all, and print how far a coarser quadrature is from each."""
    rows = {(row[0], row[1]): row for row in (read_rows() if CSV.exists() else [])}
    for name in sys.argv[1:] or DATA_SETS:
        x, start = DATA_SETS[name](), time.perf_counter()
        found, evidence = quadrature(x)
        coarse, coarse_evidence = quadrature(x, tolerance=30 * TOLERANCE)
        apart = np.abs(coarse - found) / found[:, 1:2]
        seconds = time.perf_counter() - start
        sys.stdout.write(f"{name}: {seconds:.0f} s, coarser by {apart.max(axis=0).round(4)} sds, ")
        sys.stdout.write(f"evidence {evidence:.5f}, coarser by {coarse_evidence - evidence:.5f}\n")
        for label, row in zip(LABELS, found, strict=True):
            rows[name, label] = [name, label, *row.tolist(), float(evidence)]
    with CSV.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["data_set", "parameter", "mean", "sd", "lower", "upper", "log_evidence"])
        writer.writerows(rows[name, label] for name in DATA_SETS for label in LABELS if (name, label) in rows)


if __name__ == "__main__":
    main()
