// Three papers to draw on, with the same strokes: a canvas, an SVG text, a PDF.

/** Draws at once, in device pixels. */
export class CanvasSurface {
  constructor(context, width, height, ratio = 1) {
    Object.assign(this, { context, width, height });
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.lineJoin = "round";
  }
  line(points, { color, width = 1.5, dash = [], alpha = 1 }) {
    const c = this.context;
    c.globalAlpha = alpha;
    c.strokeStyle = color;
    c.lineWidth = width;
    c.setLineDash(dash);
    c.beginPath();
    let isDown = false;
    for (const [x, y] of points) {
      if (!Number.isFinite(x + y)) { isDown = false; continue; }
      if (isDown) c.lineTo(x, y); else c.moveTo(x, y);
      isDown = true;
    }
    c.stroke();
    c.globalAlpha = 1;
    c.setLineDash([]);
  }
  area(points, { color, alpha = 0.15 }) {
    const c = this.context;
    c.globalAlpha = alpha;
    c.fillStyle = color;
    c.beginPath();
    points.forEach(([x, y], k) => (k ? c.lineTo(x, y) : c.moveTo(x, y)));
    c.closePath();
    c.fill();
    c.globalAlpha = 1;
  }
  rect(x, y, width, height, { color, alpha = 1 }) {
    this.context.globalAlpha = alpha;
    this.context.fillStyle = color;
    this.context.fillRect(x, y, width, height);
    this.context.globalAlpha = 1;
  }
  dot(x, y, radius, { color, alpha = 1, ring }) {
    const c = this.context;
    c.globalAlpha = alpha;
    c.beginPath();
    c.arc(x, y, radius, 0, 7);
    c.fillStyle = color;
    c.fill();
    if (ring) { c.strokeStyle = ring; c.lineWidth = 2; c.stroke(); }
    c.globalAlpha = 1;
  }
  text(x, y, words, { color, size = 12, align = "start", weight = 400, turn = 0 }) {
    const c = this.context;
    c.save();
    c.translate(x, y);
    if (turn) c.rotate(turn);
    c.font = `${weight} ${size}px system-ui, "Noto Sans", sans-serif`;
    c.textAlign = align;
    c.textBaseline = "middle";
    c.fillStyle = color;
    c.fillText(words, 0, 0);
    c.restore();
  }
  clip(x, y, width, height) {
    this.context.save();
    this.context.beginPath();
    this.context.rect(x, y, width, height);
    this.context.clip();
  }
  unclip() { this.context.restore(); }
}

const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
const short = (number) => String(Math.round(number * 100) / 100);

function strokes(points) {
  let path = "", isDown = false;
  for (const [x, y] of points) {
    if (!Number.isFinite(x + y)) { isDown = false; continue; }
    path += `${isDown ? "L" : "M"}${short(x)} ${short(y)}`;
    isDown = true;
  }
  return path;
}

/** Collects an SVG text. */
export class SVGSurface {
  constructor(width, height, paper) {
    Object.assign(this, { width, height, parts: [], clips: 0 });
    this.rect(0, 0, width, height, { color: paper });
  }
  line(points, { color, width = 1.5, dash = [], alpha = 1 }) {
    this.parts.push(`<path d="${strokes(points)}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linejoin="round"${dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : ""}${alpha < 1 ? ` opacity="${alpha}"` : ""}/>`);
  }
  area(points, { color, alpha = 0.15 }) {
    this.parts.push(`<path d="${strokes(points)}Z" fill="${color}" opacity="${alpha}"/>`);
  }
  rect(x, y, width, height, { color, alpha = 1 }) {
    this.parts.push(`<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" fill="${color}"${alpha < 1 ? ` opacity="${alpha}"` : ""}/>`);
  }
  dot(x, y, radius, { color, alpha = 1, ring }) {
    this.parts.push(`<circle cx="${short(x)}" cy="${short(y)}" r="${radius}" fill="${color}" opacity="${alpha}"${ring ? ` stroke="${ring}" stroke-width="2"` : ""}/>`);
  }
  text(x, y, words, { color, size = 12, align = "start", weight = 400, turn = 0 }) {
    const anchor = { start: "start", left: "start", center: "middle", end: "end", right: "end" }[align];
    this.parts.push(`<text x="${short(x)}" y="${short(y)}" font-size="${size}" fill="${color}" text-anchor="${anchor}" dominant-baseline="central"${weight > 400 ? ` font-weight="${weight}"` : ""}${turn ? ` transform="rotate(${short((turn * 180) / Math.PI)} ${short(x)} ${short(y)})"` : ""}>${escaped(words)}</text>`);
  }
  clip(x, y, width, height) {
    const id = `c${this.clips++}`;
    this.parts.push(`<clipPath id="${id}"><rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"/></clipPath><g clip-path="url(#${id})">`);
  }
  unclip() { this.parts.push("</g>"); }
  get source() {
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}" font-family="system-ui, 'Noto Sans', sans-serif">\n${this.parts.join("\n")}\n</svg>\n`;
  }
}

