// A table with holes comes in, and goes out filled.
import { ask, askJSON, byId, decoded, listen, make, Refusal, runJob, save, toast, words } from "./page.js";
import { blocks, facts, picture, table } from "./record.js";
import { readArchive } from "./archive.js";

let upload = null, mask = null, preview = null, answer = null, running = null, cells = null, completion = null, halfWidths = null;
const reading = {}, options = { intervals: 0.9 };

function trouble(error) {
  if (error && !(error instanceof Refusal)) throw error;
  byId("trouble").replaceChildren(...(error ? [make("p", { class: "notice failure" }, error.message)] : []));
}

// MARK: a file comes in

async function take(file) {
  trouble(null);
  try {
    const sent = await askJSON(`/api/uploads?name=${encodeURIComponent(file.name)}`, { method: "POST", raw: file });
    if (upload) ask(`/api/uploads/${upload.id}`, { method: "DELETE" }).catch(() => {});
    upload = sent;
    mask = null;
    for (const key of Object.keys(reading)) delete reading[key];
    byId("name").textContent = upload.name;
    byId("begin").hidden = true;
    byId("work").hidden = false;
    await understand();
    byId("run").focus();
  } catch (error) { trouble(error); }
}

async function takeMask(file) {
  try {
    mask = await askJSON(`/api/uploads?name=${encodeURIComponent(file.name)}`, { method: "POST", raw: file });
    await understand();
  } catch (error) { trouble(error); }
}

const isPicture = () => /\.(pgm|ppm|png|jpe?g)$/i.test(upload.name);
const readingKeys = () => Object.fromEntries(Object.entries(reading).filter(([, v]) => v !== undefined && v !== "" && !(Array.isArray(v) && !v.length)));

async function understand() {
  trouble(null);
  forgetAnswer();
  try {
    preview = await askJSON("/api/tables", { method: "POST", body: { upload: upload.id, mask: mask?.id, reading: readingKeys() } });
  } catch (error) {
    preview = null;
    byId("sentence").textContent = "";
    byId("columns").replaceChildren();
    byId("sheet").replaceChildren();
    byId("run").disabled = true;
    showReading();
    return trouble(error);
  }
  cells = preview.cells ? decoded(preview.cells).values : null;
  byId("run").disabled = false;
  byId("sentence").textContent = preview.sentence || `${preview.rows} rows, ${preview.columns} columns, ${preview.rows * preview.columns - preview.known} gaps`;
  byId("warnings").replaceChildren(...preview.warnings.map((text) => make("p", { class: "notice caution" }, `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`)));
  if (isPicture() && !mask && preview.known === preview.rows * preview.columns) {
    byId("warnings").append(make("p", { class: "notice" }, "Every pixel of this picture is known. Hand in a mask, a picture of the same size that is black where a pixel is unknown: ", make("button", { type: "button", onclick: () => byId("mask-file").click() }, "Choose a mask")));
  }
  showColumns();
  showReading();
  showSheet();
}

function showColumns() {
  const data = preview.fileColumns;
  const traits = [`read as ${preview.layout === "triplets" ? "entries line by line" : "a table"}`, ...preview.traits, preview.rowsBy ? `rows told apart by ${preview.rowsBy}` : ""].filter(Boolean);
  byId("columns").replaceChildren(make("p", { class: "small" }, `${traits.join("; ")}.`),
    ...(data.length ? [table({ columns: [{ title: "column", alignment: "leading" }, { title: "used as", alignment: "leading" }, { title: "known" }, { title: "range" }],
      rows: data.slice(0, 60).map((c) => [{ text: (c.heading || "(no heading)") + (c.unit ? ` [${c.unit}]` : "") }, { text: { data: "numbers", names: "names of rows", kept: "kept as it is", blank: "blank" }[c.role] }, c.role === "names" ? {} : { number: c.known }, { text: c.lowest === undefined || c.lowest === null ? "·" : `${words(c.lowest, 3)}\u00a0…\u00a0${words(c.highest, 3)}` }]) })] : []));
}

function field(label, element, note) {
  const id = `field-${label.replace(/\W+/g, "-")}`;
  element.id = id;
  return make("div", { class: "control" }, make("label", { for: id }, label), element, note ? make("span", { class: "why" }, note) : null);
}
function picker(label, names, value, changed) {
  const select = make("select", {}, ...Object.entries(names).map(([key, text]) => make("option", { value: key, selected: key === (value ?? "") }, text)));
  select.addEventListener("change", () => changed(select.value || undefined));
  return field(label, select);
}
function typed(label, value, changed, note, type = "text") {
  const input = make("input", { type, value: value ?? "", step: "any" });
  input.addEventListener("change", () => changed(input.value.trim()));
  return field(label, input, note);
}

