"""The PyMC model is what the report says, and its draws are draws from it."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import arviz as az
import numpy as np
import pytest
import xarray as xr
from oracles import scipy_log_posterior
from scipy import stats
from scipy.special import logsumexp

import mixstudy as ms
from mixstudy.mcmc.samplers import Drawn
from mixstudy.model import LABELS

OWN = ms.Prior(centre=9.0, scale=3.0, means=10.0, sigma=0.5, weight=(2.0, 0.7))
"""A prior of somebody's own."""


@pytest.mark.parametrize("prior", [ms.Prior(centre=9.0, scale=3.0), OWN])
def test_log_posterior_equals_scipy(prior):
    """At random parameters PyMC's log posterior is SciPy's plus the Jacobians of its transforms."""
    rng = np.random.default_rng(3)
    points, weights = rng.normal(10, 4, 50), rng.uniform(0.5, 3, 50)
    logp = ms.build_model(points, weights, prior).compile_logp()
    for _ in range(20):
        weight, sigma = rng.random(), rng.uniform(0.5, 6)
        mu1, mu2 = np.sort(rng.normal(9, 6, 2))
        at = {
            "weight_logodds__": np.array(math.log(weight / (1 - weight))),
            "mu_ordered__": np.array([mu1, math.log(mu2 - mu1)]),
            "sigma_log__": np.array(math.log(sigma)),
        }
        jacobian = math.log(weight * (1 - weight)) + math.log(mu2 - mu1) + math.log(sigma)
        expected = scipy_log_posterior(points, weights, prior, (weight, mu1, mu2, sigma)) + jacobian
        assert float(logp(at)) == pytest.approx(expected, rel=1e-10)


def test_posterior_mean_equals_importance_sampling(faithful, faithful_posterior):
    """NUTS and an importance sampler written with SciPy agree on the posterior means, up to both Monte Carlo errors."""
    em = ms.fit_em(faithful)
    proposal = stats.multivariate_t([*em.parameters], 1.3 * em.covariance, df=8, seed=4)
    draws = proposal.rvs(20_000)
    valid = (draws[:, 0] > 0) & (draws[:, 0] < 1) & (draws[:, 3] > 0) & (draws[:, 1] < draws[:, 2])
    draws = draws[valid]
    prior = faithful_posterior.prior
    height = [scipy_log_posterior(faithful.points, faithful.weights, prior, theta) for theta in draws]
    log_ratio = np.array(height) - proposal.logpdf(draws)
    ratio = np.exp(log_ratio - logsumexp(log_ratio))
    mean = ratio @ draws
    error = np.sqrt(ratio**2 @ (draws - mean) ** 2)
    found = faithful_posterior.diagnostics
    z = (found["mean"].to_numpy() - mean) / np.hypot(error, found["mcse_mean"].to_numpy())
    assert np.abs(z).max() < stats.norm.ppf(1 - 0.001 / 8)


def test_pymc_sampler_gives_the_same_posterior(faithful, faithful_posterior):
    """PyMC's own NUTS and nutpie agree up to Monte Carlo error."""
    settings = ms.SamplerSettings(sampler="pymc", chains=2, seed=5)
    other = ms.sample_posterior(faithful, settings=settings)
    a, b = faithful_posterior.diagnostics, other.diagnostics
    z = (a["mean"] - b["mean"]) / np.hypot(a["mcse_mean"], b["mcse_mean"])
    assert other.passed
    assert z.abs().max() < stats.norm.ppf(1 - 0.001 / 8)


def test_posterior_survives_netcdf(faithful_posterior, tmp_path: Path):
    """The NetCDF file opens again in ArviZ and in xarray with every group and the same draws."""
    path = tmp_path / "posterior.nc"
    faithful_posterior.data.to_netcdf(path, engine="h5netcdf")
    for opened in (az.from_netcdf(path), xr.open_datatree(path, engine="h5netcdf")):
        assert set(opened.children) == {"posterior", "sample_stats", "prior", "observed_data"}
        for label in LABELS:
            np.testing.assert_array_equal(opened["posterior"][label], faithful_posterior.data["posterior"][label])
        opened.close()


