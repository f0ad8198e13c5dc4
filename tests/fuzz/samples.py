"""Data as people have them and as nobody has: ties, offsets, scales, outliers, near-constant, subnormal."""

import numpy as np
from hypothesis import strategies as st

SIZES = st.one_of(st.integers(4, 30), st.integers(4, 300))


@st.composite
def wild_data(draw):
    """Any finite array of 4 to 300 values."""
    if draw(st.integers(0, 3)) == 0:
        return np.array(draw(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=4, max_size=60)))
    with np.errstate(all="ignore"):
        x = draw(tame_data()) * 10.0 ** draw(st.integers(-320, 300))
        x = x + draw(st.sampled_from([0.0, 1.0, -1.0])) * 10.0 ** draw(st.integers(-10, 300))
    return x[np.isfinite(x)] if np.isfinite(x).sum() >= 4 else np.ones(4)


@st.composite
def tame_data(draw):
    """Arrays of ordinary scale: a mixture, perhaps rounded, with an outlier, of few distinct values or far apart."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, apart = draw(SIZES), draw(st.sampled_from([0.0, 1.0, 3.0, 6.0, 1e3, 1e8]))
    x = rng.normal(size=n) + apart * (rng.random(n) < draw(st.floats(0, 1)))
    kind = draw(st.sampled_from(["plain", "rounded", "outlier", "few", "integers", "uniform", "sorted", "heavy"]))
    if kind == "rounded":
        x = np.round(x, draw(st.integers(0, 3)))
    elif kind == "outlier":
        x[draw(st.integers(0, n - 1))] = draw(st.sampled_from([1e2, 1e6, 1e12, -1e15]))
    elif kind == "few":
        x = rng.choice(rng.normal(size=draw(st.integers(2, 5))), n)
    elif kind == "integers":
        x = rng.integers(0, draw(st.integers(2, 100)), n).astype(float)
    elif kind == "uniform":
        x = rng.random(n)
    elif kind == "sorted":
        x = np.arange(n, dtype=float)
    elif kind == "heavy":
        x = rng.standard_cauchy(n)
    return x
