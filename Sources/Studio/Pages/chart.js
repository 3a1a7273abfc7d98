// Curves in a plane, drawn on any surface.
import { CanvasSurface } from "./surfaces.js";

/** Round numbers within a range, about so many. */
export function ticks(low, high, count = 6) {
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].find((k) => k * power >= raw * 0.999) * power;
  const result = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) result.push(k * step);
  return result;
}

const raised = (number) => String(number).replace(/./g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]));

function tickWords(value, isLog) {
  if (isLog) {
    const power = Math.round(Math.log10(value));
    return power >= -1 && power <= 3 ? String(10 ** power) : `10${raised(power)}`;
  }
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) {
    const [mantissa, exponent] = Number(value.toPrecision(6)).toExponential().split("e");
    return `${mantissa}·10${raised(Number(exponent))}`.replace("-", "−");
  }
  return String(Number(value.toPrecision(6))).replace("-", "−");
}

function axisTicks({ range: [low, high], scale, whole }, count) {
  if (scale === "log") {
    const [a, b] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
    const step = Math.max(1, Math.ceil((b - a) / count));
    const result = [];
    for (let k = Math.ceil(a / step) * step; k <= b; k += step) result.push(10 ** k);
    return result;
  }
  return ticks(low, high, count).filter((tick) => !whole || Number.isInteger(tick));
}

