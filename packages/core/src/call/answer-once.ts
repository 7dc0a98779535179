import { abortError, linkAbort, raceAbort, throwIfAborted } from "../abort.ts";
import { toVisionError } from "../errors/to-vision-error.ts";
import type { VisionBackend } from "../model/vision-backend.ts";
import type { PredictionResponse } from "../responses/prediction-response.ts";
import { buildResponse } from "./build-response.ts";
import type { PlannedAnswer } from "./plan-call.ts";

/** How one answer is made. */
export interface AnswerOnceOptions {
  /** Any of them ends the answer. */
  readonly signals: readonly (AbortSignal | undefined)[];
  /** Takes the text as it comes; `null` when nobody reads it. */
  readonly onText: ((delta: string) => void) | null;
}

/**
 * Has a backend answer one question. The pieces handed to `onText` joined are the text of the answer also when the
 * backend reports less than all of it.
 *
 * @throws VisionError of any kind; `AbortedError` or `DisposedError` when a signal ended it
 */
export async function answerOnce(
  backend: VisionBackend,
  plan: () => PlannedAnswer,
  { signals, onText }: AnswerOnceOptions,
): Promise<PredictionResponse> {
  const controller = new AbortController();
  const { signal } = controller;
  const unlink = linkAbort(controller, signals);
  let streamed = "";
  const take = (delta: string): void => {
    if (delta === "" || signal.aborted) return;
    streamed += delta;
    onText?.(delta);
  };
  try {
    throwIfAborted(signal);
    const planned = plan();
    const context = { signal, streaming: onText !== null, onText: take };
    const answer = await raceAbort(backend.answer(planned.request, context), signal);
    if (answer.text.startsWith(streamed)) take(answer.text.slice(streamed.length));
    return await buildResponse(answer, planned, backend.info);
  } catch (thrown) {
    throw signal.aborted ? abortError(signal) : toVisionError(thrown);
  } finally {
    unlink();
  }
}