def test_diagnostics_are_those_of_arviz(origin_posterior):
    """Every diagnostic is the number that ArviZ gives for the same tree."""
    data, table = origin_posterior.data, origin_posterior.diagnostics
    for name, expected in {
        "r_hat": az.rhat(data),
        "ess_bulk": az.ess(data, method="bulk"),
        "ess_tail": az.ess(data, method="tail", prob=(0.05, 0.95)),
        "mcse_mean": az.mcse(data, method="mean"),
        "mcse_sd": az.mcse(data, method="sd"),
    }.items():
        np.testing.assert_allclose(table[name], [float(expected[label]) for label in LABELS], rtol=1e-12)


def test_same_seed_same_draws(faithful, faithful_posterior):
    """The seed fixes every draw."""
    again = ms.sample_posterior(faithful, seed=1)
    for label in LABELS:
        np.testing.assert_array_equal(again.data["posterior"][label], faithful_posterior.data["posterior"][label])


def test_short_chains_are_reported(origin_sample):
    """Twenty draws a chain can't pass the diagnostics."""
    short = ms.sample_posterior(origin_sample, settings=ms.SamplerSettings(draws=20, tune=20))
    assert not short.passed


def test_the_prior_of_standardised_data_is_the_same_prior():
    """Between two parameters both log densities differ by as much as SciPy's in data units."""
    standard = OWN.standardised(centre=4.0, scale=2.0)
    theta = np.array([[0.2, 5.0, 13.0, 1.0], [0.6, 7.0, 8.0, 2.5]])
    expected = [scipy_log_posterior(np.zeros(1), np.zeros(1), OWN, each) for each in theta]
    shifted = (theta - [0, 4, 4, 0]) / [1, 2, 2, 2]
    for found in (OWN.log_density(theta), standard.log_density(shifted)):
        assert np.diff(found) == pytest.approx(np.diff(expected), rel=1e-12)


def test_the_score_is_the_slope_of_the_log_prior():
    """Central differences of SciPy's log density, and no slope of a uniform weight even at its ends."""
    theta, h = np.array([0.3, 5.0, 13.0, 2.0]), 1e-5
    heights = [
        [scipy_log_posterior(np.zeros(1), np.zeros(1), OWN, theta + sign * h * step) for sign in (1, -1)]
        for step in np.eye(4)
    ]
    np.testing.assert_allclose(OWN.score(theta), -np.diff(heights)[:, 0] / (2 * h), rtol=1e-6)
    assert ms.Prior(centre=0.0, scale=1.0).score([0.0, 1.0, 2.0, 1.0])[0] == 0


@pytest.mark.parametrize("once", [True, False])
def test_a_beta_of_ones_own_and_components_far_apart_give_a_beta(compiled, once):
    """Twenty sds apart nothing is hidden, so the weight's posterior is the conjugate Beta, compiled or not."""
    sample = ms.as_sample(ms.simulate(ms.Parameters(0.3, 0.0, 20.0, 1.0), n=40, seed=2))
    prior = ms.Prior(centre=sample.mean, scale=sample.sd, means=10.0, sigma=3.0, weight=(60.0, 50.0))
    found = ms.sample_posterior(sample, prior=prior, compiled=None if once else compiled)
    low = float((sample.points < 10) @ sample.weights)
    expected, row = stats.beta(60 + low, 50 + sample.n - low), found.diagnostics.loc["weight"]
    assert found.verified
    assert not found.integrated
    assert abs(row["mean"] - expected.mean()) < 4 * row["mcse_mean"]
    assert abs(row["sd"] - expected.std()) < 4 * row["mcse_sd"]


