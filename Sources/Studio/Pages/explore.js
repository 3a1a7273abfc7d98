// Networks in training under sliders.
import { askJSON, byId, decoded, listen, make, Refusal, save, settle, subscript, toast, words } from "./page.js";
import { ChartView, pageTheme, rangeOf } from "./chart.js";
import * as problems from "./problem.js";
import { scenes } from "./scenes.js";
import { exportMenu } from "./exports.js";
import { npy, zip } from "./archive.js";

let settings = { ...scenes[0].settings };
let sceneName = scenes[0].name;
/** What the server has answered for the settings, and for those kept. */
let run = null;
let kept = [];
const views = {
  main: new ChartView(byId("main-chart"), 430), loss: new ChartView(byId("loss-chart"), 250), strip: new ChartView(byId("strip-chart"), 200),
  error: new ChartView(byId("error-chart"), 250), landscape: new ChartView(byId("landscape-chart"), 320),
};

// MARK: the address

const defaults = { ...problems.initial, table: "" };

function addressText() {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(settings)) {
    if (JSON.stringify(value) !== JSON.stringify(defaults[key])) query.set(key, Array.isArray(value) ? value.join("_") : value);
  }
  if (sceneName) query.set("scene", sceneName);
  return `#${query}`;
}

function readAddress() {
  const query = new URLSearchParams(location.hash.slice(1));
  if (![...query].length) return false;
  const read = { ...defaults };
  for (const [key, text] of query) {
    if (!(key in defaults)) continue;
    if (Array.isArray(defaults[key])) read[key] = text.split("_").map(Number).filter(Number.isFinite);
    else read[key] = typeof defaults[key] === "number" ? Number(text) : text;
  }
  // What others wrote is brought within what the page can do.
  const bound = (key, low, high) => { read[key] = Number.isFinite(read[key]) ? Math.min(high, Math.max(low, read[key])) : defaults[key]; };
  for (const key of ["depth"]) bound(key, 1, 6);
  for (const key of ["inputs", "outputs", "hidden"]) bound(key, 1, 20);
  bound("size", 1e-12, 10); bound("share", 0.05, 1); bound("momentum", 0, 0.99); bound("step", 1e-6, 10); bound("duration", 0.05, 100);
  settings = read;
  sceneName = query.get("scene") || "";
  return true;
}

// MARK: the server

let inFlight = false, wanted = false, isDrawing = false, restTimer;
const latencies = [];
/** For tests and measurements: milliseconds from an input to the drawn frame. */
window.studio = { latencies, get settings() { return settings; }, get run() { return run; }, get kept() { return kept; }, get idle() { return !inFlight && !wanted && !isDrawing; }, problem: () => problems.problem(settings) };

/** Follows a network: less closely while something moves, and when all rests as its specification says. */
async function compute(s, { isWhole, certificates = false }) {
  const { spec, arrays } = problems.problem(s, !isWhole);
  const answer = await askJSON("/api/explore", { method: "POST", body: { spec, arrays, exact: true, certificates } });
  const unpack = (sent) => Object.fromEntries(Object.entries(sent || {}).map(([name, array]) => [name, decoded(array)]));
  return {
    settings: { ...s }, isWhole, spec, arrays, answer, data: unpack(answer.arrays), exact: answer.exact?.arrays ? unpack(answer.exact.arrays) : null,
    reason: answer.exact?.reason, method: answer.exact?.method, certificates: answer.certificates,
  };
}

/** Asks for the curves of the settings: one request at a time, and the newest settings next, while the last answer is drawn. */
async function update() {
  // What moves does not rest: the long answer of a moment before would keep this one waiting.
  clearTimeout(restTimer);
  wanted = true;
  if (inFlight) return;
  inFlight = true;
  while (wanted) {
    wanted = false;
    const moved = firstInput;
    firstInput = 0;
    try {
      const answer = await compute(settings, { isWhole: false });
      drawNext(answer, moved);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problem(error.message);
    }
  }
  inFlight = false;
  rest();
}

let next = null;
/** Has an answer drawn with the next frame; `moved` is when the first input that it answers came, or zero. */
function drawNext(answer, moved) {
  if (next) {
    // Two answers within a frame: the newer one is drawn, for the inputs of both.
    next = { answer, moved: next.moved || moved };
    return;
  }
  next = { answer, moved };
  isDrawing = true;
  requestAnimationFrame(() => {
    const { answer, moved } = next;
    next = null;
    run = answer;
    const { kind, sentence } = run.answer.ending;
    problem(kind === "incomplete" ? sentence : kind === "interrupted" ? "The run took too long and was stopped; this is as far as it came." : "");
    show();
    // After the frame of these curves has been painted.
    setTimeout(() => {
      if (moved) latencies.push(performance.now() - moved);
      isDrawing = Boolean(next);
    });
  });
}