function showReading() {
  const again = (key) => (value) => { reading[key] = value; understand(); };
  const list = (key) => (text) => { reading[key] = text ? text.split(",").map((x) => x.trim()).filter(Boolean) : undefined; understand(); };
  byId("reading-fields").replaceChildren(...(isPicture() ? [make("button", { type: "button", onclick: () => byId("mask-file").click() }, mask ? `Mask: ${mask.name}` : "Choose a mask")] : [
    picker("The lines are", { "": "found out", table: "a table", triplets: "row, column, value" }, reading.layout, again("layout")),
    picker("Decimal mark", { "": "found out", ".": "point 3.14", ",": "comma 3,14" }, reading.decimal, again("decimal")),
    picker("Between cells", { "": "found out", comma: "comma", semicolon: "semicolon", tab: "tab", space: "space", pipe: "bar |" }, reading.delimiter, again("delimiter")),
    typed("Also missing", reading.missing?.join(", "), list("missing"), "texts or numbers that stand for an empty cell, such as -999"),
    typed("Leave out columns", reading.ignore?.join(", "), list("ignore"), "headings or numbers from 1, with commas between"),
    picker("Rows and columns count", { "": "from 0", yes: "from 1" }, reading.oneBased ? "yes" : "", (v) => again("oneBased")(v ? true : undefined)),
    picker("An entry given twice", { "": "is refused", mean: "has the mean", last: "has the last value" }, reading.duplicates, again("duplicates")),
    typed("Sheet of a workbook", reading.sheet, (v) => again("sheet")(v || undefined)),
  ]));
}

function showOptions() {
  const numeric = (key) => (text) => { options[key] = text === "" ? undefined : Number(text); };
  byId("option-fields").replaceChildren(
    picker("Depth of the network", { "": "3, as usual", 2: "2", 4: "4", 5: "5" }, "", (v) => { options.depth = v ? Number(v) : undefined; }),
    picker("Coverage of the intervals", { 0.5: "50 %", 0.8: "80 %", 0.9: "90 %", 0.95: "95 %" }, "0.9", (v) => { options.intervals = Number(v); }),
    typed("Lowest value", "", numeric("lowest"), "with the highest: nothing is filled beyond", "number"), typed("Highest value", "", numeric("highest"), "", "number"),
    picker("Known cells", { "": "stay as they are", yes: "are denoised too" }, "", (v) => { options.denoise = v ? true : undefined; }),
    picker("Cells that nothing determines", { "": "stay empty", yes: "get a guess" }, "", (v) => { options.fillUndetermined = v ? true : undefined; }),
    typed("Seed", "", numeric("seed"), "", "number"));
}

// MARK: the table, of which only what is in view exists

const cellHeight = 28, cellWidth = 96;
let levels = null;

function showSheet() {
  const sheet = byId("sheet");
  if (!cells) return sheet.replaceChildren(make("p", { class: "faint" }, "The table is too large to be shown; it can be filled all the same."));
  if (isPicture()) {
    const pixels = Array.from(cells, (x, k) => (completion && Number.isNaN(x) ? completion[k] : x));
    sheet.onscroll = sheet.onclick = null;
    byId("legend").replaceChildren(completion ? "Filled in; what is still unknown is pale." : "Unknown pixels are pale.");
    return sheet.replaceChildren(picture(pixels, preview.rows, preview.columns, true));
  }
  // As wide as the longest names need, within reason.
  const longest = Math.max(4, 1 + (preview.rowsBy || "").length, ...(preview.rowNames || []).slice(0, 500).map((name) => name.length));
  const nameWidth = Math.min(260, 20 + 7.6 * longest);
  const room = make("div", { class: "room" }), body = make("table", {});
  room.style.width = `${nameWidth + cellWidth * preview.columns}px`;
  room.style.height = `${cellHeight * (preview.rows + 1)}px`;
  room.append(body);
  sheet.replaceChildren(room);
  const rowName = (i) => preview.rowNames?.[i] ?? String(i + 1), columnName = (j) => preview.columnNames?.[j] ?? String(j + 1);
  sheet.style.setProperty("--name-width", `${nameWidth}px`);
  let shown = "";
  const show = () => {
    const first = Math.max(0, Math.floor(sheet.scrollTop / cellHeight) - 4), last = Math.min(preview.rows, first + Math.ceil(sheet.clientHeight / cellHeight) + 9);
    const left = Math.max(0, Math.floor(sheet.scrollLeft / cellWidth) - 2), right = Math.min(preview.columns, left + Math.ceil(sheet.clientWidth / cellWidth) + 5);
    const key = [first, last, left, right, levels !== null].join();
    if (key === shown) return;
    shown = key;
    body.style.transform = `translate(${left * cellWidth}px, ${first * cellHeight}px)`;
    const heading = make("tr", {}, make("th", { class: "name", scope: "col" }, preview.rowsBy || ""));
    for (let j = left; j < right; j++) heading.append(make("th", { scope: "col", title: columnName(j) }, columnName(j)));
    const lines = [];
    for (let i = first; i < last; i++) {
      const line = make("tr", {}, make("th", { class: "name", scope: "row", title: rowName(i) }, rowName(i)));
      for (let j = left; j < right; j++) {
        const at = i * preview.columns + j, known = cells[at];
        const filled = completion ? completion[at] : NaN;
        if (!Number.isNaN(known)) line.append(make("td", {}, words(known, 6)));
        else if (!Number.isNaN(filled)) line.append(make("td", { class: `filled ${levels ? `q${levels[at]}` : ""}`, title: confidence(at) }, words(filled, 5)));
        else line.append(make("td", { class: completion ? "open" : "hole", title: completion ? "Nothing known determines this cell" : "unknown" }));
      }
      lines.push(line);
    }
    body.replaceChildren(make("thead", {}, heading), make("tbody", {}, ...lines));
  };
  sheet.onscroll = show;
  sheet.onclick = (event) => { const text = event.target.closest("td")?.title; if (text) byId("cell").textContent = text; };
  new ResizeObserver(show).observe(sheet);
  show();
  showLegend();
}

