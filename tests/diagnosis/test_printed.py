"""What is accepted is what was printed: traces in the ways of NumPy, pandas, R, MATLAB, Julia and of people."""

# ruff: noqa: E501  (printings stand as they are printed)
from __future__ import annotations

import json
import random

import numpy as np
import pandas as pd
import pytest

import mixstudy as ms
from mixstudy.diagnosis.printed import parse_estimate, parse_trace
from mixstudy.diagnosis.tokens import PrintedError

ROWS = np.array([[0.5, 9, 16, 2], [0.4127, 10.329, 14.6854, 1.5053], [0.3941, -10.1973, 14.6371, 1.4694], [0.3824, 1e-5, 14.604, 1.4514]])  # fmt: skip
LEVELS = [-1151.2, -1150.5, -1150.33, -1150.25]
FRAME = pd.DataFrame(ROWS, columns=["weight", "mu1", "mu2", "sigma"])
TEMPLATES = [
    "{w} {a} {b} {s}",
    "{w},{a},{b},{s}",
    "{w}; {a}; {b}; {s}",
    "{w}\t{a}\t{b}\t{s}",
    "[{w}, {a}, {b}, {s}]",
    "({w}, {a}, {b}, {s})",
    "{{{w}, {a}, {b}, {s}}}",
    "{w} [{a} {b}] {s}",
    "({w}, [{a}, {b}], {s})",
    "[{w}, {a},\n {b}, {s}]",
    "array([{w}, {a}, {b}, {s}])",
    "np.array([{w}, {a}, {b}, {s}], dtype=float32)",
    "Array([{w}, {a}, {b}, {s}], dtype=float64)",
    "tensor([{w}, {a}, {b}, {s}], dtype=torch.float64)",
    "c({w}, {a}, {b}, {s})",
    "(np.float64({w}), np.float64({a}), np.float64({b}), np.float64({s}))",
    "np.float64({w}) np.float64({a}) np.float64({b}) np.float64({s})",
    "[1] {w} {a} {b} {s}",
    "[1] {w} {a}\n[3] {b} {s}",
    "[{k1},] {w} {a} {b} {s}",
    "{k} {w} {a} {b} {s}",
    "{k1}: {w} {a} {b} {s}",
    "{k1}) {w}, {a}, {b}, {s}",
    "{k10} {w} {a} {b} {s}",
    "iter {k1}: {w} {a} {b} {s}",
    "Iteration {k}: [{w}, {a}, {b}, {s}]",
    "Iteration {k1} | {w} | {a} | {b} | {s}",
    "{k} {w} {a} {b} {s} {l}",
    "{w} {a} {b} {s} {l}",
    "{k}: {w} {a} {b} {s}  loglik = {l}",
    "iter {k1}: pi={w}, mu=[{a} {b}], sigma={s}",
    "Iteration {k1}: pi = {w}, mu1 = {a}, mu2 = {b}, sigma = {s}, logL = {l}",
    "w={w} mu1={a} mu2={b} sigma={s}",
    "step {k}; weight: {w}; mean1: {a}; mean2: {b}; sd: {s}; log likelihood: {l}",
    "mu1={a}, mu2={b}, sd={s}, w={w}",
    "sigma {s} mu {a} {b} weight {w}",
    "weight: {w}\nmu1: {a}\nmu2: {b}\nsigma: {s}\n",
    "$pi\n[1] {w}\n\n$mu\n[1] {a} {b}\n\n$sigma\n[1] {s}\n",
    "Parameters(weight={w}, mu1={a}, mu2={b}, sigma={s})",
    "π={w} μ=({a}, {b}) σ={s}",
    "π₁ = {w}, μ₁ = {a}, μ₂ = {b}, σ = {s}",
    "mu[0]={a} mu[1]={b} w[0]={w} sigma={s}",
    "{{'w': {w}, 'mu1': {a}, 'mu2': {b}, 'sigma': {s}}}",
    "{{'w': [{w}, {v}], 'mu': [{a}, {b}], 'sigma': {s}}}",
    "{{'w': np.float64({w}), 'mu': array([{a}, {b}]), 'sigma': np.float64({s})}}",
    '{{"weight": {w}, "means": [{a}, {b}], "sigma": {s}, "log_likelihood": {l}}}',
    "weights_ = [{w} {v}], means_ = [[{a}]\n [{b}]], sigma_ = {s}",
    "lambda1 = {w}, lambda2 = {v}, mu1 = {a}, mu2 = {b}, sigma1 = {s}, sigma2 = {s}",
    "{w} {v} {a} {b} {s}",
    "{w} {v} {a} {b} {s} {s}",
    "{k} {w} {v} {a} {b} {s} {s} {l}",
    "\x1b[32mw={w}\x1b[0m mu1={a} mu2={b} sigma={s}",
    "[{k}] weight={w} mu=[{a}, {b}] sigma={s}",
    "n_iter={k} weight={w} mu=[{a}, {b}] sigma={s} change=0.125",
    "EM {k}: p={w} m1={a} m2={b} s={s} time=0.01",
]
TABLES = [
    FRAME.to_string(),
    FRAME.to_csv(),
    FRAME.to_csv(index=False),
    FRAME.to_csv(sep=";", decimal=",", index=False),
    FRAME.to_csv(sep="\t", decimal=",", index_label="iteration"),
    FRAME.to_string(index=False),
    FRAME.assign(log_likelihood=LEVELS).to_csv(index_label="iteration"),
    FRAME[["sigma", "mu2", "weight", "mu1"]].to_string(),
    FRAME.rename(columns={"weight": "lambda"}).rename(index=lambda k: k + 1).to_string(),
    FRAME.set_axis(["theta", "mu[1]", "mu[2]", "sigma"], axis=1).to_string(),
    FRAME.set_axis(["pi_1", "mu_1", "mu_2", "sd"], axis=1).to_csv(),
    FRAME.assign(sigma1=FRAME.sigma, pi2=1 - FRAME.weight).rename(columns={"weight": "pi1", "sigma": "sigma2"}).to_csv(),
    FRAME.to_json(orient="records"),
    FRAME.to_json(orient="records", lines=True),
    json.dumps(ROWS.tolist()),
    json.dumps(ROWS.tolist(), indent=2),
    str(ROWS),
    repr(ROWS),
    str(ROWS.tolist()),
    np.array2string(ROWS, separator=", "),
    np.array2string(ROWS, max_line_width=30),
    "| iter | w | mu1 | mu2 | sigma |\n|---|:-:|---|---|---|\n"
    + "".join(f"| {k} | {w} | {a} | {b} | {s} |\n" for k, (w, a, b, s) in enumerate(ROWS.tolist())),
    "shape: (4, 4)\n┌────┬────┬────┬────┐\n│ w  ┆ mu1 ┆ mu2 ┆ sigma │\n│ --- ┆ --- ┆ --- ┆ --- │\n│ f64 ┆ f64 ┆ f64 ┆ f64 │\n╞═╪═╪═╡\n"
    + "".join(f"│ {w} ┆ {a} ┆ {b} ┆ {s} │\n" for w, a, b, s in ROWS.tolist()),
    "# A tibble: 4 × 4\n  weight   mu1   mu2 sigma\n   <dbl> <dbl> <dbl> <dbl>\n"
    + "".join(f"{k} {w} {a} {b} {s}\n" for k, (w, a, b, s) in enumerate(ROWS.tolist(), 1)),
    "      [,1] [,2] [,3] [,4]\n" + "".join(f"[{k},] {w} {a} {b} {s}\n" for k, (w, a, b, s) in enumerate(ROWS.tolist(), 1)),
    "4×4 Matrix{Float64}:\n" + "".join(f" {w}  {a}  {b}  {s}\n" for w, a, b, s in ROWS.tolist()),
    "# weight mu1 mu2 sigma\n" + "".join(f"{w:.18e} {a:.18e} {b:.18e} {s:.18e}\n" for w, a, b, s in ROWS),
    "# EM from .5,9,16,2\n" + "".join(f"{w} {a} {b} {s}\n" for w, a, b, s in ROWS.tolist()) + "converged in 4 iterations\n",
    "".join("     pi    mu1    mu2  sigma \n" + f"{w} {a} {b} {s}\n" for w, a, b, s in ROWS.tolist()),
]  # fmt: skip


