"""Tables with gaps, filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from ._door import Result, run
from ._errors import InputError
from ._estimator import Facts, FloatArray, JobEstimator
from ._tables import Table, triplets

__all__ = ["MatrixCompleter", "NuclearNormCompleter"]


class _TableCompleter(OneToOneFeatureMixin, TransformerMixin, JobEstimator):  # type: ignore[misc]
    """What both ways to fill in a table share."""

    _job = "complete"
    _method: str
    _positions: list[int] | None

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: Any, y: Any = None) -> Any:
        """Fit the known entries of a table.

        Parameters
        ----------
        X : array_like, DataFrame or sparse matrix of shape (n_samples, n_features)
            NaN or ``pandas.NA`` where it is unknown; of a sparse matrix what is stored is known, zeros included.
            Columns of a DataFrame that hold no numbers are left alone.
        y : None
            Not used.

        Returns
        -------
        self
        """
        self._fit_table(X)
        return self

    def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> Any:
        """Fit a table and give it back filled in.

        Parameters
        ----------
        X : array_like, DataFrame or sparse matrix of shape (n_samples, n_features)
            See `fit`.
        y : None
            Not used.
        **fit_params
            None are known.

        Returns
        -------
        ndarray or DataFrame of shape (n_samples, n_features)
            A DataFrame with its names, its index and its other columns if `X` is one.
        """
        table = self._fit_table(X)
        return table.filled(self.completion_)

    def fit_entries(
        self,
        rows: npt.ArrayLike,
        columns: npt.ArrayLike,
        values: npt.ArrayLike,
        shape: tuple[int, int] | None = None,
    ) -> Any:
        """Fit a table by its known entries alone.

        Parameters
        ----------
        rows, columns : array_like of int of shape (n_entries,)
            Where they are, counted from 0.
        values : array_like of shape (n_entries,)
            What they are.
        shape : (int, int), optional
            The numbers of rows and columns; as many as entries reach where None.

        Returns
        -------
        self
        """
        parts = [np.asarray(part) for part in (rows, columns, values)]
        if any(part.ndim != 1 for part in parts) or len({part.size for part in parts}) != 1:
            shapes = ", ".join(str(part.shape) for part in parts)
            raise InputError(
                f"rows, columns and values have the shapes {shapes}; give three lists of one length."
            )
        if any(part.dtype.kind not in "fiub" for part in parts):
            raise InputError("rows, columns and values must be numbers; convert them.")
        entries = np.column_stack(parts).astype(np.float64, copy=False)
        self._fit_triplets(entries, shape)
        self.n_features_in_ = int(self.summary_["columns"])
        return self

    def transform(self, X: Any) -> Any:
        """Fill in new rows, without fitting anew.

        Parameters
        ----------
        X : array_like, DataFrame or sparse matrix of shape (n_samples, n_features)
            Rows over the columns that were fitted.

        Returns
        -------
        ndarray or DataFrame of shape (n_samples, n_features)
            Known entries as they are, unless `denoise` is set.
        """
        check_is_fitted(self)
        table = self._validated(X, reset=False)
        return table.filled(self._predicted(table.numbers))

    def _fit_table(self, X: Any) -> Table:
        table = self._validated(X, reset=True)
        numbers = table.numbers
        if sparse.issparse(numbers):
            self._fit_triplets(triplets(numbers), numbers.shape)
        else:
            self._fit_job(self._data({"array": "X"}), {"X": numbers})
        return table

    def _fit_triplets(self, entries: FloatArray, shape: tuple[int, int] | None) -> None:
        source: dict[str, Any] = {"array": "X", "layout": "triplets"}
        if shape is not None:
            source["rows"], source["columns"] = int(shape[0]), int(shape[1])
        self._fit_job(self._data(source), {"X": entries})

    def _data(self, source: Mapping[str, Any]) -> dict[str, Any]:
        return {"observed": source, "method": self._method}

    def _validated(self, X: Any, reset: bool) -> Table:
        table = Table.of(X)
        if table.frame is not None:
            # Names are checked on the whole table, numbers on their part of it.
            validate_data(self, table.frame, reset=reset, skip_check_array=True)
            if not table.positions:
                raise InputError("X: no column holds numbers; give some.")
            if not reset and table.positions != self._positions:
                raise InputError(
                    "X: other columns hold numbers than in the table that was fitted; give the same."
                )
            if np.isinf(table.numbers).any():
                raise InputError("X: Input X contains infinity; give finite numbers or NaN.")
            if len(table.frame) == 0:
                raise InputError("X: Found array with 0 sample(s); give at least one row.")
        else:
            table.numbers = validate_data(
                self,
                table.numbers,
                reset=reset,
                accept_sparse=("csr", "csc", "coo"),
                dtype=np.float64,
                ensure_all_finite="allow-nan",
                copy=False,
            )
        if reset:
            self._positions = table.positions
        return table

    def _predicted(self, numbers: Any) -> FloatArray:
        source: dict[str, Any] = {"array": "X"}
        if sparse.issparse(numbers):
            rows, columns = numbers.shape
            entries = triplets(numbers)
            source |= {"layout": "triplets", "rows": rows, "columns": columns}
            known = len(entries) > 0
        else:
            rows, columns = numbers.shape
            entries = numbers
            known = not np.isnan(numbers).all()
        if not known:
            # A table in which nothing is known is no input of the job: a row beside it that is known changes no other.
            source = {"array": "X"}
            entries = np.full((rows + 1, columns), np.nan)
            entries[rows] = 0
        request = {
            "job": "predict", "model": {"upload": "model.safetensors"}, "observed": source,
            "denoise": bool(getattr(self, "denoise", False)),
            "fillUndetermined": bool(getattr(self, "fill_undetermined", True)),
        }  # fmt: skip
        found = run(request, {"X": entries}, {"model.safetensors": self._kept["model"]})
        filled = found.arrays["rows"][:rows]
        clip = getattr(self, "clip", None)
        return filled if clip is None else np.where(
            np.isnan(numbers.toarray() if sparse.issparse(numbers) else numbers),
            np.clip(filled, *clip), filled,
        )  # fmt: skip

    def _take(self, result: Result) -> None:
        super()._take(result)
        summary = result.summary
        self.rank_ = int(summary["rank"])
        self.n_iter_ = max(int(summary["iterations"]), 1)
        self.noise_ = summary["holdoutError"]
        self.training_error_ = summary["trainingError"]
        self.mask_ = Facts(summary["mask"])
        self.outcome_ = Facts(summary["outcome"])

    def _to_keep(self, result: Result) -> dict[str, Any]:
        return {"model": result.file("model")}

    @property
    def completion_(self) -> FloatArray:
        """The table filled in."""
        return self._array("completion")

    @property
    def intervals_(self) -> FloatArray:
        """Half-widths of prediction intervals, where `intervals` asks for them: 0 for known entries."""
        check_is_fitted(self)
        try:
            return self._array("halfWidths")
        except KeyError:
            raise AttributeError(
                "there are no intervals; set intervals to a coverage such as 0.9 and fit."
            ) from None

    @property
    def path_(self) -> dict[str, FloatArray]:
        """Steps of training and what the singular values were there, where `record` is set."""
        check_is_fitted(self)
        names = {
            "pathSteps": "steps",
            "pathErrors": "training_error",
            "pathSingularValues": "singular_values",
        }
        try:
            return {word: self._array(name) for name, word in names.items()}
        except KeyError:
            raise AttributeError("no path was recorded; set record=True and fit.") from None


class MatrixCompleter(_TableCompleter):
    """Fill in a table with gaps by the path of a deep linear network.

    No rank to choose and no penalty to tune: the path of training is the regulariser. An imputer in the sense of
    scikit-learn.

    Parameters
    ----------
    depth : int
        The number of layers of the network.
    width : int, optional
        The width of its hidden layers; chosen where None.
    initial_scale : float, optional
        The size of its first end-to-end matrix relative to the data; chosen where None.
    rank : int, optional
        The largest rank of the answer; chosen where None.
    holdout : float
        The share of entries held out when the data are noisy; 0 for none.
    intervals : float, optional
        The coverage of prediction intervals, such as 0.9.
    denoise : bool
        Whether known entries are replaced by their fit.
    fill_undetermined : bool
        Whether cells that nothing known determines get a guess; NaN where not.
    clip : (float, float), optional
        The lowest and the highest value that is given.
    threads : int, optional
        How many threads are used; the answer does not depend on it.
    random_state : int, RandomState instance or None
        The seed of everything random; the same int gives the same bits, those of the command with this ``--seed``.
    record : bool, optional
        Whether the path of training is recorded, for `path_` and the page; in notebooks where None.
    options : dict, optional
        Further options of ``deeplinear complete``.

    Attributes
    ----------
    completion_ : ndarray of shape (n_samples, n_features)
        The table filled in.
    rank_ : int
        The rank that was found.
    noise_ : float or None
        The root mean square error on entries held out; None where the fit is exact or nothing was held out.
    training_error_ : float
        The same on known entries.
    mask_ : mapping
        What the known entries can determine: ``components``, ``undetermined_rows``, ``undetermined_columns``,
        ``undetermined_entries``, ``method``.
    intervals_ : ndarray of shape (n_samples, n_features)
        Half-widths of prediction intervals.
    path_ : dict of str to ndarray
        ``steps``, ``training_error`` and ``singular_values`` along the path of training.
    outcome_ : mapping
        How the fit ended: ``kind``, ``exact``.
    n_iter_ : int
        Steps over all that was tried.
    summary_ : dict
        What ``deeplinear complete --json`` says.

    Examples
    --------
    >>> import numpy as np
    >>> from deeplinear import MatrixCompleter
    >>> table = np.outer([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0])
    >>> table[1, 2] = np.nan
    >>> MatrixCompleter().fit_transform(table)[1].round(6)
    array([2., 4., 6.])
    """

    _method = "deep"

    def __init__(
        self,
        depth: int = 3,
        *,
        width: int | None = None,
        initial_scale: float | None = None,
        rank: int | None = None,
        holdout: float = 0.1,
        intervals: float | None = None,
        denoise: bool = False,
        fill_undetermined: bool = True,
        clip: Sequence[float] | None = None,
        threads: int | None = None,
        random_state: Any = 0,
        record: bool | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.depth = depth
        self.width = width
        self.initial_scale = initial_scale
        self.rank = rank
        self.holdout = holdout
        self.intervals = intervals
        self.denoise = denoise
        self.fill_undetermined = fill_undetermined
        self.clip = clip
        self.threads = threads
        self.random_state = random_state
        self.record = record
        self.options = options


class NuclearNormCompleter(_TableCompleter):
    """Fill in a table with gaps by the matrix of the smallest nuclear norm: the convex baseline, with its certificate.

    Parameters
    ----------
    penalty : {"none", "auto"} or float
        What the nuclear norm is weighed with against the fit: ``"none"`` meets every known entry exactly, ``"auto"``
        lets entries held out decide.
    holdout : float
        The share of entries held out for ``"auto"``.
    denoise : bool
        Whether known entries are replaced by their fit.
    fill_undetermined : bool
        Whether cells that nothing known determines get a guess; NaN where not.
    clip : (float, float), optional
        The lowest and the highest value that is given.
    random_state : int, RandomState instance or None
        The seed of everything random.
    options : dict, optional
        Further options of ``deeplinear complete --method nuclear``.

    Attributes
    ----------
    completion_ : ndarray of shape (n_samples, n_features)
        The table filled in.
    duality_gap_ : float
        How far the nuclear norm can be from the smallest at most.
    penalty_ : float or None
        What the norm was weighed with.
    rank_, noise_, training_error_, mask_, outcome_, n_iter_, summary_
        See `MatrixCompleter`.
    """

    _method = "nuclear"

    def __init__(
        self,
        penalty: str | float = "none",
        *,
        holdout: float = 0.1,
        denoise: bool = False,
        fill_undetermined: bool = True,
        clip: Sequence[float] | None = None,
        random_state: Any = 0,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.penalty = penalty
        self.holdout = holdout
        self.denoise = denoise
        self.fill_undetermined = fill_undetermined
        self.clip = clip
        self.random_state = random_state
        self.options = options

    def _take(self, result: Result) -> None:
        super()._take(result)
        self.duality_gap_ = result.summary.get("dualityGap")
        self.penalty_ = result.summary.get("penalty")
