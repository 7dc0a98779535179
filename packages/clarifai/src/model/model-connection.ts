import { create } from "@bufbuild/protobuf";
import { DisposedError, raceAbort } from "@ocellus/core";
import type { ModelAddress } from "../addressing/parse-model-url.ts";
import type { RunnerChoice } from "../addressing/runner-choice.ts";
import { selectRunner } from "../addressing/select-runner.ts";
import { CallLimit } from "../calls/call-limit.ts";
import type { CallOptions } from "../calls/call-options.ts";
import type { OutputCallContext } from "../calls/output-calls.ts";
import type { RetryPolicy } from "../calls/retry-policy.ts";
import { withRetries } from "../calls/with-retries.ts";
import { isSuccess, statusError } from "../errors/check-status.ts";
import {
  GetModelRequestSchema,
  type Model as ModelMessage,
  type RunnerSelector,
  V2,
} from "../gen/clarifai/api/inference_pb.ts";
import { fetchSignatures, type ModelMethods } from "../signatures/fetch-signatures.ts";
import type { RpcTransport } from "../transport/rpc-transport.ts";
import type { RequestTemplate } from "./request-template.ts";

/** What a connection is made of. */
export interface ModelConnectionOptions {
  readonly transport: RpcTransport;
  readonly policy: RetryPolicy;
  /** Longest duration of a call without one of its own. */
  readonly timeoutMs: number;
  /** `null` for a server that hosts one model. */
  readonly address: ModelAddress | null;
  readonly runner: RunnerChoice;
}

/**
 * A model and the way to it. What is asked once (the model, the compute, the methods) is asked at the first use and
 * remembered; a failure is not.
 */
export class ModelConnection {
  readonly #options: ModelConnectionOptions;
  /** Calls that run; closing ends them. */
  readonly #limits = new Set<CallLimit>();
  #closed: DisposedError | null = null;
  readonly #once = new Map<string, Promise<unknown>>();
  /** What was asked already, so that a call need not wait for a promise of long ago. */
  #template: RequestTemplate | null = null;
  #methods: { readonly known: ModelMethods } | null = null;

  constructor(options: ModelConnectionOptions) {
    this.#options = options;
  }

  get address(): ModelAddress | null {
    return this.#options.address;
  }

  /** What messages call the model. */
  get label(): string {
    const { address, transport } = this.#options;
    return address === null
      ? `the model at ${transport.url}`
      : `${address.userId}/${address.appId}/models/${address.modelId}`;
  }

  /** What one call works with; release its limit at the end. */
  open(what: string, options: CallOptions, limitsWaits: boolean, ...signals: AbortSignal[]): OutputCallContext {
    const { transport, policy, timeoutMs } = this.#options;
    const place = { what: `${what} of ${this.label}`, url: transport.url };
    const limit = new CallLimit(place.what, options.timeoutMs ?? timeoutMs, [options.signal, ...signals], (over) =>
      this.#limits.delete(over),
    );
    if (this.#closed === null) this.#limits.add(limit);
    else limit.abort(this.#closed);
    const isLimited = options.timeoutMs !== undefined;
    return { transport, policy, limit, place, limitsWaits: limitsWaits && !isLimited, hasDeadline: isLimited };
  }

  /** The model as the service knows it; `null` for a server that hosts one model. Unknown models and bad keys fail here. */
  info(signal?: AbortSignal): Promise<ModelMessage | null> {
    return this.#remember("info", signal, async (context) => {
      const { address } = this.#options;
      if (address === null) return null;
      const { userId, appId, modelId, versionId } = address;
      const request = create(GetModelRequestSchema, { userAppId: { userId, appId }, modelId, versionId });
      const { transport, policy, limit, place } = context;
      const ask = async () => {
        const options = { signal: limit.signal, timeoutMs: null };
        const response = await transport.unary(V2.method.getModel, request, options);
        if (!isSuccess(response.status)) throw statusError(response.status!, place);
        return response.model ?? null;
      };
      return await withRetries(ask, policy, limit.signal);
    });
  }

  /** The fields of every output request. Asks for the model and the compute at the first use. */
  async template(signal?: AbortSignal): Promise<RequestTemplate> {
    if (this.#template !== null) return this.#template;
    await this.info(signal);
    const { address, runner } = this.#options;
    const runnerSelector = runner === null ? null : await this.selector(runner, signal);
    this.#template = { address, runnerSelector };
    return this.#template;
  }

  /** The selector of a choice of compute, looked up once. */
  selector(choice: Exclude<RunnerChoice, null>, signal?: AbortSignal): Promise<RunnerSelector> {
    return this.#remember(`runner ${JSON.stringify(choice)}`, signal, (context) => selectRunner(choice, context));
  }

  /** The methods of the model; `null` for an old model without typed methods. */
  async methods(signal?: AbortSignal): Promise<ModelMethods> {
    if (this.#methods !== null) return this.#methods.known;
    const template = await this.template(signal);
    const known = await this.#remember("methods", signal, (context) => fetchSignatures(template, context));
    this.#methods = { known };
    return known;
  }

  async close(): Promise<void> {
    this.#closed ??= new DisposedError(`The client of ${this.label} is closed.`);
    for (const limit of this.#limits) limit.abort(this.#closed);
    await this.#options.transport.close();
  }

  /** Callers share the work; one that gives up does not stop it for the others. */
  #remember<Value>(
    key: string,
    signal: AbortSignal | undefined,
    work: (context: OutputCallContext) => Promise<Value>,
  ): Promise<Value> {
    let known = this.#once.get(key) as Promise<Value> | undefined;
    if (known === undefined) {
      const context = this.open("The look-up", {}, false);
      known = work(context).finally(() => context.limit.release());
      this.#once.set(key, known);
      known.catch(() => this.#once.delete(key));
    }
    return signal === undefined ? known : raceAbort(known, signal);
  }
}