/** When nothing moves any more: certificates, the address, the text in other languages. */
function rest() {
  clearTimeout(restTimer);
  restTimer = setTimeout(async () => {
    history.replaceState(null, "", addressText());
    showSame();
    if (!run) return;
    const asked = run;
    try {
      const whole = await compute(settings, { isWhole: true, certificates: true });
      if (run === asked) { run = whole; show(); showTheory(); }
    } catch (error) { if (!(error instanceof Refusal)) throw error; }
  }, 160);
}

function problem(text) {
  if (byId("problem").textContent !== text) byId("problem").replaceChildren(...(text ? [make("p", { class: "notice caution" }, text)] : []));
}

// MARK: controls

/** When the first input came that no request has taken up. */
let firstInput = 0;
function change(keys) {
  if (!firstInput) firstInput = performance.now();
  Object.assign(settings, keys);
  if ("objective" in keys || "inputs" in keys || "outputs" in keys) settings.table = "";
  sceneName = "";
  showScenes();
  refresh();
  update();
}

const controls = {};
function slider(name, label, { min, max, step = 1, log = false, show = (v) => words(v, 3), why }) {
  const id = `set-${name}`;
  const to = (v) => (log ? Math.log10(v) : v), from = (v) => (log ? 10 ** v : v);
  const input = make("input", { type: "range", id, min: to(min), max: to(max), step });
  const output = make("output", { for: id });
  const reason = make("span", { class: "why", id: `${id}-why` });
  input.addEventListener("input", () => change({ [name]: Number(from(Number(input.value)).toPrecision(6)) }));
  const element = make("div", { class: "control" }, make("span", { class: "line" }, make("label", { for: id }, label), output), input, reason);
  controls[name] = () => {
    const value = show(settings[name]), text = why?.() || "";
    settle(input, { value: String(to(settings[name])), "aria-valuetext": value, disabled: Boolean(text) });
    settle(output, { text: value });
    settle(reason, { text, hidden: !text });
    element.classList.toggle("off", Boolean(text));
  };
  return element;
}

function choice(name, label, names) {
  const id = `set-${name}`;
  const select = make("select", { id }, ...Object.entries(names).map(([value, text]) => make("option", { value }, text)));
  select.addEventListener("change", () => change({ [name]: select.value }));
  controls[name] = () => (select.value = settings[name]);
  return make("div", { class: "control" }, make("label", { for: id }, label), select);
}

function segments(name, label, names) {
  const inputs = Object.entries(names).map(([value, text]) => {
    const input = make("input", { type: "radio", name: `set-${name}`, value });
    input.addEventListener("change", () => change({ [name]: value }));
    return [input, make("label", {}, input, text)];
  });
  controls[name] = () => inputs.forEach(([input]) => (input.checked = input.value === settings[name]));
  return make("div", { class: "segments", role: "radiogroup", "aria-label": label }, ...inputs.map(([, element]) => element));
}

/** The top of bars: a round number above the largest, which rests while one drags. */
let isDragging = false;
const ceilings = {};
function ceiling(name, least) {
  if (!isDragging || !ceilings[name]) {
    const largest = Math.max(...settings[name].filter(Number.isFinite), 0);
    ceilings[name] = [1, 2, 3, 6, 12, 24, 48, 100].find((top) => top >= least && top >= 1.1 * largest) || 2 * largest;
  }
  return ceilings[name];
}

