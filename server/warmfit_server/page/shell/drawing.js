// The plots of one family: what is asked of the service for them, and what is made of the answers.

import { byId, make, say } from "./elements.js";
import { short } from "./numbers.js";
import { densities, distributionFunctions, probabilities, quantiles } from "./plots.js";
import { call } from "./service.js";
import { barsOf, pointsOf, rangeOf, someOf } from "./summary.js";

const CURVE = 240; // points of a density
const INCOMPLETE =
  "Rows of this column are censored or truncated; warmfit's own plots (plot_diagnostics) draw such columns, this page does not.";

export class Drawing {
  constructor(summary, n, whole) {
    this.incomplete = Boolean(summary.incomplete);
    this.whole = whole;
    this.points = pointsOf(summary);
    if (this.incomplete || !this.points.length) return;
    this.range = rangeOf(this.points);
    this.bars = barsOf(this.points, this.range, Number(n), whole || (summary.integral && this.range.to - this.range.from < 60));
    this.few = someOf(this.points);
    this.grid = this.gridOf();
  }

  gridOf() {
    const [from, to] = [this.bars[0].from, this.bars[this.bars.length - 1].to];
    if (!this.whole) return Array.from({ length: CURVE + 1 }, (_, i) => from + ((to - from) * i) / CURVE);
    const step = Math.max(1, Math.ceil((to - from) / CURVE));
    const [first, last] = [Math.ceil(from), Math.floor(to)];
    return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step);
  }

  empty() {
    // The histogram alone, before any family is finished.
    say("plots-note", this.incomplete ? INCOMPLETE : "");
    byId("plots").replaceChildren();
    if (!this.incomplete && this.points.length) byId("plots").append(densities(this.bars, this.range, [], this.whole));
  }

  async show(rows, signal) {
    // Draw the first of `rows`, and the densities of the others beside it.
    if (this.incomplete || !this.points.length) return;
    const evaluate = async (row, name, points) => {
      const distribution = { name: row.distribution, parameters: row.parameters };
      const answer = await call("Evaluate", { distribution, function: `FUNCTION_${name}`, points }, signal);
      return (answer.values ?? []).map(Number);
    };
    const [row] = rows;
    const density = this.whole ? "PMF" : "PDF";
    const xs = this.few.map(({ x }) => x);
    const ps = this.few.map(({ p }) => p);
    const [heights, cdf, ppf, curve] = await Promise.all([
      Promise.all(rows.map((each) => evaluate(each, density, this.grid))),
      evaluate(row, "CDF", xs),
      evaluate(row, "PPF", ps),
      evaluate(row, "CDF", this.grid),
    ]);
    const curves = rows.map((each, i) => ({ name: each.distribution, points: this.grid.map((x, j) => [x, heights[i][j]]) }));
    const name = row.distribution;
    byId("plots").replaceChildren(
      densities(this.bars, this.range, curves, this.whole),
      quantiles(this.few.map(({ x }, i) => [ppf[i], x]), name),
      distributionFunctions(this.points, this.range, name, this.whole ? stairs(this.grid, curve) : zip(this.grid, curve)),
      probabilities(this.few.map(({ p, upTo }, i) => [cdf[i], this.whole ? upTo : p]), name),
    );
  }
}

function zip(xs, ys) {
  return xs.map((x, i) => [x, ys[i]]);
}

function stairs(xs, ys) {
  return xs.flatMap((x, i) => [[x, i ? ys[i - 1] : 0], [x, ys[i]]]);
}

export function showParameters(row, names) {
  // The estimates of a row, with their standard errors where there are any.
  const list = make("dl", {});
  row.parameters.forEach((value, i) => {
    const error = row.errors[i];
    const told = Number(error) > 0 ? `${short(value, 6)} ± ${short(error, 2)}` : short(value, 6);
    list.append(make("div", {}, make("dt", {}, names?.[i] ?? `parameter ${i + 1}`), make("dd", {}, told)));
  });
  byId("chosen").replaceChildren(make("h3", {}, row.distribution), list);
  byId("chosen").hidden = false;
}
