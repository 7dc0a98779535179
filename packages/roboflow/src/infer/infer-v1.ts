import { type InferTask, wireParameters } from "../configuration/wire-parameters.ts";
import { ModelTaskTypeNotSupportedError } from "../errors/model-task-type-not-supported-error.ts";
import type { EncodedImage } from "../images/encode-image-input.ts";
import type { ImagesInput } from "../images/image-input.ts";
import { downsizingLimit } from "../images/image-scale.ts";
import { resolveModelAlias } from "../models/model-aliases.ts";
import type { ModelDescription } from "../models/model-description.ts";
import { describeForInference } from "../models/model-registry.ts";
import { type FinishedResult, finishResult } from "../results/finish-result.ts";
import { callApi } from "../transport/call-api.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";
import { keyTransport } from "../transport/key-transport.ts";
import { invalidResponse, readJson } from "../transport/read-json.ts";
import { runBatches } from "./run-batches.ts";

const endpoints: Readonly<Record<string, { readonly path: string; readonly task: InferTask }>> = {
  "object-detection": { path: "/infer/object_detection", task: "object-detection" },
  "instance-segmentation": { path: "/infer/instance_segmentation", task: "instance-segmentation" },
  "keypoint-detection": { path: "/infer/keypoints_detection", task: "keypoint-detection" },
  classification: { path: "/infer/classification", task: "classification" },
  "multi-label-classification": { path: "/infer/classification", task: "classification" },
  "semantic-segmentation": { path: "/infer/semantic_segmentation", task: "semantic-segmentation" },
};

/** Runs a model on a self-hosted server, by the endpoint of its task. */
export async function inferV1(
  state: ClientState,
  images: ImagesInput,
  modelId: string,
  call: CallOptions,
): Promise<FinishedResult[]> {
  const model = await describeForInference(state, modelId, call);
  const { path, task } = endpointOf(model);
  const { configuration } = state;
  const base = {
    ...keyTransport.body(state),
    model_id: resolveModelAlias(modelId),
    ...wireParameters.v1Body(configuration, task),
  };
  const send = async (batch: readonly EncodedImage[], inner: CallOptions): Promise<FinishedResult[]> => {
    const answer = await callApi(
      state,
      {
        method: "POST",
        path,
        query: wireParameters.billingQuery(configuration),
        json: base,
        images: batch,
        mayRepeat: true,
        withExecutionId: true,
      },
      inner,
    );
    const body = readJson(answer, path);
    const results: readonly unknown[] = Array.isArray(body) ? body : [body];
    if (results.length !== batch.length) {
      throw invalidResponse(`answered with ${results.length} results for ${batch.length} pictures.`, answer, path);
    }
    return await Promise.all(
      results.map((result, i) => finishResult(result, batch[i]!.scale, configuration.outputVisualisationFormat, path)),
    );
  };
  const batchSize = Math.max(1, configuration.maxBatchSize);
  const plan = { batchSize, limit: downsizingLimit(configuration, model), send };
  return (await runBatches(state, images, plan, call)).flat();
}

function endpointOf(model: ModelDescription): { readonly path: string; readonly task: InferTask } {
  const endpoint = endpoints[model.taskType];
  if (endpoint !== undefined) return endpoint;
  const hint =
    model.taskType === "action-recognition"
      ? " It takes a clip: send it whole with inferOnVideo, or classify frames with an image model and inferOnStream."
      : "";
  throw new ModelTaskTypeNotSupportedError(
    `infer cannot run models of the task ${model.taskType} on a self-hosted server.${hint}`,
  );
}
