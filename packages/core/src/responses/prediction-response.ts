import type { FreeformResponse } from "./freeform-response.ts";
import type { GenericResponse } from "./generic-response.ts";
import type { PhraseGroundingResponse } from "./phrase-grounding-response.ts";
import type { StructuredResponse } from "./structured-response.ts";
import type { VqaResponse } from "./vqa-response.ts";

/** Every response that a task can give; `kind` discriminates. */
export type TaskResponse = VqaResponse | PhraseGroundingResponse | FreeformResponse | GenericResponse;

/** Every response that a model can give, those to a user schema included. */
export type PredictionResponse = TaskResponse | StructuredResponse;

/** The values of `kind`. */
export type ResponseKind = PredictionResponse["kind"];
