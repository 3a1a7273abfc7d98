"""The C interface of the library, described by `deeplinear.h`: the only module that knows an address."""

from __future__ import annotations

import ctypes
import json
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Callable, Final

import numpy as np
import numpy.typing as npt

from ._errors import ComputationError, InputError, Interrupted, NotConvergedError
from ._progress import Bar, Progress

__all__ = ["Result", "library_path", "run"]

FloatArray = npt.NDArray[np.float64]

_INTERFACE: Final = 1
_RECORD, _UNDERSCORES = 1, 2
_DONE, _INCOMPLETE, _STOPPED, _BAD_INPUT, _FAILED = range(5)

#: Seconds that an interrupted job has to give what it has; after that it is left to end by itself.
_PATIENCE: Final = 0.15


class _Array(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("dimensions", ctypes.c_int64),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
    ]


class _File(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("bytes", ctypes.c_void_p),
        ("count", ctypes.c_int64),
    ]


_Observer = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_double, ctypes.c_char_p)


def library_path() -> Path:
    """The shared library: beside this file, or where DEEPLINEAR_LIBRARY says."""
    given = os.environ.get("DEEPLINEAR_LIBRARY")
    return Path(given) if given else Path(__file__).with_name("_library") / "libdeeplinear.so"


def _load() -> ctypes.CDLL:
    path = library_path()
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise ImportError(f"{path}: the library cannot be loaded ({error}).") from None
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "deeplinear_interface": (ctypes.c_int32, []),
        "deeplinear_version": (ctypes.c_char_p, []),
        "deeplinear_run": (
            pointer,
            [
                ctypes.c_char_p, ctypes.POINTER(_Array), number, ctypes.POINTER(_File), number,
                ctypes.c_int32, _Observer, pointer, ctypes.POINTER(ctypes.c_int32),
            ],
        ),
        "deeplinear_status": (ctypes.c_int32, [pointer]),
        "deeplinear_sentence": (ctypes.c_char_p, [pointer]),
        "deeplinear_summary": (ctypes.c_char_p, [pointer]),
        "deeplinear_array_count": (number, [pointer]),
        "deeplinear_array_at": (ctypes.c_int32, [pointer, number, ctypes.POINTER(_Array)]),
        "deeplinear_file_named": (
            ctypes.c_int32, [pointer, ctypes.c_char_p, ctypes.POINTER(_File)],
        ),
        "deeplinear_page": (ctypes.c_char_p, [pointer]),
        "deeplinear_free": (None, [pointer]),
    }  # fmt: skip
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    interface = library.deeplinear_interface()
    if interface != _INTERFACE:
        raise ImportError(
            f"{path}: the library has interface {interface} and this package needs {_INTERFACE}; "
            "install both from one version."
        )
    return library


_library: Final = _load()


class _Handle:
    """A result in the library; freed with the last thing that points into it."""

    def __init__(self, address: int) -> None:
        self.address = address
        self._free = _library.deeplinear_free

    def __del__(self) -> None:
        self._free(self.address)


class _Block:
    """Elements of an array in the library, as NumPy takes them: without a copy, and keeping the result alive."""

    def __init__(self, handle: _Handle, address: int, shape: tuple[int, ...]) -> None:
        self._handle = handle
        self.__array_interface__ = {
            "data": (address, False), "shape": shape, "typestr": "<f8", "version": 3,
        }  # fmt: skip


class _Arrays(Mapping[str, FloatArray]):
    """The arrays of a result by name, made when they are first asked for."""

    def __init__(self, handle: _Handle, lock: threading.Lock) -> None:
        self._handle = handle
        self._lock = lock
        self._made: dict[str, FloatArray] | None = None

    def _all(self) -> dict[str, FloatArray]:
        with self._lock:
            if self._made is None:
                self._made = dict(self._take())
            return self._made

    def _take(self) -> Iterator[tuple[str, FloatArray]]:
        found = _Array()
        for number in range(_library.deeplinear_array_count(self._handle.address)):
            _library.deeplinear_array_at(self._handle.address, number, ctypes.byref(found))
            shape = tuple(found.shape[axis] for axis in range(found.dimensions))
            name = found.name.decode()
            if 0 in shape:
                yield name, np.empty(shape)
            else:
                yield name, np.asarray(_Block(self._handle, found.data, shape))

    def __getitem__(self, name: str) -> FloatArray:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


