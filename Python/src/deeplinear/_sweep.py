"""A job repeated over values of its keys, as a table with a row for each run."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from ._door import Result, run, to_json
from ._errors import InputError, Interrupted, NotConvergedError
from ._progress import Progress
from ._simulation import Spec, Specification, options_of

if TYPE_CHECKING:
    import pandas

__all__ = ["sweep"]

#: The values of an axis: a list, or a range such as ``{"from": 0.1, "to": 10, "count": 5, "spacing": "log"}``.
Axis = Union[Sequence[Any], Mapping[str, Any]]


def sweep(
    spec: Spec,
    output: str | PathLike[str] | None = None,
    *,
    axes: Mapping[str, Axis] | None = None,
    settings: Mapping[str, Any] | None = None,
    seeds: int | None = None,
    seed: int | None = None,
    progress: Progress = None,
    **options: Any,
) -> pandas.DataFrame:
    """Repeat a simulation, or another job, over values of its keys.

    Parameters
    ----------
    spec : dict or path
        The specification of ``deeplinear sweep``: that of `simulate`, or a request with the key ``job``, with arrays in
        the places of files; the key ``sweep`` has axes and what is measured.
    output : path, optional
        The folder of the database, the tables and the report, which ``resume=True`` goes on with; where None, nothing
        but the table is kept.
    axes : dict, optional
        Axes beside those of the specification, or in their place: ``{"dynamics.stepSize": [0.1, 0.2]}``, or
        ``{"from": 1e-3, "to": 1, "count": 10, "spacing": "log"}`` for the values.
    settings : dict, optional
        Values that stand instead of those in the specification: ``{"network.widths": [5, 5, 5]}``.
    seeds : int, optional
        How many runs each point has.
    seed : int, optional
        What the seed of every run follows from, instead of the specification's.
    progress : bool or callable, optional
        See `run`.
    **options
        Further options of the command, such as ``resume``, ``threads``, ``limit``, ``keep_trajectories`` and ``force``.

    Returns
    -------
    pandas.DataFrame
        A row for each run: the axes, ``replicate``, ``seed``, ``status``, what was measured, and the ``problem`` of a
        run that failed. ``attrs["summary"]`` is what the command says, with statistics point by point;
        ``to_parquet`` and ``to_csv`` write it.

    Raises
    ------
    InputError
        For axes that name no key, and all else that cannot be worked with.
    NotConvergedError
        Where every run failed; ``result`` is the table.
    Interrupted
        After Ctrl-C; ``result`` is the table of the runs that were done by then, or None.

    Examples
    --------
    >>> import deeplinear
    >>> table = deeplinear.sweep(
    ...     {
    ...         "objective": {"kind": "factorization", "target": [[2.0, 0.0], [0.0, 1.0]]},
    ...         "network": {"widths": [2, 2, 2], "initial": {"kind": "gaussian", "standardDeviation": 0.1}},
    ...         "dynamics": {"kind": "descent", "stepSize": 0.1},
    ...         "recording": {"times": [0, 500]},
    ...         "sweep": {"measure": ["finalLoss"]},
    ...     },
    ...     axes={"dynamics.stepSize": [0.05, 0.1]},
    ...     seeds=3,
    ... )
    >>> table.groupby("dynamics.stepSize").finalLoss.max().lt(1e-20).tolist()
    [True, True]
    """
    try:
        import pandas  # noqa: F401
    except ImportError:
        raise ImportError("a sweep gives a DataFrame: install pandas, or take deeplinear.run.") from None
    spread = {str(key): _axis(str(key), values) for key, values in (axes or {}).items()}
    arguments: list[str] = []
    if isinstance(spec, Mapping):
        spec = _with_axes(spec, spread)
    else:
        arguments = [_argument(key, values) for key, values in spread.items()]
    read = Specification(spec)
    request = {"job": "sweep", "spec": read.source, **options_of(options, seed)}
    if arguments:
        request["axis"] = arguments
    if settings:
        request["set"] = [f"{key}={_words(str(key), value)}" for key, value in settings.items()]
    if seeds is not None:
        request["seeds"] = seeds
    with tempfile.TemporaryDirectory(prefix="deeplinear-") as kept:
        folder = Path(kept, "sweep") if output is None else Path(fspath(output))
        request["output"] = str(folder)
        try:
            result = run(request, read.arrays, progress=progress)
        except (NotConvergedError, Interrupted) as ending:
            if isinstance(ending.result, Result):
                ending.result = _table(folder, ending.result)
            raise
        return _table(folder, result)


def _axis(name: str, values: Any) -> Any:
    """The values as a list or a range of plain numbers and words."""
    if isinstance(values, Mapping):
        return {str(key): value for key, value in values.items()}
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise InputError(
            f"the axis {name} has no list of values but {values!r}; "
            'give a list, or {"from": …, "to": …, "count": …}.'
        )
    return np.asarray(values).tolist() if isinstance(values, np.ndarray) else list(values)


def _with_axes(spec: Mapping[str, Any], axes: Mapping[str, Any]) -> Mapping[str, Any]:
    """The specification with axes beside those written, and in place of those of the same name."""
    if not axes:
        return spec
    swept = spec.get("sweep", {})
    written = swept.get("axes", {}) if isinstance(swept, Mapping) else None
    if not isinstance(written, Mapping):
        raise InputError("sweep.axes must be a dictionary of axes by name.")
    return {**spec, "sweep": {**swept, "axes": {**written, **axes}}}


def _argument(name: str, values: Any) -> str:
    """An axis in the words of the command."""
    if not isinstance(values, Mapping):
        return f"{name}={', '.join(_words(name, value) for value in values)}"
    ends = {"from", "to", "count"}
    unknown = set(values) - ends - {"spacing"}
    if unknown or not ends <= set(values):
        raise InputError(
            f'the axis {name} is {dict(values)!r}; give {{"from": …, "to": …, "count": …}}, '
            'and "spacing": "log" for even quotients.'
        )
    return f"{name}={values['from']}:{values['to']}:{values['count']}:{values.get('spacing', 'linear')}"


def _words(name: str, value: Any) -> str:
    """A value as YAML reads it: JSON is YAML."""
    text = to_json({name: value})
    return text[text.index(": ") + 2 : -1]


def _table(folder: Path, result: Result) -> pandas.DataFrame:
    """The table of all runs with exact numbers, read from where the sweep wrote it."""
    import pandas

    summary = result.summary
    with open(folder / "runs.csv", newline="", encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    columns: dict[str, Any] = {}
    for name, values in zip(names, zip(*rows) if rows else [()] * len(names)):
        if name in summary["axes"]:
            columns[name] = _numbers(values) if _are_numbers(values) else list(values)
        elif name in summary["measures"]:
            columns[name] = _numbers(values)
        elif name in ("replicate", "seed"):
            kind = np.int64 if name == "replicate" else np.uint64
            columns[name] = np.array([int(value) for value in values], kind)
        elif name == "problem":
            columns[name] = [value or None for value in values]
        else:
            columns[name] = list(values)
    frame = pandas.DataFrame(columns)
    frame.attrs["summary"] = summary
    return frame


def _are_numbers(values: Sequence[str]) -> bool:
    try:
        _numbers(values)
    except ValueError:
        return False
    return all(values)


def _numbers(values: Sequence[str]) -> Any:
    return np.array([float(value) if value else np.nan for value in values])
