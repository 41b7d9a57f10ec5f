// The page: who may see it, where the data come from, which column is fitted. What is fitted is in fitting.js.

import { byId, make, say } from "./elements.js";
import { Fit, stop } from "./fitting.js";
import { pill, showHealth } from "./health.js";
import { bytes, count, short } from "./numbers.js";
import { call, ServiceError, summarize, useToken } from "./service.js";

const REFRESH = 5000; // milliseconds between looks at the service
const state = { connection: null, families: [], source: null, columns: [], turn: 0 };

// ---- who may see it

async function enter() {
  // Show the page where the service lets us in, and ask for a token where it does not.
  try {
    const [info, connection] = await Promise.all([call("GetServerInfo"), call("Connection")]);
    state.connection = connection;
    state.families = (await call("ListDistributions")).distributions;
    open(info);
    await listDatasets();
  } catch (error) {
    const refused = ["Unauthenticated", "PermissionDenied"].includes(error.reason);
    if (refused && error.reason === "Unauthenticated") lock();
    else if (refused && !byId("locked").hidden) lock();
    else say("trouble", error instanceof ServiceError ? error.message : `The page failed: ${error.message}`);
    return refused ? error.message : "";
  }
  return "";
}

function open(info) {
  say("trouble", "");
  byId("locked").hidden = true;
  byId("open").hidden = false;
  byId("leave").hidden = !state.connection.tokens;
  byId("file-note").textContent =
    `Up to ${bytes(state.connection.max_file_bytes)}. The service summarizes it and does not keep it.`;
  showHealth(info);
}

function lock() {
  stop();
  byId("open").hidden = true;
  byId("health").hidden = true;
  byId("leave").hidden = true;
  byId("locked").hidden = false;
  byId("token").focus();
}

byId("locked").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("token-error").textContent = "";
  useToken(byId("token").value.trim());
  byId("token").value = "";
  byId("token-error").textContent = await enter();
  if (byId("locked").hidden) byId("file").focus();
});

byId("leave").addEventListener("click", () => {
  useToken("");
  location.reload();
});

async function look() {
  if (document.hidden || byId("open").hidden) return;
  try {
    showHealth(await call("GetServerInfo"));
  } catch (error) {
    if (error.reason === "Unauthenticated") {
      lock();
      byId("token-error").textContent = error.message;
    } else pill(error.message, true);
  }
}

// ---- where the data come from

async function listDatasets() {
  const found = [];
  let after = "";
  do {
    const page = await call("ListDatasets", { page_token: after });
    found.push(...(page.datasets ?? []));
    after = page.next_page_token;
  } while (after);
  const options = found.map(({ name, columns }) => {
    const numbers = columns.length === 1 ? "1 column" : `${columns.length} columns`;
    return make("option", { value: name }, columns.length ? `${name} (${numbers})` : `${name} (damaged)`);
  });
  byId("dataset").replaceChildren(...(options.length ? options : [make("option", { value: "" }, "none registered")]));
  byId("dataset").disabled = byId("load").disabled = !options.length;
  byId("dataset-note").textContent = options.length
    ? "Registered with Client.put; all of its rows count, as a summary."
    : "Client.put(frame, columns, name=…) registers one.";
}

async function take(source, told, fetched) {
  // Show the columns of what `fetched` brings; what is asked for last wins.
  const turn = (state.turn += 1);
  say("data-error", "");
  byId("data-status").textContent = told;
  byId("drop").classList.add("busy");
  try {
    const { columns, leftOut, rows } = await fetched();
    if (turn !== state.turn) return;
    state.source = source;
    state.columns = columns;
    byId("data-status").textContent = `${columns.length} columns of numbers in ${source.name}`;
    showColumns(rows, leftOut);
  } catch (error) {
    if (turn !== state.turn) return;
    byId("data-status").textContent = "";
    if (error.reason === "Unauthenticated") lock();
    else say("data-error", `${source.name}: ${error.message}`);
  } finally {
    if (turn === state.turn) byId("drop").classList.remove("busy");
  }
}

function takeFile(file) {
  return take({ name: file.name, file: true }, `Summarizing ${file.name} …`, async () => {
    const most = state.connection.max_file_bytes;
    if (file.size > most) {
      const told = `the file has ${bytes(file.size)}; the service takes up to ${bytes(most)}. The SDK sends summaries, however large a file is.`;
      throw new ServiceError({ message: told, reason: "InvalidInput" });
    }
    const answer = await summarize(file);
    return { columns: answer.dataset.columns, leftOut: answer.left_out, rows: answer.rows };
  });
}