// Letters that Helvetica lacks and Symbol has, and those that stand lower or higher in smaller type.
const greek = { σ: "s", λ: "l", η: "h", Σ: "S", Λ: "L", "∞": "\xa5", "≤": "\xa3", "≥": "\xb3", "−": "-" };
const lowered = "₀₁₂₃₄₅₆₇₈₉", raised = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Collects a PDF of one page, with text as text. */
export class PDFSurface {
  constructor(width, height, paper) {
    Object.assign(this, { width, height, parts: [], states: new Map() });
    this.rect(0, 0, width, height, { color: paper });
  }
  color(hex) {
    return [1, 3, 5].map((k) => short(parseInt(hex.slice(k, k + 2), 16) / 255)).join(" ");
  }
  fade(alpha) {
    const key = short(alpha);
    if (!this.states.has(key)) this.states.set(key, `G${this.states.size}`);
    return `/${this.states.get(key)} gs`;
  }
  path(points) {
    let path = "", isDown = false;
    for (const [x, y] of points) {
      if (!Number.isFinite(x + y)) { isDown = false; continue; }
      path += `${short(x)} ${short(this.height - y)} ${isDown ? "l" : "m"} `;
      isDown = true;
    }
    return path;
  }
  line(points, { color, width = 1.5, dash = [], alpha = 1 }) {
    this.parts.push(`q ${this.fade(alpha)} ${this.color(color)} RG ${width} w 1 j [${dash.join(" ")}] 0 d ${this.path(points)}S Q`);
  }
  area(points, { color, alpha = 0.15 }) {
    this.parts.push(`q ${this.fade(alpha)} ${this.color(color)} rg ${this.path(points)}f Q`);
  }
  rect(x, y, width, height, { color, alpha = 1 }) {
    this.parts.push(`q ${this.fade(alpha)} ${this.color(color)} rg ${short(x)} ${short(this.height - y - height)} ${short(width)} ${short(height)} re f Q`);
  }
  dot(x, y, r, { color, alpha = 1 }) {
    const points = Array.from({ length: 24 }, (_, k) => [x + r * Math.cos((k * Math.PI) / 12), y + r * Math.sin((k * Math.PI) / 12)]);
    this.area(points, { color, alpha });
  }
  text(x, y, words, { color, size = 12, align = "start", weight = 400, turn = 0 }) {
    const runs = [];
    for (const letter of String(words)) {
      const low = lowered.indexOf(letter), high = raised.indexOf(letter);
      const [font, byte, scale, rise] =
        low >= 0 ? ["F", String(low), 0.7, -0.2] : high >= 0 ? ["F", String(high), 0.7, 0.35]
        : letter === "⁻" ? ["F", "-", 0.7, 0.35]
        : greek[letter] ? ["S", greek[letter], 1, 0]
        : [weight > 500 ? "B" : "F", letter === "·" ? "\xb7" : letter === "×" ? "\xd7" : letter === "½" ? "\xbd" : letter.charCodeAt(0) < 256 ? letter : "?", 1, 0];
      const last = runs.at(-1);
      if (last && last[0] === font && last[2] === scale && last[3] === rise) last[1] += byte;
      else runs.push([font, byte, scale, rise]);
    }
    const length = runs.reduce((sum, [, bytes, scale]) => sum + bytes.length * 0.53 * scale * size, 0);
    const shift = { center: -length / 2, end: -length, right: -length }[align] || 0;
    const [c, s] = [Math.cos(-turn), Math.sin(-turn)];
    const body = runs.map(([font, bytes, scale, rise]) =>
      `/${font} ${short(scale * size)} Tf ${short(rise * size)} Ts (${bytes.replace(/[\\()]/g, "\\$&")}) Tj`).join(" ");
    this.parts.push(`q ${this.color(color)} rg BT ${short(c)} ${short(s)} ${short(-s)} ${short(c)} ${short(x + shift * c - 0.35 * size * -s)} ${short(this.height - y + shift * s - 0.35 * size * c)} Tm ${body} ET Q`);
  }
  clip(x, y, width, height) {
    this.parts.push(`q ${short(x)} ${short(this.height - y - height)} ${short(width)} ${short(height)} re W n`);
  }
  unclip() { this.parts.push("Q"); }
  get source() {
    const stream = this.parts.join("\n");
    const states = [...this.states].map(([alpha, name]) => `/${name} <</ca ${alpha} /CA ${alpha}>>`).join(" ");
    const font = (name, encoding) => `<</Type /Font /Subtype /Type1 /BaseFont /${name}${encoding ? " /Encoding /WinAnsiEncoding" : ""}>>`;
    const objects = [
      "<</Type /Catalog /Pages 2 0 R>>",
      "<</Type /Pages /Kids [3 0 R] /Count 1>>",
      `<</Type /Page /Parent 2 0 R /MediaBox [0 0 ${this.width} ${this.height}] /Contents 4 0 R /Resources <</Font <</F 5 0 R /B 6 0 R /S 7 0 R>> /ExtGState <<${states}>>>>>>`,
      `<</Length ${stream.length}>>\nstream\n${stream}\nendstream`,
      font("Helvetica", true), font("Helvetica-Bold", true), font("Symbol", false),
    ];
    let text = "%PDF-1.4\n";
    const places = objects.map((object, k) => {
      const place = text.length;
      text += `${k + 1} 0 obj\n${object}\nendobj\n`;
      return place;
    });
    const start = text.length;
    text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.map((p) => `${String(p).padStart(10, "0")} 00000 n \n`).join("")}trailer\n<</Size ${objects.length + 1} /Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`;
    return Uint8Array.from(text, (c) => c.charCodeAt(0));
  }
}
