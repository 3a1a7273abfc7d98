"""The other estimators: truths about what they find."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import deeplinear
from deeplinear import LinearAutoencoder, MatrixSensor, ReducedRankRegressor, TensorCompleter


@pytest.fixture
def regression() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    X = generator.normal(size=(200, 6))
    truth = generator.normal(size=(4, 2)) @ generator.normal(size=(2, 6))
    return X, X @ truth.T + 3 + 0.1 * generator.normal(size=(200, 4)), truth


def test_the_rank_of_a_regression_is_found(regression) -> None:
    X, Y, truth = regression
    fit = ReducedRankRegressor().fit(X, Y)
    assert fit.rank_ == 2
    assert fit.coef_.shape == (4, 6) and fit.intercept_.shape == (4,)
    # Each coefficient has a standard error of 0.1/√200.
    assert np.abs(fit.coef_ - truth).max() < 6 * 0.1 / np.sqrt(200)
    assert fit.score(X, Y) > 0.99
    assert np.linalg.matrix_rank(fit.coef_, tol=1e-8) == 2
    assert np.array_equal(pickle.loads(pickle.dumps(fit)).predict(X), fit.predict(X))


def test_one_output_is_least_squares(regression) -> None:
    X, Y, _ = regression
    fit = ReducedRankRegressor(rank=1).fit(X, Y[:, 0])
    design = np.column_stack([X, np.ones(len(X))])
    expected = np.linalg.lstsq(design, Y[:, 0], rcond=None)[0]
    assert np.abs(fit.coef_ - expected[:-1]).max() < 1e-10
    assert abs(fit.intercept_ - expected[-1]) < 1e-10
    assert fit.predict(X).shape == (200,)


def test_no_intercept(regression) -> None:
    X, Y, _ = regression
    assert not ReducedRankRegressor(fit_intercept=False).fit(X, Y).intercept_.any()


def test_an_autoencoder_finds_principal_components() -> None:
    generator = np.random.default_rng(7)
    scales = np.array([4.0, 2.0, 1.0, 0.2, 0.1])
    basis = np.linalg.qr(generator.normal(size=(5, 5)))[0]
    X = generator.normal(size=(300, 5)) * scales @ basis + 1
    fit = LinearAutoencoder(2).fit(X)
    centred = X - X.mean(axis=0)
    expected = np.linalg.svd(centred, full_matrices=False)[2][:2]
    # Training stops a billionth of the loss above the least: the space is off by about the root of it.
    assert np.abs(np.abs(fit.components_ @ expected.T) - np.eye(2)).max() < 1e-3
    total = centred.var(axis=0).sum()
    assert np.allclose(fit.explained_variance_.sum(), fit.explained_variance_ratio_ * total)
    codes = fit.transform(X)
    assert codes.shape == (300, 2)
    restored = fit.inverse_transform(codes)
    lost = ((X - restored) ** 2).sum() / (centred**2).sum()
    assert abs(lost - (1 - fit.explained_variance_ratio_)) < 1e-6
    first, second = fit.rising_steps_
    assert first < second
    assert list(fit.get_feature_names_out()) == ["linearautoencoder0", "linearautoencoder1"]


def test_too_few_steps_are_an_error_with_a_fit() -> None:
    fit = LinearAutoencoder(1, max_iter=3)
    X = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(deeplinear.NotConvergedError, match="more steps"):
        fit.fit(X)
    assert fit.components_.shape == (1, 3)
    with pytest.raises(RuntimeError):
        LinearAutoencoder(1, max_iter=3).fit(X)


def test_a_matrix_is_found_from_measurements() -> None:
    generator = np.random.default_rng(9)
    truth = generator.normal(size=(8, 1)) @ generator.normal(size=(1, 6))
    A = generator.normal(size=(40, 8, 6))
    b = (A * truth).sum(axis=(1, 2))
    fit = MatrixSensor().fit(A, b)
    assert fit.rank_ == 1 and fit.outcome_.exact
    assert np.abs(fit.matrix_ - truth).max() < 1e-9
    flat = MatrixSensor(shape=(8, 6)).fit(A.reshape(40, 48), b)
    assert np.array_equal(flat.matrix_, fit.matrix_)
    assert np.abs(fit.predict(A) - b).max() < 1e-8
    with pytest.raises(ValueError, match="correct shape"):
        MatrixSensor(shape=(7, 6)).fit(A.reshape(40, 48), b)
    with pytest.raises(ValueError, match="features"):
        fit.predict(A[:, :, :3].reshape(40, 24))


def test_a_tensor_is_filled_in() -> None:
    generator = np.random.default_rng(2)
    factors = [generator.normal(size=(n, 2)) for n in (7, 8, 9)]
    whole = np.einsum("ir,jr,kr->ijk", *factors)
    holed = np.where(generator.random(whole.shape) < 0.5, np.nan, whole)
    completer = TensorCompleter()
    filled = completer.fit_transform(holed)
    assert completer.outcome_.exact and completer.rank_ == 2
    assert np.abs(filled - whole).max() < 1e-8
    known = ~np.isnan(holed)
    assert np.array_equal(filled[known], holed[known])
    assert np.array_equal(completer.transform(holed), filled)
    with pytest.raises(ValueError, match="no new rows"):
        completer.transform(holed[:3])
    with pytest.raises(ValueError, match="3 features|fitted"):
        completer.transform(holed[:, :3])


@pytest.mark.parametrize(
    "estimator",
    [ReducedRankRegressor(rank=1), LinearAutoencoder(1), MatrixSensor(), TensorCompleter()],
    ids=lambda e: type(e).__name__,
)
def test_every_fit_has_a_page_and_survives_a_pickle(estimator) -> None:
    generator = np.random.default_rng(0)
    X = np.outer(generator.normal(size=30), [1.0, 2, 3]) + 0.1 * generator.normal(size=(30, 3))
    fit = estimator.fit(X, X @ [1, -1, 2.0])
    assert "<html" in fit.page()
    other = pickle.loads(pickle.dumps(fit))
    assert other.summary_ == fit.summary_
    with pytest.raises(ValueError, match="pickled"):
        other.page()
