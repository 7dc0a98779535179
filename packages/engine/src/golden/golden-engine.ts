import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AnswerRequest, ChatMessage, ResolvedGenerationConfig } from "@ocellus/core";
import { taskDefinitions } from "@ocellus/core";
import { openCheckpoint } from "@ocellus/hub";
import { precisionPlan } from "../checkpoint/precision.ts";
import { familyOf } from "../families/registry.ts";
import { writeOnnxModel } from "../onnx/write-onnx-model.ts";
import { createLocalEngine, type LocalEngine } from "../runtime/local-engine.ts";
import { type OnnxSession, openSession } from "../runtime/onnx-session.ts";
import { loadChatTemplate } from "../text/chat-template.ts";
import { loadTokenizer } from "../text/tokenizer.ts";

/** An engine in this thread whose graph runs can be watched. */
export interface WatchedEngine {
  readonly engine: LocalEngine;
  /** Names of the graphs that ran, in order, since the last {@link watch}. */
  readonly runs: ("vision" | "decoder")[];
  /** Forgets the runs so far and calls `onRun` with the number of every further run, before it computes. */
  watch(onRun?: (count: number, graph: "vision" | "decoder") => void): void;
  delete(): Promise<void>;
}

/** Opens a golden checkpoint in float32 in this thread. */
export async function openWatchedEngine(checkpointFolder: string): Promise<WatchedEngine> {
  const folder = await mkdtemp(join(tmpdir(), "ocellus-watched-"));
  const checkpoint = await openCheckpoint(checkpointFolder);
  const model = await familyOf(await checkpoint.readJson("config.json")).open(checkpoint, {});
  for (const [name, graph] of Object.entries(model.graphs(precisionPlan("float32").formats))) {
    await writeOnnxModel(graph, { folder, name });
  }
  const runs: ("vision" | "decoder")[] = [];
  let listener: ((count: number, graph: "vision" | "decoder") => void) | undefined;
  const open = async (graph: "vision" | "decoder"): Promise<OnnxSession> => {
    const session = await openSession(join(folder, `${graph}.onnx`), { threads: 1 });
    return {
      ...session,
      run: (feeds) => {
        listener?.(runs.push(graph), graph);
        return session.run(feeds);
      },
    };
  };
  const engine = createLocalEngine({
    checkpoint,
    model,
    tokenizer: await loadTokenizer(checkpoint),
    template: await loadChatTemplate(checkpoint),
    sessions: { vision: await open("vision"), decoder: await open("decoder") },
    info: { provider: "local", family: model.family, supportsVideo: false },
    allowPrivateAddresses: false,
  });
  return {
    engine,
    runs,
    watch: (onRun = () => undefined) => {
      runs.length = 0;
      listener = onRun;
    },
    delete: async () => {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A greedy request of exactly `tokens` tokens. */
export function greedyRequest(
  messages: readonly ChatMessage[],
  tokens: number,
  config: Partial<ResolvedGenerationConfig> = {},
): AnswerRequest {
  return {
    messages,
    task: "generic",
    definition: taskDefinitions.generic,
    schema: null,
    cot: false,
    generationConfig: {
      ...{ maxNewTokens: tokens, minNewTokens: tokens, doSample: false, temperature: 1, topP: 1, topK: 50 },
      ...{ repetitionPenalty: 1, seed: 0, stopStrings: [], noRepeatNgramSize: 0, stopTokenIds: [642, 640] },
      ...config,
    },
    requestedGenerationConfig: {},
    templateOptions: {},
    fps: 4,
    maxFrames: null,
  };
}
