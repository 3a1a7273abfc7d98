"""The way in: memory, threads, processes, interrupts and errors."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest

import deeplinear
from deeplinear import MatrixCompleter, _door

COMPLETE = {"job": "complete", "observed": {"array": "x"}}


def long_work() -> dict:
    """A request that would take hours."""
    return {
        "objective": {"kind": "factorization", "target": np.diag(np.arange(1.0, 41))},
        "network": {"widths": [40, 40, 40], "initial": {"kind": "identity", "scale": 0.1}},
        "dynamics": {"kind": "descent", "stepSize": 1e-9},
        "recording": {"times": [0, 10**9]},
    }


def test_arrays_in_order_are_passed_where_they_are(monkeypatch, table) -> None:
    seen = []
    real = _door._library.deeplinear_run

    def spy(request, arrays, count, *rest):
        seen.extend((arrays[k].data, arrays[k].shape[0]) for k in range(count))
        return real(request, arrays, count, *rest)

    monkeypatch.setattr(_door._library, "deeplinear_run", spy)
    MatrixCompleter().fit(table)
    assert seen == [(table.ctypes.data, len(table))]


def test_arrays_come_back_where_they_are(table) -> None:
    result = deeplinear.run(COMPLETE, {"x": table})
    found = _door._Array()
    assert _door._library.deeplinear_array_at(result._handle.address, 0, ctypes.byref(found))
    filled = result.arrays["completion"]
    assert filled.ctypes.data == found.data
    assert not filled.flags.owndata and filled.flags.writeable
    filled[0, 0] = 7
    assert result.arrays["completion"][0, 0] == 7


def test_arrays_keep_their_result_alive(table) -> None:
    result = deeplinear.run(COMPLETE, {"x": table})
    handle = weakref.ref(result._handle)
    filled = result.arrays["completion"]
    expected = filled.copy()
    part = filled[3:, 1:]
    del result, filled
    gc.collect()
    assert handle() is not None
    assert np.array_equal(part, expected[3:, 1:])
    del part
    gc.collect()
    assert handle() is None


def test_memory_does_not_grow() -> None:
    table = np.random.default_rng(0).normal(size=(200, 100))

    def resident() -> int:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def work() -> None:
        result = deeplinear.run({**COMPLETE, "holdout": 0, "depth": 2}, {"x": table})
        result.arrays["completion"]
        result.file("model")

    for _ in range(10):
        work()
    before = resident()
    for _ in range(60):
        work()
    # A leak of one array a call would be 60 × 160 kB.
    assert resident() - before < 4 << 20


@pytest.mark.parametrize(
    "change",
    [
        np.asfortranarray,
        lambda a: np.repeat(np.repeat(a, 2, axis=0), 3, axis=1)[::2, ::3],
        lambda a: a[::-1].copy()[::-1],
        lambda a: np.ma.masked_invalid(a),
        lambda a: a.astype(">f8"),
        lambda a: a.astype(object),
        lambda a: a.tolist(),
    ],
    ids=["Fortran", "strides", "negative", "masked", "big-endian", "object", "lists"],
)
def test_every_form_of_an_array_gives_the_same_bits(table, change) -> None:
    expected = MatrixCompleter().fit_transform(table)
    assert np.array_equal(MatrixCompleter().fit_transform(change(table)), expected)


def test_read_only_arrays(table) -> None:
    table.flags.writeable = False
    before = table.copy()
    MatrixCompleter().fit_transform(table)
    assert np.array_equal(table, before, equal_nan=True)


def test_misaligned_arrays(table) -> None:
    raw = np.zeros(table.nbytes + 1, np.uint8)
    odd = raw[1:].view(np.float64).reshape(table.shape)
    odd[:] = table
    assert odd.ctypes.data % 8 != 0
    assert np.array_equal(
        deeplinear.run(COMPLETE, {"x": odd}).arrays["completion"],
        deeplinear.run(COMPLETE, {"x": table}).arrays["completion"],
    )


def test_four_threads_get_the_bits_of_one() -> None:
    generator = np.random.default_rng(1)
    tables = []
    for _ in range(4):
        whole = generator.normal(size=(50, 3)) @ generator.normal(size=(3, 30))
        whole += 0.1 * generator.normal(size=whole.shape)
        whole[generator.random(whole.shape) < 0.4] = np.nan
        tables.append(whole)
    alone = [MatrixCompleter().fit_transform(table) for table in tables]
    together: list = [None] * 4
    start = threading.Barrier(4)

    def work(k: int) -> None:
        start.wait()
        together[k] = MatrixCompleter().fit_transform(tables[k])

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(a, b) for a, b in zip(alone, together))


def test_the_interpreter_is_free_meanwhile() -> None:
    ticks = 0
    stop = threading.Event()

    def count() -> None:
        nonlocal ticks
        while not stop.is_set():
            ticks += 1
            time.sleep(0.001)

    counter = threading.Thread(target=count)
    counter.start()
    generator = np.random.default_rng(2)
    table = generator.normal(size=(120, 80))
    table[generator.random(table.shape) < 0.5] = np.nan
    begin = time.perf_counter()
    MatrixCompleter().fit(table)
    seconds = time.perf_counter() - begin
    stop.set()
    counter.join()
    assert ticks > 100 * seconds


def test_arrays_that_change_during_a_fit(table) -> None:
    big = np.tile(table, (20, 10))
    stop = threading.Event()

    def disturb() -> None:
        generator = np.random.default_rng(0)
        while not stop.is_set():
            big[generator.integers(0, len(big), 100)] = generator.choice([np.nan, 1.0, 2.0])

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        for _ in range(5):
            filled = MatrixCompleter(rank=2, depth=2).fit_transform(big)
            assert filled.shape == big.shape
    except ValueError:
        pass  # All of it may have been missing at the time.
    finally:
        stop.set()
        thread.join()


def _fit_in_child(queue, table) -> None:
    queue.put(MatrixCompleter().fit_transform(table))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_in_the_middle_of_a_fit(table) -> None:
    expected = MatrixCompleter().fit_transform(table)
    begun = threading.Event()
    failures = []

    def work() -> None:
        try:
            deeplinear.simulate(long_work(), progress=lambda *_: begun.set() if not stop.is_set() else 1 / 0)
        except ZeroDivisionError:
            pass
        except BaseException as failure:
            failures.append(failure)

    stop = threading.Event()
    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(30)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_fit_in_child, args=(queue, table))
    child.start()
    filled = queue.get(timeout=60)
    child.join(30)
    stop.set()
    thread.join(30)
    assert not thread.is_alive() and not failures
    assert child.exitcode == 0
    assert np.array_equal(filled, expected)


def test_an_interrupt_stops_within_a_fifth_of_a_second() -> None:
    code = """
