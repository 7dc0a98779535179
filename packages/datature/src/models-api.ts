import { ModelLoadError } from "@ocellus/core";
import { checkId } from "./credentials.ts";
import { type ListOptions, type PagedList, pagedList } from "./paged-list.ts";
import type { PlatformClient, Wire } from "./platform-client.ts";
import { readRun } from "./run.ts";
import { type ModelAddress, type RunModel, readModelAddress, readRunModel } from "./run-model.ts";
import { ViApiError } from "./vi-api-error.ts";
import { listAt, objectAt } from "./wire-fields.ts";

/** Which model of a run. */
export interface RunModelRequest {
  readonly runId: string;
  /** The newest when absent. */
  readonly checkpoint?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the platform wants of programs that fetch models to run them themselves. */
const intent = { intent: "sdkLocalDeploy" };

/** The models that runs have written. */
export class ModelsApi {
  readonly #client: PlatformClient;

  constructor(client: PlatformClient) {
    this.#client = client;
  }

  /**
   * The models of a run, the newest last.
   *
   * @throws as `ViClient.runs.list`
   */
  list(runId: string, options: ListOptions = {}): PagedList<RunModel> {
    const path = `runs/${checkId(runId, "runId")}/outputs`;
    return pagedList(
      this.#client,
      { path, query: intent, what: `the models of run "${runId}"` },
      readRunModel,
      options,
    );
  }

  /**
   * One model.
   *
   * @throws ModelLoadError when the run has none yet; ViApiError for an unknown run or checkpoint; ConnectionError, …
   */
  async get(request: RunModelRequest): Promise<RunModel> {
    return readRunModel(await this.#find(request, {}));
  }

  /**
   * One model with its address for a download.
   *
   * @throws as {@link get}; ModelLoadError when the model is not exported yet
   */
  async locate(request: RunModelRequest): Promise<{ readonly model: RunModel; readonly address: ModelAddress }> {
    const wire = await this.#find(request, { contents: "y" });
    const model = readRunModel(wire);
    const address = readModelAddress(wire);
    if (address !== null) return { model, address };
    throw new ModelLoadError(
      `The model "${model.checkpoint}" of run "${request.runId}" cannot be downloaded yet: its export has not finished or has failed. Look at the run on Datature Vi.`,
    );
  }

  async #find({ runId, checkpoint, signal }: RunModelRequest, query: Readonly<Record<string, string>>): Promise<Wire> {
    const base = `runs/${checkId(runId, "runId")}/outputs`;
    const isNamed = checkpoint !== undefined;
    const path = isNamed ? `${base}/${checkId(checkpoint, "checkpoint")}` : base;
    const what = isNamed ? `checkpoint "${checkpoint}" of run "${runId}"` : `the models of run "${runId}"`;
    const answer = await this.#client.get(path, { ...intent, ...query }, { what, signal });
    if (!("items" in answer)) return answer;
    const items = listAt(answer.items).map(objectAt);
    const found = items.find(({ runOutputId }) => isNamed && runOutputId === checkpoint) ?? items.at(-1);
    return found ?? (await this.#explainNoModel(runId, signal));
  }

  async #explainNoModel(runId: string, signal: AbortSignal | undefined): Promise<never> {
    const found = await this.#client.get(`runs/${runId}`, {}, { what: `run "${runId}"`, signal }).catch((error) => {
      if (ViApiError.isInstance(error)) return null;
      throw error;
    });
    const state = found === null ? "" : ` It is ${readRun(found).status}.`;
    throw new ModelLoadError(
      `Run "${runId}" has no model yet.${state} Wait until it has succeeded, or name a checkpoint of another run.`,
    );
  }
}