/** Bars to drag, each a slider of its own for the keyboard. */
function bars(name, label, { count, highest, lowest = 0, digits = 2 }) {
  const drawing = make("svg", { class: "bars", viewBox: "0 0 280 118", role: "group", "aria-label": label, preserveAspectRatio: "none" });
  let span = 280, drawnSpan = 0;
  new ResizeObserver(([{ contentRect }]) => {
    if (!contentRect.width || contentRect.width === span) return;
    span = contentRect.width;
    drawing.setAttribute("viewBox", `0 0 ${span} 118`);
    controls[name]();
  }).observe(drawing);
  const top = 16, bottom = 102;
  let dragged = -1;
  const valueAt = (event) => {
    const box = drawing.getBoundingClientRect();
    const share = (bottom - ((event.clientY - box.top) / box.height) * 118) / (bottom - top);
    return Math.max(lowest, Math.min(highest(), Number((share * highest()).toPrecision(3))));
  };
  const set = (k, value) => {
    const list = Array.from({ length: count() }, (_, i) => settings[name][i] ?? (name === "covariance" ? 1 : 0));
    list[k] = Math.max(lowest, Math.min(highest(), value));
    change({ [name]: list });
  };
  drawing.addEventListener("pointerdown", (event) => {
    const box = drawing.getBoundingClientRect();
    dragged = Math.min(count() - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * count())));
    drawing.setPointerCapture(event.pointerId);
    ceiling(name, 1);
    isDragging = true;
    set(dragged, valueAt(event));
    event.preventDefault();
  });
  drawing.addEventListener("pointermove", (event) => { if (dragged >= 0) set(dragged, valueAt(event)); });
  const release = () => { dragged = -1; isDragging = false; controls[name](); };
  drawing.addEventListener("pointerup", release);
  drawing.addEventListener("pointercancel", release);
  let groups = [], drawn = "";
  controls[name] = () => {
    const total = count(), width = span / total;
    if (groups.length !== total || drawnSpan !== span) {
      drawnSpan = span;
      groups = Array.from({ length: total }, (_, k) => {
        const hit = make("rect", { class: "hit", x: k * width + 1, y: 1, width: width - 2, height: 116, rx: 6, fill: "transparent" });
        const bar = make("rect", { class: "bar", x: k * width + width * 0.2, width: width * 0.6, rx: 3 });
        const value = make("text", { x: k * width + width / 2 }), title = make("text", { x: k * width + width / 2, y: 114 }, String(k + 1));
        const group = make("g", { tabindex: 0, role: "slider", "aria-label": `${label} ${k + 1}`, "aria-valuemin": lowest, "data-bar": k }, hit, bar, value, title);
        group.addEventListener("keydown", (event) => {
          const size = highest() / (event.shiftKey ? 10 : 40), now = settings[name][k] ?? 0;
          const next = { ArrowUp: now + size, ArrowRight: now + size, ArrowDown: now - size, ArrowLeft: now - size, Home: lowest, End: highest(), PageUp: now + 4 * size, PageDown: now - 4 * size }[event.key];
          if (next === undefined) return;
          event.preventDefault();
          event.stopPropagation();
          set(k, Number(next.toPrecision(3)));
        });
        return { group, bar, value };
      });
      drawing.replaceChildren(...groups.map(({ group }) => group));
      drawn = "";
    }
    const state = [highest(), ...groups.map((_, k) => settings[name][k])].join();
    if (state === drawn) return;
    drawn = state;
    groups.forEach(({ group, bar, value }, k) => {
      const number = settings[name][k] ?? (name === "covariance" ? 1 : 0);
      const height = Math.max(1.5, Math.min(1, number / highest()) * (bottom - top));
      bar.setAttribute("y", bottom - height);
      bar.setAttribute("height", height);
      value.setAttribute("y", bottom - height - 4);
      settle(value, { text: total > 10 ? "" : words(number, digits) });
      settle(group, { "aria-valuemax": highest(), "aria-valuenow": number, "aria-valuetext": words(number, 3) });
    });
  };
  return drawing;
}

const group = (title, ...children) => make("fieldset", {}, make("legend", {}, title), ...children);
const only = (holds, element) => {
  const before = controls[Symbol.for("shown")] || [];
  controls[Symbol.for("shown")] = [...before, [holds, element]];
  return element;
};

function build() {
  const edge = make("div", { class: "edge", "aria-hidden": "true" }, make("span"));
  controls.edge = () => {
    const at = problems.edgeOfStability(settings), mark = edge.firstChild;
    const share = (Math.log10(at) + 4) / (Math.log10(3) + 4);
    settle(mark, { text: `▲ edge of stability ${words(at, 3)}` });
    mark.style.left = `${Math.max(0, Math.min(1, share)) * 100}%`;
    mark.style.transform = `translateX(${share > 0.6 ? "-100%" : share < 0.3 ? "0" : "-50%"})`;
  };
  byId("controls").append(
    group("Network",
      slider("depth", "Depth (layers)", { min: 1, max: 6 }),
      slider("inputs", "Inputs", { min: 1, max: 20 }),
      only((s) => s.depth > 1, slider("hidden", "Hidden width", { min: 1, max: 20 })),
      slider("outputs", "Outputs", { min: 1, max: 20 })),
    only((s) => !s.table, group("Target: its singular values", bars("spectrum", "Singular value", { count: () => problems.componentCount(settings), highest: () => ceiling("spectrum", 3) }))),
    only((s) => s.table, group("Known entries", make("p", { class: "small faint" }, "W₁₂ = W₂₁ = 1, W₂₂ = 0. A change of the objective or of a width leaves this problem."))),
    group("Objective", choice("objective", "What is made small", problems.objectives),
      only((s) => s.objective === "completion" && !s.table, slider("share", "Known entries", { min: 0.1, max: 1, step: 0.01, show: (v) => `${Math.round(100 * v)} %` })),
      only((s) => s.objective === "sensing", slider("measurements", "Measurements per row and column", { min: 0.5, max: 8, step: 0.25 })),
      only((s) => s.objective === "regression", make("div", { class: "control" }, make("span", {}, "Input covariance"), bars("covariance", "Variance", { count: () => settings.inputs, highest: () => ceiling("covariance", 2), lowest: 0.05 }))),
      only((s) => s.objective === "regression", slider("angle", "Turn of the inputs", { min: 0, max: 0.8, step: 0.01, show: (v) => (v ? `${Math.round((v * 180) / Math.PI)}°` : "none: they commute") }))),
    group("Start", choice("start", "Kind", problems.starts),
      slider("size", "Size ε", { min: 1e-8, max: 1, step: 0.01, log: true, show: (v) => words(v, 2) }),
      slider("imbalance", "Imbalance of the layers", { min: 0, max: 4, step: 0.05, why: () => (settings.depth !== 2 ? "of two layers alone" : settings.start !== "spectral" ? "of a start along the target alone" : "") })),
    group("Dynamics", segments("kind", "Dynamics", { flow: "Gradient flow", descent: "Descent" }),
      only((s) => s.kind === "descent", make("div", {}, slider("step", "Step", { min: 1e-4, max: 3, step: 0.005, log: true, show: (v) => words(v, 3) }), edge)),
      only((s) => s.kind === "descent", slider("momentum", "Momentum", { min: 0, max: 0.95, step: 0.01 })),
      slider("duration", "How long", { min: 0.1, max: 100, step: 0.02, log: true, show: (v) => `${words(v, 2)} × learning time` }),
      slider("seed", "Seed", { min: 1, max: 40 })));
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
}

