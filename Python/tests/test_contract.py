"""scikit-learn's own checks of every estimator."""

from __future__ import annotations

import inspect

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import deeplinear

ESTIMATORS = [
    deeplinear.MatrixCompleter(),
    deeplinear.NuclearNormCompleter(),
    deeplinear.ReducedRankRegressor(),
    deeplinear.LinearAutoencoder(),
    deeplinear.MatrixSensor(),
    deeplinear.TensorCompleter(),
]


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_finds_nothing_wrong(estimator, check) -> None:
    check(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_every_setting_and_attribute_is_documented(estimator) -> None:
    # Without its indentation, which Python 3.13 leaves out.
    text = inspect.getdoc(type(estimator))
    assert all(f"\n{name} : " in text for name in estimator.get_params())
    assert "Attributes\n----------" in text
