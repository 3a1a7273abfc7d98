// From the settings of the page to a specification and its arrays, and to the same in other languages.

/** Settings as they are when the page opens. */
export const initial = {
  depth: 3, inputs: 6, outputs: 6, hidden: 6, start: "spectral", size: 1e-3, imbalance: 0,
  spectrum: [5, 3.6, 2.5, 1.4], covariance: [1, 1, 1, 1, 1, 1], angle: 0, objective: "factorization",
  share: 0.6, measurements: 2, kind: "flow", step: 0.01, momentum: 0, duration: 1, seed: 1,
};

export const starts = {
  spectral: "along the target", balanced: "balanced, random", gaussian: "Gaussian", identity: "identity", orthogonal: "orthogonal",
};
export const objectives = {
  factorization: "factorization ½‖Y − W‖²", regression: "regression", completion: "completion of a table", sensing: "sensing", sigmoid: "sigmoid outputs",
};

/** Numbers between 0 and 1 that depend on the seed alone (mulberry32). */
function generator(seed) {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const gaussians = (random, count) => Array.from({ length: count }, () =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));

/** Orthonormal columns of length `size`, row after row. */
function orthonormal(random, size, count) {
  const columns = [];
  while (columns.length < count) {
    const v = gaussians(random, size);
    for (let pass = 0; pass < 2; pass++) for (const u of columns) {
      const along = u.reduce((sum, x, k) => sum + x * v[k], 0);
      u.forEach((x, k) => (v[k] -= along * x));
    }
    const length = Math.hypot(...v);
    if (length > 1e-8) columns.push(v.map((x) => x / length));
  }
  return columns;
}

export const componentCount = (s) => Math.min(s.inputs, s.outputs);
export const widths = (s) => [s.inputs, ...Array(s.depth - 1).fill(s.hidden), s.outputs];

let lastTarget = { key: "" };
/** The target W* and the directions of its components; the last one is kept, as most sliders leave it as it is. */
function target(s) {
  const key = [s.seed, s.outputs, s.inputs, ...s.spectrum].join();
  if (lastTarget.key !== key) lastTarget = { key, ...newTarget(s) };
  return lastTarget;
}

function newTarget(s) {
  const random = generator(s.seed + 17);
  const left = orthonormal(random, s.outputs, s.outputs), right = orthonormal(random, s.inputs, s.inputs);
  const count = componentCount(s);
  const sizes = Array.from({ length: count }, (_, k) => s.spectrum[k] || 0);
  const matrix = Array.from({ length: s.outputs * s.inputs }, (_, at) => {
    const i = Math.floor(at / s.inputs), j = at % s.inputs;
    let sum = 0;
    for (let k = 0; k < count; k++) sum += sizes[k] * left[k][i] * right[k][j];
    return sum;
  });
  return { matrix, left, right, sizes };
}

/** Σx: its directions are the target's inputs, turned by an angle in the plane of each pair. */
function covariance(s, right) {
  const c = Math.cos(s.angle), d = Math.sin(s.angle);
  const axes = right.map((v, k) => {
    const other = right[k ^ 1];
    return other ? v.map((x, i) => c * x + (k % 2 ? d : -d) * other[i]) : v;
  });
  return Array.from({ length: s.inputs * s.inputs }, (_, at) => {
    const i = Math.floor(at / s.inputs), j = at % s.inputs;
    return axes.reduce((sum, v, k) => sum + (s.covariance[k] ?? 1) * v[i] * v[j], 0);
  });
}

function product(a, b, rows, inner, columns) {
  const result = new Array(rows * columns).fill(0);
  for (let i = 0; i < rows; i++) for (let k = 0; k < inner; k++) {
    const x = a[i * inner + k];
    for (let j = 0; j < columns; j++) result[i * columns + j] += x * b[k * columns + j];
  }
  return result;
}

