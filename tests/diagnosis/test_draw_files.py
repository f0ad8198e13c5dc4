"""Draws that somebody else made: read, judged, and refused where they can't be."""

import gzip
import lzma

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xarray as xr
import zarr

import mixstudy as ms
from mixstudy.diagnosis.draw_files import find_draws, read_draws

DRAWS = np.random.default_rng(0).normal([0.3, 5, 15, 2], [0.01, 0.1, 0.1, 0.05], (2, 40, 4))
"""Two chains of forty draws, in the order of the labels."""
STAN_NAMES = "lp__,accept_stat__,stepsize__,treedepth__,n_leapfrog__,divergent__,energy__,theta,mu.1,mu.2,sigma"


@pytest.fixture
def table(origin_posterior):
    """The origin's posterior as a table with a row for each draw."""
    return origin_posterior.data["posterior"].to_dataset().to_dataframe().reset_index()


def test_netcdf_and_csv_hold_the_same_draws(origin_posterior, table, tmp_path):
    """What ArviZ writes and what a table holds are read alike, in the order of the labels."""
    origin_posterior.data.to_netcdf(tmp_path / "posterior.nc", engine="h5netcdf")
    table.to_csv(tmp_path / "draws.csv", index=False)
    expected = origin_posterior.draws.reshape(4, -1, 4)
    np.testing.assert_array_equal(read_draws(tmp_path / "posterior.nc"), expected)
    np.testing.assert_array_equal(read_draws(tmp_path / "draws.csv"), expected)


def test_one_chain_needs_no_column_for_it(table, tmp_path):
    """Without a column for the chain all rows are one."""
    table[["sigma", "mu2", "mu1", "weight"]].to_csv(tmp_path / "draws.csv", index=False)
    assert read_draws(tmp_path / "draws.csv").shape == (1, len(table), 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="sigma"), "there is no variable sigma"),
        (lambda t: t.assign(mu1=t["mu1"].where(t.index != 5)), "draw 6 of chain 1 has no finite number for mu1"),
        (
            lambda t: t.iloc[:-1],
            "chains of one length, 8 draws or more, are needed; found chains of 1000, 1000, 1000, 999",
        ),
        (lambda t: t.iloc[:0], "found chains of none"),
    ],
)
def test_unusable_draws_are_refused(table, tmp_path, change, message):
    """The message says what is wrong and where."""
    change(table).to_csv(tmp_path / "draws.csv", index=False)
    with pytest.raises(ms.DataError, match=message):
        read_draws(tmp_path / "draws.csv")


@pytest.mark.parametrize("name", ["draws.nc", "draws.csv"])
def test_what_is_no_table_of_draws_is_refused(tmp_path, name):
    """A missing file and one of another kind are refused by name."""
    with pytest.raises(ms.DataError, match=f"{name}: no draws can be read"):
        read_draws(tmp_path / name)
    (tmp_path / name).write_bytes(b"\x00\xff\x00")
    with pytest.raises(ms.DataError, match=f"{name}: no draws can be read|{name}: there is no variable"):
        read_draws(tmp_path / name)


def test_exchanged_labels_are_named(origin_sample, origin_posterior):
    """Draws half of which have their labels exchanged are a disagreement whose mistake is named; right ones agree."""
    draws = origin_posterior.draws.reshape(4, -1, 4).copy()
    right = ms.check_estimate(None, origin_sample, draws=draws)
    draws[:2] = draws[:2][..., [0, 2, 1, 3]]
    draws[:2, :, 0] = 1 - draws[:2, :, 0]
    wrong = ms.check_estimate(None, origin_sample, draws=draws)
    assert right.verdict is ms.Verdict.AGREE
    assert wrong.verdict is ms.Verdict.DISAGREE
    assert [each.fault.name for each in wrong.told] == ["unordered means"]
    assert "the draws are not those of the posterior" in wrong.sentence


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda d: d, "pass"),
        (lambda d: d + np.array([0, 1, 0, 0]), "fail"),
        (lambda d: d ** np.array([1, 1, 1, 2]), "fail"),
        (lambda d: d.mean(axis=(0, 1)) + 3 * (d - d.mean(axis=(0, 1))), "fail"),
    ],
    ids=["right", "a mean moved", "variance for sigma", "three times too wide"],
)
def test_draws_of_another_posterior_are_not_approved(origin_sample, origin_posterior, change, status):
    """Draws that bear no pattern of a mistake are held against what the likelihood expects of them."""
    draws = change(origin_posterior.draws.reshape(4, -1, 4))
    found = ms.check_estimate(None, origin_sample, draws=draws)
    assert next(check.status.value for check in found.checks if check.name == "draws") == status
    assert found.verdict is (ms.Verdict.AGREE if status == "pass" else ms.Verdict.DISAGREE)


