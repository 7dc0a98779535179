import type { BatchRun } from "./batch/batch-run.ts";
import { answerOnce } from "./call/answer-once.ts";
import { type CheckedCallOptions, checkCallOptions } from "./call/check-call-options.ts";
import { parseUndecoded } from "./call/expand-sources.ts";
import { type CallPlan, type PlannedAnswer, planCall } from "./call/plan-call.ts";
import { runList } from "./call/run-list.ts";
import { DisposedError } from "./errors/disposed-error.ts";
import { InvalidArgumentError } from "./errors/invalid-argument-error.ts";
import type { VisionBackend } from "./model/vision-backend.ts";
import type { VisionModel } from "./model/vision-model.ts";
import { type Outcome, toOutcome } from "./outcome.ts";
import type { PredictionResponse } from "./responses/prediction-response.ts";
import { createVisionSession } from "./session/create-vision-session.ts";
import type { SessionOptions } from "./session/vision-session.ts";
import { parseSource } from "./source/parse-source.ts";
import type { SourceInput } from "./source/source-input.ts";
import { createPredictionStream } from "./stream/create-prediction-stream.ts";
import type { PredictionStream } from "./stream/prediction-stream.ts";

type CallResult =
  | Promise<Outcome<PredictionResponse>>
  | PredictionStream<PredictionResponse>
  | BatchRun<PredictionResponse>;

/**
 * Makes a {@link VisionModel} of a backend: checks the options of each call, resolves task, prompts and generation
 * settings, runs lists, and builds responses. The same call on a local engine and on a remote service.
 */
export function createVisionModel(backend: VisionBackend): VisionModel {
  const closing = new AbortController();
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => {
    if (closed === null) {
      closing.abort(new DisposedError(`The model ${JSON.stringify(backend.modelId)} is closed.`));
      closed = Promise.resolve().then(() => backend.close());
    }
    return closed;
  };

  const call = (request: unknown): CallResult => {
    const options = checkCallOptions(request);
    const plan = planCall(options, backend.info);
    const list = options.messages === null ? sourcesOfList(options, backend) : null;
    if (list !== null) {
      if (!options.stream) return runList(list, options, plan, backend, closing.signal);
      throw new InvalidArgumentError("options.stream works for one source; call the model once per source.");
    }
    const planned = planSingle(options, plan, backend.takesToolCalls === true);
    const answer = (signal: AbortSignal | undefined, onText: ((delta: string) => void) | null) =>
      answerOnce(backend, planned, { signals: [signal, closing.signal], onText });
    if (!options.stream) return toOutcome(answer(options.signal, null));
    return createPredictionStream(({ signal, onText }) => answer(signal, onText), options.signal);
  };

  const model = Object.assign(call, {
    modelId: backend.modelId,
    info: backend.info,
    session: (options?: SessionOptions) => createVisionSession(model, options),
    close,
    [Symbol.asyncDispose]: close,
  }) as unknown as VisionModel;
  return model;
}

/** The sources when the call is for a list: an iterable, a folder, or anything with `recursive: true`. */
function sourcesOfList(options: CheckedCallOptions, backend: VisionBackend): Iterable<unknown> | null {
  const { source } = options;
  if (isList(source)) return source;
  if (source === undefined) throw new InvalidArgumentError("options.source is missing; give a source or messages.");
  if (options.recursive) return [source];
  const parsed = parseUndecoded(source as SourceInput, "options.source");
  return parsed?.kind === "path" && backend.isFolder(parsed.path) ? [source] : null;
}

/** Arrays, sets, generators …; bytes and texts can also be iterated over, but are one source. */
function isList(source: unknown): source is Iterable<unknown> {
  return typeof source === "object" && source !== null && Symbol.iterator in source && !ArrayBuffer.isView(source);
}

/** Plans a single answer: mistakes throw now, what the source itself causes is thrown when it is answered. */
function planSingle(options: CheckedCallOptions, plan: CallPlan, takesToolCalls: boolean): () => PlannedAnswer {
  const prompt = singlePrompt(options.messages === null ? options.userPrompt : null);
  try {
    const planned =
      options.messages === null
        ? plan.forSource(parseSource(options.source as SourceInput), prompt)
        : plan.forMessages(options.messages);
    if (!takesToolCalls && planned.request.messages.some(({ toolCalls, toolCallId }) => toolCalls ?? toolCallId)) {
      throw new InvalidArgumentError("options.messages has tool calls, and this model takes no tools.");
    }
    return () => planned;
  } catch (thrown) {
    if (InvalidArgumentError.isInstance(thrown)) throw thrown;
    return () => {
      throw thrown;
    };
  }
}

function singlePrompt(prompt: string | readonly string[] | null): string {
  if (prompt === null || typeof prompt === "string") return prompt ?? "";
  if (prompt.length === 1) return prompt[0]!;
  throw new InvalidArgumentError(`options.userPrompt has ${prompt.length} prompts for 1 source; give one.`);
}
