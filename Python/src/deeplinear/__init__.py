"""Deep linear networks from Python.

Fill in tables with gaps, recover matrices from measurements, regress several outputs, follow the training of deep linear
networks, and compress the layers of trained ones: with NumPy arrays, in the habits of scikit-learn, and with the same
bits as the command ``deeplinear``.
"""

from __future__ import annotations

from . import layers
from ._autoencoder import LinearAutoencoder
from ._completion import MatrixCompleter, NuclearNormCompleter
from ._door import Result, run
from ._errors import ComputationError, InputError, Interrupted, NotConvergedError
from ._progress import set_progress
from ._regression import ReducedRankRegressor
from ._sensing import MatrixSensor
from ._simulation import Trajectory, certify, modes, reproduce, simulate
from ._sweep import sweep
from ._tensors import TensorCompleter
from ._version import __version__

__all__ = [
    "ComputationError",
    "InputError",
    "Interrupted",
    "LinearAutoencoder",
    "MatrixCompleter",
    "MatrixSensor",
    "NotConvergedError",
    "NuclearNormCompleter",
    "ReducedRankRegressor",
    "Result",
    "TensorCompleter",
    "Trajectory",
    "__version__",
    "certify",
    "layers",
    "modes",
    "reproduce",
    "run",
    "set_progress",
    "simulate",
    "sweep",
]
