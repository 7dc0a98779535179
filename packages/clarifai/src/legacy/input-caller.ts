import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { checkKnownKeys, describeValue, InvalidArgumentError, parseSource, SourceNotFoundError } from "@ocellus/core";
import { openSource } from "@ocellus/media";
import { generateOutputs, type OutputCallContext, postOutputs, streamOutputs } from "../calls/output-calls.ts";
import { createResultStream, type ResultStream } from "../calls/result-stream.ts";
import { isMixed, isSuccess, statusError } from "../errors/check-status.ts";
import {
  DataSchema,
  GetModelTypeRequestSchema,
  type Input,
  InputSchema,
  type MultiOutputResponse,
  V2,
} from "../gen/clarifai/api/inference_pb.ts";
import type { ModelConnection } from "../model/model-connection.ts";
import { buildRequest, type OutputOptions } from "../model/request-template.ts";

/** Kinds of media that an input can hold. */
export const inputTypes = ["image", "text", "video", "audio"] as const;

/** Kind of a medium; see {@link inputTypes}. */
export type InputType = (typeof inputTypes)[number];

/** Options of a classical call. */
export interface InputCallOptions extends OutputOptions {
  /** What the input is. Default: what the type of the model takes, which is looked up. */
  readonly inputType?: InputType | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** Raw responses as they come. */
export type ResponseStream = ResultStream<MultiOutputResponse, MultiOutputResponse[]>;

type RawInput = MessageInitShape<typeof InputSchema>;

const optionNames = ["inputType", "inferenceParams", "outputConfig", "signal", "timeoutMs"];

/**
 * Calls in the classical form: an input is one picture, video, audio or text, the answer the raw response (see
 * `readOutput`). Works with old models and, where their first argument fits, with models of typed methods.
 */
export class InputCaller {
  readonly #connection: ModelConnection;

  constructor(connection: ModelConnection) {
    this.#connection = connection;
  }