import os, signal, sys, threading, time
import numpy as np, deeplinear
signal.signal(signal.SIGINT, signal.default_int_handler)
spec = {
    "objective": {"kind": "factorization", "target": np.diag(np.arange(1.0, 41))},
    "network": {"widths": [40, 40, 40], "initial": {"kind": "identity", "scale": 0.1}},
    "dynamics": {"kind": "descent", "stepSize": 1e-9},
    "recording": {"times": [0, 10**9]},
}
sent = []
def interrupt():
    time.sleep(1)
    sent.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
try:
    deeplinear.simulate(spec)
except KeyboardInterrupt as stopped:
    late = time.perf_counter() - sent[0]
    print(late, type(stopped).__name__, type(stopped.result).__name__, len(stopped.result["times"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    late, kind, result, count = done.stdout.split()
    assert kind == "Interrupted" and result == "Trajectory" and int(count) >= 1
    assert float(late) < 0.2


def test_an_interrupted_fit_keeps_what_there_is() -> None:
    generator = np.random.default_rng(4)
    table = generator.normal(size=(400, 8)) @ generator.normal(size=(8, 300))
    table += generator.normal(size=table.shape)
    table[generator.random(table.shape) < 0.7] = np.nan
    completer = MatrixCompleter()

    def interrupt() -> None:
        time.sleep(0.5)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    sent: list[float] = []
    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        completer.fit(table)
        time.sleep(1)  # A fit that was quicker than the interrupt.
    late = time.perf_counter() - sent[0]
    thread.join()
    assert late < 0.2


def test_progress_is_told() -> None:
    heard = []

    def hear(stage, share, sentence) -> None:
        heard.append((stage, share))
        if len(heard) > 3:
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        deeplinear.simulate(long_work(), progress=hear)
    assert all(stage == "simulating" for stage, _ in heard)
    shares = [share for _, share in heard if share is not None]
    assert all(0 <= share <= 1 for share in shares)


def test_a_bar_is_shown_when_asked(capsys) -> None:
    def interrupt() -> None:
        time.sleep(1.6)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        deeplinear.simulate(long_work(), progress=True)
    assert "simulating" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("request_", "arrays", "words"),
    [
        ({}, {}, "lacks the key 'job'"),
        ({"job": "compleet"}, {}, "did you mean 'complete'"),
        (COMPLETE, {}, "there is no array 'x'"),
        ({**COMPLETE, "depth": 0}, {"x": [[1.0]]}, "depth must be at least 1, not 0"),
        ({**COMPLETE, "depth": float("nan")}, {"x": [[1.0]]}, "depth cannot be nan"),
        ({**COMPLETE, "depth": object()}, {"x": [[1.0]]}, "depth cannot be"),
        (COMPLETE, {"x": ["a", "b"]}, "are not numbers"),
        (COMPLETE, {"x": [1j]}, "are not numbers"),
        (COMPLETE, {"x": [[1.0], [1.0, 2.0]]}, "x: "),
        (COMPLETE, {"x": [[np.inf]]}, "not finite"),
        (COMPLETE, {"x": np.full((2, 2), np.nan)}, "x: "),
        (COMPLETE, {"x": np.empty((0, 3))}, "x: "),
        (COMPLETE, {"x": np.zeros((2, 2, 2))}, "x: "),
        (COMPLETE, {"x": np.float64(1)}, "x: "),
        ({**COMPLETE, "intervalOutput": "w.npy"}, {"x": [[1.0]]}, "^interval_output needs"),
        ({**COMPLETE, "output": "\0"}, {"x": [[1.0]]}, "extension names no format"),
    ],
)
def test_bad_input_is_a_value_error_with_a_sentence(request_, arrays, words) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        deeplinear.run(request_, arrays)
    assert isinstance(caught.value, deeplinear.InputError)
    assert str(caught.value).rstrip().endswith((".", "?", ")"))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (np.empty((0, 3)), "0 sample"),
        (np.full((3, 3), np.nan), "X: "),
        (np.array([[1.0, np.inf], [2.0, 3.0]]), "infinity"),
        (np.array([["a", "b"], ["c", "d"]]), "could not convert"),
        (np.array([[1.0, "x"], [2.0, 3.0]], dtype=object), "could not convert"),
        (np.zeros(3), "1D array"),
        (np.zeros((2, 2, 2)), "dim 3"),
        (np.zeros((2, 2), complex), "Complex"),
    ],
)
def test_tables_that_cannot_be_filled(table, words) -> None:
    with pytest.raises(ValueError, match=words):
        MatrixCompleter().fit(table)


