"""The command ``check`` as a person meets it: exit codes, what it says, what it writes, clear errors."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from oracles import PRINTED, heights
from typer.testing import CliRunner

import mixstudy as ms
from mixstudy.cli.app import app
from mixstudy.faults.reproduce import reproduce_data


def run(*arguments):
    """Run the command in this process; its code, and what it said in one line."""
    result = CliRunner().invoke(app, ["check", *map(str, arguments)])
    return result.exit_code, " ".join(result.output.split())


def written(path, x):
    """A CSV file of one column."""
    pd.DataFrame({"x": x}).to_csv(path, index=False)
    return path


@pytest.fixture
def right(tmp_path):
    """A file of a thousand observations, and EM's estimate on them to six figures."""
    x = ms.simulate(ms.ORIGIN, n=1000, seed=0)
    return written(tmp_path / "x.csv", x), ",".join(f"{value:.6g}" for value in ms.fit_em(x).parameters)


def test_the_origin_end_to_end(tmp_path):
    """Heights as data and the printed trace: exit code 1, both mistakes named with their lines."""
    (tmp_path / "trace.txt").write_text("\n".join(map(str, PRINTED)))
    code, said = run(written(tmp_path / "h.csv", heights(4)), "--trace", tmp_path / "trace.txt", "--no-mcmc")
    assert code == 1
    assert "1. Heights used as data" in said
    assert "2. Sigma from one component" in said
    assert "s^2 = sum r (x - mu1)^2 / sum r" in said


def test_a_mistake_outside_the_catalogue_is_shown_step_by_step(tmp_path):
    """A constant added to every sigma^2: no name, but each printed sigma stands beside the right one, and the sum."""
    x, (weight, mu1, mu2, sigma) = ms.simulate(ms.ORIGIN, n=1000, seed=0), (0.5, 4.0, 14.0, 3.0)
    rows = [(weight, mu1, mu2, sigma)]
    for _ in range(6):
        r = ms.responsibilities(x, ms.Parameters(weight, mu1, mu2, sigma))
        weight, mu1, mu2 = r.mean(), r @ x / r.sum(), (1 - r) @ x / (1 - r).sum()
        sigma = np.sqrt((r @ (x - mu1) ** 2 + (1 - r) @ (x - mu2) ** 2) / x.size + 0.1)
        rows.append((weight, mu1, mu2, sigma))
    (tmp_path / "trace.txt").write_text("\n".join(",".join(f"{value:.8g}" for value in row) for row in rows))
    code, said = run(written(tmp_path / "x.csv", x), "--trace", tmp_path / "trace.txt", "--no-mcmc")
    assert code == 1
    assert f"{rows[1][3]:.6g} for {np.sqrt(rows[1][3] ** 2 - 0.1):.6g}" in said
    assert "sigma is not" in said
    assert "0.1" in said.partition("sigma is not")[2][:120]


def test_the_answers_sample_end_to_end(tmp_path):
    """A right EM on the randn sampler's data, with the truth: exit code 1, the sampler named."""
    x = reproduce_data("the randn sampler", ms.ORIGIN, n=10_000, seed=3)
    numbers = ",".join(f"{value:.6g}" for value in ms.fit_em(x).parameters)
    path = written(tmp_path / "x.csv", x)
    code, said = run(path, "--estimate", numbers, "--truth", "0.3,5,15,2", "--no-mcmc", "--quiet")
    assert code == 1
    assert said.endswith("The likely mistake: the randn sampler.")


def test_right_numbers_agree(right):
    """EM's own numbers, as printed, are right."""
    code, said = run(right[0], "--estimate", right[1], "--no-mcmc")
    assert code == 0
    assert said.startswith("x.csv, column x, n = 1000 Agree: the estimate is the maximum of the likelihood")


def test_old_faithful_with_the_posterior(tmp_path, faithful):
    """Published numbers agree with the posterior too, and check.json holds what was said, whole, beside the report."""
    path = written(tmp_path / "waiting.csv", faithful.points)
    code, said = run(path, "--estimate", "0.3609,54.61,80.09,5.869", "--out", tmp_path / "out")
    assert code == 0
    assert "The posterior says the same." in said
    assert {each.name for each in (tmp_path / "out").iterdir()} == {"check.json", "report.html"}
    content = json.loads((tmp_path / "out" / "check.json").read_text())
    assert content["verdict"] == "agree"
    assert list(content["parameters"]) == list(ms.LABELS)
    assert content["provenance"]["program"] == "mixstudy"


