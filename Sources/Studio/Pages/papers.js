// Figures, tables and claims of the papers, to be made anew with another seed or size.
import { askJSON, byId, listen, make, Refusal, runJob, words } from "./page.js";
import { prose, recordView } from "./record.js";

let items = [], chosen = null, running = null;
const results = new Map();

function showList() {
  const wanted = byId("find").value.trim().toLowerCase();
  const groups = new Map();
  for (const item of items) {
    if (wanted && !`${item.id} ${item.title} ${item.shows} ${item.paper}`.toLowerCase().includes(wanted)) continue;
    groups.set(item.paper, [...(groups.get(item.paper) || []), item]);
  }
  byId("list").replaceChildren(...[...groups].flatMap(([paper, list]) => [make("h3", {}, paper), make("ul", { class: "list" }, ...list.map((item) => make("li", {},
    make("button", { type: "button", "data-item": item.id, "aria-pressed": String(item === chosen), onclick: () => choose(item) }, make("strong", {}, item.title), make("small", {}, ...prose(item.shows))))))]));
}

function choose(item) {
  running?.abort();
  chosen = item;
  history.replaceState(null, "", `#${item.id}`);
  showList();
  const result = make("div", {}), note = make("p", { class: "small", "aria-live": "polite" }), bar = make("progress", { max: 1, hidden: true, "aria-label": "Progress" });
  const seed = make("input", { type: "number", id: "seed", value: 0, min: 0, step: 1 });
  const size = make("select", { id: "size" }, make("option", { value: "quick" }, "quick: smaller, fewer repetitions"), make("option", { value: "full" }, "full, as in the paper"));
  const go = make("button", { type: "button", class: "main", id: "go" }, "Run"), stop = make("button", { type: "button", hidden: true, onclick: () => running?.abort() }, "Stop");
  // Quantities that the item has, each with its own value until it is changed.
  const quantities = (item.parameters || []).map((parameter, k) => ({ parameter, id: `quantity-${k}`, input: make("input", { type: "text", id: `quantity-${k}`, value: parameter.value }) }));
  const changed = () => quantities.filter((q) => q.input.value.trim() !== q.parameter.value).map((q) => `${q.parameter.name}=${q.input.value.trim()}`);
  const keyOf = () => [item.id, size.value, seed.value, ...changed()].join("/");
  const show = () => { const record = results.get(keyOf()); result.replaceChildren(...(record ? [recordView(record)] : [])); };
  go.addEventListener("click", async () => {
    running = new AbortController();
    go.disabled = true;
    stop.hidden = bar.hidden = false;
    bar.removeAttribute("value");
    note.textContent = `Running … (about ${words(item.seconds, 2)} s in full)`;
    const key = keyOf();
    try {
      const job = await runJob({ job: "reproduce", item: item.id, quick: size.value === "quick", seed: Number(seed.value) || 0, set: changed() }, (event) => { if (event.fraction) bar.value = event.fraction; }, running.signal);
      results.set(key, await askJSON(`/api/jobs/${job.id}/record`));
      note.textContent = job.ending.kind === "done" ? "Every claim came out as it should." : job.ending.sentence || "A claim came out otherwise; see below.";
      if (chosen === item) show();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      note.textContent = error.message;
    } finally {
      running = null;
      go.disabled = false;
      stop.hidden = bar.hidden = true;
    }
  });
  size.onchange = seed.onchange = show;
  for (const { input } of quantities) input.onchange = show;
  byId("view").replaceChildren(make("h2", {}, item.title), make("p", { class: "lede" }, ...prose(item.shows)),
    make("div", { class: "row" }, make("label", { for: "size" }, "Size"), size, make("label", { for: "seed" }, "Seed"), seed, go, stop),
    ...(quantities.length ? [make("div", { class: "quantities" }, ...quantities.map((q) => make("div", { class: "control" }, make("label", { for: q.id }, q.parameter.name), q.input, make("span", { class: "why" }, `${q.parameter.meaning}; ${q.parameter.range}`))))] : []), note, bar,
    make("details", {}, make("summary", {}, "The same elsewhere"), make("pre", { tabindex: 0 }, make("code", {}, `deeplinear reproduce ${item.id} --quick\n\n${item.snippet}`))), result);
  show();
}

byId("find").addEventListener("input", showList);
try {
  items = (await askJSON("/api/catalogue")).items;
  showList();
  const asked = items.find((item) => item.id === location.hash.slice(1));
  if (asked) choose(asked);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  byId("view").replaceChildren(make("p", { class: "notice failure" }, error.message));
}
listen(() => {});