def frame(chain=slice(None), **columns):
    """Columns of draws under the names that a tool gives them, chains below each other."""
    w, a, b, s = DRAWS[chain].reshape(-1, 4).T
    known = {"w": w, "v": 1 - w, "a": a, "b": b, "s": s}
    return pd.DataFrame({name: known[key] for name, key in columns.items()})


def test_vectors_of_pymc(tmp_path):
    """Vectors with dimensions of their own are taken apart, and what observations have is no parameter."""
    w, a, b, s = np.moveaxis(DRAWS, -1, 0)
    variables = {
        "w": (("chain", "draw", "component"), np.stack([w, 1 - w], axis=-1)),
        "mu": (("chain", "draw", "mu_dim_0"), np.stack([a, b], axis=-1)),
        "sigma": (("chain", "draw"), s),
        "z": (("chain", "draw", "obs"), np.zeros((*w.shape, 99))),
    }
    xr.Dataset(variables).to_netcdf(tmp_path / "trace.nc", group="posterior", engine="h5netcdf")
    np.testing.assert_array_equal(read_draws(tmp_path / "trace.nc"), DRAWS)


def test_a_file_of_cmdstan_is_a_chain(tmp_path):
    """CmdStan writes a file for each chain, with remarks above, in the midst and below."""
    for chain, draws in enumerate(DRAWS):
        rows = [",".join(["-9.5", "0.9", "0.8", "3", "7", "0", "11", *map(repr, row)]) for row in draws.tolist()]
        lines = ["# stan_version_major = 2", "#   id = 1", STAN_NAMES, "# Adaptation terminated", "# Step size = 0.8"]
        text = "\n".join([*lines, *rows, "# ", "#  Elapsed Time: 0.01 seconds (Warm-up)", ""])
        (tmp_path / f"output_{chain + 1}.csv").write_text(text)
    np.testing.assert_array_equal(read_draws(sorted(tmp_path.glob("*.csv"))), DRAWS)


def test_coda(tmp_path):
    """JAGS' files have all draws of a variable below each other; an index says whose they are."""
    names = ["mu[1]", "mu[2]", "pi[1]", "pi[2]", "sigma"]
    for chain in range(2):
        table = frame(slice(chain, chain + 1), **dict(zip(names, "abwvs", strict=True)))
        rows = [f"{1001 + k} {value!r}" for name in names for k, value in enumerate(table[name].tolist())]
        (tmp_path / f"CODAchain{chain + 1}.txt").write_text("\n".join(rows) + "\n")
    index = "".join(f"{name} {40 * k + 1} {40 * (k + 1)}\n" for k, name in enumerate(names))
    (tmp_path / "CODAindex.txt").write_text(index)
    np.testing.assert_array_equal(read_draws([tmp_path / f"CODAchain{k}.txt" for k in (1, 2)]), DRAWS)


@pytest.mark.parametrize(
    "table",
    [
        frame(b_mu1_Intercept="a", b_mu2_Intercept="b", sigma1="s", sigma2="s", theta1="w", theta2="v"),
        frame(**{"mu[1]": "a", "mu[2]": "b", "theta[1]": "w", "theta[2]": "v", "sigma": "s", "lp__": "v"}),
        frame(**{"mu[0]": "a", "mu[1]": "b", "w[0]": "w", "w[1]": "v", "sigma": "s"}),
        frame(sd="s", prob="w", mean1="a", mean2="b"),
        frame(**{"\u03c0": "w", "\u03bc\u2081": "a", "\u03bc\u2082": "b", "\u03c3": "s"}),
    ],
    ids=["brms", "posterior", "ArviZ", "words", "Greek"],
)
@pytest.mark.parametrize("chain", ["chain", ".chain", "CHAIN"])
def test_names_of_every_tool(tmp_path, table, chain):
    """The parameters are found under the names of brms, posterior, coda, ArviZ and of people, whatever the order."""
    counted = {chain: np.repeat([1, 2], 40), ".iteration": np.tile(np.arange(40), 2), ".draw": np.arange(80)}
    table.assign(**counted).to_csv(tmp_path / "draws.csv", index=False)
    np.testing.assert_array_equal(read_draws(tmp_path / "draws.csv"), DRAWS)


