"""What every estimator here has: settings that become a request, and a result that becomes attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ._door import Result, framed, run
from ._errors import InputError, Interrupted, NotConvergedError
from ._progress import in_notebook
from ._version import __version__

FloatArray = npt.NDArray[np.float64]
Self = TypeVar("Self", bound="JobEstimator")


class Facts(Mapping[str, Any]):
    """What a summary says about one thing, by key and by attribute: ``mask_["components"]``, ``mask_.components``."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = dict(facts)

    def __getitem__(self, key: str) -> Any:
        return self._facts[key]

    def __iter__(self) -> Any:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        words = name.split("_")
        key = words[0] + "".join(word.capitalize() for word in words[1:])
        try:
            return self._facts[key]
        except KeyError:
            raise AttributeError(f"there is no {name}; there are {', '.join(self._facts)}") from None

    def __repr__(self) -> str:
        return f"Facts({self._facts!r})"


def camel(name: str) -> str:
    """``initial_scale`` as ``initialScale``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


class JobEstimator(BaseEstimator):  # type: ignore[misc]
    """An estimator whose fit is a job of the library.

    Settings are turned into the request's options: what is None is left to the job. Options that have no setting of
    their own are given by `options`, a dictionary in the same spelling.
    """

    #: The job's name.
    _job: str
    #: Settings that are no options of the job.
    _own_settings: frozenset[str] = frozenset({"random_state", "record", "options"})

    def _request(self, data: Mapping[str, Any]) -> dict[str, Any]:
        settings = self.get_params(deep=False)
        request: dict[str, Any] = {"job": self._job}
        for name, value in settings.items():
            if name not in self._own_settings and value is not None:
                request[camel(name)] = value
        request["seed"] = self._seed()
        for name, value in (settings.get("options") or {}).items():
            request[camel(name)] = value
        request.update(data)
        return request

    def _seed(self) -> int:
        state = getattr(self, "random_state", None)
        if isinstance(state, (int, np.integer)) and not isinstance(state, bool):
            if not 0 <= state < 2**64:
                raise InputError(f"random_state must be from 0 to 2**64 - 1, not {state}.")
            return int(state)
        return int(check_random_state(state).randint(0, 2**31 - 1))

    def _wants_record(self) -> bool:
        record = getattr(self, "record", None)
        return in_notebook() if record is None else bool(record)

    def _fit_job(
        self,
        data: Mapping[str, Any],
        arrays: Mapping[str, npt.ArrayLike],
    ) -> None:
        """Runs the job and takes up its result, also that of one that did not come to its end."""
        try:
            result = run(self._request(data), arrays, record=self._wants_record())
        except (NotConvergedError, Interrupted) as ending:
            if isinstance(ending.result, Result):
                self._take(ending.result)
            raise
        self._take(result)

    def _take(self, result: Result) -> None:
        """Sets the fitted attributes."""
        self._result: Result | None = result
        self.summary_ = result.summary
        self._kept = self._to_keep(result)

    def _to_keep(self, result: Result) -> dict[str, Any]:
        """What a pickle needs of a result."""
        return {}

    def _array(self, name: str) -> FloatArray:
        """An array of the result, also after a pickle."""
        check_is_fitted(self)
        if self._result is not None:
            return self._result.arrays[name]
        try:
            found: FloatArray = self._kept["arrays"][name]
        except KeyError:
            raise KeyError(name) from None
        return found

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        result = state.pop("_result", None)
        if result is not None:
            state["_result"] = None
            arrays = {name: np.array(array) for name, array in result.arrays.items()}
            state["_kept"] = {**state["_kept"], "arrays": arrays}
        state["_deeplinear_version"] = __version__
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        version = state.pop("_deeplinear_version", None)
        if version != __version__:
            raise InputError(
                f"this {type(self).__name__} was pickled by deeplinear {version} and this is "
                f"{__version__}; fit it anew, or install that version."
            )
        super().__setstate__(state)

    def page(self) -> str:
        """The page about the fit: HTML that needs no other file.

        Returns
        -------
        str
        """
        check_is_fitted(self)
        text = None if self._result is None else self._result.page()
        if text is None:
            raise InputError("there is no page of a fit that was pickled; fit it anew.")
        return text

    def _repr_html_(self) -> str | None:
        """The figures of the fit, or the settings before there is one."""
        result = getattr(self, "_result", None)
        if result is not None:
            return framed(result.page())
        text: str = self._repr_html_inner()
        return text

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}
