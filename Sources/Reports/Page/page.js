// Replaces each static drawing by an interactive one, in the colors the reader's system asks for.
(function () {
  "use strict";
  const root = document.documentElement;
  const figures = window.deeplinearFigures || {};
  const slots = Array.from(document.querySelectorAll("[data-figure]"));

  function say(state, message) {
    root.dataset.figures = state;
    if (!message) return;
    const notice = document.getElementById("static-notice");
    notice.textContent = message;
    notice.hidden = false;
  }

  // "var(--series0)" and "var(--series0)/0.2" become the color the style sheet has now.
  function resolve(value, style) {
    if (Array.isArray(value)) return value.map((item) => resolve(item, style));
    if (value && typeof value === "object") {
      const result = {};
      for (const key of Object.keys(value)) {
        const member = value[key];
        result[key] =
          typeof member === "string" && /color$/.test(key) ? color(member, style)
          : key === "z" || key === "x" || key === "y" ? member
          : resolve(member, style);
      }
      return result;
    }
    return value;
  }

  function color(text, style) {
    const match = /^var\((--[a-z0-9]+)\)(?:\/([0-9.]+))?$/.exec(text);
    if (!match) return text;
    const hex = style.getPropertyValue(match[1]).trim();
    if (!match[2]) return hex;
    const part = (start) => parseInt(hex.slice(start, start + 2), 16);
    return `rgba(${part(1)},${part(3)},${part(5)},${match[2]})`;
  }

  // Whole decades while several are in view, then 1, 2 and 5 of each, then what Plotly thinks best.
  function decadeTicks(range) {
    const decades = Math.abs(range[1] - range[0]);
    return decades >= 2.5 ? Math.ceil(decades / 7) : decades > 0.5 ? "D2" : null;
  }

  function followZoom(live) {
    live.on("plotly_relayout", () => {
      const change = {};
      for (const name of ["xaxis", "yaxis"]) {
        const axis = live.layout[name];
        if (axis.type !== "log") continue;
        const ticks = decadeTicks(axis.range);
        if ((axis.dtick ?? null) !== ticks) change[name + ".dtick"] = ticks;
      }
      if (Object.keys(change).length > 0) window.Plotly.relayout(live, change);
    });
  }

  // A click on a point leads to what is behind it, where the figure has addresses.
  function followLinks(live) {
    live.on("plotly_click", (event) => {
      const point = event.points[0];
      if (!point || point.data.meta !== "addresses" || !point.customdata) return;
      window.location.assign(point.customdata);
    });
  }

  async function drawAll() {
    const style = getComputedStyle(root);
    for (const slot of slots) {
      const figure = figures[slot.dataset.figure];
      if (!figure) throw new Error("no data for " + slot.dataset.figure);
      const live = slot.querySelector(".live");
      slot.classList.add("interactive");
      await window.Plotly.react(live, resolve(figure.data, style), resolve(figure.layout, style), {
        responsive: true,
        displaylogo: false,
        // A finger needs no buttons, and a small figure has no room for them.
        displayModeBar: window.innerWidth < 600 ? false : "hover",
        // Named one by one: among the buttons left out is one that sends the data to a server.
        modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
        plotlyServerURL: "",
        showSendToCloud: false,
        toImageButtonOptions: { format: "svg", filename: slot.dataset.figure },
      });
      if (!live.dataset.followed) {
        followZoom(live);
        followLinks(live);
      }
      live.dataset.followed = "yes";
    }
    say("drawn");
  }

  function draw() {
    if (!window.Plotly) {
      say("static", "Plotly.js is not beside this page: the figures are static.");
      return;
    }
    drawAll().catch((error) => {
      for (const slot of slots) slot.classList.remove("interactive");
      say("failed", "The interactive figures could not be drawn; these are static. " + error);
    });
  }

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
