import type { MessageInitShape } from "@bufbuild/protobuf";
import { InvalidArgumentError, type Outcome, suggestName } from "@ocellus/core";
import type { CallOptions } from "../calls/call-options.ts";
import type { ResultStream } from "../calls/result-stream.ts";
import type { InputSchema, MultiOutputResponse } from "../gen/clarifai/api/inference_pb.ts";
import { InputCaller } from "../legacy/input-caller.ts";
import { describeSignature } from "../signatures/describe-signature.ts";
import type { MethodKind, MethodSignature } from "../signatures/method-signature.ts";
import type { MethodArguments } from "./build-input.ts";
import { createLocalConnection, type LocalGrpcOptions } from "./create-connection.ts";
import { legacySignature } from "./legacy-signature.ts";
import { createMethodCall, type MethodCall } from "./method-call.ts";
import { MethodCaller } from "./method-caller.ts";
import type { ModelConnection } from "./model-connection.ts";

/** A method of a model, called by name with one object of arguments. */
export type Method<Args, Result, Chunk = Result> = (args?: Args, options?: CallOptions) => MethodCall<Result, Chunk>;

/** One input of a classical request, as the protocol buffer message or a plain object of its fields. */
export type RawInput = MessageInitShape<typeof InputSchema>;

/**
 * A model on Clarifai or on a local runner. Its methods are fetched at the first use and decide how arguments are
 * encoded and results decoded.
 *
 * Errors: `InvalidArgumentError` before anything is sent; `ClarifaiError` when the service or the model fails;
 * `ConnectionError`, `TimeoutError`, `AbortedError`, and `DisposedError` after `close`.
 */
export class ModelClient implements AsyncDisposable {
  readonly #connection: ModelConnection;
  readonly #caller: MethodCaller;
  /** Classical calls with inputs of one picture, video, audio or text, without methods. */
  readonly inputs: InputCaller;
  /** Every method of the model by name: `model.methods.translate({ text })`. See {@link MethodCall}. */
  readonly methods: Readonly<Record<string, Method<MethodArguments, unknown>>>;

  /** @param connection made by `Model` or by {@link ModelClient.fromLocalGrpc} */
  constructor(connection: ModelConnection) {
    this.#connection = connection;
    this.#caller = new MethodCaller(connection);
    this.inputs = new InputCaller(connection);
    this.methods = new Proxy({}, { get: (_, name) => (typeof name === "string" ? this.method(name) : undefined) });
  }

  /** What messages call the model: `user/app/models/id`, or where it listens. */
  get label(): string {
    return this.#connection.label;
  }

  /**
   * A model on a local runner (`clarifai model serve --grpc`), in plaintext without credentials.
   *
   * @example
   * const model = ModelClient.fromLocalGrpc({ port: 8000 });
   * console.log(await model.predict({ prompt: "Hi" }));
   */
  static fromLocalGrpc(options: LocalGrpcOptions = {}): ModelClient {
    return new ModelClient(createLocalConnection(options));
  }

  /** The unary method `predict`. With `withProto: true`: `[result, response]`. */
  predict<Result = unknown>(
    args: MethodArguments,
    options: CallOptions & { readonly withProto: true },
  ): Promise<[result: Result, response: MultiOutputResponse]>;
  predict<Result = unknown>(args?: MethodArguments, options?: CallOptions): Promise<Result>;
  async predict(args: MethodArguments = {}, options: CallOptions = {}): Promise<unknown> {
    return await this.#caller.call(await this.#signature("predict", ["unary"], options), args, options);
  }

  /** The method `generate`, whose results stream. With `withProto: true` each chunk is `[result, response]`. */
  generate<Chunk = unknown>(
    args: MethodArguments,
    options: CallOptions & { readonly withProto: true },
  ): ResultStream<[result: Chunk, response: MultiOutputResponse], [result: Chunk, response: MultiOutputResponse][]>;
  generate<Chunk = string>(
    args?: MethodArguments,
    options?: CallOptions,
  ): ResultStream<Chunk, Chunk extends string ? string : Chunk[]>;
  generate(args: MethodArguments = {}, options: CallOptions = {}): ResultStream<unknown, unknown> {
    return this.#stream("generate", ["server-stream"], args, options);
  }

