"""Several outputs regressed at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from ._door import Result
from ._estimator import FloatArray, JobEstimator

__all__ = ["ReducedRankRegressor"]


class ReducedRankRegressor(MultiOutputMixin, RegressorMixin, JobEstimator):  # type: ignore[misc]
    """Linear regression of the right rank for several outputs.

    Parameters
    ----------
    rank : int, optional
        The rank; chosen by cross-validation where None.
    fit_intercept : bool
        Whether there is an intercept.
    standardize : bool
        Whether inputs are scaled to variance one for the path and singular problems.
    weigh_outputs : bool
        Whether each output is weighed by the inverse of its variance.
    validation : int
        The number of folds; 0 for none, when the rank is the number of components above the noise.
    random_state : int, RandomState instance or None
        The seed of the folds; the same int gives the same bits, those of the command with this ``--seed``.
    options : dict, optional
        Further options of ``deeplinear regress``.

    Attributes
    ----------
    coef_ : ndarray of shape (n_targets, n_features) or (n_features,)
        The coefficients.
    intercept_ : ndarray of shape (n_targets,) or float
        The intercept.
    rank_ : int
        The rank.
    noise_ : float or None
        The root mean square error on samples left out.
    training_error_ : float
        The same on the samples.
    ranks_ : list of dict
        The exact solution of every rank: ``rank``, ``loss``, ``validationLoss``, ``standardError``.
    path_ : dict of str to ndarray
        ``steps``, ``loss`` and ``singular_values`` of what training visits.
    summary_ : dict
        What ``deeplinear regress --json`` says.

    Examples
    --------
    >>> import numpy as np
    >>> from deeplinear import ReducedRankRegressor
    >>> X = np.random.default_rng(0).normal(size=(60, 4))
    >>> Y = X @ np.outer([1, 2, 0, 1], [1, -1, 2])
    >>> ReducedRankRegressor(rank=1).fit(X, Y).coef_.round(6) + 0
    array([[ 1.,  2.,  0.,  1.],
           [-1., -2.,  0., -1.],
           [ 2.,  4.,  0.,  2.]])
    """

    _job = "regress"
    _own_settings = JobEstimator._own_settings | {"fit_intercept"}

    def __init__(
        self,
        rank: int | None = None,
        *,
        fit_intercept: bool = True,
        standardize: bool = False,
        weigh_outputs: bool = False,
        validation: int = 5,
        random_state: Any = 0,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.rank = rank
        self.fit_intercept = fit_intercept
        self.standardize = standardize
        self.weigh_outputs = weigh_outputs
        self.validation = validation
        self.random_state = random_state
        self.options = options

    def fit(self, X: Any, y: Any) -> ReducedRankRegressor:
        """Fit coefficients.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The inputs.
        y : array_like of shape (n_samples, n_targets) or (n_samples,)
            The targets.

        Returns
        -------
        self
        """
        inputs, targets = validate_data(
            self, X, y, dtype=np.float64, y_numeric=True, multi_output=True, ensure_min_samples=2
        )
        targets = np.asarray(targets, dtype=np.float64)
        self._is_flat = targets.ndim == 1
        columns = targets.reshape(len(targets), -1)
        data: dict[str, Any] = {
            "inputs": {"array": "X"}, "targets": {"array": "y"},
            "noIntercept": not self.fit_intercept,
        }  # fmt: skip
        if self.validation > len(inputs):
            data["validation"] = len(inputs)
        self._fit_job(data, {"X": inputs, "y": columns})
        return self

    def predict(self, X: Any) -> FloatArray:
        """Predict targets.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The inputs.

        Returns
        -------
        ndarray of shape (n_samples, n_targets) or (n_samples,)
        """
        check_is_fitted(self)
        inputs = validate_data(self, X, reset=False, dtype=np.float64)
        predicted: FloatArray = inputs @ self.coef_.T + self.intercept_
        return predicted

    def _take(self, result: Result) -> None:
        super()._take(result)
        summary = result.summary
        coefficients, intercept = result.arrays["coefficients"], result.arrays["intercept"]
        self.coef_ = coefficients[0] if self._is_flat else coefficients
        self.intercept_ = float(intercept[0]) if self._is_flat else intercept
        self.rank_ = int(summary["rank"])
        self.noise_ = summary["validationError"]
        self.training_error_ = summary["trainingError"]
        self.ranks_ = summary["ranks"]
        path = summary["path"]
        self.path_ = {
            "steps": np.array([point["step"] for point in path], dtype=np.float64),
            "loss": np.array([point["loss"] for point in path], dtype=np.float64),
            "singular_values": np.array([point["singularValues"] for point in path], dtype=np.float64),
        }
