import { InvalidParameterError } from "../errors/invalid-parameter-error.ts";
import { callApi } from "../transport/call-api.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";
import { keyTransport } from "../transport/key-transport.ts";
import { type JsonObject, readJsonObject } from "../transport/read-json.ts";
import { requireOneWorkflow } from "../workflows/run-workflow.ts";

/** What every pipeline endpoint answers with. */
export interface PipelineResponse {
  /** `success`, else `failure`. */
  readonly status?: string;
  readonly context?: { readonly request_id?: string | null; readonly pipeline_id?: string | null };
  readonly [field: string]: unknown;
}

/** The pipelines of a server. */
export interface PipelineList extends PipelineResponse {
  readonly pipelines: readonly string[];
}

/** Results that a pipeline has kept since the last call. */
export interface PipelineResults extends PipelineResponse {
  /** One entry per source, null where it had no frame. */
  readonly outputs?: readonly unknown[];
  readonly frames_metadata?: readonly unknown[];
}

/** Options of `startInferencePipelineWithWorkflow`. */
export interface StartPipelineOptions extends CallOptions {
  readonly workflowSpecification?: Readonly<Record<string, unknown>> | undefined;
  readonly workspaceName?: string | undefined;
  readonly workflowId?: string | undefined;
  /** Default `image`. */
  readonly imageInputName?: string | undefined;
  readonly workflowsParameters?: Readonly<Record<string, unknown>> | undefined;
  /** Default 4. */
  readonly workflowsThreadPoolWorkers?: number | undefined;
  /** Default true. */
  readonly cancelThreadPoolTasksOnExit?: boolean | undefined;
  /** Default `video_metadata`. */
  readonly videoMetadataInputName?: string | undefined;
  readonly maxFps?: number | undefined;
  /** Default `DROP_OLDEST`. */
  readonly sourceBufferFillingStrategy?: BufferFillingStrategy | undefined;
  /** Default `EAGER`. */
  readonly sourceBufferConsumptionStrategy?: "LAZY" | "EAGER" | undefined;
  /** OpenCV properties of the source by name. */
  readonly videoSourceProperties?: Readonly<Record<string, number>> | undefined;
  /** Seconds to wait for the frames of all sources. */
  readonly batchCollectionTimeout?: number | undefined;
  /** Results that are kept for `consumeInferencePipelineResult`. Default 64. */
  readonly resultsBufferSize?: number | undefined;
}

/** What happens to new frames when the buffer of a source is full. */
export type BufferFillingStrategy =
  | "WAIT"
  | "DROP_OLDEST"
  | "ADAPTIVE_DROP_OLDEST"
  | "DROP_LATEST"
  | "ADAPTIVE_DROP_LATEST";

/** Names of {@link StartPipelineOptions}. */
export const startPipelineOptionNames: readonly string[] = [
  ...["workflowSpecification", "workspaceName", "workflowId", "imageInputName", "workflowsParameters"],
  ...["workflowsThreadPoolWorkers", "cancelThreadPoolTasksOnExit", "videoMetadataInputName", "maxFps"],
  ...["sourceBufferFillingStrategy", "sourceBufferConsumptionStrategy", "videoSourceProperties"],
  ...["batchCollectionTimeout", "resultsBufferSize"],
];

/** A video source of the server: path or URL there, number of a camera, or several. */
export type VideoReference = string | number | readonly (string | number)[];

/** `POST /inference_pipelines/initialise`; never repeated. */
export async function startPipeline(
  state: ClientState,
  videoReference: VideoReference,
  options: StartPipelineOptions,
  call: CallOptions,
): Promise<PipelineResponse> {
  const { workspaceName, workflowId, workflowSpecification } = options;
  const choice = { workspaceName, workflowId, specification: workflowSpecification };
  requireOneWorkflow(choice, ["workflowId", "workflowSpecification"]);
  const json = {
    ...keyTransport.body(state),
    video_configuration: {
      type: "VideoConfiguration",
      video_reference: videoReference,
      max_fps: options.maxFps ?? null,
      source_buffer_filling_strategy: options.sourceBufferFillingStrategy ?? "DROP_OLDEST",
      source_buffer_consumption_strategy: options.sourceBufferConsumptionStrategy ?? "EAGER",
      video_source_properties: options.videoSourceProperties ?? null,
      batch_collection_timeout: options.batchCollectionTimeout ?? null,
    },
    processing_configuration: {
      type: "WorkflowConfiguration",
      workflow_specification: workflowSpecification ?? null,
      workspace_name: workspaceName ?? null,
      workflow_id: workflowId ?? null,
      image_input_name: options.imageInputName ?? "image",
      workflows_parameters: options.workflowsParameters ?? null,
      workflows_thread_pool_workers: options.workflowsThreadPoolWorkers ?? 4,
      cancel_thread_pool_tasks_on_exit: options.cancelThreadPoolTasksOnExit ?? true,
      video_metadata_input_name: options.videoMetadataInputName ?? "video_metadata",
    },
    sink_configuration: {
      type: "MemorySinkConfiguration",
      results_buffer_size: options.resultsBufferSize ?? 64,
    },
  };
  return await callPipelines(state, "POST", "/inference_pipelines/initialise", json, call);
}

/** `GET /inference_pipelines/list`, with a JSON body as the server wants it. */
export async function listPipelines(state: ClientState, call: CallOptions): Promise<PipelineList> {
  const path = "/inference_pipelines/list";
  return (await callPipelines(state, "GET", path, keyTransport.body(state), call)) as PipelineList;
}

/** What can be done with a pipeline that runs. */
export type PipelineAction = "status" | "pause" | "resume" | "terminate" | "consume";

/**
 * One endpoint of a pipeline; `status` and `consume` are GET requests with a JSON body.
 *
 * @throws InvalidParameterError for an empty id
 */
export async function controlPipeline(
  state: ClientState,
  pipelineId: string,
  action: PipelineAction,
  extra: JsonObject,
  call: CallOptions,
): Promise<PipelineResponse> {
  if (typeof pipelineId !== "string" || pipelineId === "") {
    throw new InvalidParameterError("The id of the pipeline is empty; see listInferencePipelines.");
  }
  const method = action === "status" || action === "consume" ? "GET" : "POST";
  const path = `/inference_pipelines/${encodeURIComponent(pipelineId)}/${action}`;
  return await callPipelines(state, method, path, { ...keyTransport.body(state), ...extra }, call);
}

async function callPipelines(
  state: ClientState,
  method: "GET" | "POST",
  path: string,
  json: JsonObject,
  call: CallOptions,
): Promise<PipelineResponse> {
  const answer = await callApi(state, { method, path, json, mayRepeat: false }, call);
  return readJsonObject(answer, path) as PipelineResponse;
}
