import { InvalidArgumentError, parseSource } from "@ocellus/core";
import type { ModelClient } from "../model/model-client.ts";
import { ChatClient } from "../openai/chat-client.ts";
import type { ChatCompletionRequest } from "../openai/openai-types.ts";
import type { MethodSignature } from "../signatures/method-signature.ts";
import { openMedia, uriOf } from "../vision/open-media.ts";
import { chooseMethod } from "./choose-method.ts";
import { collectArguments } from "./collect-arguments.ts";
import { formatValue, toJsonText, withBase64 } from "./format-value.ts";

/** What `predict` is asked on the command line. */
export interface PredictCommand {
  readonly text?: string | undefined;
  readonly method?: string | undefined;
  /** `key=value` arguments. */
  readonly input?: readonly string[] | undefined;
  /** All arguments as a JSON object. */
  readonly inputs?: string | undefined;
  /** Path of a picture, video or sound. */
  readonly file?: string | undefined;
  /** Address of one. */
  readonly url?: string | undefined;
  /** A message for the model's chat. */
  readonly chat?: string | undefined;
  readonly output?: "text" | "json" | undefined;
}

/** Where a command writes. */
export interface CommandOutput {
  write(text: string): Promise<void>;
  readonly signal: AbortSignal;
}

/** Calls a method of the model and writes its result: text as it comes, or one JSON object `{ "result": … }`. */
export async function runPredict(model: ModelClient, command: PredictCommand, output: CommandOutput): Promise<void> {
  const { signal } = output;
  if (command.file !== undefined && command.url !== undefined)
    throw new InvalidArgumentError("Give either --file or --url.");
  const names = await model.availableMethods({ signal });
  const signatures = await Promise.all(names.map((name) => model.signature(name, { signal })));
  const { chat, text, method } = command;
  const chosen = chooseMethod(signatures, { method, isChat: chat !== undefined, hasText: text !== undefined });
  const results =
    isTransport(chosen) && method === undefined
      ? await chatResults(model, chosen, command, signal)
      : methodResults(model, chosen, command, signal);
  await writeResults(results, chosen, command, output);
}

function isTransport({ name }: MethodSignature): boolean {
  return name === "openai_transport" || name === "openai_stream_transport";
}

/** The texts of a chat. */
async function chatResults(
  model: ModelClient,
  { name }: MethodSignature,
  { chat, text, file, url }: PredictCommand,
  signal: AbortSignal,
): Promise<AsyncIterable<unknown>> {
  const question = chat ?? text ?? "";
  const medium = file ?? url;
  const content =
    medium === undefined
      ? question
      : [
          { type: "text", text: question },
          { type: "image_url", image_url: { url: uriOf(await openMedia(parseSource(medium), signal)) } },
        ];
  const request: ChatCompletionRequest = { messages: [{ role: "user", content }] };
  const client = new ChatClient(model);
  return (async function* () {
    if (name === "openai_transport") {
      yield (await client.complete(request, { signal })).choices[0]?.message.content ?? "";
      return;
    }
    for await (const chunk of client.stream(request, { signal })) yield chunk.choices?.[0]?.delta?.content ?? "";
  })();
}

function methodResults(
  model: ModelClient,
  signature: MethodSignature,
  command: PredictCommand,
  signal: AbortSignal,
): AsyncIterable<unknown> {
  const { text = command.chat, input: pairs = [], inputs: json, file, url } = command;
  const args = collectArguments(signature, { text, pairs, json, media: file ?? url });
  const streamed = signature.inputs.find(({ isIterator }) => isIterator);
  if (streamed !== undefined && Array.isArray(args[streamed.name]))
    args[streamed.name] = (args[streamed.name] as unknown[]).values();
  return model.method(signature.name)(args, { signal });
}

async function writeResults(
  results: AsyncIterable<unknown>,
  signature: MethodSignature,
  { output: format = "text" }: PredictCommand,
  output: CommandOutput,
): Promise<void> {
  const all: unknown[] = [];
  const isText = signature.output.type === "STR";
  for await (const result of results) {
    if (format === "json") all.push(result);
    else await output.write(isText ? String(result) : `${formatValue(result)}\n`);
  }
  if (format === "json") {
    const value = signature.kind === "unary" ? all[0] : isText ? all.join("") : all;
    await output.write(`${toJsonText({ result: withBase64(value) })}\n`);
  } else if (isText) await output.write("\n");
}