def test_a_table_with_decimal_commas(tmp_path):
    """A table as Excel writes it in Europe, with the numbers of its rows."""
    table = frame(weight="w", mu1="a", mu2="b", sigma="s").assign(chain=np.repeat([1, 2], 40))
    table.to_csv(tmp_path / "draws.csv", sep=";", decimal=",")
    np.testing.assert_array_equal(read_draws(tmp_path / "draws.csv"), DRAWS)


def test_names_that_say_nothing_are_told_by_shape_or_mapped(tmp_path):
    """By shape with a note where that is clear; else the message asks, and the answer settles it."""
    frame(alpha="w", **{"beta[1]": "a", "beta[2]": "b"}, gamma="s").to_csv(tmp_path / "shape.csv", index=False)
    found = find_draws(tmp_path / "shape.csv")
    np.testing.assert_array_equal(found.values, DRAWS.reshape(1, -1, 4))
    assert "alpha was taken for the weight by its shape." in found.notes
    frame(alpha="w", beta="a", delta="b", gamma="s").to_csv(tmp_path / "asked.csv", index=False)
    with pytest.raises(ms.DataError, match=r"no variable mu1 .*found alpha, beta, delta, gamma; say which by --map"):
        read_draws(tmp_path / "asked.csv")
    names = {"weight": "alpha", "mu1": "beta", "mu2": "delta", "sigma": "gamma"}
    np.testing.assert_array_equal(read_draws(tmp_path / "asked.csv", names=names)[0], DRAWS.reshape(-1, 4))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"w1": "w", "w2": "w", "mu1": "a", "mu2": "b", "sigma": "s"}, "w1 and w2 do not add up to 1"),
        ({"w": "w", "mu1": "a", "mu2": "b", "sigma1": "s", "sigma2": "w"}, "sigma1 and sigma2 differ"),
        ({"pi2": "w", "mu1": "a", "mu2": "b", "sigma": "s"}, "pi2 is the weight of mu2; say so by --map"),
    ],
)
def test_draws_of_another_model_are_refused(tmp_path, columns, message):
    """What can't be the four parameters, or belongs to the other component, is said."""
    frame(**columns).to_csv(tmp_path / "draws.csv", index=False)
    with pytest.raises(ms.DataError, match=message):
        read_draws(tmp_path / "draws.csv")


@pytest.mark.parametrize("ending", ["", ".gz", ".bz2", ".xz", ".zst"])
def test_packed_tables(tmp_path, table, ending):
    """A table that gzip, bzip2, xz or zstd packed holds the same draws."""
    path = tmp_path / f"draws.csv{ending}"
    text = table.to_csv(index=False).encode()
    path.write_bytes(lzma.compress(text) if ending == ".xz" else text)
    if ending not in ("", ".xz"):
        with pa.output_stream(str(path)) as file:
            file.write(text)
    assert read_draws(path).shape == (4, 1000, 4)


def huge_netcdf(path):
    """Four variables of a billion draws, of which nothing is stored."""
    with h5py.File(path, "w") as file:
        for name in ("draw", "weight", "mu1", "mu2", "sigma"):
            file.create_dataset(f"posterior/{name}", shape=(10**9,), dtype="f8", chunks=(1024,))


def huge_zarr(path):
    """The same as a folder."""
    for name in ("draw", "weight"):
        zarr.open_group(path, mode="a").create_array(f"posterior/{name}", shape=(10**9,), dtype="f8", chunks=(1024,))


def huge_parquet(path):
    """Twenty-two million equal rows in a few kilobytes."""
    some = pa.table({"weight": np.full(2**21, 0.3)})
    with pq.ParquetWriter(path, some.schema) as writer:
        for _ in range(11):
            writer.write_table(some)


def huge_table(path):
    """Columns of which the rows that are read would be too many numbers."""
    path.write_bytes(gzip.compress(b"a" + b",a" * 9_999_999 + b"\n"))


@pytest.mark.parametrize("make", [huge_netcdf, huge_zarr, huge_parquet, huge_table])
def test_a_small_file_that_holds_too_much_is_refused(tmp_path, make):
    """It is refused before its numbers take memory, with what to do."""
    make(path := tmp_path / "draws.csv.gz")
    with pytest.raises(ms.DataError, match=r"more than 20000000 numbers; give the four|first line longer than"):
        read_draws(path)
