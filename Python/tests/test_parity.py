"""The same bits as the command, and what a call costs."""

from __future__ import annotations

import json
import subprocess
import time

import numpy as np
import pytest

import deeplinear
from deeplinear import MatrixCompleter


def call(command: str, *arguments: object) -> dict:
    done = subprocess.run(
        [command, *map(str, arguments), "--json"], capture_output=True, text=True, timeout=300
    )
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def without_times(summary: dict) -> dict:
    files = {"seconds", "output", "report", "model", "intervalOutput", "understood", "warnings"}
    return {key: value for key, value in summary.items() if key not in files}


@pytest.mark.parametrize("seed", [0, 7])
def test_completion(command, table, tmp_path, seed) -> None:
    np.save(tmp_path / "x.npy", table)
    said = call(
        command, "complete", tmp_path / "x.npy", "--output", tmp_path / "y.npy", "--seed", seed, "--intervals", 0.9,
        "--interval-output", tmp_path / "w.npy", "--fill-undetermined", "--model", tmp_path / "m.safetensors",
    )  # fmt: skip
    completer = MatrixCompleter(random_state=seed, intervals=0.9).fit(table)
    assert np.array_equal(completer.completion_, np.load(tmp_path / "y.npy"))
    assert np.array_equal(completer.intervals_, np.load(tmp_path / "w.npy"))
    assert without_times(completer.summary_) == without_times(said)
    new = table[:7, :].copy()
    new[:, 3] = np.nan
    np.save(tmp_path / "new.npy", new)
    call(command, "predict", tmp_path / "m.safetensors", tmp_path / "new.npy", "--output", tmp_path / "p.npy")
    assert np.array_equal(completer.transform(new), np.load(tmp_path / "p.npy"))


def test_recording_changes_no_bit(table) -> None:
    plain = MatrixCompleter(record=False).fit_transform(table)
    assert np.array_equal(plain, MatrixCompleter(record=True).fit_transform(table))


def test_simulation(command, tmp_path) -> None:
    spec = {
        "objective": {"kind": "factorization", "target": "y.npy"},
        "network": {"widths": [4, 5, 3], "initial": {"kind": "gaussian", "standardDeviation": 0.1}},
        "dynamics": {"kind": "flow"},
        "recording": {"times": [0, 1, 5], "quantities": ["loss", "endToEnd", "layers", "unbalancedness"]},
        "seed": 3,
    }
    target = np.random.default_rng(0).normal(size=(3, 4))
    np.save(tmp_path / "y.npy", target)
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    call(command, "simulate", tmp_path / "spec.json", "--output", tmp_path / "t.npz")
    spec["objective"]["target"] = target
    path = deeplinear.simulate(spec)
    with np.load(tmp_path / "t.npz") as archive:
        assert set(archive) == set(path)
        assert all(np.array_equal(archive[name], path[name]) for name in archive)


def test_regression(command, tmp_path) -> None:
    generator = np.random.default_rng(2)
    X = generator.normal(size=(60, 5))
    Y = X @ generator.normal(size=(5, 3)) + generator.normal(size=(60, 3))
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    said = call(
        command,
        "regress",
        tmp_path / "x.npy",
        tmp_path / "y.npy",
        "--output",
        tmp_path / "w.npy",
        "--seed",
        5,
    )
    fit = deeplinear.ReducedRankRegressor(random_state=5).fit(X, Y)
    assert np.array_equal(fit.coef_, np.load(tmp_path / "w.npy"))
    assert fit.summary_["intercept"] == said["intercept"]


def test_a_call_costs_less_than_two_milliseconds() -> None:
    """What lies around the library: its own seconds stand in the summary."""
    assert np.quantile(around(np.outer(np.arange(1.0, 5), np.arange(1.0, 4)), 60), 0.1) < 2e-3


def test_a_million_entries_cost_less_than_two_percent() -> None:
    """The array goes in and out where it lies: beside the fit there are the reading of a request and of a summary."""
    generator = np.random.default_rng(6)
    table = generator.normal(size=(1000, 1)) @ generator.normal(size=(1, 1000))
    assert around(table, 1, share=True)[0] < 0.02


def around(table: np.ndarray, count: int, share: bool = False) -> list[float]:
    """Seconds of a call that are not the library's own, or their share: the quickest of many calls tell what it costs on a
    machine that does other things too."""
    request = {"job": "complete", "observed": {"array": "x"}, "holdout": 0, "depth": 2}
    found = []
    for _ in range(count):
        begin = time.perf_counter()
        result = deeplinear.run(request, {"x": table})
        result.arrays["completion"]
        own = result.summary["seconds"]
        other = time.perf_counter() - begin - own
        found.append(other / own if share else other)
    return found