function refresh() {
  for (const name of Object.keys(controls)) controls[name]();
  for (const [holds, element] of controls[Symbol.for("shown")]) settle(element, { hidden: !holds(settings) });
  settle(byId("formula"), { text: Array.from({ length: settings.depth }, (_, k) => `W${subscript(settings.depth - k)}`).join("") });
}

// MARK: scenes

byId("scenes").append(...scenes.map((scene) => make("button", { type: "button", "data-scene": scene.name, onclick: () => setScene(scene) }, scene.title)));
function showScenes() {
  for (const button of byId("scenes").children) settle(button, { "aria-pressed": String(button.dataset.scene === sceneName) });
  const scene = scenes.find((s) => s.name === sceneName);
  settle(byId("story"), { text: scene ? scene.text : "Your own setting. Its address can be shared, and the same stands below in Swift, in Python and for the command line." });
}

async function setScene(scene) {
  sceneName = scene.name;
  kept = [];
  settings = { ...defaults, ...scene.settings };
  showScenes();
  refresh();
  for (const other of scene.compare) {
    try { kept.push({ ...(await compute({ ...defaults, ...other }, { isWhole: true })), name: difference(other, scene.settings) }); } catch { /* without it */ }
  }
  showKept();
  update();
  playFrom(0);
}

const nameOf = { depth: "depth", hidden: "width", size: "ε", imbalance: "imbalance", objective: "", kind: "", step: "step", momentum: "momentum", start: "start", share: "known", angle: "turn", seed: "seed", inputs: "inputs", outputs: "outputs", duration: "", measurements: "measurements" };
function difference(a, b) {
  const parts = Object.keys(nameOf).filter((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]))
    .map((key) => (key === "start" ? problems.starts[a[key]] : `${nameOf[key]} ${typeof a[key] === "number" ? words(a[key], 3) : a[key]}`.trim())).filter(Boolean);
  if (JSON.stringify(a.spectrum) !== JSON.stringify(b.spectrum)) parts.push("other target");
  return parts.slice(0, 3).join(", ") || "the same";
}

// MARK: drawing

let until = Infinity;
const sizesOf = (data, k) => {
  const { shape, values } = data.singularValues;
  return Array.from({ length: shape[0] }, (_, t) => values[t * shape[1] + k]);
};
const dashes = [[], [9, 4], [2, 3], [9, 3, 2, 3], [14, 4]];
const isStep = () => run?.settings.kind === "descent";

function mainPlot(theme) {
  const { data } = run;
  const times = data.times.values, count = data.singularValues.shape[1];
  // Of those that never leave the axis one is drawn: they lie upon each other.
  const mostShown = Math.min(count, 20), ceiling = Math.max(...data.singularValues.values);
  let shownCount = 1;
  while (shownCount < mostShown && Math.max(...sizesOf(data, shownCount - 1)) > 1e-3 * ceiling) shownCount++;
  const color = (k) => theme.series[k % 6];
  const series = [], last = (list) => list[list.length - 1];
  kept.forEach((other, number) => {
    const otherCount = Math.min(other.data.singularValues.shape[1], 20);
    for (let k = 0; k < otherCount; k++) series.push({ x: other.data.times.values, y: sizesOf(other.data, k), color: color(k), dash: dashes[number + 1], width: 1.7, alpha: 0.75, name: `kept ${number + 1}: σ${k + 1}` });
  });
  const largest = last(sizesOf(data, 0));
  for (let k = 0; k < shownCount; k++) {
    const y = sizesOf(data, k), end = last(y);
    series.push({ x: times, y, color: color(k), width: 2.6, name: `σ${k + 1}`, label: end > 0.015 * largest || k === 0 ? `σ${subscript(k + 1)}` : undefined });
  }
  if (run.exact) {
    for (let k = 0; k < shownCount; k++) series.push({ x: run.exact.times.values, y: sizesOf(run.exact, k), color: theme.text, width: 1.3, dash: [4, 5], alpha: 0.8, whole: true, name: `closed form σ${k + 1}` });
  }
  const targets = run.settings.objective === "sigmoid" || run.settings.table ? [] : problems.trueSizes(run.settings).filter((s) => s > 0);
  const end = Math.max(last(times), ...kept.map((other) => (other.settings.kind === run.settings.kind ? last(other.data.times.values) : 0)));
  const y = { title: "", scale: "linear", range: rangeOf([...series.map((s) => s.y), targets], "linear", [0, null]) };
  return {
    x: { title: isStep() ? "step" : "time", scale: "linear", range: [0, end || 1] }, y, series, until: Math.min(until, end),
    markers: targets.map((s) => ({ axis: "y", at: s })), bands: bands(/^(smallest|largest)? ?singular value( \d+)?$|^σ/, theme),
  };
}

