// Plots as SVG, from a summary and from what the service evaluates of a distribution.

import { draw, make } from "./elements.js";
import { short } from "./numbers.js";

const [WIDTH, HEIGHT] = [330, 215];
const ROOM = { left: 44, right: 8, top: 8, bottom: 24 };

export const STYLES = ["line-first", "line-second", "line-third"];

function ticks(from, to, about) {
  const rough = (to - from) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const found = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i += 1) found.push(i ? i * step : 0);
  return found;
}

let number = 0; // of the plots drawn so far: each names its own clipping

class Frame {
  // The axes of a plot, and the picture on them.
  constructor(x, y) {
    this.x = x;
    this.y = y;
    this.parts = [];
    this.inside = `inside-${(number += 1)}`;
  }

  atX(v) {
    return ROOM.left + ((v - this.x.from) / (this.x.to - this.x.from)) * (WIDTH - ROOM.left - ROOM.right);
  }

  atY(v) {
    return HEIGHT - ROOM.bottom - ((v - this.y.from) / (this.y.to - this.y.from)) * (HEIGHT - ROOM.top - ROOM.bottom);
  }

  line(points, style) {
    const path = points
      .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y))
      .map(([x, y]) => [this.atX(x), Math.max(-HEIGHT, Math.min(2 * HEIGHT, this.atY(y)))])
      .map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`)
      .join("");
    this.parts.push(draw("path", { d: path, class: style, "clip-path": `url(#${this.inside})` }));
  }

  bars(bars) {
    for (const { from, to, height } of bars) {
      if (!height) continue;
      const [left, right, top] = [this.atX(from), this.atX(to), this.atY(height)];
      const box = { x: left + 0.5, y: top, width: Math.max(0.5, right - left - 1), height: HEIGHT - ROOM.bottom - top };
      this.parts.push(draw("rect", { ...box, class: "count" }));
    }
  }

  dots(points, radius, style = "dot") {
    for (const [x, y] of points) {
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      if (x < this.x.from || x > this.x.to || y < this.y.from || y > this.y.to) continue;
      this.parts.push(draw("circle", { cx: this.atX(x).toFixed(1), cy: this.atY(y).toFixed(1), r: radius, class: style }));
    }
  }

  picture(told) {
    const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": told });
    const [bottom, right] = [HEIGHT - ROOM.bottom, WIDTH - ROOM.right];
    const inside = { x: ROOM.left, y: ROOM.top, width: right - ROOM.left, height: bottom - ROOM.top };
    svg.append(draw("clipPath", { id: this.inside }, draw("rect", inside)));
    for (const v of ticks(this.y.from, this.y.to, 5)) {
      const y = this.atY(v).toFixed(1);
      svg.append(draw("line", { x1: ROOM.left, x2: right, y1: y, y2: y, class: "rule" }));
      svg.append(draw("text", { x: ROOM.left - 6, y: Number(y) + 4, "text-anchor": "end" }, short(v, 3)));
    }
    for (const v of ticks(this.x.from, this.x.to, 4)) {
      const x = this.atX(v).toFixed(1);
      svg.append(draw("line", { x1: x, x2: x, y1: bottom, y2: bottom + 4, class: "axis" }));
      svg.append(draw("text", { x, y: bottom + 17, "text-anchor": "middle" }, short(v, 3)));
    }
    svg.append(...this.parts);
    svg.append(draw("line", { x1: ROOM.left, x2: right, y1: bottom, y2: bottom, class: "axis" }));
    return svg;
  }
}

function figure(id, title, note, svg) {
  const small = make("small", {}, ...(Array.isArray(note) ? note : [note]));
  return make("figure", { id }, make("figcaption", {}, title, small), svg);
}

function key(style, name) {
  const mark = draw("svg", { viewBox: "0 0 26 8", "aria-hidden": "true" }, draw("path", { d: "M0 4H26", class: style }));
  return make("span", { class: "key" }, mark, name);
}

export function densities(bars, range, curves, whole) {
  // `curves`: name and points (x, density) of the chosen family and those after it.
  const tallest = bars.reduce((most, bar) => Math.max(most, bar.height), 0);
  const highest = curves[0] ? Math.max(...curves[0].points.map(([, y]) => (Number.isFinite(y) ? y : 0))) : 0;
  const top = 1.06 * Math.max(tallest, Math.min(highest, 1.5 * tallest));
  const frame = new Frame({ from: bars[0].from, to: bars[bars.length - 1].to }, { from: 0, to: top });
  frame.bars(bars);
  curves.map((curve, i) => [curve, STYLES[i]]).reverse().forEach(([curve, style]) => {
    frame.line(curve.points, style);
    if (whole && style === STYLES[0] && curve.points.length <= 60) frame.dots(curve.points, 3);
  });
  const beyond = range.beyond > 0 ? [make("span", { class: "key" }, `${short(100 * range.beyond, 2)} % beyond the axis`)] : [];
  const names = curves.map(({ name }) => name);
  const keys = curves.map(({ name }, i) => key(STYLES[i], name));
  const told = `Histogram of the column${names.length ? ` with the density of ${names.join(", ")}` : ""}`;
  return figure("plot-density", whole ? "Shares and probabilities" : "Histogram and density", [...keys, ...beyond], frame.picture(told));
}

export function distributionFunctions(points, range, name, fitted) {
  const frame = new Frame(range, { from: 0, to: 1 });
  const steps = [[range.from, 0]];
  let before = 0;
  for (const { x, upTo } of points) {
    if (x >= range.from && x <= range.to) steps.push([x, before], [x, upTo]);
    before = upTo;
  }
  frame.line(steps, "seen");
  frame.line(fitted, "line-first");
  const told = `Share of rows up to a value, and the distribution function of ${name}`;
  const keys = [key("seen", "rows"), key("line-first", name)];
  return figure("plot-cdf", "Distribution function", keys, frame.picture(told));
}

export function quantiles(pairs, name) {
  // `pairs`: (quantile of the distribution, value of the column).
  const finite = pairs.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const all = finite.flat();
  const ends = { from: Math.min(...all), to: Math.max(...all) };
  if (!(ends.to > ends.from)) [ends.from, ends.to] = [ends.from - 0.5, ends.to + 0.5];
  const frame = new Frame(ends, ends);
  frame.line([[ends.from, ends.from], [ends.to, ends.to]], "same");
  frame.dots(finite, 2.4);
  const told = `Quantiles of the column against those of ${name}; on the line they are the same`;
  return figure("plot-qq", "Quantiles", `column against ${name}`, frame.picture(told));
}

export function probabilities(pairs, name) {
  // `pairs`: (probability under the distribution, share of rows).
  const frame = new Frame({ from: 0, to: 1 }, { from: 0, to: 1 });
  frame.line([[0, 0], [1, 1]], "same");
  frame.dots(pairs, 2.4);
  const told = `Shares of rows against probabilities under ${name}; on the line they are the same`;
  return figure("plot-pp", "Probabilities", `column against ${name}`, frame.picture(told));
}
