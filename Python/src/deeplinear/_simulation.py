"""Training followed, certified, and made anew."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from os import PathLike
from typing import Any, Sequence, Union

import numpy as np
import numpy.typing as npt

from ._door import Result, framed, run, to_json
from ._errors import InputError, Interrupted, NotConvergedError
from ._estimator import FloatArray, camel
from ._progress import Progress, in_notebook

__all__ = ["Trajectory", "certify", "modes", "reproduce", "simulate"]

Spec = Union[Mapping[str, Any], str, "PathLike[str]"]

#: Keys of a specification whose value is data, so that a list of numbers there is an array.
_DATA = frozenset(
    {
        "inputs", "targets", "inputCovariance", "crossCovariance", "observed", "measurements", "values", "target",
        "endToEnd",
    }
)  # fmt: skip


class Trajectory(Mapping[str, FloatArray]):
    """How a network moved: recorded quantities by name, and by attribute.

    Attributes
    ----------
    times : ndarray of shape (T,)
        Flow times, or numbers of steps.
    loss : ndarray of shape (T,)
        The loss there.
    singularValues, endToEnd, layer1, layer2, ..., unbalancedness : ndarray
        What the specification asks for; also as ``singular_values`` and ``end_to_end``.
    layers : list of ndarray
        All layers, where they were recorded.
    summary : dict
        What ``deeplinear simulate --json`` says.
    """

    def __init__(self, arrays: Mapping[str, FloatArray], summary: dict[str, Any], result: Any = None) -> None:
        self._arrays = dict(arrays)
        self.summary = summary
        self._result = result

    def __getitem__(self, name: str) -> FloatArray:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __getattr__(self, name: str) -> FloatArray:
        if name.startswith("_"):
            raise AttributeError(name)
        for key in (name, camel(name)):
            if key in self._arrays:
                return self._arrays[key]
        raise AttributeError(
            f"{name} was not recorded; there are {', '.join(self._arrays)}. Add it to recording.quantities."
        )

    @property
    def layers(self) -> list[FloatArray]:
        """All layers, each of shape (T, outputs, inputs)."""
        names = sorted((k for k in self._arrays if k.startswith("layer")), key=lambda k: int(k[5:]))
        return [self._arrays[name] for name in names]

    def __getstate__(self) -> dict[str, Any]:
        arrays = {name: np.array(array) for name, array in self._arrays.items()}
        return {"_arrays": arrays, "summary": self.summary, "_result": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name}: {array.shape}" for name, array in self._arrays.items())
        return f"Trajectory({shapes})"

    def _repr_html_(self) -> str | None:
        return None if self._result is None else framed(self._result.page())


class Specification:
    """A specification as a request names it, and the arrays that were in it."""

    def __init__(self, spec: Spec) -> None:
        self.arrays: dict[str, FloatArray] = {}
        if isinstance(spec, Mapping):
            self.source: Any = {"text": to_json(self._without_arrays(spec, ""))}
        elif isinstance(spec, (str, PathLike)):
            self.source = str(spec)
        else:
            raise InputError(f"a specification is a dictionary or a path, not {type(spec).__name__}.")

    def _without_arrays(self, value: Any, place: str) -> Any:
        if isinstance(value, Mapping):
            return {
                str(key): self._at(str(key), inner, f"{place}.{key}" if place else str(key))
                for key, inner in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self._without_arrays(inner, f"{place}[{k}]") for k, inner in enumerate(value)]
        if isinstance(value, np.ndarray) or hasattr(value, "__array__") and not np.isscalar(value):
            array = np.asarray(value)
            return array.tolist() if array.ndim < 2 else self._named(array, place)
        return value

    def _at(self, key: str, value: Any, place: str) -> Any:
        is_numbers = isinstance(value, (list, tuple)) or hasattr(value, "__array__")
        # Values of an axis are numbers and words to choose from, whatever the axis is called.
        if key in _DATA and is_numbers and not place.startswith("sweep."):
            return self._named(value, place)
        return self._without_arrays(value, place)

    def _named(self, value: Any, place: str) -> dict[str, str]:
        try:
            array = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"{place}: this is no array of numbers ({error}).") from None
        self.arrays[place] = array
        return {"array": place}


def simulate(
    spec: Spec,
    *,
    seed: int | None = None,
    progress: Progress = None,
    **options: Any,
) -> Trajectory:
    """Follow the training of a deep linear network by descent, gradient flow or closed form.

    Parameters
    ----------
    spec : dict or path
        The specification of ``deeplinear simulate``: ``objective``, ``network``, ``dynamics``, ``recording``, ``seed``,
        with arrays in the places of files.
    seed : int, optional
        Taken instead of the specification's.
    progress : bool or callable, optional
        See `run`.
    **options
        Further options of the command, such as ``checkpoint``.

    Returns
    -------
    Trajectory

    Raises
    ------
    NotConvergedError
        Where the path diverged or did not reach what was asked; ``result`` is the `Trajectory` up to there.

    Examples
    --------
    >>> import numpy as np
    >>> import deeplinear
    >>> path = deeplinear.simulate({
    ...     "objective": {"kind": "factorization", "target": np.diag([3.0, 1.0])},
    ...     "network": {"widths": [2, 2, 2], "initial": {"kind": "identity", "scale": 0.1}},
    ...     "dynamics": {"kind": "flow"},
    ...     "recording": {"times": [0, 1, 10], "quantities": ["singularValues"]},
    ... })
    >>> path.singular_values[-1].round(6)
    array([3., 1.])
    """
    read = Specification(spec)
    request = {"job": "simulate", "spec": read.source, **options_of(options, seed)}
    try:
        result = run(request, read.arrays, record=in_notebook(), progress=progress)
    except (NotConvergedError, Interrupted) as ending:
        if isinstance(ending.result, Result):
            ending.result = _trajectory(ending.result)
        raise
    return _trajectory(result)


def _trajectory(result: Result) -> Trajectory:
    return Trajectory(result.arrays, result.summary, result)


def options_of(options: Mapping[str, Any], seed: int | None) -> dict[str, Any]:
    found = {camel(name): value for name, value in options.items() if value is not None}
    return found if seed is None else {**found, "seed": seed}


def certify(
    spec: Spec,
    trajectory: Mapping[str, npt.ArrayLike] | str | PathLike[str] | None = None,
    *,
    seed: int | None = None,
    progress: Progress = None,
) -> Result:
    """Say what theory promises for a run, and whether a trajectory keeps to it.

    Parameters
    ----------
    spec : dict or path
        See `simulate`.
    trajectory : Trajectory, mapping of str to ndarray, or path, optional
        What `simulate` gave for this specification.
    seed : int, optional
        Taken instead of the specification's.
    progress : bool or callable, optional
        See `run`.

    Returns
    -------
    Result
        ``summary["certificates"]`` has every certificate with its hypotheses, bounds and verdict.

    Raises
    ------
    NotConvergedError
        Where the trajectory violates one; ``result`` is the `Result`.
    """
    read = Specification(spec)
    request: dict[str, Any] = {"job": "certify", "spec": read.source, **options_of({}, seed)}
    files: dict[str, bytes] = {}
    if isinstance(trajectory, (str, PathLike)):
        request["trajectory"] = str(trajectory)
    elif trajectory is not None:
        archive = io.BytesIO()
        np.savez(archive, **{name: np.asarray(array) for name, array in trajectory.items()})  # type: ignore[arg-type]
        files["trajectory.npz"] = archive.getvalue()
        request["trajectory"] = {"upload": "trajectory.npz"}
    return run(request, read.arrays, files, progress=progress)


def modes(
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike | None = None,
    *,
    progress: Progress = None,
    **options: Any,
) -> Result:
    """Say which modes data have, in which order and when a deep linear network learns them.

    Parameters
    ----------
    inputs : array_like of shape (n_samples, n_features)
        The samples.
    targets : array_like of shape (n_samples, n_targets), optional
        What the network is to give for them.
    progress : bool or callable, optional
        See `run`.
    **options
        Those of ``deeplinear modes``, such as ``depth``, ``start`` and ``centering``.

    Returns
    -------
    Result
    """
    arrays = {"inputs": inputs}
    request: dict[str, Any] = {"job": "modes", "inputs": [{"array": "inputs"}], **options_of(options, None)}
    if targets is not None:
        arrays["targets"] = targets
        request["targets"] = [{"array": "targets"}]
    return run(request, arrays, progress=progress)


def reproduce(
    items: str | Sequence[str],
    output: str | PathLike[str] = "reproduction",
    *,
    quick: bool = False,
    seed: int = 0,
    progress: Progress = None,
    **options: Any,
) -> Result:
    """Make figures, tables and claims of the papers anew, and compare.

    Parameters
    ----------
    items : str or list of str
        ``"all"``, names, or words that names begin with; ``"list"`` gives them all without making any.
    output : path
        The folder of the gallery.
    quick : bool
        Whether sizes are smaller and repetitions fewer.
    seed : int
        The seed of everything random.
    progress : bool or callable, optional
        See `run`.
    **options
        Further options of ``deeplinear reproduce``.

    Returns
    -------
    Result
        ``arrays`` has the numbers of every figure.

    Raises
    ------
    NotConvergedError
        Where a claim does not hold; ``result`` is the `Result`.
    """
    if items == "list":
        return run({"job": "catalogue"}, progress=progress)
    names = [items] if isinstance(items, str) else list(items)
    request = {
        "job": "reproduce", "items": names, "output": str(output), "quick": quick,
        **options_of(options, seed),
    }  # fmt: skip
    return run(json.loads(to_json(request)), progress=progress)
