// The Python that reproduces a fit: what is shown runs as it stands.

export function reproduction({ source, column, kind, metric, chosen, best, connection, families }) {
  const address = connection.address ?? `${location.hostname}:${connection.port}`;
  const encrypted = connection.tls || (connection.address && location.protocol === "https:");
  const where = encrypted ? `${quoted(address)}, tls=True` : quoted(address);
  const lines = connection.tokens ? ["# export WARMFIT_TOKEN=… first: the token is read from the environment"] : [];
  const body = source.file ? fromFile(source, column, kind, where, encrypted) : fromDataset(source, column, kind, where, families);
  const by = metric === "bic" ? "" : `metric=${quoted(metric)}`;
  lines.push(...body, `best = results.best(${by})[0]`, "print(best.distribution, best.parameters)");
  if (chosen && chosen !== best) {
    lines.push(`chosen = next(row for row in results if row.distribution == ${quoted(chosen)})`, "print(chosen.parameters)");
  }
  return `${lines.join("\n")}\n`;
}

function fromFile(source, column, kind, where, encrypted) {
  const fitter = kind === "discrete" ? "DiscreteDistributionFitter" : "DistributionFitter";
  const target = encrypted ? `RemoteBackend(${where})` : where;
  return [
    `from warmfit import ${encrypted ? `${fitter}, RemoteBackend` : fitter}`,
    "",
    `fitter = ${fitter}(${target})`,
    `results = fitter.fit(${quoted(source.name)}, column=${quoted(column)})`,
  ];
}

function fromDataset(source, column, kind, where, families) {
  const config = kind === "discrete" ? "config" : "";
  return [
    `from warmfit import Client${config ? ", FitterConfig" : ""}`,
    "",
    ...(config ? wrapped(families) : []),
    `with Client(${where}) as client:`,
    `    dataset = client.get(${quoted(source.name)})`,
    `    results = client.fit(dataset, ${config ? "config, " : ""}columns=${quoted(column)})`,
  ];
}

function wrapped(families) {
  const lines = ["config = FitterConfig(", "    included_distributions=("];
  let line = "       ";
  for (const name of families) {
    if (line.length + name.length > 96) {
      lines.push(line);
      line = "       ";
    }
    line += ` ${quoted(name)},`;
  }
  return [...lines, line, "    )", ")"];
}

function quoted(text) {
  return JSON.stringify(text);
}
