import { InvalidArgumentError, type Outcome, toOutcome } from "@ocellus/core";
import { chooseRunner } from "../addressing/runner-choice.ts";
import { type CallOptions, checkCallOptions, encodeContextOf } from "../calls/call-options.ts";
import { generateOutputs, type OutputCallContext, postOutputs } from "../calls/output-calls.ts";
import { createResultStream, type ResultStream } from "../calls/result-stream.ts";
import { decodeOutput } from "../codec/decode-output.ts";
import { type EncodeContext, settlePending } from "../codec/encode-context.ts";
import { outputAt } from "../errors/check-status.ts";
import type { Input, MultiOutputResponse, PostModelOutputsRequest } from "../gen/clarifai/api/inference_pb.ts";
import type { MethodSignature } from "../signatures/method-signature.ts";
import { buildInput, type MethodArguments } from "./build-input.ts";
import { callBidirectional } from "./call-bidirectional.ts";
import type { ModelConnection } from "./model-connection.ts";
import { buildRequest } from "./request-template.ts";

/** Most inputs in one request. */
export const maxBatchInputs = 128;

/** Calls the methods of one model. */
export class MethodCaller {
  readonly connection: ModelConnection;

  constructor(connection: ModelConnection) {
    this.connection = connection;
  }

  /** A unary method. With `withProto`: `[result, response]`. */
  async call(signature: MethodSignature, args: MethodArguments, options: CallOptions): Promise<unknown> {
    checkCallOptions(options);
    return await this.#run(signature, options, async (context) => {
      const response = await this.#post(signature, [args], options, context);
      const result = decodeOutput(signature.output, outputAt(response, 0, context.place));
      return options.withProto === true ? [result, response] : result;
    });
  }

  /** A unary method for several inputs in one request: an outcome each, in order. */
  async callBatch(
    signature: MethodSignature,
    batch: readonly MethodArguments[],
    options: CallOptions,
  ): Promise<[outcomes: Outcome<unknown>[], response: MultiOutputResponse]> {
    checkCallOptions(options);
    checkBatch(batch);
    return await this.#run(signature, options, async (context) => {
      const response = await this.#post(signature, batch, options, context);
      const outcomes = batch.map((_, index) =>
        toOutcome((async () => decodeOutput(signature.output, outputAt(response, index, context.place)))()),
      );
      return [await Promise.all(outcomes), response];
    });
  }

  /** A method that streams its results. The call starts at the first use of the stream. */
  stream(
    name: string,
    find: (signal: AbortSignal) => Promise<MethodSignature>,
    args: MethodArguments,
    options: CallOptions,
  ): ResultStream<unknown, unknown> {
    checkCallOptions(options);
    let isText = false;
    const open = async function* (
      this: MethodCaller,
      signal: AbortSignal,
    ): AsyncGenerator<unknown, undefined, undefined> {
      const context = this.connection.open(`The method ${name}`, options, true, signal);
      try {
        const signature = await find(context.limit.signal);
        isText = signature.output.type === "STR" && options.withProto !== true;
        const answers =
          signature.kind === "bidirectional"
            ? callBidirectional(signature, args, options, await this.#template(options, context), context)
            : generateOutputs(await this.#request(signature, [args], options, context), context);
        for await (const response of answers) {
          if (response.outputs.length === 0) continue;
          const result = decodeOutput(signature.output, outputAt(response, 0, context.place));
          yield options.withProto === true ? [result, response] : result;
        }
      } finally {
        context.limit.release();
      }
    };
    return createResultStream<unknown, unknown>({
      open: (signal) => open.call(this, signal),
      conclude: (chunks) => (isText ? chunks.join("") : [...chunks]),
      keepChunks: options.keepChunks ?? true,
    });
  }

  async #run<Result>(
    { name }: MethodSignature,
    options: CallOptions,
    work: (context: OutputCallContext) => Promise<Result>,
  ): Promise<Result> {
    const context = this.connection.open(`The method ${name}`, options, false);
    try {
      return await work(context);
    } finally {
      context.limit.release();
    }
  }

  async #post(
    signature: MethodSignature,
    batch: readonly MethodArguments[],
    options: CallOptions,
    context: OutputCallContext,
  ): Promise<MultiOutputResponse> {
    return await postOutputs(await this.#request(signature, batch, options, context), context);
  }

  async #request(
    signature: MethodSignature,
    batch: readonly MethodArguments[],
    options: CallOptions,
    context: OutputCallContext,
  ): Promise<PostModelOutputsRequest> {
    const encoding: EncodeContext = encodeContextOf(options, context.limit.signal);
    const checks = { checkParams: options.checkParams ?? false };
    const inputs: Input[] = batch.map((args) => buildInput(signature, args, encoding, checks));
    await settlePending(encoding);
    return await (await this.#template(options, context))(inputs);
  }

  /** Makes requests of inputs: the model's fields and those of the call. */
  async #template(
    options: CallOptions,
    context: OutputCallContext,
  ): Promise<(inputs: Input[]) => PostModelOutputsRequest> {
    const { signal } = context.limit;
    const template = await this.connection.template(signal);
    const choice = chooseRunner({ deploymentId: options.deploymentId, deploymentUserId: options.deploymentUserId });
    const runnerSelector = choice === null ? undefined : await this.connection.selector(choice, signal);
    const { usePredictCache } = options;
    return (inputs) => buildRequest(template, inputs, { usePredictCache, runnerSelector });
  }
}

function checkBatch(batch: readonly MethodArguments[]): void {
  if (!Array.isArray(batch) || batch.length === 0) {
    throw new InvalidArgumentError("A batch must be a list of one argument object per input; got none.");
  }
  if (batch.length > maxBatchInputs) {
    throw new InvalidArgumentError(
      `A batch holds at most ${maxBatchInputs} inputs; got ${batch.length}. Send several batches.`,
    );
  }
}
