// What one can take away: pictures, data, a video, a page that replays by itself.
import { byId, make, save, toast } from "./page.js";
import { draw, pageTheme } from "./chart.js";
import { PDFSurface, SVGSurface } from "./surfaces.js";
import { npy, zip } from "./archive.js";

const [width, height] = [900, 520];

function plotOn(Surface, studio) {
  const theme = pageTheme(), surface = new Surface(width, height, theme.paper);
  const plot = studio.views.main.plot;
  draw(surface, { ...(typeof plot === "function" ? plot(theme) : plot), until: undefined }, theme);
  return surface.source;
}

/** Every number of the run, one line for each time. */
function csv({ data, exact }) {
  const columns = [["time", data.times.values], ["loss", data.loss.values], ["unbalancedness", data.unbalancedness.values]];
  const spread = (prefix, { shape, values }) => {
    for (let k = 0; k < shape[1]; k++) columns.push([`${prefix}${k + 1}`, Array.from({ length: shape[0] }, (_, t) => values[t * shape[1] + k])]);
  };
  spread("sigma", data.singularValues);
  if (exact) spread("exactSigma", exact.singularValues);
  return [columns.map(([name]) => name).join(","), ...Array.from(data.times.values, (_, t) => columns.map(([, values]) => values[t] ?? "").join(","))].join("\n") + "\n";
}

async function replayPage(studio) {
  const sources = await Promise.all(["surfaces.js", "chart.js"].map(async (name) => (await fetch(`/static/${name}`)).text()));
  const code = sources.join("\n").replace(/^import .*$/gm, "").replace(/^export /gm, "");
  const theme = pageTheme();
  const plot = studio.views.main.plot(theme);
  const plain = { x: plot.x, y: plot.y, markers: plot.markers, bands: [], series: plot.series.map((s) => ({ ...s, x: Array.from(s.x), y: Array.from(s.y) })) };
  const json = JSON.stringify({ plot: plain, theme }).replace(/</g, "\\u003c");
  const text = studio.title().replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>A deep linear network learns</title>
<style>body{margin:0 auto;max-width:980px;padding:24px;background:${theme.paper};color:${theme.text};font:16px/1.5 system-ui,sans-serif}canvas{width:100%;display:block}.row{display:flex;gap:10px;align-items:center}input{flex:1}button{font:inherit;padding:6px 14px}</style></head>
<body><h1>A deep linear network learns</h1><p>${text}</p><canvas id="chart"></canvas><div class="row"><button id="play">Play</button><input type="range" id="at" min="0" max="1000" value="0" aria-label="Moment"></div>
<script type="module">
${code}
const { plot, theme } = ${json};
const canvas = document.getElementById("chart"), at = document.getElementById("at"), button = document.getElementById("play");
const end = plot.x.range[1];
function show() { const w = canvas.clientWidth, h = Math.min(520, Math.max(260, w * 0.58)), r = devicePixelRatio || 1; canvas.width = w * r; canvas.height = h * r; canvas.style.height = h + "px"; draw(new CanvasSurface(canvas.getContext("2d"), w, h, r), { ...plot, until: (end * at.value) / 1000 }, theme); }
let last = 0, isPlaying = true;
function step(now) { if (!isPlaying) return; if (last) at.value = Number(at.value) + (now - last) / 7; last = now; if (Number(at.value) >= 1000) { isPlaying = false; button.textContent = "Play"; } show(); requestAnimationFrame(step); }
button.textContent = "Pause";
button.onclick = () => { isPlaying = !isPlaying; button.textContent = isPlaying ? "Pause" : "Play"; if (isPlaying && Number(at.value) >= 1000) at.value = 0; last = 0; requestAnimationFrame(step); };
at.oninput = () => { isPlaying = false; button.textContent = "Play"; show(); };
addEventListener("resize", show);
requestAnimationFrame(step);
</script></body></html>
`;
}

/** The chart while it plays once, by the browser's own recorder. */
function video(studio) {
  const canvas = studio.views.main.canvas;
  if (!canvas.captureStream || !window.MediaRecorder) return toast("This browser records no videos");
  const parts = [], recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: "video/webm", videoBitsPerSecond: 6e6 });
  recorder.ondataavailable = (event) => parts.push(event.data);
  recorder.onstop = () => { studio.views.main.isRecorded = false; save(new Blob(parts, { type: "video/webm" }), "learning.webm"); toast("The video is ready"); };
  studio.views.main.isRecorded = true;
  recorder.start(200);
  studio.playThrough();
  toast("Recording while it plays …");
  const watch = setInterval(() => { if (!studio.isPlaying()) { clearInterval(watch); setTimeout(() => recorder.stop(), 400); } }, 200);
}

function png(studio) {
  const theme = pageTheme(), source = studio.views.main.canvas;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [source.width, source.height];
  const context = canvas.getContext("2d");
  context.fillStyle = theme.paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0);
  canvas.toBlob((blob) => save(blob, "learning.png"));
}

/** Fills the menu of the page. */
export function exportMenu(studio) {
  const items = [
    ["Drawing (SVG)", () => save(plotOn(SVGSurface, studio), "learning.svg", "image/svg+xml")],
    ["Picture (PNG)", () => png(studio)],
    ["Page for print (PDF)", () => save(plotOn(PDFSurface, studio), "learning.pdf", "application/pdf")],
    ["Numbers (CSV)", () => save(csv(studio.run), "learning.csv", "text/csv")],
    ["Numbers (NumPy)", () => save(zip(Object.entries(studio.run.data).map(([name, { shape, values }]) => [`${name}.npy`, npy(shape, values)])), "learning.npz")],
    ["Video (WebM)", () => video(studio)],
    ["Page that replays (HTML)", async () => save(await replayPage(studio), "learning.html", "text/html")],
  ];
  byId("figure").addEventListener("click", () => { if (studio.run) items[0][1](); });
  const button = byId("export"), menu = byId("exports");
  const open = (value) => { menu.hidden = !value; button.setAttribute("aria-expanded", String(value)); if (value) menu.firstChild.focus(); };
  menu.append(...items.map(([title, act]) => make("button", { type: "button", onclick: () => { open(false); button.focus(); if (studio.run) act(); } }, title)));
  button.addEventListener("click", () => open(menu.hidden));
  document.addEventListener("click", (event) => { if (!menu.hidden && !event.target.closest(".menu")) open(false); });
  menu.addEventListener("keydown", (event) => {
    const all = [...menu.children], at = all.indexOf(document.activeElement);
    if (event.key === "Escape") { open(false); button.focus(); }
    if (event.key === "ArrowDown") { event.preventDefault(); all[(at + 1) % all.length].focus(); }
    if (event.key === "ArrowUp") { event.preventDefault(); all[(at + all.length - 1) % all.length].focus(); }
  });
}
