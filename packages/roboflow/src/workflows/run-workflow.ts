import { InvalidParameterError } from "../errors/invalid-parameter-error.ts";
import { encodeImageInput, requireImages } from "../images/encode-image-input.ts";
import { type ImageInput, type ImageList, isAsyncIterable } from "../images/image-input.ts";
import { callApi } from "../transport/call-api.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";
import { keyTransport } from "../transport/key-transport.ts";
import { invalidResponse, type JsonObject, readJsonObject } from "../transport/read-json.ts";
import { decodeOutputs, type WorkflowOutput } from "./decode-outputs.ts";
import { saveTrace } from "./save-trace.ts";

/** A workflow: named on the platform, or given as its specification. */
export interface WorkflowChoice {
  readonly workspaceName?: string | undefined;
  readonly workflowId?: string | undefined;
  readonly specification?: Readonly<Record<string, unknown>> | undefined;
}

/** Options of `runWorkflow`. */
export interface RunWorkflowOptions extends WorkflowChoice, CallOptions {
  /** Pictures by the name of the input; lists, also nested ones, keep their form. Never downsized. */
  readonly images?: Readonly<Record<string, ImageInput | ImageList>> | undefined;
  /** Other inputs; one with the name of a picture replaces it. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  /** Outputs that are not wanted. */
  readonly excludedFields?: readonly string[] | undefined;
  /** Let the server keep the definition of a named workflow. Default true. */
  readonly useCache?: boolean | undefined;
  /** Ask for a profiling trace and save it in `configuration.profilingDirectory`. Default false. */
  readonly enableProfiling?: boolean | undefined;
  /** Version of a named workflow. */
  readonly workflowVersionId?: string | undefined;
  /** Do not run steps with side effects. Default false. */
  readonly disableSinks?: boolean | undefined;
}

/** Names of {@link RunWorkflowOptions}. */
export const runWorkflowOptionNames: readonly string[] = [
  ...["workspaceName", "workflowId", "specification", "images", "parameters", "excludedFields"],
  ...["useCache", "enableProfiling", "workflowVersionId", "disableSinks"],
];

/** Options of `inferFromWorkflow`, which calls the older endpoints. */
export interface InferFromWorkflowOptions extends Omit<RunWorkflowOptions, "workflowId" | "disableSinks"> {
  readonly workflowName?: string | undefined;
}

/** Names of {@link InferFromWorkflowOptions}. */
export const inferFromWorkflowOptionNames: readonly string[] = [
  ...["workspaceName", "workflowName", "specification", "images", "parameters", "excludedFields"],
  ...["useCache", "enableProfiling", "workflowVersionId"],
];

/**
 * Throws unless a workflow is either named completely or given as a specification.
 *
 * @returns true when it is named
 * @throws InvalidParameterError
 */
export function requireOneWorkflow(
  choice: WorkflowChoice,
  names: readonly [name: string, specification: string],
): boolean {
  const isNamed = choice.workspaceName !== undefined && choice.workflowId !== undefined;
  const isGiven = choice.specification !== undefined;
  if (isNamed !== isGiven) return isNamed;
  throw new InvalidParameterError(
    `Give either options.workspaceName and options.${names[0]}, or options.${names[1]}; got ${isNamed ? "both" : "neither"}.`,
  );
}

/**
 * Runs a workflow once.
 *
 * @param isLegacy call the endpoints below `/infer/workflows`
 * @returns one entry per picture of a batch
 */
export async function runWorkflow(
  state: ClientState,
  options: RunWorkflowOptions,
  call: CallOptions,
  isLegacy: boolean,
): Promise<WorkflowOutput[]> {
  const isNamed = requireOneWorkflow(options, [isLegacy ? "workflowName" : "workflowId", "specification"]);
  const { configuration } = state;
  const path = workflowPath(options, isNamed, isLegacy);
  const json = { ...keyTransport.body(state), ...(await workflowBody(state, options, isNamed, call)) };
  const mayRepeat = configuration.workflowRunRetriesEnabled;
  const answer = await callApi(state, { method: "POST", path, json, mayRepeat, withExecutionId: true }, call);
  const body = readJsonObject(answer, path);
  if (!Array.isArray(body.outputs)) throw invalidResponse("answered without a list `outputs`.", answer, path);
  if (options.enableProfiling === true) await saveTrace(configuration.profilingDirectory, body.profiler_trace ?? []);
  return (await decodeOutputs(body.outputs, configuration.outputVisualisationFormat)) as WorkflowOutput[];
}

function workflowPath(options: RunWorkflowOptions, isNamed: boolean, isLegacy: boolean): string {
  const { workspaceName, workflowId } = options;
  if (isLegacy) return isNamed ? `/infer/workflows/${workspaceName}/${workflowId}` : "/infer/workflows";
  return isNamed ? `/${workspaceName}/workflows/${workflowId}` : "/workflows/run";
}

async function workflowBody(
  state: ClientState,
  options: RunWorkflowOptions,
  isNamed: boolean,
  call: CallOptions,
): Promise<JsonObject> {
  const { specification, excludedFields, workflowVersionId, disableSinks = false } = options;
  return {
    use_cache: options.useCache ?? true,
    enable_profiling: options.enableProfiling ?? false,
    ...(disableSinks ? { disable_sinks: true } : {}),
    inputs: { ...(await encodeInputs(state, options.images ?? {}, call)), ...options.parameters },
    ...(excludedFields === undefined ? {} : { excluded_fields: excludedFields }),
    ...(specification === undefined ? {} : { specification }),
    ...(isNamed && workflowVersionId !== undefined ? { workflow_version_id: workflowVersionId } : {}),
  };
}

async function encodeInputs(
  state: ClientState,
  images: Readonly<Record<string, ImageInput | ImageList>>,
  call: CallOptions,
): Promise<JsonObject> {
  const inputs: JsonObject = {};
  for (const [name, image] of Object.entries(images)) {
    if (Array.isArray(image)) await requireImages(image as ImageList);
    inputs[name] = await encodeNested(state, image, call);
  }
  return inputs;
}

async function encodeNested(state: ClientState, image: ImageInput | ImageList, call: CallOptions): Promise<unknown> {
  if (!Array.isArray(image) && !isAsyncIterable(image)) {
    return (await encodeImageInput(state, image as ImageInput, null, call)).wire;
  }
  const encoded: unknown[] = [];
  for await (const entry of image as Iterable<ImageInput>) encoded.push(await encodeNested(state, entry, call));
  return encoded;
}
