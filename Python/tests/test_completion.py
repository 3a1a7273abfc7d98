"""Tables with gaps: what comes out, in which form, and from what."""

from __future__ import annotations

import pickle

import numpy as np
import pandas
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import deeplinear
from deeplinear import MatrixCompleter, NuclearNormCompleter


def test_a_table_of_low_rank_is_recovered(exact) -> None:
    whole, holed = exact
    completer = MatrixCompleter().fit(holed)
    filled = completer.completion_
    # The instance is determined: what remains is rounding of numbers of order one, times the condition of small blocks.
    assert np.abs(filled - whole).max() < 1e-10
    assert completer.rank_ == 2
    assert completer.outcome_.exact
    assert completer.mask_.undetermined_entries == 0


def test_known_entries_are_kept_to_the_bit(table) -> None:
    filled = MatrixCompleter().fit_transform(table)
    known = ~np.isnan(table)
    assert np.array_equal(filled[known], table[known])
    assert np.isfinite(filled).all()


def test_denoise_replaces_known_entries(table) -> None:
    filled = MatrixCompleter(denoise=True).fit_transform(table)
    known = ~np.isnan(table)
    assert not np.array_equal(filled[known], table[known])
    assert np.sqrt(np.mean((filled[known] - table[known]) ** 2)) < 0.2


def test_new_rows_are_filled_without_fitting(exact) -> None:
    whole, holed = exact
    completer = MatrixCompleter().fit(holed[:25])
    filled = completer.transform(holed[25:])
    assert np.abs(filled - whole[25:]).max() < 1e-9


def test_rows_of_which_nothing_is_known(table) -> None:
    completer = MatrixCompleter().fit(table)
    nothing = np.full((3, 12), np.nan)
    filled = completer.transform(nothing)
    assert filled.shape == (3, 12)
    assert np.isfinite(filled).all()
    mixed = completer.transform(np.vstack([table[:2], nothing]))
    assert np.array_equal(mixed[2:], filled)
    assert np.isnan(MatrixCompleter(fill_undetermined=False).fit(table).transform(nothing)).all()


def test_a_column_of_which_nothing_is_known(table) -> None:
    table[:, 4] = np.nan
    others = np.arange(12) != 4
    completer = MatrixCompleter().fit(table)
    assert completer.mask_["undeterminedColumns"] == [4]
    assert np.isfinite(completer.completion_).all()
    left = MatrixCompleter(fill_undetermined=False).fit_transform(table)
    assert np.isnan(left[:, 4]).all() and np.isfinite(left[:, others]).all()


def test_entries_and_sparse_tables_give_the_same_bits(table) -> None:
    expected = MatrixCompleter().fit_transform(table)
    rows, columns = np.nonzero(~np.isnan(table))
    values = table[rows, columns]
    shuffled = np.random.default_rng(0).permutation(len(rows))
    completer = MatrixCompleter().fit_entries(
        rows[shuffled], columns[shuffled], values[shuffled], shape=table.shape
    )
    assert np.array_equal(completer.completion_, expected)
    for form in (sparse.coo_array, sparse.csr_array, sparse.csc_matrix):
        matrix = form(sparse.coo_array((values, (rows, columns)), shape=table.shape))
        assert np.array_equal(MatrixCompleter().fit_transform(matrix), expected)


def test_stored_zeros_are_known() -> None:
    matrix = sparse.coo_array(([0.0, 1.0, 2.0, 2.0], ([0, 0, 1, 1], [0, 1, 0, 1])), shape=(2, 2))
    filled = MatrixCompleter().fit_transform(matrix)
    assert np.array_equal(filled, [[0, 1], [2, 2]])


def test_intervals_cover(table) -> None:
    completer = MatrixCompleter(intervals=0.9).fit(table)
    widths = completer.intervals_
    assert widths.shape == table.shape
    assert (widths[~np.isnan(table)] == 0).all()
    assert (widths[np.isnan(table)] > 0).all()
    with pytest.raises(AttributeError, match="intervals"):
        MatrixCompleter().fit(table).intervals_


def test_the_path_rises(table) -> None:
    path = MatrixCompleter(record=True).fit(table).path_
    assert path["steps"].shape == path["training_error"].shape
    assert path["singular_values"].shape[0] == len(path["steps"])
    assert path["singular_values"][-1, 0] > path["singular_values"][0, 0]
    with pytest.raises(AttributeError, match="record=True"):
        MatrixCompleter(record=False).fit(table).path_