/** What certificates allow a quantity, as bands. */
function bands(pattern, theme) {
  const result = [];
  for (const certificate of run.certificates?.certificates || []) {
    if (!["holds", "violated"].includes(certificate.verdict)) continue;
    const quantities = new Map();
    for (const bound of certificate.bounds) {
      if (!pattern.test(bound.quantity) || bound.time === null || bound.limit === null) continue;
      const entry = quantities.get(bound.quantity) || { upper: new Map(), lower: new Map() };
      entry[bound.side]?.set(bound.time, bound.limit);
      quantities.set(bound.quantity, entry);
    }
    for (const [quantity, { upper, lower }] of quantities) {
      const x = [...new Set([...upper.keys(), ...lower.keys()])].sort((a, b) => a - b);
      if (x.length < 2) continue;
      result.push({ x, upper: upper.size ? x.map((t) => upper.get(t) ?? NaN) : null, lower: lower.size ? x.map((t) => lower.get(t) ?? NaN) : null, color: theme.series[result.length % 6], quantity, claim: certificate.claim });
    }
  }
  return result.slice(0, 8);
}

function timePlot(theme, name, scale, fixed, title) {
  const x = run.data.times.values, y = run.data[name].values;
  const series = kept.filter((other) => other.settings.kind === run.settings.kind).map((other, number) => ({ x: other.data.times.values, y: other.data[name].values, color: theme.series[1 + number], dash: dashes[number + 1], width: 1.7, alpha: 0.8 }));
  series.push({ x, y, color: theme.series[0], width: 2.3 });
  if (run.exact?.[name]) series.push({ x: run.exact.times.values, y: run.exact[name].values, color: theme.text, width: 1.2, dash: [4, 5], whole: true, alpha: 0.8 });
  const end = Math.max(...series.map((s) => s.x[s.x.length - 1]));
  return { x: { title: isStep() ? "step" : "time", scale: "linear", range: [0, end || 1] }, y: { title, scale, range: rangeOf(series.map((s) => s.y), scale, fixed) }, series, until: Math.min(until, end) };
}

function lossPlot(theme) {
  const values = run.data.loss.values;
  const positive = values.every((v) => v > 0);
  const plot = timePlot(theme, "loss", positive ? "log" : "linear", [positive ? Math.max(1e-13, Math.min(...values)) * 0.7 : null, null], "");
  const least = run.answer.summary.minimumLoss ?? 0;
  plot.bands = bands(/^loss( above its infimum)?$/, theme).map((band) => (band.quantity === "loss" ? band
    : { ...band, upper: band.upper?.map((x) => x + least), lower: band.lower?.map((x) => x + least) }));
  return plot;
}

function stripPlot(theme) {
  const values = run.data.unbalancedness.values;
  const top = Math.max(...values, ...kept.flatMap((k) => [...k.data.unbalancedness.values]));
  return timePlot(theme, "unbalancedness", "linear", [0, Math.max(1.6 * top, 0.2 * layerSize())], "");
}

function errorPlot(theme) {
  const truth = problems.trueMatrix(run.settings), norm = Math.hypot(...truth);
  const errors = (r) => {
    const { shape, values } = r.data.endToEnd, size = shape[1] * shape[2];
    return Array.from({ length: shape[0] }, (_, t) => { let sum = 0; for (let k = 0; k < size; k++) sum += (values[t * size + k] - truth[k]) ** 2; return Math.sqrt(sum) / norm; });
  };
  const all = [...kept.filter((other) => other.data.endToEnd), run];
  const series = all.map((r, number) => ({ x: r.data.times.values, y: errors(r), color: r === run ? theme.series[0] : theme.series[1 + number], dash: r === run ? [] : dashes[number + 1], width: 2.2 }));
  const end = Math.max(...series.map((s) => s.x[s.x.length - 1]));
  return { x: { title: isStep() ? "step" : "time", scale: "linear", range: [0, end || 1] }, y: { title: "relative error", scale: "log", range: rangeOf(series.map((s) => s.y), "log") }, series, until: Math.min(until, end) };
}

