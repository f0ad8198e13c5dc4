"""Draws that somebody else made: read, judged, and refused where they can't be."""

import numpy as np
import pytest

import mixstudy as ms
from mixstudy.diagnosis.draw_files import read_draws


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
    assert "the draws are not what they should be" in wrong.sentence


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