def fill(template, rows, levels):
    """The template once for each row."""
    return "\n".join(
        template.format(w=w, v=round(1 - float(w), 9), a=a, b=b, s=s, l=level, k=k, k1=k + 1, k10=10 * k)
        for k, ((w, a, b, s), level) in enumerate(zip(rows, levels, strict=True))
    )


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("dtype", ["plain", "CRLF"])
def test_rows_of_every_kind(template, dtype):
    """A row in any of the ways that people print gives its four figures as they stand, and the log-likelihood."""
    rows = [[repr(value) for value in row] for row in ROWS.tolist()]
    text = fill(template, rows, LEVELS)
    found = parse_trace(text.replace("\n", "\r\n") if dtype == "CRLF" else text)
    assert [list(row) for row in found.rows] == rows
    assert found.log_likelihood == (tuple(map(str, LEVELS)) if "{l}" in template else None)


@pytest.mark.parametrize("text", TABLES, ids=range(len(TABLES)))
def test_tables_of_every_tool(text):
    """A table of pandas, NumPy, R, Polars, Julia or Markdown gives its rows."""
    found = np.array(parse_trace(text).rows, dtype=float)
    np.testing.assert_allclose(found, ROWS, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[0.5 9 16 2]\n ...\n [0.4 10 15 2]]", "row 2 stands for rows that were left out"),
        ("  1.0e+03 *\n 0.0005 0.009 0.016 0.002", "row 1 holds a common factor"),
        ("0.5 9 16 2 7\n0.4 10 15 2 8", "5 columns, expected 4"),
        ("w=0.5 mu1=9 mu2=16 sigma=2\nw=0.4 mu1=10 sigma=2", r"row 2 has 1 number\(s\) for the mean"),
        ("w=0.5 mu1=9 mu2=16 sigma1=2 sigma2=3", "two sigmas"),
        ("w=[0.5, 0.7] mu=[9, 16] sigma=2", "do not add up to 1"),
        ("pi1=0.4 mu0=9 mu1=16 sigma=2", "pi1 is the weight of mu1; print that of mu0"),
        (
            "w=50% mu1=9 mu2=16 sigma=2",
            r"0 number\(s\) for the weight|there are no iterations|'50%', which is no number",
        ),
        ("1.5, 9\n2.5, 10", "columns, expected 4"),
    ],
)
def test_what_could_be_misread_is_refused(text, message):
    """Abbreviated, incomplete and ambiguous rows are errors that say which."""
    with pytest.raises(PrintedError, match=message):
        parse_trace(text)