  /**
   * One request with any inputs. A response in which some outputs failed is returned: look at the status of each.
   *
   * @throws ClarifaiError when the request failed as a whole
   */
  async predict(inputs: readonly RawInput[], options: InputCallOptions = {}): Promise<MultiOutputResponse> {
    return await this.#run(options, async (context) => {
      const request = await this.#request(inputs, options, context);
      return await postOutputs(request, context);
    });
  }

  /** A stream of responses to one input. */
  generate(inputs: readonly RawInput[], options: InputCallOptions = {}): ResponseStream {
    return this.#stream(options, async function* (this: InputCaller, context) {
      yield* generateOutputs(await this.#request(inputs, options, context), context);
    });
  }

  /** A stream of responses to a stream of inputs. */
  stream(inputs: AsyncIterable<RawInput> | Iterable<RawInput>, options: InputCallOptions = {}): ResponseStream {
    return this.#stream(options, async function* (this: InputCaller, context) {
      const source = itemsOf(inputs);
      const head = await source.next();
      if (head.done === true)
        throw new InvalidArgumentError("The stream of inputs has no items; it needs at least one.");
      const template = await this.#connection.template(context.limit.signal);
      const make = (input: RawInput) => buildRequest(template, [toInput(input)], { output: options });
      const rest = (async function* () {
        for (let next = await source.next(); next.done !== true; next = await source.next()) yield make(next.value);
      })();
      yield* streamOutputs(make(head.value), rest, context);
    });
  }

  /** An input by address; the server downloads it. */
  async predictByUrl(url: string, options: InputCallOptions = {}): Promise<MultiOutputResponse> {
    return await this.predict([inputOfUrl(url, await this.#inputType(options))], options);
  }

  /** An input by its encoded bytes; text as UTF-8. */
  async predictByBytes(bytes: Uint8Array, options: InputCallOptions = {}): Promise<MultiOutputResponse> {
    return await this.predict([inputOfBytes(bytes, await this.#inputType(options))], options);
  }

  /** An input by the path of a file. @throws SourceNotFoundError when it cannot be read */
  async predictByFilepath(path: string, options: InputCallOptions = {}): Promise<MultiOutputResponse> {
    const type = await this.#inputType(options);
    return await this.predict([inputOfBytes(await readFile(path, options.signal), type)], options);
  }

  /** {@link predictByUrl} with a stream of answers. */
  generateByUrl(url: string, options: InputCallOptions = {}): ResponseStream {
    return this.#generateBy(options, async (type) => inputOfUrl(url, type));
  }

  /** {@link predictByBytes} with a stream of answers. */
  generateByBytes(bytes: Uint8Array, options: InputCallOptions = {}): ResponseStream {
    return this.#generateBy(options, async (type) => inputOfBytes(bytes, type));
  }

  /** {@link predictByFilepath} with a stream of answers. */
  generateByFilepath(path: string, options: InputCallOptions = {}): ResponseStream {
    return this.#generateBy(options, async (type) => inputOfBytes(await readFile(path, options.signal), type));
  }

  /** A stream of addresses. */
  streamByUrl(urls: AsyncIterable<string> | Iterable<string>, options: InputCallOptions = {}): ResponseStream {
    return this.stream(
      this.#mapped(urls, options, async (url, type) => inputOfUrl(url, type)),
      withoutType(options),
    );
  }

  /** A stream of encoded media. */
  streamByBytes(
    items: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options: InputCallOptions = {},
  ): ResponseStream {
    return this.stream(
      this.#mapped(items, options, async (bytes, type) => inputOfBytes(bytes, type)),
      withoutType(options),
    );
  }

  /** A stream of files. */
  streamByFilepath(paths: AsyncIterable<string> | Iterable<string>, options: InputCallOptions = {}): ResponseStream {
    const read = async (path: string, type: InputType) => inputOfBytes(await readFile(path, options.signal), type);
    return this.stream(this.#mapped(paths, options, read), withoutType(options));
  }

  async *#mapped<Item>(
    items: AsyncIterable<Item> | Iterable<Item>,
    options: InputCallOptions,
    map: (item: Item, type: InputType) => Promise<RawInput>,
  ): AsyncGenerator<RawInput, undefined, undefined> {
    const type = await this.#inputType(options);
    for await (const item of items) yield await map(item, type);
  }

  #generateBy(options: InputCallOptions, make: (type: InputType) => Promise<RawInput>): ResponseStream {
    return this.#stream(options, async function* (this: InputCaller, context) {
      const input = await make(await this.#inputType(options));
      yield* generateOutputs(await this.#request([input], options, context), context);
    });
  }

  #stream(
    options: InputCallOptions,
    work: (this: InputCaller, context: OutputCallContext) => AsyncIterable<MultiOutputResponse>,
  ): ResponseStream {
    checkKnownKeys(options, optionNames, "options");
    checkType(options.inputType);
    const open = async function* (this: InputCaller, signal: AbortSignal) {
      const context = this.#connection.open("A call", callOptionsOf(options), true, signal);
      try {
        yield* work.call(this, context);
      } finally {
        context.limit.release();
      }
    };
    return createResultStream({
      open: (signal) => open.call(this, signal),
      conclude: (all) => [...all],
      keepChunks: true,
    });
  }

  async #run<Result>(
    options: InputCallOptions,
    work: (context: OutputCallContext) => Promise<Result>,
  ): Promise<Result> {
    checkKnownKeys(options, optionNames, "options");
    const context = this.#connection.open("A call", callOptionsOf(options), false);
    try {
      return await work(context);
    } finally {
      context.limit.release();
    }
  }

  async #request(inputs: readonly RawInput[], options: InputCallOptions, { limit }: OutputCallContext) {
    if (inputs.length === 0 || inputs.length > 128) {
      throw new InvalidArgumentError(`A request takes 1 to 128 inputs; got ${inputs.length}.`);
    }
    return buildRequest(await this.#connection.template(limit.signal), inputs.map(toInput), { output: options });
  }

  async #inputType(options: InputCallOptions): Promise<InputType> {
    checkType(options.inputType);
    return options.inputType ?? (await this.#lookUpType(options));
  }

  /** What the model's type takes; only a type with one field says so. */
  async #lookUpType(options: InputCallOptions): Promise<InputType> {
    const { address } = this.#connection;
    const model = await this.#connection.info(options.signal);
    const ask = "Give options.inputType (image, text, video or audio).";
    if (address === null || model === null) throw new InvalidArgumentError(`The kind of input is not known. ${ask}`);
    return await this.#run({ ...callOptionsOf(options) }, async ({ transport, limit, place }) => {
      const { userId, appId } = address;
      const request = create(GetModelTypeRequestSchema, {
        userAppId: { userId, appId },
        modelTypeId: model.modelTypeId,
      });
      const context = { signal: limit.signal, timeoutMs: null };
      const { status, modelType } = await transport.unary(V2.method.getModelType, request, context);
      if (!isSuccess(status) && !isMixed(status)) throw statusError(status!, place);
      const kinds = (modelType?.inputFields ?? []).map((path) => path.split(".")[0]);
      const kind = inputTypes.find((type) => type === kinds[0]);
      if (kinds.length === 1 && kind !== undefined) return kind;
      throw new InvalidArgumentError(
        `The model type "${model.modelTypeId}" takes ${kinds.join(", ") || "an unknown input"}. ${ask}`,
      );
    });
  }
}

function callOptionsOf({ signal, timeoutMs }: InputCallOptions): { signal?: AbortSignal; timeoutMs?: number } {
  return { ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}

function withoutType({ inputType: _, ...options }: InputCallOptions): InputCallOptions {
  return options;
}

function checkType(type: unknown): void {
  if (type === undefined || inputTypes.some((known) => known === type)) return;
  throw new InvalidArgumentError(
    `options.inputType must be one of ${inputTypes.join(", ")}; got ${describeValue(type)}.`,
  );
}

function toInput(input: RawInput): Input {
  return create(InputSchema, input);
}

function inputOfUrl(url: string, type: InputType): Input {
  if (!/^https?:\/\//i.test(url))
    throw new InvalidArgumentError(`A URL must begin with http: or https:; got ${describeValue(url)}.`);
  return create(InputSchema, { data: create(DataSchema, { [type]: { url } }) });
}

function inputOfBytes(bytes: Uint8Array, type: InputType): Input {
  if (!(bytes instanceof Uint8Array))
    throw new InvalidArgumentError(`The bytes must be a Uint8Array; got ${describeValue(bytes)}.`);
  const data = type === "text" ? { text: { raw: decodeText(bytes) } } : { [type]: { base64: bytes } };
  return create(InputSchema, { data: create(DataSchema, data) });
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new InvalidArgumentError("The bytes of a text must be UTF-8.", { cause });
  }
}

async function readFile(path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const opened = await openSource(parseSource(path, { path: "the path" }), { signal });
  if (opened.kind === "bytes") return opened.bytes;
  throw new SourceNotFoundError(`${describeValue(path)} is no file.`);
}

function itemsOf<Item>(items: AsyncIterable<Item> | Iterable<Item>): AsyncIterator<Item> {
  return (async function* () {
    yield* items;
  })();
}
