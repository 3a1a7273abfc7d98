"""Layers of trained networks: expanded into factors, collapsed, and compressed.

Each function takes a dictionary of arrays by the names that PyTorch's ``state_dict`` gives them, ``fc1.weight``, or a
module of PyTorch, and gives a dictionary or a module of the same kind back.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ._door import Result, run
from ._errors import InputError
from ._estimator import camel

__all__ = ["Changed", "collapse", "compress", "expand"]

Network = TypeVar("Network")

_CODES = {
    "float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32", "int16": "I16",
    "int8": "I8", "uint8": "U8", "bool": "BOOL",
}  # fmt: skip
_TYPES = {code: name for name, code in _CODES.items()}


class Changed(dict[str, npt.NDArray[Any]]):
    """A network with layers changed: arrays by name.

    Attributes
    ----------
    summary : dict
        What ``deeplinear layers --json`` says: for each layer its rank, parameters and error.
    result : Result
        The whole of it.
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], result: Result) -> None:
        super().__init__(arrays)
        self.result = result
        self.summary = result.summary

    def _repr_html_(self) -> str | None:
        return self.result._repr_html_()


def expand(model: Any, layer: str | Sequence[str] | None = None, *, depth: int = 2, **options: Any) -> Any:
    """Replace layers by balanced factors whose product they are.

    Parameters
    ----------
    model : mapping of str to array_like, or torch.nn.Module
        The network.
    layer : str or list of str, optional
        Names of layers, or patterns; every linear layer where None.
    depth : int
        The number of factors.
    **options
        Further options of ``deeplinear layers expand``, such as ``width``.

    Returns
    -------
    Changed or torch.nn.Module
        A dictionary for a dictionary; a new module for a module.
    """
    return _change("expand", model, layer, {"depth": depth, **options})


def collapse(model: Any, layer: str | Sequence[str] | None = None, **options: Any) -> Any:
    """Replace factors by the layer that they are.

    Parameters
    ----------
    model : mapping of str to array_like, or torch.nn.Module
        The network.
    layer : str or list of str, optional
        Names of layers, or patterns; every one that can be where None.
    **options
        Further options of ``deeplinear layers collapse``.

    Returns
    -------
    Changed or torch.nn.Module
        A dictionary for a dictionary; a new module for a module.
    """
    return _change("collapse", model, layer, options)


def compress(
    model: Any,
    layer: str | Sequence[str] | None = None,
    *,
    rank: int | None = None,
    energy: float | None = None,
    error: float | None = None,
    budget: float | None = None,
    activations: Mapping[str, npt.ArrayLike] | None = None,
    **options: Any,
) -> Any:
    """Replace layers by factors of lower rank.

    Parameters
    ----------
    model : mapping of str to array_like, or torch.nn.Module
        The network.
    layer : str or list of str, optional
        Names of layers, or patterns; every linear layer where None.
    rank, energy, error, budget : number, optional
        One of them: the rank to keep, the share of the energy to keep, the relative error to allow, the share of
        parameters to keep.
    activations : mapping of str to array_like, optional
        What flows into layers, samples first, by their names: the error is measured on it.
    **options
        Further options of ``deeplinear layers compress``.

    Returns
    -------
    Changed or torch.nn.Module
        A dictionary for a dictionary; a new module for a module.
    """
    measures = {"rank": rank, "energy": energy, "error": error, "budget": budget}
    return _change("compress", model, layer, {**measures, **options}, activations or {})


