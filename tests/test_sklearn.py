"""The scikit-learn estimator keeps scikit-learn's promises and estimates what its tied mixture estimates."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import mixstudy as ms
from mixstudy.em.algorithm import TOLERANCE
from mixstudy.sklearn import SharedSigmaMixture


@pytest.fixture(scope="module")
def waiting(faithful):
    """Old Faithful's waiting times as scikit-learn takes them."""
    return faithful.points[:, None]


@pytest.fixture(scope="module")
def model(waiting):
    """Fitted to them."""
    return SharedSigmaMixture().fit(waiting)


@pytest.fixture(scope="module")
def peer(model, waiting):
    """Scikit-learn's tied mixture, run from the same means to its end."""
    tied = GaussianMixture(
        2, covariance_type="tied", reg_covar=0, tol=1e-15, max_iter=10_000, means_init=model.means_, random_state=0
    )
    return tied.fit(waiting)


def test_every_check_of_scikit_learn_passes():
    """No check fails; its data have several features, of which a column is named."""
    results = check_estimator(SharedSigmaMixture(column=0), on_skip=None)
    assert len(results) > 40
    assert {each["check_name"] for each in results if each["status"] != "passed"} == {"check_array_api_input"}


def test_estimates_equal_the_tied_mixture(model, peer):
    """Weights, means and variance are those of scikit-learn's tied mixture."""
    assert model.weights_ == pytest.approx(peer.weights_, rel=1e-6)
    assert model.means_ == pytest.approx(peer.means_, rel=1e-6)
    assert model.covariance_ == pytest.approx(peer.covariances_, rel=1e-6)
    assert model.sigma_ == pytest.approx(math.sqrt(peer.covariances_[0, 0]), rel=1e-6)


def test_what_follows_equals_the_tied_mixture(model, peer, waiting):
    """Densities, probabilities, labels, score and both criteria are those of scikit-learn's tied mixture."""
    assert model.score_samples(waiting) == pytest.approx(peer.score_samples(waiting), abs=1e-6)
    assert model.predict_proba(waiting) == pytest.approx(peer.predict_proba(waiting), abs=1e-6)
    assert (model.predict(waiting) == peer.predict(waiting)).all()
    for name in ("score", "aic", "bic"):
        assert getattr(model, name)(waiting) == pytest.approx(getattr(peer, name)(waiting), rel=1e-10)


def test_fitted_attributes_are_those_of_the_fit(model, faithful, waiting):
    """What the attributes say is what ``fit_em`` found."""
    fit = ms.fit_em(faithful)
    assert model.em_.parameters == fit.parameters
    assert model.standard_errors_ == pytest.approx(fit.standard_errors._asdict())
    assert model.log_likelihood_ == pytest.approx(model.score(waiting) * 272)
    assert (model.converged_, model.n_features_in_, model.n_iter_) == (True, 1, len(fit.steps) - 1)


def test_whole_weights_are_repeated_rows(waiting):
    """Weights 0, 1, 2 and 3 give the fit, score and criteria of rows repeated so often."""
    counts = np.random.default_rng(0).integers(0, 4, len(waiting))
    repeated = np.repeat(waiting, counts, axis=0)
    weighted, plain = SharedSigmaMixture().fit(waiting, sample_weight=counts), SharedSigmaMixture().fit(repeated)
    apart = np.array([*weighted.em_.parameters]) - np.array([*plain.em_.parameters])
    assert np.abs(apart / [*plain.standard_errors_.values()]).max() < 2 * TOLERANCE
    assert weighted.standard_errors_ == pytest.approx(plain.standard_errors_, rel=1e-6)
    for name in ("score", "aic", "bic"):
        there = getattr(plain, name)(repeated)
        assert getattr(weighted, name)(waiting, sample_weight=counts) == pytest.approx(there, rel=1e-12)