def test_one_row(table) -> None:
    filled = MatrixCompleter().fit_transform(np.array([[1.0, np.nan, 3.0]]))
    assert filled.shape == (1, 3) and filled[0, 0] == 1 and filled[0, 2] == 3
    completer = MatrixCompleter().fit(table)
    assert completer.transform(table[:1]).shape == (1, 12)
    with pytest.raises(ValueError, match="12 features"):
        completer.transform(table[:, :5])


@pytest.mark.parametrize("rows", [[-1, 0, 1], [0.5, 0, 1], [0, 0, 5], [1e30, 0, 1], [0, 0, 0]])
def test_entries_that_cannot_be(rows) -> None:
    with pytest.raises(ValueError, match="X"):
        MatrixCompleter().fit_entries(rows, [0, 1, 1], [1.0, 2.0, 3.0], shape=(2, 2))
    with pytest.raises(ValueError, match="three lists"):
        MatrixCompleter().fit_entries([0, 1], [0], [1.0])


def test_results_are_not_pickled(table) -> None:
    result = deeplinear.run(COMPLETE, {"x": table})
    with pytest.raises(TypeError, match="summary"):
        pickle.dumps(result)


def test_a_second_interface_is_refused() -> None:
    code = "import deeplinear._door as d; d._INTERFACE += 1; d._load()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "needs 2" in done.stderr


def test_random_requests_never_end_the_interpreter() -> None:
    generator = np.random.default_rng(11)
    values: list = [
        None,
        True,
        -1,
        0,
        1,
        3,
        1e300,
        -1e-300,
        "auto",
        "",
        [],
        [1, 2],
        {},
        {"array": "x"},
        {"array": 1},
    ]
    keys = [
        "observed", "depth", "width", "rank", "holdout", "intervals", "clip", "method", "penalty", "seed",
        "initialScale", "truth", "denoise", "inputs", "targets", "validation", "measurements", "values", "components",
    ]  # fmt: skip
    arrays = {"x": generator.normal(size=(6, 4))}
    for _ in range(400):
        request = {
            "job": str(generator.choice(["complete", "regress", "sense", "autoencode", "tensor", "predict"]))
        }
        for key in generator.choice(keys, size=generator.integers(0, 6), replace=False):
            request[str(key)] = values[generator.integers(len(values))]
        for name in ("observed", "inputs", "targets", "measurements", "values"):
            if generator.random() < 0.5:
                request[name] = {"array": "x"}
        try:
            deeplinear.run(request, arrays)
        except (ValueError, RuntimeError):
            pass
