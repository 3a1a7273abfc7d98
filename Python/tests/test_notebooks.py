"""The notebooks and the README's lines run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PYTHON = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("path", sorted((PYTHON / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_a_notebook_runs(path) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    shown = [
        output["data"]["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    assert any("<svg" in text.replace("&lt;", "<") for text in shown)


@pytest.mark.parametrize(
    "path", [PYTHON / "README.md", PYTHON.parent / "README.md"], ids=lambda p: p.parent.name
)
def test_the_lines_of_a_readme_run(path, capsys) -> None:
    blocks = re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL)
    assert blocks
    names: dict = {}
    for block in blocks:
        exec(block, names)


def test_doctests() -> None:
    import doctest

    import deeplinear
    from deeplinear import _completion, _regression, _simulation, _sweep

    for module in (_completion, _regression, _simulation, _sweep):
        outcome = doctest.testmod(module)
        assert outcome.attempted > 0 and outcome.failed == 0
    assert deeplinear.__version__
