"""Tensors with gaps, filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from ._door import Result
from ._errors import InputError
from ._estimator import Facts, FloatArray, JobEstimator
from ._tables import Table

__all__ = ["TensorCompleter"]


class TensorCompleter(OneToOneFeatureMixin, TransformerMixin, JobEstimator):  # type: ignore[misc]
    """Fill in a tensor with gaps by an arithmetic network trained from near zero.

    Parameters
    ----------
    structure : {"canonical", "hierarchical"}
        How the network multiplies: sums of products of one vector for each dimension, or a tree over four dimensions.
    n_components : int, optional
        The number of components at each place where they are summed; chosen where None.
    initial_scale : float, optional
        The size of each component at the start, relative to the data; chosen where None.
    holdout : float
        The share of entries held out when the data are not exact.
    max_iter : int, optional
        The largest number of steps.
    denoise : bool
        Whether known entries are replaced by their fit.
    random_state : int, RandomState instance or None
        The seed of everything random; the same int gives the same bits.
    options : dict, optional
        Further options of the job ``tensor``.

    Attributes
    ----------
    completion_ : ndarray
        The tensor filled in.
    ranks_ : list of int
        The number of components at each place where they are summed.
    rank_ : int
        The largest of these.
    noise_ : float or None
        The root mean square error on entries held out; None where nothing was.
    training_error_ : float
        The same on known entries.
    path_ : dict of str to ndarray
        ``steps`` and ``training_error`` of training.
    outcome_ : mapping
        How the fit ended: ``kind``, ``exact``.
    n_iter_ : int
        Steps over all that was tried.
    summary_ : dict
        What the job says.
    """

    _job = "tensor"
    _own_settings = JobEstimator._own_settings | {"n_components", "max_iter"}

    def __init__(
        self,
        structure: str = "canonical",
        *,
        n_components: int | None = None,
        initial_scale: float | None = None,
        holdout: float = 0.1,
        max_iter: int | None = None,
        denoise: bool = False,
        random_state: Any = 0,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.structure = structure
        self.n_components = n_components
        self.initial_scale = initial_scale
        self.holdout = holdout
        self.max_iter = max_iter
        self.denoise = denoise
        self.random_state = random_state
        self.options = options

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        return tags

    def fit(self, X: Any, y: Any = None) -> TensorCompleter:
        """Fit the known entries of a tensor.

        Parameters
        ----------
        X : array_like of two or more dimensions
            NaN where it is unknown.
        y : None
            Not used.

        Returns
        -------
        self
        """
        self._fit_tensor(X)
        return self

    def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> FloatArray:
        """Fit a tensor and give it back filled in.

        Parameters
        ----------
        X : array_like of two or more dimensions
            NaN where it is unknown.
        y : None
            Not used.
        **fit_params
            None are known.

        Returns
        -------
        ndarray
            Of the shape of `X`.
        """
        self._fit_tensor(X)
        return self.completion_

    def transform(self, X: Any) -> FloatArray:
        """Fill in a tensor of the shape that was fitted; one without gaps may be of any length.

        Parameters
        ----------
        X : array_like
            NaN where it is unknown.

        Returns
        -------
        ndarray
            Known entries as they are; gaps as the fit has them there.
        """
        check_is_fitted(self)
        tensor = self._validated(X, reset=False)
        gaps = np.isnan(tensor)
        if not gaps.any():
            return np.array(tensor)
        if tensor.shape != self._shape:
            raise InputError(
                f"X: the shape {tensor.shape} is not the one that was fitted, {self._shape}; "
                "a tensor that is filled in has no new rows."
            )
        filled: FloatArray = np.where(gaps, self.completion_, tensor)
        return filled

    def _fit_tensor(self, X: Any) -> None:
        tensor = self._validated(X, reset=True)
        self._shape = tensor.shape
        data: dict[str, Any] = {"observed": {"array": "X"}}
        if self.n_components is not None:
            data["components"] = self.n_components
        if self.max_iter is not None:
            data["stepLimit"] = self.max_iter
        self._fit_job(data, {"X": tensor})

    def _validated(self, X: Any, reset: bool) -> FloatArray:
        tensor = validate_data(
            self, Table.of(X).numbers if isinstance(X, np.ma.MaskedArray) else X,
            reset=reset, dtype=np.float64, ensure_all_finite="allow-nan", allow_nd=True,
        )  # fmt: skip
        if not reset and tensor.shape[1:] != self._shape[1:]:
            raise InputError(
                f"X: its parts have the shape {tensor.shape[1:]}, not {self._shape[1:]} as fitted."
            )
        numbers: FloatArray = tensor
        return numbers

    def _take(self, result: Result) -> None:
        super()._take(result)
        summary = result.summary
        self.ranks_ = list(summary["ranks"])
        self.rank_ = max(self.ranks_, default=0)
        self.noise_ = summary["holdoutError"]
        self.training_error_ = summary["trainingError"]
        self.outcome_ = Facts(summary["outcome"])
        self.n_iter_ = max(int(summary["iterations"]), 1)

    @property
    def completion_(self) -> FloatArray:
        """The tensor filled in."""
        return self._array("completion")

    @property
    def path_(self) -> dict[str, FloatArray]:
        """Steps of training and the root mean square error there."""
        return {"steps": self._array("pathSteps"), "training_error": self._array("pathErrors")}