function landscapePlot(theme) {
  const target = problems.trueMatrix(run.settings)[0];
  const u = run.data.layer1.values, v = run.data.layer2.values;
  const reach = 1.25 * Math.max(Math.sqrt(Math.abs(target)), ...Array.from(u, Math.abs), ...Array.from(v, Math.abs), 0.5);
  return {
    x: { title: "w₁", scale: "linear", range: [-reach, reach] }, y: { title: "w₂", scale: "linear", range: [-reach, reach] },
    series: [{ x: Array.from(u), y: Array.from(v), color: theme.series[1], width: 2.6, whole: true, alpha: 0.35 }],
    fields: (surface, px, py, box) => {
      const n = 64, loss = (a, b) => 0.5 * (target - a * b) ** 2;
      const top = Math.log(1 + 0.5 * (Math.abs(target) + reach * reach) ** 2);
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) {
        const a = -reach + ((i + 0.5) / n) * 2 * reach, b = -reach + ((j + 0.5) / n) * 2 * reach;
        const height = Math.min(1, Math.log(1 + 3 * loss(a, b)) / top);
        const [x0, x1] = [i, i + 1].map((k) => Math.round(box.left + ((box.right - box.left) * k) / n)), [y0, y1] = [j + 1, j].map((k) => Math.round(box.bottom - ((box.bottom - box.top) * k) / n));
        surface.rect(x0, y0, x1 - x0, y1 - y0, { color: theme.series[0], alpha: 0.62 * (1 - height) ** 1.5 });
      }
      for (const sign of [1, -1]) {
        const valley = [];
        for (let k = 0; k <= 120; k++) { const a = sign * reach * 10 ** (-2 + (2 * k) / 120); valley.push([px(a), py(target / a)]); }
        surface.line(valley, { color: theme.text, width: 1.2, dash: [3, 3], alpha: 0.7 });
      }
      const times = run.data.times.values;
      let end = 0;
      while (end < times.length - 1 && times[end + 1] <= until) end++;
      surface.line(Array.from({ length: end + 1 }, (_, k) => [px(u[k]), py(v[k])]), { color: theme.series[1], width: 3 });
      surface.dot(px(u[end]), py(v[end]), 5.5, { color: theme.series[1], ring: theme.paper });
    },
  };
}

function show() {
  if (!run) return;
  const isMoving = !run.isWhole;
  views.main.show(mainPlot, isMoving);
  views.loss.show(lossPlot, isMoving);
  views.strip.show(stripPlot, isMoving);
  const isSmall = Boolean(run.data.layer1 && run.data.layer2) && run.settings.objective === "factorization";
  byId("landscape-card").hidden = !isSmall;
  views.landscape.show(isSmall ? landscapePlot : null, isMoving);
  const hasTruth = Boolean(run.data.endToEnd) && run.settings.objective !== "sigmoid" && !run.settings.table;
  byId("error-card").hidden = !hasTruth;
  views.error.show(hasTruth ? errorPlot : null, isMoving);
  showMoment();
  showKeys();
  // Sentences change when all rests: nobody reads them before, and the browser lays the page out for each.
  if (run.isWhole) showSentences();
}

function showSentences() {
  const theme = pageTheme();
  const named = [...new Set([mainPlot, lossPlot].flatMap((plot) => plot(theme).bands).map((band) => band.claim))];
  settle(byId("bounds"), { text: named.length ? `Shaded at the side that a theorem allows: ${named.join("; ")}.` : "" });
  const u = run.data.unbalancedness.values, drift = Math.max(...Array.from(u, (x) => Math.abs(x - u[0])));
  const scale = layerSize();
  const sentence = run.settings.depth === 1 ? "A single layer has no neighbours to balance."
    : run.settings.kind === "flow" ? `The largest difference of neighbouring Gram matrices, ‖Wⱼ₊₁ᵀWⱼ₊₁ − WⱼWⱼᵀ‖. Gradient flow conserves it: it stays within ${words(drift / scale, 2)} of the layers' size.`
    : `The largest difference of neighbouring Gram matrices. Steps of this size move it by ${words(drift / scale, 2)} of the layers' size; gradient flow would not at all.`;
  settle(byId("conserved"), { text: sentence });
}

