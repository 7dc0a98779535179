// A small Datature Vi on loopback: runs, their models, and the storage that the archives come from. The tests and the
// peer test use it; the peer test shows that the Python SDK is content with it.
import { createServer } from "node:http";

/** The Vi SDK insists on 103 characters. */
export const secretKey = `dtvi_${"0123456789".repeat(10).slice(0, 98)}`;
export const organizationId = "11111111-2222-3333-4444-555555555555";

/** What a run looks like on the wire. */
export function wireRun(runId, { last = "Succeeded", status = "Reached", killedAt = null, flow = {} } = {}) {
  const condition = (name, state) => ({ condition: name, status: state, lastTransitionTime: 1_700_000_100_000 });
  return {
    kind: "Run",
    workspaceId: organizationId,
    runId,
    spec: {
      flow: { name: `Flow of ${runId}`, schema: "v1", tolerations: {}, settings: {}, blocks: [], ...flow },
      ...(killedAt === null ? {} : { killedAt }),
      trainingProject: "project-1",
    },
    status: { log: "", observedGeneration: 1, conditions: [condition("Started", "Reached"), condition(last, status)] },
    metadata: { timeCreated: 1_700_000_000_000, lastUpdated: 1_700_000_200_000, generation: 1, attributes: {} },
    selfLink: `/workspaces/${organizationId}/runs/${runId}`,
    etag: "1",
  };
}

function wireModel(runId, { checkpoint, epoch, archive }, contents) {
  return {
    kind: "RunOutput",
    workspaceId: organizationId,
    runId,
    runOutputId: checkpoint,
    spec: { kind: "Checkpoint", epoch, evaluationMetrics: { loss: 0.5 } },
    status: { observedGeneration: 1, conditions: [], storageObject: `models/${checkpoint}`, ...contents },
    metadata: { timeCreated: 1_700_000_150_000, lastUpdated: 1_700_000_150_000, generation: 1, attributes: {} },
    selfLink: `/workspaces/${organizationId}/runs/${runId}/outputs/${checkpoint}`,
    etag: archive === null ? "0" : "1",
  };
}

/**
 * Starts it. `runs` maps an id to `{ wire, models: [{ checkpoint, epoch, archive }] }`; an archive of `null` is not
 * exported. `onArchive(request, response, { attempt, send })` may answer a request for an archive in its own way.
 */
export async function startFakePlatform(runs, { onArchive } = {}) {
  const requests = [];
  let archiveRequests = 0;
  let base = "";
  const answer = (response, value, status = 200) => {
    response.writeHead(status, { "content-type": "application/json", "x-cloud-trace-context": "trace-7/1;o=1" });
    response.end(JSON.stringify(value));
  };
  const contentsOf = (runId, { checkpoint, archive }) =>
    archive === null
      ? {}
      : { contents: { downloadUrl: { url: `${base}/storage/${runId}/${checkpoint}?signature=abc`, expiresAt: 4e12 } } };
  const page = (response, url, items) => {
    const size = Number(url.searchParams.get("s") ?? 10);
    const from = Number(url.searchParams.get("p") ?? 0);
    const next = from + size < items.length ? String(from + size) : null;
    answer(response, { items: items.slice(from, from + size), ...(next === null ? {} : { nextPage: next }) });
  };
  const outputs = (response, url, run, checkpoint) => {
    const shown = (model) =>
      wireModel(
        run.wire.runId,
        model,
        url.searchParams.get("contents") === "y" ? contentsOf(run.wire.runId, model) : {},
      );
    if (checkpoint === undefined) return page(response, url, run.models.map(shown));
    const model = run.models.find((candidate) => candidate.checkpoint === checkpoint);
    if (model === undefined) return answer(response, { message: "Checkpoint not found" }, 404);
    // A page also for a named one: the Vi SDK takes nothing else.
    answer(response, { items: [shown(model)] });
  };
  const storage = (request, response, [runId, checkpoint]) => {
    const model = runs[runId].models.find((candidate) => candidate.checkpoint === checkpoint);
    if (request.method !== "HEAD") archiveRequests += 1;
    const send = (options) => sendFile(request, response, model.archive, options);
    return onArchive === undefined ? send() : onArchive(request, response, { attempt: archiveRequests, send });
  };
  const api = (response, url, [runId, part, checkpoint]) => {
    const wires = Object.values(runs).map(({ wire }) => wire);
    if (runId === undefined) return page(response, url, wires);
    const run = runs[runId];
    if (run === undefined) return answer(response, { message: "Run not found" }, 404);
    return part === "outputs" ? outputs(response, url, run, checkpoint) : answer(response, run.wire);
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url, base);
    const { authorization = null, "organization-id": organization = null, range = null } = request.headers;
    requests.push({
      method: request.method,
      path: url.pathname,
      query: url.search,
      authorization,
      organization,
      range,
    });
    const [place, first, , ...steps] = url.pathname.slice(1).split("/");
    if (place === "storage") return storage(request, response, url.pathname.split("/").slice(2));
    if (authorization !== `Bearer ${secretKey}`) return answer(response, { message: `Bad key ${authorization}` }, 401);
    if (place !== "workspaces" || first !== organizationId) return answer(response, { message: "Forbidden" }, 403);
    api(response, url, steps);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${server.address().port}`;
  return {
    endpoint: base,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A file as a storage service sends it: ranges, `If-Range`, a strong ETag. */
function sendFile(request, response, content, { etag = '"one"', cutAfter = content.length, headers = {} } = {}) {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  const condition = request.headers["if-range"];
  const isRange = first !== undefined && (condition === undefined || condition === etag);
  const start = isRange ? Number(first) : 0;
  const end = isRange && last !== "" ? Number(last) + 1 : content.length;
  const part = content.subarray(start, end);
  const range = isRange ? { "content-range": `bytes ${start}-${end - 1}/${content.length}` } : {};
  response.writeHead(isRange ? 206 : 200, { etag, "content-length": part.length, ...range, ...headers });
  if (request.method === "HEAD") return response.end();
  if (part.length <= cutAfter) return response.end(part);
  // What a client has not read when its connection is reset is lost: it gets the time to.
  response.write(part.subarray(0, cutAfter), () => setTimeout(() => response.destroy(), 100));
}
