// A gRPC server that costs next to nothing: it answers every output call with the same message, so that a client's own
// speed shows. Prints its port; ends when its standard input does.
import { createServer } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { MultiOutputResponseSchema } from "../dist/index.js";

const status = { code: 10000 };
const part = { id: "return", data: { stringValue: "[hi]" } };
const signatures = process.argv[2];
const frame = (init) => {
  const message = toBinary(MultiOutputResponseSchema, create(MultiOutputResponseSchema, init));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};
const answer = frame({ status, outputs: [{ status, data: { parts: [part] } }] });
const methods = frame({ status, outputs: [{ status, data: { text: { raw: signatures } } }] });

const server = createServer({ settings: { maxConcurrentStreams: 1000 } });
server.on("stream", (stream) => {
  const pieces = [];
  stream.on("error", () => undefined);
  stream.on("data", (piece) => pieces.push(piece));
  stream.on("end", () => {
    const asksMethods = pieces.some((piece) => piece.includes("_GET_SIGNATURES"));
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(asksMethods ? methods : answer);
  });
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));
process.stdin.resume().on("end", () => process.exit(0));
