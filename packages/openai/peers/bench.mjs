// Overhead per call and chunks per second beside the `openai` npm client, on a stub server in another process.
//
//   npm run bench -- http [--rounds 9]
//
// Both take turns in one run; medians of the rounds and their ratio are printed.
import { fork } from "node:child_process";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const given = process.argv.indexOf("--rounds");
const rounds = given < 0 ? 9 : Number(process.argv[given + 1]);
const callsPerRound = 200;
const chunksPerStream = 20_000;

if (process.argv[2] === "serve") serve();
else setImmediate(() => measure());

function serve() {
  const event = (choice, more = {}) =>
    `data: ${JSON.stringify({ id: "c", model: "m", choices: [choice], ...more })}\n\n`;
  const piece = event({ index: 0, delta: { content: " word" }, finish_reason: null });
  const whole = JSON.stringify({
    id: "c",
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", content: "word" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1, completion_tokens: 1 },
  });
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", async () => {
      if (!body.includes('"stream":true')) {
        response.writeHead(200, { "content-type": "application/json" });
        return response.end(whole);
      }
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (let at = 0; at < chunksPerStream; at += 20) {
        if (!response.write(piece.repeat(20))) await new Promise((resolve) => response.once("drain", resolve));
      }
      response.end(`${event({ index: 0, delta: {}, finish_reason: "stop" })}data: [DONE]\n\n`);
    });
  });
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
}

const messages = [{ role: "user", content: "Write." }];

/** One call, and one stream that gives the length of its text. */
const ourClient = (model) => ({
  call: async () => (await model({ messages }))[0].rawOutput,
  stream: async () => {
    let length = 0;
    for await (const text of model({ messages, stream: true })) length += text.length;
    return length;
  },
});

/** The same with the npm client. */
const theirClient = ({ chat: { completions } }) => ({
  call: async () => (await completions.create({ model: "m", messages })).choices[0].message.content,
  stream: async () => {
    let length = 0;
    const stream = await completions.create({ model: "m", messages, stream: true });
    for await (const chunk of stream) length += chunk.choices[0]?.delta.content?.length ?? 0;
    return length;
  },
});

/** Milliseconds a call and chunks a second of one round. */
async function runRound(name, client) {
  const start = performance.now();
  for (let call = 0; call < callsPerRound; call += 1) await client.call();
  const middle = performance.now();
  const length = await client.stream();
  if (length !== chunksPerStream * " word".length) throw new Error(`${name} lost text: ${length}`);
  return {
    call: (middle - start) / callsPerRound,
    stream: (chunksPerStream * 1000) / (performance.now() - middle),
  };
}

async function measure() {
  const folder = process.env.OPENAI_NPM;
  if (!folder)
    throw new Error("Run it as npm run bench -- http: OPENAI_NPM names the folder with the npm package openai.");
  const child = fork(fileURLToPath(import.meta.url), ["serve"]);
  const port = await new Promise((resolve) => child.once("message", resolve));
  const baseURL = `http://127.0.0.1:${port}/v1`;
  const { connectOpenAI } = await import("ocellus");
  const { OpenAI } = await import(pathToFileURL(createRequire(join(folder, "x.js")).resolve("openai")).href);
  const ours = connectOpenAI({ baseUrl: baseURL, model: "m", server: "unknown" });
  const theirs = new OpenAI({ baseURL, apiKey: "x" });
  const clients = { ours: ourClient(ours), openai: theirClient(theirs) };
  const times = { ours: { call: [], stream: [] }, openai: { call: [], stream: [] } };
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, client] of Object.entries(clients)) {
      const { call, stream } = await runRound(name, client);
      // The first round only warms up.
      if (round < 0) continue;
      times[name].call.push(call);
      times[name].stream.push(stream);
    }
  }
  const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  for (const what of ["call", "stream"]) {
    const [mine, other] = [median(times.ours[what]), median(times.openai[what])];
    const unit = what === "call" ? "ms a call" : "chunks a second";
    const digits = what === "call" ? 3 : 0;
    const line = `${unit}: ours ${mine.toFixed(digits)}, openai ${other.toFixed(digits)}, ratio ${(mine / other).toFixed(2)}`;
    process.stdout.write(`${line}\n`);
  }
  await ours.close();
  child.kill();
}
