// Reports in a folder, one at a time or several over each other; what changes there shows here.
import { askJSON, byId, listen, make, Refusal } from "./page.js";
import { ChartView } from "./chart.js";
import { figuresOf, linePlot, recordView, table } from "./record.js";

let reports = [], chosen = [], isComparing = false, shownState = "";
const records = new Map();

async function recordOf(report) {
  const key = `${report.path}@${report.modified}`;
  if (!records.has(key)) records.set(key, await askJSON(`/api/runs/file?path=${encodeURIComponent(report.path ? `${report.path}/record.json` : "record.json")}`));
  return records.get(key);
}

const age = (seconds) => {
  const past = Date.now() / 1000 - seconds;
  return past < 90 ? "just now" : past < 5400 ? `${Math.round(past / 60)} minutes ago` : past < 130000 ? `${Math.round(past / 3600)} hours ago` : new Date(seconds * 1000).toLocaleDateString();
};

function showList() {
  byId("list").replaceChildren(...reports.map((report) => make("li", {}, make("button", { type: "button", "aria-pressed": String(chosen.includes(report.path)), onclick: () => choose(report.path) },
    make("strong", {}, report.title), make("small", {}, `${report.path || "."} · ${age(report.modified)}`)))));
  if (!reports.length) byId("list").replaceChildren(make("li", { class: "faint small" }, "No report yet. A command with --report writes one, and it appears here by itself."));
}

function choose(path) {
  if (isComparing) chosen = chosen.includes(path) ? chosen.filter((p) => p !== path) : [...chosen, path].slice(-6);
  else chosen = [path];
  history.replaceState(null, "", `#${new URLSearchParams(chosen.map((p) => ["report", p]))}`);
  showList();
  show();
}

async function show() {
  const wanted = chosen.map((path) => reports.find((r) => r.path === path)).filter(Boolean);
  const state = wanted.map((r) => `${r.path}@${r.modified}`).join("|");
  if (state === shownState) return;
  shownState = state;
  if (!wanted.length) return byId("view").replaceChildren(make("p", { class: "faint" }, "Choose a report."));
  const unfinished = wanted.find((report) => report.isUnfinished);
  if (unfinished) return byId("view").replaceChildren(make("h2", {}, unfinished.title), make("p", { class: "lede" }, unfinished.subtitle), make("p", { class: "faint" }, `The last run was written ${new Date(unfinished.modified * 1000).toLocaleTimeString()}.`));
  try {
    const all = await Promise.all(wanted.map(recordOf));
    if (shownState !== state) return;
    if (all.length === 1) {
      const page = `/api/runs/file?path=${encodeURIComponent(wanted[0].path ? `${wanted[0].path}/index.html` : "index.html")}`;
      byId("view").replaceChildren(make("p", { class: "small" }, make("a", { href: page, target: "_blank", rel: "noopener" }, "The page as it was written")), recordView(all[0]));
    } else byId("view").replaceChildren(...overlay(wanted, all));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    byId("view").replaceChildren(make("p", { class: "notice failure" }, error.message));
  }
}

/** Facts beside each other, and figures of one title in one plot. */
function overlay(wanted, all) {
  const labels = [...new Set(all.flatMap((r) => (r.summary || []).map((f) => f.label)))];
  const parts = [make("h2", {}, `${all.length} reports side by side`), table({
    columns: [{ title: "", alignment: "leading" }, ...wanted.map((w) => ({ title: w.path || "." }))],
    rows: labels.map((label) => [{ text: label }, ...all.map((r) => (r.summary || []).find((f) => f.label === label)?.value || {})]) })];
  const titles = [...new Set(all.flatMap((r) => figuresOf(r).filter((f) => f.content.lines).map((f) => f.title)))];
  for (const title of titles) {
    const same = all.map((r, k) => ({ name: wanted[k].path || ".", figure: figuresOf(r).find((f) => f.title === title && f.content.lines) })).filter((x) => x.figure);
    const canvas = make("canvas", { role: "img", "aria-label": title });
    queueMicrotask(() => new ChartView(canvas, 320).show(linePlot(same.map((x) => ({ name: x.name, plot: x.figure.content.lines })))));
    parts.push(make("figure", {}, make("h3", {}, title), make("div", { class: "plot" }, canvas), make("figcaption", {}, ...same.map((x, k) => {
      const swatch = make("span", { class: "swatch" });
      swatch.style.background = `var(--series${k % 7})`;
      return make("span", { class: "key" }, swatch, x.name);
    }))));
  }
  return parts;
}

async function look() {
  try {
    const [{ reports: found }] = [await askJSON("/api/runs")];
    const isNew = JSON.stringify(found) !== JSON.stringify(reports);
    reports = found;
    if (isNew) { showList(); show(); byId("live").textContent = `${reports.length} report${reports.length === 1 ? "" : "s"}`; }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    byId("live").textContent = error.message;
  }
}

byId("compare").addEventListener("click", () => {
  isComparing = !isComparing;
  byId("compare").setAttribute("aria-pressed", String(isComparing));
  if (!isComparing) { chosen = chosen.slice(-1); showList(); show(); }
});
chosen = new URLSearchParams(location.hash.slice(1)).getAll("report");
askJSON("/api/about").then(({ runs }) => (byId("where").textContent = `Reports below ${runs}. What a command writes there while this page is open appears by itself.`));
await look();
setInterval(() => { if (!document.hidden) look(); }, 2000);
listen(() => {});
