// The ranked table: rows as they come, sorted by any column, one of them chosen.

import { byId, make } from "./elements.js";
import { fixed, significant } from "./numbers.js";

const COLUMNS = [
  { key: "distribution", title: "Family", first: "ascending" },
  { key: "bic", title: "BIC", first: "ascending", show: (v) => fixed(v, 1) },
  { key: "aic", title: "AIC", first: "ascending", show: (v) => fixed(v, 1) },
  { key: "loglik", title: "log L", first: "descending", show: (v) => fixed(v, 1) },
  { key: "ks_statistic", title: "KS", first: "ascending", show: (v) => fixed(v, 4) },
  { key: "ad_statistic", title: "AD", first: "ascending", show: (v) => significant(v) },
  { key: "cvm_statistic", title: "CvM", first: "ascending", show: (v) => significant(v) },
];
const TITLES = {
  bic: "Bayesian information criterion",
  aic: "Akaike information criterion",
  loglik: "log-likelihood",
  ks_statistic: "Kolmogorov–Smirnov distance",
  ad_statistic: "Anderson–Darling statistic",
  cvm_statistic: "Cramér–von Mises statistic",
};
const WORDS = { FAILED: "failed", TIMED_OUT: "timed out", DEGENERATE: "degenerate", SKIPPED: "skipped" };

export class Table {
  // `order`: the place of each family in the catalogue, by which ties are broken; `changed` is called on a click.
  constructor(order, changed) {
    this.order = order;
    this.changed = changed;
    this.rows = new Map();
    this.sort = { key: "bic", direction: "ascending" };
    this.chosen = null;
    this.body = byId("families").tBodies[0];
    this.body.replaceChildren();
    this.heads = COLUMNS.map((column) => this.head(column));
    byId("families").tHead.rows[0].replaceChildren(...this.heads);
  }

  head(column) {
    const button = make("button", { type: "button", title: TITLES[column.key] }, column.title);
    const head = make("th", { scope: "col", class: column.show ? "number" : undefined }, button);
    button.addEventListener("click", () => {
      const again = this.sort.key === column.key;
      const other = this.sort.direction === "ascending" ? "descending" : "ascending";
      this.sort = { key: column.key, direction: again ? other : column.first };
      this.render();
      this.changed();
    });
    return head;
  }

  get metric() {
    // By which the best is best: the column sorted by, where that is one.
    return this.sort.key === "distribution" ? "bic" : this.sort.key;
  }

  best(number = 1) {
    // The best rows by the metric, ties in the order of the catalogue.
    const sign = this.metric === "loglik" ? -1 : 1;
    const fitted = [...this.rows.values()].filter((row) => row.ok && Number.isFinite(Number(row[this.metric])));
    fitted.sort((a, b) => sign * (Number(a[this.metric]) - Number(b[this.metric])) || this.place(a) - this.place(b));
    return fitted.slice(0, number);
  }

  place(row) {
    return this.order.get(row.distribution) ?? this.order.size;
  }

  add(row) {
    this.rows.set(row.distribution, { ...row, element: this.element(row) });
  }

  choose(name) {
    this.chosen = name;
    this.render();
    this.changed();
  }

  element(row) {
    if (!row.ok) {
      const why = make("td", { class: "why", colspan: COLUMNS.length - 1 }, `${WORDS[row.status] ?? row.status}: ${row.reason}`);
      return make("tr", {}, make("th", { scope: "row" }, row.distribution), why);
    }
    const button = make("button", { type: "button", "aria-pressed": "false" }, row.distribution);
    const cells = COLUMNS.slice(1).map(({ key, show }) => make("td", { class: "number" }, show(row[key])));
    const element = make("tr", {}, make("th", { scope: "row" }, button), ...cells);
    element.addEventListener("click", () => this.choose(row.distribution));
    return element;
  }

  render() {
    const held = document.activeElement;
    const [best] = this.best();
    const shown = this.chosen ?? best?.distribution;
    const rows = [...this.rows.values()].sort((a, b) => this.compare(a, b));
    rows.forEach(({ element, distribution, ok }, i) => {
      if (this.body.rows[i] !== element) this.body.insertBefore(element, this.body.rows[i] ?? null);
      element.classList.toggle("best", distribution === best?.distribution);
      element.classList.toggle("chosen", distribution === shown);
      if (ok) element.querySelector("button").setAttribute("aria-pressed", String(distribution === shown));
    });
    COLUMNS.forEach(({ key }, i) => {
      if (key === this.sort.key) this.heads[i].setAttribute("aria-sort", this.sort.direction);
      else this.heads[i].removeAttribute("aria-sort");
    });
    if (held !== document.activeElement && this.body.contains(held)) held.focus({ preventScroll: true });
  }

  compare(a, b) {
    if (a.ok !== b.ok) return a.ok ? -1 : 1;
    const { key, direction } = this.sort;
    const sign = direction === "ascending" ? 1 : -1;
    if (key === "distribution" || !a.ok) {
      return (key === "distribution" ? sign : 1) * a.distribution.localeCompare(b.distribution);
    }
    const [x, y] = [Number(a[key]), Number(b[key])];
    if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
    return (x === y || Number.isNaN(x) ? 0 : sign * (x < y ? -1 : 1)) || this.place(a) - this.place(b);
  }
}

export function rowsOf(table) {
  // The rows of a message, whose arrays hold one quantity of all of them.
  const rows = [];
  let at = 0;
  let errorsAt = 0;
  for (let i = 0; i < table.distribution.length; i += 1) {
    const status = table.status[i].replace("STATUS_", "");
    const row = { distribution: table.distribution[i], status, ok: status === "OK", reason: table.reason[i] };
    for (const { key } of COLUMNS.slice(1)) row[key] = table[key][i];
    row.parameters = table.parameters.slice(at, at + table.parameter_count[i]);
    row.errors = table.standard_errors.slice(errorsAt, errorsAt + table.standard_error_count[i]);
    at += table.parameter_count[i];
    errorsAt += table.standard_error_count[i];
    rows.push(row);
  }
  return rows;
}
