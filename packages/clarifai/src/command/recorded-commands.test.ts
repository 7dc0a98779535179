import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBinary, type JsonValue, toJson } from "@bufbuild/protobuf";
import { InvalidArgumentError } from "@ocellus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfigFile } from "../addressing/config-file.ts";
import { ClarifaiError } from "../errors/clarifai-error.ts";
import { type Part, PostModelOutputsRequestSchema } from "../gen/clarifai/api/inference_pb.ts";
import { accountAnswer } from "../golden/account-answer.ts";
import {
  answerOf,
  type RecordedCase,
  readCases,
  requestsOf,
  signaturesOf,
  wireFolder,
} from "../golden/recorded-case.ts";
import { type ReplayServer, startReplayServer } from "../golden/replay-server.ts";
import { Model } from "../model/model.ts";
import { runMethods, runScript } from "./run-info.ts";
import { type PredictCommand, runPredict } from "./run-predict.ts";
import { saveLogin } from "./save-login.ts";

let server: ReplayServer;
beforeAll(async () => {
  server = await startReplayServer();
});
afterAll(() => server.close());

/** Reads the arguments of a recorded `clarifai model predict`. */
function parse({ call }: RecordedCase): {
  address: string;
  command: PredictCommand;
  info: boolean;
  deployment: string | undefined;
} {
  const argv = [...call.argv!.slice(3)];
  const options: Record<string, string[]> = {};
  const plain: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const name = argv[at]!;
    if (name === "--info") options.info = ["yes"];
    else if (name.startsWith("-")) {
      const key = { "-i": "input", "-o": "output" }[name] ?? name.replace(/^--/, "");
      options[key] = [...(options[key] ?? []), argv[++at]!];
    } else plain.push(name);
  }
  const [address = "", text = call.stdin ?? undefined] = plain;
  const file = options.file?.[0];
  const command = {
    text,
    method: options.method?.[0],
    input: options.input,
    inputs: options.inputs?.[0],
    file: file === undefined ? undefined : join(wireFolder, "media", file),
    url: options.url?.[0],
    chat: options.chat?.[0],
    output: options.output?.[0] as "json" | undefined,
  };
  return { address, command, info: options.info !== undefined, deployment: options.deployment?.[0] };
}

async function run(recorded: RecordedCase): Promise<string> {
  const { address, command, info, deployment } = parse(recorded);
  const left = [...recorded.exchanges];
  const model = address.split("/").at(-1)!;
  server.calls.length = 0;
  server.answer = (rpc) => {
    const index = left.findIndex((exchange) => exchange.rpc === rpc);
    if (index >= 0) return answerOf(left.splice(index, 1)[0]!);
    return accountAnswer(rpc, model);
  };
  const baseUrl = `http://127.0.0.1:${server.port}`;
  await using client = new Model({ url: address, pat: "lab-pat", baseUrl, deploymentId: deployment });
  let text = "";
  const write = async (piece: string): Promise<void> => {
    text += piece;
  };
  const output = { signal: new AbortController().signal, write };
  if (info) await runMethods(client, "text", output);
  else await runPredict(client, command, output);
  return text;
}

/** The text of `msg` is JSON, which each client spaces in its own way. */
const readable = (bytes: Uint8Array): JsonValue => {
  const request = fromBinary(PostModelOutputsRequestSchema, bytes);
  for (const { id, data } of request.inputs[0]!.data!.parts) {
    if (id === "msg") data!.stringValue = JSON.stringify(JSON.parse(data!.stringValue));
  }
  return toJson(PostModelOutputsRequestSchema, request, { useProtoFieldName: true });
};

const isOutput = ({ rpc }: { readonly rpc: string }): boolean =>
  rpc === "PostModelOutputs" || rpc === "GenerateModelOutputs";

function expectRequests({ exchanges }: RecordedCase): void {
  const sent = server.calls.filter(isOutput).map(({ messages }) => messages.map(readable));
  expect(sent).toEqual(exchanges.filter(isOutput).map((exchange) => requestsOf(exchange).map(readable)));
}

const stdoutOf = ({ result }: RecordedCase): string => (result.value as { $json: { stdout: string } }).$json.stdout;

type Expectation = (recorded: RecordedCase) => Promise<void>;