function takeDataset(name) {
  return take({ name, file: false }, `Reading ${name} …`, async () => {
    const dataset = await call("GetDataset", { name, with_summaries: true });
    return { columns: dataset.columns, leftOut: [], rows: null };
  });
}

byId("file").addEventListener("change", () => {
  const [file] = byId("file").files;
  if (file) takeFile(file);
  byId("file").value = ""; // so that the same file can be chosen again
});
byId("load").addEventListener("click", () => takeDataset(byId("dataset").value));

for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    if (!byId("open").hidden) byId("drop").classList.add("over");
  });
}
for (const kind of ["dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    if (kind === "drop" || !event.relatedTarget) byId("drop").classList.remove("over");
  });
}
document.addEventListener("drop", (event) => {
  const [file] = event.dataTransfer.files;
  if (file && !byId("open").hidden) takeFile(file);
});

// ---- which column

function showColumns(rows, leftOut) {
  const { source, columns } = state;
  stop();
  byId("results").hidden = true;
  byId("columns").hidden = false;
  const numbers = rows === null ? "" : `, ${count(rows)} rows`;
  byId("source-told").textContent = source.file
    ? `${source.name}${numbers}. Summarized; the file itself was not kept.`
    : `${source.name}, a registered dataset.`;
  byId("column-table").tBodies[0].replaceChildren(...columns.map(columnRow));
  byId("left-out").hidden = !leftOut.length;
  byId("left-out").open = false;
  const noun = leftOut.length === 1 ? "column is" : "columns are";
  byId("left-out").querySelector("summary").textContent = `${leftOut.length} ${noun} left out`;
  byId("left-out").querySelector("ul").replaceChildren(
    ...leftOut.map(({ name, reason }) => make("li", {}, make("code", {}, name), `: ${reason}`)),
  );
  chooseKind();
  byId("column-table").querySelector("input")?.focus();
}

function columnRow(column, i) {
  const { summary } = column;
  const id = `column-${i}`;
  const radio = make("input", { type: "radio", name: "column", id, value: i });
  radio.checked = i === 0;
  radio.addEventListener("change", chooseKind);
  const numbers = [
    count(column.n), count(column.n_missing ?? 0), short(summary.minimum), short(summary.moments?.mean ?? 0), short(summary.maximum),
  ];
  const row = make(
    "tr", {}, make("th", { scope: "row" }, make("label", { for: id }, radio, column.name)),
    ...numbers.map((text) => make("td", { class: "number" }, text)),
  );
  row.addEventListener("click", (event) => {
    if (event.target.closest("label, input")) return;
    radio.checked = true;
    chooseKind();
  });
  return row;
}

function chosenColumn() {
  return state.columns[Number(new FormData(byId("ask")).get("column"))];
}

function chosenKind() {
  return byId("kind").hidden ? "continuous" : new FormData(byId("ask")).get("kind");
}

function familiesOf(kind) {
  return state.families.filter((family) => family.default && Boolean(family.discrete) === (kind === "discrete"));
}

function chooseKind() {
  byId("kind").hidden = !chosenColumn()?.summary.integral;
  byId("fit").textContent = `Fit ${familiesOf(chosenKind()).length} families`;
}

byId("kind").addEventListener("change", chooseKind);
byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const kind = chosenKind();
  const fit = new Fit({
    source: state.source, column: chosenColumn(), kind, families: familiesOf(kind), connection: state.connection,
  });
  fit.run().then(look);
  byId("results-title").focus({ preventScroll: true });
  byId("results").scrollIntoView({ behavior: "smooth", block: "start" });
});
byId("stop").addEventListener("click", stop);

byId("copy").addEventListener("click", async () => {
  const text = byId("code").textContent;
  try {
    await navigator.clipboard.writeText(text);
    done("Copied");
  } catch { // a page that is not on this machine and not encrypted has no clipboard
    getSelection().selectAllChildren(byId("code"));
    done("Selected: copy it with your keyboard");
  }
});

function done(told) {
  byId("copied").textContent = told;
  byId("copy").textContent = told;
  setTimeout(() => {
    byId("copy").textContent = "Copy";
    byId("copied").textContent = "";
  }, 2500);
}

await enter();
setInterval(look, REFRESH);
