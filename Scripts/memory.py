"""Peak memory beside the estimate that a refusal names, over jobs from small to gigabytes.

    Scripts/memory.py COMMAND [LARGEST] [WORD]

Each job runs once with all the machine's memory, which gives its peak, and then with less and less, by a limit on its
data (`ulimit -d`), until it refuses: the sentence names what it would need. The peak is what it takes above the peak of
the smallest job of its kind. An estimate below the peak, or above twice it, is wrong; so is any ending but a whole
answer or a refusal of one sentence. Below 50 MB what the program itself takes hides the difference, and nothing is
judged. LARGEST leaves out jobs that are expected to take more than so many MB (3000 by default); WORD names those to
run. Exits with 1 if anything is wrong.
"""

import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np

command = str(pathlib.Path(sys.argv[1]).resolve())
largest = float(sys.argv[2]) if len(sys.argv) > 2 else 3000
word = sys.argv[3] if len(sys.argv) > 3 else ""
SMALLEST_JUDGED = 50

# A small process starts the command: the peak of a child begins with that of the process it is forked from.
STARTER = """
import json, os, resource, sys
limit = int(sys.argv[1])
child = os.fork()
if child == 0:
    resource.setrlimit(resource.RLIMIT_CPU, (300, 300))
    if limit: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    os.execv(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024]), file=sys.stderr)
"""


def run(words, folder, limit=0):
    """The exit status, the peak in bytes and what was said."""
    ending = subprocess.run(
        [sys.executable, "-S", "-c", STARTER, str(int(limit)), command, *words], cwd=folder, capture_output=True,
        text=True)
    *said, last = ending.stderr.strip().splitlines()
    status, peak = json.loads(last)
    return status, peak, "\n".join(said)


def table(rows, columns, share, folder):
    random = np.random.default_rng(0)
    low = random.standard_normal((rows, 3)) @ random.standard_normal((3, columns))
    low += 0.1 * random.standard_normal(low.shape)
    np.save(folder / "o.npy", np.where(random.random(low.shape) < share, low, np.nan))


def triplets(rows, columns, count, folder):
    random = np.random.default_rng(0)
    cells = np.stack([random.integers(0, rows, count), random.integers(0, columns, count)], axis=1)
    cells[0] = rows - 1, columns - 1
    cells = np.unique(cells, axis=0)
    left, right = random.standard_normal((rows, 3)), random.standard_normal((columns, 3))
    values = (left[cells[:, 0]] * right[cells[:, 1]]).sum(axis=1)
    with open(folder / "o.mtx", "w") as file:
        file.write(f"%%MatrixMarket matrix coordinate real general\n{rows} {columns} {len(cells)}\n")
        np.savetxt(file, np.column_stack([cells + 1, values]), fmt="%d %d %.6g")


def specification(widths, dynamics, times, quantities, folder):
    random = np.random.default_rng(0)
    np.save(folder / "y.npy", random.standard_normal((widths[-1], widths[0])) / widths[0])
    (folder / "s.yaml").write_text(
        "objective: { kind: factorization, target: y.npy }\n"
        f"network: {{ widths: {widths}, initial: {{ kind: gaussian, standardDeviation: 1e-3 }} }}\n"
        f"dynamics: {dynamics}\n"
        f"recording: {{ times: {times}, quantities: {quantities} }}\n")


def samples(count, inputs, outputs, folder):
    random = np.random.default_rng(0)
    x = random.standard_normal((count, inputs))
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", x[:, :2] @ random.standard_normal((2, outputs)) + random.standard_normal((count, outputs)))


def measurements(count, rows, columns, folder):
    random = np.random.default_rng(0)
    truth = np.outer(random.standard_normal(rows), random.standard_normal(columns))
    a = random.standard_normal((count, rows, columns))
    np.save(folder / "a.npy", a)
    np.save(folder / "b.npy", np.tensordot(a, truth, 2))


def elements(count, side, folder):
    random = np.random.default_rng(0)
    lines = [f"{k},{i},{j},1" for k, (i, j) in enumerate(random.integers(0, side, (count, 2)))]
    (folder / "a.csv").write_text("measurement,row,column,coefficient\n" + "\n".join(lines) + "\n")
    np.save(folder / "b.npy", random.standard_normal(count))