def test_it_works_where_estimators_do(waiting, model):
    """Clone, pickle, pipeline and cross-validation; a change of units moves nothing but the density's constant."""
    assert not hasattr(clone(model), "em_")
    assert (pickle.loads(pickle.dumps(model)).predict(waiting) == model.predict(waiting)).all()  # noqa: S301
    pipeline = make_pipeline(StandardScaler(), SharedSigmaMixture()).fit(waiting)
    assert pipeline.score(waiting) == pytest.approx(model.score(waiting) + math.log(waiting.std()), rel=1e-8)
    scores = cross_val_score(SharedSigmaMixture(), waiting, cv=4)
    assert scores == pytest.approx(np.full(4, model.score(waiting)), abs=0.2)


def test_a_pickle_holds_no_observations():
    """However many were fitted, what is kept is small."""
    x = ms.simulate(ms.ORIGIN, n=200_000, seed=0)
    assert len(pickle.dumps(SharedSigmaMixture().fit(x[:, None]))) < x.nbytes / 10


def test_sample_draws_from_the_fit(model):
    """Shares, means and spread of a large draw are the fitted ones up to Monte Carlo error; a seed repeats it."""
    x, labels = model.sample(100_000, random_state=1)
    assert (x.shape, labels.shape) == ((100_000, 1), (100_000,))
    for label, (weight, mean) in enumerate(zip(model.weights_, model.means_[:, 0], strict=True)):
        mine = x[labels == label, 0]
        assert len(mine) / 100_000 == pytest.approx(weight, abs=4 * math.sqrt(weight / 100_000))
        assert mine.mean() == pytest.approx(mean, abs=4 * model.sigma_ / math.sqrt(len(mine)))
        assert mine.std() == pytest.approx(model.sigma_, abs=4 * model.sigma_ / math.sqrt(2 * len(mine)))
    assert (model.sample(5, random_state=2)[0] == model.sample(5, random_state=2)[0]).all()


def test_its_fit_is_compared_with_a_posterior(model, faithful_posterior):
    """``em_`` is what ``compare`` takes."""
    assert ms.compare(model.em_, faithful_posterior, thorough=False).verdict is ms.Verdict.AGREE


@pytest.mark.parametrize(
    ("x", "weights", "message"),
    [
        (np.ones((9, 2)), None, "takes one feature, got 2: say which"),
        (np.ones((3, 1)), None, r"minimum of 4 is required"),
        (np.ones((9, 1)), None, r"only 1 distinct value"),
        (np.arange(5.0)[:, None], [1, 1, 1, 1, -1], r"[Nn]egative values .* `sample_weight`"),
        (np.arange(5.0)[:, None], [1, 1, 0, 0, 0], r"at least 4 observations, got 2"),
        (np.arange(5.0)[:, None], [1, 1], r"sample_weight.shape == \(2,\)"),
    ],
)
def test_what_cannot_be_fitted_is_refused(x, weights, message):
    """Several features, too few or equal values, and weights that do not fit are named."""
    with pytest.raises(ValueError, match=message):
        SharedSigmaMixture().fit(x, sample_weight=weights)


def test_sample_needs_a_size(model):
    """Nothing is drawn for a size below 1."""
    with pytest.raises(ValueError, match=r"n_samples must be at least 1, got 0"):
        model.sample(0)


def test_no_maximum_is_a_warning(monkeypatch, waiting):
    """A fit that stands at no maximum warns as scikit-learn's do, and says so."""
    limit = ms.fit_em_plain(waiting[:, 0], start=[0.5, 60, 70, 5], iterations=2)
    monkeypatch.setattr("mixstudy.sklearn.fit_em", lambda _: limit)
    with pytest.warns(ConvergenceWarning, match="not judged"):
        assert not SharedSigmaMixture().fit(waiting).converged_


def test_without_scikit_learn_the_extra_is_named():
    """Importing the module without scikit-learn says what to install."""
    code = "import sys; sys.modules['sklearn'] = None; import mixstudy.sklearn"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert "ImportError: mixstudy.sklearn needs scikit-learn: pip install 'mixstudy[sklearn]'" in done.stderr


def test_a_column_that_is_not_there_is_refused():
    """The message says how many there are."""
    with pytest.raises(ValueError, match="one of the 2 columns of X, counted from 0; got 2"):
        SharedSigmaMixture(column=2).fit(np.ones((9, 2)))
