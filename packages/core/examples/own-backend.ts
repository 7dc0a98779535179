// A VisionModel over a backend of your own: here one that only measures what it is asked.
import { createVisionModel, parseResponse, unwrap, type VisionBackend } from "@ocellus/core";

const backend: VisionBackend = {
  modelId: "echo",
  info: { provider: "example" },
  isFolder: () => false,
  expandFolder: async () => [],
  async answer(request, { signal, onText }) {
    signal.throwIfAborted();
    const text = JSON.stringify({ vqa: { answer: `${request.messages.length} turns, task ${request.task}` } });
    for (const piece of text.match(/.{1,8}/gs) ?? []) onText(piece);
    return {
      text,
      tokenIds: [],
      finishReason: "stop",
      usage: { inputTokens: 0, imageTokens: 0, outputTokens: 0 },
      timings: { loadMs: 0, visionMs: 0, prefillMs: 0, decodeMs: 0, firstTokenMs: 0 },
    };
  },
  close: async () => undefined,
};

/** One answer, a stream, and a list; returns what it would print. */
export async function main(): Promise<readonly string[]> {
  await using model = createVisionModel(backend);
  const lines: string[] = [];

  const response = unwrap(await model({ source: "desk.jpg", userPrompt: "How many mugs?", task: "vqa" }));
  if (response.kind === "vqa") lines.push(response.result.answer);

  let streamed = "";
  for await (const text of model({ source: "desk.jpg", task: "vqa", stream: true })) streamed += text;
  lines.push(streamed);

  for (const [result, error] of await model({ source: ["a.jpg", "b.jpg"], task: "vqa" })) {
    lines.push(error === null ? result.rawOutput : error.code);
  }

  // The parser alone.
  lines.push(parseResponse('Sure! {"freeform":{"caption":"A desk."}}', { task: "freeform" }).kind);
  return lines;
}
