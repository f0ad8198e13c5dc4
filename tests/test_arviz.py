"""A written posterior opens in ArviZ, and every plot of its gallery that applies draws it."""

from __future__ import annotations

import arviz as az
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from scipy import stats

import mixstudy as ms
from mixstudy.arviz import for_arviz

ON_DRAWS = """plot_autocorr plot_convergence_dist plot_dgof plot_dgof_dist plot_dist plot_energy plot_ess
    plot_ess_evolution plot_forest plot_mcse plot_pair plot_parallel plot_prior_posterior plot_psense_dist
    plot_psense_quantities plot_rank plot_rank_dist plot_ridge plot_trace plot_trace_dist"""
"""Plots of draws, which apply to any posterior."""
ON_OBSERVATIONS = """plot_loo_interval plot_loo_pava plot_loo_pit plot_ppc_dist plot_ppc_dist_pit plot_ppc_interval
    plot_ppc_pava plot_ppc_pit plot_ppc_tstat"""
"""Plots that hold observations against their replicates, which apply where the observations are few and plain."""
ASKS = {"plot_bf": {"var_names": "weight", "ref_val": 0.35}, "plot_pair_focus": {"focus_var": "sigma"}}
"""Plots that have to be told a parameter."""
DO_NOT_APPLY = {
    "plot_compare": "of several models, from az.compare",
    "plot_ecdf_pit": "of simulation-based calibration, which is of many posteriors",
    "plot_khat": "of the result of az.loo, see below",
    "plot_lm": "of a regression on another variable",
    "plot_ppc_censored": "of survival times",
    "plot_ppc_pava_residuals": "of a binary outcome against another variable",
    "plot_ppc_rootogram": "of counts",
}


@pytest.fixture(scope="module", autouse=True)
def agg():
    """Draw off screen and small."""
    plt.switch_backend("agg")
    with mpl.rc_context({"figure.dpi": 20}):
        yield


@pytest.fixture(scope="module")
def opened(tmp_path_factory, faithful_posterior):
    """Old Faithful's posterior, written and opened as ArviZ does it."""
    path = tmp_path_factory.mktemp("arviz") / "posterior.nc"
    for_arviz(faithful_posterior).to_netcdf(path, engine="h5netcdf")
    with az.from_netcdf(path) as tree:
        yield tree.load()


@pytest.fixture(scope="module")
def thinned(opened):
    """A tenth of its draws, which are drawn faster."""
    return opened.map_over_datasets(lambda group: group.isel(draw=slice(0, 1000, 10), missing_dims="ignore"))


@pytest.fixture(scope="module")
def large(origin_posterior):
    """The posterior of compressed observations."""
    return for_arviz(origin_posterior)


def draw(name, tree):
    """Draw one plot and close it."""
    getattr(az, name)(tree, backend="matplotlib", **ASKS.get(name, {}))
    plt.close("all")


def test_no_plot_is_forgotten():
    """Each plot of ArviZ is drawn below, or has a reason why it does not apply."""
    named = {*ON_DRAWS.split(), *ON_OBSERVATIONS.split(), *ASKS, *DO_NOT_APPLY}
    assert {name for name in dir(az) if name.startswith("plot_") and callable(getattr(az, name))} == named


@pytest.mark.parametrize("name", [*ON_DRAWS.split(), *ON_OBSERVATIONS.split(), *ASKS])
def test_plots_of_few_observations(thinned, name):
    """Each plot that applies draws a posterior read from its file."""
    draw(name, thinned)


def test_pareto_k_is_drawn(opened):
    """Leave-one-out works on the file, with one k below 0.7 for each observation, and its plot is drawn."""
    loo = az.loo(opened, pointwise=True)
    assert loo.pareto_k.shape == (272,)
    assert float(loo.pareto_k.max()) < 0.7
    az.plot_khat(loo, backend="matplotlib")
    plt.close("all")


@pytest.mark.parametrize("name", ["plot_trace_dist", "plot_psense_dist", "plot_energy"])
def test_plots_of_compressed_observations(large, name):
    """Plots of draws do not ask how many observations there were."""
    draw(name, large)


def test_the_log_densities_are_the_likelihood(opened, faithful):
    """The log densities of the observations sum to the log-likelihood of each draw."""
    theta = [float(opened.posterior[label][2, 7]) for label in ms.LABELS]
    height = float(opened.log_likelihood["x"][2, 7].sum())
    assert height == pytest.approx(ms.log_likelihood(faithful.points, ms.Parameters.relabelled(theta)), rel=1e-6)


def test_compressed_observations_have_the_sum(large, origin_sample):
    """Of many observations the file has the log-likelihood of each draw, and no replicates."""
    theta = [float(large.posterior[label][1, 3]) for label in ms.LABELS]
    height = ms.log_likelihood(origin_sample.points, ms.Parameters.relabelled(theta))
    assert float(large.log_likelihood["x"][1, 3]) == pytest.approx(height, rel=1e-12)
    assert "posterior_predictive" not in large.children


def test_the_log_prior_is_the_priors(opened, faithful_posterior):
    """The log prior of each draw is SciPy's density of the documented prior, up to one constant."""
    prior, draws = faithful_posterior.prior, opened.posterior
    means = sum(stats.norm.logpdf(draws[label], prior.centre, 2.5 * prior.scale) for label in ("mu1", "mu2"))
    apart = opened.log_prior["log_prior"] - means - stats.halfnorm.logpdf(draws["sigma"], scale=prior.scale)
    assert float(apart.std()) < 1e-12


def test_replicates_are_of_the_mixture(opened):
    """Mean and standard deviation of all replicates are the data's, up to posterior and Monte Carlo error."""
    replicates, x = opened.posterior_predictive["x"], opened.observed_data["x"]
    error = float(x.std()) / np.sqrt(272 * 1000)  # the chains have at least a thousand effective draws
    assert float(replicates.mean()) == pytest.approx(float(x.mean()), abs=4 * error)
    assert float(replicates.std()) == pytest.approx(float(x.std()), rel=0.02)  # the prior's pull on sigma among it
