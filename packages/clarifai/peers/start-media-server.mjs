import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

/** The recorded cases name media at this port. */
const port = 18_799;

/** Serves the recorded media files; returns what stops it. */
export async function startMediaServer() {
  const folder = fileURLToPath(new URL("../../../fixtures/clarifai/wire/media/", import.meta.url));
  const server = createServer((request, response) => {
    try {
      response.end(readFileSync(folder + basename(request.url)));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return () => new Promise((resolve) => server.close(resolve));
}
