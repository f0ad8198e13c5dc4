"""EM as a scikit-learn estimator, for pipelines, cross-validation and whatever else takes one.

    log f(x) = log( w N(x; mu1, sigma) + (1 - w) N(x; mu2, sigma) )

It needs scikit-learn: ``pip install 'mixstudy[sklearn]'``. There is nothing to tune: EM starts from a ladder of cuts,
stops at the maximum, and does without a regularised variance.
"""

# ruff: noqa: N803  (scikit-learn calls the data X)

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixstudy.compression.compress import CompressedSample
from mixstudy.data.sample import MIN_OBSERVATIONS, as_sample
from mixstudy.em.fit import EMFit, fit_em
from mixstudy.em.run import EMStatus
from mixstudy.model import LABELS, Floats, Parameters, component_log_densities

try:
    from sklearn.base import BaseEstimator, DensityMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils import check_random_state
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ModuleNotFoundError as error:
    msg = "mixstudy.sklearn needs scikit-learn: pip install 'mixstudy[sklearn]'"
    raise ImportError(msg) from error


class SharedSigmaMixture(DensityMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A mixture of two Gaussians on one feature that share one sigma, fitted by EM to the maximum of the likelihood.

    What ``GaussianMixture(n_components=2, covariance_type="tied", reg_covar=0)`` estimates, with its names, and beside
    it sample weights, standard errors, and the same answer in any units. Component 0 is the lower one.

    The fitted attributes are read from ``em_``: ``weights_``, ``means_``, ``sigma_``, ``covariance_``,
    ``standard_errors_``, ``log_likelihood_``, ``converged_``, ``n_iter_``.

    Args:
        column: Which column of ``X`` is the feature, counted from 0; needed where there are several.
    """

    em_: EMFit
    """The whole result of the fit, which ``mixstudy.compare`` takes."""

    def __init__(self, *, column: int | None = None) -> None:
        self.column = column

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:  # noqa: ARG002
        """Estimate weight, means and sigma.

        Args:
            X: Observations, shape ``(n, features)``, data units.
            y: Ignored, there by convention.
            sample_weight: How many observations each row stands for, shape ``(n,)``, not below 0; one each by default.

        Returns:
            The estimator itself.

        Raises:
            ValueError: ``X`` has several features and ``column`` does not say which, is not finite, or has fewer than 4
                rows or 3 distinct values; or the weights do not fit.
        """
        x = self._column(X, reset=True)
        weights = _check_sample_weight(sample_weight, x, dtype=np.float64, ensure_non_negative=True)
        counted = weights > 0
        fit = fit_em(as_sample(x[counted], weights=weights[counted]))
        if isinstance(fit.sample, CompressedSample):
            fit = replace(fit, sample=replace(fit.sample, again=None))  # keep no data, so that a pickle is small
        if fit.status is not EMStatus.CONVERGED:
            warnings.warn(fit.status.value, ConvergenceWarning, stacklevel=2)
        self.em_ = fit
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.intp]:
        """The likelier component of each observation, 0 or 1, shape ``(n,)``, for ``X`` of shape ``(n, features)``."""
        return np.asarray(np.argmax(self._log_densities(X), axis=1))

    def predict_proba(self, X: ArrayLike) -> Floats:
        """P(component | x), shape ``(n, 2)``, for ``X`` of shape ``(n, features)``; the first is the responsibility."""
        logs = self._log_densities(X)
        return np.asarray(np.exp(logs - np.logaddexp.reduce(logs, axis=1, keepdims=True)))

    def score_samples(self, X: ArrayLike) -> Floats:
        """Log density of each observation, nats, shape ``(n,)``, for ``X`` of shape ``(n, features)``."""
        return np.asarray(np.logaddexp.reduce(self._log_densities(X), axis=1))

    def score(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> float:  # noqa: ARG002
        """Mean log density, nats; the higher, the better.

        Args:
            X: Observations, shape ``(n, features)``, data units.
            y: Ignored, there by convention.
            sample_weight: How many observations each row stands for, shape ``(n,)``; one each by default.
        """
        total, n = self._log_likelihood(X, sample_weight)
        return total / n

    def aic(self, X: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Akaike's criterion, 8 less twice the log-likelihood of ``X``; lower is better. Arguments as ``score``'s."""
        return 2 * len(LABELS) - 2 * self._log_likelihood(X, sample_weight)[0]

    def bic(self, X: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Schwarz's criterion, 4 log n less twice the log-likelihood of ``X``. Arguments as those of ``score``."""
        total, n = self._log_likelihood(X, sample_weight)
        return len(LABELS) * math.log(n) - 2 * total

    def sample(
        self, n_samples: int = 1, random_state: int | np.random.RandomState | None = None
    ) -> tuple[Floats, NDArray[np.intp]]:
        """Draw from the fitted mixture.

        Args:
            n_samples: How many observations to draw, at least 1.
            random_state: Seed or generator, as everywhere in scikit-learn.

        Returns:
            Observations, shape ``(n_samples, 1)``, and the component of each, 0 or 1, shape ``(n_samples,)``.

        Raises:
            ValueError: ``n_samples`` is below 1.
        """
        weight, mu1, mu2, sigma = self._parameters
        if n_samples < 1:
            msg = f"n_samples must be at least 1, got {n_samples}"
            raise ValueError(msg)
        rng = check_random_state(random_state)
        labels = (rng.random_sample(n_samples) >= weight).astype(np.intp)
        x = np.where(labels == 0, mu1, mu2) + sigma * rng.standard_normal(n_samples)
        return x[:, None], labels

    @property
    def weights_(self) -> Floats:
        """Mass of each component, shape ``(2,)``."""
        return np.array([self.em_.parameters.weight, 1 - self.em_.parameters.weight])

    @property
    def means_(self) -> Floats:
        """Mean of each component, the lower one first, shape ``(2, 1)``, data units."""
        return np.array([[self.em_.parameters.mu1], [self.em_.parameters.mu2]])

    @property
    def sigma_(self) -> float:
        """Standard deviation of both components, data units."""
        return self.em_.parameters.sigma

    @property
    def covariance_(self) -> Floats:
        """The shared variance, as a tied covariance of shape ``(1, 1)``, squared data units."""
        return np.array([[self.sigma_**2]])

    @property
    def standard_errors_(self) -> dict[str, float]:
        """Standard errors of weight, mu1, mu2 and sigma by name, from the observed information, data units."""
        return self.em_.standard_errors._asdict()

    @property
    def log_likelihood_(self) -> float:
        """Log-likelihood of the observations that were fitted, at the maximum, nats."""
        return self.em_.log_likelihood

    @property
    def converged_(self) -> bool:
        """Whether EM stands at a maximum of the likelihood; ``em_.status`` says what happened where not."""
        return self.em_.status is EMStatus.CONVERGED

    @property
    def n_iter_(self) -> int:
        """Iterations of the climb that reached the highest maximum."""
        return len(self.em_.steps) - 1

    @property
    def _parameters(self) -> Parameters:
        check_is_fitted(self, "em_")
        return self.em_.parameters

    def _log_densities(self, X: ArrayLike) -> Floats:
        """Log of ``w N(x; mu1, sigma)`` and of ``(1 - w) N(x; mu2, sigma)``, shape ``(n, 2)``."""
        parameters = self._parameters
        return np.stack(component_log_densities(self._column(X, reset=False), parameters), axis=1)

    def _log_likelihood(self, X: ArrayLike, sample_weight: ArrayLike | None) -> tuple[float, float]:
        """Log-likelihood of the observations, nats, and how many there are."""
        heights = self.score_samples(X)
        weights = _check_sample_weight(sample_weight, heights, dtype=np.float64, ensure_non_negative=True)
        return float(weights @ heights), float(weights.sum())

    def _column(self, X: ArrayLike, *, reset: bool) -> Floats:
        """The one feature, shape ``(n,)``, as scikit-learn validates it."""
        array = validate_data(
            self, X, reset=reset, dtype=np.float64, ensure_min_samples=MIN_OBSERVATIONS if reset else 1
        )
        width = array.shape[1]
        if self.column is None and width != 1:
            msg = f"SharedSigmaMixture takes one feature, got {width}: say which, such as SharedSigmaMixture(column=0)"
            raise ValueError(msg)
        if self.column is not None and not 0 <= self.column < width:
            msg = f"column must be one of the {width} columns of X, counted from 0; got {self.column}"
            raise ValueError(msg)
        return np.asarray(array[:, self.column or 0])
