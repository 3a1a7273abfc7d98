public import Records

/// The curves of a record's dynamics as they come about: a page of its own, with its script inside.
public struct Animation: Sendable {
  /// The page.
  public let page: String

  /// Of the figures that show singular values, or modes, over time or steps; nil where there are none.
  public init?(of record: Record) {
    let plots = record.figures.compactMap { figure -> (Figure, LinePlot)? in
      guard case .lines(let plot) = figure.content else { return nil }
      let time = plot.horizontal.title.lowercased()
      let value = plot.vertical.title.lowercased()
      let isTime = ["time", "step", "rescaled time"].contains { time.hasPrefix($0) }
      let isValue = ["singular value", "eigenvalue", "value w", "layer value", "size of component"]
        .contains { value.contains($0) }
      return isTime && isValue ? (figure, plot) : nil
    }
    guard !plots.isEmpty else { return nil }
    let data = JSONValue.array(
      plots.map { figure, plot in
        [
          "title": .string(figure.title), "horizontal": .string(plot.horizontal.fullTitle),
          "vertical": .string(plot.vertical.fullTitle),
          "logarithmic": .number(plot.horizontal.scale == .logarithmic ? 1 : 0),
          "series": .array(
            plot.series.enumerated().map { index, series in
              let places = series.placesToDraw(atMost: 400)
              return [
                "name": .string(series.name),
                "color": .string(Paint.fixed(.light).css(Ink(series.color, at: index))),
                "dark": .string(Paint.fixed(.dark).css(Ink(series.color, at: index))),
                "x": .numbers(places.map { series.x[$0] }),
                "y": .numbers(places.map { series.y[$0] }),
              ]
            }),
        ]
      })
    page = """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(escapedMarkup(record.title))</title>
      <style>
      html{color-scheme:light dark}
      body{font:18pt/1.4 system-ui,sans-serif;margin:24px auto;max-width:960px;padding:0 16px;background:#fff;color:#1b1e23}
      canvas{width:100%;height:auto;display:block}
      .controls{display:flex;gap:12px;align-items:center;margin:12px 0}
      button,select{font:inherit;padding:.2em .7em}
      input{flex:1;min-width:0}
      h1{font-size:1.2em;margin:0 0 .5em}
      @media (prefers-color-scheme:dark){body{background:#15181d;color:#e8e6e1}}
      </style></head><body>
      <h1>\(escapedMarkup(record.title))</h1>
      <select id="choice" aria-label="Figure"></select>
      <canvas id="picture" width="1440" height="800" role="img" aria-label="Singular values as time goes on"></canvas>
      <div class="controls"><button id="play">Pause</button>
      <input id="time" type="range" min="0" max="1000" value="0" aria-label="Time"><span id="now"></span></div>
      <script>
      const figures = \(data.text);
      \(Self.script)
      </script></body></html>

      """
  }

  private static let script = """
    const choice = document.getElementById("choice"), canvas = document.getElementById("picture");
    const slider = document.getElementById("time"), now = document.getElementById("now");
    const play = document.getElementById("play"), pen = canvas.getContext("2d");
    figures.forEach((f, k) => choice.add(new Option(f.title, k)));
    choice.hidden = figures.length < 2;
    let share = 0, running = true, last = null;
    function span(values) { return [Math.min(...values), Math.max(...values)]; }
    function draw() {
      const dark = matchMedia("(prefers-color-scheme: dark)").matches;
      const f = figures[choice.value || 0];
      const ok = (x) => Number.isFinite(x) && (!f.logarithmic || x > 0);
      const scale = (x) => f.logarithmic ? Math.log10(x) : x;
      const xs = f.series.flatMap((s) => s.x.filter(ok).map(scale));
      const ys = f.series.flatMap((s) => s.y.filter(Number.isFinite));
      const [x0, x1] = span(xs), [y0, y1] = span([0, ...ys]);
      const t = x0 + share * (x1 - x0);
      const ink = dark ? "#e8e6e1" : "#1b1e23";
      pen.clearRect(0, 0, 1440, 800);
      pen.font = "34px system-ui, sans-serif";
      const left = 110, right = 960, top = 30, bottom = 690;
      const px = (x) => left + (scale(x) - x0) / (x1 - x0 || 1) * (right - left);
      const py = (y) => bottom - (y - y0) / (y1 - y0 || 1) * (bottom - top);
      pen.strokeStyle = pen.fillStyle = ink; pen.lineWidth = 2;
      pen.strokeRect(left, top, right - left, bottom - top);
      pen.textAlign = "center"; pen.fillText(f.horizontal, (left + right) / 2, 775);
      pen.save(); pen.translate(40, (top + bottom) / 2); pen.rotate(-Math.PI / 2);
      pen.fillText(f.vertical, 0, 0); pen.restore();
      pen.textAlign = "right";
      pen.fillText(y1.toPrecision(3), left - 8, top + 26); pen.fillText(y0.toPrecision(2), left - 8, bottom);
      const width = 400 / Math.max(f.series.length, 1);
      f.series.forEach((s, k) => {
        pen.strokeStyle = pen.fillStyle = dark ? s.dark : s.color; pen.lineWidth = 5;
        let value = null; pen.beginPath();
        s.x.forEach((x, i) => {
          if (!ok(x) || !Number.isFinite(s.y[i]) || scale(x) > t) return;
          value === null ? pen.moveTo(px(x), py(s.y[i])) : pen.lineTo(px(x), py(s.y[i]));
          value = s.y[i];
        });
        pen.stroke();
        if (value !== null) {
          const y = py(value), base = py(0);
          pen.fillRect(1010 + k * width, Math.min(y, base), width * 0.8, Math.max(2, Math.abs(base - y)));
        }
        pen.save(); pen.translate(1010 + k * width + width * 0.5, 705); pen.rotate(Math.PI / 5);
        pen.textAlign = "left"; pen.font = "26px system-ui, sans-serif";
        pen.fillText(s.name.slice(0, 14), 0, 0); pen.restore();
      });
      now.textContent = (f.logarithmic ? 10 ** t : t).toPrecision(3);
      slider.value = Math.round(1000 * share);
    }
    function step(time) {
      if (running) {
        if (last !== null) share = Math.min(1, share + (time - last) / 8000);
        if (share >= 1) { running = false; play.textContent = "Again"; }
        draw();
      }
      last = time;
      requestAnimationFrame(step);
    }
    play.onclick = () => {
      if (share >= 1) share = 0;
      running = !running || share === 0;
      play.textContent = running ? "Pause" : "Play";
    };
    slider.oninput = () => { share = slider.value / 1000; running = false; play.textContent = "Play"; draw(); };
    choice.onchange = () => { share = 0; running = true; play.textContent = "Pause"; };
    draw(); requestAnimationFrame(step);
    """
}
