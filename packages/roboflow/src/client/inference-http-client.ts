import * as pipelines from "../pipelines/inference-pipelines.ts";
import type { CallOptions } from "../transport/client-state.ts";
import type { WorkflowOutput } from "../workflows/decode-outputs.ts";
import * as workflows from "../workflows/run-workflow.ts";
import { FoundationClient } from "./foundation-client.ts";

/**
 * Client of a Roboflow inference server, hosted (V0) or self-hosted (V1): the methods of the Python `inference_sdk` in
 * camelCase. The first argument of a Python method is positional, everything else goes into one object. Results keep
 * the server's field names. Every call takes `signal`, `timeoutMs` and `totalTimeoutMs`.
 *
 * Errors: `HTTPCallError` for a status that is no success, `ConnectionError`, `TimeoutError`, `AbortedError`,
 * `InvalidResponseError`, and those of the arguments; none of them contains the key.
 *
 * @example
 * const client = new InferenceHTTPClient({ apiUrl: "http://localhost:9001", apiKey });
 * const result = await client.infer("desk.jpg", { modelId: "rfdetr-nano" });
 */
export class InferenceHTTPClient extends FoundationClient<InferenceHTTPClient> {
  protected override newClient(): InferenceHTTPClient {
    return new InferenceHTTPClient({ apiUrl: this.apiUrl });
  }

  /** Runs a workflow, named or given as a specification; one output a picture of a batch. */
  async runWorkflow(options: workflows.RunWorkflowOptions): Promise<WorkflowOutput[]> {
    const [state, call] = this.begin(options, workflows.runWorkflowOptionNames);
    return await workflows.runWorkflow(state, options, call, false);
  }

  /** As `runWorkflow`, by the older endpoints, where a named workflow is `workflowName`. */
  async inferFromWorkflow(options: workflows.InferFromWorkflowOptions): Promise<WorkflowOutput[]> {
    const [state, call] = this.begin(options, workflows.inferFromWorkflowOptionNames);
    const { workflowName, ...rest } = options;
    return await workflows.runWorkflow(state, { ...rest, workflowId: workflowName }, call, true);
  }

  /** Lets the server run a workflow on a video source of its own. Never repeated. */
  async startInferencePipelineWithWorkflow(
    videoReference: pipelines.VideoReference,
    options: pipelines.StartPipelineOptions,
  ): Promise<pipelines.PipelineResponse> {
    const [state, call] = this.begin(options, pipelines.startPipelineOptionNames);
    return await pipelines.startPipeline(state, videoReference, options, call);
  }

  /** Ids of the server's pipelines. */
  async listInferencePipelines(options: CallOptions = {}): Promise<pipelines.PipelineList> {
    return await pipelines.listPipelines(...this.begin(options, []));
  }

  /** State, sources and latencies of a pipeline. */
  async getInferencePipelineStatus(id: string, options: CallOptions = {}): Promise<pipelines.PipelineResponse> {
    return await this.#control(id, "status", options);
  }

  /** Stops reading the sources until the pipeline is resumed. */
  async pauseInferencePipeline(id: string, options: CallOptions = {}): Promise<pipelines.PipelineResponse> {
    return await this.#control(id, "pause", options);
  }

  /** Goes on after a pause. */
  async resumeInferencePipeline(id: string, options: CallOptions = {}): Promise<pipelines.PipelineResponse> {
    return await this.#control(id, "resume", options);
  }

  /** Ends a pipeline. */
  async terminateInferencePipeline(id: string, options: CallOptions = {}): Promise<pipelines.PipelineResponse> {
    return await this.#control(id, "terminate", options);
  }

  /** Takes the oldest result that the pipeline has kept; `outputs` is empty when there is none. */
  async consumeInferencePipelineResult(
    id: string,
    options: CallOptions & { readonly excludedFields?: readonly string[] | undefined } = {},
  ): Promise<pipelines.PipelineResults> {
    const [state, call] = this.begin(options, ["excludedFields"]);
    const extra = { excluded_fields: options.excludedFields ?? [] };
    return await pipelines.controlPipeline(state, id, "consume", extra, call);
  }

  async #control(
    id: string,
    action: pipelines.PipelineAction,
    options: CallOptions,
  ): Promise<pipelines.PipelineResponse> {
    const [state, call] = this.begin(options, []);
    return await pipelines.controlPipeline(state, id, action, {}, call);
  }
}
