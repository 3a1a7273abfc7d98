"""`deeplinear layers` against PyTorch, which loads what it writes into torch.nn.Sequential and compares outputs.

Argument: the command to run, `deeplinear` unless told otherwise. Every kind of layer is expanded to three factors, loaded
by its names and compared on random inputs; collapsed again and compared with the layer saved; what a chain of
convolutions, weight norm and a pair of LoRA are is compared with what PyTorch computes. Then a classifier and a small
transformer are trained and compressed to equal sizes, with plain truncation and weighed by what flows through them, and
their losses on fresh data are printed. Exits with 1 when outputs differ by more than single precision explains, or when
weighing is worse. Without PyTorch it says so and exits with 0.
"""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import torch
    from torch import nn
    from torch.nn.utils.parametrizations import weight_norm
except ImportError:
    print("PyTorch is not installed; nothing was compared.")
    sys.exit(0)

command = sys.argv[1] if len(sys.argv) > 1 else "deeplinear"
torch.manual_seed(0)
torch.set_num_threads(1)
faults = 0


def save(state, path):
    header, data = {}, b""
    for name, tensor in state.items():
        part = tensor.detach().contiguous().numpy().astype("<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(part)],
        }
        data += part
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def load(path):
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    state = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32", f"{name} became {entry['dtype']}"
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        values = torch.frombuffer(bytearray(content[start:end]), dtype=torch.float32)
        state[name] = values.reshape(entry["shape"])
    return state


def run(*arguments):
    words = [command, "layers", *map(str, arguments)]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


class Conv1D(nn.Module):
    """As in transformers: y = x W + b."""

    def __init__(self, inputs, outputs, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs) * inputs**-0.5)
        self.bias = nn.Parameter(torch.randn(outputs)) if bias else None

    def forward(self, x):
        y = x @ self.weight
        return y if self.bias is None else y + self.bias


def conv(shape, bias, groups, **settings):
    kind = [nn.Conv1d, nn.Conv2d, nn.Conv3d][len(shape) - 3]
    return kind(shape[1] * groups, shape[0], tuple(shape[2:]), bias=bias, groups=groups, **settings)


def transposed(shape, bias, groups, **settings):
    kind = [nn.ConvTranspose1d, nn.ConvTranspose2d][len(shape) - 3]
    return kind(shape[0], shape[1] * groups, tuple(shape[2:]), bias=bias, groups=groups, **settings)


def compare(step, actual, expected, allowed):
    global faults
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    faults += not error <= allowed
    print(f"{step:52} outputs differ by {error:.1e} of the largest, {allowed:.1e} allowed")


def every_kind(folder):
    def linear(shape, bias, groups):
        return nn.Linear(shape[1], shape[0], bias=bias)

    def gpt2(shape, bias, groups):
        return Conv1D(shape[0], shape[1], bias)

    wide = {"stride": 2, "padding": 1}
    cases = [
        ("linear", linear, [20, 30], 1, [], {}, torch.randn(16, 30)),
        ("GPT-2's Conv1D", gpt2, [30, 20], 1, ["--kind", "gpt2"], {}, torch.randn(16, 30)),
        ("GPT-2's Conv1D, square", gpt2, [20, 20], 1, ["--kind", "gpt2"], {}, torch.randn(16, 20)),
        ("convolution", conv, [8, 3, 3, 3], 1, [], wide, torch.randn(4, 3, 9, 8)),
        ("convolution in 4 groups", conv, [32, 4, 3, 3], 4, ["--groups", 4], wide, torch.randn(4, 16, 9, 8)),
        ("depthwise convolution", conv, [12, 1, 5, 3], 12, ["--groups", 12], wide, torch.randn(4, 12, 9, 8)),
        ("convolution of sequences", conv, [20, 6, 5], 1, ["--groups", 1], wide, torch.randn(4, 6, 30)),
        ("convolution of volumes", conv, [8, 3, 3, 3, 3], 1, [], wide, torch.randn(2, 3, 7, 6, 8)),
        ("transposed convolution", transposed, [3, 16, 3, 3], 1, [], wide, torch.randn(4, 3, 6, 5)),
        ("transposed convolution in 2 groups", transposed, [6, 5, 4, 3], 2,
         ["--kind", "conv-transpose", "--groups", 2], wide, torch.randn(4, 6, 6, 5)),
    ]
    for name, make, shape, groups, options, settings, inputs in cases:
        layer = make(shape, True, groups, **settings)
        expected = layer(inputs)
        save({f"f.{k}": v for k, v in layer.state_dict().items()}, folder / "m.safetensors")
        common = ["--layer", "f", *options, "--force"]
        run("expand", folder / "m.safetensors", *common, "--depth", 3, "--output", folder / "e.safetensors")
        run("collapse", folder / "e.safetensors", *common, "--output", folder / "c.safetensors")
        state = load(folder / "e.safetensors")
        factors = [state[f"f.{k}.weight"].shape for k in range(3)]
        place = 2 if make is transposed else 0
        modules = [
            make(list(s), k == 2, groups, **(settings if k == place else {})) for k, s in enumerate(factors)
        ]
        network = nn.Sequential(*modules)
        network.load_state_dict({k[2:]: v for k, v in state.items()}, strict=True)
        # Sums of up to 128 products, three times: rounding of 2⁻²⁴ each, in the worst case in a row.
        allowed = 3 * 128 * 2.0**-24
        compare(f"{name}, three factors", network(inputs), expected, allowed)
        back = make(shape, True, groups, **settings)
        back.load_state_dict({k[2:]: v for k, v in load(folder / "c.safetensors").items()}, strict=True)
        compare(f"{name}, collapsed again", back(inputs), expected, allowed)