def test_one_normal_is_exit_code_3(tmp_path):
    """Where two components are not established the answer is inconclusive."""
    x = np.random.default_rng(3).normal(size=200)
    numbers = ",".join(f"{value:.12g}" for value in ms.fit_em(x).parameters)
    assert run(written(tmp_path / "x.csv", x), "--estimate", numbers, "--no-mcmc")[0] == 3


def test_swapped_means_are_said(right):
    """Labels are put in order, which is said, and the answer goes on."""
    path, numbers = right
    weight, mu1, mu2, sigma = numbers.split(",")
    code, said = run(path, "--estimate", f"{1 - float(weight):.6f},{mu2},{mu1},{sigma}", "--no-mcmc")
    assert code == 0
    assert "labels exchanged" in said


def test_formats_and_title(right, tmp_path):
    """The report is written in the formats that were asked for, under the title that was given."""
    out = tmp_path / "out"
    code, said = run(right[0], "--estimate", right[1], "--no-mcmc", "--out", out, "--format", "md,tex", "--title", "T")
    assert code == 0
    assert "report.md" in said.replace(" ", "")
    figures = {"figures/surface.svg", "figures/surface.pdf"}
    found = {str(each.relative_to(out)) for each in out.rglob("*") if each.is_file()}
    assert found == {"check.json", "report.md", "report.tex", "estimates.tex"} | figures
    assert (out / "report.md").read_text().startswith("# T\n")


def test_a_log_likelihood_that_falls(right, tmp_path):
    """A printed column of log-likelihoods is read: EM's never falls, so where it does is said."""
    rows = ms.fit_em_plain(pd.read_csv(right[0])["x"], start=[0.5, 4, 14, 3], iterations=9).iterates.copy()
    rows[6, 4] = rows[5, 4] - 1
    table = pd.DataFrame(rows, columns=[*ms.LABELS, "log_likelihood"])
    table.to_csv(tmp_path / "trace.csv", index=False)
    said = run(right[0], "--trace", tmp_path / "trace.csv", "--no-mcmc")[1]
    assert "The printed log-likelihood falls in step 6" in said


def test_an_empty_component_is_judged(right):
    """A weight that has run to 1 is no usage error: what it means is said, with exit code 1."""
    code, said = run(right[0], "--estimate", "1.0000,12.206,15.2,4.8715", "--no-mcmc")
    assert code == 1
    assert "A component is empty, as the weight is 1" in said


def test_an_unwritable_result_leaves_nothing(right, tmp_path, monkeypatch):
    """Where the files can't be moved into place no part of them stays behind."""
    monkeypatch.setattr("mixstudy.report.folder.exchange", lambda *_: False)  # as on a file system that can't
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    code, said = run(right[0], "--estimate", right[1], "--no-mcmc", "--out", tmp_path / "out")
    assert code == 2
    assert "disk full" in said
    assert not (tmp_path / "out").exists()


def test_draws_of_somebody_elses_chains(right, tmp_path):
    """Chains that rest in different places are a disagreement, named, with no estimate given."""
    apart = np.repeat([0.0, 5.0], 50)[:, None]
    draws = np.random.default_rng(0).normal([0.3, 5, 15, 2], 0.02, (100, 4)) + apart * [0, 1, 0, 0]
    table = pd.DataFrame(draws, columns=list(ms.LABELS)).assign(chain=np.repeat([0, 1], 50))
    table.to_csv(tmp_path / "draws.csv", index=False)
    code, said = run(right[0], "--draws", tmp_path / "draws.csv", "--no-mcmc")
    assert code == 1
    assert "Disagree: the draws are not those of the posterior" in said
    assert "off by (s.e.)" not in said
    assert "1. Chains in different modes" in said


def test_files_of_chains_by_a_pattern(right, tmp_path):
    """A pattern stands for its files, a chain in each, as the same files named one by one."""
    draws = np.random.default_rng(0).normal([0.3, 5, 15, 2], 0.02, (2, 50, 4))
    for number, chain in enumerate(draws):
        pd.DataFrame(chain, columns=list(ms.LABELS)).to_csv(tmp_path / f"chain_{number}.csv", index=False)
    each = [part for number in (0, 1) for part in ("--draws", tmp_path / f"chain_{number}.csv")]
    found = [run(right[0], *given, "--no-mcmc") for given in (["--draws", tmp_path / "chain_*.csv"], each)]
    assert found[0] == found[1]
    assert found[0][0] == 1


