// Stands between our client and a real server, passes everything on and keeps it.
import { createServer, request as requestHttp } from "node:http";

/** Headers that our client looks at. */
const keptHeaders = ["content-type", "x-request-id", "server"];

/** Starts it before the server on `port` of this machine. `take()` gives what was exchanged since the last time, whole. */
export async function startRecorder(port) {
  const exchanges = [];
  let underWay = 0;
  const server = createServer((incoming, outgoing) => {
    underWay += 1;
    const sent = [];
    incoming.on("data", (chunk) => sent.push(chunk));
    incoming.on("end", () => {
      const { method, url: path, headers } = incoming;
      const body = Buffer.concat(sent);
      const onward = requestHttp({ host: "localhost", port, method, path, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode, answer.headers);
        const got = [];
        answer.on("data", (chunk) => {
          got.push(chunk);
          outgoing.write(chunk);
        });
        answer.on("end", () => {
          outgoing.end();
          underWay -= 1;
          const kept = keptHeaders.filter((name) => answer.headers[name]).map((name) => [name, answer.headers[name]]);
          const request = { method, path, body: body.length === 0 ? null : JSON.parse(body) };
          const text = Buffer.concat(got).toString();
          exchanges.push({
            request,
            response: { status: answer.statusCode, headers: Object.fromEntries(kept), body: text },
          });
        });
      });
      onward.on("error", () => {
        underWay -= 1;
        outgoing.destroy();
      });
      onward.end(body);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${server.address().port}/v1`,
    take: async () => {
      // A client may be content before the last byte.
      while (underWay > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      return exchanges.splice(0).filter(({ request }) => request.path !== "/v1/models");
    },
    close: () => server.close(),
  };
}