class Result:
    """What came of a job.

    Attributes
    ----------
    summary : dict
        What ``deeplinear … --json`` prints.
    arrays : mapping of str to ndarray
        The numbers, by name. They lie in the library's memory and are not copied; they may be written into.
    """

    def __init__(self, handle: _Handle) -> None:
        self._handle = handle
        self._lock = threading.Lock()
        self.summary: dict[str, Any] = json.loads(_library.deeplinear_summary(handle.address))
        self.arrays: Mapping[str, FloatArray] = _Arrays(handle, self._lock)

    def file(self, name: str) -> bytes | None:
        """The contents of a file that is part of the result, such as ``model``; None where there is none."""
        found = _File()
        with self._lock:
            if not _library.deeplinear_file_named(self._handle.address, name.encode(), ctypes.byref(found)):
                return None
            return ctypes.string_at(found.bytes, found.count)

    def page(self) -> str | None:
        """The page about it: HTML that needs no other file."""
        with self._lock:
            text: bytes | None = _library.deeplinear_page(self._handle.address)
        return None if text is None else text.decode()

    def __copy__(self) -> Result:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Result:
        # A result is never changed: a copy is the same.
        return self

    def __reduce__(self) -> Any:
        raise TypeError("a Result cannot be pickled; keep its summary and its arrays")

    def _repr_html_(self) -> str | None:
        return framed(self.page())

    def __repr__(self) -> str:
        facts = {
            key: value
            for key, value in self.summary.items()
            if isinstance(value, (int, float, str)) and not isinstance(value, bool)
        }
        return f"Result({', '.join(f'{key}={value!r}' for key, value in list(facts.items())[:8])})"


def framed(page: str | None) -> str | None:
    """A page within another, its style kept apart."""
    if page is None:
        return None
    text = page.replace("&", "&amp;").replace('"', "&quot;")
    return (
        f'<iframe srcdoc="{text}" style="width:100%;height:32rem;border:1px solid #ccc" '
        'sandbox="" title="deeplinear"></iframe>'
    )


