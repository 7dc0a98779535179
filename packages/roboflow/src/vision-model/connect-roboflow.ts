import { checkKnownKeys, createVisionModel, type Logger, type VisionModel } from "@ocellus/core";
import { InferenceHTTPClient } from "../client/inference-http-client.ts";
import { roboflowServiceUrl } from "../configuration/api-url.ts";
import { environment } from "../configuration/environment.ts";
import type { InferenceConfiguration } from "../configuration/inference-configuration.ts";
import type { InferenceConfigurationFields } from "../configuration/inference-configuration-fields.ts";
import { InvalidParameterError } from "../errors/invalid-parameter-error.ts";
import { createRoboflowBackend, type RoboflowTarget } from "./roboflow-backend.ts";

/** Options of {@link connectRoboflow}; defaults in parentheses. */
export interface ConnectRoboflowOptions {
  /** A vision-language model, such as `florence-2-base`. Either this or `workflow`. */
  readonly modelId?: string | undefined;
  /** Put the model id into the path of the request, too (false). */
  readonly modelIdInPath?: boolean | undefined;
  /** A workflow with one picture and one prompt: `"workspace/workflow-id"`, or its specification. */
  readonly workflow?: string | Readonly<Record<string, unknown>> | undefined;
  /** Name of the workflow's picture input (`image`). */
  readonly imageInput?: string | undefined;
  /** Name of the workflow's prompt input (`prompt`). */
  readonly promptInput?: string | undefined;
  /** Name of the workflow's output that is the answer (its only text). */
  readonly output?: string | undefined;
  /** Server (the platform's serverless API of the region). */
  readonly apiUrl?: string | undefined;
  /** Key (the environment variable `ROBOFLOW_API_KEY` or `API_KEY`). */
  readonly apiKey?: string | null | undefined;
  readonly configuration?: InferenceConfiguration | Partial<InferenceConfigurationFields> | undefined;
  /** Longest duration of one try in milliseconds (300,000). */
  readonly timeoutMs?: number | undefined;
  readonly logger?: Logger | undefined;
}

const optionNames: readonly string[] = [
  ...["modelId", "modelIdInPath", "workflow", "imageInput", "promptInput", "output"],
  ...["apiUrl", "apiKey", "configuration", "timeoutMs", "logger"],
];

/**
 * Connects a vision-language model or a workflow of a Roboflow server as a `VisionModel`: the same call as for local
 * models. Each question is one picture and one text. Nothing is sent before the first call.
 *
 * @throws InvalidParameterError unless exactly one of `modelId` and `workflow` is given
 * @throws InvalidArgumentError for unknown options or a malformed URL
 *
 * @example
 * await using model = connectRoboflow({ modelId: "florence-2-base", apiUrl: "http://localhost:9001" });
 * const [result, error] = await model({ source: "desk.jpg", userPrompt: "<CAPTION>" });
 */
export function connectRoboflow(options: ConnectRoboflowOptions): VisionModel {
  checkKnownKeys(options, optionNames, "options");
  const { apiUrl, apiKey, configuration, timeoutMs, logger } = options;
  const target = targetOf(options);
  const client = new InferenceHTTPClient({
    apiUrl: apiUrl ?? roboflowServiceUrl("serverless", logger),
    apiKey: apiKey === undefined ? environment.apiKey() : apiKey,
    ...(configuration === undefined ? {} : { configuration }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(logger === undefined ? {} : { logger }),
  });
  return createVisionModel(createRoboflowBackend(client, target, nameOf(options)));
}

function targetOf(options: ConnectRoboflowOptions): RoboflowTarget {
  const { modelId, workflow, modelIdInPath = false } = options;
  if ((modelId === undefined) === (workflow === undefined)) {
    throw new InvalidParameterError("Give either options.modelId or options.workflow to connectRoboflow.");
  }
  if (modelId !== undefined) return { kind: "lmm", modelId, modelIdInPath };
  const { imageInput = "image", promptInput = "prompt", output = null } = options;
  return { kind: "workflow", choice: choiceOf(workflow!), imageInput, promptInput, output };
}

function choiceOf(
  workflow: string | Readonly<Record<string, unknown>>,
): (RoboflowTarget & { kind: "workflow" })["choice"] {
  if (typeof workflow !== "string") return { specification: workflow };
  const [workspaceName, workflowId, ...rest] = workflow.split("/");
  if (!workspaceName || !workflowId || rest.length > 0) {
    throw new InvalidParameterError(
      `options.workflow must be "workspace/workflow-id"; got ${JSON.stringify(workflow)}.`,
    );
  }
  return { workspaceName, workflowId };
}

const nameOf = ({ modelId, workflow }: ConnectRoboflowOptions): string =>
  modelId ?? (typeof workflow === "string" ? workflow : "workflow");
