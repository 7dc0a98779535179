import type { HttpAnswer } from "@ocellus/http";
import { invalidResponse, isJsonObject, type JsonObject } from "../transport/read-json.ts";

/** A model that a server has loaded. */
export interface ModelDescription {
  readonly modelId: string;
  /** `object-detection`, `classification`, … */
  readonly taskType: string;
  /** Pictures per run of a fixed-size model; old servers say `batch` for a free size. */
  readonly batchSize: number | string | null;
  /** In pixels. */
  readonly inputHeight: number | null;
  /** In pixels. */
  readonly inputWidth: number | null;
}

/** What the registry endpoints answer with. */
export interface RegisteredModels {
  readonly models: readonly ModelDescription[];
}

/** Name, version and identity of a server. */
export interface ServerInfo {
  readonly name: string;
  readonly version: string;
  readonly uuid: string;
}

/**
 * Reads the answer of a registry endpoint.
 *
 * @throws InvalidResponseError when it has no list of models with id and task
 */
export function readRegisteredModels(body: JsonObject, answer: HttpAnswer, path: string): RegisteredModels {
  if (!Array.isArray(body.models)) throw invalidResponse("answered without a list `models`.", answer, path);
  return {
    models: body.models.map((entry: unknown) => {
      if (!isJsonObject(entry) || typeof entry.model_id !== "string" || typeof entry.task_type !== "string") {
        throw invalidResponse("answered with a model that has no model_id or task_type.", answer, path);
      }
      return {
        modelId: entry.model_id,
        taskType: entry.task_type,
        batchSize: typeof entry.batch_size === "string" ? entry.batch_size : numberOf(entry.batch_size),
        inputHeight: numberOf(entry.input_height),
        inputWidth: numberOf(entry.input_width),
      };
    }),
  };
}

const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);