const confidence = (at) => {
  const width = halfWidths?.[at];
  return width === undefined || !Number.isFinite(width) ? `${words(completion[at], 6)}, without an interval`
    : width === 0 ? `${words(completion[at], 6)}, determined by the known cells` : `${words(completion[at], 6)} ± ${words(width, 3)}: a measurement would lie in this range ${Math.round(100 * (options.intervals || 0.9))} times of 100`;
};

function showLegend() {
  const swatch = (name, text) => make("span", { class: "key" }, make("span", { class: `swatch ${name}` }), text);
  byId("legend").replaceChildren(...(completion
    ? [swatch("q0", "sure: within a tenth of the column's spread"), swatch("q1", "within a half"), swatch("q2", "within the spread"), swatch("q3", "wider than the spread, or unknown"), swatch("hole", "left empty")]
    : [swatch("hole", "unknown")]));
}

/** How wide the interval of each cell is beside the spread of its column, in four levels. */
function judge() {
  const { rows, columns } = preview;
  levels = new Uint8Array(rows * columns);
  for (let j = 0; j < columns; j++) {
    let sum = 0, squares = 0, count = 0;
    for (let i = 0; i < rows; i++) { const x = cells[i * columns + j]; if (!Number.isNaN(x)) { sum += x; squares += x * x; count++; } }
    const spread = count > 1 ? Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2)) : 0;
    for (let i = 0; i < rows; i++) {
      const width = halfWidths ? halfWidths[i * columns + j] : NaN, share = spread > 0 ? width / spread : width === 0 ? 0 : NaN;
      levels[i * columns + j] = share <= 0.1 ? 0 : share <= 0.5 ? 1 : share <= 1 ? 2 : 3;
    }
  }
}

// MARK: running

function forgetAnswer() {
  answer = completion = halfWidths = levels = null;
  byId("results").hidden = true;
  byId("download-card").hidden = true;
  byId("stage").textContent = "";
}

async function run() {
  if (running || !upload) return;
  trouble(null);
  forgetAnswer();
  showSheet();
  running = new AbortController();
  byId("run").disabled = true;
  byId("stop").hidden = false;
  byId("progress").hidden = false;
  byId("progress").removeAttribute("value");
  byId("stage").textContent = "Filling in …";
  try {
    answer = await runJob({ job: "complete", upload: upload.id, mask: mask?.id, reading: readingKeys(), options }, (event) => {
      if (event.fraction) byId("progress").value = event.fraction;
      byId("stage").textContent = event.fraction ? `Filling in … ${Math.round(100 * event.fraction)} %` : "Filling in …";
    }, running.signal);
    await showAnswer();
  } catch (error) {
    byId("stage").textContent = "";
    trouble(error);
  } finally {
    running = null;
    byId("run").disabled = false;
    byId("stop").hidden = true;
    byId("progress").hidden = true;
  }
}

