import type { FreeformResponse, FreeformResult } from "../responses/freeform-response.ts";
import type { GenericResponse, UnparsedResponse } from "../responses/generic-response.ts";
import type { PhraseGroundingResponse, PhraseGroundingResult } from "../responses/phrase-grounding-response.ts";
import type { TaskResponse } from "../responses/prediction-response.ts";
import type { StructuredResponse } from "../responses/structured-response.ts";
import type { VqaResponse, VqaResult } from "../responses/vqa-response.ts";
import type { TaskOption } from "../tasks/task-name.ts";
import type { SchemaInput, SchemaOutput } from "./schema-input.ts";

/** What each value of `task` can answer: its own response, or plain text when the model's text does not parse. */
export interface ResponseByTask {
  readonly auto: TaskResponse;
  readonly vqa: VqaResponse | UnparsedResponse<VqaResult>;
  readonly "phrase-grounding": PhraseGroundingResponse | UnparsedResponse<PhraseGroundingResult>;
  readonly freeform: FreeformResponse | UnparsedResponse<FreeformResult>;
  readonly "video-freeform": FreeformResponse | UnparsedResponse<FreeformResult>;
  readonly generic: GenericResponse;
}

/** The response type of a call with this `task` and `schema`; a schema counts more than the task. */
export type ResponseOf<Task extends TaskOption, Schema extends SchemaInput | undefined> = [Schema] extends [undefined]
  ? ResponseByTask[Task]
  : StructuredResponse<SchemaOutput<Schema>> | UnparsedResponse<SchemaOutput<Schema>>;
