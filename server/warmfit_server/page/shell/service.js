// Calls to the service that this page came from, and nothing else. The token is a variable: no storage holds it.

let token = "";

export function useToken(given) {
  token = given;
}

export class ServiceError extends Error {
  // What the service says of a call that failed: `reason` is the class of the error, as the SDK raises it.
  constructor(told) {
    super(told.message);
    this.reason = told.reason;
    this.status = told.status;
  }
}

async function post(method, body, type, signal) {
  const headers = { "content-type": type };
  if (token) headers.authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(`v1/${method}`, { method: "POST", headers, body, signal, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServiceError({ message: "The service does not answer.", reason: "ServiceUnavailable" });
  }
  if (!response.ok) throw await failure(response);
  return response;
}

async function failure(response) {
  try {
    return new ServiceError((await response.json()).error);
  } catch {
    const reason = response.status === 413 ? "InvalidInput" : "ServiceUnavailable";
    return new ServiceError({ message: `The service answered with HTTP status ${response.status}.`, reason });
  }
}

export async function call(method, request = {}, signal = undefined) {
  const response = await post(method, JSON.stringify(request), "application/json", signal);
  return response.json();
}

export async function summarize(file) {
  const response = await post(`SummarizeFile?name=${encodeURIComponent(file.name)}`, file, "application/octet-stream");
  return response.json();
}

export async function* stream(method, request, signal) {
  // The messages of a stream, which has a line of JSON for each.
  const response = await post(method, JSON.stringify(request), "application/json", signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    let read;
    try {
      read = await reader.read();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ServiceError({ message: "The connection broke.", reason: "ServiceUnavailable" });
    }
    if (read.done) break;
    const lines = (rest + read.value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const message = JSON.parse(line);
      if (message.error) throw new ServiceError(message.error);
      yield message;
    }
  }
}
