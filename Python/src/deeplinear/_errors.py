"""What can go wrong, in the sentences of the command."""

from __future__ import annotations

from typing import Any

__all__ = ["ComputationError", "InputError", "Interrupted", "NotConvergedError"]


class InputError(ValueError):
    """Input or settings that cannot be worked with; the message names the place and what to do."""


class NotConvergedError(RuntimeError):
    """A computation ended without what was asked.

    Attributes
    ----------
    result : object
        What there is all the same: a `Result`, a `Trajectory`, or None. An estimator keeps its fitted attributes.
    """

    def __init__(self, sentence: str, result: Any = None) -> None:
        super().__init__(sentence)
        self.result = result


class ComputationError(RuntimeError):
    """A computation failed and has nothing to give."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, or the stop button of a notebook.

    Attributes
    ----------
    result : object
        What there was by then, or None. An estimator keeps its fitted attributes where there are any.
    """

    def __init__(self, sentence: str = "interrupted", result: Any = None) -> None:
        super().__init__(sentence)
        self.result = result