@pytest.mark.usefixtures("right")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give --estimate, --trace or --draws"),
        (["--estimate", "5,15,2,.3"], "weight must lie between 0 and 1, got 5; the order is weight,mu1"),
        (["--estimate", ".3,5,15,-2"], "sigma must be above 0, got -2"),
        (["--estimate", ".3,5,15"], "four finite numbers weight,mu1,mu2,sigma, got .3,5,15"),
        (["--estimate", ".3,5,15,x"], "four finite numbers"),
        (["--estimate", ""], "four finite numbers"),
        (["--estimate", ".3,5,15,2", "--start", "1,5,15,2"], "the start's weight"),
        (["--estimate", ".3,5,15,2", "--truth", "1,2"], "--truth takes four numbers"),
        (["--estimate", ".3,5,15,2", "--level", "1.5"], "level must lie between 0.5 and 0.999999999"),
        (["--estimate", ".3,5,15,2", "--column", "y"], "no column 'y'"),
        (["--estimate", ".3,5,15,2", "--out", "x.csv"], "--out is a folder to write to; x.csv is a file"),
        (["--estimate", ".3,5,15,2", "--out", "."], "holds 'x.csv', which mixstudy did not write"),
        (["--estimate", ".3,5,15,2", "--out", "o", "--format", "pdf"], "the format must be among html, md, tex"),
        (["--estimate", ".3,5,15,2", "--format", "md"], "are of the report: name its folder by --out"),
        (["--estimate", ".3,5,15,2", "--title", "T"], "are of the report: name its folder by --out"),
        (["--estimate", ".3,5,15,2", "--prior", "sigma=2"], "--prior is of a posterior"),
        (["--trace", "x.csv"], "row 2 has 1 columns, expected 4"),
        (["--trace", "none.txt"], "none.txt"),
        (["--draws", "none.csv"], "none.csv: no draws can be read"),
        (["--draws", "x.csv"], "there is no variable weight"),
    ],
)
def test_bad_input_is_exit_code_2(monkeypatch, tmp_path, arguments, message):
    """Bad input is one clear sentence, and no file."""
    monkeypatch.chdir(tmp_path)
    code, said = run("x.csv", "--no-mcmc", *arguments)
    assert code == 2
    assert message in said
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_without_a_report_nothing_that_draws_is_loaded(right):
    """An answer without the posterior and without a report loads neither matplotlib, ArviZ nor SciPy's statistics."""
    code = f"""import sys
from typer.testing import CliRunner
from mixstudy.cli.app import app
CliRunner().invoke(app, ["check", {str(right[0])!r}, "--estimate", "{right[1]}", "--no-mcmc"])
assert "mixstudy.diagnosis.check" in sys.modules
assert not {{"matplotlib", "arviz", "pymc", "scipy.stats"}} & set(sys.modules)"""
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603


def test_draws_are_held_against_the_prior_that_is_theirs(tmp_path):
    """Draws under a prior that is felt are right under that prior, and wrong under another."""
    sample = ms.as_sample(ms.simulate(ms.ORIGIN, n=500, seed=0))
    prior = ms.Prior(centre=sample.mean, scale=sample.sd, weight=(200.0, 300.0))
    posterior = ms.sample_posterior(sample, prior=prior, seed=0)
    written(tmp_path / "x.csv", sample.points)
    posterior.data.to_netcdf(tmp_path / "draws.nc", engine="h5netcdf")
    given = [tmp_path / "x.csv", "--draws", tmp_path / "draws.nc", "--no-mcmc"]
    code, said = run(*given, "--prior", "weight=200:300")
    assert code == 0
    assert "under the given prior: no more than both errors explain" in said
    assert run(*given, "--prior", "weight=300:200")[0] == 1


def test_variables_of_draws_are_mapped(tmp_path):
    """--map says what a variable is called where its name doesn't; a wrong one lists those that there are."""
    x = ms.simulate(ms.ORIGIN, n=500, seed=0)
    pd.DataFrame({"x": x}).to_csv(tmp_path / "x.csv", index=False)
    posterior = ms.sample_posterior(x, seed=0)
    draws = pd.DataFrame(posterior.draws, columns=["alpha", "beta", "delta", "gamma"])
    draws.assign(chain=np.repeat(np.arange(4), len(draws) // 4)).to_csv(tmp_path / "draws.csv", index=False)
    given = [tmp_path / "x.csv", "--draws", tmp_path / "draws.csv", "--no-mcmc"]
    names = ["weight=alpha", "mu1=beta", "mu2=delta", "sigma=gamma"]
    assert run(*given, *(word for name in names for word in ("--map", name)))[0] == 0
    code, said = run(*given, "--map", "weight=omega")
    assert code == 2
    assert "no variable 'omega' to map; found alpha, beta, delta, gamma" in said
