// A gRPC server that costs next to nothing: it answers every call with the same prepared HTTP/2 frames, so that a client's
// own speed shows. It reads frame heads only (RFC 9113) and decodes no header. Prints its port; ends with its standard input.
import { createServer } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { MultiOutputResponseSchema } from "../dist/index.js";

const [DATA, HEADERS, SETTINGS, PING, WINDOW_UPDATE] = [0, 1, 4, 6, 8];
const [END_STREAM, ACK, END_HEADERS] = [1, 1, 4];
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const status = { code: 10000 };

const frame = (type, flags, payload) => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  return Buffer.concat([head, payload]);
};
/** A header as a literal that is not indexed (RFC 7541, 6.2.2), texts below 128 bytes. */
const literal = (name, value) =>
  Buffer.concat([Buffer.of(0, name.length), Buffer.from(name), Buffer.of(value.length), Buffer.from(value)]);
const answerFrames = (init, times = 1) => {
  const message = toBinary(MultiOutputResponseSchema, create(MultiOutputResponseSchema, init));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  const whole = Buffer.concat([head, message]);
  const cut = [];
  for (let at = 0; at < whole.length; at += 16_384) cut.push(frame(DATA, 0, whole.subarray(at, at + 16_384)));
  const pieces = Array.from({ length: times }, () => cut).flat();
  return [
    frame(HEADERS, END_HEADERS, Buffer.concat([Buffer.of(0x88), literal("content-type", "application/grpc")])),
    ...pieces,
    frame(HEADERS, END_HEADERS | END_STREAM, literal("grpc-status", "0")),
  ];
};
const output = { status, data: { parts: [{ id: "return", data: { stringValue: "[hi]" } }] } };
const answer = answerFrames({ status, outputs: [output] });
/** Short enough for the window that a connection begins with. */
const chunks = answerFrames({ status, outputs: [output] }, 1000);
const methods = answerFrames({ status, outputs: [{ status, data: { text: { raw: process.argv[2] } } }] });

const framesFor = (request) => {
  if (request.includes("_GET_SIGNATURES")) return methods;
  return request.includes("gen_chunks") ? chunks : answer;
};
/** The frames of an answer on a stream. */
const onStream = (frames, id) => {
  const bytes = Buffer.concat(frames);
  for (let at = 0; at < bytes.length; at += 9 + bytes.readUIntBE(at, 3)) bytes.writeUInt32BE(id, at + 5);
  return bytes;
};

/** The frames in the bytes, and what is left over. */
function splitFrames(bytes) {
  const frames = [];
  let at = 0;
  while (bytes.length >= at + 9 && bytes.length >= at + 9 + bytes.readUIntBE(at, 3)) {
    const length = bytes.readUIntBE(at, 3);
    const id = bytes.readUInt32BE(at + 5) & 0x7fffffff;
    frames.push({ type: bytes[at + 3], flags: bytes[at + 4], id, payload: bytes.subarray(at + 9, at + 9 + length) });
    at += 9 + length;
  }
  return [frames, bytes.subarray(at)];
}

/** What is said to a frame; nothing to most. */
function replyTo({ type, flags, id, payload }) {
  if (type === SETTINGS && (flags & ACK) === 0) return [frame(SETTINGS, ACK, Buffer.alloc(0))];
  if (type === PING && (flags & ACK) === 0) return [frame(PING, ACK, Buffer.from(payload))];
  if (type !== DATA) return [];
  const window = frame(WINDOW_UPDATE, 0, Buffer.alloc(4));
  window.writeUInt32BE(Math.max(1, payload.length), 9);
  return flags & END_STREAM ? [window, onStream(framesFor(payload), id)] : [window];
}

const server = createServer({ noDelay: true }, (socket) => {
  let rest = Buffer.alloc(0);
  let isBegun = false;
  socket.on("error", () => undefined);
  socket.write(frame(SETTINGS, 0, Buffer.alloc(0)));
  socket.on("data", (piece) => {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    if (!isBegun && rest.length < preface.length) return;
    const [frames, left] = splitFrames(isBegun ? rest : rest.subarray(preface.length));
    isBegun = true;
    rest = left;
    const replies = frames.flatMap(replyTo);
    if (replies.length > 0) socket.write(Buffer.concat(replies));
  });
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));
process.stdin.resume().on("end", () => process.exit(0));