def _plain(value: Any) -> Any:
    """Numbers and lists of NumPy as JSON has them."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (np.ndarray, tuple, set, frozenset)):
        return list(value.tolist() if isinstance(value, np.ndarray) else value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{value!r} of type {type(value).__name__} is not a value of a request")


def to_json(request: Mapping[str, Any]) -> str:
    """A request as JSON; what JSON has no word for is bad input."""
    try:
        return json.dumps(request, default=_plain, allow_nan=False)
    except (TypeError, ValueError) as error:
        for key, value in request.items():
            try:
                json.dumps(value, default=_plain, allow_nan=False)
            except (TypeError, ValueError):
                raise InputError(f"{key} cannot be {value!r}; give a finite number or a word.") from None
        raise InputError(f"the request cannot be written as JSON ({error}).") from None


class _Call:
    """One call of the library: everything that must stay in memory while it runs."""

    def __init__(
        self,
        request: str,
        arrays: Mapping[str, FloatArray],
        files: Mapping[str, bytes],
        record: bool,
        hear: Callable[[str, float | None, str | None], None] | None,
    ) -> None:
        if "\0" in request:
            raise InputError("the request holds a null character; remove it.")
        self._request = request.encode()
        self._record = record
        self._kept: list[Any] = []
        self._arrays = (_Array * max(len(arrays), 1))()
        self._array_count = len(arrays)
        for slot, (name, array) in zip(self._arrays, arrays.items()):
            shape = (ctypes.c_int64 * array.ndim)(*array.shape)
            strides = (ctypes.c_int64 * array.ndim)(*array.strides)
            self._kept += [array, shape, strides]
            slot.name, slot.data, slot.dimensions = name.encode(), array.ctypes.data, array.ndim
            slot.shape, slot.strides = shape, strides
        self._files = (_File * max(len(files), 1))()
        self._file_count = len(files)
        for file_slot, (name, content) in zip(self._files, files.items()):
            held = ctypes.c_char_p(content)
            self._kept += [content, held]
            file_slot.name, file_slot.count = name.encode(), len(content)
            file_slot.bytes = ctypes.cast(held, ctypes.c_void_p)
        self._stop = ctypes.c_int32(0)

        self._failure: BaseException | None = None

        def told(_: int | None, stage: bytes, fraction: float, sentence: bytes | None) -> None:
            if hear is None:
                return
            share = None if fraction != fraction else fraction
            try:
                hear(stage.decode(), share, None if sentence is None else sentence.decode())
            except BaseException as failure:
                # It cannot pass through the library: it is raised when the job has stopped.
                self._failure = failure
                self.stop()

        self._observer = _Observer(told) if hear is not None else _Observer(0)

    def stop(self) -> None:
        self._stop.value = 1

    def __call__(self) -> _Handle:
        handle = _Handle(
            _library.deeplinear_run(
                self._request, self._arrays, self._array_count, self._files, self._file_count,
                _UNDERSCORES | (_RECORD if self._record else 0), self._observer, None,
                ctypes.byref(self._stop),
            )
        )  # fmt: skip
        if self._failure is not None:
            raise self._failure
        return handle


def _run_interruptibly(call: _Call, bar: Bar) -> tuple[_Handle | None, BaseException | None]:
    """Runs a call in a thread of its own while this one, the main one, shows progress and hears signals."""
    handles: list[_Handle] = []
    failures: list[BaseException] = []
    done = threading.Event()

    def work() -> None:
        try:
            handles.append(call())
        except BaseException as failure:
            failures.append(failure)
        finally:
            done.set()

    threading.Thread(target=work, name="deeplinear", daemon=True).start()
    interruption: BaseException | None = None
    try:
        while not done.wait(bar.pause()):
            bar.draw()
    except BaseException as reason:
        interruption = reason
        call.stop()
        done.wait(_PATIENCE)
    finally:
        bar.close()
    if failures:
        raise failures[0]
    return (handles[0] if handles else None), interruption


def run(
    request: Mapping[str, Any],
    arrays: Mapping[str, npt.ArrayLike] | None = None,
    files: Mapping[str, bytes] | None = None,
    *,
    record: bool = False,
    progress: Progress = None,
) -> Result:
    """Run a job of any kind, as the command does.

    Parameters
    ----------
    request : mapping
        ``{"job": "complete", "observed": {"array": "x"}, "seed": 1}``: the name of the job, and its options in the
        spelling of ``intervalOutput``. Files that it names are read and written.
    arrays : mapping of str to array_like, optional
        What the request names by ``{"array": name}``. Arrays of float64 in C's order are not copied.
    files : mapping of str to bytes, optional
        What the request names by ``{"upload": name}``.
    record : bool
        Whether paths of training are recorded, for the page and for arrays.
    progress : bool or callable, optional
        Whether a bar is shown for work of more than a second: on terminals and in notebooks where None. A callable is
        called with the stage, the share that is done or None, and a sentence or None.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        For what cannot be worked with.
    NotConvergedError
        Where the job ended without what was asked; ``result`` has what there is.
    ComputationError
        Where the computation failed.
    Interrupted
        After Ctrl-C; ``result`` has what there was.
    """
    given = {name: _double(array, name) for name, array in (arrays or {}).items()}
    bar = Bar(progress)
    call = _Call(to_json(request), given, files or {}, record, bar.hear if bar.listens else None)
    interruption: BaseException | None = None
    handle: _Handle | None
    if threading.current_thread() is threading.main_thread():
        handle, interruption = _run_interruptibly(call, bar)
    else:
        # Signals come to the main thread alone: there is nothing to wait for here.
        handle = call()
    return _settled(handle, interruption)


def _settled(handle: _Handle | None, interruption: BaseException | None) -> Result:
    """The result of a call that ended, or the error that it ended in."""
    status = _STOPPED if handle is None else _library.deeplinear_status(handle.address)
    words: bytes | None = None if handle is None else _library.deeplinear_sentence(handle.address)
    result = None
    if handle is not None and _library.deeplinear_summary(handle.address) is not None:
        result = Result(handle)
    if interruption is not None:
        if isinstance(interruption, KeyboardInterrupt):
            raise Interrupted(words.decode() if words else "interrupted", result) from None
        raise interruption
    if status == _DONE and result is not None:
        return result
    if status == _BAD_INPUT:
        raise InputError(words.decode() if words else "the input cannot be worked with.")
    if status == _INCOMPLETE:
        raise NotConvergedError(words.decode() if words else _ending(result), result)
    if status == _STOPPED:
        raise Interrupted(words.decode() if words else "interrupted", result)
    raise ComputationError(words.decode() if words else "the computation failed.")


def _ending(result: Result | None) -> str:
    outcome = {} if result is None else result.summary.get("outcome", {})
    kind = outcome.get("kind", outcome) if isinstance(outcome, dict) else outcome
    return f"the computation ended without converging (outcome: {kind})."


def _double(array: npt.ArrayLike, name: str) -> FloatArray:
    """Numbers as doubles in the machine's order: the same memory where they are that already."""
    try:
        found = np.asarray(array)
    except ValueError as error:
        raise InputError(f"{name}: this is not an array ({error}).") from None
    if found.dtype.kind not in "fiub":
        raise InputError(f"{name}: elements of type {found.dtype} are not numbers; give floats or integers.")
    return np.asarray(found, dtype=np.float64)
