// Compiled, never run: what the types of a call say. `vision-model-types.test.ts` runs the compiler over this file.
import { z } from "zod";
import type {
  BatchRun,
  Box,
  FreeformResponse,
  GenericResponse,
  Outcome,
  PredictionStream,
  StructuredResponse,
  TaskOption,
  TaskResponse,
  toPixels,
  UnparsedText,
  VisionError,
  VisionModel,
  VqaResponse,
} from "../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Equal<A, B>): void {}

declare const model: VisionModel;

export async function narrowing(): Promise<void> {
  const [result, error] = await model({ source: "a.jpg", userPrompt: "How many?", task: "vqa" });
  if (error) {
    same<typeof error, VisionError>(true);
    same<typeof result, null>(true);
    throw error;
  }
  // Before kind was checked the honest type, after it the exact one.
  same<typeof result.result.answer, string | undefined>(true);
  // @ts-expect-error a vqa answer has no caption
  result.result.caption;
  if (result.kind === "vqa") same<typeof result.result.answer, string>(true);
  else {
    same<typeof result.kind, "generic">(true);
    const text: string = result.result;
    text.trim();
  }
  // @ts-expect-error responses are read-only
  result.prompt = "x";
}

export async function tasks(): Promise<void> {
  const [auto] = await model({ source: "a.jpg" });
  same<typeof auto, TaskResponse | null>(true);
  const [generic] = await model({ source: "a.jpg", task: "generic" });
  same<typeof generic, GenericResponse | null>(true);
  const [freeform] = await model({ source: "a.jpg", taskType: "freeform" });
  if (freeform?.kind === "freeform") same<typeof freeform, FreeformResponse>(true);
  const [grounding] = await model({ source: "a.jpg", task: "phrase-grounding" });
  if (grounding?.kind === "phrase-grounding") {
    same<(typeof grounding.result.groundings)[number]["grounding"], readonly Box[]>(true);
    same<ReturnType<typeof toPixels<typeof grounding>>, typeof grounding>(true);
  }
  const [any] = await model({ source: "a.jpg", task: "vqa" as TaskOption });
  if (any?.kind === "vqa") same<typeof any, VqaResponse>(true);
  // @ts-expect-error no such task
  void model({ source: "a.jpg", task: "VQA" });
}

export async function schemas(): Promise<void> {
  const schema = z.object({ mugs: z.number(), length: z.number() });
  const [result] = await model({ source: "a.jpg", schema });
  if (result === null) return;
  same<typeof result.result.mugs, number | undefined>(true);
  same<typeof result.result.length, number>(true);
  if (result.kind === "structured") same<typeof result.result, { mugs: number; length: number }>(true);
  const [list] = await model({ source: "a.jpg", schema: z.array(z.string()) });
  if (list?.kind === "structured") same<typeof list.result, string[]>(true);
  same<UnparsedText<string[]>, string>(true);
  const [bare] = await model({ source: "a.jpg", schema: { type: "object" } });
  if (bare?.kind === "structured") same<typeof bare, StructuredResponse<unknown>>(true);
  // @ts-expect-error a schema is an object
  void model({ source: "a.jpg", schema: "object" });
}

export async function forms(): Promise<void> {
  const stream = model({ source: "a.jpg", stream: true, task: "generic" });
  same<typeof stream, PredictionStream<GenericResponse>>(true);
  for await (const piece of stream) same<typeof piece, string>(true);
  same<Awaited<ReturnType<typeof stream.finalCompletion>>, GenericResponse>(true);

  const run = model({ source: ["a.jpg", new URL("https://example.org/b.jpg"), new Uint8Array(1)], task: "generic" });
  same<typeof run, BatchRun<GenericResponse>>(true);
  same<Awaited<typeof run>, readonly Outcome<GenericResponse>[]>(true);
  for (const [result, error] of await run) {
    if (error === null) same<typeof result, GenericResponse>(true);
  }
  for await (const { index, outcome } of model({ source: "photos/", recursive: true, task: "generic" })) {
    same<typeof index, number>(true);
    same<typeof outcome, Outcome<GenericResponse>>(true);
  }

  const one = model({ source: new Uint8Array(1), task: "generic", stream: false });
  same<typeof one, Promise<Outcome<GenericResponse>>>(true);
  const signal = undefined as AbortSignal | undefined;
  await model({ messages: [{ role: "user", content: [{ type: "video", frames: ["1.png"], fps: 30 }] }], signal });
  // @ts-expect-error a list cannot be streamed
  void model({ source: ["a.jpg"], stream: true });
  // @ts-expect-error unknown option
  void model({ source: "a.jpg", prompt: "x" });
  // @ts-expect-error unknown setting
  void model({ source: "a.jpg", generationConfig: { maxTokens: 5 } });

  await using borrowed = model;
  borrowed.modelId.trim();
}