function objective(s) {
  const { matrix, right } = target(s);
  const random = generator(s.seed + 91);
  const arrays = {};
  const add = (name, shape, values) => {
    arrays[name] = { shape, values };
    return { array: name };
  };
  const { inputs: n, outputs: m } = s;
  switch (s.objective) {
    case "regression": {
      const sx = covariance(s, right);
      return { arrays, keys: {
        kind: "covariance", inputCovariance: add("input-covariance", [n, n], sx),
        crossCovariance: add("cross-covariance", [m, n], product(matrix, sx, m, n, n)) } };
    }
    case "completion": {
      // Proposition 5's problem of Cohen and Razin: the norm of every solution with a positive determinant is large.
      if (s.table === "corner") return { arrays, keys: { kind: "completion", observed: add("observed", [2, 2], [null, 1, 1, 0]) } };
      const order = matrix.map((_, k) => [random(), k]).sort((a, b) => a[0] - b[0]).map((x) => x[1]);
      const known = new Set(order.slice(0, Math.max(1, Math.round(s.share * matrix.length))));
      return { arrays, keys: { kind: "completion", observed: add("observed", [m, n], matrix.map((x, k) => (known.has(k) ? x : null))) } };
    }
    case "sensing": {
      const count = Math.round(s.measurements * (m + n));
      const a = gaussians(random, count * m * n);
      const b = Array.from({ length: count }, (_, i) => matrix.reduce((sum, x, k) => sum + x * a[i * m * n + k], 0));
      return { arrays, keys: { kind: "sensing", measurements: add("measurements", [count, m, n], a), values: add("values", [count], b) } };
    }
    case "sigmoid": {
      const count = 4 * n;
      const x = gaussians(random, count * n);
      const y = Array.from({ length: count * m }, (_, at) => {
        const i = Math.floor(at / m), j = at % m;
        let sum = 0;
        for (let k = 0; k < n; k++) sum += x[i * n + k] * matrix[j * n + k];
        return 1 / (1 + Math.exp(-sum));
      });
      return { arrays, keys: { kind: "sigmoid", inputs: add("inputs", [count, n], x), targets: add("targets", [count, m], y) } };
    }
    default:
      return { arrays, keys: { kind: "factorization", target: add("target", [m, n], matrix) } };
  }
}

function start(s) {
  const layer = s.size ** (1 / s.depth);
  switch (s.start) {
    case "spectral": {
      // Components that the target does not have cannot be aligned with it.
      const count = Math.max(1, target(s).sizes.filter((x) => x > 1e-9).length);
      const keys = { kind: "spectral", scales: Array(count).fill(s.size) };
      if (s.imbalance && s.depth === 2) keys.imbalance = Array(count).fill(s.imbalance);
      return keys;
    }
    case "balanced": return { kind: "balanced", scale: s.size };
    case "gaussian": return { kind: "gaussian", standardDeviation: layer / Math.sqrt(s.depth > 1 ? s.hidden : s.inputs) };
    default: return { kind: s.start, scale: layer };
  }
}

/** How strongly a component of the target is pulled at the start, and how strongly it curves the loss. */
function pulls(s) {
  const { sizes } = target(s);
  const factor = {
    factorization: () => 1, regression: (k) => s.covariance[k] ?? 1, completion: () => 1 / (s.inputs * s.outputs),
    sensing: () => 1, sigmoid: () => (4 * s.inputs) / 16,
  }[s.objective];
  return sizes.map((size, k) => ({ size, curvature: Math.max(1e-9, factor(k)) })).filter(({ size }) => size > 0);
}

