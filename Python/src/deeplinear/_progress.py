"""How far work is: a line on a terminal, a bar in a notebook, nothing where nobody looks."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from typing import Any, Callable, Union

__all__ = ["Bar", "Progress", "in_notebook", "set_progress"]

Progress = Union[bool, Callable[[str, Union[float, None], Union[str, None]], Any], None]

_default: Progress = None

#: Work that takes less is shown nothing of.
_DELAY = 1.0


def set_progress(progress: Progress) -> None:
    """Choose what is shown of long work where a call does not say it.

    Parameters
    ----------
    progress : bool or callable, optional
        None shows a bar on terminals and in notebooks, True always, False never; a callable is called with the stage,
        the share that is done or None, and a sentence or None.
    """
    global _default
    _default = progress


def in_notebook() -> bool:
    """Whether this runs in a notebook's kernel."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and "IPKernelApp" in getattr(shell, "config", {})


class Bar:
    """Hears about progress in any thread and shows it in the one that waits."""

    def __init__(self, progress: Progress) -> None:
        chosen = _default if progress is None else progress
        self._listener = chosen if callable(chosen) else None
        self._notebook = in_notebook()
        if chosen is None:
            self._shown = self._notebook or sys.stderr.isatty()
        else:
            self._shown = chosen is True
        self._start = time.monotonic()
        self._latest: tuple[str, float | None] | None = None
        self._display: Any = None
        self._drawn = False

    @property
    def listens(self) -> bool:
        return self._shown or self._listener is not None

    def hear(self, stage: str, share: float | None, sentence: str | None) -> None:
        self._latest = (stage, share)
        if self._listener is not None:
            self._listener(stage, share, sentence)

    def pause(self) -> float:
        """Seconds until the next look; signals are heard meanwhile."""
        return 0.1

    def draw(self) -> None:
        if not self._shown or self._latest is None or time.monotonic() - self._start < _DELAY:
            return
        stage, share = self._latest
        if self._notebook:
            self._draw_in_notebook(stage, share)
            return
        filled = round(24 * min(max(share or 0, 0), 1))
        text = "" if share is None else f" [{'=' * filled}{' ' * (24 - filled)}] {share:4.0%}"
        sys.stderr.write(f"\r\033[K{stage}{text}")
        sys.stderr.flush()
        self._drawn = True

    def _draw_in_notebook(self, stage: str, share: float | None) -> None:
        notebook: Any = import_module("IPython.display")
        value = "" if share is None else f' value="{share:.4f}"'
        shown = notebook.HTML(f"<label>{stage} <progress max=1{value}></progress></label>")
        if self._display is None:
            self._display = notebook.display(shown, display_id=True)
        else:
            self._display.update(shown)
        self._drawn = True

    def close(self) -> None:
        if not self._drawn:
            return
        if self._display is not None:
            notebook: Any = import_module("IPython.display")
            self._display.update(notebook.HTML(""))
        else:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
