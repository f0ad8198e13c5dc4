"""Mistakes that the catalogue does not hold, to measure what is said of the unknown: made, never recognised by name.

Each replaces one part of an EM that is written here once more, plainly, on the raw observations. They come from public
bug reports, from students and from habits of other methods; nothing in the package is tuned to them. Two mistakes at
once are two parts replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from mixstudy.faults.place import EITHER_MEAN, Place
from mixstudy.model import Floats


class State(NamedTuple):
    """One iteration as far as it has come."""

    x: Floats
    """Observations, shape ``(n,)``."""
    theta: Floats
    """``(weight, mu1, mu2, sigma)`` before it."""
    r1: Floats
    """Responsibilities of component 1."""
    r2: Floats
    """And of component 2."""
    means: tuple[float, float] = (0.0, 0.0)
    """The new means."""


class Outside(NamedTuple):
    """A mistake outside the catalogue: the part of an iteration that it replaces, or of the report."""

    name: str
    places: tuple[Place, ...]
    parts: dict[str, Callable[..., Any]]


def _densities(x: Floats, theta: Floats, shape: Callable[[Floats], Floats]) -> tuple[Floats, Floats]:
    weight, mu1, mu2, sigma = theta
    return weight * shape((x - mu1) / sigma), (1 - weight) * shape((x - mu2) / sigma)


def _normal(z: Floats) -> Floats:
    return np.asarray(np.exp(-(z**2) / 2))


def respond(x: Floats, theta: Floats, shape: Callable[[Floats], Floats] = _normal) -> tuple[Floats, Floats]:
    """The right responsibilities, or those of another density of ``(x - mu) / sigma``."""
    first, second = _densities(x, theta, shape)
    return first / (first + second), second / (first + second)


def weigh(s: State) -> float:
    """The right weight."""
    return float(s.r1.sum() / (s.r1.sum() + s.r2.sum()))


def centre(s: State) -> tuple[float, float]:
    """The right means."""
    return float(s.r1 @ s.x / s.r1.sum()), float(s.r2 @ s.x / s.r2.sum())


def squares(s: State) -> tuple[float, float]:
    """Weighted sums of squared residuals."""
    return float(s.r1 @ (s.x - s.means[0]) ** 2), float(s.r2 @ (s.x - s.means[1]) ** 2)


def spread(s: State) -> float:
    """The right sigma."""
    return float(np.sqrt(sum(squares(s)) / (s.r1.sum() + s.r2.sum())))


RIGHT_PARTS: dict[str, Callable[..., Any]] = {
    "respond": respond,
    "weigh": weigh,
    "centre": centre,
    "spread": spread,
    "report": lambda theta, _: theta,
}


def run(x: Floats, start: Floats, mistakes: tuple[Outside, ...], *, steps: int, rest: float = 0.0) -> Floats:
    """Iterate with mistakes and report every iterate, the start first; shape ``(k, 4)``.

    It ends after ``steps``, where a step moves nothing by more than ``rest`` sigma, or with the row in which it broke.
    """
    parts = RIGHT_PARTS | {part: made for mistake in mistakes for part, made in mistake.parts.items()}
    theta, rows = np.asarray(start, dtype=np.float64), []
    for _ in range(steps + 1):
        rows.append(np.asarray(parts["report"](theta, x), dtype=np.float64))
        if not (np.isfinite(theta).all() and 0 < theta[0] < 1 and theta[3] > 0):
            break
        with np.errstate(all="ignore"):
            after = _step(x, theta, parts)
        if (np.abs(after - theta) <= rest * np.array([1, *[theta[3]] * 3])).all():
            break
        theta = after
    return np.array(rows)


def _step(x: Floats, theta: Floats, parts: dict[str, Callable[..., Any]]) -> Floats:
    state = State(x, theta, *parts["respond"](x, theta))
    weight = parts["weigh"](state)
    state = state._replace(means=parts["centre"](state))
    return np.array([weight, *state.means, parts["spread"](state)])


def _in_e_step(name: str, made: Callable[[Floats, Floats], tuple[Floats, Floats]]) -> Outside:
    return Outside(name, (Place.E_STEP,), {"respond": made})


def _in_weight(name: str, made: Callable[[State], float]) -> Outside:
    return Outside(name, (Place.WEIGHT,), {"weigh": made})


def _in_means(name: str, made: Callable[[State], tuple[float, float]], *places: Place) -> Outside:
    return Outside(name, places or EITHER_MEAN, {"centre": made})


def _in_sigma(name: str, made: Callable[[State], float]) -> Outside:
    return Outside(name, (Place.SIGMA,), {"spread": made})


def _in_report(name: str, made: Callable[[Floats, Floats], Floats]) -> Outside:
    return Outside(name, (Place.REPORT,), {"report": made})


def _complement(r: Floats) -> tuple[Floats, Floats]:
    return r, 1 - r


def _tempered(power: float) -> Callable[[Floats, Floats], tuple[Floats, Floats]]:
    def made(x: Floats, theta: Floats) -> tuple[Floats, Floats]:
        first, second = (each**power for each in _densities(x, theta, _normal))
        return first / (first + second), second / (first + second)

    return made


def _with_epsilon(x: Floats, theta: Floats) -> tuple[Floats, Floats]:
    first, second = (each / (theta[3] * np.sqrt(2 * np.pi)) for each in _densities(x, theta, _normal))
    return _complement((first + 0.01) / (first + second + 0.01))


def _one_weight(x: Floats, theta: Floats) -> tuple[Floats, Floats]:
    first, second = _densities(x, theta, _normal)
    return _complement(first / (first + second / (1 - theta[0])))


def _denominator_without_weights(x: Floats, theta: Floats) -> tuple[Floats, Floats]:
    first, second = _densities(x, theta, _normal)
    return _complement(first / (first / theta[0] + second / (1 - theta[0])))


def _over_observations(x: Floats, theta: Floats) -> tuple[Floats, Floats]:
    first, second = _densities(x, theta, _normal)
    return first / first.sum(), second / second.sum()


def _weights_squared(x: Floats, theta: Floats) -> tuple[Floats, Floats]:
    return respond(x, np.array([theta[0] ** 2 / (theta[0] ** 2 + (1 - theta[0]) ** 2), *theta[1:]]))


def _unweighted(s: State) -> float:
    return float(sum(((s.x - mu) ** 2).mean() for mu in s.means))


def _absolute(s: State) -> float:
    return float((s.r1 @ np.abs(s.x - s.means[0]) + s.r2 @ np.abs(s.x - s.means[1])) / s.x.size)


def _own_sds(s: State) -> tuple[float, float]:
    sums = squares(s)
    return float(np.sqrt(sums[0] / s.r1.sum())), float(np.sqrt(sums[1] / s.r2.sum()))


def _hard_means(s: State) -> tuple[float, float]:
    hard = (s.r1 > s.r2).astype(np.float64)
    return centre(s._replace(r1=hard, r2=1 - hard))


def _trimmed_means(s: State) -> tuple[float, float]:
    inside = [np.abs(s.x - mu) < 2 * s.theta[3] for mu in s.theta[1:3]]
    return tuple(float((r * s.x)[k].sum() / r[k].sum()) for r, k in zip((s.r1, s.r2), inside, strict=True))  # type: ignore[return-value]


def _shrunk_means(s: State) -> tuple[float, float]:
    return tuple(float((r @ s.x + 20 * s.x.mean()) / (r.sum() + 20)) for r in (s.r1, s.r2))  # type: ignore[return-value]


OUTSIDE: tuple[Outside, ...] = (
    _in_e_step("no 2 in the exponent", lambda x, t: respond(x, t, lambda z: np.exp(-(z**2)))),
    _in_e_step("sigma for its square in the exponent", lambda x, t: respond(x, t, lambda z: _normal(z * t[3] ** 0.5))),
    _in_e_step("no sigma in the exponent", lambda x, t: respond(x, t, lambda z: _normal(z * t[3]))),
    _in_e_step("responsibilities squared", _tempered(2.0)),
    _in_e_step("a temperature left on", _tempered(0.7)),
    _in_e_step("0.01 added against division by zero", _with_epsilon),
    _in_e_step("a Cauchy density", lambda x, t: respond(x, t, lambda z: 1 / (1 + z**2))),
    _in_e_step("a Laplace density", lambda x, t: respond(x, t, lambda z: np.exp(-np.abs(z)))),
    _in_e_step("weights squared", _weights_squared),
    _in_e_step("responsibilities clipped", lambda x, t: _complement(np.clip(respond(x, t)[0], 0.1, 0.9))),
    _in_e_step("responsibilities smoothed", lambda x, t: _complement(0.9 * respond(x, t)[0] + 0.05)),
    _in_e_step("responsibilities rounded", lambda x, t: _complement(np.round(respond(x, t)[0], 1))),
    _in_e_step("one weight forgotten", _one_weight),
    _in_e_step("no weights in the denominator", _denominator_without_weights),
    _in_e_step("normalised over observations", _over_observations),
    _in_weight("odds", lambda s: min(float(s.r1.sum() / s.r2.sum()), 0.99)),
    _in_weight("a Dirichlet prior", lambda s: float((s.r1.sum() + 20) / (s.x.size + 40))),
    _in_weight("never updated", lambda s: float(s.theta[0])),
    _in_weight("share of hard labels", lambda s: float((s.r1 > s.r2).mean())),
    _in_weight("squared responsibilities", lambda s: float((s.r1**2).sum() / s.r1.sum() * s.r1.mean())),
    _in_means("divided by n", lambda s: (float((s.r1 * s.x).mean()), float((s.r2 * s.x).mean()))),
    _in_means("whole numbers", lambda s: (float(int(centre(s)[0])), float(int(centre(s)[1])))),
    _in_means("of hard labels", _hard_means),
    _in_means("squared responsibilities in the means", lambda s: centre(s._replace(r1=s.r1**2, r2=s.r2**2))),
    _in_means("a prior on the means", _shrunk_means),
    _in_means("mu2 never updated", lambda s: (centre(s)[0], float(s.theta[2])), Place.MU2),
    _in_means("trimmed", _trimmed_means),
    _in_sigma("squares left unweighted", lambda s: float(np.sqrt(_unweighted(s)))),
    _in_sigma("unweighted over 2n", lambda s: float(np.sqrt(_unweighted(s) / 2))),
    _in_sigma("mean of two sds", lambda s: float(np.mean(_own_sds(s)))),
    _in_sigma("mean of two variances", lambda s: float(np.sqrt(np.mean(np.square(_own_sds(s)))))),
    _in_sigma("geometric mean of two sds", lambda s: float(np.sqrt(np.prod(_own_sds(s))))),
    _in_sigma("n - 1", lambda s: float(np.sqrt(sum(squares(s)) / (s.x.size - 1)))),
    _in_sigma("reg_covar", lambda s: float(np.sqrt(spread(s) ** 2 + 0.1))),
    _in_sigma("mean absolute residual", _absolute),
    _in_sigma("squared responsibilities in sigma", lambda s: spread(s._replace(r1=s.r1**2, r2=s.r2**2))),
    _in_sigma("root taken twice", lambda s: float(np.sqrt(spread(s)))),
    _in_report("full width at half maximum", lambda t, _: np.array([*t[:3], 2.354820045 * t[3]])),
    _in_report("standard error for sd", lambda t, x: np.array([*t[:3], t[3] / np.sqrt(x.size)])),
    _in_report("twice the variance", lambda t, _: np.array([*t[:3], 2 * t[3] ** 2])),
)  # fmt: skip
"""Mistakes outside the catalogue, by the part that they replace."""
OUTSIDE_BY_NAME = {mistake.name: mistake for mistake in OUTSIDE}
PAIRS: tuple[tuple[str, str], ...] = (
    ("no 2 in the exponent", "n - 1"),
    ("a temperature left on", "reg_covar"),
    ("responsibilities smoothed", "mean of two sds"),
    ("a Laplace density", "squares left unweighted"),
    ("responsibilities clipped", "root taken twice"),
    ("one weight forgotten", "mean absolute residual"),
    ("responsibilities squared", "geometric mean of two sds"),
    ("a Dirichlet prior", "reg_covar"),
    ("a Dirichlet prior", "mean of two sds"),
    ("share of hard labels", "n - 1"),
    ("never updated", "mean absolute residual"),
    ("odds", "squares left unweighted"),
    ("divided by n", "mean of two sds"),
    ("whole numbers", "reg_covar"),
    ("of hard labels", "unweighted over 2n"),
    ("a prior on the means", "n - 1"),
    ("squared responsibilities in the means", "squared responsibilities in sigma"),
    ("mu2 never updated", "geometric mean of two sds"),
    ("a prior on the means", "a Dirichlet prior"),
    ("trimmed", "share of hard labels"),
    ("whole numbers", "never updated"),
    ("a Dirichlet prior", "full width at half maximum"),
)
"""Two of them at once."""