/** The time in which the slowest of the large components is learnt, by the closed form of one component. */
export function naturalTime(s) {
  const all = pulls(s);
  const largest = Math.max(...all.map(({ size }) => size), 1e-6);
  const N = s.depth;
  const times = all.filter(({ size }) => size >= 0.07 * largest).map(({ size, curvature }) => {
    const pull = size * curvature, w = Math.min(s.size, 0.5 * size);
    const settle = 4 / (N * curvature * size ** (2 - 2 / N));
    if (N === 1) return settle;
    if (N === 2) return Math.log(size / w) / (2 * pull) + settle;
    return (w ** (2 / N - 1) - size ** (2 / N - 1)) / ((N - 2) * pull) + settle;
  });
  const time = times.length ? Math.max(...times) : 1;
  return Number((1.15 * time * (s.start === "gaussian" ? 1.4 : 1) * (s.objective === "completion" && N > 1 ? 2.5 : 1)).toPrecision(3));
}

/** The step from which descent cannot settle at the minimum: 2 / (N σ^{2−2/N} × curvature). */
export function edgeOfStability(s) {
  const sharpness = Math.max(...pulls(s).map(({ size, curvature }) => s.depth * curvature * size ** (2 - 2 / s.depth)), 1e-9);
  return (2 * (1 + s.momentum)) / sharpness;
}

const allPictured = 140, quicklyPictured = 80;
const mostSteps = 20000;

function recording(s, isQuick) {
  const end = naturalTime(s) * s.duration, pictured = isQuick ? quicklyPictured : allPictured;
  const quantities = ["loss", "singularValues", "unbalancedness"];
  if (s.depth === 2 && widths(s).every((w) => w === 1)) quantities.push("layers");
  if (s.objective !== "factorization" && s.inputs * s.outputs <= 400) quantities.push("endToEnd");
  if (s.kind === "flow") {
    return { times: Array.from({ length: pictured + 1 }, (_, k) => Number(((end * k) / pictured).toPrecision(9))), quantities };
  }
  const steps = Math.min(mostSteps, Math.max(10, Math.ceil((end * (1 - s.momentum)) / s.step)));
  const times = new Set();
  for (let k = 0; k <= pictured; k++) times.add(Math.round((steps * k) / pictured));
  return { times: [...times], quantities };
}

/** The specification of the settings, and the arrays it names; a quick one for while a slider moves. */
export function problem(s, isQuick = false) {
  const { keys, arrays } = objective(s);
  const dynamics = s.kind === "flow" ? { kind: "flow", relativeTolerance: isQuick ? 1e-5 : 1e-7 }
    : { kind: "descent", stepSize: s.step, method: s.momentum ? "heavyBall" : "plain", ...(s.momentum ? { momentum: s.momentum } : {}) };
  return { spec: { objective: keys, network: { widths: widths(s), initial: start(s) }, dynamics, recording: recording(s, isQuick), seed: s.seed }, arrays };
}

export const trueMatrix = (s) => target(s).matrix;
export const trueSizes = (s) => target(s).sizes;

// MARK: as text

const isPlain = (value) => value === null || typeof value !== "object";

function yaml(value) {
  if (Array.isArray(value)) return `[${value.map(yaml).join(", ")}]`;
  if (isPlain(value)) return typeof value === "string" ? value : String(value);
  if (value.array) return `${value.array}.npy`;
  return `{ ${Object.entries(value).map(([k, v]) => `${k}: ${yaml(v)}`).join(", ")} }`;
}

/** As the command reads it, its arrays as `.npy` files beside it. */
export function specText({ spec }) {
  const lines = [];
  for (const [key, value] of Object.entries(spec)) {
    if (isPlain(value)) lines.push(`${key}: ${value}`);
    else lines.push(`${key}:`, ...Object.entries(value).map(([k, v]) => `  ${k}: ${yaml(v)}`));
  }
  return lines.join("\n") + "\n";
}

export function commandText() {
  return "deeplinear simulate spec.yaml --output trajectory.npz --report report\ndeeplinear certify spec.yaml --trajectory trajectory.npz\n";
}