/** The range of what is to be seen, with a little room. */
export function rangeOf(lists, scale, fixed = [null, null]) {
  let low = Infinity, high = -Infinity;
  for (const list of lists) for (const value of list) {
    if (!Number.isFinite(value) || (scale === "log" && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) [low, high] = scale === "log" ? [1e-3, 1] : [0, 1];
  if (scale === "log") {
    low = fixed[0] ?? 10 ** (Math.log10(low) - 0.1);
    high = fixed[1] ?? 10 ** (Math.log10(high) + 0.1);
    return high / low > 1.5 ? [low, high] : [low / 3, high * 3];
  }
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  return [fixed[0] ?? low - room, fixed[1] ?? high + room];
}

/**
 * Draws a plot: `{x: {title, scale, range}, y, series: [{x, y, color, width, dash, label, alpha, points}], bands: [{x, lower,
 * upper, color}], markers: [{axis, at, label}], fields, until, note}`. What lies beyond `until` is faint.
 */
export function draw(surface, plot, theme) {
  const { width, height } = surface;
  const size = plot.size || 12.5;
  const hasLabels = plot.series.some((s) => s.label);
  const tickLabels = axisTicks(plot.y, Math.max(2, (height - 56) / 48)).map((tick) => tickWords(tick, plot.y.scale === "log"));
  const box = {
    left: Math.max(46, (plot.y.title ? 32 : 16) + 0.58 * size * Math.max(0, ...tickLabels.map((label) => label.length))), right: width - (hasLabels ? 20 + size * Math.max(...plot.series.map((s) => 0.62 * (s.label || "").length)) : 16),
    top: plot.title ? 34 : 12, bottom: height - 44,
  };
  if (plot.title) surface.text(12, 16, plot.title, { color: theme.text, size: size + 2, weight: 600 });
  const place = ({ scale, range: [low, high] }, from, to) => scale === "log"
    ? (v) => (v > 0 ? from + ((Math.log10(v) - Math.log10(low)) / (Math.log10(high) - Math.log10(low))) * (to - from) : NaN)
    : (v) => from + ((v - low) / (high - low)) * (to - from);
  const px = place(plot.x, box.left, box.right), py = place(plot.y, box.bottom, box.top);

  for (const tick of axisTicks(plot.y, Math.max(2, (box.bottom - box.top) / 48))) {
    const y = py(tick);
    surface.line([[box.left, y], [box.right, y]], { color: theme.grid, width: 1 });
    surface.text(box.left - 8, y, tickWords(tick, plot.y.scale === "log"), { color: theme.faint, size: size - 1, align: "end" });
  }
  for (const tick of axisTicks(plot.x, Math.max(2, (box.right - box.left) / 90))) {
    const x = px(tick);
    surface.line([[x, box.bottom], [x, box.bottom + 4]], { color: theme.muted, width: 1 });
    surface.text(x, box.bottom + 15, tickWords(tick, plot.x.scale === "log"), { color: theme.faint, size: size - 1, align: "center" });
  }
  surface.line([[box.left, box.bottom], [box.right, box.bottom]], { color: theme.muted, width: 1 });
  surface.text((box.left + box.right) / 2, box.bottom + 34, plot.x.title, { color: theme.faint, size, align: "center" });
  if (plot.y.title) surface.text(14, (box.top + box.bottom) / 2, plot.y.title, { color: theme.faint, size, align: "center", turn: -Math.PI / 2 });

  surface.clip(box.left, box.top - 2, box.right - box.left, box.bottom - box.top + 4);
  plot.fields?.(surface, px, py, box);
  for (const band of plot.bands || []) {
    const clamp = (v) => Math.min(Math.max(v, box.top - 50), box.bottom + 50);
    const at = (values) => Array.from(band.x, (x, k) => [px(x), Number.isFinite(values[k]) ? clamp(py(values[k])) : NaN]);
    const whole = (points) => points.filter(([x, y]) => Number.isFinite(x + y));
    if (band.lower && band.upper) surface.area([...whole(at(band.lower)), ...whole(at(band.upper)).reverse()], { color: band.color, alpha: band.alpha || 0.14 });
    // A bound on one side is a line with the side that it allows shaded a little.
    else for (let k = 1; k <= 4; k++) {
      const edge = whole(at(band.lower || band.upper)), away = edge.map(([x, y]) => [x, y + (band.lower ? -4 : 4) * k]);
      surface.area([...edge, ...away.reverse()], { color: band.color, alpha: 0.07 });
    }
    for (const values of [band.lower, band.upper]) {
      if (values) surface.line(at(values), { color: band.color, width: 1.2, alpha: 0.75 });
    }
  }
  for (const marker of plot.markers || []) {
    const at = marker.axis === "x" ? px(marker.at) : py(marker.at);
    surface.line(marker.axis === "x" ? [[at, box.top], [at, box.bottom]] : [[box.left, at], [box.right, at]],
      { color: theme.muted, width: 1, dash: [3, 4] });
    if (marker.label) {
      const [x, y] = marker.axis === "x" ? [at + 5, box.top + 8] : [box.left + 6, at - 8];
      surface.text(x, y, marker.label, { color: theme.faint, size: size - 1.5 });
    }
  }
  const labels = [];
  const showHead = (head, series, { dash, alpha }) => {
    if (head && !dash.length && Number.isFinite(head[0] + head[1])) surface.dot(...head, 3.4, { color: series.color, alpha });
  };
  for (const series of plot.series) {
    const points = Array.from(series.x, (x, k) => [px(x), py(series.y[k])]);
    const style = { color: series.color, width: series.width || 2.2, dash: series.dash || [], alpha: series.alpha ?? 1 };
    if (series.points) {
      for (const [x, y] of points) if (Number.isFinite(x + y)) surface.dot(x, y, 2.6, { color: series.color, alpha: style.alpha });
      if (series.points !== "joined") continue;
    }
    if (plot.until === undefined || series.whole) surface.line(points, style);
    else if (series.x[series.x.length - 1] <= plot.until) {
      surface.line(points, style);
      showHead(points.at(-1), series, style);
    } else {
      // The last point before the playhead, and the place between it and the next.
      let end = 0;
      while (end < series.x.length && series.x[end] <= plot.until) end++;
      const seen = points.slice(0, end);
      if (end > 0 && end < points.length) {
        const part = (plot.until - series.x[end - 1]) / (series.x[end] - series.x[end - 1]);
        seen.push([0, 1].map((k) => points[end - 1][k] + part * (points[end][k] - points[end - 1][k])));
      }
      surface.line(points, { ...style, alpha: style.alpha * 0.22 });
      surface.line(seen, style);
      showHead(seen.at(-1), series, style);
    }
    const last = points.findLast(([x, y]) => Number.isFinite(x + y));
    if (series.label && last) labels.push({ y: last[1], at: last[1], series });
  }
  if (plot.until !== undefined) surface.line([[px(plot.until), box.top], [px(plot.until), box.bottom]], { color: theme.text, width: 1, alpha: 0.5 });
  surface.unclip();

  // Labels at the ends of their curves, pushed apart where they would lie on each other.
  labels.sort((a, b) => a.y - b.y);
  const gap = size + 2;
  for (let round = 0; round < 20; round++) {
    for (let k = 1; k < labels.length; k++) {
      const overlap = labels[k - 1].at + gap - labels[k].at;
      if (overlap > 0) { labels[k - 1].at -= overlap / 2; labels[k].at += overlap / 2; }
    }
    for (const label of labels) label.at = Math.min(Math.max(label.at, box.top), box.bottom);
  }
  for (const { at, series } of labels) {
    surface.text(box.right + 8, at, series.label, { color: series.labelColor || series.color, size, weight: 600 });
  }
  if (plot.note) surface.text(box.right - 6, box.top + 8, plot.note, { color: theme.faint, size: size - 1, align: "end" });
  return { px, py, box };
}

const darkness = matchMedia("(prefers-color-scheme: dark)");
let knownTheme = null;
darkness.addEventListener("change", () => (knownTheme = null));

/** The colors that the reader's system asks for. */
export function pageTheme() {
  return (knownTheme ??= readTheme());
}

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const theme = {};
  for (const name of ["text", "faint", "grid", "paper", "muted", "missing", "warm", "raised"]) theme[name] = style.getPropertyValue(`--${name}`).trim();
  theme.series = [0, 1, 2, 3, 4, 5, 6].map((k) => style.getPropertyValue(`--series${k}`).trim());
  return theme;
}

/** A canvas that keeps a plot drawn as its place and the colors change. */
export class ChartView {
  constructor(canvas, height) {
    this.canvas = canvas;
    this.height = height;
    this.plot = null;
    // Asking for the width has the whole page laid out, so it is asked for where it may have changed.
    this.width = 0;
    new ResizeObserver(() => {
      this.width = canvas.clientWidth;
      this.draw();
    }).observe(canvas.parentElement);
    // While something moves, what nobody sees is drawn when it comes into sight.
    this.isInSight = true;
    new IntersectionObserver(([{ isIntersecting }]) => {
      this.isInSight = isIntersecting;
      if (isIntersecting && this.isStale) this.draw();
    }, { rootMargin: "120px" }).observe(canvas);
    darkness.addEventListener("change", () => this.draw());
  }
  show(plot, isMoving = false) {
    this.plot = plot;
    this.draw(isMoving);
  }
  draw(isMoving = false) {
    this.isStale = isMoving && !this.isInSight && !this.isRecorded;
    if (!this.plot || this.isStale) return;
    const theme = pageTheme();
    const width = this.width || this.canvas.clientWidth || 600;
    const height = Math.min(this.height, Math.max(220, width * 0.75));
    const ratio = window.devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.canvas.style.height = `${height}px`;
    }
    const plot = typeof this.plot === "function" ? this.plot(theme) : this.plot;
    this.frame = draw(new CanvasSurface(this.canvas.getContext("2d"), width, height, ratio), plot, theme);
    this.shown = plot;
  }
}