  /** The method `stream`: one argument is an iterator or async iterator, results stream while it is read. */
  stream<Chunk = unknown>(
    args: MethodArguments,
    options: CallOptions & { readonly withProto: true },
  ): ResultStream<[result: Chunk, response: MultiOutputResponse], [result: Chunk, response: MultiOutputResponse][]>;
  stream<Chunk = string>(
    args?: MethodArguments,
    options?: CallOptions,
  ): ResultStream<Chunk, Chunk extends string ? string : Chunk[]>;
  stream(args: MethodArguments = {}, options: CallOptions = {}): ResultStream<unknown, unknown> {
    return this.#stream("stream", ["bidirectional"], args, options);
  }

  /**
   * A unary method for up to 128 inputs in one request. An outcome per input, in order: what succeeded is kept when
   * others failed. A model of typed methods runs them one after the other and fails as a whole; then this rejects.
   *
   * @param batch one object of arguments per input
   */
  async predictBatch<Result = unknown>(
    batch: readonly MethodArguments[],
    options: CallOptions & { readonly method?: string } = {},
  ): Promise<Outcome<Result>[]> {
    const { method = "predict", ...callOptions } = options;
    const signature = await this.#signature(method, ["unary"], callOptions);
    const [outcomes] = await this.#caller.callBatch(signature, batch, callOptions);
    return outcomes as Outcome<Result>[];
  }

  /** {@link predictBatch} with the raw response: status, request id, and token counts of every output. */
  async predictBatchWithProto<Result = unknown>(
    batch: readonly MethodArguments[],
    options: CallOptions & { readonly method?: string } = {},
  ): Promise<[outcomes: Outcome<Result>[], response: MultiOutputResponse]> {
    const { method = "predict", ...callOptions } = options;
    const signature = await this.#signature(method, ["unary"], callOptions);
    return (await this.#caller.callBatch(signature, batch, callOptions)) as [Outcome<Result>[], MultiOutputResponse];
  }

  /** A method by name, with the types that the caller knows. */
  method<Args = MethodArguments, Result = unknown, Chunk = Result>(name: string): Method<Args, Result, Chunk> {
    return (args, options = {}) => {
      const given = (args ?? {}) as MethodArguments;
      const find = this.#finder(name, null, options);
      return createMethodCall({
        isUnary: async () => (await find(options.signal)).kind === "unary",
        unary: async (signal) => {
          const own = { ...options, signal: options.signal ?? signal };
          return await this.#caller.call(await find(options.signal), given, own);
        },
        stream: () => this.#caller.stream(name, find, given, options),
      }) as MethodCall<Result, Chunk>;
    };
  }

  /** Names of the methods, in the order of the model. Empty for an old model without methods. */
  async availableMethods(options: Pick<CallOptions, "signal"> = {}): Promise<string[]> {
    return [...((await this.#connection.methods(options.signal))?.keys() ?? [])];
  }

  /** Everything the model says about a method: parameters, types, defaults, ranges, choices. */
  signature(name: string, options: Pick<CallOptions, "signal"> = {}): Promise<MethodSignature> {
    return this.#signature(name, null, options);
  }

  /** The signature in one line, as the reference client prints it: `def predict(prompt: str) -> str:`. */
  async methodSignature(name: string, options: Pick<CallOptions, "signal"> = {}): Promise<string> {
    return describeSignature(await this.#signature(name, null, options));
  }

  /** Ends what is running and closes the connection. */
  async close(): Promise<void> {
    await this.#connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #stream(
    name: string,
    kinds: readonly MethodKind[],
    args: MethodArguments,
    options: CallOptions,
  ): ResultStream<unknown, unknown> {
    return this.#caller.stream(name, this.#finder(name, kinds, options), args, options);
  }

  #signature(name: string, kinds: readonly MethodKind[] | null, options: CallOptions): Promise<MethodSignature> {
    return this.#finder(name, kinds, options)(options.signal);
  }

  /** Finds a signature, once for every caller. */
  #finder(
    name: string,
    kinds: readonly MethodKind[] | null,
    options: CallOptions,
  ): (signal: AbortSignal | undefined) => Promise<MethodSignature> {
    return async (signal) => {
      const methods = await this.#connection.methods(signal ?? options.signal);
      if (methods === null) return legacySignature(name, this.#connection.label);
      const signature = methods.get(name);
      if (signature === undefined) {
        const hint = suggestName(name, [...methods.keys()]);
        throw new InvalidArgumentError(`${this.#connection.label} has no method "${name}". ${hint}`);
      }
      if (kinds === null || kinds.includes(signature.kind)) return signature;
      throw new InvalidArgumentError(
        `The method ${name} of ${this.#connection.label} is ${signature.kind}, not ${kinds.join(" or ")}; call it with model.method("${name}").`,
      );
    };
  }
}
