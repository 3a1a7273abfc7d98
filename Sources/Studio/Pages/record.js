// A record as a report draws it: facts, tables, figures with axes.
import { make, words } from "./page.js";
import { ChartView, rangeOf } from "./chart.js";

const number = (x) => (typeof x === "string" ? { NaN: NaN, Infinity, "-Infinity": -Infinity }[x] ?? NaN : x);
const verdicts = { holds: "✓ holds", fails: "✗ differs", refuted: "≠ refuted, as stated here", undecided: "? undecided", notApplicable: "– not applicable" };

const address = /(https:\/\/[^\s]*[^\s.,;:!?)])/;
/** Words with `^{…}` and `_{…}` raised and lowered, innermost braces first, and addresses as ways to them. */
function line(text) {
  return text.split(address).flatMap((part) => (part.startsWith("https://") ? [make("a", { href: part, target: "_blank", rel: "noopener noreferrer" }, part)]
    : part.split(/([\^_]\{[^{}]*\})/).map((piece) => (/^[\^_]\{/.test(piece) ? make(piece[0] === "^" ? "sup" : "sub", {}, piece.slice(2, -1)) : piece))));
}

/** Prose with `code`, **strong** and raised letters as the records have it, without markup of its own. */
export function prose(text) {
  return String(text || "").split(/(`[^`]*`|\*\*[^*]*\*\*)/).flatMap((part) =>
    part.length > 1 && part.startsWith("`") ? [make("code", {}, part.slice(1, -1))] : part.length > 3 && part.startsWith("**") ? [make("strong", {}, part.slice(2, -2))] : line(part));
}

function cell(value, digits = 4) {
  if ("number" in value) return words(number(value.number), digits);
  if ("text" in value) return prose(value.text);
  if ("verdict" in value) return make("span", { class: `verdict ${value.verdict}` }, verdicts[value.verdict] || value.verdict);
  return "·";
}

export function facts(list) {
  if (!list?.length) return null;
  return make("dl", { class: "facts" }, ...list.map((fact) => make("div", { title: fact.term },
    make("dt", {}, fact.label), make("dd", { class: "text" in fact.value ? "words" : null }, cell(fact.value), fact.unit ? make("small", {}, ` ${fact.unit}`) : null, fact.note ? make("small", {}, ` ${fact.note}`) : null))));
}

export function table({ title, caption, columns, rows }, limit = 200) {
  const place = (column) => (column.alignment === "leading" ? "leading" : column.alignment === "center" ? "center" : null);
  return make("div", {}, title ? make("h3", {}, title) : null, caption ? make("p", { class: "small faint" }, ...prose(caption)) : null,
    make("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": title || "Table" }, make("table", {},
      make("thead", {}, make("tr", {}, ...columns.map((c) => make("th", { scope: "col", class: place(c) }, c.title, c.unit ? ` [${c.unit}]` : "")))),
      make("tbody", {}, ...rows.slice(0, limit).map((row) => make("tr", {}, ...row.map((value, k) => make("td", { class: place(columns[k]) }, cell(value, columns[k].significantDigits))))))))
    , rows.length > limit ? make("p", { class: "small faint" }, `The first ${limit} of ${rows.length}.`) : null);
}

const dash = { dashed: [7, 4], dotted: [2, 3] };
function seriesColor(theme, color, k) {
  if (color?.muted) return theme.muted;
  if (color?.gradient !== undefined) {
    const at = Math.max(0, Math.min(1, color.gradient));
    // Dark violet is no color on a dark page.
    const stops = /^#fff/.test(theme.paper) ? [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98]] : [[186, 120, 222], [124, 148, 226], [64, 188, 182], [150, 225, 120]];
    const low = Math.min(2, Math.floor(at * 3)), part = at * 3 - low;
    return `rgb(${stops[low].map((x, i) => Math.round(x + part * (stops[low + 1][i] - x))).join(" ")})`;
  }
  return theme.series[(color?.palette ?? k) % 7];
}

/** What all names begin with up to an equals sign: `depth = ` for `depth = 2` and `depth = 3`; empty where they do not. */
function sharedName(names) {
  if (names.length < 2) return "";
  const head = names[0].slice(0, names[0].indexOf(" = ") + 3);
  return head.length > 3 && names.every((name) => name.startsWith(head)) ? head : "";
}

/** A plot of curves as `chart.js` draws it, from several records' series laid over each other. */
export function linePlot(all) {
  return (theme) => {
    const first = all[0].plot, several = all.length > 1;
    const shared = sharedName(first.series.map((s) => s.name)).length;
    const series = all.flatMap(({ plot, name }, which) => plot.series.map((s, k) => ({
      x: s.x.map(number), y: s.y.map(number), color: several ? theme.series[which % 7] : seriesColor(theme, s.color, k),
      dash: several ? [[], [7, 4], [2, 3], [9, 3, 2, 3]][k % 4] : dash[s.style] || [],
      points: s.style === "points" ? true : s.style === "connectedPoints" ? "joined" : false, width: 2, name: several ? `${name}: ${s.name}` : s.name,
      label: plot.series.length <= 10 && !several && s.style !== "points" ? s.name.slice(shared, shared + 22) : undefined, band: s.band,
    })));
    const axis = (side, key, extra = []) => {
      const scale = first[side].scale === "logarithmic" ? "log" : "linear";
      return { title: first[side].title + (first[side].unit ? ` [${first[side].unit}]` : ""), scale, whole: first[side].scale === "whole",
        range: rangeOf([...series.map((s) => s[key]), ...extra], scale, [first[side].lower ?? null, first[side].upper ?? null]) };
    };
    const withBand = series.filter((s) => s.band);
    return {
      x: axis("horizontal", "x"), y: axis("vertical", "y", withBand.flatMap((s) => [s.band.lower.map(number), s.band.upper.map(number)])), series,
      bands: withBand.map((s) => ({ x: s.x, lower: s.band.lower.map(number), upper: s.band.upper.map(number), color: s.color })),
      markers: (several ? [] : first.markers || []).map((m) => ({ axis: m.direction === "vertical" ? "x" : "y", at: number(m.position), label: m.label })),
    };
  };
}

function bars(chart) {
  return (theme) => {
    const categories = chart.categories, groups = chart.bars;
    const values = groups.flatMap((g) => g.values.map(number));
    const scale = chart.vertical.scale === "logarithmic" ? "log" : "linear";
    const range = rangeOf([values, scale === "log" ? [] : [0]], scale);
    return { x: { title: `${chart.horizontalTitle}: ${categories.length > 12 ? `${categories.length} categories` : categories.join(", ")}`, scale: "linear", whole: true, range: [0.4, categories.length + 0.6] },
      y: { title: chart.vertical.title, scale, range }, series: [],
      fields: (surface, px, py, box) => groups.forEach((g, j) => g.values.forEach((v, i) => {
        const width = ((px(2) - px(1)) * 0.8) / groups.length, top = py(number(v)), base = scale === "log" ? box.bottom : py(Math.max(0, range[0]));
        if (Number.isFinite(top)) surface.rect(px(i + 1) - (width * groups.length) / 2 + j * width, Math.min(top, base), width * 0.92, Math.abs(base - top), { color: theme.series[j % 7] });
      })) };
  };
}

function histogram(h) {
  return (theme) => {
    const edges = h.edges.map(number), counts = h.counts.map(number);
    return { x: { title: h.horizontal.title, scale: "linear", range: [edges[0], edges.at(-1)] }, y: { title: h.vertical.title, scale: "linear", range: rangeOf([counts, [0]], "linear", [0, null]) }, series: [],
      fields: (surface, px, py, box) => counts.forEach((c, k) => surface.rect(px(edges[k]), py(c), Math.max(1, px(edges[k + 1]) - px(edges[k]) - 1), box.bottom - py(c), { color: theme.series[0], alpha: 0.85 })) };
  };
}

const viridis = [[68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142], [31, 158, 137], [53, 183, 121], [109, 205, 89], [180, 222, 44], [253, 231, 37]];
/** A picture of numbers as colors, a pixel each. */
export function picture(values, rows, columns, isGray) {
  const numbers = values.map(number), finite = numbers.filter(Number.isFinite);
  let low = Infinity, high = -Infinity;
  for (const x of finite) { if (x < low) low = x; if (x > high) high = x; }
  const canvas = make("canvas", { width: columns, height: rows, role: "img", "aria-label": `${rows} by ${columns} values from ${words(low)} to ${words(high)}` });
  const context = canvas.getContext("2d"), image = context.createImageData(columns, rows);
  numbers.forEach((x, k) => {
    const at = Number.isFinite(x) ? (high > low ? (x - low) / (high - low) : 0.5) : -1;
    const place = Math.min(8, Math.floor(at * 9)), part = at * 9 - place;
    const color = at < 0 ? [150, 160, 172] : isGray ? [255 * at, 255 * at, 255 * at] : viridis[place].map((c, i) => c + part * (viridis[place + 1][i] - c));
    image.data.set([...color, at < 0 ? 90 : 255], 4 * k);
  });
  context.putImageData(image, 0, 0);
  canvas.style.cssText = `width:min(100%,${Math.round(Math.min(Math.max(220, Math.min(560, columns * 8)), (440 * columns) / rows))}px);image-rendering:pixelated;border-radius:6px;display:block`;
  return make("div", {}, canvas, make("p", { class: "small faint" }, `${rows} × ${columns}, from ${words(low)} to ${words(high)}`));
}

export function figure(value, height = 300) {
  const { content } = value, holder = make("div", { class: "plot" });
  if (content.heatMap) holder.append(picture(content.heatMap.values, content.heatMap.rowCount, content.heatMap.columnCount, false));
  else if (content.image) {
    const { width, height: rows, pixels } = content.image;
    const values = Array.from({ length: width * rows }, (_, k) => { const digits = pixels.slice(2 * k, 2 * k + 2); return digits === ".." ? NaN : parseInt(digits, 16); });
    holder.append(picture(values, rows, width, true));
  } else {
    const canvas = make("canvas", { role: "img", "aria-label": `${value.title}. ${value.alternativeText || value.caption || ""}` });
    holder.append(canvas);
    const plot = content.lines ? linePlot([{ plot: content.lines }]) : content.bars ? bars(content.bars) : histogram(content.histogram);
    queueMicrotask(() => new ChartView(canvas, height).show(plot));
  }
  // Points stand beside no label of their own: their names stand below, where there are few.
  const all = content.lines?.series || [], shared = sharedName(all.map((s) => s.name));
  const points = [...new Set(all.filter((s) => s.style === "points").map((s) => s.name))];
  const names = (points.length && points.length <= 8 ? ` Points: ${points.join("; ")}.` : "") + (shared ? ` Curves: ${shared.slice(0, -3)}.` : "");
  return make("figure", {}, holder, make("figcaption", {}, make("strong", {}, `${value.title.replace(/[.!?]?$/, ".")} `), ...prose(value.caption), names ? make("span", { class: "faint" }, names) : null));
}

export function blocks(list) {
  return (list || []).map((block) => {
    if (block.prose !== undefined) return make("p", {}, ...prose(block.prose));
    if (block.figure) return figure(block.figure);
    if (block.row) return make("div", { class: "figures" }, ...block.row.map((f) => figure(f, 240)));
    if (block.table) return table(block.table);
    if (block.facts) return facts(block.facts);
    if (block.notice) return make("p", { class: `notice ${block.notice.level}` }, ...prose(block.notice.text));
    if (block.code) return make("pre", { tabindex: 0 }, make("code", {}, block.code.text));
    if (block.claims) return claims(block.claims);
    return null;
  });
}

function claims(list) {
  const relation = { equals: "", atMost: "≤ ", atLeast: "≥ " };
  return make("ul", { class: "claims" }, ...list.map((c) => make("li", {},
    make("span", {}, make("span", { class: `verdict ${c.verdict}` }, verdicts[c.verdict]), " ", ...prose(c.statement)),
    make("span", { class: "small faint" }, [`claimed ${relation[c.relation] ?? ""}${words(number(c.expected))}`, `measured ${words(number(c.measured))}`, c.source || ""].filter(Boolean).join(" · ")))));
}

/** Every figure of a record, in order. */
export const figuresOf = (record) => record.sections.flatMap((section) => (section.blocks || []).flatMap((b) => (b.figure ? [b.figure] : b.row || [])));

/** A whole record as an element. */
export function recordView(record) {
  return make("article", { class: "record" }, make("h1", {}, record.title), record.subtitle ? make("p", { class: "lede" }, ...prose(record.subtitle)) : null, facts(record.summary),
    ...record.sections.flatMap((section) => [make("h2", {}, section.heading), section.prose ? make("p", { class: "serif" }, ...prose(section.prose)) : null, ...blocks(section.blocks)]));
}
