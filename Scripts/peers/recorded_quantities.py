"""Recorded quantities and modes against NumPy, from the matrices recorded beside them.

usage: recorded_quantities.py DEEPLINEAR   (the command's path); exits 1 where something differs by more than 1e-6.
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np


def hessian(layers, target):
    """The second derivative of half the squared distance of the product from a target, by central differences."""
    shapes = [w.shape for w in layers]

    def gradient(x):
        parts, begin = [], 0
        for rows, columns in shapes:
            parts.append(x[begin : begin + rows * columns].reshape(rows, columns))
            begin += rows * columns
        residual = np.linalg.multi_dot(parts[::-1]) - target if len(parts) > 1 else parts[0] - target
        slopes = []
        for j in range(len(parts)):
            above = np.eye(parts[-1].shape[0])
            for w in parts[: j : -1]:
                above = above @ w
            below = np.eye(parts[0].shape[1])
            for w in parts[:j]:
                below = w @ below
            slopes.append((above.T @ residual @ below.T).ravel())
        return np.concatenate(slopes)

    x = np.concatenate([w.ravel() for w in layers])
    columns = []
    for k in range(len(x)):
        step = np.zeros_like(x)
        step[k] = 1e-5
        columns.append((gradient(x + step) - gradient(x - step)) / 2e-5)
    return gradient(x), np.array(columns)


def preconditioner(w, depth):
    """The sum over layers of (W W^T)^{(N-j)/N} kron (W^T W)^{(j-1)/N}, by its eigenvalues."""
    s = np.linalg.svd(w, compute_uv=False)
    left = np.concatenate([s, np.zeros(w.shape[0] - len(s))])
    right = np.concatenate([s, np.zeros(w.shape[1] - len(s))])
    power = lambda a, p: np.ones_like(a) if p == 0 else a**p
    total = sum(
        np.outer(power(left, 2 * (depth - j) / depth), power(right, 2 * (j - 1) / depth))
        for j in range(1, depth + 1)
    )
    return np.sort(total.ravel())[::-1]


def simulated(command, folder, depth, seed):
    rng = np.random.default_rng(seed)
    target, truth = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    np.save(f"{folder}/y.npy", target)
    np.save(f"{folder}/m.npy", truth)
    quantities = [
        "endToEnd", "layers", "singularValues", "relativeError", "effectiveRank", "nuclearNorm", "schattenNorm",
        "layerNorms", "alignment", "gradientNorm", "sharpness", "preconditionerSpectrum", "singularValueResidual",
    ]
    spec = {
        "objective": {"kind": "factorization", "target": "y.npy"},
        "network": {"widths": [4] + [4] * (depth - 1) + [3], "initial": {"kind": "xavier", "gain": 0.8}},
        "dynamics": {"kind": "flow", "relativeTolerance": 1e-10},
        "recording": {"times": {"from": 0.1, "to": 10, "count": 4, "spacing": "logarithmic"},
                      "quantities": quantities, "truth": "m.npy", "schatten": 0.5},
        "seed": seed,
    }
    with open(f"{folder}/spec.json", "w") as file:
        json.dump(spec, file)
    subprocess.run([command, "simulate", f"{folder}/spec.json", "--output", f"{folder}/t.npz", "--force"],
                   check=True, stdout=subprocess.DEVNULL)
    return target, truth, dict(np.load(f"{folder}/t.npz"))


def compare_recording(command, folder, depth, seed):
    target, truth, t = simulated(command, folder, depth, seed)
    worst = np.abs(t["times"] / np.logspace(-1, 1, 4) - 1).max()
    for k in range(4):
        layers = [t[f"layer{j + 1}"][k] for j in range(depth)]
        w = t["endToEnd"][k]
        s = np.linalg.svd(w, compute_uv=False)
        p = s / s.sum()
        slope, curvature = hessian(layers, target)
        decompositions = [np.linalg.svd(a) for a in layers]
        expected = {
            "relativeError": np.linalg.norm(w - truth) / np.linalg.norm(truth),
            "effectiveRank": np.exp(-(p * np.log(p)).sum()),
            "nuclearNorm": s.sum(),
            "schattenNorm": np.sqrt(s).sum() ** 2,
            "layerNorms": np.array([np.linalg.norm(a) for a in layers]),
            "alignment": np.array([abs(below[0][:, 0] @ above[2][0])
                                   for below, above in zip(decompositions, decompositions[1:])]),
            "gradientNorm": np.linalg.norm(slope),
            "sharpness": np.linalg.eigvalsh((curvature + curvature.T) / 2)[-1],
            "preconditionerSpectrum": preconditioner(w, depth),
        }
        for name, value in expected.items():
            scale = np.abs(value).max()
            worst = max(worst, np.abs(t[name][k] - value).max() / max(scale, 1e-3))
    return worst


def compare_modes(command, folder, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((50, 6)) * rng.uniform(0.2, 2, 6), rng.standard_normal((50, 4))
    np.save(f"{folder}/x.npy", x)
    np.save(f"{folder}/y.npy", y)
    out = subprocess.run([command, "modes", f"{folder}/x.npy", f"{folder}/y.npy", "--json", "--force",
                          "--output", f"{folder}/m.npz"], check=True, capture_output=True, text=True).stdout
    found, arrays = json.loads(out), dict(np.load(f"{folder}/m.npz"))
    sx, syx = x.T @ x / 50, y.T @ x / 50
    u, s, vt = np.linalg.svd(syx)
    rotated = vt @ sx @ vt.T
    variances = np.diag(rotated)[: len(s)]
    values, vectors = np.linalg.eigh(sx)
    root = (vectors / np.sqrt(values)) @ vectors.T
    gains = np.linalg.svd(syx @ root, compute_uv=False) ** 2
    squared = syx.T @ syx
    commutator = np.linalg.norm(squared @ sx - sx @ squared)
    # The basis of the kernel of the cross-covariance is free: there the covariance is diagonal.
    inside = rotated[len(s):, len(s):]
    off = np.linalg.norm(rotated - np.diag(np.diag(rotated))) ** 2 - np.linalg.norm(
        inside - np.diag(np.diag(inside))) ** 2
    start = found["start"]
    checks = {
        "correlations": (arrays["correlations"], s), "variances": (arrays["variances"][: len(s)], variances),
        "optimumGains": (arrays["optimumGains"], gains),
        "halfRiseTimes": (arrays["halfRiseTimes"], np.log(s / (variances * start) - 1) / (2 * s)),
        "plateauLosses": (arrays["plateauLosses"], (y**2).sum() / 100 - np.concatenate(
            [[0], np.cumsum(s**2 / variances / 2)])),
        "commutatorShare": (found["commutatorShare"], commutator / (
            np.sqrt(2) * np.linalg.norm(squared) * np.linalg.norm(sx))),
        "offDiagonalShare": (found["offDiagonalShare"], np.sqrt(off) / np.linalg.norm(sx)),
        "distanceFromWhite": (found["distanceFromWhite"], np.linalg.norm(
            sx - np.trace(sx) / 6 * np.eye(6)) / np.linalg.norm(sx)),
    }
    return max(np.abs(np.asarray(a) - b).max() / np.abs(b).max() for a, b in checks.values())


def main():
    command = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        recording = max(compare_recording(command, folder, depth, seed) for depth in (2, 3) for seed in range(5))
        modes = max(compare_modes(command, folder, seed) for seed in range(10))
    print(f"recorded quantities off by {recording:.1e}, modes by {modes:.1e}")
    sys.exit(0 if max(recording, modes) <= 1e-6 else 1)


if __name__ == "__main__":
    main()
