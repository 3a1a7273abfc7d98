"""Principal components that training finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from ._door import Result
from ._estimator import FloatArray, JobEstimator

__all__ = ["LinearAutoencoder"]


class LinearAutoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, JobEstimator):  # type: ignore[misc]
    """A linear autoencoder of two layers, trained from near zero: principal components, one after another.

    Parameters
    ----------
    n_components : int, optional
        The number of components; 2, or as many as there can be, where None.
    initial_scale : float, optional
        The size of the first end-to-end matrix's singular values.
    max_iter : int, optional
        The largest number of steps.
    random_state : int, RandomState instance or None
        The seed of the start; the same int gives the same bits.
    options : dict, optional
        Further options of the job ``autoencode``.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        The components, orthonormal, by descending variance.
    mean_ : ndarray of shape (n_features,)
        The mean of the samples.
    explained_variance_ : ndarray of shape (n_components,)
        The variance along each component (sums over samples divided by their number).
    explained_variance_ratio_ : float
        The share of all variance along the components.
    rising_steps_ : list of int or None
        The step at which each component's singular value exceeded one half.
    path_ : dict of str to ndarray
        ``steps``, ``loss`` and ``singular_values`` of training.
    n_iter_ : int
        The number of steps.
    summary_ : dict
        What the job says.
    """

    _job = "autoencode"
    _own_settings = JobEstimator._own_settings | {"n_components", "max_iter"}

    def __init__(
        self,
        n_components: int | None = None,
        *,
        initial_scale: float | None = None,
        max_iter: int | None = None,
        random_state: Any = 0,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.n_components = n_components
        self.initial_scale = initial_scale
        self.max_iter = max_iter
        self.random_state = random_state
        self.options = options

    def fit(self, X: Any, y: Any = None) -> LinearAutoencoder:
        """Train on samples.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The samples.
        y : None
            Not used.

        Returns
        -------
        self
        """
        samples = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        largest = min(samples.shape[0] - 1, samples.shape[1])
        components = min(2, largest) if self.n_components is None else self.n_components
        data: dict[str, Any] = {"inputs": {"array": "X"}, "components": components}
        if self.max_iter is not None:
            data["stepLimit"] = self.max_iter
        self._fit_job(data, {"X": samples})
        return self

    def transform(self, X: Any) -> FloatArray:
        """The coordinates of samples along the components.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        check_is_fitted(self)
        samples = validate_data(self, X, reset=False, dtype=np.float64)
        codes: FloatArray = (samples - self.mean_) @ self.components_.T
        return codes

    def inverse_transform(self, X: Any) -> FloatArray:
        """Samples from coordinates.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_components)
            The coordinates.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        codes = np.asarray(X, dtype=np.float64)
        samples: FloatArray = codes @ self.components_ + self.mean_
        return samples

    @property
    def _n_features_out(self) -> int:
        return len(self.components_)

    def _take(self, result: Result) -> None:
        super()._take(result)
        summary, arrays = result.summary, result.arrays
        self.components_ = arrays["components"]
        self.mean_ = arrays["mean"]
        self.explained_variance_ = arrays["variances"]
        self.explained_variance_ratio_ = summary["explained"]
        self.rising_steps_ = summary["risingSteps"]
        self.n_iter_ = max(int(summary["steps"]), 1)
        self.path_ = {
            "steps": arrays["pathSteps"],
            "loss": arrays["pathLoss"],
            "singular_values": arrays["pathSingularValues"],
        }
