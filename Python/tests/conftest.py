"""Data that several tests share."""

from __future__ import annotations

import os
import shutil
import signal

import numpy as np
import pytest

# What a shell starts in the background ignores interrupts, and these tests are about them.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def table() -> np.ndarray:
    """A noisy table of rank 2 with gaps."""
    generator = np.random.default_rng(8)
    whole = generator.normal(size=(40, 2)) @ generator.normal(size=(2, 12))
    whole += 0.05 * generator.normal(size=whole.shape)
    whole[generator.random(whole.shape) < 0.3] = np.nan
    return whole


@pytest.fixture
def exact() -> tuple[np.ndarray, np.ndarray]:
    """A whole table of rank 2, and the same with gaps that the rest determines."""
    generator = np.random.default_rng(3)
    whole = generator.normal(size=(30, 2)) @ generator.normal(size=(2, 20))
    holed = np.where(generator.random(whole.shape) < 0.3, np.nan, whole)
    return whole, holed


@pytest.fixture(scope="session")
def command() -> str:
    """The command of the same build."""
    path = os.environ.get("DEEPLINEAR_COMMAND") or shutil.which("deeplinear")
    if path is None:
        pytest.skip("DEEPLINEAR_COMMAND names no command to compare with")
    return path