/** The size of ‖Wⱼ‖² that belongs to the largest singular value of the product. */
const layerSize = () => Math.max(...run.data.singularValues.values) ** (2 / run.settings.depth) || 1;
const spoken = (method) => method.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`);

let shownKeys = "";
function showKeys() {
  const state = JSON.stringify([isStep(), run.exact && run.method, kept.map((other) => other.name), run.settings.objective, run.settings.table]);
  if (state === shownKeys) return;
  shownKeys = state;
  const stroke = (text, style) => make("span", { class: "key" }, make("svg", { width: 26, height: 8 }, make("line", { x1: 0, x2: 26, y1: 4, y2: 4, "stroke-width": style.width || 2, stroke: style.color || "var(--text)", "stroke-dasharray": style.dash || null })), text);
  byId("keys").replaceChildren(
    stroke(isStep() ? "descent" : "gradient flow", { width: 2.6, color: "var(--series0)" }),
    ...(run.exact ? [stroke(`closed form: ${spoken(run.method)}`, { dash: "4 5", width: 1.4 })] : []),
    ...kept.map((other, k) => stroke(other.name, { dash: dashes[k + 1].join(" "), color: "var(--series0)" })),
    ...(run.settings.objective === "sigmoid" || run.settings.table ? [] : [stroke("the target", { dash: "3 4", width: 1, color: "var(--muted)" })]));
}

function showKept() {
  byId("kept").replaceChildren(...kept.map((other, k) => make("button", { type: "button", title: "Forget this setting", onclick: () => { kept.splice(k, 1); showKept(); show(); } }, `${other.name} ✕`)));
  byId("keep").disabled = kept.length >= 3;
}

// MARK: theory

const verdictWords = { holds: "✓ holds", violated: "✗ violated", notMeasured: "applies, not measured", notApplicable: "does not apply" };
function showTheory() {
  const parts = [];
  if (run.exact) parts.push(make("p", {}, make("span", { class: "verdict holds" }, "✓ "), `A closed form applies: ${spoken(run.method)}. It runs dashed over the curves.`));
  else if (run.reason) parts.push(make("p", {}, make("strong", {}, "No closed form here. "), run.reason.replace(/; use kind: flow\.$/, ".")));
  const all = run.certificates?.certificates || [];
  const applying = all.filter((c) => c.verdict !== "notApplicable"), others = all.filter((c) => c.verdict === "notApplicable");
  const item = (c) => make("li", {}, make("span", {}, make("span", { class: `verdict ${c.verdict}` }, verdictWords[c.verdict] || c.verdict), ` ${c.claim}`),
    make("span", { class: "small faint" }, c.verdict === "notApplicable" ? c.exclusion || c.hypotheses.filter((h) => !h.holds).map((h) => `${h.name}: ${words(h.measured, 3)}, must be ${h.relation} ${words(h.limit, 3)}`).join("; ") : c.source));
  if (applying.length) parts.push(make("ul", { class: "claims" }, ...applying.map(item)));
  if (others.length) parts.push(make("details", {}, make("summary", {}, `${others.length} theorems that do not apply, and why`), make("ul", { class: "claims" }, ...others.map(item))));
  byId("theory").replaceChildren(...parts);
  byId("measure").textContent = `Computed in ${words(1000 * run.answer.seconds, 2)} ms; ${run.answer.summary.steps} steps by ${run.answer.summary.method}.`;
}

// MARK: the same elsewhere

let language = "command";
const languages = { command: "Command line", swift: "Swift", python: "Python", spec: "spec.yaml" };
function showSame() {
  const whole = problems.problem(settings);
  byId("same").textContent = { command: problems.commandText, swift: () => problems.swiftText(settings, whole), python: () => problems.pythonText(settings), spec: () => problems.specText(whole) }[language]();
}
function buildLanguages() {
  byId("languages").append(...Object.entries(languages).map(([name, title]) => {
    const input = make("input", { type: "radio", name: "language", value: name, onchange: () => { language = name; showSame(); } });
    input.checked = name === language;
    return make("label", {}, input, title);
  }));
}
const copy = async (text, what) => {
  try { await navigator.clipboard.writeText(text); toast(`${what} copied`); } catch { toast("This browser does not let pages copy; select the text instead"); }
};

// MARK: playing

let isPlaying = false, lastFrame = 0;
const endTime = () => (run ? Math.max(run.data.times.values.at(-1), ...kept.filter((o) => o.settings.kind === run.settings.kind).map((o) => o.data.times.values.at(-1))) : 1);
function showMoment() {
  const end = endTime(), at = Math.min(until, end);
  const moment = isStep() ? `step ${Math.round(at)} of ${end}` : `t = ${words(at, 3)} of ${words(end, 3)}`;
  settle(byId("scrub"), { value: String(Math.round((1000 * at) / end)), "aria-valuetext": moment });
  settle(byId("moment"), { text: moment });
}
function redraw() {
  // Nothing is there before the first answer.
  if (!run) return;
  for (const view of Object.values(views)) view.draw(isPlaying);
  showMoment();
}
function showPlayIcon() {
  const path = isPlaying ? "M4 3h3.6v12H4zM10.4 3H14v12h-3.6z" : "M4.5 2.5v13L15 9z";
  byId("play-icon").replaceChildren(make("svg", { width: 18, height: 18, viewBox: "0 0 18 18", "aria-hidden": "true" }, make("path", { fill: "currentColor", d: path })));
}
function setPlaying(value) {
  isPlaying = value;
  showPlayIcon();
  byId("play").setAttribute("aria-label", value ? "Pause" : "Play");
  lastFrame = 0;
  if (value) requestAnimationFrame(advance);
}
function advance(now) {
  if (!isPlaying) return;
  const end = endTime();
  if (lastFrame) until = Math.min(until, end) + (end * Number(byId("speed").value) * Math.min(100, now - lastFrame)) / 7000;
  lastFrame = now;
  if (until >= end) { until = Infinity; setPlaying(false); }
  redraw();
  if (isPlaying) requestAnimationFrame(advance);
}
function playFrom(moment) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) { until = Infinity; return; }
  until = moment;
  setPlaying(true);
}
function stepBy(direction) {
  if (!run) return;
  setPlaying(false);
  const times = Array.from(run.data.times.values), end = endTime(), at = Math.min(until, end);
  const next = direction > 0 ? times.find((t) => t > at + 1e-9 * end) ?? end : times.findLast((t) => t < at - 1e-9 * end) ?? 0;
  until = next >= end ? Infinity : next;
  redraw();
}

// MARK: beginning

build();
buildLanguages();
showPlayIcon();
byId("play").addEventListener("click", () => { if (!isPlaying && until >= endTime()) until = 0; setPlaying(!isPlaying); });
byId("back").addEventListener("click", () => stepBy(-1));
byId("forward").addEventListener("click", () => stepBy(1));
byId("scrub").addEventListener("input", () => { setPlaying(false); const share = Number(byId("scrub").value) / 1000; until = share >= 1 ? Infinity : share * endTime(); redraw(); });
byId("keep").addEventListener("click", () => {
  if (!run || kept.length >= 3) return;
  kept.push({ ...run, name: kept.length ? difference(run.settings, kept[0].settings) : `depth ${run.settings.depth}, ε ${words(run.settings.size, 2)}` });
  showKept();
  show();
  toast("Kept; change a setting and compare");
});
byId("copy").addEventListener("click", () => copy(byId("same").textContent, languages[language]));
byId("link").addEventListener("click", () => { history.replaceState(null, "", addressText()); copy(location.href, "Address"); });
byId("spec").addEventListener("click", () => {
  const whole = problems.problem(settings);
  save(zip([["spec.yaml", problems.specText(whole)], ...Object.entries(whole.arrays).map(([name, { shape, values }]) => [`${name}.npy`, npy(shape, values)])]), "spec.zip");
});
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, button, [role=slider], pre, summary")) return;
  if (event.key === " ") { event.preventDefault(); byId("play").click(); }
  if (event.key === "ArrowLeft") stepBy(-1);
  if (event.key === "ArrowRight") stepBy(1);
});
addEventListener("hashchange", () => { if (location.hash !== "#watch" && readAddress()) { showScenes(); refresh(); update(); } });
exportMenu({ get run() { return run; }, get kept() { return kept; }, views, title: () => byId("story").textContent, playThrough: () => { until = 0; setPlaying(true); }, isPlaying: () => isPlaying });

/** Follows a run of the command until it has ended. */
async function watch() {
  for (const id of ["scenes", "controls", "keep", "languages", "same", "copy", "spec", "link"]) byId(id).hidden = true;
  byId("same").closest(".card").hidden = byId("theory").closest(".card").hidden = byId("strip-chart").closest(".card").hidden = true;
  document.querySelector("h1").textContent = "Watching a run";
  document.querySelector(".explore").classList.add("alone");
  byId("main-title").textContent = "Singular values of W";
  let number = -1;
  for (;;) {
    const state = await askJSON(`/api/watch?after=${number}`).catch((error) => ({ error }));
    if (state.error) return problem(state.error.message);
    if (state.number !== undefined) {
      number = state.number;
      byId("story").textContent = `${state.name}: ${state.ending || `${Math.round(100 * (state.fraction ?? 0))} % of the way`}`;
      const plots = Object.fromEntries(state.figures.map((f) => [f.title, f.content.lines]));
      if (plots["singular values"] && plots.loss.series[0].x.length > 1) {
        const rows = plots["singular values"].series, times = rows[0].x;
        run = {
          isWhole: true, settings: { ...defaults, table: "watched", depth: 2, kind: plots.loss.horizontal.title === "step" ? "descent" : "flow" }, exact: null, certificates: {},
          answer: { summary: { minimumLoss: 0 }, ending: { kind: "done" } },
          data: {
            times: { values: times }, loss: { values: plots.loss.series[0].y }, unbalancedness: { values: times.map(() => 0) },
            singularValues: { shape: [times.length, rows.length], values: times.flatMap((_, t) => rows.map((row) => row.y[t])) },
          },
        };
        show();
      }
      if (state.ending) return;
    }
    await new Promise((later) => setTimeout(later, 300));
  }
}

if (location.hash === "#watch") watch();
else if (readAddress()) { showScenes(); refresh(); update(); } else setScene(scenes[0]);
listen(() => {});