def test_a_square_is_noted():
    """A name that says variance or precision is handed on as a note; the figure is as printed."""
    found = parse_trace("w=0.5 mu1=9 mu2=16 sigma2=4\nw=0.4 mu1=10 mu2=15 sigma2=3.5")
    assert [row[3] for row in found.rows] == ["4", "3.5"]
    assert found.notes == ("Sigma was found under the name sigma2.",)


@pytest.mark.parametrize(
    "text",
    [".3,5,15,2", "[.3 5 15 2]", "(.3, 5, 15, 2)", ".3;5;15;2", "w=.3 mu1=5 mu2=15 sigma=2", ".3 5 15 2", "w=.3,mu=[5,15],s=2"],
)  # fmt: skip
def test_estimates(text):
    """An estimate is taken in brackets, with labels, and between any separators."""
    assert parse_estimate(text) == (".3", "5", "15", "2")


def test_decimal_commas_of_an_estimate():
    """Commas are decimal where semicolons or blanks part the numbers."""
    assert parse_estimate("0,3;5,0;15,1;2,0") == ("0.3", "5.0", "15.1", "2.0")


def damaged(text, chance):
    """Text with a few characters changed, left out or doubled."""
    letters = list(text)
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(letters))
        letters[place] = chance.choice(["", letters[place] * 2, " ", ",", "\n", "x", "[", "...", ";"])
    return "".join(letters)


@pytest.mark.parametrize("template", TEMPLATES)
def test_nothing_is_made_up(template):
    """Of damaged text every figure that is accepted stands in it, in the order of a row; anything else is refused."""
    chance = random.Random(template)  # noqa: S311
    rows = [[str(value) for value in row] for row in ROWS.tolist()]
    for _ in range(40):
        text = damaged(fill(template, rows, LEVELS), chance)
        try:
            found = parse_trace(text).rows
        except PrintedError:
            continue
        assert all(
            value.removeprefix("-").removesuffix(".0") in text.replace(",", ".") for row in found for value in row
        )


def test_random_numbers_come_back():
    """Whatever the figures, what is accepted is what was printed: random magnitudes in random templates."""
    chance = np.random.default_rng(0)
    for _ in range(300):
        scale = 10.0 ** chance.integers(-6, 7)
        rows = [[f"{w:.4f}", f"{a:.5g}", f"{b:.5g}", f"{s:.5g}"] for w, a, b, s in chance.uniform(0.01, 0.99, (3, 4)) * [1, scale, scale, scale]]  # fmt: skip
        template = TEMPLATES[chance.integers(len(TEMPLATES))]
        try:
            found = parse_trace(fill(template, rows, LEVELS[:3])).rows
        except PrintedError:
            pytest.fail(f"{template} of {rows} was refused")
        assert [list(row) for row in found] == rows


def test_the_iteration_column_and_the_file(tmp_path):
    """A file in UTF-16, as Windows writes it, is read; a device that never ends is not."""
    (tmp_path / "trace.txt").write_text("0.5 9 16 2\n0.4 10 15 2\n", "utf-16")
    assert ms.read_trace(tmp_path / "trace.txt") == [["0.5", "9", "16", "2"], ["0.4", "10", "15", "2"]]
    with pytest.raises(ms.DataError, match="more than 32 MB"):
        ms.read_trace("/dev/zero")
