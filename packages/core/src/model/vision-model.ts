import type { BatchRun } from "../batch/batch-run.ts";
import type { Outcome } from "../outcome.ts";
import type { SessionOptions, VisionSession } from "../session/vision-session.ts";
import type { PredictionStream } from "../stream/prediction-stream.ts";
import type { TaskOption } from "../tasks/task-name.ts";
import type { ModelInfo } from "./model-info.ts";
import type { ResponseOf } from "./response-of.ts";
import type { SchemaInput } from "./schema-input.ts";
import type { BatchRequest, SingleRequest, StreamRequest } from "./vision-request.ts";

/**
 * A model that answers questions about pictures and videos, local or remote.
 *
 * `stream: true` gives a {@link PredictionStream}; a list, a folder or `recursive: true` a {@link BatchRun}; everything
 * else a promise of one {@link Outcome}. Mistakes in the options throw an `InvalidArgumentError` at once; what depends
 * on the world is the error of the outcome.
 *
 * One form cannot be told apart by types: a single path that turns out to be a folder also gives a `BatchRun`. Write
 * `source: ["photos/"]` to have it typed.
 */
export interface VisionModel extends AsyncDisposable {
  <Task extends TaskOption = "auto", Schema extends SchemaInput | undefined = undefined>(
    request: StreamRequest<Task, Schema>,
  ): PredictionStream<ResponseOf<Task, Schema>>;
  <Task extends TaskOption = "auto", Schema extends SchemaInput | undefined = undefined>(
    request: BatchRequest<Task, Schema>,
  ): BatchRun<ResponseOf<Task, Schema>>;
  <Task extends TaskOption = "auto", Schema extends SchemaInput | undefined = undefined>(
    request: SingleRequest<Task, Schema>,
  ): Promise<Outcome<ResponseOf<Task, Schema>>>;
  /** The id or folder that the model was loaded from, or its name at a service. */
  readonly modelId: string;
  readonly info: ModelInfo;
  /** Opens a chat in which every turn sees the earlier ones. Throws `InvalidArgumentError` for wrong options. */
  session(options?: SessionOptions): VisionSession;
  /** Aborts what is running and frees the model; calls after it have a `DisposedError`. May be called again. */
  close(): Promise<void>;
}