def chains(folder):
    allowed = 4 * 128 * 2.0**-24
    for name, kernels, options in [("1×1–3×3–1×1", [1, 3, 1], []), ("3×3–3×3", [3, 3], ["--unpadded"])]:
        channels = [3, 8, 6, 5]
        chain = nn.Sequential(*(nn.Conv2d(channels[k], channels[k + 1], s) for k, s in enumerate(kernels)))
        inputs = torch.randn(4, 3, 9, 8)
        save({f"n.{k}": v for k, v in chain.state_dict().items()}, folder / "m.safetensors")
        run("collapse", folder / "m.safetensors", "--layer", "n", *options, "--force", "--output", folder / "c.safetensors")
        state = load(folder / "c.safetensors")
        one = conv(list(state["n.weight"].shape), True, 1)
        one.load_state_dict({k[2:]: v for k, v in state.items()})
        compare(f"chain {name}", one(inputs), chain(inputs), allowed)
    normed = weight_norm(nn.Linear(30, 20))
    inputs = torch.randn(16, 30)
    with torch.no_grad():
        normed.parametrizations.weight.original0.mul_(2)
    save({f"f.{k}": v for k, v in normed.state_dict().items()}, folder / "m.safetensors")
    run("collapse", folder / "m.safetensors", "--layer", "f", "--force", "--output", folder / "c.safetensors")
    plain = nn.Linear(30, 20)
    plain.load_state_dict({k[2:]: v for k, v in load(folder / "c.safetensors").items()})
    compare("weight norm", plain(inputs), normed(inputs), allowed)
    a, b, base = torch.randn(4, 30), torch.randn(20, 4), nn.Linear(30, 20)
    state = {f"f.{k}": v for k, v in base.state_dict().items()}
    save({**state, "f.lora_A.weight": a, "f.lora_B.weight": b}, folder / "m.safetensors")
    run("collapse", folder / "m.safetensors", "--layer", "f", "--merge-lora", "--lora-scale", 0.5, "--force",
        "--output", folder / "c.safetensors")
    plain.load_state_dict({k[2:]: v for k, v in load(folder / "c.safetensors").items()})
    compare("pair of LoRA", plain(inputs), base(inputs) + 0.5 * inputs @ a.T @ b.T, allowed)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(64, 96), nn.Linear(96, 96), nn.Linear(96, 10)

    def forward(self, x):
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        q, k, v = self.qkv(self.norm1(x)).chunk(3, -1)
        x = x + self.out(nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True))
        return x + self.fc2(torch.relu(self.fc1(self.norm2(x))))


