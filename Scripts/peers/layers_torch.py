"""Round trip of `deeplinear layers` against PyTorch, which loads what it writes into torch.nn.Sequential.

Argument: the command to run, `deeplinear` unless told otherwise. A network with a linear layer and a convolution is
saved; both are expanded to three factors, loaded into Sequential modules by their names and compared on random inputs;
collapsed again and compared with the network saved; compressed at full energy and compared once more. Prints the
largest relative difference of outputs of each step, and exits with 1 when one exceeds what single precision explains.
Without PyTorch it says so and exits with 0.
"""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import torch
    from torch import nn
except ImportError:
    print("PyTorch is not installed; nothing was compared.")
    sys.exit(0)

command = sys.argv[1] if len(sys.argv) > 1 else "deeplinear"
torch.manual_seed(0)
torch.set_num_threads(1)


class Network(nn.Module):
    def __init__(self, conv=None, fc=None):
        super().__init__()
        self.conv = conv or nn.Conv2d(3, 8, 3)
        self.fc = fc or nn.Linear(8 * 4 * 4, 20)

    def forward(self, images):
        return self.fc(torch.relu(self.conv(images)).flatten(1))


def save(state, path):
    header, data = {}, b""
    for name, tensor in state.items():
        part = tensor.numpy().astype("<f4").tobytes()
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


def factors(state, layer, make):
    """A Sequential with modules of the shapes in the file; load_state_dict then insists on every name."""
    shapes = []
    while f"{layer}.{len(shapes)}.weight" in state:
        shapes.append(state[f"{layer}.{len(shapes)}.weight"].shape)
    last = len(shapes) - 1
    return nn.Sequential(*(make(shape, k == last) for k, shape in enumerate(shapes)))


def expanded(state):
    return Network(
        factors(state, "conv", lambda s, last: nn.Conv2d(s[1], s[0], tuple(s[2:]), bias=last)),
        factors(state, "fc", lambda s, last: nn.Linear(s[1], s[0], bias=last)),
    )


def run(*arguments):
    subprocess.run([command, "layers", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


original = Network().eval()
images = torch.randn(64, 3, 6, 6)
faults = 0
with tempfile.TemporaryDirectory() as folder, torch.no_grad():
    folder = pathlib.Path(folder)
    expected = original(images)
    # Sums of up to 128 products, twice as many layers: rounding of 2⁻²⁴ each, in the worst case in a row.
    allowed = 128 * 2.0**-24
    save(original.state_dict(), folder / "model.safetensors")
    names = ["--layer", "conv", "--layer", "fc"]
    run("expand", folder / "model.safetensors", *names, "--depth", 3, "--output", folder / "deep.safetensors")
    run("collapse", folder / "deep.safetensors", *names, "--output", folder / "flat.safetensors")
    run("compress", folder / "model.safetensors", *names, "--energy", 1, "--output", folder / "small.safetensors")
    for step, file, build in [
        ("expanded to 3 factors", "deep", expanded),
        ("collapsed again", "flat", lambda _: Network()),
        ("compressed at full energy", "small", expanded),
    ]:
        state = load(folder / f"{file}.safetensors")
        network = build(state).eval()
        network.load_state_dict(state, strict=True)
        error = ((network(images) - expected).abs().max() / expected.abs().max()).item()
        faults += error > allowed
        print(f"{step:28} outputs differ by {error:.1e} of the largest, {allowed:.1e} allowed")
sys.exit(1 if faults else 0)
