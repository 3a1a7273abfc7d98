// What every page has: its element tree in short, requests to the server, its event stream, numbers as text.

export const byId = (id) => document.getElementById(id);

/** An element with attributes, listeners (`onclick`) and children. */
export function make(name, attributes = {}, ...children) {
  const isDrawing = /^(svg|g|rect|text|path|line|circle|title)$/.test(name);
  const element = isDrawing
    ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Gives an element a text, an attribute or a property where it has another: the browser does its work for equal ones too. */
export function settle(element, wanted) {
  for (const [key, value] of Object.entries(wanted)) {
    if (key === "text") { if (element.textContent !== value) element.textContent = value; }
    else if (key in element) { if (element[key] !== value) element[key] = value; }
    else if (element.getAttribute(key) !== String(value)) element.setAttribute(key, value);
  }
}

/** What the server refused, in its words. */
export class Refusal extends Error {}

/** Asks the server; an answer that is no success is thrown with its sentence. */
export async function ask(path, { method = "GET", body, raw, signal } = {}) {
  const options = { method, signal, headers: {} };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  } else if (raw !== undefined) options.body = raw;
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal("The studio does not answer: is the command still running?");
  }
  if (!response.ok) {
    const answer = await response.json().catch(() => ({}));
    throw new Refusal(answer.error || `The server answered ${response.status}.`);
  }
  return response;
}

export const askJSON = async (path, options) => (await ask(path, options)).json();

/** This page, as the server knows it while its event stream is open. */
export const pageName = crypto.randomUUID();
const listeners = new Set();
let source;

/** Hears what the server tells this page. Resolves when the stream is open. */
export function listen(heard) {
  listeners.add(heard);
  if (!source) {
    source = new EventSource(`/api/events?page=${pageName}`);
    source.onmessage = (message) => {
      const event = JSON.parse(message.data);
      for (const listener of listeners) listener(event);
    };
  }
  return source.readyState === EventSource.OPEN
    ? Promise.resolve() : new Promise((resolve) => source.addEventListener("open", resolve, { once: true }));
}

/** Runs a job to its end; `progress` hears of it. A signal calls it off. */
export async function runJob(request, progress, signal) {
  await listen(() => {});
  const { id } = await askJSON("/api/jobs", { method: "POST", body: { page: pageName, ...request } });
  return new Promise((resolve, reject) => {
    const finish = async () => {
      clearInterval(timer);
      listeners.delete(hear);
      try {
        const job = await askJSON(`/api/jobs/${id}`);
        if (job.state === "done") resolve({ id, ...job.answer });
        else reject(new Refusal(job.error || "The job was stopped."));
      } catch (error) { reject(error); }
    };
    const hear = (event) => {
      if (event.job !== id) return;
      if (event.state === "running") progress(event);
      else finish();
    };
    listeners.add(hear);
    // An event may have come before this page knew the job's name, or been lost with a connection.
    const timer = setInterval(async () => {
      const job = await askJSON(`/api/jobs/${id}`).catch(() => null);
      if (job && job.state !== "running") finish();
    }, 1000);
    signal?.addEventListener("abort", () => ask(`/api/jobs/${id}`, { method: "DELETE" }).catch(() => {}));
  });
}

/** A number for people, with so many significant digits. */
export function words(value, digits = 4) {
  if (typeof value === "string") return value;
  if (value === null || value === undefined || Number.isNaN(value)) return "·";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) {
    const [mantissa, exponent] = value.toExponential(Math.max(0, digits - 1)).split("e");
    return `${String(Number(mantissa))}×10${superscript(Number(exponent))}`.replace("-", "−");
  }
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

export function superscript(number) {
  return String(number).replace(/./g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]));
}
export const subscript = (number) => String(number).replace(/\d/g, (c) => "₀₁₂₃₄₅₆₇₈₉"[c]);

/** Gives bytes or text to the person as a file. */
export function save(content, name, type = "application/octet-stream") {
  const blob = content instanceof Blob ? content : new Blob([content], { type });
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

let toastTimer;
/** Says something in passing. */
export function toast(text) {
  let element = document.querySelector(".toast");
  if (!element) document.body.append((element = make("div", { class: "toast", role: "status" })));
  element.textContent = text;
  element.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (element.hidden = true), 3200);
}

/** The doubles of an array that the server sent. */
export function decoded({ shape, data }) {
  const text = atob(data);
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
  return { shape, values: new Float64Array(bytes.buffer) };
}

/** A color of the page, by the name of its variable. */
export const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const places = [["/", "Explore"], ["/fill", "Fill in"], ["/runs", "Runs"], ["/papers", "Papers"]];

/** The bar at the top. */
export function frame() {
  const mark = make("svg", { width: 26, height: 20, viewBox: "0 0 26 20", "aria-hidden": "true" },
    ...[[0, "M1 18C6 18 6 3 11 3H25"], [1, "M1 18C11 18 11 8 16 8H25"], [2, "M1 18C16 18 16 13 21 13H25"]].map(
      ([k, path]) => make("path", { d: path, fill: "none", stroke: `var(--series${k})`, "stroke-width": 2.4, "stroke-linecap": "round" })));
  document.body.prepend(
    make("a", { class: "skip", href: "#main" }, "To the content"),
    make("header", { class: "top" },
      make("a", { class: "brand", href: "/" }, mark, "DeepLinear studio"),
      make("nav", { "aria-label": "Pages" }, ...places.map(([path, name]) =>
        make("a", { href: path, "aria-current": location.pathname === path ? "page" : null }, name)))));
}
frame();
