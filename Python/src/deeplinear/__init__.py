"""Deep linear networks from Python.

Fill in tables with gaps, recover matrices from measurements, regress several outputs, follow the training of deep linear
networks, and compress the layers of trained ones: with NumPy arrays, in the habits of scikit-learn, and with the same
bits as the command ``deeplinear``.
"""

from __future__ import annotations

from ._completion import MatrixCompleter, NuclearNormCompleter
from ._door import Result, run
from ._errors import ComputationError, InputError, Interrupted, NotConvergedError
from ._progress import set_progress
from ._version import __version__

__all__ = [
    "ComputationError",
    "InputError",
    "Interrupted",
    "MatrixCompleter",
    "NotConvergedError",
    "NuclearNormCompleter",
    "Result",
    "__version__",
    "run",
    "set_progress",
]
