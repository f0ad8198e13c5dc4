r"""What a wrong E-step did, from the weight and the mean that came out of it.

Because sigma is shared, the log-odds of component 1 are linear in x, ``a + b x``. The next weight and the next mu1 tell
the count ``n w = sum r`` and the sum ``n w mu1 = sum r x``, from which a and b follow: two equations, two unknowns,
solved by Newton. Held against the right a and b, they say what the program put in place of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.special import expit, logit

from mixstudy.diagnosis.patterns import Constant, Steps
from mixstudy.faults.steps import Points, centred
from mixstudy.model import Floats

MAX_NEWTON = 50
"""Newton steps; a solution that is there is found in about ten."""
CONVERGED = 1e-9
"""Newton step, in log-odds, at which the solution is found."""
AS_PRINTED = 1e-5
"""Relative rounding of a printed sigma that is raised to a power."""
PLAIN = 0.02
"""Half-width of an interval, relative, within which a slope is called known."""
POWERS = {
    1.0: "sigma stands where sigma^2 belongs",
    2.0: "sigma is left out of the exponent",
    4.0: "sigma^2 multiplies where it should divide",
    -2.0: "sigma^4 stands where sigma^2 belongs",
}
"""Slope of the log-odds over the right one, as a power of sigma."""


def describe(steps: Steps) -> str:
    """What the responsibilities of these steps were, against the right ones; empty where nothing plain is found."""
    return next(_descriptions(steps), "")


def _descriptions(steps: Steps) -> Iterator[str]:
    solved = [_solve(steps, k) for k in range(len(steps.theirs))]
    if any(each is None for each in solved):
        return
    begins = steps.begins - steps.sample.centre
    slopes = (begins[:, 1] - begins[:, 2]) / begins[:, 3] ** 2
    middles = (begins[:, 1] + begins[:, 2]) / 2
    found = np.array([each for each in solved if each is not None])
    ratio, half_ratio = found[:, 1] / slopes, np.abs(found[:, 3] / slopes)
    if (power := _power(ratio, half_ratio, begins[:, 3])) is not None:
        yield f"the responsibilities change with x as if {POWERS[power]}"
    same = _common(ratio, half_ratio)
    if same is None:
        return
    at_middle = found[:, 0] + found[:, 1] * middles
    half = found[:, 2] + found[:, 3] * np.abs(middles) + 1e-9
    yield from _intercepts(at_middle, half, logit(begins[:, 0]), same)


def _intercepts(at_middle: Floats, half: Floats, right: Floats, slope: Constant) -> Iterator[str]:
    """What the log-odds are half-way between the means, where the right ones are those of the weight."""
    steep = "" if slope.holds(1.0) else f"; their slope is {slope.shown} times what it should be"
    for text, value in (
        ("the weights are left out of the responsibilities", np.zeros_like(right)),
        ("the responsibilities use the weight of the other component", -right),
        ("the weights enter the responsibilities squared", 2 * right),
    ):
        if (np.abs(at_middle - value) <= half).all() and not (np.abs(right - value) <= half).all():
            yield text + steep
    if steep:
        weights = ", the weights being right" if (np.abs(at_middle - right) <= half).all() else ""
        yield f"the log-odds rise {slope.shown} times as steeply with x as they should{weights}"


def _power(ratio: Floats, half: Floats, sigma: Floats) -> float | None:
    """The power of sigma that the ratio of slopes is in every row; None where none is, or where sigma is near 1."""
    for power in POWERS:
        value = sigma**power
        if (np.abs(ratio - value) <= half + AS_PRINTED * value).all() and not (np.abs(value - 1) <= half + PLAIN).all():
            return power
    return None


def _common(values: Floats, half: Floats) -> Constant | None:
    lower, upper = float((values - half).max()), float((values + half).min())
    known = upper - lower <= 2 * PLAIN * abs(upper + lower) / 2
    return Constant(lower, upper) if lower <= upper and known else None


def _solve(steps: Steps, row: int) -> tuple[float, float, float, float] | None:
    """Intercept and slope (centred x) behind a printed weight and mu1, and their half-widths; None without solution."""
    data = centred(steps.sample)
    begin, end, half = (each[row] for each in (steps.begins, steps.theirs, steps.allowed))
    weight, mu1 = end[0], end[1] - steps.sample.mean
    n = float(data.weights.sum())
    sums = np.array([n * weight, n * weight * mu1])
    line = _newton(data, sums, begin - steps.sample.centre)
    if line is None:
        return None
    slope = np.linalg.inv(_curvature(data, line))
    wide = np.abs(slope) @ np.array([n * half[0], n * (abs(mu1) * half[0] + weight * half[1])])
    return float(line[0]), float(line[1]), float(wide[0]), float(wide[1])


def _newton(data: Points, sums: Floats, theta: Floats) -> Floats | None:
    """The line ``a + b x`` whose logistic has these sums, from the right line on, with halved steps."""
    weight, mu1, mu2, sigma = theta
    b = (mu1 - mu2) / sigma**2
    line = np.array([float(logit(weight)) - b * (mu1 + mu2) / 2, b])
    missed = _sums(data, line) - sums
    for _ in range(MAX_NEWTON):
        system = _curvature(data, line)
        if not np.linalg.cond(system) < 1e14:  # noqa: PLR2004  (rounding)
            return None
        ahead = np.linalg.solve(system, missed)
        for _ in range(MAX_NEWTON):
            left = _sums(data, line - ahead) - sums
            if left @ np.linalg.solve(system, left) <= missed @ np.linalg.solve(system, missed):
                break
            ahead = ahead / 2
        line, missed = line - ahead, left
        if math.hypot(ahead[0], ahead[1] * float(np.abs(data.x).max())) < CONVERGED:
            return line
    return None


def _sums(data: Points, line: Floats) -> Floats:
    r = data.weights * expit(line[0] + line[1] * data.x)
    return np.array([r.sum(), r @ data.x])


def _curvature(data: Points, line: Floats) -> Floats:
    """Derivatives of the two sums by intercept and slope."""
    odds = line[0] + line[1] * data.x
    lost = data.weights * expit(odds) * expit(-odds)
    m0, m1, m2 = (float(lost @ data.x**k) for k in range(3))
    return np.array([[m0, m1], [m1, m2]])