async function showAnswer() {
  const [record, archive] = await Promise.all([askJSON(`/api/jobs/${answer.id}/record`), (await ask(`/api/jobs/${answer.id}/arrays`)).arrayBuffer()]);
  const arrays = readArchive(archive);
  completion = arrays.completion.values;
  halfWidths = arrays.halfWidths?.values ?? null;
  const summary = answer.summary;
  if (cells) { judge(); showSheet(); }
  byId("stage").textContent = `${summary.filled} cells filled${summary.leftEmpty ? `, ${summary.leftEmpty} left empty` : ""}, in ${words(summary.seconds, 2)} s.`;
  byId("results").hidden = false;
  byId("facts").replaceChildren(make("h2", {}, record.subtitle || "The answer"), facts(record.summary) || "");
  byId("record").replaceChildren(...record.sections.flatMap((s) => [make("h2", { class: "record" }, s.heading), s.prose ? make("p", { class: "serif" }, s.prose) : null, ...blocks(s.blocks)].filter(Boolean)));
  byId("record").className = "record";
  byId("download-card").hidden = false;
  byId("download").textContent = `Download ${answer.file}`;
  const came = upload.name.split(".").pop().toLowerCase(), goes = answer.file.split(".").pop().toLowerCase();
  byId("download-note").textContent = came === goes ? "In the form it came in: what was known is as it was, byte for byte where that is possible." : `A ${came} file cannot be written; this is a table of text.`;
  showRatings();
}

function showRatings() {
  const isRated = preview.layout === "triplets" && cells;
  byId("ratings").hidden = !isRated;
  if (!isRated) return;
  byId("rated-row").replaceChildren(...Array.from({ length: Math.min(preview.rows, 5000) }, (_, i) => make("option", { value: i }, preview.rowNames?.[i] ?? `row ${i}`)));
  const show = () => {
    const i = Number(byId("rated-row").value), n = preview.columns;
    const best = Array.from({ length: n }, (_, j) => j).filter((j) => Number.isNaN(cells[i * n + j]) && !Number.isNaN(completion[i * n + j])).sort((a, b) => completion[i * n + b] - completion[i * n + a]).slice(0, Number(byId("rated-count").value) || 5);
    byId("rated").replaceChildren(...best.map((j) => make("li", {}, `${preview.columnNames?.[j] ?? `column ${j}`} — ${words(completion[i * n + j], 3)}${halfWidths && Number.isFinite(halfWidths[i * n + j]) ? ` ± ${words(halfWidths[i * n + j], 2)}` : ""}`)));
  };
  byId("rated-row").onchange = byId("rated-count").oninput = show;
  show();
}

async function download(kind, name) {
  try { save(await (await ask(`/api/jobs/${answer.id}/${kind}`)).blob(), name); } catch (error) { trouble(error); }
}

/** Temperatures of a week in eight places, made up by a rule of two patterns with a little noise, a third of them missing. */
function example() {
  const places = ["Airport", "Harbour", "Hill", "Lake", "Market", "Park", "School", "Station"];
  let state = 7;
  const random = () => ((state = (state * 16807) % 2147483647) / 2147483647);
  const lines = [`time,${places.join(",")}`];
  for (let hour = 0; hour < 7 * 8; hour++) {
    const day = Math.floor(hour / 8) + 1, at = (hour % 8) * 3;
    const sun = Math.sin(((at - 8) * Math.PI) / 12), trend = Math.sin(hour / 17);
    const row = places.map((_, k) => (random() < 0.33 ? "" : (12 + 2.2 * trend + (3 + 0.5 * k) * sun * (1 + 0.1 * trend) - 0.6 * k + 0.3 * (random() + random() - 1)).toFixed(1)));
    lines.push(`2026-05-0${day}T${String(at).padStart(2, "0")}:00,${row.join(",")}`);
  }
  take(new File([lines.join("\n") + "\n"], "temperatures.csv"));
}

// MARK: beginning

byId("choose").addEventListener("click", () => byId("file").click());
byId("example").addEventListener("click", example);
byId("file").addEventListener("change", (event) => { if (event.target.files[0]) take(event.target.files[0]); event.target.value = ""; });
byId("mask-file").addEventListener("change", (event) => { if (event.target.files[0]) takeMask(event.target.files[0]); event.target.value = ""; });
byId("another").addEventListener("click", () => { running?.abort(); byId("work").hidden = true; byId("begin").hidden = false; trouble(null); byId("choose").focus(); });
byId("run").addEventListener("click", run);
byId("stop").addEventListener("click", () => running?.abort());
byId("download").addEventListener("click", () => download("file", answer.file));
byId("download-arrays").addEventListener("click", () => download("arrays", "answer.npz"));
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    byId("drop").classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
}
showOptions();
listen(() => {});
window.studio = { get answer() { return answer; }, get preview() { return preview; } };