def test_frames_keep_names_index_and_other_columns(table) -> None:
    names = [f"sensor {k}" for k in range(12)]
    index = pandas.date_range("2026-01-01", periods=40)
    frame = pandas.DataFrame(table, columns=names, index=index)
    frame.insert(3, "place", [f"room {k % 4}" for k in range(40)])
    filled = MatrixCompleter().fit_transform(frame)
    assert isinstance(filled, pandas.DataFrame)
    assert list(filled.columns) == list(frame.columns)
    assert filled.index.equals(index)
    pandas.testing.assert_series_equal(filled["place"], frame["place"])
    expected = MatrixCompleter().fit_transform(table)
    assert np.array_equal(filled.drop(columns="place").to_numpy(), expected)
    completer = MatrixCompleter().fit(frame)
    assert list(completer.get_feature_names_out()) == list(frame.columns)
    again = completer.transform(frame.iloc[:5])
    assert list(again.columns) == list(frame.columns)


def test_missing_values_of_pandas(table) -> None:
    frame = pandas.DataFrame(table).astype("Float64")
    assert frame.isna().to_numpy().sum() == np.isnan(table).sum()
    filled = MatrixCompleter().fit_transform(frame)
    assert np.array_equal(filled.to_numpy(dtype=float), MatrixCompleter().fit_transform(table))


def test_whole_numbers_stay_whole() -> None:
    frame = pandas.DataFrame({"a": [1, 2, 3, 4], "b": [2.0, np.nan, 6.0, 8.0], "c": [3, 6, 9, 12]})
    filled = MatrixCompleter().fit_transform(frame)
    assert filled["a"].dtype == frame["a"].dtype
    assert abs(filled["b"][1] - 4) < 1e-9


def test_set_output(table) -> None:
    completer = MatrixCompleter().set_output(transform="pandas").fit(table)
    filled = completer.transform(table)
    assert isinstance(filled, pandas.DataFrame)
    assert list(filled.columns) == list(completer.get_feature_names_out())


def test_pipelines_and_searches(table) -> None:
    target = np.nan_to_num(table).sum(axis=1)
    pipeline = make_pipeline(MatrixCompleter(), LinearRegression())
    search = GridSearchCV(pipeline, {"matrixcompleter__depth": [2, 3]}, cv=3).fit(table, target)
    assert search.best_params_["matrixcompleter__depth"] in (2, 3)
    assert np.isfinite(search.predict(table)).all()


def test_clones_and_pickles(table) -> None:
    completer = MatrixCompleter(intervals=0.9).fit(table)
    assert not hasattr(clone(completer), "rank_")
    other = pickle.loads(pickle.dumps(completer))
    assert other.rank_ == completer.rank_
    assert np.array_equal(other.completion_, completer.completion_)
    assert np.array_equal(other.intervals_, completer.intervals_)
    assert np.array_equal(other.transform(table), completer.transform(table))
    assert pickle.loads(pickle.dumps(other)).rank_ == completer.rank_


def test_a_pickle_of_another_version_is_refused(table) -> None:
    completer = MatrixCompleter().fit(table)
    state = completer.__getstate__()
    state["_deeplinear_version"] = "0.0.1"
    with pytest.raises(ValueError, match="pickled by deeplinear 0.0.1"):
        MatrixCompleter().__setstate__(state)


def test_a_seed_means_the_same(table) -> None:
    first = MatrixCompleter(random_state=5).fit_transform(table)
    assert np.array_equal(first, MatrixCompleter(random_state=5).fit_transform(table))
    drawn = [
        MatrixCompleter(random_state=np.random.RandomState(1)).fit(table).summary_["seed"] for _ in range(2)
    ]
    assert drawn[0] == drawn[1] != 5


def test_options_of_the_command_flow_through(table) -> None:
    completer = MatrixCompleter(options={"clip": [-1, 1]}).fit(table)
    gaps = np.isnan(table)
    assert np.abs(completer.completion_[gaps]).max() <= 1
    with pytest.raises(deeplinear.InputError, match="did you mean 'depth'"):
        MatrixCompleter(options={"depht": 3}).fit(table)


def test_what_nothing_determines() -> None:
    table = np.outer(np.arange(1.0, 7), np.arange(1.0, 6))
    table[:, 2] = np.nan
    table[1, 3] = np.nan
    completer = MatrixCompleter().fit(table)
    assert completer.mask_.undetermined_columns == [2]
    assert np.isfinite(completer.completion_).all()
    left = MatrixCompleter(fill_undetermined=False).fit_transform(table)
    assert np.isnan(left[:, 2]).all()
    assert abs(left[1, 3] - 8) < 1e-9


def test_the_nuclear_norm_has_a_certificate(exact) -> None:
    whole, holed = exact
    completer = NuclearNormCompleter().fit(holed)
    norm = np.linalg.norm(completer.completion_, "nuc")
    assert 0 <= completer.duality_gap_ < 1e-4 * norm
    assert norm <= np.linalg.norm(whole, "nuc") * (1 + 1e-6)


def test_a_page_needs_no_network(table) -> None:
    completer = MatrixCompleter(record=True).fit(table)
    page = completer.page()
    assert "<svg" in page
    assert 'src="' not in page and "http-equiv" not in page
    shown = completer._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert "estimator" in MatrixCompleter()._repr_html_()
