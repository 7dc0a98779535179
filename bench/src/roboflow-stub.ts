/** A server that answers inference requests at once, as its own process; prints its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { stdout } from "node:process";

const json = { "content-type": "application/json" };
const registry = JSON.stringify({ models: [{ model_id: "a/1", task_type: "object-detection" }] });
const prediction = { x: 20, y: 10, width: 8, height: 6, confidence: 0.9, class: "cat", class_id: 0, detection_id: "d" };
const result = JSON.stringify({
  inference_id: "i",
  time: 0.01,
  image: { width: 640, height: 480 },
  predictions: [prediction, prediction, prediction],
  response: "a cat",
});

const server = createServer((request, response) => {
  request.resume();
  request.once("end", () => {
    const isRegistry = request.url?.startsWith("/model/") === true;
    response.writeHead(200, json).end(isRegistry ? registry : result);
  });
});
// Longer than a benchmark pauses, so that neither client meets a closed connection.
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
