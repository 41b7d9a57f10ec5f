// One fit: families as they finish, the table, the plots, and the Python that does the same.

import { Drawing, showParameters } from "./drawing.js";
import { byId, make, say } from "./elements.js";
import { count, fixed } from "./numbers.js";
import { reproduction } from "./python.js";
import { stream } from "./service.js";
import { rowsOf, Table } from "./table.js";

const OFTEN = 250; // milliseconds between two looks at what has come
const SELDOM = 2500; // the same for what is read out
const NAMES = { bic: "BIC", aic: "AIC", loglik: "log-likelihood", ks_statistic: "KS", ad_statistic: "AD", cvm_statistic: "CvM" };

let under = null; // the fit under way, or the last one

export function stop() {
  under?.leave();
}

export class Fit {
  // `source`: { name, file } ; `column`: of its dataset, with a summary; `families`: of the kind that is fitted.
  constructor({ source, column, kind, families, connection }) {
    stop();
    under = this;
    Object.assign(this, { source, column, kind, families, connection });
    this.leaving = new AbortController();
    this.asking = new AbortController();
    this.table = new Table(new Map(families.map(({ name }, i) => [name, i])), () => this.refresh());
    this.drawing = new Drawing(column.summary, column.n, kind === "discrete");
    this.drawn = "";
    this.told = 0;
  }

  leave() {
    this.leaving.abort();
  }

  async run() {
    this.begin();
    try {
      const names = this.kind === "discrete" ? this.families.map(({ name }) => name) : [];
      const source = this.source.file
        ? { inline: { name: this.column.name, summary: this.column.summary } }
        : { named: { dataset: this.source.name, column: this.column.name } };
      const request = { tasks: [{ ...source, spec: { families: names } }] };
      let seen = 0;
      for await (const message of stream("FitStream", request, this.leaving.signal)) {
        if (under !== this) return;
        if (message.finished) rowsOf(message.finished.table).forEach((row) => this.table.add(row));
        const now = performance.now();
        if (now - seen > OFTEN || message.complete) {
          seen = now;
          this.progress();
        }
        if (message.complete) this.finished = true;
      }
      this.end(this.finished ? "" : "The answer ended before the fit was complete.");
    } catch (error) {
      if (under !== this) return;
      if (error.name === "AbortError") this.end("", true);
      else this.end(error.message);
    }
  }

  begin() {
    byId("results").hidden = false;
    byId("results-title").textContent = `Fit of ${this.column.name}`;
    byId("progress").max = this.families.length;
    byId("chosen").hidden = true;
    byId("python").hidden = true;
    byId("winner").hidden = true;
    byId("stop").hidden = false;
    say("fit-error", "");
    this.drawing.empty();
    this.progress();
  }

  progress() {
    const [done, all] = [this.table.rows.size, this.families.length];
    byId("progress").value = done;
    byId("counted").textContent = `${done} of ${all} families`;
    const now = performance.now();
    if (now - this.told > SELDOM) {
      this.told = now;
      byId("fit-status").textContent = `${done} of ${all} families finished`;
    }
    this.table.render();
    this.refresh();
  }

  end(trouble, stopped = false) {
    byId("stop").hidden = true;
    this.progress();
    say("fit-error", trouble);
    const [best] = this.table.best();
    const done = this.table.rows.size;
    const how = stopped ? `Stopped after ${done} families.` : `All ${done} families finished.`;
    if (stopped) byId("counted").textContent = `stopped at ${done} of ${this.families.length}`;
    const which = best ? ` The best by ${NAMES[this.table.metric]} is ${best.distribution}.` : " None of them could be fitted.";
    byId("fit-status").textContent = trouble ? "" : how + which;
    if (!best && !trouble && !stopped) say("fit-error", "None of the families could be fitted; the table says why.");
  }

  refresh() {
    // Show the family that is chosen, or the best so far, unless it is shown already.
    const best = this.table.best(3);
    if (!best.length) return;
    const chosen = this.table.rows.get(this.table.chosen) ?? best[0];
    const rows = [chosen, ...best.filter((row) => row !== chosen)].slice(0, 3);
    this.tell(best[0], chosen);
    const wanted = rows.map((row) => row.distribution).join();
    if (wanted === this.drawn) return;
    this.drawn = wanted;
    showParameters(chosen, this.families.find(({ name }) => name === chosen.distribution)?.parameters);
    this.asking.abort();
    this.asking = new AbortController();
    this.drawing.show(rows, this.asking.signal).catch((error) => {
      if (error.name !== "AbortError") say("plots-note", `The plots are missing: ${error.message}`);
    });
  }

  tell(best, chosen) {
    const value = fixed(best[this.table.metric], this.table.metric.endsWith("statistic") ? 4 : 1);
    byId("winner").replaceChildren("Best by ", NAMES[this.table.metric], ": ", make("strong", {}, best.distribution), ` (${value}), of `,
      `${count(this.column.n)} rows`);
    byId("winner").hidden = false;
    byId("code").textContent = reproduction({
      source: this.source, column: this.column.name, kind: this.kind, metric: this.table.metric, connection: this.connection,
      chosen: chosen.distribution, best: best.distribution, families: this.families.map(({ name }) => name),
    });
    byId("python").hidden = false;
  }
}
