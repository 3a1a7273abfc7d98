"""Layers of networks in dictionaries and modules."""

from __future__ import annotations

import numpy as np
import pytest

import deeplinear
from deeplinear import layers


@pytest.fixture
def network() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(6)
    low = generator.normal(size=(20, 3)) @ generator.normal(size=(3, 16))
    return {
        "fc1.weight": low.astype(np.float32),
        "fc1.bias": generator.normal(size=20).astype(np.float32),
        "norm.scale": np.ones(20, np.float32),
        "fc2.weight": generator.normal(size=(5, 20)),
    }


def test_expanded_layers_multiply_to_the_old(network) -> None:
    changed = layers.expand(network, "fc1", depth=3)
    product = changed["fc1.2.weight"].astype(float) @ changed["fc1.1.weight"] @ changed["fc1.0.weight"]
    weight = network["fc1.weight"].astype(float)
    # Stored as single precision: three factors, each rounded once.
    assert np.linalg.norm(product - weight) < 4 * 2.0**-24 * np.sqrt(3) * 3 * np.linalg.norm(weight)
    assert changed["fc1.0.weight"].dtype == np.float32
    assert np.array_equal(changed["fc2.weight"], network["fc2.weight"])
    back = layers.collapse(changed, "fc1")
    assert set(back) == set(network)
    assert np.allclose(back["fc1.weight"], weight, rtol=0, atol=1e-5)


def test_compression_keeps_what_is_asked(network) -> None:
    changed = layers.compress(network, "fc1", rank=3)
    product = changed["fc1.1.weight"] @ changed["fc1.0.weight"]
    assert np.allclose(product, network["fc1.weight"], atol=1e-4)
    [what] = changed.summary["layers"]
    assert what["rank"] == 3 and what["parametersAfter"] == 3 * (20 + 16)
    assert "<svg" in changed.result.page()


def test_names_that_are_not_there(network) -> None:
    with pytest.raises(ValueError, match="fc1"):
        layers.expand(network, "fc11")
    with pytest.raises(ValueError, match="give one of rank, energy"):
        layers.compress(network, "fc1")
    with pytest.raises(ValueError, match="dictionary"):
        layers.expand(3)
    with pytest.raises(ValueError, match="no weights"):
        layers.expand({"fc.weight": np.array([["a"]])}, "fc")


def test_modules_of_torch() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(8, 12), torch.nn.ReLU(), torch.nn.Linear(12, 4))
    inputs = torch.randn(5, 8)
    expanded = layers.expand(model, "0", depth=2)
    assert torch.allclose(expanded(inputs), model(inputs), atol=1e-5)
    assert len(expanded[0]) == 2
    collapsed = layers.collapse(expanded, "0")
    assert torch.allclose(collapsed(inputs), model(inputs), atol=1e-5)
    small = layers.compress(model, "0", rank=2)
    assert sum(p.numel() for p in small.parameters()) < sum(p.numel() for p in model.parameters())
    assert deeplinear is not None