def _change(
    action: str,
    model: Any,
    layer: str | Sequence[str] | None,
    options: Mapping[str, Any],
    activations: Mapping[str, npt.ArrayLike] | None = None,
) -> Any:
    module = model if _is_module(model) else None
    tensors = _arrays(model)
    request: dict[str, Any] = {
        "job": "layers", "action": action, "model": {"upload": "network.safetensors"},
    }  # fmt: skip
    if layer is None:
        request["layer"], request["allLinear"] = [], True
    else:
        request["layer"] = [layer] if isinstance(layer, str) else list(layer)
    request.update({camel(name): value for name, value in options.items() if value is not None})
    arrays: dict[str, npt.ArrayLike] = {}
    if activations:
        arrays = {f"activations of {name}": _array(value) for name, value in activations.items()}
        request["activations"] = {name: {"array": f"activations of {name}"} for name in activations}
    result = run(request, arrays, {"network.safetensors": encoded(tensors)})
    changed = Changed(decoded(result.file("model") or b""), result)
    return changed if module is None else _module(module, changed)


# Tensors as a file


def encoded(tensors: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Arrays as a ``.safetensors`` file."""
    header: dict[str, Any] = {}
    parts: list[bytes] = []
    position = 0
    for name, tensor in tensors.items():
        code = _CODES.get(tensor.dtype.name)
        if code is None:
            raise InputError(f"{name}: arrays of {tensor.dtype} are no weights; give floats.")
        data = np.ascontiguousarray(tensor).astype(tensor.dtype.newbyteorder("<"), copy=False).tobytes()
        header[name] = {
            "dtype": code, "shape": list(tensor.shape), "data_offsets": [position, position + len(data)],
        }  # fmt: skip
        position += len(data)
        parts.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(parts)


def decoded(content: bytes) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a ``.safetensors`` file."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    start = 8 + length
    found: dict[str, npt.NDArray[Any]] = {}
    for name, facts in header.items():
        if name == "__metadata__":
            continue
        first, last = facts["data_offsets"]
        data = np.frombuffer(content[start + first : start + last], dtype=_TYPES[facts["dtype"]])
        found[name] = data.reshape(facts["shape"]).copy()
    return found


def _array(value: Any) -> npt.NDArray[Any]:
    if hasattr(value, "detach"):
        tensor = value.detach().cpu()
        # NumPy has no bfloat16; single precision holds it exactly.
        return np.asarray(tensor.float() if "bfloat16" in str(tensor.dtype) else tensor)
    return np.asarray(value)


def _arrays(model: Any) -> dict[str, npt.NDArray[Any]]:
    state = model.state_dict() if _is_module(model) else model
    if not isinstance(state, Mapping) or not state:
        raise InputError("a network is a dictionary of arrays by name, or a module of PyTorch.")
    return {str(name): _array(value) for name, value in state.items()}


# Modules of PyTorch


def _is_module(model: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(model, torch.nn.Module)


def _module(old: Any, changed: Changed) -> Any:
    """A copy of a module in which changed linear layers are modules of their own: sequences of factors, or one layer."""
    import copy

    import torch

    new = copy.deepcopy(old)
    for change in changed.summary["layers"]:
        name = change["layer"]
        weights = [weight for weight in change["weights"] if weight.endswith(".weight")]
        factors = [_linear(changed, weight.removesuffix(".weight"), torch) for weight in weights]
        replacement = factors[0] if len(factors) == 1 else torch.nn.Sequential(*factors)
        if not name:
            return replacement
        parent_name, _, own = name.rpartition(".")
        reference = next(new.parameters(), None)
        if reference is not None:
            replacement = replacement.to(device=reference.device)
        setattr(new.get_submodule(parent_name), own, replacement)
    new.deeplinear_summary = changed.summary
    return new


def _linear(changed: Changed, name: str, torch: Any) -> Any:
    weight = torch.from_numpy(changed[f"{name}.weight"])
    if weight.ndim != 2:
        raise InputError(
            f"{name}: of modules only linear layers are changed; give a dictionary for convolutions."
        )
    bias = changed.get(f"{name}.bias")
    linear = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, dtype=weight.dtype)
    with torch.no_grad():
        linear.weight.copy_(weight)
        if bias is not None:
            linear.bias.copy_(torch.from_numpy(bias))
    return linear