def test_prior_draws_follow_the_prior():
    """Drawn means are ordered pairs of normals, sigma is half-normal, the weight Beta's (Kolmogorov-Smirnov)."""
    prior = ms.Prior(centre=3.0, scale=4.0, means=1.25, sigma=0.5, weight=(2.0, 5.0))
    draws = prior.draw(4000, seed=0)
    means = np.concatenate([draws["mu1"], draws["mu2"]])
    assert (draws["mu1"] <= draws["mu2"]).all()
    assert stats.kstest(means, stats.norm(3, 5).cdf).pvalue > 0.001
    assert stats.kstest(draws["sigma"], stats.halfnorm(scale=2).cdf).pvalue > 0.001
    assert stats.kstest(draws["weight"], stats.beta(2, 5).cdf).pvalue > 0.001


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"chains": 1}, "chains must be at least 2, got 1"),
        ({"draws": 0}, "draws must be at least 4, got 0"),
        ({"tune": 0}, "tune must be at least 1, got 0"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"sampler": "gibbs"}, "sampler must be 'nutpie' or 'pymc', got 'gibbs'"),
    ],
)
def test_bad_settings(bad, message):
    """A setting out of its range is refused with its name, the rule and the value."""
    with pytest.raises(ValueError, match=message):
        ms.SamplerSettings(**bad)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"scale": 0.0}, "scale above 0"),
        ({"means": 0.0}, "means must lie from 0.001 to 1000, got 0.0"),
        ({"sigma": math.nan}, "sigma must lie from"),
        ({"weight": (1.0, -2.0)}, "weight must lie from 0.001 to 1000, got -2.0"),
        ({"weight": (1.0,)}, "two numbers of a Beta"),
    ],
)
def test_bad_prior(bad, message):
    """A prior whose scales or powers are not above 0, or out of all proportion, is refused."""
    with pytest.raises(ValueError, match=message):
        ms.Prior(**{"centre": 0.0, "scale": 1.0, **bad})


def test_draws_have_coordinates(origin_posterior):
    """Chains and draws are numbered, which ArviZ's plots of the raw posterior need."""
    posterior = origin_posterior.data["posterior"]
    assert posterior["chain"].to_numpy().tolist() == [0, 1, 2, 3]
    assert posterior["draw"].to_numpy().tolist() == list(range(origin_posterior.settings.draws))


@pytest.mark.parametrize("shape", [(4, 1000), (4, 0), (0, 0), (3, 1000)])
def test_partial_draws_are_an_interrupt(faithful, monkeypatch, shape):
    """Draws of which a chain is cut short, or that are not there at all, are an interrupt and are not reported."""
    short = np.full((*shape, 4), 0.5)
    short[1 : len(short) // 2, 900:] = np.nan  # how a chain that is shorter than others is filled up
    drawn = Drawn(short, xr.Dataset())
    monkeypatch.setattr("mixstudy.mcmc.posterior.draw_once", lambda *_, **__: drawn)
    with pytest.raises(KeyboardInterrupt):
        ms.sample_posterior(faithful)


def test_interrupt_stops_nutpie(faithful, monkeypatch):
    """Ctrl-C while nutpie draws is an interrupt, whatever was drawn until then, and its threads are stopped."""
    calls = []

    class Interrupted:
        def wait(self):
            raise KeyboardInterrupt

        def cancel(self):
            calls.append("cancel")

    monkeypatch.setattr("nutpie.sample", lambda *_, **options: options["blocking"] or Interrupted())
    with pytest.raises(KeyboardInterrupt):
        ms.sample_posterior(faithful)
    assert calls == ["cancel"]


def test_posteriors_asked_for_in_threads_are_each_of_their_own_data():
    """The model is compiled once and shared; no thread draws from another's data."""
    samples = [ms.as_sample(ms.simulate(ms.ORIGIN, n=n, seed=n)) for n in (100, 200)]
    settings = ms.SamplerSettings(chains=2, draws=50, tune=50, escalate=False)
    alone = [ms.sample_posterior(each, settings=settings).chains for each in samples]
    with ThreadPoolExecutor(2) as pool:
        beside = [*pool.map(lambda each: ms.sample_posterior(each, settings=settings).chains, samples)]
    np.testing.assert_array_equal(alone, beside)