export function pythonText(s) {
  return `import subprocess\nimport numpy as np\n\nsubprocess.run(\n    ["deeplinear", "simulate", "spec.yaml", "--output", "trajectory.npz", "--force"], check=True)\nrun = np.load("trajectory.npz")\nprint(run["times"].shape, run["singularValues"].shape)   # ${s.kind === "flow" ? "times" : "steps"}, one row of singular values each\nprint(run["singularValues"][-1], run["loss"][-1])\n`;
}

export function swiftText(s, { spec }) {
  const read = (key) => `DataFile.readMatrix(from: "${spec.objective[key].array}.npy")`;
  const objective = {
    factorization: () => `let objective = FactorizationObjective(try ${read("target")})`,
    regression: () => `let objective = try RegressionObjective(\n  inputCovariance: ${read("inputCovariance")},\n  crossCovariance: ${read("crossCovariance")})`,
    completion: () => `let objective = CompletionObjective(\n  try DataFile.readObservedEntries(from: "observed.npy").entries)`,
    sensing: () => `let measurements = try DataFile.readArray(from: "measurements.npy")\nlet objective = try SensingObjective(\n  measurements: Matrix(\n    rowCount: measurements.shape[0], columnCount: ${s.outputs * s.inputs}, elements: measurements.elements),\n  values: try DataFile.readArray(from: "values.npy").elements, outputCount: ${s.outputs}, inputCount: ${s.inputs})`,
    sigmoid: () => `let objective = try SigmoidObjective(\n  inputs: ${read("inputs")}, targets: ${read("targets")})`,
  }[s.objective]();
  const initial = spec.network.initial, list = `[${spec.network.widths.join(", ")}]`;
  const hidden = `[${spec.network.widths.slice(1, -1).join(", ")}]`;
  const network = {
    spectral: () => `let reference = -objective.gradient(at: Matrix(rowCount: ${s.outputs}, columnCount: ${s.inputs}))\nlet network = try LinearNetwork.spectral(\n  alignedWith: reference,${s.objective === "regression" ? " inputCovariance: objective.inputCovariance," : ""} scales: [${initial.scales?.join(", ")}],\n${initial.imbalance ? `  imbalances: [${initial.imbalance.join(", ")}],\n` : ""}  hiddenWidths: ${hidden})`,
    balanced: () => `let network = LinearNetwork.balanced(widths: ${list}, scale: ${initial.scale}, using: &generator)`,
    gaussian: () => `let network = LinearNetwork.gaussian(\n  widths: ${list}, standardDeviation: ${initial.standardDeviation}, using: &generator)`,
    identity: () => `let network = LinearNetwork.identity(widths: ${list}, scale: ${initial.scale})`,
    orthogonal: () => `let network = LinearNetwork.orthogonal(widths: ${list}, scale: ${initial.scale}, using: &generator)`,
  }[s.start]();
  const needs = /&generator/.test(network) ? `var generator = SeededGenerator(seed: ${s.seed})\n` : "";
  const end = spec.recording.times.at(-1);
  const motion = s.kind === "flow"
    ? `let times = (0...${allPictured}).map { ${end} * Double($0) / ${allPictured} }\nlet path = GradientFlow(\n  until: ${end}, steps: .adaptive(relativeTolerance: 1e-7),\n  recording: .at(times, of: [.singularValues])\n).run(objective, from: network)`
    : `let path = Descent(\n  ${s.momentum ? `.heavyBall(HeavyBallDescent(momentum: ${s.momentum}))` : ".plain(PlainDescent())"}, stepSize: ${s.step}, stepLimit: ${end},\n  recording: Recording(.at([${spec.recording.times.slice(0, 3).join(", ")}, ${end}]), of: [.singularValues])\n).run(NetworkFlow(EndToEndLoss(objective, widths: network.widths), from: network))`;
  return `import DeepLinear\n\n${objective}\n${needs}${network}\n${motion}\nfor snapshot in path.snapshots { print(snapshot.time, snapshot.loss) }\n`;
}
