// The service at a glance: whether it serves, what it is, and what its caches hold.

import { byId, make } from "./elements.js";
import { ago, bytes, count } from "./numbers.js";

export function showHealth(info) {
  const troubles = info.troubles ?? [];
  const told = troubles.length ? `Not serving: ${troubles.join("; ")}` : "Serving";
  const workers = `${info.workers_answering} of ${info.workers} worker${info.workers === 1 ? "" : "s"}`;
  pill(troubles.length ? told : `${told}, ${workers}`, troubles.length > 0);
  const figures = {
    Health: told,
    "Workers answering": workers,
    Gateways: info.gateways,
    "Your calls under way": `${count(info.calls)} of ${count(info.limits.calls_of_caller)}`,
    ...(info.load ? { "All calls under way": `${count(info.load.calls)} of ${count(info.limits.calls)}` } : {}),
    "Named datasets": info.datasets === undefined || info.datasets === null ? "unknown" : count(info.datasets),
    "This gateway started": ago(info.started),
    Version: info.version,
    Engine: info.engine,
  };
  byId("figures").replaceChildren(
    ...Object.entries(figures).map(([name, value]) => make("div", { class: name === "Engine" ? "wide" : undefined }, make("dt", {}, name), make("dd", {}, String(value)))),
  );
  showCaches(info.load?.caches);
}

export function pill(text, bad) {
  const health = byId("health");
  health.hidden = false;
  health.classList.toggle("bad", bad);
  if (health.textContent !== text) health.textContent = text;
}

function showCaches(caches) {
  byId("caches").hidden = !caches;
  byId("caches-note").textContent = caches
    ? "Of the gateway that answered; what is cached can be lost at the cost of time alone."
    : "What the caches hold is told to administrators.";
  const rows = (caches ?? []).map((cache) => {
    const share = Number(cache.limit) ? Number(cache.bytes) / Number(cache.limit) : 0;
    const told = `${Math.round(100 * share)} %`;
    const meter = make("meter", { min: 0, max: 1, value: share, "aria-label": `${cache.name}: ${told} filled` });
    const numbers = [bytes(cache.bytes), bytes(cache.limit), count(cache.hits), count(cache.misses), count(cache.evictions)];
    return make(
      "tr", {}, make("th", { scope: "row" }, cache.name), make("td", {}, meter),
      ...numbers.map((text) => make("td", { class: "number" }, text)),
    );
  });
  byId("caches").querySelector("tbody").replaceChildren(...rows);
}
