import type { AnswerRequest, ChatMessage, ResolvedGenerationConfig } from "@ocellus/core";
import { taskDefinitions } from "@ocellus/core";
import type { Speculation } from "../engine-options.ts";
import type { DecoderShape } from "../families/model-family.ts";
import type { BatchLimits } from "../runtime/batcher.ts";
import { createLocalEngine, type LocalEngine } from "../runtime/local-engine.ts";
import type { OnnxSession } from "../runtime/onnx-session.ts";
import { loadChatTemplate } from "../text/chat-template.ts";
import { loadTokenizer } from "../text/tokenizer.ts";
import { openGoldenGraphs } from "./golden-graphs.ts";

type RunListener = (count: number, graph: "vision" | "decoder", rows: number) => unknown;

/** An engine in this thread whose graph runs can be watched. */
export interface WatchedEngine {
  readonly engine: LocalEngine;
  /** Names of the graphs that ran, in order, since the last {@link watch}. */
  readonly runs: ("vision" | "decoder")[];
  readonly decoder: DecoderShape;
  /**
   * Forgets the runs so far and calls `onRun` with the number of every further run, before it computes, and the
   * sequences of a run of the decoder; a promise that it returns holds the run back.
   */
  watch(onRun?: RunListener): void;
  delete(): Promise<void>;
}

/**
 * Opens a golden checkpoint in float32 in this thread; unless told otherwise it remembers no prompt.
 *
 * @param seesAhead the vision graph is treated as if it had a thread of its own and enough processors
 */
export async function openWatchedEngine(
  checkpointFolder: string,
  promptCacheBytes = 0,
  limits: Partial<BatchLimits> = {},
  speculation: Speculation = "none",
  seesAhead = false,
): Promise<WatchedEngine> {
  const graphs = await openGoldenGraphs(checkpointFolder);
  const { checkpoint, model } = graphs;
  const runs: ("vision" | "decoder")[] = [];
  let listener: RunListener | undefined;
  const watched = (graph: "vision" | "decoder"): OnnxSession => ({
    ...graphs[graph],
    run: async (feeds) => {
      const held = listener?.(runs.push(graph), graph, feeds.scored?.dims[0] ?? 0);
      if (held instanceof Promise) await held;
      return graphs[graph].run(feeds);
    },
  });
  const engine = createLocalEngine({
    checkpoint,
    model,
    tokenizer: await loadTokenizer(checkpoint),
    template: await loadChatTemplate(checkpoint, model.plainPrompt),
    sessions: { vision: watched("vision"), decoder: watched("decoder") },
    seesAhead,
    info: { provider: "local", family: model.family, supportsVideo: model.video !== undefined },
    allowPrivateAddresses: false,
    videoBackend: "auto",
    promptCacheBytes,
    speculation,
    limits: { maxBatchSize: 16, kvBudgetBytes: 2 ** 30, maxPromptBytes: 2 ** 30, weightBytes: 0, ...limits },
  });
  return {
    engine,
    runs,
    decoder: model.decoder,
    watch: (onRun = () => undefined) => {
      runs.length = 0;
      listener = onRun;
    },
    delete: graphs.delete,
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
      ...{ maxNewTokens: tokens, minNewTokens: tokens, doSample: false, temperature: 1, topP: 1, minP: 0, topK: 50 },
      ...{ repetitionPenalty: 1, seed: 0, stopStrings: [], noRepeatNgramSize: 0, stopTokenIds: [642, 640] },
      ...config,
    },
    requestedGenerationConfig: {},
    templateOptions: {},
    fps: 4,
    maxFrames: null,
  };
}