def layer(outputs, inputs, count, folder):
    random = np.random.default_rng(0)
    head, begin = {}, 0
    for k in range(count):
        head[f"fc{k}.weight"] = {
            "dtype": "F32", "shape": [outputs, inputs], "data_offsets": [begin, begin + 4 * outputs * inputs]}
        begin += 4 * outputs * inputs
    text = json.dumps(head).encode()
    with open(folder / "m.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _ in range(count):
            file.write(random.standard_normal((outputs, inputs)).astype("<f4").tobytes())


FILL = ["complete", "o.npy", "--output", "out.npy", "--force"]
FACTORS = ["complete", "o.mtx", "--model", "out.safetensors", "--force"]
NUCLEAR = [*FILL, "--method", "nuclear"]
FOLLOW = ["simulate", "s.yaml", "--output", "out.npz", "--force"]
SENSE = ["sense", "a.npy", "b.npy", "--output", "out.npy", "--force"]
ELEMENTS = ["sense", "a.csv", "b.npy", "--rows", "2000", "--columns", "2000", "--output", "out.npy", "--force"]
REGRESS = ["regress", "x.npy", "y.npy", "--output", "out.npy", "--force"]
EXPAND = ["layers", "expand", "m.safetensors", "--all-linear", "--output", "out.safetensors", "--force"]
COMPRESS = ["layers", "compress", "m.safetensors", "--all-linear", "--output", "out.safetensors", "--force", "--rank", "8"]
MEASURE = ["datasets", "measure", "x.npy", "--targets", "y.npy"]
MODES = ["modes", "x.npy", "y.npy", "--output", "out.npz", "--force"]
FEW = "{ kind: descent, stepSize: 0.01 }"
FLOW = "{ kind: flow }"

# What it is, about how many MB it takes, the words, and what makes its files. The first of a kind is the smallest.
jobs = [
    ("complete 20×20", 0, FILL, lambda at: table(20, 20, 0.8, at)),
    ("complete 1000×800", 100, FILL, lambda at: table(1000, 800, 0.5, at)),
    ("complete 2000×1500", 800, FILL, lambda at: table(2000, 1500, 0.5, at)),
    ("complete 10⁵×10⁵, 10⁶ entries", 500, FACTORS, lambda at: triplets(100_000, 100_000, 1_000_000, at)),
    ("complete 10⁴×10⁴, 3·10⁶ entries", 700, FACTORS, lambda at: triplets(10_000, 10_000, 3_000_000, at)),
    ("complete nuclear 600×500", 100, NUCLEAR, lambda at: table(600, 500, 0.5, at)),
    ("complete nuclear 1500×1500", 300, NUCLEAR, lambda at: table(1500, 1500, 0.5, at)),
    ("simulate 5–5–5", 0, FOLLOW, lambda at: specification([5, 5, 5], FEW, [0, 2], "[loss]", at)),
    ("simulate flow 200–200–200–200", 30, FOLLOW, lambda at: specification([200] * 4, FLOW, [0, 0.1], "[loss]", at)),
    ("simulate flow 800–800–800", 250, FOLLOW, lambda at: specification([800] * 3, FLOW, [0, 0.01], "[loss]", at)),
    ("simulate descent 2500–2500–2500", 1000, FOLLOW, lambda at: specification([2500] * 3, FEW, [0, 2], "[loss]", at)),
    ("simulate layers of 300–300–300, 300 times", 1000, FOLLOW, lambda at: specification(
        [300] * 3, FEW, list(range(300)), "[layers]", at)),
    ("simulate endToEnd of 1500–10–1500, 20 times", 1000, FOLLOW, lambda at: specification(
        [1500, 10, 1500], FEW, list(range(20)), "[endToEnd]", at)),
    ("sense 30 of 5×4", 0, SENSE, lambda at: measurements(30, 5, 4, at)),
    ("sense 1000 of 50×50", 60, SENSE, lambda at: measurements(1000, 50, 50, at)),
    ("sense 3000 of 100×100", 700, SENSE, lambda at: measurements(3000, 100, 100, at)),
    ("sense 20000 elements of 2000×2000", 200, ELEMENTS, lambda at: elements(20_000, 2000, at)),
    ("regress 100×5", 0, REGRESS, lambda at: samples(100, 5, 3, at)),
    ("regress 50000×100", 200, REGRESS, lambda at: samples(50_000, 100, 20, at)),
    ("regress 200000×200", 1500, REGRESS, lambda at: samples(200_000, 200, 20, at)),
    ("regress 500×3000", 400, REGRESS, lambda at: samples(500, 3000, 10, at)),
    ("layers 10×10", 0, COMPRESS, lambda at: layer(10, 10, 1, at)),
    ("layers compress 1000×1000", 50, COMPRESS, lambda at: layer(1000, 1000, 1, at)),
    ("layers compress 8 of 1000×1000", 200, COMPRESS, lambda at: layer(1000, 1000, 8, at)),
    ("layers compress 4096×2048", 600, COMPRESS, lambda at: layer(4096, 2048, 1, at)),
    ("layers expand 8 of 1000×1000", 400, EXPAND, lambda at: layer(1000, 1000, 8, at)),
    ("layers expand 3000×3000", 800, EXPAND, lambda at: layer(3000, 3000, 1, at)),
    ("datasets measure 50×5", 0, MEASURE, lambda at: samples(50, 5, 3, at)),
    ("datasets measure 20000×784", 80, MEASURE, lambda at: samples(20_000, 784, 10, at)),
    ("datasets measure 2000×3072", 500, MEASURE, lambda at: samples(2000, 3072, 10, at)),
    ("datasets measure 2000×6000", 1500, MEASURE, lambda at: samples(2000, 6000, 10, at)),
    ("modes 50×5", 0, MODES, lambda at: samples(50, 5, 3, at)),
    ("modes 20000×784", 80, MODES, lambda at: samples(20_000, 784, 10, at)),
    ("modes 2000×3072", 500, MODES, lambda at: samples(2000, 3072, 10, at)),
]

# What the libraries map before anything is computed, their threads' stacks and buffers, counts as data.
STARTED = 40e6
NEEDS = re.compile(r"needs about ([\d.]+) (MB|GB|TB)")


def estimate(words, folder, peak):
    """What the refusal under less and less memory names, and what else came of them."""
    wrong = []
    for share in (2, 1.4, 1, 0.7, 0.5, 0.25):
        status, _, said = run(words, folder, STARTED + share * peak)
        need = NEEDS.search(said)
        if status == 2 and need:
            return float(need[1]) * {"MB": 1e6, "GB": 1e9, "TB": 1e12}[need[2]], wrong
        if status not in (0, 1):
            wrong.append(f"with {share} times its peak it ends with {status}: {said[:100]!r}")
    return None, wrong


def judge(name, words, make, smallest, folder):
    make(folder)
    begin = time.time()
    status, peak, said = run(words, folder)
    seconds = time.time() - begin
    if smallest is None:
        return peak, []
    faults = [] if status in (0, 1) else [f"it ends with {status}: {said[:150]}"]
    above = peak - smallest
    found, wrong = estimate(words, folder, above)
    faults += wrong
    ratio = found / above if found else float("nan")
    if above > SMALLEST_JUDGED * 1e6:
        if not found:
            faults.append("nothing is refused")
        elif not 1 <= ratio <= 2:
            faults.append(f"the estimate is {ratio:.2f} of the peak")
    shown = f"{found / 1e6:8.0f}" if found else "       –"
    print(f"{name:45} {shown} {above / 1e6:8.0f} {ratio:6.2f} {seconds:7.1f} s  {'; '.join(faults)}", flush=True)
    return smallest, faults


print(f"{'job':45} {'estimate':>8} {'peak':>8} {'ratio':>6} {'time':>9}   (MB above the smallest of its kind)", flush=True)
faults, judged, smallest, kind = 0, 0, None, None
for name, expected, words, make in jobs:
    if kind != words[0]:
        kind, smallest = words[0], None
    if expected > largest or word not in (name if expected else word):
        continue
    with tempfile.TemporaryDirectory(prefix="memory-") as place:
        isFirst = smallest is None
        smallest, found = judge(name, words, make, smallest, pathlib.Path(place))
    judged += not isFirst
    faults += len(found)
print(f"{judged} sizes, {faults} faults")
sys.exit(1 if faults else 0)
