"""A matrix found from linear measurements of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from ._door import Result
from ._errors import InputError
from ._estimator import Facts, FloatArray, JobEstimator

__all__ = ["MatrixSensor"]


class MatrixSensor(RegressorMixin, JobEstimator):  # type: ignore[misc]
    """Find a matrix W of low rank from measurements b_i = ⟨A_i, W⟩.

    A regressor in the sense of scikit-learn whose coefficients are a matrix.

    Parameters
    ----------
    shape : (int, int), optional
        The shape of the matrix, where measurements are given as rows of numbers; one row where None.
    depth : int
        The number of layers of the network.
    width : int, optional
        The width of its hidden layers; chosen where None.
    initial_scale : float, optional
        The size of its first end-to-end matrix relative to the data; chosen where None.
    holdout : float
        The share of measurements held out when they are noisy.
    random_state : int, RandomState instance or None
        The seed of everything random; the same int gives the same bits, those of the command with this ``--seed``.
    record : bool, optional
        Whether the path of training is recorded for the page; in notebooks where None.
    options : dict, optional
        Further options of ``deeplinear sense``.

    Attributes
    ----------
    matrix_ : ndarray of shape (n_rows, n_columns)
        The matrix.
    rank_ : int
        Its rank.
    noise_ : float or None
        The root mean square error on measurements held out.
    training_error_ : float
        The same on those that were not.
    outcome_ : mapping
        How the fit ended: ``kind``, ``exact``.
    n_iter_ : int
        Steps over all that was tried.
    summary_ : dict
        What ``deeplinear sense --json`` says.
    """

    _job = "sense"
    _own_settings = JobEstimator._own_settings | {"shape"}

    def __init__(
        self,
        shape: tuple[int, int] | None = None,
        *,
        depth: int = 3,
        width: int | None = None,
        initial_scale: float | None = None,
        holdout: float = 0.1,
        random_state: Any = 0,
        record: bool | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.shape = shape
        self.depth = depth
        self.width = width
        self.initial_scale = initial_scale
        self.holdout = holdout
        self.random_state = random_state
        self.record = record
        self.options = options

    def fit(self, X: Any, y: Any) -> MatrixSensor:
        """Find the matrix.

        Parameters
        ----------
        X : array_like of shape (n_measurements, n_rows, n_columns) or (n_measurements, n_rows * n_columns)
            The A_i.
        y : array_like of shape (n_measurements,)
            The b_i.

        Returns
        -------
        self
        """
        measured, values = self._fitted_data(X, y)
        rows, columns = self._matrix_shape
        self._fit_job(
            {"measurements": {"array": "X"}, "values": {"array": "y"}},
            {"X": measured.reshape(len(measured), rows, columns), "y": values},
        )
        return self

    def predict(self, X: Any) -> FloatArray:
        """What other measurements of the matrix would give.

        Parameters
        ----------
        X : array_like of shape (n_measurements, n_rows, n_columns) or (n_measurements, n_rows * n_columns)
            The A_i.

        Returns
        -------
        ndarray of shape (n_measurements,)
        """
        check_is_fitted(self)
        measured = validate_data(self, self._flat(X)[0], reset=False, dtype=np.float64)
        values: FloatArray = measured @ self.matrix_.reshape(-1)
        return values

    def _fitted_data(self, X: Any, y: Any) -> tuple[FloatArray, FloatArray]:
        flat, shape = self._flat(X)
        measured, values = validate_data(
            self, flat, y, dtype=np.float64, y_numeric=True, ensure_min_samples=2
        )
        columns = measured.shape[1]
        shape = shape or (1, columns)
        if len(shape) != 2 or shape[0] * shape[1] != columns:
            raise InputError(
                f"X: its rows have {columns} numbers, which are no matrix of shape {shape}; correct shape."
            )
        self._matrix_shape = (int(shape[0]), int(shape[1]))
        return measured, np.asarray(values, dtype=np.float64)

    def _flat(self, X: Any) -> tuple[Any, tuple[int, int] | None]:
        """Measurements as rows of numbers, and the shape of the matrix where it is known."""
        extents = getattr(X, "shape", None) or np.asarray(X).shape
        if len(extents) != 3:
            return X, self.shape
        if self.shape is not None and tuple(self.shape) != tuple(extents[1:]):
            raise InputError(
                f"X: the measurements are of {extents[1]}×{extents[2]} matrices, not "
                f"{self.shape[0]}×{self.shape[1]} as shape says; correct one of them."
            )
        return np.asarray(X).reshape(extents[0], -1), (int(extents[1]), int(extents[2]))

    def _take(self, result: Result) -> None:
        super()._take(result)
        summary = result.summary
        self.matrix_ = result.arrays["matrix"]
        self.rank_ = int(summary["rank"])
        self.noise_ = summary["holdoutError"]
        self.training_error_ = summary["trainingError"]
        self.outcome_ = Facts(summary["outcome"])
        self.n_iter_ = max(int(summary["iterations"]), 1)
