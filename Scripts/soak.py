"""Many commands in one folder, some of them killed: what is left behind is what was asked for, whole or not at all.

    Scripts/soak.py COMMAND [COMMANDS] [SEED]

Every command is one of all kinds with outputs of its own; a third of them gets SIGINT, SIGTERM or SIGKILL after a random
time, some with a limit on the size of files. Afterwards every file must be one that some command was asked to write, and
readable; after SIGKILL alone may a temporary file stay, and the next command with the same output must not be troubled by
it. Exits with 1 if not.
"""

import json
import os
import pathlib
import random
import resource
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import zipfile

import numpy as np

command = sys.argv[1]
total = int(sys.argv[2]) if len(sys.argv) > 2 else 200
dice = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 0)
place = pathlib.Path(tempfile.mkdtemp(prefix="soak-"))
numbers = np.random.default_rng(0)


def prepare():
    low = numbers.standard_normal((40, 3)) @ numbers.standard_normal((3, 30))
    holes = np.where(numbers.random(low.shape) < 0.6, low, np.nan)
    np.save(place / "o.npy", holes)
    tensor = np.einsum("i,j,k->ijk", *(numbers.standard_normal(n) for n in (9, 8, 7)))
    np.save(place / "t3.npy", np.where(numbers.random(tensor.shape) < 0.6, tensor, np.nan))
    np.save(place / "x.npy", numbers.standard_normal((60, 6)))
    np.save(place / "y.npy", numbers.standard_normal((60, 4)))
    np.save(place / "a.npy", numbers.standard_normal((90, 8, 6)))
    np.save(place / "b.npy", numbers.standard_normal(90))
    weight = numbers.standard_normal((30, 20)).astype("<f4").tobytes()
    head = json.dumps({"fc.weight": {"dtype": "F32", "shape": [30, 20], "data_offsets": [0, len(weight)]}}).encode()
    (place / "m.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + weight)
    (place / "s.yaml").write_text(
        "objective: { kind: regression, inputs: x.npy, targets: y.npy }\n"
        "network: { widths: [6, 8, 4], initial: { kind: gaussian, standardDeviation: 0.1 } }\n"
        "dynamics: { kind: descent, stepSize: 1e-3 }\n"
        "recording: { times: [0, 2000, 40000], quantities: [loss, layers] }\n")


def choice(n):
    return dice.choice([
        (["complete", "o.npy", "--output", f"o{n}.npy", "--report", f"or{n}", "--model", f"o{n}.safetensors"],
         [f"o{n}.npy", f"or{n}", f"o{n}.safetensors"]),
        (["complete", "o.npy", "--output", f"c{n}.csv", "--mark", f"cm{n}.csv"], [f"c{n}.csv", f"cm{n}.csv"]),
        (["regress", "x.npy", "y.npy", "--output", f"w{n}.npy", "--path", f"p{n}.csv"], [f"w{n}.npy", f"p{n}.csv"]),
        (["sense", "a.npy", "b.npy", "--output", f"v{n}.npy"], [f"v{n}.npy"]),
        (["simulate", "s.yaml", "--output", f"t{n}.npz", "--checkpoint", f"k{n}", "--checkpoint-interval", "0.01"],
         [f"t{n}.npz", f"k{n}"]),
        (["layers", "expand", "m.safetensors", "--layer", "fc", "--output", f"e{n}.safetensors"], [f"e{n}.safetensors"]),
        (["tensor", "t3.npy", "--output", f"tt{n}.npy"], [f"tt{n}.npy"]),
        (["modes", "x.npy", "y.npy", "--output", f"mo{n}.npz"], [f"mo{n}.npz"]),
        (["race", "s.yaml", "--depths", "1,2", "--step-limit", "2000", "--output", f"ra{n}.csv"], [f"ra{n}.csv"]),
        (["sweep", "s.yaml", "--axis", "dynamics.stepSize=1e-4,1e-3", "--output", f"sw{n}"], [f"sw{n}"]),
        (["reproduce", "nosuch", "--output", f"g{n}"], []),
        (["complete", "nothing.csv", "--output", f"z{n}.csv"], []),
    ])


def limited():
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))


def whole(path):
    if path.name.startswith("sw"):
        # Whatever ended it, what is in the table of runs is readable.
        table = path / "sweep.sqlite"
        return not table.exists() or sqlite3.connect(table).execute("pragma integrity_check").fetchone() == ("ok",)
    if path.is_dir():
        return (path / "index.html").exists()
    if path.suffix == ".npy":
        np.load(path)
    elif path.suffix == ".npz":
        assert zipfile.ZipFile(path).testzip() is None
    elif path.suffix == ".safetensors":
        content = path.read_bytes()
        (length,) = struct.unpack("<Q", content[:8])
        head = json.loads(content[8 : 8 + length])
        ends = [entry["data_offsets"][1] for name, entry in head.items() if name != "__metadata__"]
        return len(content) == 8 + length + max(ends)
    elif path.suffix == ".csv":
        return path.read_bytes().endswith(b"\n")
    return True


prepare()
given = set(os.listdir(place))
asked, faults, endings, start, wasKilled = set(), [], {}, time.time(), False
for number in range(total):
    words, outputs = choice(number)
    asked |= set(outputs)
    how = dice.choice(["run"] * 5 + ["int", "term", "kill", "twice", "limit"])
    process = subprocess.Popen(
        [command, *words], cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        preexec_fn=limited if how == "limit" else None)
    if how in ("int", "term", "kill", "twice"):
        time.sleep(dice.expovariate(dice.choice([4, 12])))
        process.send_signal({"int": signal.SIGINT, "term": signal.SIGTERM, "kill": signal.SIGKILL, "twice": signal.SIGTERM}[how])
        if how == "twice":
            time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
        wasKilled |= how == "kill"
    try:
        error = process.communicate(timeout=120)[1].decode()
    except subprocess.TimeoutExpired:
        process.kill()
        faults.append(f"{how}: {' '.join(words)} did not end")
        continue
    status = process.returncode
    endings[how, status] = endings.get((how, status), 0) + 1
    if how == "run" and status != (0 if outputs and outputs[0][0] != "z" else 2):
        faults.append(f"undisturbed: {' '.join(words)} ended with {status}: {error[:200]}")
    if status not in (0, 1, 2, 130, -signal.SIGINT, -signal.SIGTERM) and how != "kill":
        faults.append(f"{how}: {' '.join(words)} ended with {status}: {error[:200]}")
    for name in outputs:
        if (place / name).exists():
            try:
                assert whole(place / name)
            except Exception as problem:
                faults.append(f"{how}: {name} is not whole: {problem}")
    left = set(os.listdir(place)) - given - asked
    if left and how != "kill":
        faults.append(f"{how}: {' '.join(words)} left {sorted(left)}")
    for name in left:  # named once
        given.add(name)
print(f"{total} commands in {time.time() - start:.0f} s; endings: {endings}")
for fault in faults[:40]:
    print(fault)
print(f"{len(faults)} faults; temporary files after SIGKILL: {sorted(given - {'o.npy','t3.npy','x.npy','y.npy','a.npy','b.npy','m.safetensors','s.yaml'})[:10]}")
sys.exit(1 if faults else 0)
