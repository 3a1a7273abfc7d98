"""Many runs as a table."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading

import numpy as np
import pytest

import deeplinear

pandas = pytest.importorskip("pandas")


def spec(**changes) -> dict:
    made = {
        "objective": {"kind": "factorization", "target": np.diag([2.0, 1.0])},
        "network": {"widths": [2, 2, 2], "initial": {"kind": "gaussian", "standardDeviation": 0.1}},
        "dynamics": {"kind": "descent", "stepSize": 0.1},
        "recording": {"times": [0, 40]},
        "sweep": {"axes": {"dynamics.stepSize": [0.05, 0.1]}, "seeds": 3, "measure": ["finalLoss"]},
    }  # fmt: skip
    return {**made, **changes}


def test_a_row_for_each_run() -> None:
    table = deeplinear.sweep(spec())
    assert list(table) == [
        "dynamics.stepSize", "replicate", "seed", "status", "finalLoss", "problem",
    ]  # fmt: skip
    assert len(table) == 6 and table.seed.nunique() == 6 and table.seed.dtype == np.uint64
    assert table["dynamics.stepSize"].tolist() == [0.05] * 3 + [0.1] * 3
    assert (table.status == "done").all() and table.problem.isna().all()
    assert table.attrs["summary"]["runs"] == 6
    # A run of the sweep is the simulation of its seed; many small ones advance together, which rounds otherwise.
    row = table.iloc[4]
    alone = deeplinear.simulate({k: v for k, v in spec().items() if k != "sweep"}, seed=int(row.seed))
    assert alone.loss[-1] == pytest.approx(row.finalLoss, rel=1e-12)


def test_axes_beside_those_of_the_specification_and_in_their_place() -> None:
    table = deeplinear.sweep(
        spec(), axes={"dynamics.stepSize": {"from": 0.01, "to": 1, "count": 3, "spacing": "log"}},
        settings={"network.widths": [2, 3, 2]}, seeds=1,
    )  # fmt: skip
    assert table["dynamics.stepSize"].tolist() == [0.01, 0.1, 1]
    words = deeplinear.sweep(spec(), axes={"dynamics.method": ["plain", "heavyBall"]}, seeds=1)
    assert words["dynamics.method"].unique().tolist() == ["heavyBall", "plain"]


def test_the_same_table_as_the_command_and_from_a_file(command, tmp_path) -> None:
    np.save(tmp_path / "y.npy", np.diag([2.0, 1.0]))
    written = spec(objective={"kind": "factorization", "target": "y.npy"})
    (tmp_path / "spec.json").write_text(json.dumps(written))
    done = subprocess.run(
        [command, "sweep", tmp_path / "spec.json", "--output", tmp_path / "by-command", "--axis",
         "dynamics.stepSize=0.02,0.03"], capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    table = deeplinear.sweep(
        tmp_path / "spec.json", tmp_path / "by-python", axes={"dynamics.stepSize": (0.02, 0.03)}
    )
    both = [(tmp_path / name / "runs.csv").read_bytes() for name in ("by-command", "by-python")]
    assert both[0] == both[1]
    from_arrays = deeplinear.sweep(spec(), axes={"dynamics.stepSize": [0.02, 0.03]})
    assert from_arrays.equals(table)


def test_a_folder_is_gone_on_with(tmp_path) -> None:
    first = deeplinear.sweep(spec(), tmp_path / "sweep")
    with pytest.raises(ValueError, match="resume"):
        deeplinear.sweep(spec(), tmp_path / "sweep")
    more = deeplinear.sweep(spec(), tmp_path / "sweep", seeds=5, resume=True)
    assert more.attrs["summary"]["ran"] == 4 and more.attrs["summary"]["before"] == 6
    assert more[more.replicate < 3].reset_index(drop=True).equals(first)
    assert (tmp_path / "sweep" / "report" / "index.html").exists()


def test_parquet(tmp_path) -> None:
    pytest.importorskip("pyarrow")
    table = deeplinear.sweep(spec())
    table.to_parquet(tmp_path / "runs.parquet")
    again = pandas.read_parquet(tmp_path / "runs.parquet")
    assert np.array_equal(again.finalLoss, table.finalLoss)
    assert np.array_equal(again.seed, table.seed) and again.seed.dtype == np.uint64


def test_other_jobs_on_a_teacher() -> None:
    table = deeplinear.sweep(
        {
            "job": "complete",
            "teacher": {"kind": "completion", "rows": 20, "columns": 20, "rank": 1, "entriesPerDegree": 3},
            "holdout": 0,
            "sweep": {"seeds": 4, "measure": [
                "relativeError", {"name": "recovered", "below": 1e-6, "of": "relativeError"},
            ]},
        },
        axes={"teacher.entriesPerDegree": [2.0, 5.0]},
    )  # fmt: skip
    assert ((table.relativeError < 1e-6) == (table.recovered == 1)).all()
    assert table[table["teacher.entriesPerDegree"] == 5].recovered.mean() > 0.7


def test_failures_are_told_by_row_and_not_fatal() -> None:
    table = deeplinear.sweep(spec(), axes={"network.widths": [[2, 2, 2], [2, 3]]}, seeds=1)
    failed = table[table.status == "failed"]
    assert len(failed) == 2 and failed.finalLoss.isna().all()
    assert failed.problem.str.contains("3").all()


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ({"dynamics.stepsize.x": [1]}, "did you mean 'dynamics.stepSize'"),
        ({"dynamics.stepSize": []}, "has no values"),
        ({"dynamics.stepSize": 0.1}, "no list of values"),
        ({"dynamics.stepSize": "0.1"}, "no list of values"),
        ({"dynamics.stepSize": {"from": 0.1, "too": 1}}, "too"),
        ({"dynamics.stepSize": {"from": 0, "to": 1, "count": 10**9}}, "limit"),
        ({"dynamics.stepSize": [float("nan")]}, "nan"),
        ({"seed": [1]}, "seeds"),
    ],
)
def test_axes_that_cannot_be(axes, words) -> None:
    with pytest.raises(ValueError, match=words):
        deeplinear.sweep(spec(), axes=axes)


def test_an_interrupted_sweep_gives_what_was_done(tmp_path) -> None:
    long = spec(recording={"times": [0, 10**6]}, sweep={"seeds": 500, "measure": ["finalLoss"]})
    threading.Timer(1.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt) as caught:
        deeplinear.sweep(long, tmp_path / "sweep", axes={"dynamics.stepSize": [1e-7, 2e-7]})
    result = caught.value.result
    assert result is None or len(result) < 1000
