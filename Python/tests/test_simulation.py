"""Training followed and certified from dictionaries."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

import deeplinear


def spec(**changes) -> dict:
    made = {
        "objective": {"kind": "factorization", "target": np.diag([3.0, 1.0, 0.5])},
        "network": {"initial": {"kind": "layers", "files": [0.1 * np.eye(3), 0.1 * np.eye(3)]}},
        "dynamics": {"kind": "flow"},
        "recording": {
            "times": np.linspace(0, 6, 13), "quantities": ["loss", "singularValues", "endToEnd", "layers"],
        },
    }  # fmt: skip
    return {**made, **changes}


def test_a_flow_agrees_with_its_closed_form() -> None:
    path = deeplinear.simulate(spec())
    s, start = np.array([3.0, 1.0, 0.5]), 0.01
    growth = np.exp(-2 * np.outer(path.times, s))
    expected = start / (growth + start * (1 - growth) / s)
    assert path.singular_values.shape == (13, 3)
    assert np.abs(path.singular_values - expected).max() < 1e-6
    exact = deeplinear.simulate(spec(dynamics={"kind": "exact"}))
    assert np.abs(exact.end_to_end - path.end_to_end).max() < 1e-6


def test_layers_multiply_to_the_whole() -> None:
    path = deeplinear.simulate(spec())
    first, second = path.layers
    assert first.shape == (13, 3, 3)
    assert np.abs(second @ first - path["endToEnd"]).max() < 1e-12
    assert set(path) == {"times", "loss", "singularValues", "endToEnd", "layer1", "layer2"}
    with pytest.raises(AttributeError, match="recording.quantities"):
        path.unbalancedness
    again = pickle.loads(pickle.dumps(path))
    assert np.array_equal(again.loss, path.loss) and again.summary == path.summary


def test_regressions_take_arrays_and_lists() -> None:
    generator = np.random.default_rng(1)
    X = generator.normal(size=(50, 3))
    Y = X @ generator.normal(size=(3, 2))
    described = {
        "objective": {"kind": "regression", "inputs": X, "targets": Y.tolist()},
        "network": {"widths": [3, 4, 2], "initial": {"kind": "gaussian", "standardDeviation": 0.1}},
        "dynamics": {"kind": "descent", "stepSize": 0.05},
        "recording": {"times": [0, 10, 500], "quantities": ["endToEnd"]},
    }
    first = deeplinear.simulate(described, seed=4)
    assert first.loss[-1] < 1e-3 * first.loss[0]
    assert np.array_equal(first.end_to_end, deeplinear.simulate(described, seed=4).end_to_end)
    assert not np.array_equal(first.end_to_end, deeplinear.simulate(described, seed=5).end_to_end)


def test_files_are_read_too(tmp_path) -> None:
    np.save(tmp_path / "y.npy", np.diag([3.0, 1.0, 0.5]))
    described = json.loads(json.dumps(spec(), default=lambda a: a.tolist()))
    described["objective"]["target"] = "y.npy"
    del described["network"]["initial"]["files"]
    described["network"] = {"widths": [3, 3, 3], "initial": {"kind": "identity", "scale": 0.1}}
    (tmp_path / "spec.json").write_text(json.dumps(described))
    path = deeplinear.simulate(tmp_path / "spec.json")
    assert np.array_equal(path.end_to_end, deeplinear.simulate(spec()).end_to_end)


def test_what_diverges_is_an_error_with_a_trajectory() -> None:
    described = spec(
        dynamics={"kind": "descent", "stepSize": 5.0},
        recording={"times": [0, 1, 2, 100], "quantities": ["loss"]},
    )
    with pytest.raises(deeplinear.NotConvergedError, match="make stepSize smaller") as caught:
        deeplinear.simulate(described)
    assert isinstance(caught.value.result, deeplinear.Trajectory)
    assert caught.value.result.times[0] == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"objectiv": {}}, "did you mean 'objective'"),
        ({"dynamics": {"kind": "flwo"}}, "flow"),
        ({"objective": {"kind": "factorization", "target": [["a"]]}}, "objective.target: "),
        ({"objective": {"kind": "factorization", "target": np.full((3, 3), np.nan)}}, "objective.target"),
        ({"recording": {"times": []}}, "at least one time"),
    ],
)
def test_specifications_that_cannot_be(change, words) -> None:
    with pytest.raises(ValueError, match=words):
        deeplinear.simulate(spec(**change))
    with pytest.raises(ValueError, match="dictionary or a path"):
        deeplinear.simulate(3)  # type: ignore[arg-type]


def test_certificates_hold_for_what_was_simulated() -> None:
    path = deeplinear.simulate(spec())
    verdict = deeplinear.certify(spec(), path).summary
    assert verdict["verdict"] == "holds"
    assert "layer1" in verdict["matchedAtStart"]
    arrays = {name: array.copy() for name, array in path.items()}
    arrays["layer1"][5:] *= 1.5
    with pytest.raises((deeplinear.NotConvergedError, ValueError)):
        deeplinear.certify(spec(), arrays)
    assert deeplinear.certify(spec()).summary["recordedTimes"] == 0


def test_the_catalogue_and_an_item_of_it(tmp_path) -> None:
    items = deeplinear.reproduce("list").summary["items"]
    assert len(items) > 10
    quickest = min(items, key=lambda item: item["seconds"])["id"]
    result = deeplinear.reproduce(quickest, tmp_path / "gallery", quick=True)
    assert (tmp_path / "gallery" / "index.html").exists()
    assert result.summary["items"][0]["id"] == quickest