class Transformer(nn.Module):
    """Letters of a language in which each follows from the two before it."""

    def __init__(self, letters=24, width=48, length=32):
        super().__init__()
        self.embedding, self.position = nn.Embedding(letters, width), nn.Embedding(length, width)
        self.blocks = nn.ModuleList([Block(width), Block(width)])
        self.head = nn.Linear(width, letters)

    def forward(self, x):
        y = self.embedding(x) + self.position.weight[: x.shape[1]]
        for block in self.blocks:
            y = block(y)
        return self.head(y)


def language(count, seed):
    table = np.random.default_rng(0).dirichlet(np.full(24, 0.05), size=(24, 24)).cumsum(-1)
    random = np.random.default_rng(seed)
    text = random.integers(24, size=(count, 33))
    for t in range(2, 33):
        rows = table[text[:, t - 2], text[:, t - 1]]
        text[:, t] = (rows < random.random((count, 1))).sum(1).clip(max=23)
    text = torch.tensor(text)
    return text[:, :-1], text[:, 1:]


def pictures(count, seed):
    """Ten kinds of smooth 8×8 pictures, with noise."""
    shapes = np.random.default_rng(1).standard_normal((10, 12))
    row = np.arange(8) / 8
    waves = [np.outer(np.cos(np.pi * a * row), np.cos(np.pi * b * row)).ravel() for a in range(4) for b in range(3)]
    random = np.random.default_rng(seed)
    labels = random.integers(10, size=count)
    codes = shapes[labels] + 0.8 * random.standard_normal((count, 12))
    images = codes @ np.array(waves) + 0.1 * random.standard_normal((count, 64))
    return torch.tensor(images, dtype=torch.float32), torch.tensor(labels)


def compression(folder, name, network, data, steps, shares):
    global faults
    (x, y), (calibration, _), (fresh, truth) = data(2000, 2), data(300, 3), data(1000, 4)
    loss = lambda outputs, wanted: nn.functional.cross_entropy(outputs.flatten(0, -2), wanted.flatten())
    optimizer = torch.optim.Adam(network.parameters(), 2e-3)
    for step in range(steps):
        batch = torch.randint(len(x), (64,))
        optimizer.zero_grad()
        loss(network(x[batch]), y[batch]).backward()
        optimizer.step()
    inputs, hooks = {}, []
    for part, module in network.named_modules():
        if isinstance(module, nn.Linear):
            hooks.append(module.register_forward_hook(
                lambda _, x, __, part=part: inputs.__setitem__(part, x[0].detach().flatten(0, -2).numpy())))
    network(calibration)
    for hook in hooks:
        hook.remove()
    np.savez(folder / "inputs.npz", **inputs)
    save(network.state_dict(), folder / "m.safetensors")
    whole = loss(network(fresh), truth).item()
    print(f"\n{name}: loss on fresh data {whole:.4f}")
    for share in shares:
        losses = []
        for options in [[], ["--activations", folder / "inputs.npz"]]:
            names = [word for part in inputs for word in ("--layer", part)]
            said = run("compress", folder / "m.safetensors", *names, "--budget", share, *options, "--force", "--json",
                       "--output", folder / "s.safetensors")
            state = load(folder / "s.safetensors")
            merged = {k: v for k, v in state.items() if k in network.state_dict()}
            for change in json.loads(said)["layers"]:
                if "left" not in change:
                    part = change["layer"]
                    merged[f"{part}.weight"] = state[f"{part}.1.weight"] @ state[f"{part}.0.weight"]
                    merged[f"{part}.bias"] = state[f"{part}.1.bias"]
            small = type(network)()
            small.load_state_dict(merged, strict=True)
            losses.append(loss(small(fresh), truth).item())
        faults += losses[1] > losses[0]
        print(f"  {share:.0%} of the parameters: plain {losses[0]:.4f}, weighed by what flows through {losses[1]:.4f}")


with tempfile.TemporaryDirectory() as place:
    place = pathlib.Path(place)
    with torch.no_grad():
        every_kind(place)
        chains(place)
    compression(place, "classifier", Classifier(), pictures, 600, [0.6, 0.4, 0.25])
    compression(place, "transformer", Transformer(), language, 1500, [0.8, 0.6, 0.4])
sys.exit(1 if faults else 0)