const fails: Expectation = async (recorded) => {
  await expect(run(recorded)).rejects.toThrow(ClarifaiError);
  expectRequests(recorded);
};
/** The same request; Python prints its own notation of objects. */
const sameRequest: Expectation = async (recorded) => {
  expect(await run(recorded)).not.toBe("");
  expectRequests(recorded);
};
const sameJson: Expectation = async (recorded) => {
  expect(JSON.parse(await run(recorded))).toEqual(JSON.parse(stdoutOf(recorded)));
  expectRequests(recorded);
};
/** Python prints the chunk with the token counts as well. */
const chat: Expectation = async (recorded) => {
  expect(await run(recorded)).toBe("You said: hello there\n");
  expectRequests(recorded);
};

/** Cases that are not equal to the letter, and what ours does. */
const different: Readonly<Record<string, Expectation>> = {
  cli_chat: chat,
  cli_text_openai: chat,
  cli_file: sameRequest,
  cli_url: sameRequest,
  cli_inputs: sameRequest,
  cli_kv: sameRequest,
  cli_json_out: sameJson,
  cli_stream_json: sameJson,
  cli_model_fails: fails,
  cli_unknown_model: fails,
  cli_unknown_method: async (recorded) => {
    await expect(run(recorded)).rejects.toThrow(InvalidArgumentError);
  },
  cli_info: async (recorded) => {
    const text = await run(recorded);
    for (const line of stdoutOf(recorded).split("\n").slice(3)) expect(text).toContain(line.trim());
  },
  // The first parameter is sent with its default: without it the server would lose it.
  cli_kv_bool: async (recorded) => {
    await run(recorded);
    const [first, ...rest] = partsOf(server.calls.filter(isOutput)[0]!.messages[0]!);
    expect(first).toMatchObject({ id: "prompt", data: { stringValue: "hi" } });
    expect(rest).toEqual(partsOf(requestsOf(recorded.exchanges[0]!)[0]!));
  },
  // Python drops the text. Its answer is not recorded: what is sent is what matters.
  cli_file_prompt: async (recorded) => {
    await run(recorded).catch(() => undefined);
    const parts = partsOf(server.calls.filter(isOutput)[0]!.messages[0]!);
    expect(parts.map(({ id }) => id)).toEqual(["prompt", "image"]);
    expect(parts[0]!.data!.stringValue).toBe("What is this?");
  },
  // Python's older options crash there; --model-url and the address are the options here.
  cli_old_options: async () => undefined,
};

const partsOf = (bytes: Uint8Array): Part[] => fromBinary(PostModelOutputsRequestSchema, bytes).inputs[0]!.data!.parts;

describe("recorded commands of the Python CLI", () => {
  const cases = readCases().filter(({ call }) => call.target === "cli");
  it.each(cases.map((recorded) => [recorded.case, recorded] as const))("%s", async (name, recorded) => {
    const own = different[name];
    if (own !== undefined) return await own(recorded);
    expect(await run(recorded)).toBe(stdoutOf(recorded));
    expectRequests(recorded);
  });

  it("are all there", () => {
    expect(cases.length).toBe(20);
  });
});

it("a login is saved for the owner only, beside what is there", () => {
  const folder = mkdtempSync(join(tmpdir(), "ocellus-login-"));
  const before = process.env.CLARIFAI_CONFIG;
  process.env.CLARIFAI_CONFIG = join(folder, "deep", "config");
  try {
    const { path } = saveLogin({ pat: "one", userId: "me" });
    expect(saveLogin({ pat: "two", userId: "me", baseUrl: "https://api-dev.clarifai.com" }).context).toBe("dev-me");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const config = readConfigFile(path)!;
    expect([config.currentContext, Object.keys(config.contexts)]).toEqual(["dev-me", ["me", "dev-me"]]);
    expect(config.contexts.me!.CLARIFAI_PAT).toBe("one");
  } finally {
    if (before === undefined) delete process.env.CLARIFAI_CONFIG;
    else process.env.CLARIFAI_CONFIG = before;
    rmSync(folder, { recursive: true });
  }
});

it("a script calls every method", async () => {
  server.answer = (rpc) => accountAnswer(rpc, "alltypes");
  await using client = new Model({
    url: "lab/fixtures/models/alltypes",
    pat: "lab-pat",
    baseUrl: `http://127.0.0.1:${server.port}`,
  });
  let text = "";
  await runScript(
    client,
    { url: "lab/fixtures/models/alltypes" },
    {
      signal: new AbortController().signal,
      write: async (piece) => {
        text += piece;
      },
    },
  );
  expect(text).toContain('console.log(await model.method<object, string>("predict")({\n  prompt: "…",\n}));');
  expect(text).toContain(
    'for await (const chunk of model.method<object, unknown, string>("stream")({\n  texts: ["…"].values(),\n}))',
  );
  expect(text.match(/model\.method/g)!.length).toBe(signaturesOf("alltypes").size);
});
