import type { CoordinateSpace, PixelSize } from "../coordinate-space.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import type { FreeformResponse } from "../responses/freeform-response.ts";
import type { GenericResponse } from "../responses/generic-response.ts";
import type { PhraseGroundingResponse } from "../responses/phrase-grounding-response.ts";
import type { VqaResponse } from "../responses/vqa-response.ts";
import { checkTaskOption } from "../tasks/resolve-task.ts";
import { taskDefinitions } from "../tasks/task-definitions.ts";
import type { TaskOption } from "../tasks/task-name.ts";
import { parseFirstJson } from "./parse-first-json.ts";
import { member, readFreeformResult, readPhraseGroundingResult, readVqaResult } from "./read-task-result.ts";
import { splitAnswer } from "./split-answer.ts";

/** The part of a response that follows from the text alone. */
type Parsed<Response extends { kind: unknown; result: unknown }> = Pick<
  Response & { readonly rawOutput: string; readonly thinking: string | null },
  "kind" | "result" | "rawOutput" | "thinking"
>;

/** What {@link parseResponse} returns; `kind` discriminates. */
export type ParsedResponse =
  | Parsed<VqaResponse>
  | Parsed<PhraseGroundingResponse>
  | Parsed<FreeformResponse>
  | Parsed<GenericResponse>;

/** How a text is to be read. */
export interface ParseResponseOptions {
  /** Expected form; `auto` (the default) is plain text. */
  readonly task?: TaskOption;
  /**
   * The model was asked to think first. The recorded rules look for the tags in any case, so this changes nothing in
   * the result; it is accepted so that a caller can pass its own options on.
   */
  readonly cot?: boolean;
  /** How the checkpoint writes boxes. Default `relative-1024`. */
  readonly coordinateSpace?: CoordinateSpace;
  /** Size of the picture as the model saw it; needed for the space `pixels`. */
  readonly imageSize?: PixelSize;
}

/**
 * Reads the text of a model as the answer of a task, by the rules recorded from vi-sdk 0.1.0b7: thinking and answer are
 * split by their tags, a code fence does not matter, the first JSON value is decoded and what follows it is ignored,
 * and its members are checked. Text that does not fit is a `generic` response with the whole text.
 *
 * @throws InvalidArgumentError for a text that is no string or an unknown task, never for what the text contains
 */
export function parseResponse(text: string, options: ParseResponseOptions = {}): ParsedResponse {
  if (typeof text !== "string")
    throw new InvalidArgumentError("parseResponse needs the text of the model as a string.");
  const task = checkTaskOption(options.task ?? "auto", "options.task");
  const { thinking, answer } = splitAnswer(text);
  const parsed = task === "auto" ? null : readAnswer(answer, task, options);
  return parsed === null
    ? { kind: "generic", result: text, rawOutput: text, thinking }
    : ({ ...parsed, rawOutput: text, thinking } as ParsedResponse);
}

function readAnswer(
  answer: string,
  task: Exclude<TaskOption, "auto">,
  options: ParseResponseOptions,
): { readonly kind: string; readonly result: object } | null {
  const { kind, jsonKey } = taskDefinitions[task];
  if (jsonKey === null) return null;
  const inner = member(parseFirstJson(answer)?.value, jsonKey);
  const convention = { space: options.coordinateSpace ?? "relative-1024", size: options.imageSize } as const;
  const result =
    jsonKey === "vqa"
      ? readVqaResult(inner)
      : jsonKey === "freeform"
        ? readFreeformResult(inner)
        : readPhraseGroundingResult(inner, convention);
  return result === null ? null : { kind, result };
}
