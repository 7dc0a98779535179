import { checkId } from "./credentials.ts";
import { type ListOptions, type PagedList, pagedList } from "./paged-list.ts";
import type { PlatformClient } from "./platform-client.ts";
import { type Run, readRun } from "./run.ts";

/** The training runs of an organization. */
export class RunsApi {
  readonly #client: PlatformClient;

  constructor(client: PlatformClient) {
    this.#client = client;
  }

  /**
   * All runs, the newest first.
   *
   * @throws while it is read: ViApiError (a wrong key, …), ConnectionError, TimeoutError, AbortedError;
   *   InvalidArgumentError for missing credentials
   */
  list(options: ListOptions = {}): PagedList<Run> {
    return pagedList(this.#client, { path: "runs", what: "the list of runs" }, readRun, options);
  }

  /**
   * One run.
   *
   * @throws ViApiError (404 for an unknown one) and as {@link list}; InvalidArgumentError for what is no ID
   */
  async get(runId: string, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Run> {
    const path = `runs/${checkId(runId, "runId")}`;
    return readRun(await this.#client.get(path, {}, { what: `run "${runId}"`, signal }));
  }
}
