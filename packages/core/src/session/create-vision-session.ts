import { checkKnownKeys } from "../check-known-keys.ts";
import { checkNumber } from "../check-number.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import type { ChatMessageInput, ImagePartInput, VideoPartInput } from "../model/chat-message.ts";
import type { VisionModel } from "../model/vision-model.ts";
import type { Outcome } from "../outcome.ts";
import type { PredictionResponse } from "../responses/prediction-response.ts";
import { parseSource } from "../source/parse-source.ts";
import type { MediaKind } from "../source/parsed-source.ts";
import type { SourceInput } from "../source/source-input.ts";
import type { PredictionStream } from "../stream/prediction-stream.ts";
import { checkTaskOption, resolveTask } from "../tasks/resolve-task.ts";
import { recordStream } from "./record-stream.ts";
import type { SessionOptions, TurnRequest, VisionSession } from "./vision-session.ts";

const sessionOptionNames = ["task", "systemPrompt", "cot", "templateOptions"] as const;
const turnOptionNames = [
  ...["source", "userPrompt", "stream", "generationConfig", "signal", "schema", "fps", "maxFrames"],
] as const;

/**
 * Opens a chat on a model.
 *
 * @throws InvalidArgumentError for an unknown option or task
 */
export function createVisionSession(model: VisionModel, options: SessionOptions = {}): VisionSession {
  checkKnownKeys(options, sessionOptionNames, "session options");
  const { cot = false, templateOptions = {} } = options;
  const task = checkTaskOption(options.task ?? "auto", "options.task");
  const systemPrompt = options.systemPrompt ?? resolveTask(task, "image", model.info).systemPrompt;
  const system: readonly ChatMessageInput[] = systemPrompt === "" ? [] : [{ role: "system", content: systemPrompt }];
  let turns: readonly (readonly ChatMessageInput[])[] = [];
  let busy = false;

  const call = (turn: TurnRequest): Promise<Outcome<PredictionResponse>> | PredictionStream<PredictionResponse> => {
    if (typeof turn !== "object" || turn === null || typeof turn.userPrompt !== "string") {
      throw new InvalidArgumentError("A turn of a session needs an object with a userPrompt.");
    }
    checkKnownKeys(turn, turnOptionNames, "turn");
    if (busy) throw new InvalidArgumentError("This session still answers its last turn; wait for it or open another.");
    const { source, userPrompt, stream, ...rest } = turn;
    const user = userMessage(source, userPrompt);
    const settle = (response: PredictionResponse | null): void => {
      busy = false;
      if (response === null) return;
      const { rawOutput: content, toolCalls } = response;
      turns = [...turns, [user, { role: "assistant", content, ...(toolCalls === undefined ? {} : { toolCalls }) }]];
    };
    const request = { ...rest, task, cot, templateOptions, messages: [...system, ...turns.flat(), user] };
    if (stream === true) {
      const answer = recordStream<PredictionResponse>(model({ ...request, stream: true }), settle);
      busy = true;
      return answer;
    }
    const outcome = model(request) as Promise<Outcome<PredictionResponse>>;
    busy = true;
    return outcome.then((settled) => {
      settle(settled[0]);
      return settled;
    });
  };

  const rollback = (count = 1): void => {
    checkNumber(count, "turns", { min: 0, max: turns.length, integer: true });
    if (busy) throw new InvalidArgumentError("This session still answers its last turn; abort it before a rollback.");
    turns = turns.slice(0, turns.length - count);
  };
  const session = Object.assign(call, { rollback }) as unknown as VisionSession;
  Object.defineProperty(session, "messages", { get: () => [...system, ...turns.flat()], enumerable: true });
  return session;
}

function userMessage(source: TurnRequest["source"], userPrompt: string): ChatMessageInput {
  const sources: readonly SourceInput[] = source === undefined ? [] : Array.isArray(source) ? source : [source];
  const parts = sources.map((item): ImagePartInput | VideoPartInput =>
    mediaKind(item) === "video" ? { type: "video", source: item } : { type: "image", source: item },
  );
  return { role: "user", content: [...parts, { type: "text", text: userPrompt }] };
}

/** Picture or video; what is wrong with a source beyond its type shows when the turn is answered. */
function mediaKind(source: SourceInput): MediaKind {
  try {
    return parseSource(source, { path: "turn.source" }).media;
  } catch (thrown) {
    if (InvalidArgumentError.isInstance(thrown)) throw thrown;
    return "image";
  }
}
